//! Importers: from other tools' files to pieces of a scenario.
//!
//! * [`serving`] – measured prefill and decode times, fitted to a `serving: (…)` block

pub mod serving;

/// What an importer makes of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imported {
    /// RON that a scenario, or `--script`, takes.
    pub text: String,
    /// What could not be carried over, or was assumed: one line each, for stderr.
    pub notes: Vec<String>,
}
