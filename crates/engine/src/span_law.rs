//! A scenario's distribution of times, ready to draw.

use sandbox_core::Rng;
use sandbox_core::dist::{Exponential, Lognormal, Weibull};
use sandbox_scenario::file::SpanDist;

/// Draws seconds.
#[derive(Copy, Clone, PartialEq, Debug)]
pub(crate) enum SpanLaw {
    Constant(f64),
    Exponential(Exponential),
    Weibull(Weibull),
    Lognormal(Lognormal),
}

impl SpanLaw {
    /// # Panics
    /// If the law was not checked.
    pub(crate) fn new(law: &SpanDist) -> Self {
        const CHECKED: &str = "the scenario's laws were checked when it was read";
        match *law {
            SpanDist::Constant(span) => Self::Constant(span.as_secs_f64()),
            SpanDist::Exponential { mean } => {
                Self::Exponential(Exponential::new(mean.as_secs_f64()).expect(CHECKED))
            }
            SpanDist::Weibull { mean, shape } => {
                let scale = mean.as_secs_f64() / libm::tgamma(1.0 + 1.0 / shape);
                Self::Weibull(Weibull::new(shape, scale).expect(CHECKED))
            }
            SpanDist::Lognormal { median, sigma } => {
                Self::Lognormal(Lognormal::from_median_sigma(median.as_secs_f64(), sigma).expect(CHECKED))
            }
        }
    }

    pub(crate) fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        match self {
            Self::Constant(seconds) => *seconds,
            Self::Exponential(law) => law.sample(rng),
            Self::Weibull(law) => law.sample(rng),
            Self::Lognormal(law) => law.sample(rng),
        }
    }
}
