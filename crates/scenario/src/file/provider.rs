//! Providers, their other tenants, and endpoints.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use super::{Billing, Limits, PriceList, Profile, Serving};

/// A provider: where its machines are, and how busy other tenants keep them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Unique among providers, endpoints and routers; faults may target it and then hit all its endpoints.
    pub name: String,
    /// What its random draws are called. Default: its name. To rename it without other draws, keep the old name here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws_as: Option<String>,
    /// The region its endpoints answer from.
    pub region: String,
    /// Load of other tenants on every endpoint of this provider.
    #[serde(default)]
    pub congestion: Option<Congestion>,
    /// What is billed for work that nobody got.
    #[serde(default)]
    pub billing: Billing,
}

/// Competing load: the share of an endpoint's batch that other tenants take.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Congestion {
    /// Mean share of the batch over a day, 0 to 1.
    pub mean: f64,
    /// How it moves over the day; the profile is relative to its mean.
    #[serde(default = "deepseek_day")]
    pub profile: Profile,
    /// Slow noise on top: standard deviation of the logarithm of the competing load.
    #[serde(default)]
    pub noise: f64,
    /// How long the noise remembers (its autocorrelation falls to 1/e).
    #[serde(default = "noise_memory")]
    pub memory: Span,
}

/// A leaf that serves.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Unique among providers, endpoints and routers.
    pub name: String,
    /// What its random draws are called. Default: its name. To rename it without other draws, keep the old name here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws_as: Option<String>,
    /// The provider whose machines these are.
    pub provider: String,
    /// The model it serves: a label, and which endpoints of an account share limits.
    #[serde(default)]
    pub model: String,
    /// How it serves.
    pub serving: Serving,
    /// What it refuses.
    #[serde(default)]
    pub limits: Limits,
    /// What it charges.
    pub price: PriceList,
    /// What is billed for work that nobody got. Default: its provider's.
    #[serde(default)]
    pub billing: Option<Billing>,
}

const fn noise_memory() -> Span {
    Span::from_mins(15)
}

const fn deepseek_day() -> Profile {
    Profile::DeepSeekDay
}
