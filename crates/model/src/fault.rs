//! Faults as data: what an outage script is made of.

use sandbox_core::Time;
use serde::{Deserialize, Serialize};

use crate::outcome::Status;

/// What goes wrong.
///
/// Faults of one target may overlap; how they compose is defined in `sandbox_providers::health`.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum FaultKind {
    /// Refuses every request at once, and breaks off those in flight.
    Down {
        /// The status of the refusals.
        #[serde(default = "unavailable")]
        status: Status,
    },
    /// Accepts and never answers: the caller waits until it gives up. Requests in flight stand still.
    Blackhole,
    /// Works, but slower.
    Brownout {
        /// How many times slower (2.0 = half the speed); at least 1.
        slowdown: f64,
    },
    /// A share of the requests fails at once.
    Errors {
        /// Share of requests that fail, 0 to 1.
        share: f64,
        /// The status of the failures.
        #[serde(default = "internal")]
        status: Status,
    },
    /// The rate limits shrink.
    RateLimitSpike {
        /// What remains of every limit, 0 to 1.
        scale: f64,
    },
}

const fn unavailable() -> Status {
    Status::UNAVAILABLE
}

const fn internal() -> Status {
    Status::INTERNAL
}

impl FaultKind {
    /// The name in tables and on charts.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Down { .. } => "down",
            Self::Blackhole => "blackhole",
            Self::Brownout { .. } => "brownout",
            Self::Errors { .. } => "errors",
            Self::RateLimitSpike { .. } => "rate_limit_spike",
        }
    }

    /// Says what is wrong with the numbers, if anything: a fragment that fits after the key's path.
    ///
    /// # Errors
    /// The name of the field and what it must be.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let within = |field, value: f64, low: f64, high: f64| {
            if value >= low && value <= high {
                Ok(())
            } else {
                Err((field, format!("`{value}` is outside {low} to {high}")))
            }
        };
        let failure = |status: Status| {
            if (400..=599).contains(&status.0) {
                Ok(())
            } else {
                Err(("status", format!("`{status}` is not a failure; statuses of failures are 400 to 599")))
            }
        };
        match *self {
            Self::Down { status } => failure(status),
            Self::Blackhole => Ok(()),
            Self::Brownout { slowdown } => within("slowdown", slowdown, 1.0, 1e6),
            Self::Errors { share, status } => within("share", share, 0.0, 1.0).and_then(|()| failure(status)),
            Self::RateLimitSpike { scale } => within("scale", scale, 0.0, 1.0),
        }
    }
}

/// One fault: a target, what goes wrong with it, and when (half-open: `from` is in, `until` is out).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// A provider (all its endpoints), an endpoint, or a router that has a region of its own (a gateway).
    pub target: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Onset, since the start of the scenario.
    pub from: Time,
    /// End, since the start of the scenario.
    pub until: Time,
}

/// An explicit list of faults: written by hand, imported, or drawn from a seed.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutageScript {
    /// The faults, in order of onset when drawn; any order when written.
    pub faults: Vec<Fault>,
}

impl OutageScript {
    /// Puts the faults in the order in which they begin (then end, then by target and kind).
    pub fn sort(&mut self) {
        self.faults.sort_by(|a, b| {
            (a.from, a.until, &a.target, a.kind.name()).cmp(&(b.from, b.until, &b.target, b.kind.name()))
        });
    }
}
