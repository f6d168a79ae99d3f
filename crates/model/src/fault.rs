//! Faults as data: what an outage script is made of.

use sandbox_core::{Span, Time};
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
        /// The status of the refusals. An outage may present as 401, 402 or 403.
        #[serde(default = "unavailable")]
        status: Status,
        /// How long refused callers are told to wait (Retry-After). Default: they are told nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<Span>,
    },
    /// Accepts and never answers: the caller waits until it gives up. Requests in flight stand still.
    Blackhole,
    /// Works, but slower: prefill and decode.
    Brownout {
        /// How many times slower (2.0 = half the speed); at least 1.
        slowdown: f64,
    },
    /// A share of the requests fails at once; each has its own luck.
    Errors {
        /// Share of requests that fail, 0 to 1.
        share: f64,
        /// The status of the failures. An outage may present as 401, 402 or 403.
        #[serde(default = "internal")]
        status: Status,
        /// How long callers that fail are told to wait (Retry-After). Default: they are told nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<Span>,
    },
    /// Gray failure: a share of the clients fails always, the others and health probes never.
    Gray {
        /// Share of the clients that are hit, 0 to 1: the same ones as long as the share stays, and more of them
        /// when it grows.
        share: f64,
        /// The status of the failures.
        #[serde(default = "internal")]
        status: Status,
    },
    /// Accepts a share of the requests, holds the connection, and then ends it without an answer.
    SlowFail {
        /// Share of requests that are held, 0 to 1.
        #[serde(default = "all")]
        share: f64,
        /// How long. Default 60 s: blank responses of DeepSeek, Jan 2025 (DeepSeek-V3 issue 450).
        #[serde(default = "minute")]
        hold: Span,
        /// What the caller makes of the blank response. Default 502: an assumption.
        #[serde(default = "blank")]
        status: Status,
    },
    /// Prefill takes longer, decoding does not: only the first token is late.
    SlowFirstToken {
        /// How many times longer; at least 1.
        slowdown: f64,
    },
    /// Streams stand still after their first token, for as long as the fault lasts; first tokens still come.
    Stall,
    /// A share of the streams breaks off in the middle.
    StreamCut {
        /// Share of streams that break off, 0 to 1.
        #[serde(default = "all")]
        share: f64,
        /// After how many tokens; shorter answers are whole.
        after: u32,
    },
    /// The rate limits shrink.
    RateLimitSpike {
        /// What remains of every limit, 0 to 1.
        scale: f64,
    },
    /// A share of the servers is gone, with what they were serving.
    CapacityLoss {
        /// Share that is gone, 0 to 1.
        share: f64,
    },
    /// The prices change.
    PriceChange {
        /// What they are multiplied by; above 0.
        factor: f64,
    },
    /// A link loses packets, on top of what it always loses.
    Loss {
        /// Share of packets lost, 0 to 1.
        share: f64,
    },
    /// Nothing passes a link.
    Partition,
}

const fn unavailable() -> Status {
    Status::UNAVAILABLE
}

const fn internal() -> Status {
    Status::INTERNAL
}

const fn blank() -> Status {
    Status(502)
}

const fn all() -> f64 {
    1.0
}

const fn minute() -> Span {
    Span::from_secs(60)
}

/// What kind of thing a fault can hit.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum FaultScope {
    /// Endpoints, and gateways too.
    Node,
    /// Endpoints alone: a gateway has no servers, limits or prices of its own.
    Endpoint,
    /// Links between regions.
    Link,
}

impl FaultKind {
    /// The name in tables and on charts.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            _ if self.is_wrong_status() => "wrong_status",
            Self::Down { .. } => "down",
            Self::Blackhole => "blackhole",
            Self::Brownout { .. } => "brownout",
            Self::Errors { .. } => "errors",
            Self::Gray { .. } => "gray",
            Self::SlowFail { .. } => "slow_fail",
            Self::SlowFirstToken { .. } => "slow_first_token",
            Self::Stall => "stall",
            Self::StreamCut { .. } => "stream_cut",
            Self::RateLimitSpike { .. } => "rate_limit_spike",
            Self::CapacityLoss { .. } => "capacity_loss",
            Self::PriceChange { .. } => "price_change",
            Self::Loss { .. } => "loss",
            Self::Partition => "partition",
        }
    }

    /// Whether it is an outage that clients and routers take for a mistake of the caller.
    #[must_use]
    pub const fn is_wrong_status(&self) -> bool {
        matches!(
            self,
            Self::Down { status: Status(401..=403), .. } | Self::Errors { status: Status(401..=403), .. }
        )
    }

    /// What it can hit.
    #[must_use]
    pub const fn scope(&self) -> FaultScope {
        match self {
            Self::Down { .. }
            | Self::Blackhole
            | Self::Errors { .. }
            | Self::Gray { .. }
            | Self::SlowFail { .. } => FaultScope::Node,
            Self::Brownout { .. }
            | Self::SlowFirstToken { .. }
            | Self::Stall
            | Self::StreamCut { .. }
            | Self::RateLimitSpike { .. }
            | Self::CapacityLoss { .. }
            | Self::PriceChange { .. } => FaultScope::Endpoint,
            Self::Loss { .. } | Self::Partition => FaultScope::Link,
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
            Self::Down { status, .. } => failure(status),
            Self::Blackhole | Self::Stall | Self::Partition => Ok(()),
            Self::Brownout { slowdown } | Self::SlowFirstToken { slowdown } => {
                within("slowdown", slowdown, 1.0, 1e6)
            }
            Self::Errors { share, status, .. }
            | Self::Gray { share, status }
            | Self::SlowFail { share, status, .. } => {
                within("share", share, 0.0, 1.0).and_then(|()| failure(status))
            }
            Self::StreamCut { share, after } => {
                within("share", share, 0.0, 1.0).and_then(|()| within("after", f64::from(after), 1.0, 1e9))
            }
            Self::RateLimitSpike { scale } => within("scale", scale, 0.0, 1.0),
            Self::CapacityLoss { share } | Self::Loss { share } => within("share", share, 0.0, 1.0),
            Self::PriceChange { factor } => within("factor", factor, 1e-6, 1e6),
        }
    }
}

/// One fault: a target, what goes wrong with it, and when (half-open: `from` is in, `until` is out).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// A provider (all its endpoints), an endpoint, a router that has a region of its own (a gateway), or a link
    /// (`"cn-east <-> us-west"` both ways, `"us-west -> cn-east"` one way).
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
        self.sort_as(str::to_owned);
    }

    /// The same, where targets are ordered by what `called` calls them.
    pub fn sort_as(&mut self, called: impl Fn(&str) -> String) {
        self.faults
            .sort_by_cached_key(|fault| (fault.from, fault.until, called(&fault.target), fault.kind.name()));
    }
}
