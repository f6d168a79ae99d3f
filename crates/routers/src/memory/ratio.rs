//! A windowed error ratio: too large a share of failures, and a target gets nothing.

use sandbox_core::{Span, Time};
use serde::{Deserialize, Serialize};

use super::against_target;
use super::window::{Sliding, Tumbling};
use crate::contract::Seen;
use crate::statuses::Statuses;

/// A windowed error ratio.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ErrorRatio {
    /// The window.
    pub window: Span,
    /// How the window moves.
    pub moves: Moves,
    /// Share of failures above which the target is out; at 1.0 all must have failed.
    pub above: f64,
    /// Fewest results in the window that count.
    pub at_least: u32,
    /// Statuses that are failures. Default: 401, 402, 404, 408, 429 and 5xx.
    pub counts: Statuses,
    /// Failures after which it is looked at. Absent: those that count.
    pub tips: Option<Statuses>,
    /// Whether failures of other statuses count as results that are none; they do not count at all otherwise. (Helicone
    /// divides by all requests.)
    pub of_all: bool,
    /// Whether a target that is alone in its group is never put out by this.
    pub spares_alone: bool,
    /// How often it is looked at, from the start on; zero: after every failure that counts.
    pub every: Span,
    /// How long the target is out. Absent: until the ratio is good again at a look.
    pub length: Option<Span>,
    /// Whether the Retry-After of the failure that tipped it is the length instead.
    pub retry_after: bool,
}

/// How a window moves.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Moves {
    /// In tenths of itself.
    #[default]
    Sliding,
    /// Failures and successes each count for the window from their first one on, then from nought (LiteLLM 1.109.1).
    Tumbling,
}

impl Default for ErrorRatio {
    fn default() -> Self {
        Self {
            window: Span::from_secs(60),
            moves: Moves::Sliding,
            above: 0.5,
            at_least: 5,
            counts: against_target(),
            tips: None,
            of_all: false,
            spares_alone: false,
            every: Span::ZERO,
            length: Some(Span::from_secs(5)),
            retry_after: false,
        }
    }
}

impl ErrorRatio {
    fn is_bad(&self, passed: u32, failed: u32) -> bool {
        let all = passed + failed;
        let share = f64::from(failed) / f64::from(all.max(1));
        all >= self.at_least && failed > 0 && (share > self.above || self.above >= 1.0 && passed == 0)
    }
}

/// The ratio of one target.
#[derive(Copy, Clone, Default, Debug)]
pub struct Ratio {
    pub(super) until: Time,
    sliding: Sliding,
    passed: Tumbling,
    failed: Tumbling,
    /// Looks that were taken.
    looks: u64,
    /// It is alone in its group, and that spares it.
    spared: bool,
}

impl Ratio {
    /// Takes the looks that are due. Call before every result: a look sees what came before it, and a result at the
    /// very time of a look comes after.
    pub(super) fn advance(&mut self, rule: &ErrorRatio, now: Time) {
        if rule.every.is_zero() {
            return;
        }
        let due = now.as_nanos() / rule.every.as_nanos();
        // There was no result since the last look but one. After a whole window without any the rest find nothing.
        let drained = self.looks + rule.window.as_nanos() / rule.every.as_nanos() + 2;
        for look in self.looks + 1..=due.min(drained) {
            self.look(rule, Time::from_nanos(look * rule.every.as_nanos()), None);
        }
        self.looks = due.max(self.looks);
    }

    fn look(&mut self, rule: &ErrorRatio, now: Time, asked: Option<Span>) {
        let (passed, failed) = match rule.moves {
            Moves::Sliding => {
                self.sliding.advance(rule.window, now);
                self.sliding.counts()
            }
            Moves::Tumbling => (self.passed.get(rule.window, now), self.failed.get(rule.window, now)),
        };
        if !rule.is_bad(passed, failed) {
            if rule.length.is_none() {
                self.until = self.until.min(now);
            }
        } else if self.until <= now && !self.spared {
            let length = asked.filter(|_| rule.retry_after).or(rule.length);
            self.until = length.map_or(Time::MAX, |length| now.saturating_add(length));
        }
    }

    pub(super) fn observe(&mut self, rule: &ErrorRatio, seen: &Seen, several: bool, out: bool) {
        let failed = rule.counts.has(seen.answer.status()) && !seen.answer.is_ok();
        if !failed && !seen.answer.is_ok() && !rule.of_all {
            return;
        }
        self.spared = rule.spares_alone && !several;
        match (rule.moves, failed) {
            (Moves::Sliding, _) => {
                self.sliding.add(rule.window, seen.now, u32::from(!failed), u32::from(failed));
            }
            (Moves::Tumbling, true) => _ = self.failed.add(rule.window, seen.now),
            (Moves::Tumbling, false) => _ = self.passed.add(rule.window, seen.now),
        }
        let tips = rule.tips.as_ref().is_none_or(|tips| tips.has(seen.answer.status()));
        if rule.every.is_zero() && failed && tips && !out {
            self.look(rule, seen.now, seen.answer.retry_after());
        }
    }
}
