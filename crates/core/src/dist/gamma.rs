//! The gamma distribution.

use rand_core::Rng;

use super::{DistError, positive, standard_exponential, standard_normal};
use crate::random::uniform_open;

/// Gamma: for a whole `shape`, the sum of that many exponentials (Erlang).
///
/// By rejection from a normal: Marsaglia, Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000).
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Gamma {
    shape: f64,
    scale: f64,
    /// The paper's `d` and `c`, for `shape` or, below 1, for `shape + 1`.
    d: f64,
    c: f64,
}

impl Gamma {
    /// With this shape and scale; the mean is their product.
    ///
    /// # Errors
    /// Unless both are positive and finite.
    pub fn new(shape: f64, scale: f64) -> Result<Self, DistError> {
        positive("Gamma", "shape", shape)?;
        positive("Gamma", "scale", scale)?;
        let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
        Ok(Gamma { shape, scale, d, c: 1.0 / (9.0 * d).sqrt() })
    }

    /// A value.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        let standard = self.standard(rng);
        if self.shape < 1.0 {
            // Gamma(a) is Gamma(a + 1) times U^(1/a), and -ln U an exponential.
            self.scale * standard * libm::exp(-standard_exponential(rng) / self.shape)
        } else {
            self.scale * standard
        }
    }

    fn standard<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        loop {
            let x = standard_normal(rng);
            let root = 1.0 + self.c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            let u = uniform_open(rng);
            let squared = x * x;
            // The first test decides nearly always and costs no logarithm.
            if u < 1.0 - 0.0331 * squared * squared
                || libm::log(u) < 0.5 * squared + self.d * (1.0 - v + libm::log(v))
            {
                return self.d * v;
            }
        }
    }

    /// Expected value.
    pub fn mean(&self) -> f64 {
        self.shape * self.scale
    }

    /// Expected squared distance from the mean.
    pub fn variance(&self) -> f64 {
        self.shape * self.scale * self.scale
    }
}
