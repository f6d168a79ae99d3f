//! What people read after a run. Each part takes the plain data of [`sandbox_engine::output`], gives text or bytes,
//! and touches neither files nor the terminal.
//!
//! * [`terminal`] – the summary that ends a run: how to see it again, objectives, one table, causes of leak
//! * [`csv`] – `timeline.csv` and `ledger.csv`, exact; the first can be read back
//! * [`Figure`] – all that a picture shows, as plain data, from a run or from the files of its directory
//! * [`charts`] – a figure as SVG or PNG: four panels on one time axis; two of them on the same axes
//! * [`RunData`] – all that a run directory holds, as plain data
//! * [`html`] – `report.html`: all of it as one self-contained page
//! * [`sequence`] – the life of one request as a sequence diagram, for terminals and for the page
//! * [`ci`] – what a search for broken promises tells other programs: JUnit XML, annotations of GitHub
//!
//! # From a run to files
//!
//! ```
//! use sandbox_engine::output::{Ledger, Summary, Timeline};
//! use sandbox_model::Fault;
//! use sandbox_report::charts::{Style, render_png, render_svg};
//! use sandbox_report::{Clock, Figure, ReportError, csv, terminal};
//!
//! /// `faults` are pairs of a lane of the timeline and a fault that hits it.
//! fn report(
//!     summary: &Summary,
//!     timeline: &Timeline,
//!     ledger: &Ledger,
//!     faults: &[(usize, Fault)],
//! ) -> Result<Vec<(&'static str, Vec<u8>)>, ReportError> {
//!     let clock = Clock {
//!         zone: "Asia/Shanghai".to_owned(),
//!         date: "Wed 18 Nov 2026".to_owned(),
//!         start_second_of_day: 0,
//!     };
//!     let figure = Figure::from_parts(summary, timeline, faults, clock)?;
//!     Ok(vec![
//!         ("summary.txt", terminal::summary_text(summary, terminal::Paint::Plain).into_bytes()),
//!         ("timeline.csv", csv::timeline_csv(timeline, faults).into_bytes()),
//!         ("ledger.csv", csv::ledger_csv(ledger).into_bytes()),
//!         ("timeline.svg", render_svg(&figure, Style::default())?.into_bytes()),
//!         ("timeline.png", render_png(&figure, Style::default())?),
//!     ])
//! }
//! ```
//!
//! # From files to a picture
//!
//! `summary.json` reads as a [`Summary`](sandbox_engine::output::Summary), and `timeline.csv` as the very
//! [`Timeline`](sandbox_engine::output::Timeline) that was written; the faults come from `outages.ron`.
//!
//! ```
//! use sandbox_core::Span;
//! use sandbox_engine::output::{Timeline, TimelineRow};
//! use sandbox_report::csv::{read_timeline_csv, timeline_csv};
//!
//! let timeline = Timeline {
//!     bucket: Span::from_secs(60),
//!     endpoints: vec!["siliconflow".to_owned()],
//!     lanes: vec!["siliconflow".to_owned()],
//!     ttft_classes: vec![],
//!     congested: vec![],
//!     rows: vec![TimelineRow { arrived: 7, served_by_plan: 7, served: vec![7], believed_down: vec![Span::ZERO], ..TimelineRow::default() }],
//! };
//! assert_eq!(read_timeline_csv(&timeline_csv(&timeline, &[])), Ok(timeline));
//! ```
//!
//! # Invariants
//!
//! The same input gives the same bytes on every machine and in every build; no fonts, clocks or files of the system
//! take part. What a text says is true as rounded: 99.996 % never reads as 100 %, and a little never as zero.
#![forbid(unsafe_code)]

pub mod charts;
pub mod ci;
mod condense;
pub mod csv;
mod error;
mod figure;
pub mod html;
mod human;
mod look;
mod palette;
mod run_data;
pub mod sequence;
pub mod terminal;
mod ticks;
mod windows;

#[cfg(test)]
#[path = "../examples/synthetic/mod.rs"]
mod synthetic;

pub use error::ReportError;
pub use figure::{Clock, Figure, Lane, Totals, Window};
pub use palette::Theme;
pub use run_data::{RunData, Setting};
