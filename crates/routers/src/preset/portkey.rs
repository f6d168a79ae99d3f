//! Portkey's gateway, and the circuit breaker of its hosted one.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use super::{Preset, Setting, Timeouts};
use crate::backoff::{Backoff, Jitter};
use crate::memory::{Rule, TimedBreaker};
use crate::parts::{At, Parts, Retry, RetryAfter, RetryRule, When, WhenAllOut};
use crate::selection::Pick;
use crate::statuses::Statuses;

/// Portkey's open-source gateway (`src/handlers/retryHandler.ts`, `src/handlers/handlerUtils.ts`, `src/globals.ts`), and the
/// circuit breaker of its hosted one (portkey.ai/docs, product/ai-gateway/circuit-breaker, Sep 2026).
///
/// Retries of a target wait 1, 2, 4, … s, without jitter. A timeout is a 408, which is not among the statuses that are
/// tried again: the next target has its turn at once. Modes nest by routers: let a router be a target.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portkey {
    /// The targets.
    pub targets: Vec<String>,
    /// How they share the work. Default `Fallback`.
    #[serde(default)]
    pub mode: Mode,
    /// Retries of a target.
    #[serde(default)]
    pub retry: PortkeyRetry,
    /// Failures after which the next target has its turn (`on_status_codes` of the strategy). Absent: all.
    #[serde(default)]
    pub on_status_codes: Option<Statuses>,
    /// Longest wait for an answer to begin; then it is a 408. Absent: none.
    #[serde(default)]
    pub request_timeout: Option<Span>,
    /// The circuit breaker, which only the hosted gateway has. Absent: none.
    #[serde(default)]
    pub circuit_breaker: Option<CircuitBreaker>,
}

/// How targets share the work.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub enum Mode {
    /// In order, until one answers.
    #[default]
    Fallback,
    /// One of them by chance, with these weights (empty: all alike), and no other if it fails.
    LoadBalance(Vec<f64>),
}

/// Retries of a target.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PortkeyRetry {
    /// How many, at most 5. Default 0.
    pub attempts: u32,
    /// After which failures. Default 429, 500, 502, 503 and 504.
    pub on_status_codes: Statuses,
    /// Whether the Retry-After of a 429 is waited for, if it is below 60 s and all of them together are no more than that;
    /// one that is longer ends the retries, and after one that was waited for further retries do not wait. Default false.
    pub use_retry_after_header: bool,
}

impl Default for PortkeyRetry {
    fn default() -> Self {
        Self {
            attempts: 0,
            on_status_codes: Statuses::of(&["429", "500", "502", "503", "504"]),
            use_retry_after_header: false,
        }
    }
}

/// The circuit breaker. While every target's is open it is bypassed.
///
/// Every attempt counts, retries too: an assumption. So are the window, and that counts start anew when it closes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircuitBreaker {
    /// It opens when there are more failures than this. Absent: their number does not matter.
    #[serde(default)]
    pub failure_threshold: Option<u32>,
    /// It opens when more than so many per cent of the results are failures. Absent: the share does not matter.
    #[serde(default)]
    pub failure_threshold_percentage: Option<f64>,
    /// How long it stays open, at least 30 s. Default 30 s.
    #[serde(default = "thirty_seconds")]
    pub cooldown_interval: Span,
    /// What is a failure. Default: above 500.
    #[serde(default = "above_500")]
    pub failure_status_codes: Statuses,
    /// Fewest results from which a percentage is taken. Default 1: an assumption.
    #[serde(default = "one")]
    pub minimum_requests: u32,
    /// Results count together within this time of the first of them. Default 60 s: an assumption; Portkey publishes none.
    #[serde(default = "minute")]
    pub window: Span,
}

impl Preset for Portkey {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        Timeouts { first_token: self.request_timeout, total: None, overall: None }
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let n = setting.targets.len();
        let plain = Parts::plain(n);
        let (groups, pick) = match &self.mode {
            Mode::Fallback => ((0..n).map(|target| 1 << target).collect(), Pick::Ordered),
            Mode::LoadBalance(weights) if weights.is_empty() => (plain.groups.clone(), Pick::Uniform),
            Mode::LoadBalance(weights) => (plain.groups.clone(), Pick::Weighted(weights.clone())),
        };
        let breaker = self.circuit_breaker.as_ref().map(|breaker| {
            Rule::TimedBreaker(TimedBreaker {
                failures: breaker.failure_threshold,
                share: breaker.failure_threshold_percentage.map(|percentage| percentage / 100.0),
                at_least: breaker.minimum_requests,
                window: breaker.window,
                length: breaker.cooldown_interval,
                counts: breaker.failure_status_codes.clone(),
            })
        });
        let limit = Span::from_secs(60);
        let heeds = self.retry.use_retry_after_header;
        Parts {
            memory: breaker.into_iter().collect(),
            when_all_out: WhenAllOut::TryIfAll,
            groups,
            pick,
            retry: Retry {
                retries: self.retry.attempts,
                rules: vec![RetryRule {
                    on: self.retry.on_status_codes.clone(),
                    when: When::Always,
                    at: At::Same,
                    waits: When::Always,
                }],
                backoff: Backoff {
                    min: Span::ZERO,
                    base: Span::from_secs(1),
                    max: Span::MAX,
                    jitter: Jitter::None,
                    // 60 s itself is too long.
                    retry_after_max: if heeds { limit - Span::from_nanos(1) } else { Span::ZERO },
                },
                retry_after: RetryAfter {
                    on: Statuses::of(if heeds { &["429"] } else { &[] }),
                    exact: true,
                    longer_ends: true,
                    together: Some(limit),
                    then_at_once: true,
                },
                ..Retry::default()
            },
            falls_back_on: self.on_status_codes.clone(),
            ..plain
        }
    }
}

const fn thirty_seconds() -> Span {
    Span::from_secs(30)
}

fn above_500() -> Statuses {
    Statuses::of(&["501-599"])
}

const fn one() -> u32 {
    1
}

const fn minute() -> Span {
    Span::from_secs(60)
}
