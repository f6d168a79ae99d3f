//! Bifrost: providers with several keys.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use super::{Mention, Preset, Setting, Timeouts};
use crate::backoff::{Backoff, Jitter};
use crate::parts::{At, Failed, GivesUp, Parts, Retry, RetryRule, When};
use crate::selection::Pick;
use crate::statuses::Statuses;

/// Bifrost's open-source gateway (`docs/features/retries-and-fallbacks.mdx`, `core/failureclass.go`): a request goes from
/// provider to provider, each with its full number of retries, and remembers nothing afterwards.
///
/// * 408, 5xx: the same key again, after a wait. (The docs say 5xx and network errors; that a timeout is one is a reading.)
/// * 429: the next key after a wait. Once all have been limited, all are drawn from again.
/// * 401, 402, 403: the key is dead for the request; the next one at once. If all keys of a provider are dead it answers
///   502, whatever retries are left.
/// * all else: the next provider.
///
/// A change of key uses up a retry (the docs: until `max_retries` is exhausted, or every key is dead); so two dead keys
/// cost two calls only with `max_retries` of 1 or more. If every provider fails, the caller gets the primary's error.
///
/// The Enterprise edition's adaptive balancer is not here: its docs have changed over time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bifrost {
    /// The primary and its fallbacks, each a list of keys. A key is an endpoint with an account of its own.
    pub providers: Vec<Vec<String>>,
    /// Weights by which a provider's key is drawn, in the order in which the keys are listed, for all providers. Empty:
    /// all alike.
    #[serde(default)]
    pub weights: Vec<f64>,
    /// Further attempts at each provider. Default 0. Bifrost has one number for each provider; here it is one for all.
    #[serde(default)]
    pub max_retries: u32,
    /// Wait before the first retry; doubles with each. Default 0.5 s.
    #[serde(default = "initial")]
    pub retry_backoff_initial: Span,
    /// Longest wait, before a draw from 0.8 to 1.2 is multiplied. Default 5 s.
    #[serde(default = "max")]
    pub retry_backoff_max: Span,
    /// Timers. Default: none (v2.1.1 did not apply its header timeout to the first attempt; failoverbench S06).
    #[serde(default)]
    pub timeouts: Timeouts,
}

impl Preset for Bifrost {
    fn targets(&self) -> Vec<String> {
        self.providers.concat()
    }

    fn written(&self) -> Vec<Mention> {
        Mention::lists("providers", &self.providers).collect()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let rule = |on: &[&str], at, waits| RetryRule { on: Statuses::of(on), when: When::Always, at, waits };
        Parts {
            groups: self.providers.iter().map(|keys| setting.mask(keys)).collect(),
            pick: if self.weights.is_empty() { Pick::Uniform } else { Pick::Weighted(self.weights.clone()) },
            retry: Retry {
                retries: self.max_retries,
                rules: vec![
                    rule(&["429"], At::Next, When::Always),
                    rule(&["401-403"], At::Other, When::Never),
                    rule(&["408", "5xx"], At::Same, When::Always),
                ],
                backoff: Backoff {
                    min: Span::ZERO,
                    base: self.retry_backoff_initial,
                    max: self.retry_backoff_max,
                    jitter: Jitter::Scaled(0.8, 1.2),
                    // A Retry-After is ignored (failoverbench S01).
                    retry_after_max: Span::ZERO,
                },
                ..Retry::default()
            },
            gives_up: GivesUp { failed: Failed::FirstOr502, ..GivesUp::default() },
            ..Parts::plain(setting.targets.len())
        }
    }
}

const fn initial() -> Span {
    Span::from_millis(500)
}

const fn max() -> Span {
    Span::from_secs(5)
}
