//! Demotion after a significant outage: the target is tried last, not left out.

use sandbox_core::{Span, Time};
use sandbox_model::Status;
use serde::{Deserialize, Serialize};

use super::speaks_against_target;
use crate::contract::Seen;
use crate::memory::window::Sliding;

/// What the legacy balancer counts as "a significant outage in the last 30 s". OpenRouter publishes the window
/// and not the threshold: `failures` and `share` are assumptions.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demotion {
    /// How long an outage counts against a target. Default 30 s (provider-selection docs).
    pub window: Span,
    /// Fewest failures in the window that make an outage.
    pub failures: u32,
    /// Smallest share of the attempts in the window that failed.
    pub share: f64,
}

impl Demotion {
    /// The defaults.
    pub const DEFAULT: Self = Self { window: Span::from_secs(30), failures: 3, share: 0.5 };
}

impl Default for Demotion {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Recent results of one target.
#[derive(Copy, Clone, Default, Debug)]
pub struct Recent {
    pub(super) until: Time,
    results: Sliding,
}

impl Recent {
    pub(super) fn observe(&mut self, rule: &Demotion, seen: &Seen) {
        let status = seen.answer.status();
        // Rate limits are not outages: OpenRouter's published uptimes leave them out.
        let failed =
            !seen.answer.is_ok() && speaks_against_target(status) && status != Status::TOO_MANY_REQUESTS;
        self.count(rule, seen.now, u32::from(seen.answer.is_ok()), u32::from(failed));
    }

    pub(super) fn count(&mut self, rule: &Demotion, now: Time, passed: u32, failed: u32) {
        if passed + failed == 0 {
            return;
        }
        self.results.add(rule.window, now, passed, failed);
        let (passed, failures) = self.results.counts();
        if failed > 0
            && failures >= rule.failures
            && f64::from(failures) >= rule.share * f64::from(failures + passed)
        {
            self.until = now.saturating_add(rule.window);
        }
    }
}
