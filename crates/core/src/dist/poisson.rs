//! The Poisson distribution.

use rand_core::Rng;

use super::{DistError, check};
use crate::random::{uniform, uniform_open};

/// Poisson: how many of many rare things happen.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Poisson {
    mean: f64,
    method: Method,
}

#[derive(Copy, Clone, Debug, PartialEq)]
enum Method {
    /// Walks the distribution function; `at_zero` is the probability of none. One uniform a value.
    Inversion { at_zero: f64 },
    /// Transformed rejection with squeeze.
    Ptrs { log_mean: f64, a: f64, b: f64, inverse_alpha: f64, v_r: f64 },
}

impl Poisson {
    /// Largest mean allowed: beyond, the rejection test loses its digits to cancellation.
    pub const MEAN_MAX: f64 = 1e9;

    /// With this mean.
    ///
    /// # Errors
    /// Unless `mean` lies in 0 to [`MEAN_MAX`](Self::MEAN_MAX).
    pub fn new(mean: f64) -> Result<Self, DistError> {
        check("Poisson", "mean", mean, "from 0 to 1e9", (0.0..=Self::MEAN_MAX).contains(&mean))?;
        let method = if mean < 10.0 {
            Method::Inversion { at_zero: libm::exp(-mean) }
        } else {
            let b = 0.931 + 2.53 * mean.sqrt();
            Method::Ptrs {
                log_mean: libm::log(mean),
                a: -0.059 + 0.02483 * b,
                b,
                inverse_alpha: 1.1239 + 1.1328 / (b - 3.4),
                v_r: 0.9277 - 3.6224 / (b - 2.0),
            }
        };
        Ok(Poisson { mean, method })
    }

    /// A value: by inversion for means below 10, from there on by PTRS of Hörmann, "The transformed rejection method
    /// for generating Poisson random variables", Insurance: Mathematics and Economics 12 (1993).
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> u64 {
        match self.method {
            Method::Inversion { at_zero } => self.invert(at_zero, uniform(rng)),
            Method::Ptrs { log_mean, a, b, inverse_alpha, v_r } => loop {
                let u = uniform(rng) - 0.5;
                let v = uniform_open(rng);
                let edge = 0.5 - u.abs();
                let k = ((2.0 * a / edge + b) * u + self.mean + 0.43).floor();
                if edge >= 0.07 && v <= v_r {
                    return k as u64;
                }
                if k < 0.0 || (edge < 0.013 && v > edge) {
                    continue;
                }
                let left = libm::log(v * inverse_alpha / (a / (edge * edge) + b));
                if left <= k * log_mean - self.mean - libm::lgamma(k + 1.0) {
                    return k as u64;
                }
            },
        }
    }

    fn invert(&self, at_zero: f64, u: f64) -> u64 {
        let (mut count, mut probability, mut up_to_here) = (0_u32, at_zero, at_zero);
        // The sum of all probabilities may round to just below `u`: it ends where they no longer count.
        while u >= up_to_here && probability > f64::EPSILON * f64::EPSILON {
            count += 1;
            probability *= self.mean / f64::from(count);
            up_to_here += probability;
        }
        u64::from(count)
    }

    /// Expected value.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Expected squared distance from the mean.
    pub fn variance(&self) -> f64 {
        self.mean
    }
}
