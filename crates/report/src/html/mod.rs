//! `report.html`: a run as one self-contained page. It asks for nothing: style, script and data are in the file.
//!
//! * `page` – puts the page together: header, sections, embedded data
//! * `panels` – the charts over time, on one axis and under one cursor
//! * `sections` – everything without a time axis
//! * `axis`, `svg`, `number`, `theme` – time to places, drawings that stretch, numbers that can be checked, colours
//! * `assets` – style and script
//!
//! Every chart is complete without the script, which adds the cursor, zoom, switches and downloads.

mod axis;
pub(crate) mod number;
mod page;
mod panels;
mod sections;
mod svg;
mod theme;

#[cfg(test)]
mod tests;

use crate::error::ReportError;
use crate::run_data::RunData;

/// The page.
///
/// # Errors
/// [`ReportError`] if a fault's lane is not in the timeline.
pub fn render(run: &RunData) -> Result<String, ReportError> {
    Ok(page::page(&panels::View::new(run)?))
}
