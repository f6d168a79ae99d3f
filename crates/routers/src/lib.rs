//! How routers decide: pure state machines behind one contract, [`Strategy`].
//!
//! * [`contract`] – what a router is told, and what it may answer
//! * [`parts`] – the parts that every router is made of, as data: filters, memories, selection, retries, groups, guards
//! * [`composed`] – the one composition, which runs them
//! * [`memory`] – what a router remembers of a target between requests
//! * [`selection`] – who is asked first
//! * [`backoff`] – how long to wait before asking again
//! * [`budget`] – how many retries there may be
//! * [`statuses`] – sets of statuses
//! * [`sticky`] – conversations that stay where their cache is
//! * [`preset`] – named compositions: real gateways, and ours
//! * [`promises`] – what a router can be held to, whatever the weather
//! * [`custom`] – strategies of your own, by name
//! * [`clairvoyant`] – knows the truth: a lower bound
//!
//! A router sees the results of its own attempts and nothing else; what it believes may be wrong, and that is the
//! point. Not here: time passing, networks, money being spent. Nothing in this crate does I/O, starts a thread or
//! reads a clock.
//!
//! ```
//! use sandbox_core::{Seed, Time};
//! use sandbox_routers::{Call, Composed, Decision, Parts, Reason, Strategy, TargetView};
//! use std::cell::Cell;
//!
//! let mut router = Composed::new(Parts::plain(2));
//! let note = Cell::new(0);
//! let call = Call::new(Time::ZERO, 1, &[], Seed::new(1).noise("router"), &note);
//! let targets = [TargetView::default(), TargetView::default()];
//! assert_eq!(router.next(&call, &targets), Decision::Try { target: 0, reason: Reason::Choice });
//! ```
#![forbid(unsafe_code)]

pub mod backoff;
mod bounds;
pub mod budget;
pub mod clairvoyant;
pub mod composed;
pub mod contract;
pub mod custom;
mod guards;
pub mod memory;
mod note;
pub mod parts;
pub mod preset;
pub mod promises;
pub mod selection;
pub mod statuses;
pub mod sticky;

pub use backoff::{Backoff, Jitter};
pub use budget::Budget;
pub use clairvoyant::Clairvoyant;
pub use composed::Composed;
pub use contract::{Call, Decision, Exclusion, Fleet, Reason, Seen, Strategy, TargetView, Tried, Truth};
pub use custom::{Custom, Made, Refusal, Registry};
pub use memory::{
    Breaker, Cooldown, Demotion, Ejection, ErrorRatio, Memory, PassiveCheck, Rule, TimedBreaker,
};
pub use parts::Parts;
pub use preset::{Preset, Setting, Timeouts};
pub use promises::{Prices, Promises, Returns};
pub use selection::{Pick, Priorities, Selection, Spill};
pub use statuses::Statuses;
pub use sticky::Sticky;
