//! `summary.json`: the run in numbers. Its schema is [`SCHEMA`]; keys are only ever added within a schema.
//!
//! Money is exact, as decimal strings in US dollars. Shares are 0 to 1. Times are seconds. A number that does not
//! exist (a percentile of nothing, a share of nothing) is `null`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the shape of `summary.json`.
pub const SCHEMA: u32 = 1;

/// The run in numbers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    /// Version of this shape: [`SCHEMA`].
    pub schema: u32,
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of the weather.
    pub seed: u64,
    /// Version of the program.
    pub version: String,
    /// Fingerprint of all events of the run, and of the twin's, in order: 16 hex digits.
    pub fingerprint: String,
    /// The command that makes this run again.
    pub repro: String,
    /// Wall clock at which the scenario starts, with its zone.
    pub start: String,
    /// Length of the scenario.
    pub duration_s: f64,
    /// Requests that arrived before this are not counted.
    pub warm_up_s: f64,
    /// Events that were simulated, the twin's included.
    pub events: u64,
    /// Requests that were simulated, the twin's and the warm-up's included.
    pub simulated_requests: u64,
    /// All workloads together: requests by outcome.
    pub requests: Requests,
    /// Attempts that entry routers made.
    pub attempts: Attempts,
    /// Time from arrival to first token at the client.
    pub ttft_s: Percentiles,
    /// Money.
    pub cost_usd: Cost,
    /// Work that left the plan.
    pub leak: Leak,
    /// Requests that a grid served from a dearer upstream than in calm weather.
    pub flips: Flips,
    /// From the twin's bill to the run's, step by step; the steps between the first and the last sum to the difference.
    #[serde(default)]
    pub waterfall: Vec<WaterfallStep>,
    /// Each fault of the weather, with how long routers took to see it come and go.
    pub faults: Vec<FaultReport>,
    /// Each health probe beside the traffic at its target; absent without probes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<ProbeReport>,
    /// Each promise, and whether it was kept.
    pub objectives: Vec<ObjectiveReport>,
    /// The same by workload.
    pub workloads: BTreeMap<String, Scope>,
    /// The same by router: a router's requests are the calls it got, from clients or from other routers.
    pub routers: BTreeMap<String, Scope>,
    /// The same by endpoint: an endpoint's requests are the attempts it got.
    pub endpoints: BTreeMap<String, Scope>,
}

/// What a health probe saw, and what the traffic at the same target did.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProbeReport {
    /// Name of the probe.
    pub name: String,
    /// What it asks.
    pub target: String,
    /// Probes sent, from the end of the warm-up on.
    pub sent: u64,
    /// Those that were not answered, or not well.
    pub failed: u64,
    /// Share of probes that were answered.
    pub availability: Option<f64>,
    /// Share of the attempts at the target (at a provider: at all its endpoints; at a gateway: of its requests) that were
    /// answered, of those that ended.
    pub traffic_availability: Option<f64>,
}

/// The numbers of one workload, router or endpoint.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Scope {
    /// By outcome.
    pub requests: Requests,
    /// What was tried for them.
    pub attempts: Attempts,
    /// Time to first token, seen by whoever asked: the client, or the caller of the router or endpoint.
    pub ttft_s: Percentiles,
    /// Money.
    pub cost_usd: Cost,
    /// Work that left the plan.
    pub leak: Leak,
    /// Tier flips.
    pub flips: Flips,
}

/// Requests by outcome: `arrived = served_by_plan + leaked + failed + shed + in_flight`.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Requests {
    /// All.
    pub arrived: u64,
    /// Served as planned.
    pub served_by_plan: u64,
    /// Served by something else than the plan.
    pub leaked: u64,
    /// Not served; a caller that gave up counts here.
    pub failed: u64,
    /// Refused before any attempt was made.
    pub shed: u64,
    /// Not finished at the end of the scenario.
    pub in_flight: u64,
}

