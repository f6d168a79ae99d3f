//! Workloads: when requests arrive, and how long they are.

use sandbox_core::Span;
use sandbox_model::Rate;
use serde::{Deserialize, Serialize};

use super::{Profile, SpanDist};

/// Who sends.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Unique among workloads.
    pub name: String,
    /// What its random draws are called. Default: its name. To rename it without other draws, keep the old name here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws_as: Option<String>,
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
    /// Most answer tokens that a request asks for: longer answers end there, and limits that estimate count with it.
    /// Default: as long as the answer is (an assumption).
    #[serde(default)]
    pub max_tokens: Option<u32>,
    /// Who sends: matters where clients fare differently (gray failures).
    #[serde(default)]
    pub clients: Clients,
    /// Requests that follow one another, each with all that was said before in its prompt. Default: every request stands
    /// alone. Not for a trace.
    #[serde(default)]
    pub conversations: Option<Conversations>,
    /// Share of a prompt (of the first one of a conversation) that all prompts of this workload begin with, like a
    /// system prompt: an endpoint that has a prefix cache and served this workload lately need not read it again.
    /// Default 0: an assumption. (An unlimited cache would have had 36.6 % of the blocks of Mooncake's conversation
    /// trace; DeepSeek reports 56.3 % of input tokens in production. Both hold earlier turns as well.)
    #[serde(default)]
    pub cacheable: f64,
    /// The regions where its requests may be processed, whatever goes wrong; empty for anywhere.
    #[serde(default)]
    pub residency: Vec<String>,
    /// How long a client waits for its whole answer. Default 600 s: OpenAI SDK.
    #[serde(default = "deadline")]
    pub deadline: Span,
    /// Whether answers come token by token. Without, an answer comes whole: its first token counts when its last is there, and
    /// until then a timeout or a broken connection can be tried again. Default true: chat clients stream. (OpenAI's request
    /// field of this name.)
    #[serde(default = "yes")]
    pub stream: bool,
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

/// Requests that follow one another. `rate` stays the rate of requests: conversations begin at `rate / turns`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversations {
    /// Mean number of turns; the number is geometric, at least 1.
    pub turns: f64,
    /// From the arrival of a turn to the arrival of the next: answering, reading and writing. Not from the answer, as
    /// then a router would move the requests that come after.
    pub think: SpanDist,
    /// Whether a prompt holds all earlier prompts and answers of its conversation, beside the tokens that `input` draws.
    /// Default true: chat APIs are stateless.
    #[serde(default = "yes")]
    pub grows: bool,
    /// Longest prompt (tokens); what is longer loses its oldest turns. Default 128,000: an assumption.
    #[serde(default = "context_max")]
    pub context_max: u32,
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
    /// One after the other, with gaps of any spread: more regular (CV below 1) or in clumps (CV above 1). The gaps run
    /// down at the pace of the rate.
    Renewal {
        /// Mean rate over a day.
        rate: Rate,
        /// Coefficient of variation of the gaps: standard deviation over mean. 1 is Poisson with `Gamma`.
        cv: f64,
        /// The law of the gaps.
        #[serde(default)]
        law: GapLaw,
        /// How the rate moves.
        #[serde(default)]
        profile: Profile,
    },
    /// In bursts: each is one client that sends at a pace of its own for an exponential time. Bursts begin
    /// independently of each other, at `rate / (pace * lasting)`.
    Bursts {
        /// Mean rate over a day, all bursts together.
        rate: Rate,
        /// How fast a burst sends while it lasts. Azure's traces of Nov 2023: about `"12.2/s"` (code) and `"0.39/s"`
        /// (conversation), fitted to the dispersion of their counts at 1 s and 60 s.
        pace: Rate,
        /// Mean length of a burst. Azure's traces of Nov 2023: about `"7.6s"` (code) and `"40s"` (conversation).
        lasting: Span,
        /// How the rate at which bursts begin moves.
        #[serde(default)]
        profile: Profile,
    },
    /// Independently of each other, at a rate that jumps: load steps and spikes.
    Steps {
        /// The rates, each from its time to the next one's; nothing arrives before the first.
        steps: Vec<Step>,
    },
    /// Each of the workload's `clients` with gaps of its own; client `k` has the share of the rate that its weight
    /// gives it.
    Clients {
        /// Mean rate over a day, all clients together.
        rate: Rate,
        /// Coefficient of variation of each client's gaps. (In Alibaba's ServeGen traces the rate-weighted median is
        /// 1.0 to 2.0 and the 90th percentile 5.6 to 27.)
        cv: f64,
        /// The law of the gaps.
        #[serde(default)]
        law: GapLaw,
        /// How all clients' rates move.
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

/// The law of the gaps between arrivals; the mean and the CV are given beside it.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum GapLaw {
    /// Gamma. (Most clients in Alibaba's ServeGen traces, by rate.)
    #[default]
    Gamma,
    /// Weibull. (The best fit to Azure's code trace of Nov 2023, with shape 0.42.)
    Weibull,
}

/// A rate from a time on.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Since the start of the scenario.
    pub from: Span,
    /// The rate from then on; `"0/s"` is a pause.
    pub rate: Rate,
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
    /// Exponential, rounded, at least 1 and at most `max`. (Answers in Alibaba's ServeGen traces are about exponential.)
    Exponential {
        /// The mean, before rounding and bounds.
        mean: f64,
        /// Longest.
        #[serde(default = "length_max")]
        max: u32,
    },
    /// Pareto, rounded: a share of `(min / x)^shape` is longer than `x`. At most `max`. (The tail of prompts in Alibaba's
    /// ServeGen traces.)
    Pareto {
        /// Shortest.
        min: f64,
        /// Tail index: the smaller, the heavier.
        shape: f64,
        /// Longest.
        #[serde(default = "length_max")]
        max: u32,
    },
    /// Equally spaced quantiles, from the shortest to the longest, joined by straight lines: `[1, 50, 900]` says that half
    /// of all are at most 50.
    Quantiles(Vec<u32>),
    /// Each of these with the same chance.
    Empirical(Vec<u32>),
    /// One of these, by weight.
    Mixture(Vec<Part>),
}

/// A part of a mixture.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// How likely, relative to the others.
    pub weight: f64,
    /// Its law.
    pub of: Length,
}

const fn unity() -> f64 {
    1.0
}

const fn deadline() -> Span {
    Span::from_secs(600)
}

const fn yes() -> bool {
    true
}

const fn context_max() -> u32 {
    128_000
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
