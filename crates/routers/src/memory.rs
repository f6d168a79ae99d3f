//! What a router remembers of its targets between requests: the part that tells routers apart in an outage.

use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Status};

use crate::contract::Seen;

/// A timed cooldown without a probe: enough failures, and the target gets nothing for a while; then everything again.
/// A failure while it lasts does not prolong it (as in LiteLLM 1.109.1).
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Cooldown {
    /// Failures that start it.
    pub failures: u32,
    /// Failures count together when they fall within this time of the first of them.
    pub within: Span,
    /// How long it lasts.
    pub length: Span,
    /// Whether a 429 starts it at once, for its Retry-After if it has one.
    pub on_rate_limit: bool,
}

/// Demotion after a significant outage: the target is tried last, not left out.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Demotion {
    /// How long an outage counts.
    pub window: Span,
    /// Fewest failures in the window that make an outage.
    pub failures: u32,
    /// Smallest share of the attempts in the window that failed.
    pub share: f64,
}

/// What a router remembers.
#[derive(Clone, Debug)]
pub enum Memory {
    /// Nothing: each request starts afresh.
    None,
    /// A cooldown for each target.
    Cooldown(Cooldown, Vec<Cooling>),
    /// Recent outages of each target.
    Demotion(Demotion, Vec<Recent>),
}

impl Memory {
    /// Cooldowns of `targets` targets.
    #[must_use]
    pub fn cooldown(rule: Cooldown, targets: usize) -> Self {
        Self::Cooldown(rule, vec![Cooling::default(); targets])
    }

    /// Recent outages of `targets` targets.
    #[must_use]
    pub fn demotion(rule: Demotion, targets: usize) -> Self {
        Self::Demotion(rule, vec![Recent::default(); targets])
    }

    /// Learns the result of an attempt.
    pub fn observe(&mut self, seen: &Seen) {
        match self {
            Self::None => {}
            Self::Cooldown(rule, targets) => targets[seen.target].observe(rule, seen),
            Self::Demotion(rule, targets) => targets[seen.target].observe(rule, seen),
        }
    }

    /// Until when a target is believed down.
    #[inline]
    #[must_use]
    pub fn down_until(&self, target: usize) -> Time {
        match self {
            Self::None => Time::ZERO,
            Self::Cooldown(_, targets) => targets[target].until,
            Self::Demotion(_, targets) => targets[target].until,
        }
    }

    /// Whether a target that is believed down may still be tried, after all others.
    #[must_use]
    pub const fn only_demotes(&self) -> bool {
        matches!(self, Self::Demotion(..))
    }
}

/// The cooldown of one target.
#[derive(Copy, Clone, Default, Debug)]
pub struct Cooling {
    until: Time,
    first: Time,
    failures: u32,
}

impl Cooling {
    fn observe(&mut self, rule: &Cooldown, seen: &Seen) {
        if !speaks_against_a_target(seen.answer) || self.until > seen.now {
            return;
        }
        if let Answer::Failed { status: Status::TOO_MANY_REQUESTS, retry_after } = seen.answer
            && rule.on_rate_limit
        {
            self.start(seen.now, retry_after.unwrap_or(rule.length));
            return;
        }
        if self.failures == 0 || seen.now.since(self.first) > rule.within {
            self.first = seen.now;
            self.failures = 0;
        }
        self.failures += 1;
        if self.failures >= rule.failures {
            self.start(seen.now, rule.length);
        }
    }

    fn start(&mut self, now: Time, length: Span) {
        self.until = now.saturating_add(length);
        self.failures = 0;
    }
}

/// Which failures say something about the target rather than about the request: 401, 402, 404, 408, 429, 5xx, cut
/// streams and timeouts (the statuses that can cool a deployment in LiteLLM 1.109.1).
fn speaks_against_a_target(answer: Answer) -> bool {
    !answer.is_ok() && matches!(answer.status().0, 401 | 402 | 404 | 408 | 429 | 500..=599)
}

/// Slices of a demotion window: nothing older than the window counts, everything younger than nine tenths of it does.
const SLICES: usize = 10;

/// Results of one target over the demotion window.
#[derive(Copy, Clone, Default, Debug)]
pub struct Recent {
    until: Time,
    /// Number of the newest slice.
    slice: u64,
    passed: [u32; SLICES],
    failed: [u32; SLICES],
}

