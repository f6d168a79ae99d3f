//! The contract between a router's strategy and whoever runs it.
//!
//! For each request the engine asks [`Strategy::next`] what to do, does it, and asks again when an attempt has
//! failed or a wait is over. Every result is also told to [`Strategy::observe`], in order of time. A strategy numbers
//! its targets as the scenario lists them, from 0; there are at most [`MAX_TARGETS`].

use sandbox_core::{Noise, Time};
use sandbox_model::{Answer, Price};

/// Most targets a router may have: sets of targets are bit masks.
pub const MAX_TARGETS: usize = 64;

/// What to do for a request.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Decision {
    /// Try this target now.
    Try {
        /// Its number.
        target: usize,
        /// Why this one.
        reason: Reason,
    },
    /// Ask again at this time, which is later than now.
    Wait {
        /// When.
        until: Time,
    },
    /// Answer the caller with this.
    GiveUp(Answer),
}

/// Why a target is tried.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// It is the one that this router wants most.
    Choice,
    /// The router spreads requests over several targets by design.
    Spread,
    /// An earlier attempt of this request failed.
    Failed,
    /// A more wanted target is passed over because the router believes it down.
    Avoids,
    /// A guard forbids a more wanted target.
    Guarded,
    /// Another attempt runs beside this one.
    Hedge,
}

/// One attempt of a request, as its router remembers it.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Tried {
    /// The target.
    pub target: usize,
    /// How it ended; `None` while it runs.
    pub answer: Option<Answer>,
    /// When it ended, or began if it runs.
    pub at: Time,
}

/// A request at a router.
#[derive(Copy, Clone, Debug)]
pub struct Call<'a> {
    /// The time.
    pub now: Time,
    /// Identifies the request in [`Call::noise`].
    pub request: u64,
    /// This router's attempts for it so far, in order.
    pub attempts: &'a [Tried],
    /// The router's dice: draw with `noise.at(call.request, k)`, `k` being the number of attempts so far for
    /// choices. The same request rolls the same dice in every run, whatever happened before.
    pub noise: Noise,
    /// The targets that may process this request, as a bit mask: all but those that its residency excludes. A
    /// strategy never chooses another.
    pub allowed: u64,
}

/// What a gateway knows of a target.
#[derive(Copy, Clone, PartialEq, Default, Debug)]
pub struct TargetView {
    /// Price of prompt tokens; zero for a target that is itself a router.
    pub input_price: Price,
    /// Price of answer tokens; zero for a target that is itself a router.
    pub output_price: Price,
    /// This router's own attempts at it that have not ended.
    pub in_flight: u32,
    /// The truth, for a strategy that [asks for it](Strategy::wants_truth); real gateways never have it.
    pub truth: Option<Truth>,
}

/// The truth about a target.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Truth {
    /// It is not down, does not hang, and would not fail this request.
    pub serves: bool,
    /// Its limits, slots and queue would take this request now.
    pub headroom: bool,
}

/// The result of an attempt.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Seen {
    /// When the router learnt of it.
    pub now: Time,
    /// The target.
    pub target: usize,
    /// How it ended.
    pub answer: Answer,
    /// When it began.
    pub began: Time,
}

/// A router's strategy.
pub trait Strategy: Send {
    /// What to do for a request.
    ///
    /// Must return [`Decision::GiveUp`] after finitely many attempts, and must not wait for a time that has passed.
    fn next(&mut self, call: &Call<'_>, targets: &[TargetView]) -> Decision;

    /// Learns the result of an attempt.
    fn observe(&mut self, seen: &Seen);

    /// Until when the router, as things stand, believes a target down; a time in the past if it does not.
    fn down_until(&self, target: usize) -> Time {
        let _ = target;
        Time::ZERO
    }

    /// Whether [`TargetView::truth`] must be filled in.
    fn wants_truth(&self) -> bool {
        false
    }
}
