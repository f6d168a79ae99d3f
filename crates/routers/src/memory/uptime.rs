//! Buckets by uptime: the worse the recent share of successes, the further back in line.

use sandbox_core::{Span, Time};
use sandbox_model::Status;
use serde::{Deserialize, Serialize};

use super::window::Sliding;
use crate::contract::Seen;

/// Health buckets (OpenRouter's provider integration guide): uptime is successes / (requests − user errors), and speaks
/// only with enough of them. Normal targets come first, then degraded ones, then those that are down, which serve as a
/// fallback only. Rate limits do not count: OpenRouter's published uptimes leave them out.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Uptime {
    /// The window. OpenRouter publishes uptimes over 5 min, 30 min and a day, and not which of them routing goes by:
    /// the default, 30 min, is an assumption.
    pub window: Span,
    /// Fewest requests that count. Default 100 (integration guide).
    pub at_least: u32,
    /// Least uptime of a normal target. Default 0.95 (integration guide).
    pub normal: f64,
    /// Least uptime of a degraded one; below it is down. Default 0.8 (integration guide).
    pub degraded: f64,
}

impl Default for Uptime {
    fn default() -> Self {
        Self { window: Span::from_mins(30), at_least: 100, normal: 0.95, degraded: 0.8 }
    }
}

/// The uptime of one target.
#[derive(Copy, Clone, Default, Debug)]
pub struct Up {
    results: Sliding,
    rank: u8,
}

impl Up {
    pub(super) fn observe(&mut self, rule: &Uptime, seen: &Seen) {
        let passed = seen.answer.is_ok();
        let failed = !passed && speaks_against_reliability(seen.answer.status());
        self.count(rule, seen.now, u32::from(passed), u32::from(failed));
    }

    pub(super) fn count(&mut self, rule: &Uptime, now: Time, passed: u32, failed: u32) {
        self.results.add(rule.window, now, passed, failed);
        self.judge(rule);
    }

    pub(super) fn advance(&mut self, rule: &Uptime, now: Time) {
        // Nobody is judged anew who has nothing to forget.
        if self.results.advance(rule.window, now) {
            self.judge(rule);
        }
    }

    fn judge(&mut self, rule: &Uptime) {
        let (passed, failed) = self.results.counts();
        let all = passed + failed;
        let up = f64::from(passed) / f64::from(all.max(1));
        self.rank = match () {
            () if all < rule.at_least || all == 0 || up >= rule.normal => 0,
            () if up >= rule.degraded => 1,
            () => 2,
        };
    }

    /// 0 normal, 1 degraded, 2 down.
    pub(super) const fn rank(&self) -> u8 {
        self.rank
    }
}

/// Failures that OpenRouter counts against an endpoint's reliability (routing docs): 5xx, broken streams (502 here),
/// timeouts, and setup errors. Not: what the request itself is to blame for, and rate limits, which are apart.
#[inline]
pub(crate) const fn speaks_against_reliability(status: Status) -> bool {
    matches!(status.0, 401 | 402 | 404 | 405 | 408 | 410 | 421 | 423 | 424 | 426 | 498 | 500..=599)
}
