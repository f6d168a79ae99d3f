//! Importers: from other tools' files to pieces of a scenario.
//!
//! * [`litellm`] – a config of LiteLLM's proxy to a scenario that runs
//! * [`prices`] – price lists of LiteLLM and OpenRouter to `price` blocks
//! * [`serving`] – measured prefill and decode times, fitted to a `serving: (…)` block
//! * [`statuspage`] – incidents of a status page (Statuspage v2) to an outage script
//! * [`trace`] – recorded arrivals to a workload, with a generator fitted to them

pub mod litellm;
pub mod prices;
pub mod serving;
pub mod statuspage;
pub mod trace;

/// What an importer makes of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imported {
    /// RON that a scenario, or `--script`, takes.
    pub text: String,
    /// What could not be carried over, or was assumed: one line each, for stderr.
    pub notes: Vec<String>,
}
