//! Helicone's open-source gateway.

use sandbox_core::Span;
use sandbox_model::Status;
use serde::{Deserialize, Serialize};

use super::{Preset, Setting, Timeouts};
use crate::backoff::{Backoff, Jitter};
use crate::memory::{Cooldown, ErrorRatio, Moves, Rule};
use crate::parts::{At, GivesUp, Parts, Retry, RetryRule, When};
use crate::selection::{Of, PeakEwma, Pick};
use crate::statuses::Statuses;

/// Helicone ai-gateway @42d2998 with its default balancer: of two targets that are drawn the one with less work owed, by
/// peak-EWMA latency.
///
/// Two memories: a target leaves when more than `error_threshold` of its last minute's requests failed with a 5xx or a
/// bad stream, and is back once that minute has drained, without a probe; and after a 429 it leaves for the Retry-After,
/// or `rate_limit_wait`, plus `rate_limit_buffer`. There is no second target for a request: what the first one says goes
/// to the caller.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Helicone {
    /// The targets.
    pub targets: Vec<String>,
    /// Latency estimates.
    #[serde(default)]
    pub latency: Latency,
    /// Share of failed requests above which a target leaves. Default 0.10, strictly above.
    #[serde(default = "error_threshold")]
    pub error_threshold: f64,
    /// Requests in the window below which a target stays. Default 20.
    #[serde(default = "grace")]
    pub grace: u32,
    /// The window, in tenths. Default 60 s.
    #[serde(default = "window")]
    pub window: Span,
    /// How often targets are looked at. Default 5 s.
    #[serde(default = "interval")]
    pub interval: Span,
    /// Time out after a 429 that has no Retry-After. Default 30 s.
    #[serde(default = "half_a_minute")]
    pub rate_limit_wait: Span,
    /// Added to that and to any Retry-After. Default 30 s.
    #[serde(default = "half_a_minute")]
    pub rate_limit_buffer: Span,
    /// Tries on the target after the first. Default 0; the gateway's own number where retries are switched on is 2.
    #[serde(default)]
    pub retries: u32,
    /// Waits between them. Default 1 s, doubling, 30 s at most, whatever the Retry-After, and up to as much again: it
    /// asks for jitter, and how wide that is depends on the version of its library (an assumption).
    #[serde(default = "backoff")]
    pub backoff: Backoff,
    /// What the caller gets when all targets have left. Default 503: an assumption (the balancer that it is built on,
    /// tower's, makes requests wait until one is back).
    #[serde(default = "all_out")]
    pub all_out: Status,
    /// Timers. Default 15 min for the whole answer.
    #[serde(default = "timeouts")]
    pub timeouts: Timeouts,
}

/// How latency is estimated: see [`PeakEwma`].
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Latency {
    /// After so long an estimate has faded to 1/e. Default 30 s.
    pub decay: Span,
    /// The estimate of a target from which nothing was heard yet. Default 250 ms.
    pub start: Span,
}

impl Default for Latency {
    fn default() -> Self {
        let PeakEwma { decay, start, .. } = PeakEwma::default();
        Self { decay, start }
    }
}

impl Preset for Helicone {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let errors = ErrorRatio {
            tips: None,
            window: self.window,
            moves: Moves::Sliding,
            above: self.error_threshold,
            at_least: self.grace,
            counts: Statuses::of(&["5xx"]),
            of_all: true,
            spares_alone: false,
            every: self.interval,
            length: None,
            retry_after: false,
        };
        let limited = Cooldown {
            failures: 0,
            length: self.rate_limit_wait.saturating_add(self.rate_limit_buffer),
            at_once: Statuses::of(&["429"]),
            retry_after: true,
            beyond_retry_after: self.rate_limit_buffer,
            ..Cooldown::default()
        };
        let Latency { decay, start } = self.latency;
        // `dispatcher/service.rs`: server errors only, within the dispatcher of one provider.
        let rule =
            RetryRule { on: Statuses::of(&["5xx"]), when: When::Always, at: At::Same, waits: When::Always };
        Parts {
            memory: vec![Rule::ErrorRatio(errors), Rule::Cooldown(limited)],
            pick: Pick::PeakEwma(PeakEwma { decay, start, of: Of::Two }),
            retry: Retry {
                retries: self.retries,
                rules: vec![rule],
                backoff: self.backoff,
                ..Retry::default()
            },
            gives_up: GivesUp { all_out: self.all_out, ..GivesUp::default() },
            ..Parts::plain(setting.targets.len())
        }
    }
}

const fn error_threshold() -> f64 {
    0.10
}

const fn grace() -> u32 {
    20
}

const fn window() -> Span {
    Span::from_secs(60)
}

const fn interval() -> Span {
    Span::from_secs(5)
}

const fn half_a_minute() -> Span {
    Span::from_secs(30)
}

fn backoff() -> Backoff {
    Backoff {
        min: Span::ZERO,
        base: Span::from_secs(1),
        max: Span::from_secs(30),
        jitter: Jitter::Scaled(1.0, 2.0),
        retry_after_max: Span::ZERO,
    }
}

const fn all_out() -> Status {
    Status::UNAVAILABLE
}

const fn timeouts() -> Timeouts {
    Timeouts { first_token: None, total: Some(Span::from_secs(900)), overall: None }
}