impl Recent {
    fn observe(&mut self, rule: &Demotion, seen: &Seen) {
        // Rate limits are not outages: OpenRouter's published uptimes leave them out.
        let failed =
            speaks_against_a_target(seen.answer) && seen.answer.status() != Status::TOO_MANY_REQUESTS;
        if !failed && !seen.answer.is_ok() {
            return;
        }
        let width = (rule.window.as_nanos() / SLICES as u64).max(1);
        let slice = seen.now.as_nanos() / width;
        for skipped in (self.slice + 1..=slice).take(SLICES) {
            self.passed[skipped as usize % SLICES] = 0;
            self.failed[skipped as usize % SLICES] = 0;
        }
        self.slice = slice;
        let here = slice as usize % SLICES;
        if !failed {
            self.passed[here] += 1;
            return;
        }
        self.failed[here] += 1;
        let failures: u32 = self.failed.iter().sum();
        let all = failures + self.passed.iter().sum::<u32>();
        if failures >= rule.failures && f64::from(failures) >= rule.share * f64::from(all) {
            self.until = seen.now.saturating_add(rule.window);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    fn see(memory: &mut Memory, second: u64, answer: Answer) {
        memory.observe(&Seen { now: at(second), target: 0, answer, began: at(second) });
    }

    const FAILED: Answer = Answer::failed(Status::UNAVAILABLE);
    const RULE: Cooldown = Cooldown {
        failures: 3,
        within: Span::from_secs(60),
        length: Span::from_secs(5),
        on_rate_limit: true,
    };

    #[test]
    fn a_cooldown_starts_at_the_stated_failure_and_lasts_its_length() {
        let mut memory = Memory::cooldown(RULE, 1);
        see(&mut memory, 1, FAILED);
        see(&mut memory, 2, Answer::Ok);
        see(&mut memory, 3, FAILED);
        assert_eq!(memory.down_until(0), Time::ZERO);
        see(&mut memory, 4, FAILED);
        assert_eq!(memory.down_until(0), at(9));
        // While it lasts nothing prolongs it; afterwards counting starts afresh.
        see(&mut memory, 8, FAILED);
        assert_eq!(memory.down_until(0), at(9));
        see(&mut memory, 9, FAILED);
        see(&mut memory, 10, FAILED);
        assert_eq!(memory.down_until(0), at(9));
        see(&mut memory, 11, FAILED);
        assert_eq!(memory.down_until(0), at(16));
    }

    #[test]
    fn failures_far_apart_do_not_count_together() {
        let mut memory = Memory::cooldown(RULE, 1);
        for second in [0, 50, 61, 100] {
            see(&mut memory, second, FAILED);
        }
        assert_eq!(memory.down_until(0), Time::ZERO);
    }

    #[test]
    fn a_rate_limit_cools_at_once_for_its_retry_after() {
        let mut memory = Memory::cooldown(RULE, 1);
        let limited = |retry_after| Answer::Failed { status: Status::TOO_MANY_REQUESTS, retry_after };
        see(&mut memory, 0, limited(Some(Span::from_secs(600))));
        assert_eq!(memory.down_until(0), at(600));
        see(&mut memory, 600, limited(None));
        assert_eq!(memory.down_until(0), at(605));
    }

    #[test]
    fn errors_of_the_request_itself_never_cool() {
        let mut memory = Memory::cooldown(RULE, 1);
        for status in [400, 403, 405, 413, 422] {
            see(&mut memory, 1, Answer::failed(Status(status)));
        }
        assert_eq!(memory.down_until(0), Time::ZERO);
    }

    #[test]
    fn an_outage_demotes_for_the_window_after_its_last_failure() {
        let rule = Demotion { window: Span::from_secs(30), failures: 3, share: 0.5 };
        let mut memory = Memory::demotion(rule, 1);
        for second in 0..3 {
            see(&mut memory, second, Answer::Ok);
            see(&mut memory, second, FAILED);
        }
        assert_eq!(memory.down_until(0), at(32));
        for second in 3..20 {
            see(&mut memory, second, Answer::Ok);
        }
        see(&mut memory, 20, FAILED);
        assert_eq!(memory.down_until(0), at(32), "4 of 24 is no outage");
        for second in 100..103 {
            see(&mut memory, second, Answer::failed(Status::TOO_MANY_REQUESTS));
        }
        assert_eq!(memory.down_until(0), at(32), "rate limits are no outage");
        for second in 200..203 {
            see(&mut memory, second, FAILED);
        }
        assert_eq!(memory.down_until(0), at(232), "what happened long ago has left the window");
    }
}
