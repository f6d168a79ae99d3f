//! Competing load: the share of an endpoint's batch that other tenants take.
//!
//! `u(t) = curve(t) · exp(x - σ²/2)`, where `x` is stationary Gaussian noise with standard deviation σ whose
//! autocorrelation falls to 1/e over the memory (an AR(1) chain, one step per update). Capped at [`Congestion::MOST`].

use sandbox_core::{Rng, Span, Stream, Time};
use sandbox_model::Curve;

use crate::link::normal_from;

/// The competing load of one provider over time.
#[derive(Clone, Debug)]
pub struct Congestion {
    curve: Curve,
    sigma: f64,
    /// Correlation of one update with the next.
    rho: f64,
    x: f64,
    stream: Stream,
}

impl Congestion {
    /// How often the load is updated.
    pub const STEP: Span = Span::from_secs(60);
    /// Other tenants never take more than this: an assumption, so that the endpoint stays an endpoint.
    pub const MOST: f64 = 0.95;

    /// Load that follows `curve`, with noise `sigma` (standard deviation of its logarithm) of the given memory.
    #[must_use]
    pub fn new(curve: Curve, sigma: f64, memory: Span, mut stream: Stream) -> Self {
        let steps = memory.as_secs_f64() / Self::STEP.as_secs_f64();
        let rho = if steps > 0.0 { libm::exp(-1.0 / steps) } else { 0.0 };
        let x = sigma * gauss(&mut stream);
        Self { curve, sigma, rho, x, stream }
    }

    /// The load from `now` on, for one [`Congestion::STEP`]. Call it once a step, in order of time.
    pub fn step(&mut self, now: Time) -> f64 {
        let load = self.curve.at(now) * libm::exp(self.x - self.sigma * self.sigma / 2.0);
        self.x =
            self.rho * self.x + self.sigma * (1.0 - self.rho * self.rho).sqrt() * gauss(&mut self.stream);
        load.clamp(0.0, Self::MOST)
    }
}

/// A standard normal draw that always takes one number from the stream.
fn gauss<R: Rng>(rng: &mut R) -> f64 {
    normal_from(rng.next_u64())
}

#[cfg(test)]
mod tests {
    use sandbox_core::Seed;

    use super::*;

    #[test]
    fn noise_keeps_the_mean_of_the_curve() {
        let (sigma, steps) = (0.2, 200_000_u32);
        let memory = Span::from_mins(15);
        let stream = Seed::new(1).stream("congestion");
        let mut load = Congestion::new(Curve::constant(0.4), sigma, memory, stream);
        let mean: f64 =
            (0..steps).map(|k| load.step(Time::ZERO + Congestion::STEP * u64::from(k))).sum::<f64>()
                / f64::from(steps);
        // The variance of the mean is inflated by the correlation time of about 2·15 steps; 3.3 standard errors
        // (99.9 %) of 0.4 · 0.2 · sqrt(30 / 200 000) = 0.00098.
        assert!((mean - 0.4).abs() < 3.3 * 0.00098, "{mean}");
    }

    #[test]
    fn load_without_noise_is_the_curve_and_is_capped() {
        let curve = Curve::new(Span::from_hours(1), vec![0.2, 1.8]);
        let mut load = Congestion::new(curve, 0.0, Span::from_mins(1), Seed::new(1).stream("x"));
        assert_eq!(load.step(Time::ZERO), 0.2);
        assert_eq!(load.step(Time::ZERO + Span::from_hours(1)), Congestion::MOST);
    }
}
