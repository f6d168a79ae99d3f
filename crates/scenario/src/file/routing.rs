//! Routers: how they choose among targets.
//!
//! A strategy is a preset of [`sandbox_routers`], which documents its keys, their defaults and where these come from.

use sandbox_core::Span;
use sandbox_routers::Preset;
use sandbox_routers::preset::{ByParts, Fallback, OpenRouterLegacy, OpenRouterMeasured, Single, Timeouts};
use serde::{Deserialize, Serialize};

use super::Fees;

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
    /// One target and no second try.
    Single(Single),
    /// Targets in order.
    Fallback(Fallback),
    /// Any parts.
    Composed(ByParts),
    /// OpenRouter's balancer up to Aug 2026.
    OpenRouterLegacy(OpenRouterLegacy),
    /// OpenRouter's balancer since then.
    OpenRouterMeasured(OpenRouterMeasured),
    /// Knows the truth.
    Clairvoyant(Clairvoyant),
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
    /// The composition behind it; none for one that knows the truth.
    #[must_use]
    pub fn preset(&self) -> Option<&dyn Preset> {
        Some(match self {
            Self::Single(preset) => preset,
            Self::Fallback(preset) => preset,
            Self::Composed(preset) => preset,
            Self::OpenRouterLegacy(preset) => preset,
            Self::OpenRouterMeasured(preset) => preset,
            Self::Clairvoyant(_) => return None,
        })
    }

    /// Names of the targets, in order.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        match self {
            Self::Clairvoyant(clairvoyant) => clairvoyant.targets.clone(),
            other => other.preset().map(Preset::targets).unwrap_or_default(),
        }
    }

    /// Timers of one attempt.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        match self {
            Self::Clairvoyant(clairvoyant) => clairvoyant.timeouts,
            other => other.preset().map(Preset::timeouts).unwrap_or_default(),
        }
    }
}
