//! The scenario file as data: every key a user may write, its unit, its default and where that comes from.
//!
//! These types are what `scenario.ron` holds, before and after resolving: defaults are filled in on reading,
//! so a scenario that is written out says everything it does. Keys that are not here are errors.

use sandbox_core::Span;
use sandbox_model::{FaultKind, Price, Rate};
use serde::{Deserialize, Serialize};

use crate::clock::{WallClock, When};

/// One scenario: who sends what, through which router, to which providers, under which weather.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name: file names and titles carry it.
    pub name: String,
    /// When the scenario starts, as a wall clock in a named zone: `"2026-11-18 00:00 Asia/Shanghai"`.
    /// Time axes are drawn in this zone.
    pub start: WallClock,
    /// How long it lasts.
    pub duration: Span,
    /// Requests that arrive before this are simulated but not counted.
    #[serde(default)]
    pub warm_up: Span,
    /// Seed of the weather, unless the command line gives another.
    #[serde(default = "one")]
    pub seed: u64,
    /// Width of a timeline bucket; by default the narrowest round width that gives at most 1,500 buckets.
    #[serde(default)]
    pub bucket: Option<Span>,
    /// Network links between regions; a region reaches itself in [`Link::WITHIN_REGION_RTT`].
    #[serde(default)]
    pub links: Vec<Link>,
    /// Whose machines serve.
    pub providers: Vec<Provider>,
    /// What serves: one provider's deployment of one model.
    pub endpoints: Vec<Endpoint>,
    /// What chooses.
    pub routers: Vec<Router>,
    /// Who sends.
    pub workloads: Vec<Workload>,
    /// What goes wrong.
    #[serde(default)]
    pub weather: Weather,
    /// Promises that the run is held against, like `"availability >= 99.9%"`.
    #[serde(default)]
    pub objectives: Vec<String>,
}

/// A network path between two regions, the same both ways.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// One region.
    pub from: String,
    /// The other.
    pub to: String,
    /// Median round-trip time.
    pub rtt: Span,
    /// Spread of the round-trip time: standard deviation of its logarithm.
    #[serde(default = "link_jitter")]
    pub jitter: f64,
    /// How long an idle connection is kept open for reuse. A new connection costs two more round trips
    /// (TCP and TLS 1.3). Default 60 s: an assumption.
    #[serde(default = "keep_alive")]
    pub keep_alive: Span,
}

impl Link {
    /// Round-trip time inside a region: between availability zones of IBM VPC (docs, Aug 2024) and in-region
    /// at AWS (cloudping p50: 1 to 4 ms).
    pub const WITHIN_REGION_RTT: Span = Span::from_millis(2);

    /// The network inside a region, unless the file links the region to itself.
    #[must_use]
    pub fn within(region: &str) -> Self {
        Self {
            from: region.to_owned(),
            to: region.to_owned(),
            rtt: Self::WITHIN_REGION_RTT,
            jitter: link_jitter(),
            keep_alive: keep_alive(),
        }
    }
}

impl Strategy {
    /// Names of the targets, in order.
    #[must_use]
    pub fn targets(&self) -> Vec<&str> {
        match self {
            Self::Single { target, .. } => vec![target],
            Self::Fallback { targets, .. }
            | Self::OpenRouterLegacy { targets, .. }
            | Self::Clairvoyant { targets, .. } => targets.iter().map(String::as_str).collect(),
        }
    }
}

/// A provider: where its machines are, and how busy other tenants keep them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Unique among providers, endpoints and routers; faults may target it and then hit all its endpoints.
    pub name: String,
    /// The region its endpoints answer from.
    pub region: String,
    /// Load of other tenants on every endpoint of this provider.
    #[serde(default)]
    pub congestion: Option<Congestion>,
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

/// A shape over the hours of a day and the days of a week, relative to its mean, in a zone's local time.
/// Values stand at full hours and are joined by straight lines.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Profile {
    /// No shape: 1 at all times.
    Flat,
    /// Demand at DeepSeek over a day, digitised from its published inference figures (open-infra-index,
    /// day 6, 27 to 28 Feb 2025): trough at 04:00 to 05:00, plateau 09:00 to 23:00, Asia/Shanghai.
    DeepSeekDay,
    /// A shape of one's own.
    Hourly {
        /// IANA name of the zone.
        zone: String,
        /// 24 values for local 00:00, 01:00 … 23:00; scaled so that their mean is 1.
        hours: Vec<f64>,
        /// 7 factors for Monday … Sunday; not scaled.
        #[serde(default = "seven_ones")]
        days: Vec<f64>,
    },
}

/// A leaf that serves.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Unique among providers, endpoints and routers.
    pub name: String,
    /// The provider whose machines these are.
    pub provider: String,
    /// The model it serves: a label.
    #[serde(default)]
    pub model: String,
    /// How it serves.
    pub serving: Serving,
    /// What it refuses.
    #[serde(default)]
    pub limits: Limits,
    /// What it charges.
    pub price: PriceList,
}

