//! Point processes that requests arrive by.
//!
//! * [`gap`] – laws of gaps with mean 1 and a given spread
//! * [`renewal`] – one gap after the other
//! * [`bursts`] – bursts that begin at random, and send at random while they live
//! * [`clients`] – many senders, each with gaps of its own
//!
//! All of them run in a time of their own, in which the mean rate is 1, and are carried to the scenario's time by a
//! [`Pace`]: an arrival comes when the integral of the rate over time has grown by the gap. For gaps that are
//! exponential that is the Poisson process with that rate, exactly; for others it is the modulated renewal process.
//!
//! A process begins in its steady state: the scenario's start is an instant like any other, not an arrival.

pub mod bursts;
pub mod clients;
pub mod gap;
pub mod renewal;

pub use bursts::Bursts;
pub use clients::Clients;
pub use gap::Gap;
pub use renewal::Renewal;

use sandbox_core::{Span, Time};
use sandbox_model::{Curve, Steps};

/// The rate of a process over time [1/s].
#[derive(Clone, PartialEq, Debug)]
pub enum Pace {
    /// The same at all times.
    Constant(f64),
    /// Moves by straight lines.
    Curve(Curve),
    /// Jumps.
    Steps(Steps),
}

impl Pace {
    /// The rate at `time`.
    #[must_use]
    pub fn at(&self, time: Time) -> f64 {
        match self {
            Self::Constant(rate) => *rate,
            Self::Curve(curve) => curve.at(time),
            Self::Steps(steps) => steps.at(time),
        }
    }

    /// The same shape, so many times as high.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        match self {
            Self::Constant(rate) => Self::Constant(rate * factor),
            Self::Curve(curve) => Self::Curve(curve.times(factor)),
            Self::Steps(steps) => Self::Steps(steps.times(factor)),
        }
    }

    /// When the integral of the rate from `from` on reaches `area`; `None` if that is not before `limit`.
    #[must_use]
    pub fn advance(&self, from: Time, area: f64, limit: Time) -> Option<Time> {
        let at = match self {
            Self::Constant(rate) => Some(from.saturating_add(Span::from_secs_f64_saturating(area / rate))),
            Self::Curve(curve) => curve.advance(from, area, limit),
            Self::Steps(steps) => steps.advance(from, area, limit),
        };
        at.filter(|&at| at < limit)
    }
}

impl From<Curve> for Pace {
    fn from(curve: Curve) -> Self {
        // What does not move needs no walk from knot to knot.
        if curve.min() == curve.max() { Self::Constant(curve.max()) } else { Self::Curve(curve) }
    }
}
