//! What an endpoint charges.

use sandbox_model::Price;
use serde::{Deserialize, Serialize};

/// Prices per token class.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// Prompt tokens.
    pub input: Price,
    /// Answer tokens.
    pub output: Price,
}
