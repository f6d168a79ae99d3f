//! Speeds over the last minutes, by which OpenRouter's `sort` puts endpoints in order.

use sandbox_core::{Span, Time};
use serde::{Deserialize, Serialize};

use super::slices::Slices;
use crate::contract::{Fleet, Seen};

/// A rolling window. What is compared is the mean of the answers in it. A target without answers comes first, so that
/// it gets some: both are assumptions.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rolling {
    /// The window. Default 5 min (OpenRouter docs, provider selection, of its speed preferences).
    pub window: Span,
}

impl Default for Rolling {
    fn default() -> Self {
        Self { window: Span::from_mins(5) }
    }
}

/// Sums of one slice.
#[derive(Copy, Clone, Default, Debug)]
struct Sums {
    heads: u64,
    /// [ns]
    latency: u64,
    /// After the first of each answer.
    tokens: u64,
    /// The time in which these came [ns].
    streamed: u64,
}

/// How fast one target has been.
#[derive(Copy, Clone, Default, Debug)]
pub(super) struct Speed(Slices<Sums>);

impl Speed {
    pub(super) fn observe(&mut self, rule: Rolling, seen: &Seen) {
        let Some(head) = seen.first_token.filter(|_| seen.answer.is_ok()) else { return };
        let sums = self.0.now(rule.window, seen.now);
        sums.heads += 1;
        sums.latency += head.saturating_since(seen.began).as_nanos();
        sums.tokens += u64::from(seen.output.saturating_sub(1));
        sums.streamed += seen.now.saturating_since(head).as_nanos();
    }

    pub(super) fn hear(&mut self, rule: Rolling, report: &Fleet) {
        let sums = self.0.now(rule.window, report.now);
        let n = u64::from(report.passed);
        if let Some(ttft) = report.ttft {
            sums.heads += n;
            sums.latency += n * ttft.as_nanos();
        }
        if let Some(speed) = report.speed {
            // A second of each.
            sums.tokens += n * speed as u64;
            sums.streamed += n * Span::from_secs(1).as_nanos();
        }
    }

    fn sum(&self, rule: Rolling, now: Time, of: impl Fn(Sums) -> (u64, u64)) -> Option<f64> {
        let (over, under) =
            self.0.young(rule.window, now).map(of).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        (under > 0).then(|| over as f64 / under as f64)
    }

    /// Mean time to first token [ns].
    pub(super) fn latency(&self, rule: Rolling, now: Time) -> Option<f64> {
        self.sum(rule, now, |sums| (sums.latency, sums.heads))
    }

    /// Output tokens after the first, by the time they took [tokens/ns].
    pub(super) fn throughput(&self, rule: Rolling, now: Time) -> Option<f64> {
        self.sum(rule, now, |sums| (sums.tokens, sums.streamed))
    }
}
