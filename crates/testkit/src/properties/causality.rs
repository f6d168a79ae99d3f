//! Nothing depends on what is still to come.
//!
//! Of a router that remembers, little can be said when a fault is taken away (`docs/findings.md`); this can: what happened
//! before the fault would have begun stays. [`Trials`] relies on it, so both runs are made from the start here. A strategy
//! that breaks it is not a function of what it was shown: it looks at a clock, at a random number that is not the
//! simulation's, or at what another run has left behind, and no run of it can be replayed.

use std::any::Any;

use sandbox_core::{Fingerprint, Time};
use sandbox_engine::monitor::{Decided, Ended, request_of};
use sandbox_engine::{Monitor, RunError, RunOptions, Trials, run};
use sandbox_model::OutageScript;
use sandbox_routers::Decision;

use super::{Broken, Compare, How, Property, Sort, Subject};

/// Costs a whole run of the script, and one without its last fault, both from the start. Decisions and the ends of
/// requests are compared, those of the instant at which the fault begins left out.
pub(super) const CAUSALITY: Property = Property {
    name: "causality",
    says: "Nothing that happens before a fault begins depends on it, whatever the router remembers.",
    sort: Sort::Metamorphic,
    how: How::Compared(compare),
};

fn compare(subject: &Subject) -> Option<Box<dyn Compare>> {
    Some(Box::new(Causality(subject.clone())))
}

#[derive(Clone)]
struct Causality(Subject);

impl Causality {
    fn events(&self, script: &OutageScript) -> Result<Vec<Event>, RunError> {
        let resolved = self.0.resolved.clone().with_script(script.clone().into(), "causality");
        let Ok(resolved) = resolved else { return Ok(Vec::new()) };
        let monitor: Option<Box<dyn Monitor>> = Some(Box::new(Events::default()));
        let output = run(&resolved, RunOptions { monitor, ..RunOptions::default() })?;
        let events = output.monitor.map(|monitor| monitor as Box<dyn Any>);
        let events = events.and_then(|monitor| monitor.downcast::<Events>().ok());
        Ok(events.map_or_else(Vec::new, |events| events.0))
    }
}

impl Compare for Causality {
    fn compare(&mut self, _: &mut Trials, script: &OutageScript) -> Result<Option<Broken>, RunError> {
        let last = (0..script.faults.len()).max_by_key(|&fault| script.faults[fault].from);
        let Some(last) = last else { return Ok(None) };
        let mut fewer = script.clone();
        let fault = fewer.faults.remove(last);
        let event = differs(&self.events(script)?, &self.events(&fewer)?, fault.from);
        Ok(event.map(|event| Broken {
            property: CAUSALITY.name.to_owned(),
            at: Some(event.at),
            request: Some(request_of(event.request)),
            what: format!(
                "without the {} of {}, which begins at {}, something else happens before it",
                fault.kind.name(),
                fault.target,
                fault.from
            ),
        }))
    }
}

/// The first of what happened before `until` that happened in one run alone.
fn differs(one: &[Event], other: &[Event], until: Time) -> Option<Event> {
    let before = |events: &[Event]| events.partition_point(|event| event.at < until);
    let (one, other) = (&one[..before(one)], &other[..before(other)]);
    let same = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    one.get(same).or(other.get(same)).copied()
}

#[derive(Copy, Clone, PartialEq, Eq)]
struct Event {
    at: Time,
    request: u64,
    what: Fingerprint,
}

#[derive(Clone, Default)]
struct Events(Vec<Event>);

impl Events {
    fn push(&mut self, at: Time, request: u64, what: &[u64]) {
        let mut mixed = Fingerprint::new();
        what.iter().for_each(|&word| mixed.mix(word));
        self.0.push(Event { at, request, what: mixed });
    }
}

impl Monitor for Events {
    fn decided(&mut self, at: &Decided<'_>) {
        let (kind, word) = match at.decision {
            Decision::Try { target, .. } => (0, target as u64),
            Decision::Wait { until } => (1, until.as_nanos()),
            Decision::GiveUp(_) => (2, 0),
        };
        let attempts = at.call.attempts.len() as u64;
        self.push(at.call.now, at.call.request, &[at.router as u64, attempts, kind, word]);
    }

    fn ended(&mut self, at: &Ended) {
        let outcome = at.outcome as u64;
        self.push(at.now, at.request, &[u64::MAX, u64::from(at.attempts), outcome]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::tests::{down, subject};

    #[test]
    fn what_comes_after_its_onset_may_depend_on_a_fault() {
        let causality = Causality(subject());
        let with = causality.events(&down("60s", "70s")).expect("no law is broken");
        let without = causality.events(&OutageScript::default()).expect("no law is broken");
        let at = |secs| Time::ZERO + sandbox_core::Span::from_secs(secs);
        assert!(with.len() > 1_000, "{}", with.len());
        assert!(differs(&with, &without, at(60)).is_none());
        assert!(differs(&with, &without, at(70)).is_some_and(|event| event.at >= at(60)));
    }
}
