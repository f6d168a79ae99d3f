//! The least used target of this minute, as LiteLLM 1.109.1 has it (`router_strategy/lowest_tpm_rpm_v2.py`,
//! "usage-based-routing-v2").
//!
//! Attempts count when they are chosen, tokens when an answer is complete, both in the minute (UTC) in which that is. A
//! target is passed over once its attempts and one more reach its `rpm` (so that of 5 a minute 4 are used; the first
//! attempt of a minute always passes), or once its tokens and the prompt exceed its `tpm`. Who is passed over by all is
//! refused here, without an attempt. In LiteLLM that refusal may also cool a target: that is for a memory to do.

use sandbox_core::{Span, Time};
use serde::{Deserialize, Serialize};

use crate::contract::{Call, Seen};
use crate::memory::members;

const MINUTE: Span = Span::from_secs(60);

/// The fewest tokens in this minute (UTC); of equals, by chance. Limits hold for this router's own attempts. Lists go by
/// target; empty: no limits.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UsageBased {
    /// Attempts a minute, of which one is never used.
    pub rpm: Vec<Option<u32>>,
    /// Prompt and answer tokens a minute.
    pub tpm: Vec<Option<u32>>,
}

impl UsageBased {
    fn limits(&self, target: usize) -> (Option<u32>, Option<u32>) {
        let of = |list: &[Option<u32>]| list.get(target).copied().flatten();
        (of(&self.rpm), of(&self.tpm))
    }
}

/// What one target was given in a minute.
#[derive(Copy, Clone, Default, Debug)]
struct Used {
    minute: u64,
    attempts: u64,
    tokens: u64,
}

/// What all targets were given.
#[derive(Clone, Debug)]
pub(super) struct Usage {
    used: Vec<Used>,
    /// From the last full minute (UTC) to the start.
    after_minute: Span,
}

impl Usage {
    pub(super) fn new(targets: usize, after_midnight: Span) -> Self {
        let after_minute = Span::from_nanos(after_midnight.as_nanos() % MINUTE.as_nanos());
        Self { used: vec![Used::default(); targets], after_minute }
    }

    fn minute(&self, now: Time) -> u64 {
        now.saturating_add(self.after_minute).as_nanos() / MINUTE.as_nanos()
    }

    /// Attempts and tokens of this minute.
    fn used(&self, target: usize, now: Time) -> (u64, u64) {
        let used = self.used[target];
        if used.minute == self.minute(now) { (used.attempts, used.tokens) } else { (0, 0) }
    }

    /// Whether a target may get this request.
    #[inline]
    pub(super) fn admits(&self, rule: &UsageBased, target: usize, call: &Call<'_>) -> bool {
        let (attempts, tokens) = self.used(target, call.now);
        let (rpm, tpm) = rule.limits(target);
        let by_attempts =
            rpm.is_none_or(|most| if attempts == 0 { most > 0 } else { attempts + 1 < u64::from(most) });
        by_attempts && tpm.is_none_or(|most| tokens + u64::from(call.input) <= u64::from(most))
    }

    /// Those of the pool with the fewest tokens.
    #[inline]
    pub(super) fn least(&self, pool: u64, now: Time) -> u64 {
        let tokens = |target: usize| self.used(target, now).1;
        let least = members(pool).map(tokens).min();
        members(pool).filter(|&t| Some(tokens(t)) == least).fold(0, |mask, target| mask | 1 << target)
    }

    fn count(&mut self, target: usize, now: Time, attempts: u64, tokens: u64) {
        let minute = self.minute(now);
        let used = &mut self.used[target];
        if used.minute != minute {
            *used = Used { minute, ..Used::default() };
        }
        used.attempts += attempts;
        used.tokens += tokens;
    }

    pub(super) fn choose(&mut self, target: usize, now: Time) {
        self.count(target, now, 1, 0);
    }

    pub(super) fn observe(&mut self, seen: &Seen) {
        if seen.answer.is_ok() {
            self.count(seen.target, seen.now, 0, u64::from(seen.input) + u64::from(seen.output));
        }
    }
}
