//! All that watches a run: the properties, and what is noted of it besides.

use sandbox_core::Time;
use sandbox_engine::Monitor;
use sandbox_engine::monitor::{Decided, Ended, Learnt, Left};
use sandbox_model::OutageScript;
use sandbox_routers::Fleet;
use sandbox_scenario::resolved::NodeKind;

use crate::properties::{Broken, How, Property, Subject, Watch};
use crate::sights::Sights;

/// All that watches a run.
#[derive(Clone)]
pub(crate) struct Watching {
    watches: Vec<Box<dyn Watch>>,
    /// By router: number of its first target among those of all routers.
    starts: Vec<usize>,
    pub(crate) sights: Sights,
}

impl Watching {
    /// Those of the properties that are watched and say something of the subject.
    pub(crate) fn new(subject: &Subject, properties: &[Property]) -> Self {
        let watches = properties.iter().filter_map(|property| match property.how {
            How::Watched(watch) => watch(subject),
            How::Compared(_) => None,
        });
        let nodes = subject.resolved.nodes.iter();
        let routers = nodes.filter(|node| matches!(node.kind, NodeKind::Router { .. }));
        let starts = routers.scan(0, |next, node| {
            let start = *next;
            *next += node.targets.len();
            Some(start)
        });
        Self { watches: watches.collect(), starts: starts.collect(), sights: Sights::default() }
    }

    /// Whether nothing is watched for.
    pub(crate) fn is_empty(&self) -> bool {
        self.watches.is_empty()
    }

    /// What was broken: the first in the order of the properties.
    pub(crate) fn broken(&self) -> Option<&Broken> {
        self.watches.iter().find_map(|watch| watch.broken())
    }
}

impl Monitor for Watching {
    fn knows(&mut self, script: &OutageScript) {
        self.watches.iter_mut().for_each(|watch| watch.knows(script));
    }

    fn decided(&mut self, at: &Decided<'_>) {
        self.sights.decided(self.starts[at.router], at);
        self.watches.iter_mut().for_each(|watch| watch.decided(at));
    }

    fn learnt(&mut self, at: &Learnt<'_>) {
        self.watches.iter_mut().for_each(|watch| watch.learnt(at));
    }

    fn left(&mut self, at: &Left) {
        self.watches.iter_mut().for_each(|watch| watch.left(at));
    }

    fn heard(&mut self, router: usize, report: &Fleet) {
        self.watches.iter_mut().for_each(|watch| watch.heard(router, report));
    }

    fn ended(&mut self, at: &Ended) {
        self.sights.ended(at.outcome);
        self.watches.iter_mut().for_each(|watch| watch.ended(at));
    }

    fn over(&mut self, now: Time) {
        self.watches.iter_mut().for_each(|watch| watch.over(now));
    }

    fn is_done(&self) -> bool {
        self.watches.iter().any(|watch| watch.is_done())
    }
}
