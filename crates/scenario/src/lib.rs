//! The scenario file: read, checked with file, line and a hint, and resolved to what a run needs.
//!
//! ```text
//! scenario.ron ──ron──▶ file::Scenario ──check──▶ Resolved { nodes, curves, links, script, objectives }
//!      ▲  --set                                       ▲  with_script, with_seed, with_entry
//! ```
//!
//! * [`mod@file`] – every key that a user may write, as types (`docs/scenario-format.md` is its prose)
//! * [`clock`] – wall clocks and zones: where virtual time lies on a calendar
//! * [`import`] – other tools' files to pieces of a scenario
//! * [`objective`] – promises like `"ttft_p99[cn-chat] <= 4s"`
//! * [`resolved`] – the result: names are indices, shapes are curves, traces are read
//! * [`difference`] – what is different between two scenarios
//! * [`problem`] – what is wrong, where, and what to write instead
//!
//! # Reading one
//!
//! ```
//! use sandbox_scenario::Resolved;
//!
//! let text = r#"(
//!     name: "smallest",
//!     start: "2026-11-18 00:00 Asia/Shanghai",
//!     duration: "1h",
//!     providers: [(name: "siliconflow", region: "cn-east")],
//!     endpoints: [(
//!         name: "sf-v3", provider: "siliconflow",
//!         serving: (prefill_base: "80ms", prefill_per_token: "84us", step_base: "12ms", sequences: 64),
//!         price: (input: "$0.27/M", output: "$1.10/M"),
//!     )],
//!     routers: [(name: "direct", strategy: Single(target: "sf-v3"))],
//!     workloads: [(
//!         name: "chat", region: "cn-east", entry: "direct", plan: "sf-v3", arrivals: Poisson(rate: "5/s"),
//!     )],
//! )"#;
//! let resolved = Resolved::parse("smallest.ron", text, None, &[]).unwrap();
//! assert_eq!(resolved.nodes[resolved.workloads[0].plan.index()].name, "sf-v3");
//!
//! // An override is checked as if it had been written in the file.
//! let set = ["workloads.chat.entry=drect".to_owned()];
//! let invalid = Resolved::parse("smallest.ron", text, None, &set).unwrap_err();
//! assert_eq!(invalid.to_string(), "\
//! error: workloads.chat.entry: no router is called `drect`
//!  --> --set workloads.chat.entry=drect
//!  = hint: did you mean `direct`? routers here: direct");
//! ```
//!
//! # What it promises
//!
//! * A key that is not known, a unit that does not fit, a name that does not exist is an error with its place,
//!   its path, its value and a hint; all that is wrong beyond the syntax is told at once.
//! * [`scenario_to_text`] and [`script_to_text`] read back equal.
//! * Nothing depends on the machine: zones come from a compiled-in database. Only trace files are read from disk.
#![forbid(unsafe_code)]

mod check;
pub mod clock;
pub mod difference;
pub mod file;
pub mod import;
mod incidents;
mod keys;
pub mod objective;
pub mod problem;
mod profile;
mod read;
pub mod regions;
mod resolve;
pub mod resolved;
mod source;
mod syntax;
mod tariff;
mod trace;
mod unpack;
mod write;

pub use clock::{WallClock, When};
pub use file::{Scenario, Script};
pub use objective::{Comparison, Metric, Objective, Unit};
pub use problem::{Invalid, Place, Problem};
pub use resolve::load_script;
pub use resolved::Resolved;
pub use write::{found_to_text, scenario_to_text, script_to_text};
