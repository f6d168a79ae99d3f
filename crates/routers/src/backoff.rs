//! How long to wait before the next try at the same target.

use sandbox_core::{Noise, Span, uniform};
use serde::{Deserialize, Serialize};

/// `min(max(base · 2ⁿ, min), max)` before retry `n` (from 0), then jitter; or the target's own Retry-After, then jitter.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Backoff {
    /// Before the first retry. Default 0.5 s: OpenAI SDK and LiteLLM 1.109.1.
    pub base: Span,
    /// Least wait before jitter, if it is not above `max`. Default 0: LiteLLM 1.109.1 (`retry_after`).
    pub min: Span,
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
    /// A uniform draw between nothing and the wait (Envoy's `backoff_strategy.cc`; "full jitter").
    Full,
    /// A uniform draw between nothing and the sum of the doubled waits so far, (2ⁿ⁺¹ - 1) · base, at most `max` (Envoy's
    /// docs, router filter).
    FullSum,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Span::from_millis(500),
            min: Span::ZERO,
            max: Span::from_secs(8),
            jitter: Jitter::Added(Span::from_millis(750)),
            retry_after_max: Span::from_secs(60),
        }
    }
}

impl Backoff {
    /// No wait at all.
    pub const NONE: Self = Self {
        base: Span::ZERO,
        min: Span::ZERO,
        max: Span::ZERO,
        jitter: Jitter::None,
        retry_after_max: Span::ZERO,
    };

    /// The wait before retry `n` (from 0) of a request, after `attempt` attempts.
    #[must_use]
    pub fn wait(&self, n: u32, retry_after: Option<Span>, noise: Noise, request: u64, attempt: u64) -> Span {
        let doubled = self.base.checked_mul(1 << n.min(40)).unwrap_or(Span::MAX);
        let asked = retry_after.filter(|&asked| asked > Span::ZERO && asked <= self.retry_after_max);
        let wait = asked.unwrap_or_else(|| doubled.max(self.min).min(self.max));
        let luck = || uniform(&mut noise.at(request, WAITS + attempt));
        match self.jitter {
            Jitter::None => wait,
            Jitter::Added(most) => {
                wait.saturating_add(Span::from_secs_f64_saturating(most.as_secs_f64() * luck()))
            }
            Jitter::Scaled(low, high) => {
                Span::from_secs_f64_saturating(wait.as_secs_f64() * (low + (high - low) * luck()))
            }
            Jitter::Full => Span::from_secs_f64_saturating(wait.as_secs_f64() * luck()),
            Jitter::FullSum => {
                let sum = self.base.checked_mul((2 << n.min(40)) - 1).unwrap_or(Span::MAX);
                let most = asked.unwrap_or_else(|| sum.min(self.max));
                Span::from_secs_f64_saturating(most.as_secs_f64() * luck())
            }
        }
    }
}

/// Draws of waits are told from draws of choices by this offset.
const WAITS: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use sandbox_core::Seed;

    use super::*;

    const LITELLM: Backoff = Backoff {
        base: Span::from_millis(500),
        min: Span::ZERO,
        max: Span::from_secs(8),
        jitter: Jitter::Added(Span::from_millis(750)),
        retry_after_max: Span::from_secs(60),
    };

    fn waits(backoff: Backoff, n: u32, retry_after: Option<Span>) -> impl Iterator<Item = f64> {
        let noise = Seed::new(1).noise("backoff");
        (0..2_000).map(move |request| backoff.wait(n, retry_after, noise, request, 0).as_secs_f64())
    }

    /// LiteLLM 1.109.1: min(max(0.5·2ⁿ, retry_after), 8) + U(0, 0.75) s (T12, T16 of the decision vectors).
    #[test]
    fn waits_double_up_to_the_cap_and_jitter_is_added() {
        for (n, wait) in [(0, 0.5), (1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (9, 8.0), (63, 8.0)] {
            let (mut low, mut high) = (f64::MAX, 0.0_f64);
            for seen in waits(LITELLM, n, None) {
                low = low.min(seen);
                high = high.max(seen);
            }
            assert!(
                low >= wait && low < wait + 0.01 && high > wait + 0.74 && high <= wait + 0.75,
                "{n}: {low} {high}"
            );
        }
    }

    #[test]
    fn retry_after_is_honoured_up_to_its_limit() {
        assert!(waits(LITELLM, 0, Some(Span::from_secs(2))).all(|w| (2.0..=2.75).contains(&w)));
        assert!(waits(LITELLM, 0, Some(Span::from_secs(61))).all(|w| (0.5..=1.25).contains(&w)));
    }

    /// Envoy: the draws fill the range, in steps of doubled waits (its source) or of their sums (its docs).
    #[test]
    fn full_jitter_fills_the_range_from_nothing() {
        let envoy = |jitter| Backoff {
            min: Span::ZERO,
            base: Span::from_millis(25),
            max: Span::from_millis(250),
            jitter,
            retry_after_max: Span::ZERO,
        };
        let tops = [
            (Jitter::Full, [0.025, 0.05, 0.1, 0.2, 0.25, 0.25]),
            (Jitter::FullSum, [0.025, 0.075, 0.175, 0.25, 0.25, 0.25]),
        ];
        for (jitter, tops) in tops {
            for (n, top) in (0..).zip(tops) {
                let asked = Some(Span::from_secs(1));
                let (low, high) = waits(envoy(jitter), n, asked)
                    .fold((f64::MAX, 0.0_f64), |(low, high), wait| (low.min(wait), high.max(wait)));
                // Of 2000 draws the chance that none is in an outer hundredth is (0.99)^2000 = 2e-9.
                assert!(low < top * 0.01 && high > top * 0.99 && high <= top, "{n}: {low} {high}");
            }
        }
    }

    /// OpenAI Python SDK: min(0.5·2ⁿ, 8) · (1 - 0.25·U).
    #[test]
    fn scaled_jitter_shortens_a_wait() {
        let sdk = Backoff { jitter: Jitter::Scaled(0.75, 1.0), ..LITELLM };
        assert!(waits(sdk, 1, None).all(|w| (0.75..=1.0).contains(&w)));
    }
}
