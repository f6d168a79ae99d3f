//! The simulator against theory and against published figures: one check a claim, with what is expected and where that
//! comes from, what was measured and how sure that is.
//!
//! * [`check`] – what a check and its row are, and the list of [`all`] of them
//! * [`document`] – rows as `docs/validation.md`
//! * [`statistics`] – intervals and tests, each at 99.9 %
//! * [`chain`] – exact answers from small Markov chains
//! * [`mod@reference`] – a published simulation written once more without the engine
//!
//! Beside the rows, [`gallery`] runs every router through the same hour of trouble.
//!
//! One module a subject: [`queues`], [`traffic`], [`weather`], [`incidents`], [`named`], [`retries`], [`collapse`], [`metastable`], [`provider`],
//! [`serving`], [`gateway`].
//! Scenarios of checks are RON texts that go through the same reader and the same engine as a user's ([`scenario`]).
//!
//! Seeds are fixed: the same program measures the same numbers, in debug and release. Nothing here is read from outside
//! the repository.
#![forbid(unsafe_code)]

pub mod chain;
pub mod check;
pub mod collapse;
pub mod document;
pub mod gallery;
pub mod gateway;
pub mod incidents;
pub mod metastable;
pub mod named;
pub mod provider;
pub mod queues;
pub mod reference;
pub mod retries;
pub mod scenario;
pub mod serving;
mod station;
pub mod statistics;
pub mod traffic;
pub mod weather;

pub use check::{Check, Row, all};
