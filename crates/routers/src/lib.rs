//! How routers decide: pure state machines behind one contract, [`Strategy`].
//!
//! * [`contract`] – what a router is told, and what it may answer
//! * [`composed`] – the one composition that presets are built from: filter → memory → selection → retry → give up
//! * [`memory`] – what a router remembers of a target between requests
//! * [`selection`] – who is asked first
//! * [`backoff`] – how long to wait before asking again
//! * [`budget`] – how many retries there may be
//! * [`preset`] – ordered fallback, OpenRouter's legacy balancer, one target
//! * [`clairvoyant`] – knows the truth: a lower bound
//!
//! A router sees the results of its own attempts and nothing else; what it believes may be wrong, and that is the
//! point. Not here: time passing, networks, money being spent. Nothing in this crate does I/O, starts a thread or
//! reads a clock.
//!
//! ```
//! use sandbox_core::{Seed, Time};
//! use sandbox_routers::{Call, Decision, Reason, Strategy, TargetView, preset};
//!
//! let mut router = preset::single();
//! let noise = Seed::new(1).noise("router");
//! let call = Call { now: Time::ZERO, request: 1, attempts: &[], noise, allowed: u64::MAX };
//! let targets = [TargetView::default()];
//! assert_eq!(router.next(&call, &targets), Decision::Try { target: 0, reason: Reason::Choice });
//! ```
#![forbid(unsafe_code)]

pub mod backoff;
pub mod budget;
pub mod clairvoyant;
pub mod composed;
pub mod contract;
pub mod memory;
pub mod preset;
pub mod selection;

pub use backoff::{Backoff, Jitter};
pub use budget::Budget;
pub use clairvoyant::Clairvoyant;
pub use composed::{Composed, Exhausted};
pub use contract::{Call, Decision, Reason, Seen, Strategy, TargetView, Tried, Truth};
pub use memory::{Cooldown, Demotion, Memory};
pub use selection::Selection;
