//! The network between two regions: round trips, their spread, and what a new connection costs.
//!
//! A request on an open connection reaches the other side after half a round trip and its answer takes the other
//! half. A new connection costs two more round trips first: one for TCP, one for TLS 1.3.

use sandbox_core::dist::normal_inv;
use sandbox_core::{Span, Time};

/// A draw from a wide law of round trips is cut here, so that sums of some of them fit.
const ROUND_TRIP_MAX: Span = Span::from_hours(24 * 365);

/// A path between two regions.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct LinkSpec {
    /// Median round-trip time.
    pub rtt: Span,
    /// Standard deviation of the logarithm of the round-trip time.
    pub jitter: f64,
    /// How long an idle connection stays open.
    pub keep_alive: Span,
}

impl LinkSpec {
    /// A path that takes no time: caller and callee are one process.
    pub const NONE: Self = Self { rtt: Span::ZERO, jitter: 0.0, keep_alive: Span::ZERO };

    /// One round-trip time, from 64 random bits.
    #[inline]
    #[must_use]
    pub fn round_trip(&self, bits: u64) -> Span {
        if self.jitter == 0.0 {
            return self.rtt;
        }
        let factor = libm::exp(self.jitter * normal_from(bits));
        Span::from_secs_f64_saturating(self.rtt.as_secs_f64() * factor).min(ROUND_TRIP_MAX)
    }

    /// Time on the way there: half a round trip, and two more if the connection is new.
    #[inline]
    #[must_use]
    pub fn there(round_trip: Span, new_connection: bool) -> Span {
        let handshakes = if new_connection { round_trip * 2 } else { Span::ZERO };
        handshakes + round_trip / 2
    }

    /// Time on the way back.
    #[inline]
    #[must_use]
    pub fn back(round_trip: Span) -> Span {
        round_trip / 2
    }
}

/// A standard normal number from 64 random bits, by inversion: one number of a request's luck gives one outcome.
#[inline]
#[must_use]
pub fn normal_from(bits: u64) -> f64 {
    // The middle of one of 2⁵² equal steps, which is exact: never 0 and never 1.
    normal_inv(((bits >> 12) as i64 as f64 + 0.5) / 4_503_599_627_370_496.0)
}

/// The open connections of one caller to one target, seen as a pool: after a use, the next one within the
/// keep-alive time finds an open connection, and a later one does not.
#[derive(Copy, Clone, Default, Debug)]
pub struct Connections {
    last_used: Option<Time>,
}

impl Connections {
    /// Uses a connection at `now`; true if it has to be opened first.
    #[inline]
    pub fn open(&mut self, now: Time, keep_alive: Span) -> bool {
        let new = self.last_used.is_none_or(|last| now.since(last) > keep_alive || keep_alive == Span::ZERO);
        self.last_used = Some(now);
        new
    }

    /// An answer arrived at `now`: the connection was in use until then.
    #[inline]
    pub fn answered(&mut self, now: Time) {
        self.last_used = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use sandbox_core::{Rng as _, Seed};

    use super::*;

    const LINK: LinkSpec =
        LinkSpec { rtt: Span::from_millis(100), jitter: 0.2, keep_alive: Span::from_secs(60) };

    #[test]
    fn a_new_connection_takes_three_round_trips_to_the_first_byte() {
        let rtt = Span::from_millis(100);
        assert_eq!(LinkSpec::there(rtt, true) + LinkSpec::back(rtt), Span::from_millis(300));
        assert_eq!(LinkSpec::there(rtt, false) + LinkSpec::back(rtt), rtt);
    }

    #[test]
    fn connections_stay_open_for_the_keep_alive_time() {
        let mut pool = Connections::default();
        let at = |s| Time::ZERO + Span::from_secs(s);
        assert!(pool.open(at(0), LINK.keep_alive));
        assert!(!pool.open(at(60), LINK.keep_alive));
        pool.answered(at(70));
        assert!(!pool.open(at(130), LINK.keep_alive));
        assert!(pool.open(at(191), LINK.keep_alive));
        assert!(pool.open(at(191), Span::ZERO), "without keep-alive every connection is new");
    }

    #[test]
    fn the_extremes_of_luck_are_finite() {
        for bits in [0, u64::MAX] {
            assert!(normal_from(bits).abs() > 8.0 && normal_from(bits).is_finite());
        }
    }

    #[test]
    fn the_median_round_trip_is_the_stated_one() {
        let noise = Seed::new(3).noise("link");
        let n = 10_001;
        let mut seen: Vec<_> = (0..n).map(|i| LINK.round_trip(noise.at(i, 0).next_u64())).collect();
        seen.sort();
        let below = seen.iter().filter(|&&rtt| rtt < LINK.rtt).count() as f64;
        // Binomial(10 001, 1/2): 3.3 standard deviations are 165 (99.9 %).
        assert!((below - n as f64 / 2.0).abs() < 165.0, "{below}");
        // The 84th percentile is one sigma up: exp(0.2) = 1.2214; its standard error is 0.5 %.
        let upper = seen[8_413].as_secs_f64();
        assert!((upper / 0.12214 - 1.0).abs() < 0.0165, "{upper}");
    }
}
