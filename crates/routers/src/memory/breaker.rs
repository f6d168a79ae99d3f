//! A circuit breaker: closed, open for a time, then half-open until probes have passed; and a ramp back to all traffic.
//!
//! A result counts only if its attempt began in the state that it finds: what was sent before the circuit opened
//! neither closes nor re-opens it, nor does it take a probe's place. A probe whose caller leaves it ends without a result:
//! it frees its place when the router has fewer attempts in flight there than probes that are counted.

use sandbox_core::{Span, Time};
use serde::{Deserialize, Serialize};

use super::window::Sliding;
use crate::contract::Seen;
use crate::statuses::Statuses;

/// A circuit breaker. Defaults without a source are assumptions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Breaker {
    /// Fewest failures in the window that open it. Default 5.
    pub failures: u32,
    /// Smallest share of failures in the window that opens it; 0: their number alone does. Default 0.5.
    pub share: f64,
    /// The window. Default 30 s.
    pub window: Span,
    /// Statuses that are failures. Default: 401, 402, 403, 404, 408, 429 and 5xx: an empty balance (SiliconFlow's 403)
    /// is as bad as an outage. Others but success say nothing.
    pub counts: Statuses,
    /// How long it is open. Default 30 s.
    pub length: Span,
    /// By how much that is multiplied each time a probe fails. Default 1: not at all.
    pub growth: f64,
    /// Longest that it grows to. Default 5 min.
    pub length_max: Span,
    /// Most attempts in flight at a half-open target. Default 1.
    pub probes: u32,
    /// Probes that must pass before it closes. Default 2.
    pub successes: u32,
    /// How long after closing the share of requests that are let in grows to all of them. Default 0: at once.
    pub ramp: Span,
    /// That share at first. Default 0.1.
    pub ramp_from: f64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            failures: 5,
            share: 0.5,
            window: Span::from_secs(30),
            counts: Statuses::of(&["401-404", "408", "429", "5xx"]),
            length: Span::from_secs(30),
            growth: 1.0,
            length_max: Span::from_mins(5),
            probes: 1,
            successes: 2,
            ramp: Span::ZERO,
            ramp_from: 0.1,
        }
    }
}

#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
enum State {
    /// Never opened so far.
    #[default]
    Fresh,
    /// Open until a time, half-open from then on.
    Open(Time),
    /// Closed again.
    Closed,
}

/// The circuit of one target.
#[derive(Copy, Clone, Default, Debug)]
pub struct Circuit {
    state: State,
    /// When it was closed.
    since: Time,
    /// How long it was open last.
    length: Span,
    /// Probes that have passed.
    passed: u32,
    /// Probes of which nothing has been heard.
    begun: u32,
    results: Sliding,
}

impl Circuit {
    /// Down until it closes, and nobody knows when.
    pub(super) const fn down_until(&self) -> Time {
        if matches!(self.state, State::Open(_)) { Time::MAX } else { Time::ZERO }
    }

    pub(super) fn is_open(&self, now: Time) -> bool {
        matches!(self.state, State::Open(until) if until > now)
    }

    pub(super) fn admits(
        &self,
        rule: &Breaker,
        now: Time,
        in_flight: u32,
        luck: impl FnOnce() -> f64,
    ) -> bool {
        match self.state {
            State::Fresh => true,
            State::Open(_) => self.begun.min(in_flight) < rule.probes,
            State::Closed => {
                let past = now.saturating_since(self.since);
                if past >= rule.ramp {
                    return true;
                }
                let way = past.as_secs_f64() / rule.ramp.as_secs_f64();
                luck() < rule.ramp_from + (1.0 - rule.ramp_from) * way
            }
        }
    }

    /// An attempt begins.
    pub(super) fn choose(&mut self, now: Time) {
        if matches!(self.state, State::Open(until) if until <= now) {
            self.begun += 1;
        }
    }

    pub(super) fn observe(&mut self, rule: &Breaker, seen: &Seen) {
        if matches!(self.state, State::Open(until) if seen.began >= until) {
            self.begun = self.begun.saturating_sub(1);
        }
        let passed = seen.answer.is_ok();
        if !passed && !rule.counts.has(seen.answer.status()) {
            return;
        }
        match self.state {
            State::Open(until) if seen.began < until => {}
            State::Open(_) if passed => {
                self.passed += 1;
                if self.passed >= rule.successes {
                    *self = Self { state: State::Closed, since: seen.now, ..Self::default() };
                }
            }
            State::Open(_) => {
                let longer = Span::from_secs_f64_saturating(self.length.as_secs_f64() * rule.growth);
                self.open(longer.min(rule.length_max.max(rule.length)), seen.now);
            }
            State::Fresh | State::Closed => {
                if seen.began < self.since {
                    return;
                }
                self.results.add(rule.window, seen.now, u32::from(passed), u32::from(!passed));
                let (passes, failures) = self.results.counts();
                let share = f64::from(failures) >= rule.share * f64::from(failures + passes);
                if !passed && failures >= rule.failures && share {
                    self.open(rule.length, seen.now);
                }
            }
        }
    }

    fn open(&mut self, length: Span, now: Time) {
        let state = State::Open(now.saturating_add(length));
        *self = Self { state, length, ..Self::default() };
    }
}
