//! What stands between a request and its answer: pure state machines that are told the time and never ask for it.
//!
//! * [`arrivals`] – point processes that requests arrive by
//! * [`batch`] – an endpoint with continuous batching: prefill, then decoding as processor sharing
//! * [`limiter`] – requests and tokens per minute, hour and day; requests in flight
//! * [`health`] – which faults are active, and what they add up to
//! * [`congestion`] – competing load of other tenants
//! * [`link`] – the network between two regions
//! * [`way`] – one direction of a link: loss, friction, partitions, and what TCP makes of them
//! * [`process`] – renewal processes that draw faults
//!
//! Not here: who is asked (that is `sandbox-routers`) and what happens next (that is `sandbox-engine`). Nothing in
//! this crate does I/O, starts a thread or reads a clock.
#![forbid(unsafe_code)]

pub mod arrivals;
pub mod batch;
pub mod congestion;
pub mod health;
pub mod limiter;
pub mod link;
pub mod process;
pub mod way;

pub use batch::{Batch, BatchSpec, Job, Offer, Pace, Progress, Signal};
pub use congestion::Congestion;
pub use health::{Condition, Failure, Fate, Health, Luck};
pub use limiter::{Ask, Charge, LimitSpec, Limiter, Refill, Refusal, Used};
pub use link::{Connections, LinkSpec};
pub use way::{Friction, Trip, Way};
