//! OpenRouter's default balancer.

use sandbox_model::{QuotedPrice, Status};
use serde::{Deserialize, Serialize};

use super::{Mention, Preset, Setting, Timeouts};
use crate::memory::{Demotion, Rule};
use crate::parts::{At, Failed, Filters, GivesUp, Parts, Retry, RetryRule, When};
use crate::selection::Pick;
use crate::statuses::Statuses;

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
    /// Request field `allow_fallbacks`: false with `order` means only those; false alone means one try.
    #[serde(default = "yes")]
    pub allow_fallbacks: bool,
    /// Request field `max_price`: dearer endpoints are not used, and none left means 404.
    #[serde(default)]
    pub max_price: Option<MaxPrice>,
    /// What counts as a recent outage.
    #[serde(default)]
    pub demotion: Demotion,
    /// Timers. OpenRouter publishes none: an assumption where given.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// Dearest prices that a router may use.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPrice {
    /// Prompt tokens.
    pub input: QuotedPrice,
    /// Answer tokens.
    pub output: QuotedPrice,
}

impl Preset for OpenRouterLegacy {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let n = setting.targets.len();
        let plain = Parts::plain(n);
        let ordered = !self.order.is_empty();
        let only = if ordered && !self.allow_fallbacks { setting.mask(&self.order) } else { plain.filters.only };
        let place = |target: usize| {
            let listed = self.order.iter().position(|name| setting.number(name) == target);
            listed.unwrap_or(self.order.len() + target) as u32
        };
        Parts {
            filters: Filters { only, max_price: self.max_price.as_ref().map(|most| most.in_usd(setting)) },
            memory: if ordered { Vec::new() } else { vec![Rule::Demotion(self.demotion)] },
            order: if ordered { (0..n).map(place).collect() } else { Vec::new() },
            pick: if ordered { Pick::Ordered } else { Pick::InverseSquarePrice },
            retry: each_once(),
            most_targets: if !self.allow_fallbacks && !ordered { 1 } else { u32::MAX },
            gives_up: GIVES_UP,
            ..plain
        }
    }

    fn max_price(&self) -> Option<&MaxPrice> {
        self.max_price.as_ref()
    }

    fn mentions(&self) -> Vec<Mention> {
        Mention::list("order", &self.order).collect()
    }
}

impl MaxPrice {
    /// Input and output price in dollars.
    #[must_use]
    pub fn in_usd(&self, setting: &Setting<'_>) -> (sandbox_model::Price, sandbox_model::Price) {
        ((setting.in_usd)(&self.input), (setting.in_usd)(&self.output))
    }
}

/// One attempt an endpoint, no waits, whatever the failure.
pub(crate) fn each_once() -> Retry {
    let any =
        RetryRule { on: Statuses::of(&["100-599"]), when: When::Always, at: At::Other, waits: When::Never };
    Retry { retries: u32::MAX, rules: vec![any], ..Retry::default() }
}

/// OpenRouter's own answers (errors page): 404 if the filters leave nothing, else 503.
pub(crate) const GIVES_UP: GivesUp = GivesUp {
    nothing_allowed: Status::NOT_FOUND,
    all_out: Status::UNAVAILABLE,
    failed: Failed::OpenRouter,
};

const fn yes() -> bool {
    true
}
