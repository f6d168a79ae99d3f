//! Finds the outage script that breaks a promise of a router, shrinks it to what it needs, and keeps it.
//!
//! * [`weather`] – what may go wrong in a scenario, drawn by swarm; shrinking
//! * [`properties`] – what can be held against a run: each with a name and what it says
//! * [`judge`] – one outage script against properties and objectives
//! * [`search`] – many scripts: until one breaks something, or for the worst of them
//! * [`corpus`] – scripts that were found, kept as files
//!
//! The weather is a [`proptest`] strategy: in a test of your own it draws scripts and shrinks those that fail. The
//! `sandbox check` command is made of the same parts.
#![forbid(unsafe_code)]

pub mod corpus;
pub mod judge;
pub mod properties;
mod quietly;
pub mod search;
mod sights;
mod watching;
pub mod weather;

pub use judge::{Judge, Verdict};
pub use properties::{Broken, Property};
pub use quietly::whole_run;
pub use sights::{Belief, Sights};
pub use weather::Weather;
