//! Presets: named compositions, as scenarios write them. Each is data, with targets by name; [`Setting::number`] and
//! its like turn it into [`Parts`].
//!
//! * [`by_parts`] – whatever a scenario puts together
//! * [`envoy`] – Envoy
//! * [`fallback`] – targets in order; one target
//! * [`litellm`] – LiteLLM's router
//! * [`helicone`] – Helicone's open-source gateway
//! * [`openrouter`] – OpenRouter's balancers
//! * [`ours`] – what no vendor does by default
//! * [`portkey`] – Portkey's gateway
//! * [`bifrost`] – Bifrost
//! * [`tensorzero`] – TensorZero's gateway
//! * [`kong`] – Kong's AI proxy-advanced
//! * [`openai_sdk`] – the OpenAI Python SDK

pub mod bifrost;
pub mod by_parts;
pub mod envoy;
pub mod fallback;
pub mod helicone;
pub mod kong;
pub mod litellm;
pub mod openai_sdk;
pub mod openrouter;
pub mod ours;
pub mod portkey;
pub mod tensorzero;

pub use bifrost::Bifrost;
pub use by_parts::{ByParts, Cap};
pub use envoy::{Envoy, RetryPolicy};
pub use fallback::{Fallback, Single};
pub use helicone::Helicone;
pub use kong::Kong;
pub use litellm::LiteLlm;
pub use openai_sdk::OpenAiSdk;
pub use openrouter::{MaxPrice, OpenRouterLegacy, OpenRouterMeasured};
pub use ours::{AdaptiveSpill, AsymmetricHybrid, BreakerFallback, PriceGuard, TtftHedge};
pub use portkey::Portkey;
pub use tensorzero::TensorZero;

use sandbox_core::Span;
use sandbox_model::{Price, QuotedPrice};
use serde::{Deserialize, Serialize};

use crate::parts::Parts;

/// Where a preset is put to use: what its names and prices mean.
#[derive(Copy, Clone)]
pub struct Setting<'a> {
    /// Names of the targets, in order.
    pub targets: &'a [String],
    /// A price in dollars.
    pub in_usd: &'a dyn Fn(&QuotedPrice) -> Price,
    /// From the last midnight UTC to the start of the scenario.
    pub after_midnight: Span,
}

impl Setting<'_> {
    /// The number of a target; of an unknown name, which the scenario's checks refuse, the first.
    #[must_use]
    pub fn number(&self, name: &str) -> usize {
        self.targets.iter().position(|target| target == name).unwrap_or_default()
    }

    /// These targets as a bit mask.
    #[must_use]
    pub fn mask<T: AsRef<str>>(&self, names: &[T]) -> u64 {
        names.iter().fold(0, |mask, name| mask | 1 << self.number(name.as_ref()))
    }
}

/// A named composition.
pub trait Preset {
    /// Names of the targets, in order.
    fn targets(&self) -> Vec<String>;

    /// Where it names them, in the same order: under `targets`, if not otherwise said.
    fn written(&self) -> Vec<Mention> {
        Mention::list("targets", &self.targets()).collect()
    }

    /// Timers of one attempt.
    fn timeouts(&self) -> Timeouts;

    /// What it is made of.
    fn parts(&self, setting: &Setting<'_>) -> Parts;

    /// Dearest prices that it may use.
    fn max_price(&self) -> Option<&MaxPrice> {
        None
    }

    /// Every place but `targets` where it names a target.
    fn mentions(&self) -> Vec<Mention> {
        Vec::new()
    }
}

/// A target's name under some key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mention {
    /// The key.
    pub key: &'static str,
    /// Where in its list; in lists of lists, outermost first.
    pub place: Vec<usize>,
    /// The name.
    pub name: String,
}

impl Mention {
    /// Those of a list.
    pub fn list(key: &'static str, names: &[String]) -> impl Iterator<Item = Self> {
        names.iter().enumerate().map(move |(i, name)| Self { key, place: vec![i], name: name.clone() })
    }

    /// Those of a list of lists.
    pub fn lists(key: &'static str, lists: &[Vec<String>]) -> impl Iterator<Item = Self> {
        lists.iter().enumerate().flat_map(move |(i, names)| {
            let names = names.iter().enumerate();
            names.map(move |(j, name)| Self { key, place: vec![i, j], name: name.clone() })
        })
    }
}

/// A router's timers, for one attempt but where said otherwise. Absent: it waits as long as the client does.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeouts {
    /// Until the first token.
    #[serde(default)]
    pub first_token: Option<Span>,
    /// Until the whole answer.
    #[serde(default)]
    pub total: Option<Span>,
    /// Of a request with all its attempts and waits, until the whole answer. Then the caller gets 504.
    #[serde(default)]
    pub overall: Option<Span>,
}
