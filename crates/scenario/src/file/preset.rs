//! `serving: (like: DeepSeekV3, sequences: 200)`: what a preset fills in, and where its numbers come from.
//!
//! A preset is a starting point. Every number says whether it was measured, published, or assumed. What is written
//! beside `like` wins; what neither gives has the default of [`Serving`], and a key without a default is missing.

use sandbox_core::Span;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{Serving, WhenAbandoned};

/// Endpoints to be like.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Deserialize)]
pub enum Preset {
    /// One GPU of DeepSeek's V3/R1 service, from its published day (open-infra-index, day 6, Feb 2025): some 88 sequences
    /// and 440,000 KV tokens a GPU, and 4,000 uncached prompt tokens a second a GPU (250 us a token), all worked
    /// out from the published totals. A step at 88 sequences takes 47.6 ms: published speeds mean 45 to 50. How
    /// that splits into 30 ms and 200 us a sequence is an assumption, and so is `prefill_base` of 100 ms.
    DeepSeekV3,
    /// The same numbers as [`Preset::DeepSeekV3`]: an assumption, for nothing was published.
    DeepSeekV4,
    /// The numbers of [`Preset::Llama70bH100Tp8`] as a stand-in for the Llama 4 class: an assumption.
    Llama4,
    /// A fast opaque endpoint: 5.3 ms a token, half of the first tokens within 222 ms for 550 prompt tokens, spread
    /// 0.19 (Groq, Llama-2 70B, llmperf leaderboard, 19 Dec 2023; seen from Oregon, network included). The split into
    /// 200 ms and 40 us a token, and 1,000 sequences that do not slow each other down, are assumptions.
    GroqLike,
    /// An opaque endpoint whose capacity is never felt: first token after 700 ms and 20 us a prompt token, 15 ms a
    /// token, spread 0.25, a million sequences. All of it is an assumption.
    ClaudeLike,
    /// Llama-2 70B on 8 H100: 14.6 ms + 84.5 us a token, step 29.8 ms + 308 us a sequence. Least squares through the
    /// Splitwise measurements (splitwise-sim, `perf_model.csv`, MIT; `sandbox import serving` repeats it), as all of
    /// the following. 64 sequences: the largest batch that was measured.
    Llama70bH100Tp8,
    /// On 4 H100: 12.9 ms + 105.7 us, 28.3 ms + 352 us.
    Llama70bH100Tp4,
    /// On 8 A100: 17.0 ms + 150 us, 43.5 ms + 412 us.
    Llama70bA100Tp8,
    /// On 4 A100: 7.8 ms + 226 us, 42.7 ms + 435 us.
    Llama70bA100Tp4,
    /// Bloom 176B on 8 H100: 161 us (the line meets zero at -7.8 ms, for which 0 is taken), 35.1 ms + 423 us.
    Bloom176bH100,
    /// Bloom 176B on 8 A100: 317 us (0 for -3.6 ms), 47.1 ms + 729 us.
    Bloom176bA100,
}

/// What a scenario file may hold where it says how an endpoint serves.
#[derive(Default, Deserialize)]
#[serde(rename = "Serving", deny_unknown_fields, default)]
struct Written {
    like: Option<Preset>,
    prefill_base: Option<Span>,
    prefill_per_token: Option<Span>,
    prefill_chunk: Option<u32>,
    step_base: Option<Span>,
    step_per_sequence: Option<Span>,
    step_per_kv_token: Option<Span>,
    sequences: Option<u32>,
    kv_tokens: Option<u64>,
    prefix_cache: Option<Span>,
    queue: Option<u32>,
    queue_wait: Option<Span>,
    replicas: Option<u32>,
    prefill_noise: Option<f64>,
    load_factor: Option<f64>,
    when_abandoned: Option<WhenAbandoned>,
}

impl Preset {
    fn serving(self) -> Written {
        // Prefill [us] and [ns per token], step [us] and [us per sequence].
        let of = |base, per_token, step, per_sequence, sequences| Written {
            prefill_base: Some(Span::from_micros(base)),
            prefill_per_token: Some(Span::from_nanos(per_token)),
            step_base: Some(Span::from_micros(step)),
            step_per_sequence: Some(Span::from_micros(per_sequence)),
            sequences: Some(sequences),
            ..Written::default()
        };
        match self {
            Self::DeepSeekV3 | Self::DeepSeekV4 => {
                Written { kv_tokens: Some(440_000), ..of(100_000, 250_000, 30_000, 200, 88) }
            }
            Self::Llama70bH100Tp8 | Self::Llama4 => of(14_600, 84_500, 29_800, 308, 64),
            Self::Llama70bH100Tp4 => of(12_900, 105_700, 28_300, 352, 64),
            Self::Llama70bA100Tp8 => of(17_000, 150_000, 43_500, 412, 64),
            Self::Llama70bA100Tp4 => of(7_800, 226_000, 42_700, 435, 64),
            Self::Bloom176bH100 => of(0, 161_000, 35_100, 423, 64),
            Self::Bloom176bA100 => of(0, 317_000, 47_100, 729, 64),
            Self::GroqLike => Written { prefill_noise: Some(0.19), ..of(200_000, 40_000, 5_300, 0, 1_000) },
            Self::ClaudeLike => {
                Written { prefill_noise: Some(0.25), ..of(700_000, 20_000, 15_000, 0, 1_000_000) }
            }
        }
    }
}

impl Written {
    /// The whole; the first key that is missing, if one is.
    fn whole(self) -> Result<Serving, &'static str> {
        let like = self.like.map(Preset::serving).unwrap_or_default();
        Ok(Serving {
            prefill_base: self.prefill_base.or(like.prefill_base).ok_or("prefill_base")?,
            prefill_per_token: self
                .prefill_per_token
                .or(like.prefill_per_token)
                .ok_or("prefill_per_token")?,
            prefill_chunk: self.prefill_chunk.or(like.prefill_chunk),
            step_base: self.step_base.or(like.step_base).ok_or("step_base")?,
            step_per_sequence: self.step_per_sequence.or(like.step_per_sequence).unwrap_or_default(),
            step_per_kv_token: self.step_per_kv_token.or(like.step_per_kv_token).unwrap_or_default(),
            sequences: self.sequences.or(like.sequences).ok_or("sequences")?,
            kv_tokens: self.kv_tokens.or(like.kv_tokens),
            prefix_cache: self.prefix_cache.or(like.prefix_cache),
            queue: self.queue.or(like.queue).unwrap_or_default(),
            queue_wait: self.queue_wait.or(like.queue_wait),
            replicas: self.replicas.or(like.replicas).unwrap_or(1),
            prefill_noise: self.prefill_noise.or(like.prefill_noise).unwrap_or_default(),
            load_factor: self.load_factor.or(like.load_factor).unwrap_or(1.0),
            when_abandoned: self.when_abandoned.or(like.when_abandoned).unwrap_or_default(),
        })
    }
}

impl<'de> Deserialize<'de> for Serving {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Written::deserialize(deserializer)?.whole().map_err(D::Error::missing_field)
    }
}
