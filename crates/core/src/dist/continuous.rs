//! Real-valued distributions made from one standard variate.

use rand_core::Rng;

use super::{
    DistError, check, exp_inv, finite, normal_inv, not_negative, positive, standard_exponential,
    standard_normal,
};
use crate::random::uniform;

/// Exponential: the gaps of a Poisson process.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Exponential {
    mean: f64,
}

impl Exponential {
    /// With this mean.
    ///
    /// # Errors
    /// Unless `mean` is positive and finite.
    pub fn new(mean: f64) -> Result<Self, DistError> {
        Ok(Exponential { mean: positive("Exponential", "mean", mean)? })
    }

    /// A value, by the Ziggurat.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        self.mean * standard_exponential(rng)
    }

    /// The value that exceeds a share `u` in `[0, 1)` of all.
    #[inline]
    pub fn quantile(&self, u: f64) -> f64 {
        self.mean * exp_inv(u)
    }

    /// Expected value.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Expected squared distance from the mean.
    pub fn variance(&self) -> f64 {
        self.mean * self.mean
    }
}

/// Uniform between two bounds.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Uniform {
    low: f64,
    width: f64,
}

impl Uniform {
    /// From `low` (included) to `high` (excluded, up to rounding). Equal bounds give that value always.
    ///
    /// # Errors
    /// Unless `low <= high` and both, and their difference, are finite.
    pub fn new(low: f64, high: f64) -> Result<Self, DistError> {
        finite("Uniform", "low", low)?;
        finite("Uniform", "high", high)?;
        check("Uniform", "high", high, "at least `low`", low <= high)?;
        Ok(Uniform { low, width: finite("Uniform", "high - low", high - low)? })
    }

    /// A value.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        self.quantile(uniform(rng))
    }

    /// The value that exceeds a share `u` in `[0, 1]` of all.
    #[inline]
    pub fn quantile(&self, u: f64) -> f64 {
        self.low + self.width * u
    }

    /// Expected value.
    pub fn mean(&self) -> f64 {
        self.low + self.width / 2.0
    }

    /// Expected squared distance from the mean.
    pub fn variance(&self) -> f64 {
        self.width * self.width / 12.0
    }
}

/// Normal (Gauss).
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Normal {
    mean: f64,
    sd: f64,
}

impl Normal {
    /// With this mean and standard deviation.
    ///
    /// # Errors
    /// Unless `mean` is finite, and `sd` zero or positive and finite.
    pub fn new(mean: f64, sd: f64) -> Result<Self, DistError> {
        Ok(Normal { mean: finite("Normal", "mean", mean)?, sd: not_negative("Normal", "sd", sd)? })
    }

    /// A value, by the Ziggurat.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        self.mean + self.sd * standard_normal(rng)
    }

    /// The value that exceeds a share `u` in `(0, 1)` of all.
    #[inline]
    pub fn quantile(&self, u: f64) -> f64 {
        self.mean + self.sd * normal_inv(u)
    }

    /// Expected value.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Expected squared distance from the mean.
    pub fn variance(&self) -> f64 {
        self.sd * self.sd
    }
}

/// Lognormal: its logarithm is normal. Half of all values lie below the median; one standard deviation is a factor
/// of `exp(sigma)`.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Lognormal {
    median: f64,
    sigma: f64,
}

impl Lognormal {
    /// With this median, and this standard deviation of the logarithm.
    ///
    /// # Errors
    /// Unless `median` is positive and finite, and `sigma` zero or positive and finite.
    pub fn from_median_sigma(median: f64, sigma: f64) -> Result<Self, DistError> {
        Ok(Lognormal {
            median: positive("Lognormal", "median", median)?,
            sigma: not_negative("Lognormal", "sigma", sigma)?,
        })
    }

    /// A value, by the Ziggurat and one exponential.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        self.median * libm::exp(self.sigma * standard_normal(rng))
    }

    /// The value that exceeds a share `u` in `(0, 1)` of all.
    #[inline]
    pub fn quantile(&self, u: f64) -> f64 {
        self.median * libm::exp(self.sigma * normal_inv(u))
    }

    /// The value that half of all exceed.
    pub fn median(&self) -> f64 {
        self.median
    }

    /// Expected value: above the median by a factor of `exp(sigma^2 / 2)`.
    pub fn mean(&self) -> f64 {
        self.median * libm::exp(self.sigma * self.sigma / 2.0)
    }

    /// Expected squared distance from the mean.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        mean * mean * libm::expm1(self.sigma * self.sigma)
    }
}

/// Weibull: lifetimes whose hazard rises (`shape > 1`) or falls (`shape < 1`) with age.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Weibull {
    shape: f64,
    scale: f64,
}

impl Weibull {
    /// With this shape, and this scale: the value that all but 1/e = 37 % stay below.
    ///
    /// # Errors
    /// Unless both are positive and finite.
    pub fn new(shape: f64, scale: f64) -> Result<Self, DistError> {
        Ok(Weibull {
            shape: positive("Weibull", "shape", shape)?,
            scale: positive("Weibull", "scale", scale)?,
        })
    }

    /// A value: a power of an exponential.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        self.scale * libm::pow(standard_exponential(rng), 1.0 / self.shape)
    }

    /// The value that exceeds a share `u` in `[0, 1)` of all.
    #[inline]
    pub fn quantile(&self, u: f64) -> f64 {
        self.scale * libm::pow(exp_inv(u), 1.0 / self.shape)
    }

    /// Expected value.
    pub fn mean(&self) -> f64 {
        self.scale * libm::tgamma(1.0 + 1.0 / self.shape)
    }

    /// Expected squared distance from the mean.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.scale * self.scale * libm::tgamma(1.0 + 2.0 / self.shape) - mean * mean
    }
}

/// Pareto: heavy-tailed from `scale` up. A share of `(scale / x)^shape` exceeds `x`.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Pareto {
    scale: f64,
    shape: f64,
}

impl Pareto {
    /// With this least value, and this tail index: the smaller, the heavier.
    ///
    /// # Errors
    /// Unless both are positive and finite.
    pub fn new(scale: f64, shape: f64) -> Result<Self, DistError> {
        Ok(Pareto { scale: positive("Pareto", "scale", scale)?, shape: positive("Pareto", "shape", shape)? })
    }

    /// A value: its logarithm is exponential.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        self.scale * libm::exp(standard_exponential(rng) / self.shape)
    }

    /// The value that exceeds a share `u` in `[0, 1)` of all.
    #[inline]
    pub fn quantile(&self, u: f64) -> f64 {
        self.scale * libm::exp(exp_inv(u) / self.shape)
    }

    /// Expected value; `None` if infinite (`shape <= 1`).
    pub fn mean(&self) -> Option<f64> {
        (self.shape > 1.0).then(|| self.scale * self.shape / (self.shape - 1.0))
    }

    /// Expected squared distance from the mean; `None` if infinite (`shape <= 2`).
    pub fn variance(&self) -> Option<f64> {
        let above = self.shape - 1.0;
        (self.shape > 2.0)
            .then(|| self.scale * self.scale * self.shape / (above * above * (self.shape - 2.0)))
    }
}
