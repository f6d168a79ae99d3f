//! Routers of our own: no vendor has them by default. Every default here is an assumption.
//!
//! * [`breaker`] – targets in order, each behind a half-open circuit breaker
//! * [`hedge`] – a second attempt when the first token is late
//! * [`price_guard`] – targets in order under a price and a budget
//! * [`spill`] – the first target's share follows its overload
//! * [`hybrid`] – a direct provider first, a grid for what is too much for it

pub mod breaker;
pub mod hedge;
pub mod hybrid;
pub mod price_guard;
pub mod spill;

pub use breaker::BreakerFallback;
pub use hedge::TtftHedge;
pub use hybrid::AsymmetricHybrid;
pub use price_guard::PriceGuard;
pub use spill::AdaptiveSpill;

use crate::memory::{Breaker, Rule};

/// A memory for each breaker that there is.
fn memory(breaker: Option<&Breaker>) -> Vec<Rule> {
    breaker.cloned().map(Rule::Breaker).into_iter().collect()
}

/// One group for each target.
fn one_by_one(targets: usize) -> Vec<u64> {
    (0..targets).map(|target| 1 << target).collect()
}
