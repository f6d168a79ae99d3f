//! A share for the first target that follows its overload: more by addition, less by multiplication (as TCP does).

use sandbox_core::{Span, Time};
use serde::{Deserialize, Serialize};

use crate::contract::Seen;
use crate::statuses::Statuses;

/// How the first target's share moves. The first is the first in the list of targets; the rest of the requests goes to
/// the next in line. All defaults are assumptions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spill {
    /// Its share of the requests at first. Default 1.
    pub start: f64,
    /// The least it falls to. Default 0.05: enough to see it recover.
    pub floor: f64,
    /// Added with each answer of the first target that came in time. Default 0.
    pub per_success: f64,
    /// Added in each second. Default 0.01.
    pub per_second: f64,
    /// What it is multiplied by on a sign of overload. Default 0.7.
    pub cut: f64,
    /// Time between two such cuts: what was in flight at the first tells nothing new. Default 1 s.
    pub settles: Span,
    /// Failures that are signs of overload. Default: 429, and 408, which timeouts count as.
    pub on: Statuses,
    /// First tokens that took longer than this are signs of overload. Absent: none are.
    pub slow: Option<Span>,
}

impl Default for Spill {
    fn default() -> Self {
        Self {
            start: 1.0,
            floor: 0.05,
            per_success: 0.0,
            per_second: 0.01,
            cut: 0.7,
            settles: Span::from_secs(1),
            on: Statuses::of(&["408", "429"]),
            slow: None,
        }
    }
}

/// The first target's share.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Share {
    /// What it was
    share: f64,
    /// at this time.
    at: Time,
    /// No cut before this.
    settled: Time,
}

impl Share {
    pub(crate) const fn new(start: f64) -> Self {
        Self { share: start, at: Time::ZERO, settled: Time::ZERO }
    }

    /// The share now.
    pub(crate) fn at(&self, rule: &Spill, now: Time) -> f64 {
        (self.share + rule.per_second * now.saturating_since(self.at).as_secs_f64()).min(1.0)
    }

    pub(crate) fn observe(&mut self, rule: &Spill, seen: &Seen) {
        if seen.target != 0 {
            return;
        }
        let slow = |most: Span| seen.first_token.is_some_and(|at| at.saturating_since(seen.began) > most);
        let passed = seen.answer.is_ok();
        let overload = rule.slow.is_some_and(slow) || !passed && rule.on.has(seen.answer.status());
        let share = self.at(rule, seen.now);
        if overload && seen.now >= self.settled {
            self.share = (share * rule.cut).max(rule.floor);
            self.settled = seen.now.saturating_add(rule.settles);
        } else {
            let more = if passed && !overload { rule.per_success } else { 0.0 };
            self.share = (share + more).min(1.0);
        }
        self.at = seen.now;
    }
}
