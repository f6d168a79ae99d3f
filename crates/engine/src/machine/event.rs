//! What can happen, in what order at the same instant, and how it is told.

use sandbox_core::Time;
use sandbox_model::{Answer, NodeId};

/// What can happen.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// The next request of a workload.
    Arrival(u16),
    /// An attempt reaches its target.
    Deliver(u32),
    /// Something happens inside a replica of an endpoint.
    Endpoint(u16),
    /// An attempt's answer reaches its caller.
    Return(u32),
    /// An attempt's caller runs out of patience.
    Timer(u32),
    /// A router's wait is over.
    Wake(u32),
    /// The first token of an attempt reaches a router that hedges.
    Head(u32),
    /// An attempt whose connection was held gets its blank answer.
    Blank(u32),
    /// A fault begins at a node or a link.
    FaultBegin(u32),
    /// A fault ends at a node or a link.
    FaultEnd(u32),
    /// Competing load of a provider changes.
    Congestion(u16),
    /// A gateway hears from its other customers.
    Fleet(u16),
}

impl Event {
    /// Position in the order of the same instant.
    pub(super) const fn class(self) -> u8 {
        match self {
            Self::FaultEnd(_) => 0,
            Self::FaultBegin(_) => 1,
            // Not with the faults, which may come onto the queue late: see `trials`.
            Self::Congestion(_) => 2,
            Self::Endpoint(_) | Self::Return(_) | Self::Blank(_) | Self::Head(_) => 3,
            Self::Timer(_) | Self::Wake(_) | Self::Fleet(_) => 4,
            Self::Arrival(_) | Self::Deliver(_) => 5,
        }
    }

    pub(super) const fn kind(self) -> EventKind {
        match self {
            Self::Arrival(_) => EventKind::Arrival,
            Self::Deliver(_) => EventKind::Deliver,
            Self::Endpoint(_) => EventKind::Endpoint,
            Self::Return(_) => EventKind::Return,
            Self::Timer(_) => EventKind::Timer,
            Self::Wake(_) => EventKind::Wake,
            Self::Blank(_) => EventKind::Blank,
            Self::Head(_) => EventKind::Head,
            Self::FaultBegin(_) => EventKind::FaultBegin,
            Self::FaultEnd(_) => EventKind::FaultEnd,
            Self::Congestion(_) => EventKind::Congestion,
            Self::Fleet(_) => EventKind::Fleet,
        }
    }

    pub(super) const fn index(self) -> u32 {
        match self {
            Self::Arrival(i) | Self::Endpoint(i) | Self::Congestion(i) | Self::Fleet(i) => i as u32,
            Self::Deliver(i)
            | Self::Return(i)
            | Self::Timer(i)
            | Self::Wake(i)
            | Self::Blank(i)
            | Self::Head(i)
            | Self::FaultBegin(i)
            | Self::FaultEnd(i) => i,
        }
    }
}

/// What kind of event a record is about.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum EventKind {
    /// A request arrives at its entry router.
    Arrival,
    /// An attempt reaches its target.
    Deliver,
    /// Something happens inside an endpoint.
    Endpoint,
    /// An answer reaches its caller.
    Return,
    /// A caller runs out of patience.
    Timer,
    /// A router's wait is over.
    Wake,
    /// A fault begins.
    FaultBegin,
    /// A fault ends.
    FaultEnd,
    /// Competing load changes.
    Congestion,
    /// A connection that was held ends without an answer.
    Blank,
    /// The first token of an attempt reaches a router that hedges.
    Head,
    /// A gateway hears from its other customers.
    Fleet,
}

impl EventKind {
    /// The name in event logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::Deliver => "deliver",
            Self::Endpoint => "endpoint",
            Self::Return => "return",
            Self::Timer => "timer",
            Self::Wake => "wake",
            Self::FaultBegin => "fault_begin",
            Self::FaultEnd => "fault_end",
            Self::Congestion => "congestion",
            Self::Blank => "blank",
            Self::Head => "head",
            Self::Fleet => "fleet",
        }
    }
}

/// One event, for logs and comparisons.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct EventRecord {
    /// When.
    pub at: Time,
    /// What.
    pub kind: EventKind,
    /// The request it is about: workload and number of arrival, from 0.
    pub request: Option<(u16, u64)>,
    /// The node it is about: target of an attempt, router of a wait, target of a fault that is no link.
    pub node: Option<NodeId>,
    /// The answer that returns.
    pub answer: Option<Answer>,
}
