//! How long requests are.

use std::sync::Arc;

use sandbox_core::dist::{Alias, Empirical, Exponential, Lognormal, Pareto};
use sandbox_core::{Rng, Stream, uniform};
use sandbox_scenario::file::Length;

use super::CHECKED;

/// A distribution of token counts with its own stream.
#[derive(Clone)]
pub(super) struct Lengths {
    law: Law,
    stream: Stream,
}

impl Lengths {
    pub(super) fn new(length: &Length, stream: Stream) -> Self {
        Self { law: Law::new(length), stream }
    }

    pub(super) fn draw(&mut self) -> u32 {
        self.law.sample(&mut self.stream)
    }
}

#[derive(Clone)]
enum Law {
    Constant(u32),
    Lognormal { law: Lognormal, max: f64 },
    Exponential { law: Exponential, max: f64 },
    Pareto { law: Pareto, max: f64 },
    Quantiles(Arc<[f64]>),
    Empirical(Empirical),
    Mixture(Alias, Arc<[Law]>),
}

impl Law {
    fn new(length: &Length) -> Self {
        match length {
            Length::Constant(n) => Self::Constant(*n),
            Length::Lognormal { median, sigma, max } => Self::Lognormal {
                law: Lognormal::from_median_sigma(*median, *sigma).expect(CHECKED),
                max: f64::from(*max),
            },
            Length::Exponential { mean, max } => {
                Self::Exponential { law: Exponential::new(*mean).expect(CHECKED), max: f64::from(*max) }
            }
            Length::Pareto { min, shape, max } => {
                Self::Pareto { law: Pareto::new(*min, *shape).expect(CHECKED), max: f64::from(*max) }
            }
            Length::Quantiles(values) => Self::Quantiles(values.iter().map(|&v| f64::from(v)).collect()),
            Length::Empirical(values) => Self::Empirical(
                Empirical::new(values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>()).expect(CHECKED),
            ),
            Length::Mixture(parts) => {
                let weights: Vec<f64> = parts.iter().map(|part| part.weight).collect();
                let laws = parts.iter().map(|part| Self::new(&part.of)).collect();
                Self::Mixture(Alias::new(&weights).expect(CHECKED), laws)
            }
        }
    }

    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> u32 {
        match self {
            Self::Constant(n) => *n,
            Self::Lognormal { law, max } => tokens(law.sample(rng), *max),
            Self::Exponential { law, max } => tokens(law.sample(rng), *max),
            Self::Pareto { law, max } => tokens(law.sample(rng), *max),
            Self::Quantiles(values) => {
                let at = uniform(rng) * (values.len() - 1) as f64;
                // `at` may round up to the last value.
                let below = (at as usize).min(values.len() - 2);
                let (a, b) = (values[below], values[below + 1]);
                tokens(a + (b - a) * (at - below as f64), b)
            }
            Self::Empirical(values) => values.sample(rng) as u32,
            Self::Mixture(which, laws) => laws[which.sample(rng)].sample(rng),
        }
    }
}

/// To the nearest, at least 1 and at most `max`.
fn tokens(value: f64, max: f64) -> u32 {
    (value + 0.5).clamp(1.0, max) as u32
}

#[cfg(test)]
mod tests {
    use sandbox_core::Seed;

    use super::*;

    /// Mean, and shares at most each of `marks`, of 100,000 draws.
    fn draw(length: &Length, marks: &[u32]) -> (f64, Vec<f64>, u32, u32) {
        let mut lengths = Lengths::new(length, Seed::new(3).stream("lengths"));
        let drawn: Vec<u32> = (0..100_000).map(|_| lengths.draw()).collect();
        let share = |mark: &u32| drawn.iter().filter(|&n| n <= mark).count() as f64 / 1e5;
        let mean = drawn.iter().map(|&n| f64::from(n)).sum::<f64>() / 1e5;
        let (min, max) = (*drawn.iter().min().unwrap(), *drawn.iter().max().unwrap());
        (mean, marks.iter().map(share).collect(), min, max)
    }

    /// A share's standard deviation is at most 0.5 / sqrt(1e5) = 0.0016; 3.29 of them (99.9 %) are 0.0052.
    const SHARE: f64 = 0.0052;

    #[test]
    fn exponential_and_pareto_lengths_have_their_means_tails_and_bounds() {
        let (mean, shares, min, max) = draw(&Length::Exponential { mean: 211.0, max: 1000 }, &[146]);
        // Rounding moves nothing on average but below 1; cut at 1000, the mean is 211 (1 - e^-4.74) = 209.2;
        // 211 / sqrt(1e5) = 0.67.
        assert!((mean - 209.2).abs() < 2.2 && min >= 1 && max == 1000, "{mean} {min} {max}");
        // Rounded: at most 146 is below 146.5.
        assert!((shares[0] - (1.0 - libm::exp(-146.5 / 211.0))).abs() < SHARE, "{shares:?}");
        let (_, shares, min, max) = draw(&Length::Pareto { min: 100.0, shape: 1.2, max: 50_000 }, &[999]);
        assert!((shares[0] - (1.0 - libm::pow(100.0 / 999.5, 1.2))).abs() < SHARE, "{shares:?}");
        assert_eq!((min, max), (100, 50_000));
    }

    #[test]
    fn quantiles_are_joined_by_straight_lines() {
        let (_, shares, min, max) = draw(&Length::Quantiles(vec![1, 51, 1051]), &[25, 51, 550]);
        for (share, expected) in shares.iter().zip([0.245, 0.5, 0.75]) {
            // Half a token to each side: 0.5 / 100 = 0.005 on the steep part.
            assert!((share - expected).abs() < SHARE + 0.005, "{shares:?}");
        }
        assert!(min == 1 && (1049..=1051).contains(&max), "{min} {max}");
    }

    #[test]
    fn a_mixture_has_its_parts_by_weight() {
        let part = |weight, of| sandbox_scenario::file::Part { weight, of };
        let mixture = Length::Mixture(vec![
            part(3.0, Length::Constant(10)),
            part(1.0, Length::Empirical(vec![20, 30])),
        ]);
        let (_, shares, ..) = draw(&mixture, &[10, 20]);
        assert!((shares[0] - 0.75).abs() < SHARE && (shares[1] - 0.875).abs() < SHARE, "{shares:?}");
    }
}
