//! Puts a scenario on the event queue: run it, run its control twin, account for every request and every cent.
//!
//! * [`run`](mod@run) – the one call: [`run::run`]
//! * [`weather`] – the outage script that a seed draws
//! * [`output`] – what a run yields: summary, timeline, ledger, flow
//! * [`probes`] – what health probes see
//! * [`explain`] – why one request went where it went
//! * [`monitor`] – what can be watched while a run goes on
//! * [`records`] – each request, attempt and belief of a run, for exports
//! * [`replay`] – finds the first event in which two runs differ
//! * [`trials`] – many outage scripts over one scenario, sooner
//! * [`mod@world`] – the scenario as tables: nodes, edges, endpoints
//!
//! Inside, `machine` handles events (one `match`), `account` and `buckets` count, `belief` keeps what routers believed beside what
//! was true.
//!
//! Invariants, checked in every run and in release builds: no request, attempt or pico-dollar gets lost
//! (`conservation`); the same scenario and seed give the same events in the same order.
#![forbid(unsafe_code)]

mod account;
mod belief;
mod buckets;
mod conservation;
pub mod explain;
mod machine;
pub mod monitor;
mod objectives;
pub mod output;
mod paths;
pub mod probes;
mod recording;
pub mod records;
pub mod replay;
pub mod run;
mod slab;
mod span_law;
mod summarise;
pub mod trials;
mod waterfall;
pub mod weather;
pub mod world;
mod worst;

pub use account::Outcome;
pub use explain::Explanation;
pub use machine::{EventKind, EventRecord, Log};
pub use monitor::Monitor;
pub use output::{Ledger, Summary, Timeline};
pub use run::{RunError, RunOptions, RunOutput, control_twin, run};
pub use summarise::{lane_faults, watched_lanes};
pub use trials::Trials;
