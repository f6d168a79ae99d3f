//! Workloads: when requests arrive, and how long they are.

use sandbox_core::Span;
use sandbox_model::Rate;
use serde::{Deserialize, Serialize};

use super::Profile;

/// Who sends.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Unique among workloads.
    pub name: String,
    /// Where its clients are.
    pub region: String,
    /// The router its requests enter.
    pub entry: String,
    /// The node that serves it when nothing is wrong: an endpoint, or a grid as a whole.
    pub plan: String,
    /// When requests arrive.
    pub arrivals: Arrivals,
    /// Prompt tokens; not used by a trace, which brings its own.
    #[serde(default = "thousand_tokens")]
    pub input: Length,
    /// Answer tokens; not used by a trace.
    #[serde(default = "hundred_tokens")]
    pub output: Length,
    /// Who sends: matters where clients fare differently (gray failures).
    #[serde(default)]
    pub clients: Clients,
    /// The regions where its requests may be processed, whatever goes wrong; empty for anywhere.
    #[serde(default)]
    pub residency: Vec<String>,
    /// How long a client waits for its whole answer. Default 600 s: OpenAI SDK.
    #[serde(default = "deadline")]
    pub deadline: Span,
}

/// The clients of a workload: client `k` of `count` sends in proportion to `k^-skew` (Zipf).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clients {
    /// How many. Default 1,000: an assumption.
    pub count: u32,
    /// How unequal they are; 0 is all alike. Default 0: an assumption. (In Alibaba's ServeGen traces the busiest client
    /// sends 16 to 52 % of all requests and the busiest ten 63 to 68 %, which is a skew of 1.1 to 1.5 among 1,000.)
    pub skew: f64,
}

/// When requests arrive.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Arrivals {
    /// Independently of each other.
    Poisson {
        /// Mean rate over a day.
        rate: Rate,
        /// How the rate moves.
        #[serde(default)]
        profile: Profile,
    },
    /// As recorded, with their token counts.
    Trace {
        /// CSV with `TIMESTAMP,ContextTokens,GeneratedTokens` (Azure) or JSON lines with `timestamp` in ms,
        /// `input_length`, `output_length` (Mooncake); gzip is recognised. Looked for beside the scenario
        /// file, then in the current directory.
        file: String,
        /// Speeds the trace up (2.0 = twice the rate).
        #[serde(default = "unity")]
        speed: f64,
        /// Time-stamps are rounded down to multiples of this: each is moved by a uniform draw up to it.
        /// Mooncake's conversation trace needs `"3s"`.
        #[serde(default)]
        quantum: Span,
    },
}

/// A distribution of token counts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Length {
    /// Always the same.
    Constant(u32),
    /// Lognormal, rounded, at least 1 and at most `max`.
    Lognormal {
        /// The median.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
        /// Longest.
        #[serde(default = "length_max")]
        max: u32,
    },
    /// Each of these with the same chance.
    Empirical(Vec<u32>),
}

const fn unity() -> f64 {
    1.0
}

const fn deadline() -> Span {
    Span::from_secs(600)
}

const fn length_max() -> u32 {
    1_000_000
}

const fn thousand_tokens() -> Length {
    Length::Constant(1_000)
}

const fn hundred_tokens() -> Length {
    Length::Constant(100)
}

impl Default for Clients {
    fn default() -> Self {
        Self { count: 1_000, skew: 0.0 }
    }
}
