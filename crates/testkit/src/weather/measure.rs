//! How simple a script is.

use sandbox_core::{Span, Time};
use sandbox_model::{Fault, FaultKind, OutageScript, Status};

use super::Weather;
use super::kinds::{AFTER, CHEAPER, DEARER, SCALES, SHARES, SLOWDOWNS};

/// How far a script is from being simple: whole numbers, of which the first that differs decides.
///
/// Shrinking goes from script to script with a smaller measure. The order is that of words of a fixed length over the
/// natural numbers, which has no infinite descent, so it comes to an end.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Measure {
    /// Number of faults.
    pub faults: u64,
    /// By fault: one, and what is inside its target: endpoints of a provider, directions of a link.
    pub width: u64,
    /// By fault: how hard its kind is to grasp.
    pub kinds: u64,
    /// Statuses, holds and Retry-Afters that are not the kind's own.
    pub oddities: u64,
    /// By fault: its length in seconds, rounded up.
    pub seconds: u64,
    /// By fault: minutes from its onset to the end of all time.
    pub minutes_left: u64,
    /// By fault: how severe it is.
    pub severity: u64,
    /// By time: 0 for a whole minute, 1 for a whole 10 s, 2 for 5 s, 3 for 1 s, 4 for 100 ms, 5 for 1 ms, else 6. Twice
    /// that for an onset: a fault of 48 s rather begins with the minute than ends with it.
    pub roughness: u64,
}

/// What is round, the roundest first.
pub(super) const ROUND: [Span; 6] = [
    Span::from_secs(60),
    Span::from_secs(10),
    Span::from_secs(5),
    Span::from_secs(1),
    Span::from_millis(100),
    Span::from_millis(1),
];

pub(super) const SECOND: u64 = 1_000_000_000;

impl Measure {
    /// The measure of a script.
    #[must_use]
    pub fn of(script: &OutageScript, weather: &Weather) -> Self {
        let sum = |of: &dyn Fn(&Fault) -> u64| script.faults.iter().map(of).sum();
        Self {
            faults: script.faults.len() as u64,
            width: sum(&|fault| weather.place(&fault.target).map_or(1, |place| place.width())),
            kinds: sum(&|fault| rank(&fault.kind)),
            oddities: sum(&|fault| oddities(&fault.kind)),
            seconds: sum(&seconds),
            minutes_left: sum(&|fault| minute(Time::MAX) - minute(fault.from)),
            severity: sum(&|fault| severity(&fault.kind)),
            roughness: sum(&|fault| {
                let spans: u64 = asks(&fault.kind).iter().map(|span| roughness(span.as_nanos())).sum();
                spans + 2 * roughness(fault.from.as_nanos()) + roughness(fault.until.as_nanos())
            }),
        }
    }
}

/// Length in seconds, rounded up.
pub(super) fn seconds(fault: &Fault) -> u64 {
    fault.until.saturating_since(fault.from).as_nanos().div_ceil(SECOND)
}

fn minute(time: Time) -> u64 {
    time.as_nanos() / (60 * SECOND)
}

fn roughness(nanos: u64) -> u64 {
    ROUND.iter().take_while(|unit| !nanos.is_multiple_of(unit.as_nanos())).count() as u64
}

/// Kinds that others come down to have lower ranks: see `milder`.
fn rank(kind: &FaultKind) -> u64 {
    match kind {
        FaultKind::Down { .. }
        | FaultKind::Brownout { .. }
        | FaultKind::PriceChange { .. }
        | FaultKind::Partition => 0,
        FaultKind::Blackhole
        | FaultKind::Errors { .. }
        | FaultKind::SlowFirstToken { .. }
        | FaultKind::RateLimitSpike { .. }
        | FaultKind::CapacityLoss { .. }
        | FaultKind::Loss { .. } => 1,
        FaultKind::Gray { .. }
        | FaultKind::SlowFail { .. }
        | FaultKind::Stall
        | FaultKind::StreamCut { .. } => 2,
    }
}

/// What it is told to wait or held for, where that is not the kind's own.
fn asks(kind: &FaultKind) -> Option<Span> {
    match *kind {
        FaultKind::Down { retry_after, .. } | FaultKind::Errors { retry_after, .. } => retry_after,
        FaultKind::SlowFail { hold, .. } => (hold != HOLD).then_some(hold),
        _ => None,
    }
}

/// The hold of a slow failure, unless it is given.
pub(super) const HOLD: Span = Span::from_secs(60);

/// The status that a kind has unless it is given.
pub(super) const fn own_status(kind: &FaultKind) -> Option<Status> {
    match kind {
        FaultKind::Down { .. } => Some(Status::UNAVAILABLE),
        FaultKind::Errors { .. } | FaultKind::Gray { .. } => Some(Status::INTERNAL),
        FaultKind::SlowFail { .. } => Some(Status(502)),
        _ => None,
    }
}

fn oddities(kind: &FaultKind) -> u64 {
    let status = match *kind {
        FaultKind::Down { status, .. }
        | FaultKind::Errors { status, .. }
        | FaultKind::Gray { status, .. }
        | FaultKind::SlowFail { status, .. } => Some(status),
        _ => None,
    };
    u64::from(status != own_status(kind)) + u64::from(asks(kind).is_some())
}

/// How severe a fault is among those of its kind.
fn severity(kind: &FaultKind) -> u64 {
    let above = |share: f64| steps(&SHARES, |mild| *mild < share, |mild| *mild == share);
    let waits = asks(kind).map_or(0, |span| span.as_nanos().div_ceil(SECOND));
    waits
        + match *kind {
            FaultKind::Errors { share, .. }
            | FaultKind::Gray { share, .. }
            | FaultKind::SlowFail { share, .. }
            | FaultKind::CapacityLoss { share }
            | FaultKind::Loss { share } => above(share),
            FaultKind::Brownout { slowdown } | FaultKind::SlowFirstToken { slowdown } => {
                steps(&SLOWDOWNS, |mild| *mild < slowdown, |mild| *mild == slowdown)
            }
            FaultKind::StreamCut { share, after } => {
                above(share) + steps(&AFTER, |mild| *mild > after, |mild| *mild == after)
            }
            FaultKind::RateLimitSpike { scale } => {
                steps(&SCALES, |mild| *mild > scale, |mild| *mild == scale)
            }
            FaultKind::PriceChange { factor } if factor >= 1.0 => {
                steps(&DEARER, |mild| *mild < factor, |mild| *mild == factor)
            }
            FaultKind::PriceChange { factor } => {
                steps(&CHEAPER, |mild| *mild > factor, |mild| *mild == factor)
            }
            FaultKind::Down { .. } | FaultKind::Blackhole | FaultKind::Stall | FaultKind::Partition => 0,
        }
}

/// Two for each that is milder, and one if the value is not in the list: it is worse than the next milder one that is.
fn steps<T>(list: &[T], milder: impl Fn(&T) -> bool, same: impl Fn(&T) -> bool) -> u64 {
    2 * list.iter().filter(|value| milder(value)).count() as u64 + u64::from(!list.iter().any(same))
}
