//! The contract between a router's strategy and whoever runs it.
//!
//! For each request the engine asks [`Strategy::next`] what to do, does it, and asks again when an attempt has
//! failed or a wait is over. Every result is also told to [`Strategy::observe`], in order of time. A strategy numbers
//! its targets as the scenario lists them, from 0; there are at most [`MAX_TARGETS`].
//!
//! A strategy that [hedges](Strategy::hedges) is asked while attempts run, too: right after each attempt began, and when
//! the time has come for which it asked by [`Decision::Wait`]. The first attempt whose first token arrives wins; the
//! others lose: see [`Strategy::cancels_losers`].

use std::cell::Cell;

use dyn_clone::DynClone;
use sandbox_core::{Noise, Span, Time};
use sandbox_model::{Answer, Price, Usd};

use crate::promises::Promises;

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
    /// Ask again at this time, or when an attempt ends before.
    Wait {
        /// When: later than now. [`Time::MAX`] only while an attempt runs.
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

impl Reason {
    /// The name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Choice => "choice",
            Self::Spread => "spread",
            Self::Failed => "failed",
            Self::Avoids => "avoids",
            Self::Guarded => "guarded",
            Self::Hedge => "hedge",
        }
    }
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
    /// When the request reached this router.
    pub began: Time,
    /// Prompt tokens.
    pub input: u32,
    /// The conversation that it belongs to, if any.
    pub conversation: Option<u64>,
    /// Whether its answer comes token by token.
    pub streams: bool,
    /// Whatever the strategy wants to remember of this request until the next question; 0 at first.
    pub note: &'a Cell<u64>,
}

impl<'a> Call<'a> {
    /// A request that may go anywhere and of which nothing else is known.
    #[must_use]
    pub const fn new(
        now: Time,
        request: u64,
        attempts: &'a [Tried],
        noise: Noise,
        note: &'a Cell<u64>,
    ) -> Self {
        Self {
            now,
            request,
            attempts,
            noise,
            allowed: u64::MAX,
            began: now,
            input: 0,
            conversation: None,
            streams: false,
            note,
        }
    }
}

/// What a gateway knows of a target.
#[derive(Copy, Clone, PartialEq, Default, Debug)]
pub struct TargetView {
    /// Price of prompt tokens; zero for a target that is itself a router.
    pub input_price: Price,
    /// Price of answer tokens; zero for a target that is itself a router.
    pub output_price: Price,
    /// Price of prompt tokens that are read from a cache; zero for a target that is itself a router.
    pub cached_price: Price,
    /// This router's own attempts at it that have not ended.
    pub in_flight: u32,
    /// Of these, those that are not the first of their request, nor a hedge.
    pub retries: u32,
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
    /// When its first token arrived, if one did.
    pub first_token: Option<Time>,
    /// Prompt tokens.
    pub input: u32,
    /// Answer tokens that were billed; 0 for a failure.
    pub output: u32,
    /// Prompt tokens that the target had from before.
    pub cached: u32,
    /// What it was billed, fees below this router included; nothing for a failure, whatever its target bills.
    pub billed: Usd,
    /// The conversation that the request belongs to, if any.
    pub conversation: Option<u64>,
    /// It timed out because the caller would not wait longer, not by a timer of this router.
    pub by_caller: bool,
    /// Whether the request's answer comes token by token.
    pub streams: bool,
}

impl Seen {
    /// A result of which nothing else is known.
    #[must_use]
    pub const fn new(now: Time, target: usize, answer: Answer, began: Time) -> Self {
        Self {
            now,
            target,
            answer,
            began,
            first_token: None,
            input: 0,
            output: 0,
            cached: 0,
            billed: Usd::ZERO,
            conversation: None,
            by_caller: false,
            streams: false,
        }
    }
}

/// What a fleet-wide feed says of one target: results of other customers' requests since its last report.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Fleet {
    /// When the router learns of it.
    pub now: Time,
    /// The target.
    pub target: usize,
    /// Requests that were answered.
    pub passed: u32,
    /// Requests that failed in a way that speaks against the target.
    pub failed: u32,
    /// Requests that were rate limited.
    pub limited: u32,
    /// Their typical time to first token, if any was answered.
    pub ttft: Option<Span>,
    /// Their typical output speed after it [tokens/s], if any was answered.
    pub speed: Option<f64>,
}

/// A target that is not tried, and by which rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exclusion {
    /// The target.
    pub target: usize,
    /// The rule, in words: `"cooldown"`.
    pub rule: String,
    /// Until when it holds, if that is known and nothing else happens.
    pub until: Option<Time>,
}

/// A router's strategy. A copy decides from then on as the original would: runs that begin alike share their beginning.
pub trait Strategy: Send + DynClone {
    /// What to do for a request.
    ///
    /// Must return [`Decision::GiveUp`] after finitely many attempts, and must not wait for a time that has passed. Whoever
    /// runs it panics at the 65,536th attempt for one request, or when it was asked a million times about one.
    fn next(&mut self, call: &Call<'_>, targets: &[TargetView]) -> Decision;

    /// Learns the result of an attempt.
    fn observe(&mut self, seen: &Seen);

    /// Learns what the fleet-wide feed says.
    fn hear(&mut self, report: &Fleet) {
        let _ = report;
    }

    /// Whether it wants to be asked while an attempt runs.
    fn hedges(&self) -> bool {
        false
    }

    /// Whether it closes the connections of attempts beside which another has won. What is left open is served to the end
    /// and billed in full, whatever its endpoint does with what is abandoned.
    fn cancels_losers(&self) -> bool {
        true
    }

    /// Whether what it believes of a target may change by the clock or by the results of another.
    fn sweeps(&self) -> bool {
        false
    }

    /// Which targets it would not try now for this request, and why: what `next` would go by, in words.
    fn exclusions(&self, call: &Call<'_>, targets: &[TargetView]) -> Vec<Exclusion> {
        (0..targets.len())
            .filter(|&target| call.allowed >> target & 1 == 0)
            .map(|target| Exclusion { target, rule: "the request's residency".to_owned(), until: None })
            .collect()
    }

    /// Until when the router, as things stand, believes a target down; a time in the past if it does not.
    fn down_until(&self, target: usize) -> Time {
        let _ = target;
        Time::ZERO
    }

    /// What it can be held to, whatever the weather. By default nothing.
    fn promises(&self) -> Promises {
        Promises::default()
    }

    /// Whether [`TargetView::truth`] must be filled in.
    fn wants_truth(&self) -> bool {
        false
    }
}

dyn_clone::clone_trait_object!(Strategy);
