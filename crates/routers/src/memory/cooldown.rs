//! A timed cooldown without a probe: enough failures, and a target gets nothing for a while; then everything again.

use sandbox_core::{Span, Time};
use serde::{Deserialize, Serialize};

use super::against_target;
use crate::contract::Seen;
use crate::statuses::Statuses;

/// A timed cooldown. A failure while it lasts does not prolong it (as in LiteLLM 1.109.1).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cooldown {
    /// Failures that start it; 0: their number never does.
    pub failures: u32,
    /// Failures count together when they fall within this time of the first of them.
    pub within: Span,
    /// How long it lasts. Default 5 s: LiteLLM 1.109.1.
    pub length: Span,
    /// Statuses that count. Default: 401, 402, 404, 408, 429 and 5xx (the statuses that can cool a deployment in
    /// LiteLLM 1.109.1); a timeout counts as 408, a stream that breaks off as 502.
    pub counts: Statuses,
    /// Statuses that start it at once.
    pub at_once: Statuses,
    /// Statuses that start it at once if the target's group has another.
    pub at_once_of_several: Statuses,
    /// Failures of these statuses that start it instead of `failures`; the first entry that has the status holds.
    pub failures_of: Vec<(Statuses, u32)>,
    /// Whether a Retry-After is its length, however long. (LiteLLM: yes.)
    pub retry_after: bool,
    /// Added to a Retry-After. (Helicone: 30 s.)
    pub beyond_retry_after: Span,
    /// Whether failures count on while it lasts and are not forgotten when it begins: for `within` from the first,
    /// however it goes. A failure that would start one of no length does not count then. (LiteLLM's allowed fails: yes.)
    pub keeps_count: bool,
    /// By target: whether only the failures in `failures_of` count. Empty: no.
    pub spares: Vec<bool>,
    /// Statuses that count for targets with others in their group alone, unless they are in `failures_of`.
    pub spares_alone_on: Statuses,
}

impl Default for Cooldown {
    fn default() -> Self {
        Self {
            failures: 3,
            within: Span::from_secs(60),
            length: Span::from_secs(5),
            counts: against_target(),
            at_once: Statuses::of(&[]),
            at_once_of_several: Statuses::of(&[]),
            failures_of: Vec::new(),
            retry_after: false,
            beyond_retry_after: Span::ZERO,
            keeps_count: false,
            spares: Vec::new(),
            spares_alone_on: Statuses::of(&[]),
        }
    }
}

/// The cooldown of one target.
#[derive(Copy, Clone, Default, Debug)]
pub struct Cooling {
    pub(super) until: Time,
    first: Time,
    failures: u32,
}

impl Cooling {
    /// `several`: the target's group has others. `out`: the target gets nothing as it is.
    pub(super) fn observe(&mut self, rule: &Cooldown, seen: &Seen, several: bool, out: bool) {
        let status = seen.answer.status();
        if seen.answer.is_ok() || out && !rule.keeps_count {
            return;
        }
        if rule.at_once.has(status) || several && rule.at_once_of_several.has(status) {
            self.start(rule, seen);
            return;
        }
        let listed = rule.failures_of.iter().find(|(statuses, _)| statuses.has(status));
        let spared =
            rule.spares.get(seen.target) == Some(&true) || !several && rule.spares_alone_on.has(status);
        if !rule.counts.has(status) || spared && listed.is_none() {
            return;
        }
        if rule.keeps_count && Self::length(rule, seen).is_zero() {
            return;
        }
        let age = seen.now.since(self.first);
        if self.failures == 0 || age > rule.within || rule.keeps_count && age == rule.within {
            self.first = seen.now;
            self.failures = 0;
        }
        self.failures += 1;
        let needed = listed.map_or(rule.failures, |&(_, failures)| failures);
        if needed > 0 && self.failures >= needed {
            self.start(rule, seen);
        }
    }

    /// How long a cooldown that this failure starts lasts.
    fn length(rule: &Cooldown, seen: &Seen) -> Span {
        let asked = seen.answer.retry_after().filter(|_| rule.retry_after);
        asked.map_or(rule.length, |asked| asked.saturating_add(rule.beyond_retry_after))
    }

    fn start(&mut self, rule: &Cooldown, seen: &Seen) {
        if self.until > seen.now {
            return;
        }
        self.until = seen.now.saturating_add(Self::length(rule, seen));
        if !rule.keeps_count {
            self.failures = 0;
        }
    }
}
