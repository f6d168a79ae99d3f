//! Poisson arrivals at a rate that changes with time.

use rand_core::Rng;

use super::{DistError, positive, standard_exponential};
use crate::random::uniform;
use crate::time::{Span, Time};

/// Arrivals at random, independent of each other, at a rate that may change with time.
///
/// By thinning (Lewis, Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", 1979), exact for any rate
/// that stays below the bound, up to rounding candidates to the nanosecond. Costs a candidate every `1 / rate_max`
/// seconds: a bound far above the rate wastes time, but changes no law.
///
/// ```
/// use sandbox_core::{Seed, Time, dist::PoissonProcess};
///
/// let arrivals = PoissonProcess::new(100.0)?;
/// let by_day = |at: Time| if at.as_secs_f64() < 3600.0 { 100.0 } else { 20.0 };
/// let mut stream = Seed::new(1).stream("arrivals");
/// let first = arrivals.next(Time::ZERO, &mut stream, by_day);
/// let second = arrivals.next(first, &mut stream, by_day);
/// assert!(Time::ZERO < first && first < second);
/// # Ok::<(), sandbox_core::dist::DistError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct PoissonProcess {
    rate_max_per_s: f64,
}

impl PoissonProcess {
    /// With a bound on the rate [1/s].
    ///
    /// # Errors
    /// Unless it is positive and finite.
    pub fn new(rate_max_per_s: f64) -> Result<Self, DistError> {
        Ok(PoissonProcess { rate_max_per_s: positive("PoissonProcess", "rate_max_per_s", rate_max_per_s)? })
    }

    /// The first arrival after `after`, [`Time::MAX`] if there is none before that. `rate_at` gives the rate [1/s] at
    /// an instant.
    ///
    /// Where the rate may stay zero for ever, use [`next_until`](Self::next_until): this would look for 584 years.
    ///
    /// # Panics
    /// If `rate_at` returns more than the bound, or NaN: the arrivals would silently be too few.
    pub fn next<R: Rng + ?Sized>(&self, after: Time, rng: &mut R, rate_at: impl FnMut(Time) -> f64) -> Time {
        self.next_until(after, Time::MAX, rng, rate_at).unwrap_or(Time::MAX)
    }

    /// The first arrival after `after` and up to `limit`, or `None`.
    ///
    /// # Panics
    /// As [`next`](Self::next).
    pub fn next_until<R: Rng + ?Sized>(
        &self,
        after: Time,
        limit: Time,
        rng: &mut R,
        mut rate_at: impl FnMut(Time) -> f64,
    ) -> Option<Time> {
        let mut at = after;
        loop {
            let gap = Span::from_secs_f64_saturating(standard_exponential(rng) / self.rate_max_per_s);
            at = at.checked_add(gap).filter(|at| *at <= limit)?;
            let rate = rate_at(at);
            assert!(
                rate <= self.rate_max_per_s,
                "the arrival rate at {at} is {rate}/s, above its bound of {}/s",
                self.rate_max_per_s
            );
            if uniform(rng) * self.rate_max_per_s < rate {
                return Some(at);
            }
        }
    }
}
