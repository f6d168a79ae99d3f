//! The balancer up to Aug 2026.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use super::MaxPrice;
use super::fields::{Balance, Fields, Partition, Sort, yes};
use crate::memory::{Demotion, Percentiles, Preference, Uptime};
use crate::parts::Parts;
use crate::preset::{Mention, Preset, Setting, Timeouts};
use crate::sticky::Sticky;

/// OpenRouter's default balancer as documented up to Aug 2026 (`guides/routing/provider-selection.mdx`): stable
/// endpoints first, drawn with weight 1/price²; the others and those with a recent outage are the fallback list.
///
/// When one fails the next is drawn from the rest (the docs do not say whether it is drawn or price-ordered: an
/// assumption). One attempt an endpoint, no waits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenRouterLegacy {
    /// The upstream endpoints.
    pub targets: Vec<String>,
    /// Request field `order`: tried first, in this order; switches the balancing off.
    #[serde(default)]
    pub order: Vec<String>,
    /// Request field `only`: no others. Empty: all.
    #[serde(default)]
    pub only: Vec<String>,
    /// Request field `ignore`: none of these. None left means 404.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Request field `allow_fallbacks`: false with `order` means only those; false alone means one endpoint.
    #[serde(default = "yes")]
    pub allow_fallbacks: bool,
    /// Request field `sort`: in this order; switches the balancing off.
    #[serde(default)]
    pub sort: Option<Sort>,
    /// Whether `sort` goes model by model.
    #[serde(default)]
    pub partition: Partition,
    /// Request field `max_price`: dearer endpoints are not used, and none left means 404.
    #[serde(default)]
    pub max_price: Option<MaxPrice>,
    /// Request field `preferred_min_throughput` [tokens/s]: endpoints below it come last. A plain number is `p50`.
    #[serde(default)]
    pub preferred_min_throughput: Percentiles<f64>,
    /// Request field `preferred_max_latency`, to the first token: endpoints above it come last.
    #[serde(default)]
    pub preferred_max_latency: Percentiles<Span>,
    /// Request field `models`: the endpoints of each model, in order. Any error moves on, and the last one is returned.
    /// Endpoints that are not listed are not used. Empty: one model.
    #[serde(default)]
    pub models: Vec<Vec<String>>,
    /// Conversations stay where their cache is. Default none: what this balancer did before; write `()` for OpenRouter's own.
    #[serde(default)]
    pub sticky: Option<Sticky>,
    /// Health buckets. Default none: OpenRouter documents them for providers, and not how they act with the 30 s of `demotion`.
    #[serde(default)]
    pub uptime: Option<Uptime>,
    /// What counts as a recent outage.
    #[serde(default)]
    pub demotion: Demotion,
    /// Timers. OpenRouter publishes none: an assumption where given.
    #[serde(default)]
    pub timeouts: Timeouts,
}

impl OpenRouterLegacy {
    /// The defaults.
    #[must_use]
    pub fn new(targets: Vec<String>) -> Self {
        Self {
            targets,
            order: Vec::new(),
            only: Vec::new(),
            ignore: Vec::new(),
            allow_fallbacks: true,
            sort: None,
            partition: Partition::Model,
            max_price: None,
            preferred_min_throughput: Percentiles::NONE,
            preferred_max_latency: Percentiles::NONE,
            models: Vec::new(),
            sticky: None,
            uptime: None,
            timeouts: Timeouts::default(),
            demotion: Demotion::DEFAULT,
        }
    }

    fn fields(&self) -> Fields<'_> {
        Fields {
            targets: &self.targets,
            order: &self.order,
            only: &self.only,
            ignore: &self.ignore,
            allow_fallbacks: self.allow_fallbacks,
            sort: self.sort,
            partition: self.partition,
            max_price: self.max_price.as_ref(),
            preference: Preference {
                max_latency: self.preferred_max_latency,
                min_throughput: self.preferred_min_throughput,
                ..Preference::default()
            },
            models: &self.models,
            sticky: self.sticky,
            uptime: self.uptime,
        }
    }
}

impl Preset for OpenRouterLegacy {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        self.fields().parts(setting, Balance::Legacy(self.demotion))
    }

    fn max_price(&self) -> Option<&MaxPrice> {
        self.max_price.as_ref()
    }

    fn mentions(&self) -> Vec<Mention> {
        self.fields().mentions()
    }
}
