//! Incidents of known providers: presets that become processes.

use serde::{Deserialize, Serialize};

/// What goes wrong at a provider or gateway, after the record of a known one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incidents {
    /// A provider, an endpoint, or a router that has a region.
    pub target: String,
    /// Whose record. `docs/incidents.md` says which of its numbers are measured, derived, or assumed.
    pub like: Record,
    /// How many times as often as on record.
    #[serde(default = "one")]
    pub rate: f64,
    /// Whether micro-outages come on top: seconds to minutes, below what a status page shows.
    #[serde(default = "yes")]
    pub micro: bool,
    /// Whether rate-limit spikes come on top.
    #[serde(default = "yes")]
    pub spikes: bool,
}

/// Whose incidents.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Record {
    /// 503 "System is too busy now" and hanging requests (issue reports); how often: an assumption.
    SiliconFlow,
    /// A gateway: three outages of 35 to 50 minutes in half a year, and its own status page.
    OpenRouter,
    /// One incident in 6.3 days (AIWatch, March 2026).
    Groq,
    /// Five incidents in 6.3 days, median 17 minutes (AIWatch, March 2026).
    Together,
    /// No series is public: an assumption.
    DeepInfra,
    /// No series is public: an assumption.
    Fireworks,
    /// Blank responses after a minute (Jan 2025); how often: an assumption.
    DeepSeek,
    /// OpenAI's API, 2021 to Jan 2025 (FAILS data set).
    OpenAi,
    /// Anthropic's API, 2023 to Jan 2025 (FAILS data set).
    Anthropic,
}

const fn one() -> f64 {
    1.0
}

const fn yes() -> bool {
    true
}
