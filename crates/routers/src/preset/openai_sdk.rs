//! The OpenAI Python SDK: the baseline without a router.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use super::{Mention, Preset, Setting, Timeouts};
use crate::backoff::{Backoff, Jitter};
use crate::parts::{Parts, Retry, RetryAfter};

/// The retries of the OpenAI Python SDK (`openai/_base_client.py`, `openai/_constants.py`), also as client retries in
/// front of a gateway.
///
/// 408, 409, 429 and 5xx are tried again after min(0.5·2ⁿ, 8) s times a draw from 0.75 to 1. A Retry-After of up to 120 s
/// is waited for instead, exactly; a longer one ends the retries. The header `x-should-retry` is not modelled.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenAiSdk {
    /// The target.
    pub target: String,
    /// Tries after the first. Default 2: the SDK's `max_retries`.
    #[serde(default = "two")]
    pub max_retries: u32,
    /// Timers. Default: 600 s until the first token (of an answer that comes whole: until the answer), the SDK's read
    /// timeout.
    #[serde(default = "timeouts")]
    pub timeouts: Timeouts,
}

impl Preset for OpenAiSdk {
    fn targets(&self) -> Vec<String> {
        vec![self.target.clone()]
    }

    fn written(&self) -> Vec<Mention> {
        vec![Mention { key: "target", place: Vec::new(), name: self.target.clone() }]
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, _: &Setting<'_>) -> Parts {
        Parts {
            retry: Retry {
                retries: self.max_retries,
                backoff: Backoff {
                    min: Span::ZERO,
                    base: Span::from_millis(500),
                    max: Span::from_secs(8),
                    jitter: Jitter::Scaled(0.75, 1.0),
                    retry_after_max: Span::from_secs(120),
                },
                retry_after: RetryAfter { exact: true, longer_ends: true, ..RetryAfter::default() },
                ..Retry::default()
            },
            ..Parts::plain(1)
        }
    }
}

const fn two() -> u32 {
    2
}

const fn timeouts() -> Timeouts {
    Timeouts { first_token: Some(Span::from_secs(600)), total: None, overall: None }
}
