//! `report.html`: a run as one self-contained page. It asks for nothing: style, script, fonts and data are in the file.

mod number;
mod sections;

use crate::error::ReportError;
use crate::run_data::RunData;

/// The page.
///
/// # Errors
/// [`ReportError`] if a fault's lane is not in the timeline.
pub fn render(run: &RunData) -> Result<String, ReportError> {
    let figure = run.figure()?;
    Ok(format!("<!doctype html>\n<title>{}</title>\n", figure.title))
}
