//! The faults of a run in the order in which a person would ask about them.

use sandbox_core::{Span, Time};
use sandbox_engine::output::summary::FaultReport;

use crate::human;

/// When a fault began.
pub(crate) fn onset(fault: &FaultReport) -> Time {
    Time::ZERO.saturating_add(Span::from_secs_f64_saturating(fault.from))
}

/// How long it lasted, in words.
pub(crate) fn length(fault: &FaultReport) -> String {
    human::seconds((fault.until - fault.from).max(0.0))
}

/// A lag in words; what is not known is a dash.
pub(crate) fn lag(lag: Option<f64>) -> String {
    lag.map_or_else(|| "–".to_owned(), human::seconds)
}

/// The worst first: those about which routers were wrong for the longest, detection and failback lag together. A fault that no
/// router saw counts with its whole length; faults of links, of which routers believe nothing, come last, the longest first.
pub(crate) fn worst_first(faults: &[FaultReport]) -> Vec<&FaultReport> {
    let length = |fault: &FaultReport| fault.until - fault.from;
    let wrong = |fault: &FaultReport| match fault.is_of_link() {
        true => -1.0,
        false => fault.detection_lag_s.unwrap_or_else(|| length(fault)) + fault.failback_lag_s.unwrap_or(0.0),
    };
    let mut sorted: Vec<&FaultReport> = faults.iter().collect();
    // The sort is stable: equal faults stay in order of onset.
    sorted.sort_by(|a, b| wrong(b).total_cmp(&wrong(a)).then(length(b).total_cmp(&length(a))));
    sorted
}

/// How many there were and how many were seen: `7, of which 6 were seen by a router; 2 of links`, `none`.
pub(crate) fn count(faults: &[FaultReport]) -> String {
    // Routers believe things of targets, and nothing of links.
    let links = faults.iter().filter(|fault| fault.is_of_link()).count();
    let targets = faults.len() - links;
    let seen = faults.iter().filter(|fault| fault.detection_lag_s.is_some()).count();
    let count = |n: usize| human::count(n as u64);
    let were = if seen == 1 { "was" } else { "were" };
    match (targets, links) {
        (0, 0) => "none".to_owned(),
        (_, 0) => format!("{}, of which {} {were} seen by a router", count(targets), count(seen)),
        (0, _) => format!("{} of links", count(links)),
        _ => format!(
            "{}, of which {} {were} seen by a router; {} of links",
            count(targets),
            count(seen),
            count(links)
        ),
    }
}
