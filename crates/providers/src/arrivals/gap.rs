//! Laws of gaps with mean 1 and a given coefficient of variation.

use sandbox_core::dist::{DistError, Gamma, Weibull, standard_exponential};
use sandbox_core::{Rng, uniform};

/// A law of gaps; their mean is 1.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Gap(Law);

#[derive(Copy, Clone, PartialEq, Debug)]
enum Law {
    Exponential,
    /// `biased` is the law of the gap in which an arbitrary instant lies: each gap weighted by its length.
    Gamma {
        gap: Gamma,
        biased: Gamma,
    },
    /// An arbitrary instant's gap is `scale * biased^(1/shape)`.
    Weibull {
        gap: Weibull,
        scale: f64,
        shape: f64,
        biased: Gamma,
    },
}

impl Gap {
    /// Memoryless: a Poisson process.
    pub const EXPONENTIAL: Self = Self(Law::Exponential);

    /// Gamma with shape `1 / cv²`.
    ///
    /// # Errors
    /// Unless `cv` is positive and finite.
    pub fn gamma(cv: f64) -> Result<Self, DistError> {
        let (shape, scale) = (1.0 / (cv * cv), cv * cv);
        Ok(Self(Law::Gamma { gap: Gamma::new(shape, scale)?, biased: Gamma::new(shape + 1.0, scale)? }))
    }

    /// Weibull with the shape `k` that solves `Γ(1 + 2/k) / Γ(1 + 1/k)² - 1 = cv²`.
    ///
    /// # Errors
    /// Unless `cv` is positive and finite.
    pub fn weibull(cv: f64) -> Result<Self, DistError> {
        // An error of the parameter that the user knows, rather than of the shape.
        Gamma::new(cv, 1.0)?;
        let shape = weibull_shape(cv);
        let scale = libm::exp(-libm::lgamma(1.0 + 1.0 / shape));
        let gap = Weibull::new(shape, scale)?;
        Ok(Self(Law::Weibull { gap, scale, shape, biased: Gamma::new(1.0 + 1.0 / shape, 1.0)? }))
    }

    /// A gap.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        match &self.0 {
            Law::Exponential => standard_exponential(rng),
            Law::Gamma { gap, .. } => gap.sample(rng),
            Law::Weibull { gap, .. } => gap.sample(rng),
        }
    }

    /// From an arbitrary instant to the next arrival: a uniform part of the gap in which the instant lies. Its density
    /// is `P(gap > x)`.
    pub fn rest<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        match &self.0 {
            Law::Exponential => standard_exponential(rng),
            Law::Gamma { biased, .. } => uniform(rng) * biased.sample(rng),
            Law::Weibull { scale, shape, biased, .. } => {
                uniform(rng) * scale * libm::pow(biased.sample(rng), 1.0 / shape)
            }
        }
    }
}

/// The shape of the Weibull distribution with this coefficient of variation: by bisection, as it falls with the shape.
#[must_use]
pub fn weibull_shape(cv: f64) -> f64 {
    // The logarithm of 1 + cv²; differences of logarithms do not overflow for small shapes.
    let wanted = libm::log1p(cv * cv);
    let (mut low, mut high) = (libm::log(0.05), libm::log(1000.0));
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        let k = libm::exp(middle);
        let spread = libm::lgamma(1.0 + 2.0 / k) - 2.0 * libm::lgamma(1.0 + 1.0 / k);
        if spread > wanted { low = middle } else { high = middle }
    }
    libm::exp((low + high) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weibull_shapes_are_those_of_the_tables() {
        // Γ(1+2/k)/Γ(1+1/k)² - 1 at k = 1: 1; k = 2: 4/π - 1; k = 1/2: 24/4 - 1 = 5.
        for (shape, squared) in [(1.0, 1.0), (2.0, 4.0 / std::f64::consts::PI - 1.0), (0.5, 5.0_f64)] {
            let found = weibull_shape(squared.sqrt());
            assert!((found - shape).abs() < 1e-9, "{found} {shape}");
        }
        for cv in [0.01, 100.0] {
            let k = weibull_shape(cv);
            let back = libm::expm1(libm::lgamma(1.0 + 2.0 / k) - 2.0 * libm::lgamma(1.0 + 1.0 / k)).sqrt();
            assert!((back / cv - 1.0).abs() < 1e-6, "{back} {cv}");
        }
        assert!(Gap::weibull(-1.0).is_err() && Gap::gamma(0.0).is_err());
    }
}
