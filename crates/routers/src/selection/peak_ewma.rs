//! Peak-EWMA: the target that owes the least work, by a latency estimate that rises at once and falls slowly.
//!
//! The rule is that of tower's `load::PeakEwma` (tower-rs/tower, `tower/src/load/peak_ewma.rs`), which is derived from
//! Finagle's: cost = estimate · (attempts in flight + 1). A result slower than the estimate becomes the estimate; after
//! another the estimate keeps e^(-t/decay) of itself and takes the rest from the result, t being the time since it was
//! last touched. A look is a result of nought: what nobody asks seems faster every second.
//!
//! It does not ask how an attempt ended: whoever fails at once is fast.
//!
//! Two things differ, for a router here learns of an attempt when it has ended: tower ends the count in flight, and takes
//! the latency in, when the head of the answer arrives. And a look leaves its trace only at the target that is chosen, not
//! at the other one that was looked at; what follows differs only if a result comes in between that is slower than the
//! faded estimate and faster than the one before.

use sandbox_core::{Span, Time};
use serde::{Deserialize, Serialize};

use crate::contract::{Seen, TargetView};

/// The fewest seconds of work owed.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeakEwma {
    /// After so long an estimate has faded to 1/e. Default 30 s (Helicone ai-gateway @42d2998).
    pub decay: Span,
    /// Estimate of a target from which nothing was heard yet. Default 250 ms (the same).
    pub start: Span,
    /// Among whom.
    pub of: Of,
}

/// Among how many targets a pick compares.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Of {
    /// Two that are drawn: the power of two choices (Helicone ai-gateway @42d2998).
    #[default]
    Two,
    /// All of them; of equals, the first.
    All,
}

impl Default for PeakEwma {
    fn default() -> Self {
        Self { decay: Span::from_secs(30), start: Span::from_millis(250), of: Of::Two }
    }
}

/// The latency estimate of one target.
#[derive(Copy, Clone, Debug)]
pub(super) struct Estimate {
    /// The estimate [s] when it was last touched.
    latency: f64,
    touched: Time,
}

impl Estimate {
    pub(super) fn new(rule: &PeakEwma) -> Self {
        Self { latency: rule.start.as_secs_f64(), touched: Time::ZERO }
    }

    /// What is left of the estimate.
    fn kept(&self, rule: &PeakEwma, now: Time) -> f64 {
        let elapsed = now.saturating_since(self.touched).as_secs_f64();
        libm::exp(-elapsed / rule.decay.as_secs_f64())
    }

    /// Work owed [s].
    #[inline]
    pub(super) fn cost(&self, rule: &PeakEwma, now: Time, target: &TargetView) -> f64 {
        self.latency * self.kept(rule, now) * (f64::from(target.in_flight) + 1.0)
    }

    pub(super) fn look(&mut self, rule: &PeakEwma, now: Time) {
        self.latency *= self.kept(rule, now);
        self.touched = now;
    }

    /// A result: until its first token, or until the end where there is none.
    pub(super) fn observe(&mut self, rule: &PeakEwma, seen: &Seen) {
        let latency = seen.first_token.unwrap_or(seen.now).saturating_since(seen.began).as_secs_f64();
        if self.latency < latency {
            self.latency = latency;
        } else {
            let kept = self.kept(rule, seen.now);
            self.latency = self.latency * kept + latency * (1.0 - kept);
        }
        self.touched = seen.now;
    }
}
