//! Shares by measured price and speed, in the manner of OpenRouter's default balancer since Aug 2026.
//!
//! OpenRouter documents which figures count and how they act, and illustrates them; it publishes no constants. Those
//! here are parameters: the [`Shape`] is fitted to the five shares of its illustration
//! (`ProviderRoutingFigures.jsx`), the penalties are those of its examples, and all else is assumed.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

/// How shares are measured.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Measured {
    /// How price and speed become shares.
    pub shape: Shape,
    /// What a second to the first token costs [$/M tokens]. Default 0.02: an assumption.
    pub ttft_cost: f64,
    /// What failures cost: their share times this much of the price. Default 8 (OpenRouter's illustration: 1 % of
    /// errors adds 8 %).
    pub error_multiplier: f64,
    /// What rate limits cost: their share times this [$/M tokens]. Default 2.5 (its illustration: 0.4 % add $0.01).
    pub limit_cost: f64,
    /// Age at which a result weighs half. Default 5 min: an assumption ("recent minutes weigh most").
    pub half_life: Span,
    /// Over which time charges make the effective price. Default 30 min (routing docs).
    pub price_window: Span,
    /// A typical peer's numbers weigh as much as this many results. Default 20: an assumption.
    pub prior: f64,
    /// When a target is paused.
    pub breaker: MeasuredBreaker,
    /// How capacity is learnt.
    pub cap: MeasuredCap,
    /// When a share is lowered for a short time.
    pub backoff: MeasuredBackoff,
}

impl Measured {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        shape: Shape::DEFAULT,
        ttft_cost: 0.02,
        error_multiplier: 8.0,
        limit_cost: 2.5,
        half_life: Span::from_mins(5),
        price_window: Span::from_mins(30),
        prior: 20.0,
        breaker: MeasuredBreaker::DEFAULT,
        cap: MeasuredCap::DEFAULT,
        backoff: MeasuredBackoff::DEFAULT,
    };
}

impl Default for Measured {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Shares: score = price^`price_power` / speed^`speed_power`; its excess e over the best one, as a share of that, gives
/// the weight exp(−`steepness` e); all have `floor`, and the rest is shared by weight.
///
/// The three numbers are fitted to OpenRouter's illustration by least squares, given the floor, which five rounded
/// shares cannot tell: `cargo run -p sandbox-routers --example fit_measured`. They are not OpenRouter's.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shape {
    /// Default 1.935 (fitted).
    pub price_power: f64,
    /// Default 1.771 (fitted).
    pub speed_power: f64,
    /// Default 0.742 (fitted).
    pub steepness: f64,
    /// Least share of each. Default 0.005: an assumption.
    pub floor: f64,
}

impl Shape {
    /// The defaults.
    pub const DEFAULT: Self = Self { price_power: 1.935, speed_power: 1.771, steepness: 0.742, floor: 0.005 };
}

impl Default for Shape {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Shape {
    /// The shares of targets with these adjusted prices and speeds, both above 0.
    pub fn shares(&self, prices: &[f64], speeds: &[f64], shares: &mut [f64]) {
        let scores = prices.iter().zip(speeds);
        for (share, (&price, &speed)) in shares.iter_mut().zip(scores) {
            *share = libm::pow(price, self.price_power) / libm::pow(speed, self.speed_power);
        }
        let best = shares.iter().copied().fold(f64::INFINITY, f64::min);
        let mut total = 0.0;
        for share in shares.iter_mut() {
            *share = libm::exp(-self.steepness * (*share / best - 1.0));
            total += *share;
        }
        let floor = self.floor.min(1.0 / shares.len() as f64);
        let rest = 1.0 - floor * shares.len() as f64;
        shares.iter_mut().for_each(|share| *share = floor + rest * *share / total);
    }
}

/// A target far worse than its peers gets nothing for a while, as long as there is another. Then it has its share
/// again, which is small as long as its results are bad. All numbers are assumptions.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeasuredBreaker {
    /// Least share of failures and rate limits. Default 0.5.
    pub share: f64,
    /// And this many times that of its peers. Default 3.
    pub times: f64,
    /// Fewest results, old ones weighing less. Default 10.
    pub at_least: f64,
    /// How long. Default 1 min.
    pub pause: Span,
}

impl MeasuredBreaker {
    /// The defaults.
    pub const DEFAULT: Self = Self { share: 0.5, times: 3.0, at_least: 10.0, pause: Span::from_mins(1) };
}

impl Default for MeasuredBreaker {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a target takes in ten seconds, learnt from its rate limits; what is beyond goes elsewhere. All numbers are
/// assumptions.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeasuredCap {
    /// Share of the attempts that it took when it answered 429. Default 0.9.
    pub share: f64,
    /// Without another 429 the cap doubles in this time. Default 1 min.
    pub doubles: Span,
}

impl MeasuredCap {
    /// The defaults.
    pub const DEFAULT: Self = Self { share: 0.9, doubles: Span::from_mins(1) };
}

impl Default for MeasuredCap {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A burst of rate limits or a jump in latency lowers a share for a short time. All numbers are assumptions.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeasuredBackoff {
    /// Rate limits within ten seconds that are a burst. Default 3.
    pub limits: u32,
    /// How many times its mean a time to first token is a jump. Default 3.
    pub jump: f64,
    /// What the share is multiplied by. Default 0.25.
    pub share: f64,
    /// How long. Default 10 s.
    pub length: Span,
}

impl MeasuredBackoff {
    /// The defaults.
    pub const DEFAULT: Self = Self { limits: 3, jump: 3.0, share: 0.25, length: Span::from_secs(10) };
}

impl Default for MeasuredBackoff {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The figures of one target by which it has its share.
#[derive(Copy, Clone, PartialEq, Default, Debug)]
pub struct Figures {
    /// Effective price [$/M tokens].
    pub effective: f64,
    /// Time to first token (s).
    pub ttft: f64,
    /// Output tokens by the time from start to end [tokens/s].
    pub speed: f64,
    /// Share of failures.
    pub errors: f64,
    /// Share of rate limits.
    pub limited: f64,
}

impl Measured {
    /// The price by which targets are compared [$/M tokens].
    #[must_use]
    pub fn adjusted(&self, figures: &Figures) -> f64 {
        figures.effective * (1.0 + self.error_multiplier * figures.errors)
            + self.ttft_cost * figures.ttft
            + self.limit_cost * figures.limited
    }
}
