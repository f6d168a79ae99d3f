//! A breaker that opens by the number or by the share of failures and closes by the clock (Portkey's hosted one).

use sandbox_core::{Span, Time};
use serde::{Deserialize, Serialize};

use crate::contract::Seen;
use crate::statuses::Statuses;

/// A breaker that opens when failures exceed a number, or their share a share, and closes after a time, with full traffic
/// and all counts at nought. What it sees while it is open does not count.
///
/// Portkey publishes what opens and closes its breaker, not the window in which results count nor what becomes of the
/// counts: `window`, and that they start anew, are assumptions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimedBreaker {
    /// It opens when there are more failures than this. Absent: their number does not matter.
    pub failures: Option<u32>,
    /// It opens when the share of failures is above this. Absent: the share does not matter.
    pub share: Option<f64>,
    /// Fewest results from which a share is taken.
    pub at_least: u32,
    /// Results count together within this time of the first of them. Default 60 s: an assumption.
    pub window: Span,
    /// How long it stays open. Default 30 s: the least that Portkey allows.
    pub length: Span,
    /// Statuses that are failures; every other answer is a success. Default 501 to 599: Portkey.
    pub counts: Statuses,
}

impl Default for TimedBreaker {
    fn default() -> Self {
        Self {
            failures: None,
            share: Some(0.5),
            at_least: 10,
            window: Span::from_secs(60),
            length: Span::from_secs(30),
            counts: Statuses::of(&["501-599"]),
        }
    }
}

/// The breaker of one target.
#[derive(Copy, Clone, Default, Debug)]
pub struct Breaking {
    pub(super) until: Time,
    first: Time,
    passed: u32,
    failed: u32,
}

impl Breaking {
    pub(super) fn observe(&mut self, rule: &TimedBreaker, seen: &Seen) {
        if seen.now < self.until {
            return;
        }
        if self.passed + self.failed == 0 || seen.now.since(self.first) > rule.window {
            *self = Self { until: self.until, first: seen.now, ..Self::default() };
        }
        if !seen.answer.is_ok() && rule.counts.has(seen.answer.status()) {
            self.failed += 1;
        } else {
            self.passed += 1;
        }
        let all = self.passed + self.failed;
        let too_many = rule.failures.is_some_and(|most| self.failed > most);
        // A quotient, so that a share of exactly 29 of 100 is not above 0.29.
        let too_large = all >= rule.at_least
            && rule.share.is_some_and(|share| f64::from(self.failed) / f64::from(all) > share);
        if too_many || too_large {
            *self = Self { until: seen.now.saturating_add(rule.length), ..Self::default() };
        }
    }
}
