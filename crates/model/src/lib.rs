//! The Sandbox's words as types: what a scenario, a router, an endpoint and a ledger all talk about.
//!
//! * [`ids`] – dense indices of workloads, providers and nodes
//! * [`quantity`] – rates and shares, written as a person writes them (`"40/s"`)
//! * [`money`] – exact dollars and prices per token (`"$0.27/M"`)
//! * [`fault`] – faults and outage scripts
//! * [`curve`] – a quantity that moves slowly over a scenario
//! * [`outcome`] – statuses, answers, outcomes of requests and causes of leak
//!
//! Not here: behaviour. A type may check, print and parse itself, and no more.
//!
//! ```
//! use sandbox_model::money::{Price, Usd};
//! use sandbox_model::quantity::Tokens;
//!
//! let price: Price = "$0.27/M".parse().unwrap();
//! assert_eq!(price.of(Tokens(1_000_000)), "$0.27".parse::<Usd>().unwrap());
//! ```
#![forbid(unsafe_code)]

pub mod curve;
pub mod fault;
pub mod ids;
pub mod money;
pub mod outcome;
pub mod quantity;
mod text;

pub use curve::{Curve, Steps};
pub use fault::{Fault, FaultKind, FaultScope, OutageScript};
pub use ids::{NodeId, ProviderId, WorkloadId};
pub use money::{Price, Usd};
pub use outcome::{Answer, Cause, LimitKind, Status};
pub use quantity::{Rate, Tokens};
