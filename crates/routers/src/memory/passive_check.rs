//! A passive health check that counts failures in total, not in a row, and lets one attempt decide (Kong, as nginx).

use sandbox_core::{Span, Time};
use serde::{Deserialize, Serialize};

use super::against_target;
use crate::contract::Seen;
use crate::statuses::Statuses;

/// A passive health check: `max_fails` failures, and the target is out for `fail_timeout` after the last one. Successes
/// in between do not help: the count falls back to nought only by a success `fail_timeout` or more after the last
/// failure. So once that time is over one attempt decides: it passes, and all is forgotten, or it fails, and the target
/// is out for as long again.
///
/// While that attempt runs the others are kept out, for at most another `fail_timeout`; then the next one decides. The
/// Kong docs say that one attempt decides and not what becomes of those that arrive meanwhile: that they are kept
/// out is an assumption (nginx, whose rule this is, does so).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PassiveCheck {
    /// Failures that put the target out. Default 3: Kong's example (its default is 0, no check at all).
    pub max_fails: u32,
    /// How long. Default 10 s: Kong AI proxy-advanced 3.15.
    pub fail_timeout: Span,
    /// Statuses that count. Default: 401, 402, 404, 408, 429 and 5xx.
    pub counts: Statuses,
}

impl Default for PassiveCheck {
    fn default() -> Self {
        Self { max_fails: 3, fail_timeout: Span::from_secs(10), counts: against_target() }
    }
}

/// The check of one target.
#[derive(Copy, Clone, Default, Debug)]
pub struct Checked {
    pub(super) until: Time,
    failures: u32,
    /// When the last failure was seen, if any counts.
    last: Time,
}

impl Checked {
    /// An attempt begins: after the time out it is the one that decides.
    pub(super) fn choose(&mut self, rule: &PassiveCheck, now: Time) {
        if self.failures >= rule.max_fails && now >= self.until {
            self.until = now.saturating_add(rule.fail_timeout);
        }
    }

    pub(super) fn observe(&mut self, rule: &PassiveCheck, seen: &Seen) {
        if seen.answer.is_ok() {
            if seen.now >= self.last.saturating_add(rule.fail_timeout) {
                *self = Self::default();
            }
        } else if rule.counts.has(seen.answer.status()) {
            self.failures = self.failures.saturating_add(1);
            self.last = seen.now;
            if self.failures >= rule.max_fails {
                self.until = seen.now.saturating_add(rule.fail_timeout);
            }
        }
    }
}
