//! OpenRouter's default balancers.
//!
//! * [`legacy`] – up to Aug 2026
//! * [`measured`] – since then
//! * [`fields`] – request fields, which both obey

pub mod fields;
pub mod legacy;
pub mod measured;

pub use fields::{Partition, Sort};
pub use legacy::OpenRouterLegacy;
pub use measured::OpenRouterMeasured;

use sandbox_model::{QuotedPrice, Status};
use serde::{Deserialize, Serialize};

use super::Setting;
use crate::parts::{At, Failed, GivesUp, Retry, RetryRule, When};
use crate::statuses::Statuses;

/// Dearest prices that a router may use.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPrice {
    /// Prompt tokens.
    pub input: QuotedPrice,
    /// Answer tokens.
    pub output: QuotedPrice,
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
pub(crate) const GIVES_UP: GivesUp =
    GivesUp { nothing_allowed: Status::NOT_FOUND, all_out: Status::UNAVAILABLE, failed: Failed::OpenRouter };
