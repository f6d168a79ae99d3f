//! Samplers whose bits are the same on every machine.
//!
//! Each is built by a constructor that checks its parameters ([`DistError`] names the offending one), and draws from
//! any [`Rng`](crate::Rng). Not a statistics library: no densities, no fitting.
//!
//! - [`Exponential`], [`Uniform`], [`Normal`], [`Lognormal`], [`Gamma`], [`Weibull`], [`Pareto`]: real-valued.
//! - [`Poisson`], [`Bernoulli`], [`Alias`], [`Empirical`]: counts, coins, weighted and given choices.
//! - [`PoissonProcess`]: arrivals whose rate changes with time.
//! - [`exp_inv`], [`normal_inv`] and the `quantile` methods: one uniform a value, rising with it, for common random
//!   numbers.
//!
//! Invariants:
//! - Beyond `+ - * /` and `sqrt`, which IEEE 754 defines to the bit, only [`libm`] is called: the platform's
//!   logarithms and powers differ in a tenth of all calls.
//! - What a sampler returns for a given sequence is part of its interface and pinned by tests.
//! - How many draws a sampler takes may depend on their values (`sample` of the Ziggurat and the rejection
//!   samplers), so a sequence that two runs must share gets a stream, or a noise occasion, of its own.

mod arrivals;
mod choice;
mod continuous;
mod gamma;
mod inverse;
mod poisson;
mod tables;
mod ziggurat;

pub use arrivals::PoissonProcess;
pub use choice::{Alias, Bernoulli, Empirical};
pub use continuous::{Exponential, Lognormal, Normal, Pareto, Uniform, Weibull};
pub use gamma::Gamma;
pub use inverse::{exp_inv, normal_inv};
pub use poisson::Poisson;
pub use ziggurat::{standard_exponential, standard_normal};

/// A parameter that the distribution does not allow.
#[derive(Copy, Clone, Debug, PartialEq, thiserror::Error)]
#[error("{distribution}: {parameter} is {value}, but must be {requirement}")]
pub struct DistError {
    /// Which distribution, for instance `Lognormal`.
    pub distribution: &'static str,
    /// Which of its parameters.
    pub parameter: &'static str,
    /// What it was.
    pub value: f64,
    /// What it has to be.
    pub requirement: &'static str,
}

/// `value` if `allowed`, otherwise the error that says so.
fn check(
    distribution: &'static str,
    parameter: &'static str,
    value: f64,
    requirement: &'static str,
    allowed: bool,
) -> Result<f64, DistError> {
    if allowed { Ok(value) } else { Err(DistError { distribution, parameter, value, requirement }) }
}

/// `value` if it is positive and finite.
fn positive(distribution: &'static str, parameter: &'static str, value: f64) -> Result<f64, DistError> {
    check(distribution, parameter, value, "positive and finite", value > 0.0 && value.is_finite())
}

/// `value` if it is zero or positive, and finite.
fn not_negative(distribution: &'static str, parameter: &'static str, value: f64) -> Result<f64, DistError> {
    check(distribution, parameter, value, "zero or positive, and finite", value >= 0.0 && value.is_finite())
}

/// `value` if it is finite.
fn finite(distribution: &'static str, parameter: &'static str, value: f64) -> Result<f64, DistError> {
    check(distribution, parameter, value, "finite", value.is_finite())
}
