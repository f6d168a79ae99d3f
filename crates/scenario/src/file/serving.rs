//! How an endpoint serves. What `like` stands for is in [`preset`](super::preset).

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

/// Continuous batching: prefill, then decoding as processor sharing, where a batch of `B` sequences that hold `K`
/// tokens of context takes `step_base + step_per_sequence * B + step_per_kv_token * K` for one token of each.
///
/// In a file, `like: PRESET` fills in what is not written; see [`preset`](super::preset).
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Serving {
    /// Prefill time of an empty prompt.
    pub prefill_base: Span,
    /// Prefill time per prompt token that is not cached.
    pub prefill_per_token: Span,
    /// Prompt tokens that fit into one step, shared by all that are prefilling (chunked prefill). While anybody is,
    /// every step takes `prefill_per_token * prefill_chunk` longer. Absent: prefills run side by side and slow
    /// nobody down. No default: the budget is the operator's setting.
    pub prefill_chunk: Option<u32>,
    /// Decode step time that does not depend on the batch.
    pub step_base: Span,
    /// Decode step time per sequence in the batch.
    pub step_per_sequence: Span,
    /// Decode step time per token of context that the batch holds: the time to read its KV cache. Zero by default;
    /// whole nanoseconds.
    pub step_per_kv_token: Span,
    /// Most sequences at once (prefilling and decoding), shared with competing load; of each replica.
    pub sequences: u32,
    /// Tokens of KV memory, shared with competing load; of each replica. A request reserves its prompt and its answer
    /// from admission to its end: nothing is preempted (an assumption). One that could never fit is answered 503 at
    /// once. Absent: no limit.
    pub kv_tokens: Option<u64>,
    /// How long the prefix of a conversation stays cached after it was last used. Absent: nothing is cached.
    pub prefix_cache: Option<Span>,
    /// Most requests that wait for a sequence slot or for memory; beyond it the answer is 503. Of each replica.
    pub queue: u32,
    /// Longest wait for a slot; then the answer is 503. Absent: no limit.
    pub queue_wait: Option<Span>,
    /// How many of these stand behind one name, each with slots, memory and queue of its own; 1 by default. A request
    /// goes to the one with the fewest requests inside (then the first), for good; caches are shared (assumptions).
    pub replicas: u32,
    /// Request-to-request spread of prefill time: standard deviation of its logarithm. Healthy endpoints
    /// showed 0.14 to 0.26 (llmperf leaderboard, 19 Dec 2023).
    pub prefill_noise: f64,
    /// How many times longer a prefill takes that starts in the last free sequence slot. Beside `n` other sequences, other
    /// tenants' included, it takes `1 + (load_factor - 1) * n / (sequences - 1)` times as long; what starts later does
    /// not change that. 1 by default: no effect. 1 to 1000. The law is that of llm-d-inference-sim's load
    /// factor (`latencies.go`), here of the prefill alone: decoding has `step_per_sequence`.
    pub load_factor: f64,
    /// What happens to a request that its caller gave up on.
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
