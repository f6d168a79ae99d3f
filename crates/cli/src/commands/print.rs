//! What `run` and `show` print of runs, in each format.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sandbox_engine::output::Summary;
use sandbox_report::{RunData, csv, markdown, terminal};
use sandbox_routers::Registry;

use super::{paint, put, say};
use crate::args::Format;
use crate::exit::{Code, Failure};
use crate::files;

/// Prints runs one after the other; what is one document for all of them comes at the end.
pub(super) struct Printer {
    format: Format,
    /// How many runs there will be.
    of: usize,
    /// What has been printed or waits to be.
    runs: Vec<(String, Summary)>,
}

impl Printer {
    pub(super) const fn new(format: Format, of: usize) -> Self {
        Self { format, of, runs: Vec::new() }
    }

    /// One run; `hint` says where to look in a directory that was just written.
    pub(super) fn run(&mut self, dir: &Path, run: RunData, hint: Option<&str>) -> Result<(), Failure> {
        let between = if self.runs.is_empty() { "" } else { "\n" };
        match self.format {
            Format::Table => {
                // A run that was just made ends with where it is; of several that are shown, each begins with it.
                let place = match hint {
                    None if self.of > 1 => format!("{}/\n", dir.display()),
                    _ => String::new(),
                };
                say(&format!("{between}{place}{}", terminal::run_text(&run, paint())))?;
                if let Some(hint) = hint {
                    say(&format!("\nwrote {}/ ({hint})\n", dir.display()))?;
                }
            }
            Format::Markdown => put(&format!("{between}{}", markdown::run_markdown(&run)))?,
            Format::Json | Format::Csv | Format::Quiet => {}
        }
        self.runs.push((dir.display().to_string(), run.summary));
        Ok(())
    }

    /// What is printed of all runs together, and how the command ends.
    pub(super) fn finish(self) -> Result<Code, Failure> {
        match self.format {
            Format::Json => match &self.runs[..] {
                // The very bytes of summary.json.
                [(_, one)] if self.of == 1 => put(&files::summary_json(one))?,
                many => {
                    let summaries: Vec<&Summary> = many.iter().map(|(_, summary)| summary).collect();
                    put(&files::json(&summaries))?;
                }
            },
            Format::Csv => {
                let runs: Vec<(&str, &Summary)> =
                    self.runs.iter().map(|(name, summary)| (name.as_str(), summary)).collect();
                put(&csv::runs_csv(&runs))?;
            }
            Format::Table | Format::Markdown | Format::Quiet => {}
        }
        let missed = |summary: &Summary| summary.objectives.iter().any(|objective| !objective.met);
        let any = self.runs.iter().any(|(_, summary)| missed(summary));
        Ok(if any { Code::Missed } else { Code::Ok })
    }
}

/// `sandbox show`: prints what is in run directories.
pub(super) fn show(dirs: &[PathBuf], format: Format, registry: &Arc<Registry>) -> Result<Code, Failure> {
    let mut printer = Printer::new(format, dirs.len());
    for dir in dirs {
        printer.run(dir, files::read_run(dir, registry)?, None)?;
    }
    printer.finish()
}
