//! Envoy as a gateway of LLM providers: outlier detection, priority levels, retries.

use sandbox_core::Span;
use sandbox_model::Status;
use serde::{Deserialize, Serialize};

use super::{Mention, Preset, Setting, Timeouts};
use crate::backoff::{Backoff, Jitter};
use crate::memory::{Ejection, Rule};
use crate::parts::{At, Concurrent, GivesUp, Guards, Parts, Retry, RetryRule, When};
use crate::selection::{Pick, Priorities};
use crate::statuses::Statuses;

/// Envoy: one cluster, whose hosts are the targets. Names and defaults are Envoy's (protos `cluster.proto`,
/// `outlier_detection.proto`, `circuit_breaker.proto`, `route_components.proto`).
///
/// Without a healthy target the caller gets 503, as it does above `max_requests`. Not modelled: active health checks,
/// caps on connections and pending requests, subsets, hedging on a per-try timeout (off by default).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envoy {
    /// The hosts.
    pub targets: Vec<String>,
    /// Priority levels, most wanted first; together they hold every target once. Empty: one level of all.
    #[serde(default)]
    pub priorities: Vec<Vec<String>>,
    /// `overprovisioning_factor`. Default 1.4 (140 in the proto).
    #[serde(default = "overprovisioning")]
    pub overprovisioning: f64,
    /// `healthy_panic_threshold`. Default 0.5 (50 in the proto).
    #[serde(default = "panic")]
    pub panic: f64,
    /// `lb_policy`: who is picked of a level. Default `RoundRobin`.
    #[serde(default = "round_robin")]
    pub lb_policy: Pick,
    /// `outlier_detection`. Absent: none (Envoy's default).
    #[serde(default)]
    pub outlier_detection: Option<Ejection>,
    /// `retry_policy`. Absent: no retries (Envoy's default).
    #[serde(default)]
    pub retry_policy: Option<RetryPolicy>,
    /// `max_requests`: attempts in flight at once, above which callers get 503. Default 1024.
    #[serde(default = "max_requests")]
    pub max_requests: u32,
    /// The route's `timeout`: for a request with all its attempts and waits, until the whole answer; then 504. Default
    /// 15 s. `None`: none, which is what streams of minutes need.
    #[serde(default = "timeout")]
    pub timeout: Option<Span>,
    /// Timers of one attempt. `total` is `per_try_timeout`.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// Envoy's `retry_policy` and what bounds it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryPolicy {
    /// `num_retries`. Default 1.
    pub num_retries: u32,
    /// `retry_on`, as statuses. Default `["408", "5xx"]`: Envoy's `5xx`, which holds timeouts and resets. Envoy has no
    /// default.
    pub retry_on: Statuses,
    /// `retry_back_off`. Default: from nothing to (2ⁿ - 1) · 25 ms before retry n (from 1), at most 250 ms (Envoy's docs,
    /// router filter). Envoy's source (`backoff_strategy.cc`) doubles instead, to 25, 50, 100 ms and so on: that is
    /// `jitter: Full`.
    pub retry_back_off: Backoff,
    /// `max_retries` of the circuit breaker, or `min_retry_concurrency` and `budget_percent` of the retry budget: how many
    /// retries there may be at once. Default 3, and no budget.
    pub concurrent: Concurrent,
    /// `retry_priority: previous_priorities` with this `update_frequency`: after each so many attempts, levels that were
    /// tried are left out. Absent: they are not.
    pub attempts_per_priority: Option<u32>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            num_retries: 1,
            retry_on: Statuses::of(&["408", "5xx"]),
            retry_back_off: Backoff {
                min: Span::ZERO,
                base: Span::from_millis(25),
                max: Span::from_millis(250),
                jitter: Jitter::FullSum,
                retry_after_max: Span::ZERO,
            },
            concurrent: Concurrent::default(),
            attempts_per_priority: None,
        }
    }
}

impl Preset for Envoy {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        Timeouts { overall: self.timeouts.overall.or(self.timeout), ..self.timeouts }
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let n = setting.targets.len();
        let masks: Vec<u64> = self.priorities.iter().map(|level| setting.mask(level)).collect();
        let level = |target: usize| masks.iter().position(|mask| mask >> target & 1 == 1).unwrap_or(0) as u32;
        let policy = self.retry_policy.as_ref();
        let pick = Pick::Priorities(Box::new(Priorities {
            levels: (0..n).map(level).collect(),
            overprovisioning: self.overprovisioning,
            panic: self.panic,
            within: self.lb_policy.clone(),
            attempts_per_priority: policy.and_then(|policy| policy.attempts_per_priority),
        }));
        let retry = policy.map_or_else(Retry::default, |policy| Retry {
            retries: policy.num_retries,
            rules: vec![RetryRule {
                on: policy.retry_on.clone(),
                when: When::Always,
                at: At::Any,
                waits: When::Always,
            }],
            backoff: policy.retry_back_off,
            concurrent: Some(policy.concurrent),
            ..Retry::default()
        });
        Parts {
            guards: Guards { in_flight_together: Some(self.max_requests), ..Guards::default() },
            memory: self.outlier_detection.map(Rule::Ejection).into_iter().collect(),
            pick,
            retry,
            gives_up: GivesUp {
                nothing_allowed: Status::UNAVAILABLE,
                all_out: Status::UNAVAILABLE,
                ..GivesUp::default()
            },
            ..Parts::plain(n)
        }
    }

    fn mentions(&self) -> Vec<Mention> {
        Mention::lists("priorities", &self.priorities).collect()
    }
}

const fn overprovisioning() -> f64 {
    1.4
}

const fn panic() -> f64 {
    0.5
}

const fn round_robin() -> Pick {
    Pick::RoundRobin
}

const fn max_requests() -> u32 {
    1024
}

const fn timeout() -> Option<Span> {
    Some(Span::from_secs(15))
}