/// Attempts: `total = (requests that were tried at all) + retries + fallbacks + hedges`.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempts {
    /// All.
    pub total: u64,
    /// Further tries at a target that was tried before for the same request.
    pub retries: u64,
    /// First tries at a second, third … target.
    pub fallbacks: u64,
    /// Tries beside one that was still running.
    pub hedges: u64,
}

/// Percentiles (s), to within 1 %; `null` if there was nothing to measure.
#[derive(Copy, Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Percentiles {
    /// The median.
    pub p50: Option<f64>,
    /// 5 % were slower.
    pub p95: Option<f64>,
    /// 1 % was slower.
    pub p99: Option<f64>,
}

/// Money in USD, exact decimal strings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cost {
    /// Billed.
    pub total: String,
    /// Billed in the control twin: the same arrivals in calm weather.
    pub twin: String,
    /// `total - twin`.
    pub premium: String,
    /// Of the total: billed, but of no use to anyone.
    pub wasted: String,
    /// Of the total: what gateways added.
    #[serde(default = "zero")]
    pub fees: String,
}

fn zero() -> String {
    "0".to_owned()
}

impl Default for Cost {
    fn default() -> Self {
        Self { total: zero(), twin: zero(), premium: zero(), wasted: zero(), fees: zero() }
    }
}

/// Work that left the plan.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Leak {
    /// Leaked requests as a share of the arrived; `null` if none arrived.
    pub share: Option<f64>,
    /// Avoidably leaked requests as a share of the arrived.
    pub avoidable_share: Option<f64>,
    /// What the leaked work cost above the plan's price for the same tokens (USD).
    pub premium_usd: String,
    /// By why it left; only causes that occurred.
    pub by_cause: BTreeMap<String, CauseLine>,
}

/// Leak of one cause.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CauseLine {
    /// Requests.
    pub requests: u64,
    /// Of these, requests whose attempt began while the plan was healthy and had headroom.
    pub avoidable_requests: u64,
    /// Prompt tokens.
    pub input_tokens: u64,
    /// Answer tokens.
    pub output_tokens: u64,
    /// Billed (USD).
    pub billed_usd: String,
    /// Billed above the plan's price for the same tokens (USD).
    pub premium_usd: String,
}

/// Tier flips inside grids.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Flips {
    /// Flipped requests as a share of those that a grid served; `null` if it served none.
    pub share: Option<f64>,
    /// Flipped requests.
    pub requests: u64,
    /// What they cost above what the calm-weather upstream would have billed (USD).
    pub premium_usd: String,
}

/// One step from the control twin's bill to the run's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaterfallStep {
    /// `base`, `not_served`, `unavoidable`, `detection_lag`, `failback_lag`, `by_design`, `retries_and_hedges`,
    /// `other_prices` or `total`, in this order.
    pub step: String,
    /// Requests that it is about; 0 where it is about work and not about requests.
    pub requests: u64,
    /// Of `base` and `total`: the bill (USD). Of the others: what they add to it or, if negative, take from it.
    pub usd: String,
}

/// One fault and how it was seen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FaultReport {
    /// Its target.
    pub target: String,
    /// Its kind, with its numbers.
    pub kind: String,
    /// Onset (s).
    pub from: f64,
    /// End (s).
    pub until: f64,
    /// From onset until the first router believed the target down; `null` if none did while it lasted.
    pub detection_lag_s: Option<f64>,
    /// From the end until the last router believed the target up again; `null` if it was never detected.
    pub failback_lag_s: Option<f64>,
}

impl FaultReport {
    /// Whether it is a fault of a link: only their targets have an arrow.
    #[must_use]
    pub fn is_of_link(&self) -> bool {
        self.target.contains("->")
    }
}

/// One promise.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ObjectiveReport {
    /// As written.
    pub expression: String,
    /// What was measured; `null` if there was nothing to measure, which meets no objective.
    pub value: Option<f64>,
    /// What was promised, in the same unit: share, seconds, dollars, dollars per hour, or a count.
    pub limit: f64,
    /// Distance to the limit, positive on the good side.
    pub margin: Option<f64>,
    /// Whether it was kept.
    pub met: bool,
}
