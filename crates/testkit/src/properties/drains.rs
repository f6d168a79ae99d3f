//! The backlog drains.
//!
//! A backlog may take as long as its requests may: a deadline after the last fault, and what the routers promise to need
//! until they ask as before. After that, at some instant within a minute, there are no more requests in flight than
//! half as many again and ten as in the run without faults at that instant. Arrivals are the same in both runs; the
//! allowance is for answers that take longer elsewhere, and is an assumption. Where nothing is promised, nothing is said.

use std::collections::VecDeque;
use std::sync::Arc;

use sandbox_core::{Span, Time};
use sandbox_engine::Monitor;
use sandbox_engine::monitor::{Decided, Ended, request_of};
use sandbox_model::OutageScript;

use super::beside::{last_end, reached};
use super::calm::{Calm, LOOK, asked_for, returns_within};
use super::{Broken, How, News, Property, Sort, Subject, Watch};

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
        open: vec![Open::default(); subject.resolved.workloads.len()],
        in_flight: 0,
        deadlines,
        from: None,
        drained: false,
        broken: None,
    }))
}

#[derive(Clone)]
struct Drains {
    calm: Arc<Calm>,
    promises: Arc<[sandbox_routers::Promises]>,
    /// By workload.
    deadlines: Arc<[Span]>,
    /// When the backlog must be gone.
    from: Option<Time>,
    /// By workload.
    open: Vec<Open>,
    in_flight: usize,
    drained: bool,
    broken: Option<Broken>,
}

/// When the requests of a workload that are in flight came to their first router: those from `first` on, in order of
/// their numbers. They come about in order, so that there are hardly more places than requests.
#[derive(Clone, Default)]
struct Open {
    first: u64,
    came: VecDeque<Option<Time>>,
}

impl Open {
    /// A request is at a router. Whether that is its first.
    fn comes(&mut self, number: u64, now: Time) -> bool {
        if self.came.is_empty() {
            self.first = number;
        }
        while number < self.first {
            self.came.push_front(None);
            self.first -= 1;
        }
        let place = (number - self.first) as usize;
        if self.came.len() <= place {
            self.came.resize(place + 1, None);
        }
        let new = self.came[place].is_none();
        self.came[place].get_or_insert(now);
        new
    }

    /// A request ends. Whether it had come to a router.
    fn goes(&mut self, number: u64) -> bool {
        let place = number.checked_sub(self.first).and_then(|place| self.came.get_mut(place as usize));
        let gone = place.is_some_and(|came| came.take().is_some());
        while self.came.front().is_some_and(Option::is_none) {
            self.came.pop_front();
            self.first += 1;
        }
        gone
    }
}

impl Drains {
    fn look(&mut self, now: Time) {
        let Some(from) = self.from.filter(|from| now >= *from && !self.drained && self.broken.is_none())
        else {
            return;
        };
        let usual = self.calm.in_flight(now);
        if self.in_flight <= usual + usual / 2 + 10 {
            self.drained = true;
        } else if now >= from.saturating_add(LOOK) {
            let what =
                format!("{} requests are in flight where without faults there are {usual}", self.in_flight);
            self.broken =
                Some(Broken { property: DRAINS.name.to_owned(), at: Some(now), request: None, what });
        }
    }

    fn late(&mut self, now: Time, request: (usize, u64)) {
        if self.broken.is_none() {
            self.broken = Some(Broken {
                property: DRAINS.name.to_owned(),
                at: Some(now),
                request: Some(request),
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
            let (workload, number) = request_of(at.call.request);
            self.in_flight += usize::from(self.open[workload].comes(number, at.call.now));
        }
        self.look(at.call.now);
    }

    fn ended(&mut self, at: &Ended) {
        self.in_flight -= usize::from(self.open[at.workload].goes(at.number));
        if at.now > at.deadline {
            self.late(at.now, (at.workload, at.number));
        }
        self.look(at.now);
    }

    fn over(&mut self, now: Time) {
        let late = self.open.iter().zip(self.deadlines.iter()).enumerate().find_map(
            |(workload, (open, deadline))| {
                let late =
                    |came: &Option<Time>| came.is_some_and(|came| came.saturating_add(*deadline) < now);
                open.came.iter().position(late).map(|place| (workload, open.first + place as u64))
            },
        );
        if let Some(request) = late {
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

    fn wants(&self, news: News, _router: usize) -> bool {
        news == News::Ends || News::DECISIONS.contains(&news)
    }
}
