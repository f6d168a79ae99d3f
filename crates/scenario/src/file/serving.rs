//! How an endpoint serves.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

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
