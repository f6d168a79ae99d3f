//! Preferences: targets that have been slower than wished come last.

use sandbox_core::{Span, Time};
use serde::{Deserialize, Serialize};

use super::window::Sliding;
use crate::contract::{Fleet, Seen};

/// Wishes about speed. A target that has missed one over the window is put last in line, not out; one without results
/// misses none (an assumption).
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preference {
    /// The window. Default 5 min (OpenRouter docs, provider selection).
    pub window: Span,
    /// Longest time to first token.
    pub max_latency: Percentiles<Span>,
    /// Least output speed after the first token [tokens/s].
    pub min_throughput: Percentiles<f64>,
}

impl Default for Preference {
    fn default() -> Self {
        let window = Span::from_mins(5);
        Self { window, max_latency: Percentiles::NONE, min_throughput: Percentiles::NONE }
    }
}

/// Limits at percentiles, all of which must hold. The p-th holds if p per cent of the answers, rounded up, keep to it. A
/// plain number of OpenRouter's is `p50`.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de>"))]
pub struct Percentiles<T> {
    /// The median.
    #[serde(default = "none")]
    pub p50: Option<T>,
    /// Three in four.
    #[serde(default = "none")]
    pub p75: Option<T>,
    /// Nine in ten.
    #[serde(default = "none")]
    pub p90: Option<T>,
    /// 99 in a hundred.
    #[serde(default = "none")]
    pub p99: Option<T>,
}

const fn none<T>() -> Option<T> {
    None
}

impl<T: Copy> Percentiles<T> {
    /// No limit.
    pub const NONE: Self = Self { p50: None, p75: None, p90: None, p99: None };

    /// Each with its per cent.
    #[must_use]
    pub const fn all(&self) -> [(u64, Option<T>); 4] {
        [(50, self.p50), (75, self.p75), (90, self.p90), (99, self.p99)]
    }
}

impl<T: Copy> Default for Percentiles<T> {
    fn default() -> Self {
        Self::NONE
    }
}

/// How often one target kept to each limit: no percentile need be known, only how many answers are on its right side.
#[derive(Copy, Clone, Default, Debug)]
pub struct Kept {
    latency: [Sliding; 4],
    throughput: [Sliding; 4],
    misses: bool,
}

impl Kept {
    pub(super) fn observe(&mut self, rule: &Preference, seen: &Seen) {
        let Some(head) = seen.first_token.filter(|_| seen.answer.is_ok()) else { return };
        let streamed = seen.now.saturating_since(head);
        let speed = f64::from(seen.output.saturating_sub(1)) / streamed.as_secs_f64();
        let speed = (!streamed.is_zero()).then_some(speed);
        self.count(rule, seen.now, 1, Some(head.saturating_since(seen.began)), speed);
    }

    /// A feed gives typical figures only: each counts for all that it speaks of.
    pub(super) fn hear(&mut self, rule: &Preference, report: &Fleet) {
        self.count(rule, report.now, report.passed, report.ttft, report.speed);
    }

    fn count(&mut self, rule: &Preference, now: Time, n: u32, ttft: Option<Span>, speed: Option<f64>) {
        if let Some(ttft) = ttft {
            let limits = rule.max_latency.all();
            add(&mut self.latency, limits, rule.window, now, n, |most| ttft <= most);
        }
        if let Some(speed) = speed {
            let limits = rule.min_throughput.all();
            add(&mut self.throughput, limits, rule.window, now, n, |least| speed >= least);
        }
        self.judge(rule);
    }

    pub(super) fn advance(&mut self, rule: &Preference, now: Time) {
        let mut forgot = false;
        for counts in self.latency.iter_mut().chain(&mut self.throughput) {
            forgot |= counts.advance(rule.window, now);
        }
        if forgot {
            self.judge(rule);
        }
    }

    fn judge(&mut self, rule: &Preference) {
        self.misses =
            missed(&self.latency, rule.max_latency) || missed(&self.throughput, rule.min_throughput);
    }

    pub(super) const fn misses(&self) -> bool {
        self.misses
    }
}

fn add<T: Copy>(
    counts: &mut [Sliding; 4],
    limits: [(u64, Option<T>); 4],
    window: Span,
    now: Time,
    n: u32,
    keeps: impl Fn(T) -> bool,
) {
    for (counts, (_, limit)) in counts.iter_mut().zip(limits) {
        if let Some(limit) = limit {
            let kept = if keeps(limit) { n } else { 0 };
            counts.add(window, now, kept, n - kept);
        }
    }
}

fn missed<T: Copy>(counts: &[Sliding; 4], limits: Percentiles<T>) -> bool {
    counts.iter().zip(limits.all()).any(|(counts, (per_cent, limit))| {
        let (kept, over) = counts.counts();
        let (kept, all) = (u64::from(kept), u64::from(kept) + u64::from(over));
        limit.is_some() && 100 * kept < per_cent * all
    })
}