/// Continuous batching: prefill, then decoding as processor sharing, where a batch of `B` sequences takes
/// `step_base + step_per_sequence * B` for one token of each.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serving {
    /// Prefill time of an empty prompt.
    pub prefill_base: Span,
    /// Prefill time per prompt token.
    pub prefill_per_token: Span,
    /// Decode step time that does not depend on the batch.
    pub step_base: Span,
    /// Decode step time per sequence in the batch.
    #[serde(default)]
    pub step_per_sequence: Span,
    /// Most sequences at once (prefilling and decoding), shared with competing load.
    pub sequences: u32,
    /// Most requests that wait for a sequence slot; beyond it the answer is 503.
    #[serde(default)]
    pub queue: u32,
    /// Longest wait for a slot; then the answer is 503. Absent: no limit.
    #[serde(default)]
    pub queue_wait: Option<Span>,
    /// Request-to-request spread of prefill time: standard deviation of its logarithm. Healthy endpoints
    /// showed 0.14 to 0.26 (llmperf leaderboard, 19 Dec 2023).
    #[serde(default)]
    pub prefill_noise: f64,
    /// What happens to a request that its caller gave up on.
    #[serde(default)]
    pub when_abandoned: WhenAbandoned,
}

/// What an endpoint does with a request whose caller is gone.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum WhenAbandoned {
    /// Serves on for nobody and bills in full: the cautious default for providers that are not listed as
    /// supporting cancellation (OpenRouter's streaming docs list neither SiliconFlow's support nor its lack).
    #[default]
    RunsOn,
    /// Stops at once and bills the prompt, if its prefill was done, and the tokens made so far.
    Stops,
}

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

/// Prices per token class.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// Prompt tokens.
    pub input: Price,
    /// Answer tokens.
    pub output: Price,
}

/// A node that chooses among targets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Router {
    /// Unique among providers, endpoints and routers.
    pub name: String,
    /// Where a hosted gateway runs. Absent: a library inside its caller, with no network in between.
    #[serde(default)]
    pub region: Option<String>,
    /// Processing time of the gateway, added to each request that passes.
    #[serde(default)]
    pub overhead: Span,
    /// How it chooses.
    pub strategy: Strategy,
}

/// How a router chooses. Targets are names of endpoints or of other routers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Strategy {
    /// One target and no second try: the baseline.
    Single {
        /// The target.
        target: String,
        /// Timers.
        #[serde(default)]
        timeouts: Timeouts,
    },
    /// Targets in order: retries on each, then the next; a target that fails too often cools down.
    Fallback {
        /// The targets, most wanted first.
        targets: Vec<String>,
        /// Tries on one target after the first. Default 2: OpenAI SDK and LiteLLM 1.109.1.
        #[serde(default = "retries")]
        retries: u32,
        /// Waits between tries on one target; going on to the next target does not wait.
        #[serde(default)]
        backoff: Backoff,
        /// When a target is left alone for a while. Absent: never (a stateless chain).
        #[serde(default)]
        cooldown: Option<Cooldown>,
        /// Timers.
        #[serde(default)]
        timeouts: Timeouts,
    },
    /// OpenRouter's default balancer as documented up to Aug 2026: stable endpoints first, drawn with weight
    /// 1/price²; the others and those with a recent outage are the fallback list.
    OpenRouterLegacy {
        /// The upstream endpoints.
        targets: Vec<String>,
        /// Request field `order`: tried first, in this order; switches the balancing off.
        #[serde(default)]
        order: Vec<String>,
        /// Request field `allow_fallbacks`: false with `order` means only those; false alone means one try.
        #[serde(default = "yes")]
        allow_fallbacks: bool,
        /// Request field `max_price`: dearer endpoints are not used, and none left means 404.
        #[serde(default)]
        max_price: Option<PriceList>,
        /// What counts as a recent outage.
        #[serde(default)]
        demotion: Demotion,
        /// Timers. OpenRouter publishes none: an assumption where given.
        #[serde(default)]
        timeouts: Timeouts,
    },
    /// Knows the truth: the first target that would serve this request now. A lower bound, not a product.
    Clairvoyant {
        /// The targets, most wanted first.
        targets: Vec<String>,
        /// Timers.
        #[serde(default)]
        timeouts: Timeouts,
    },
}

/// A router's timers for one attempt. Absent: it waits as long as the client does.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeouts {
    /// Until the first token.
    #[serde(default)]
    pub first_token: Option<Span>,
    /// Until the whole answer.
    #[serde(default)]
    pub total: Option<Span>,
}

