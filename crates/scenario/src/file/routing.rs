//! Routers: how they choose among targets.
//!
//! A strategy is a preset of [`sandbox_routers`], which documents its keys, their defaults and where these come from.

use sandbox_core::Span;
use sandbox_model::Rate;
use sandbox_routers::preset::{
    AdaptiveSpill, AsymmetricHybrid, Bifrost, BreakerFallback, ByParts, Envoy, Fallback, Helicone, Kong,
    LiteLlm, OpenAiSdk, OpenRouterLegacy, OpenRouterMeasured, Portkey, PriceGuard, Single, TensorZero,
    Timeouts, TtftHedge,
};
use sandbox_routers::{Custom, Preset};
use serde::{Deserialize, Serialize};

use super::Fees;

/// A node that chooses among targets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Router {
    /// Unique among providers, endpoints and routers.
    pub name: String,
    /// What its random draws are called. Default: its name. To rename it without other draws, keep the old name here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws_as: Option<String>,
    /// Where a hosted gateway runs. Absent: a library inside its caller, with no network in between.
    #[serde(default)]
    pub region: Option<String>,
    /// Processing time of the gateway, added to each request that passes.
    #[serde(default)]
    pub overhead: Span,
    /// What it hears of its targets from its other customers' requests. Absent: it knows only what became of ours.
    #[serde(default)]
    pub fleet: Option<Fleet>,
    /// What the gateway adds to the bill. Absent: nothing.
    #[serde(default)]
    pub fees: Option<Fees>,
    /// How it chooses.
    pub strategy: Strategy,
}

/// What a hosted gateway hears of its targets from its other customers' requests: results of a fleet that is not ours,
/// late and in samples. All figures are assumptions: no gateway publishes them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// Requests of others at each of its endpoints.
    pub rate: Rate,
    /// How often it looks. Default 1 s.
    #[serde(default = "second")]
    pub every: Span,
    /// How old a result is when it is heard; rounded up to the next look. Default 5 s.
    #[serde(default = "five_seconds")]
    pub lag: Span,
    /// Prompt tokens of a typical request of theirs. Default 1,000.
    #[serde(default = "thousand")]
    pub prompt: u32,
}

const fn second() -> Span {
    Span::from_secs(1)
}

const fn five_seconds() -> Span {
    Span::from_secs(5)
}

const fn thousand() -> u32 {
    1_000
}

/// How a router chooses. Targets are names of endpoints or of other routers.
#[expect(clippy::large_enum_variant, reason = "a scenario has a handful, read once")]
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Strategy {
    /// One target and no second try.
    Single(Single),
    /// Targets in order.
    Fallback(Fallback),
    /// Any parts.
    Composed(ByParts),
    /// OpenRouter's balancer up to Aug 2026.
    OpenRouterLegacy(OpenRouterLegacy),
    /// LiteLLM's router.
    LiteLlm(LiteLlm),
    /// Targets in order behind circuit breakers.
    Breaker(BreakerFallback),
    /// A second attempt when the first token is late.
    TtftHedge(TtftHedge),
    /// Targets in order under a price and a budget.
    PriceGuard(PriceGuard),
    /// The first target's share follows its overload.
    AdaptiveSpill(AdaptiveSpill),
    /// A direct provider first, a grid for what is too much for it.
    AsymmetricHybrid(AsymmetricHybrid),
    /// Portkey's gateway.
    Portkey(Portkey),
    /// Bifrost.
    Bifrost(Bifrost),
    /// TensorZero's gateway.
    TensorZero(TensorZero),
    /// Kong's AI proxy-advanced.
    Kong(Kong),
    /// The OpenAI Python SDK.
    OpenAiSdk(OpenAiSdk),
    /// Helicone's gateway.
    Helicone(Helicone),
    /// Envoy.
    Envoy(Envoy),
    /// OpenRouter's balancer since then.
    OpenRouterMeasured(OpenRouterMeasured),
    /// Knows the truth.
    Clairvoyant(Clairvoyant),
    /// One of your own: see [`sandbox_routers::custom`].
    Custom(Custom),
}

/// Knows the truth: the first target that would serve this request now. A lower bound, not a product.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clairvoyant {
    /// The targets, most wanted first.
    pub targets: Vec<String>,
    /// Timers.
    #[serde(default)]
    pub timeouts: Timeouts,
}

impl Strategy {
    /// The composition behind it; none for one that knows the truth, or that is your own.
    #[must_use]
    pub fn preset(&self) -> Option<&dyn Preset> {
        Some(match self {
            Self::Single(preset) => preset,
            Self::Fallback(preset) => preset,
            Self::Composed(preset) => preset,
            Self::OpenRouterLegacy(preset) => preset,
            Self::OpenRouterMeasured(preset) => preset,
            Self::LiteLlm(preset) => preset,
            Self::Breaker(preset) => preset,
            Self::TtftHedge(preset) => preset,
            Self::PriceGuard(preset) => preset,
            Self::AdaptiveSpill(preset) => preset,
            Self::AsymmetricHybrid(preset) => preset,
            Self::Portkey(preset) => preset,
            Self::Bifrost(preset) => preset,
            Self::TensorZero(preset) => preset,
            Self::Kong(preset) => preset,
            Self::OpenAiSdk(preset) => preset,
            Self::Helicone(preset) => preset,
            Self::Envoy(preset) => preset,
            Self::Clairvoyant(_) | Self::Custom(_) => return None,
        })
    }

    /// Names of the targets, in order.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        match self {
            Self::Clairvoyant(clairvoyant) => clairvoyant.targets.clone(),
            Self::Custom(custom) => custom.targets.clone(),
            other => other.preset().map(Preset::targets).unwrap_or_default(),
        }
    }

    /// Timers of one attempt.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        match self {
            Self::Clairvoyant(clairvoyant) => clairvoyant.timeouts,
            Self::Custom(custom) => custom.timeouts,
            other => other.preset().map(Preset::timeouts).unwrap_or_default(),
        }
    }
}
