//! What an endpoint refuses.

use serde::{Deserialize, Serialize};

/// Limits of our account at an endpoint; whichever is reached first refuses with 429.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Requests per minute.
    #[serde(default)]
    pub rpm: Option<u32>,
    /// Tokens per minute: prompt and answer, charged on admission.
    #[serde(default)]
    pub tpm: Option<u64>,
    /// Requests in flight.
    #[serde(default)]
    pub concurrency: Option<u32>,
    /// How an allowance comes back.
    #[serde(default)]
    pub refill: Refill,
    /// Whether a 429 says how long to wait. SiliconFlow documents no Retry-After.
    #[serde(default)]
    pub retry_after: bool,
}

/// How a per-minute allowance comes back.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Refill {
    /// Continuously, as a token bucket that holds one minute's worth: what Groq's error messages show.
    #[default]
    Continuous,
    /// All at once at the start of each minute of the scenario.
    Window,
}