/// Wait before try `n` (from 0) on the same target: `min(base * 2^n, max)`, then jitter.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Backoff {
    /// Before the first retry. Default 0.5 s: OpenAI SDK and LiteLLM 1.109.1.
    pub base: Span,
    /// Longest wait before jitter. Default 8 s: the same.
    pub max: Span,
    /// Spreads clients out. Default `Added("750ms")`: LiteLLM 1.109.1.
    pub jitter: Jitter,
    /// Longest Retry-After that is waited for instead; a longer one is ignored. Default 60 s: LiteLLM 1.109.1.
    pub retry_after_max: Span,
}

/// Random part of a wait.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Jitter {
    /// Exactly the wait.
    None,
    /// The wait and a uniform draw up to this much more (LiteLLM).
    Added(Span),
    /// The wait times a uniform draw between these two (OpenAI SDK: 0.75 and 1; Bifrost: 0.8 and 1.2).
    Scaled(f64, f64),
}

/// A timed cooldown without a probe: after enough failures the target gets nothing, then everything again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cooldown {
    /// Failures that start it.
    pub failures: u32,
    /// Failures count together when they fall within this time of the first.
    pub within: Span,
    /// How long it lasts. Default 5 s: LiteLLM 1.109.1.
    pub length: Span,
    /// Whether a 429 starts it at once, for its Retry-After if it has one (LiteLLM with several deployments).
    pub on_rate_limit: bool,
}

/// What the legacy balancer counts as "a significant outage in the last 30 s". OpenRouter publishes the window
/// and not the threshold: `failures` and `share` are assumptions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demotion {
    /// How long an outage counts against an endpoint. Default 30 s (provider-selection docs).
    pub window: Span,
    /// Fewest failures in the window that make an outage.
    pub failures: u32,
    /// Smallest share of attempts in the window that failed.
    pub share: f64,
}

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
    /// How long a client waits for its whole answer. Default 600 s: OpenAI SDK.
    #[serde(default = "deadline")]
    pub deadline: Span,
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
        #[serde(default = "flat")]
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

/// What goes wrong: faults that are written down, and processes that draw more of them from the seed.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weather {
    /// Faults that are written down.
    #[serde(default)]
    pub script: Vec<FaultEntry>,
    /// Processes that draw faults.
    #[serde(default)]
    pub processes: Vec<Process>,
}

/// An outage script as a file: what `sandbox script` writes and `--script` reads.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The faults.
    pub faults: Vec<FaultEntry>,
}

/// A fault that is written down.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename = "Fault", deny_unknown_fields)]
pub struct FaultEntry {
    /// A provider, an endpoint, or a router that has a region.
    pub target: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Onset: an offset (`"9h 30m"`) or a wall clock (`"09:30 Asia/Shanghai"`: its first time in the scenario).
    pub from: When,
    /// End; a wall clock means its first time after `from`.
    pub until: When,
}

/// A renewal process: faults of one kind on one target, with random gaps and random lengths.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Names the random stream; unique among processes.
    pub name: String,
    /// A provider, an endpoint, or a router that has a region.
    pub target: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// From the end of one fault to the start of the next, at the profile's mean.
    pub between: SpanDist,
    /// How long a fault lasts.
    pub lasting: SpanDist,
    /// When faults are likelier: gaps run down faster where the profile is high.
    #[serde(default = "flat")]
    pub profile: Profile,
}

/// A distribution of times.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum SpanDist {
    /// Always the same.
    Constant(Span),
    /// Memoryless.
    Exponential {
        /// The mean.
        mean: Span,
    },
    /// Weibull; below shape 1 events cluster (measured between failures: 0.65 to 0.82, ICPE'25 data).
    Weibull {
        /// The mean.
        mean: Span,
        /// The shape.
        shape: f64,
    },
    /// Lognormal (measured repair times: sigma 1.2 to 1.4, ICPE'25 data).
    Lognormal {
        /// The median.
        median: Span,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Span::from_millis(500),
            max: Span::from_secs(8),
            jitter: Jitter::Added(Span::from_millis(750)),
            retry_after_max: Span::from_secs(60),
        }
    }
}

impl Default for Cooldown {
    fn default() -> Self {
        Self { failures: 3, within: Span::from_secs(60), length: Span::from_secs(5), on_rate_limit: false }
    }
}

impl Default for Demotion {
    fn default() -> Self {
        Self { window: Span::from_secs(30), failures: 3, share: 0.5 }
    }
}

const fn one() -> u64 {
    1
}
const fn unity() -> f64 {
    1.0
}
const fn yes() -> bool {
    true
}
const fn retries() -> u32 {
    2
}
const fn link_jitter() -> f64 {
    0.1
}
const fn keep_alive() -> Span {
    Span::from_secs(60)
}
const fn noise_memory() -> Span {
    Span::from_mins(15)
}
const fn deepseek_day() -> Profile {
    Profile::DeepSeekDay
}
const fn flat() -> Profile {
    Profile::Flat
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
fn seven_ones() -> Vec<f64> {
    vec![1.0; 7]
}
