//! Routers: how they choose among targets.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use super::{Fees, MaxPrice};

impl Strategy {
    /// Names of the targets, in order.
    #[must_use]
    pub fn targets(&self) -> Vec<&str> {
        match self {
            Self::Single { target, .. } => vec![target],
            Self::Fallback { targets, .. }
            | Self::OpenRouterLegacy { targets, .. }
            | Self::Clairvoyant { targets, .. } => targets.iter().map(String::as_str).collect(),
        }
    }
}

/// A node that chooses among targets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Router {
    /// Unique among providers, endpoints and routers.
    pub name: String,
    /// Where a hosted gateway runs. Absent: a library inside its caller, with no network in between.
    #[serde(default)]
    pub region: Option<String>,
    /// Processing time of the gateway, added to each request that passes.
    #[serde(default)]
    pub overhead: Span,
    /// What the gateway adds to the bill. Absent: nothing.
    #[serde(default)]
    pub fees: Option<Fees>,
    /// How it chooses.
    pub strategy: Strategy,
}

/// How a router chooses. Targets are names of endpoints or of other routers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Strategy {
    /// One target and no second try: the baseline.
    Single {
        /// The target.
        target: String,
        /// Timers.
        #[serde(default)]
        timeouts: Timeouts,
    },
    /// Targets in order: retries on each, then the next; a target that fails too often cools down.
    Fallback {
        /// The targets, most wanted first.
        targets: Vec<String>,
        /// Tries on one target after the first. Default 2: OpenAI SDK and LiteLLM 1.109.1.
        #[serde(default = "retries")]
        retries: u32,
        /// Waits between tries on one target; going on to the next target does not wait.
        #[serde(default)]
        backoff: Backoff,
        /// What pays for retries, so that they stay a small share of the calls. Absent: they cost nothing.
        #[serde(default)]
        retry_budget: Option<RetryBudget>,
        /// When a target is left alone for a while. Absent: never (a stateless chain).
        #[serde(default)]
        cooldown: Option<Cooldown>,
        /// Timers.
        #[serde(default)]
        timeouts: Timeouts,
    },
    /// OpenRouter's default balancer as documented up to Aug 2026: stable endpoints first, drawn with weight
    /// 1/price²; the others and those with a recent outage are the fallback list.
    OpenRouterLegacy {
        /// The upstream endpoints.
        targets: Vec<String>,
        /// Request field `order`: tried first, in this order; switches the balancing off.
        #[serde(default)]
        order: Vec<String>,
        /// Request field `allow_fallbacks`: false with `order` means only those; false alone means one try.
        #[serde(default = "yes")]
        allow_fallbacks: bool,
        /// Request field `max_price`: dearer endpoints are not used, and none left means 404.
        #[serde(default)]
        max_price: Option<MaxPrice>,
        /// What counts as a recent outage.
        #[serde(default)]
        demotion: Demotion,
        /// Timers. OpenRouter publishes none: an assumption where given.
        #[serde(default)]
        timeouts: Timeouts,
    },
    /// Knows the truth: the first target that would serve this request now. A lower bound, not a product.
    Clairvoyant {
        /// The targets, most wanted first.
        targets: Vec<String>,
        /// Timers.
        #[serde(default)]
        timeouts: Timeouts,
    },
}

/// A router's timers for one attempt. Absent: it waits as long as the client does.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeouts {
    /// Until the first token.
    #[serde(default)]
    pub first_token: Option<Span>,
    /// Until the whole answer.
    #[serde(default)]
    pub total: Option<Span>,
}

/// Wait before try `n` (from 0) on the same target: `min(base * 2^n, max)`, then jitter.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Backoff {
    /// Before the first retry. Default 0.5 s: OpenAI SDK and LiteLLM 1.109.1.
    pub base: Span,
    /// Longest wait before jitter. Default 8 s: the same.
    pub max: Span,
    /// Spreads clients out. Default `Added("750ms")`: LiteLLM 1.109.1.
    pub jitter: Jitter,
    /// Longest Retry-After that is waited for instead; a longer one is ignored. Default 60 s: LiteLLM 1.109.1.
    pub retry_after_max: Span,
}

/// Random part of a wait.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Jitter {
    /// Exactly the wait.
    None,
    /// The wait and a uniform draw up to this much more (LiteLLM).
    Added(Span),
    /// The wait times a uniform draw between these two (OpenAI SDK: 0.75 and 1; Bifrost: 0.8 and 1.2).
    Scaled(f64, f64),
}

/// A token bucket for retries: each call adds `per_call`, up to `cap`; a further try at the same target takes 1, and
/// without it there is none. Going on to the next target is free. It starts full.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryBudget {
    /// Retries that a call pays for. Default 0.1: Brooker's retry simulator.
    pub per_call: f64,
    /// Most retries saved up. Default 5: the same.
    pub cap: f64,
}

/// A timed cooldown without a probe: after enough failures the target gets nothing, then everything again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cooldown {
    /// Failures that start it.
    pub failures: u32,
    /// Failures count together when they fall within this time of the first.
    pub within: Span,
    /// How long it lasts. Default 5 s: LiteLLM 1.109.1.
    pub length: Span,
    /// Whether a 429 starts it at once, for its Retry-After if it has one (LiteLLM with several deployments).
    pub on_rate_limit: bool,
}

/// What the legacy balancer counts as "a significant outage in the last 30 s". OpenRouter publishes the window
/// and not the threshold: `failures` and `share` are assumptions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demotion {
    /// How long an outage counts against an endpoint. Default 30 s (provider-selection docs).
    pub window: Span,
    /// Fewest failures in the window that make an outage.
    pub failures: u32,
    /// Smallest share of attempts in the window that failed.
    pub share: f64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Span::from_millis(500),
            max: Span::from_secs(8),
            jitter: Jitter::Added(Span::from_millis(750)),
            retry_after_max: Span::from_secs(60),
        }
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { per_call: 0.1, cap: 5.0 }
    }
}

impl Default for Cooldown {
    fn default() -> Self {
        Self { failures: 3, within: Span::from_secs(60), length: Span::from_secs(5), on_rate_limit: false }
    }
}

impl Default for Demotion {
    fn default() -> Self {
        Self { window: Span::from_secs(30), failures: 3, share: 0.5 }
    }
}

const fn yes() -> bool {
    true
}

const fn retries() -> u32 {
    2
}
