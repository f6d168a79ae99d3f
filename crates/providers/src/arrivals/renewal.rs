//! Renewal arrivals: one gap after the other, run down at the pace of the rate.

use sandbox_core::{Rng, Time};

use super::{Gap, Pace};

/// A renewal process in its steady state, modulated by a rate.
///
/// ```
/// use sandbox_core::{Seed, Span, Time};
/// use sandbox_providers::arrivals::{Gap, Pace, Renewal};
///
/// let mut arrivals = Renewal::new(Gap::gamma(2.0)?, Pace::Constant(40.0));
/// let mut stream = Seed::new(1).stream("arrivals");
/// let end = Time::ZERO + Span::from_mins(1);
/// let first = arrivals.next(Time::ZERO, end, &mut stream).unwrap();
/// assert!(arrivals.next(first, end, &mut stream).unwrap() >= first);
/// # Ok::<(), sandbox_core::dist::DistError>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Renewal {
    gap: Gap,
    pace: Pace,
    begun: bool,
}

impl Renewal {
    /// With these gaps at this pace.
    #[must_use]
    pub const fn new(gap: Gap, pace: Pace) -> Self {
        Self { gap, pace, begun: false }
    }

    /// The arrival after the one at `now` (the start, at first), if it is before `limit`.
    pub fn next<R: Rng + ?Sized>(&mut self, now: Time, limit: Time, rng: &mut R) -> Option<Time> {
        let gap = if self.begun { self.gap.sample(rng) } else { self.gap.rest(rng) };
        self.begun = true;
        self.pace.advance(now, gap, limit)
    }
}
