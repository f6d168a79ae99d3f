//! TensorZero's gateway: sequential providers, retries of a variant, fallback variants.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use super::{Mention, Preset, Setting, Timeouts};
use crate::backoff::{Backoff, Jitter};
use crate::parts::{At, Parts, Retry, RetryRule, When};
use crate::statuses::Statuses;

/// TensorZero's gateway (source at 7a6159a; `tensorzero-core/src/utils/retries.rs`): the providers of a variant one after
/// the other, at once and after any failure; when all have failed the variant is retried, that is, the whole list is gone
/// through again after a wait; then the next variant has its turn. It remembers nothing.
///
/// The waits are those of the crate `backon` as TensorZero sets it up: from 1 s, doubling, up to `max_delay`, plus a draw
/// from nothing to as much again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorZero {
    /// The variants, each a list of its providers in order. The first is the one sampled; the others are its fallbacks
    /// (which TensorZero may also sample: put routers of their own before them for that).
    pub variants: Vec<Vec<String>>,
    /// How often a variant is retried (`num_retries`). Default 0. TensorZero has one number for each variant; here it is
    /// one for all.
    #[serde(default)]
    pub retries: u32,
    /// Longest wait before jitter (`max_delay_s`). Default 10 s.
    #[serde(default = "ten_seconds")]
    pub max_delay: Span,
    /// Timers. Default: 15 min for a whole answer, the global timeout of outbound requests.
    #[serde(default = "timeouts")]
    pub timeouts: Timeouts,
}

impl Preset for TensorZero {
    fn targets(&self) -> Vec<String> {
        self.variants.concat()
    }

    fn written(&self) -> Vec<Mention> {
        Mention::lists("variants", &self.variants).collect()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let any = RetryRule {
            on: Statuses::of(&["100-599"]),
            when: When::Always,
            at: At::Other,
            waits: When::Never,
        };
        Parts {
            groups: self.variants.iter().map(|providers| setting.mask(providers)).collect(),
            retry: Retry {
                retries: u32::MAX,
                rules: vec![any],
                rounds: self.retries,
                backoff: Backoff {
                    min: Span::ZERO,
                    base: Span::from_secs(1),
                    max: self.max_delay,
                    jitter: Jitter::Scaled(1.0, 2.0),
                    retry_after_max: Span::ZERO,
                },
                ..Retry::default()
            },
            ..Parts::plain(setting.targets.len())
        }
    }
}

const fn ten_seconds() -> Span {
    Span::from_secs(10)
}

const fn timeouts() -> Timeouts {
    Timeouts { first_token: None, total: Some(Span::from_secs(15 * 60)), overall: None }
}
