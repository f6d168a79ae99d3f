//! What people read after a run. Each part takes the plain data of [`sandbox_engine::output`], gives text or bytes,
//! and touches neither files nor the terminal.
//!
//! * [`terminal`] – the summary that ends a run: how to see it again, objectives, one table, causes of leak, faults
//! * [`markdown`] – the same for a comment on a pull request
//! * [`verdict`] – the same in one sentence
//! * [`csv`] – `timeline.csv` and `ledger.csv`, exact, and the main numbers of runs; the first can be read back
//! * [`diff`] – what is different between two runs, and what that did
//! * [`Figure`] – all that a picture shows, as plain data, from a run or from the files of its directory
//! * [`charts`] – a figure as SVG or PNG: four panels on one time axis; two of them on the same axes
//! * [`RunData`] – all that a run directory holds, as plain data
//! * [`html`] – `report.html`: all of it as one self-contained page
//! * [`sequence`] – the life of one request as a sequence diagram, for terminals and for the page
//! * [`trace_events`] – a trace for Perfetto and chrome://tracing: requests, attempts, faults and beliefs on one time axis
//! * [`ci`] – what a search for broken promises tells other programs: JUnit XML, annotations of GitHub
//!
//! # From a run to files
//!
//! ```
//! use sandbox_report::charts::{Style, render_png, render_svg};
//! use sandbox_report::{ReportError, RunData, csv, markdown, terminal};
//!
//! fn report(run: &RunData) -> Result<Vec<(&'static str, Vec<u8>)>, ReportError> {
//!     let figure = run.figure()?;
//!     Ok(vec![
//!         ("summary.txt", terminal::run_text(run, terminal::Paint::Plain).into_bytes()),
//!         ("summary.md", markdown::run_markdown(run).into_bytes()),
//!         ("timeline.csv", csv::timeline_csv(&run.timeline, &run.faults).into_bytes()),
//!         ("ledger.csv", csv::ledger_csv(&run.ledger).into_bytes()),
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
pub mod diff;
mod error;
mod faults;
mod figure;
pub mod gzip;
pub mod html;
mod human;
mod look;
pub mod markdown;
mod names;
mod objective;
mod palette;
mod quantile;
mod run_data;
pub mod sequence;
pub mod terminal;
mod ticks;
pub mod trace_events;
mod verdict;
mod windows;

#[cfg(test)]
#[path = "../examples/synthetic/mod.rs"]
mod synthetic;

pub use error::ReportError;
pub use figure::{Clock, Figure, Lane, Totals, Window};
pub use names::{Names, Node};
pub use palette::Theme;
pub use run_data::{RunData, Setting};
pub use verdict::verdict;
