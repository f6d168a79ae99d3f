//! The backlog drains.
//!
//! A backlog may take as long as its requests may: a deadline after the last fault, and what the routers promise to need
//! until they ask as before. After that, at some instant within a minute, there are no more requests in flight than
//! half as many again and ten as in the run without faults at that instant. Arrivals are the same in both runs; the
//! allowance is for answers that take longer elsewhere, and is an assumption. Where nothing is promised, nothing is said.

use std::collections::BTreeMap;
use std::sync::Arc;

use sandbox_core::{Span, Time};
use sandbox_engine::Monitor;
use sandbox_engine::monitor::{Decided, Ended, request_of};
use sandbox_model::OutageScript;

use super::beside::{last_end, reached};
use super::calm::{Calm, LOOK, asked_for, returns_within};
use super::{Broken, How, Property, Sort, Subject, Watch};

/// Costs one run without faults beforehand.
pub(super) const DRAINS: Property = Property {
    name: "drains",
    says: "Every request ends by its deadline, and soon after the last fault no more are in flight than without it.",
    sort: Sort::Liveness,
    how: How::Watched(watch),
};

fn watch(subject: &Subject) -> Option<Box<dyn Watch>> {
    let routers = reached(&subject.resolved);
    if routers.iter().any(|&router| subject.promises[router].returns.is_none()) {
        return None;
    }
    let calm = Calm::of(&subject.resolved)?;
    let deadlines = subject.resolved.scenario.workloads.iter().map(|workload| workload.deadline).collect();
    let promises = routers.iter().map(|&router| subject.promises[router].clone()).collect();
    Some(Box::new(Drains {
        calm,
        promises,
        deadlines,
        from: None,
        open: BTreeMap::new(),
        drained: false,
        broken: None,
    }))
}

#[derive(Clone)]
struct Drains {
    calm: Arc<Calm>,
    promises: Vec<sandbox_routers::Promises>,
    /// By workload.
    deadlines: Vec<Span>,
    /// When the backlog must be gone.
    from: Option<Time>,
    /// Requests in flight, and when they came to their first router.
    open: BTreeMap<u64, Time>,
    drained: bool,
    broken: Option<Broken>,
}

impl Drains {
    fn look(&mut self, now: Time) {
        let Some(from) = self.from.filter(|from| now >= *from && !self.drained && self.broken.is_none())
        else {
            return;
        };
        let usual = self.calm.in_flight(now);
        if self.open.len() <= usual + usual / 2 + 10 {
            self.drained = true;
        } else if now >= from.saturating_add(LOOK) {
            let what =
                format!("{} requests are in flight where without faults there are {usual}", self.open.len());
            self.broken =
                Some(Broken { property: DRAINS.name.to_owned(), at: Some(now), request: None, what });
        }
    }

    fn late(&mut self, now: Time, request: u64) {
        if self.broken.is_none() {
            self.broken = Some(Broken {
                property: DRAINS.name.to_owned(),
                at: Some(now),
                request: Some(request_of(request)),
                what: "a request lives on after its deadline".to_owned(),
            });
        }
    }
}

impl Monitor for Drains {
    fn knows(&mut self, script: &OutageScript) {
        let asked = asked_for(script);
        let deadline = self.deadlines.iter().copied().max().unwrap_or(Span::ZERO);
        let within = self
            .promises
            .iter()
            .map(|promises| returns_within(promises, asked, deadline).unwrap_or(Span::MAX));
        let within = within.max().unwrap_or(Span::ZERO).saturating_add(deadline);
        self.from = Some(last_end(script).saturating_add(within));
    }

    fn decided(&mut self, at: &Decided<'_>) {
        if at.call.attempts.is_empty() {
            self.open.entry(at.call.request).or_insert(at.call.now);
        }
        self.look(at.call.now);
    }

    fn ended(&mut self, at: &Ended) {
        self.open.remove(&at.request);
        if at.now > at.deadline {
            self.late(at.now, at.request);
        }
        self.look(at.now);
    }

    fn over(&mut self, now: Time) {
        let late = self
            .open
            .iter()
            .find(|(request, came)| came.saturating_add(self.deadlines[request_of(**request).0]) < now);
        if let Some(request) = late.map(|(request, _)| *request) {
            self.late(now, request);
        }
    }

    fn is_done(&self) -> bool {
        self.broken.is_some()
    }
}

impl Watch for Drains {
    fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }
}
