//! Finds the first event in which two runs differ.

use sandbox_model::OutageScript;
use sandbox_scenario::Resolved;

use crate::machine::{EventRecord, Keeps, Machine};
use crate::run::start;
use crate::weather::Sky;

/// The first event in which two runs differ; `None` on one side means that run had ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Number of the event, from 1.
    pub event: u64,
    /// In the first run.
    pub first: Option<EventRecord>,
    /// In the second.
    pub second: Option<EventRecord>,
}

/// Runs a scenario under two outage scripts in lockstep, and returns the first event in which the runs differ; `None`
/// if they are the same to the end.
#[must_use]
pub fn first_difference(
    resolved: &Resolved,
    first: &OutageScript,
    second: &OutageScript,
) -> Option<Difference> {
    let mut a = start(resolved, first, Sky::Drawn, Keeps::Metrics);
    let mut b = start(resolved, second, Sky::Drawn, Keeps::Metrics);
    let end = a.model.end;
    let step = |simulation: &mut sandbox_core::Simulation<Machine>| {
        let fired = simulation.queue.pop_until(end)?;
        let record = simulation.model.record(fired.time, fired.event);
        sandbox_core::Model::handle(&mut simulation.model, fired.time, fired.event, &mut simulation.queue);
        Some((record, simulation.model.fingerprint))
    };
    for event in 1.. {
        match (step(&mut a), step(&mut b)) {
            (None, None) => return None,
            (first, second) if first != second => {
                let record = |side: Option<(EventRecord, _)>| side.map(|(record, _)| record);
                return Some(Difference { event, first: record(first), second: record(second) });
            }
            _ => {}
        }
    }
    unreachable!("a run has fewer than 2⁶⁴ events")
}
