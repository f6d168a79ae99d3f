//! All that watches a run: the properties, and what is noted of it besides.
//!
//! Each is told only of what it [wants](Watch::wants), and what a router's rules say is worked out once for all.

use std::sync::Arc;

use sandbox_core::Time;
use sandbox_engine::Monitor;
use sandbox_engine::monitor::{Decided, Ended, Learnt, Left};
use sandbox_model::OutageScript;
use sandbox_routers::{Decision, Fleet, Promises};
use sandbox_scenario::resolved::NodeKind;

use crate::properties::{Broken, How, Memory, News, Property, Subject, Watch};
use crate::sights::Sights;

/// All that watches a run.
#[derive(Clone)]
pub(crate) struct Watching {
    watches: Vec<Box<dyn Watch>>,
    wanted: Arc<Wanted>,
    /// By router: what its rules say, if anyone wants to know.
    memories: Vec<Option<Memory>>,
    pub(crate) sights: Sights,
}

/// Who wants what.
struct Wanted {
    /// By router and kind of news: the watches that want it, `of[router * kinds + kind]`.
    of: Vec<Vec<usize>>,
    /// The watches that want to be told of ends, of whatever router.
    ends: Vec<usize>,
    /// By router: number of its first target among those of all routers.
    starts: Vec<usize>,
}

impl Wanted {
    fn of(&self, router: usize, news: News) -> &[usize] {
        &self.of[router * News::ALL.len() + news as usize]
    }
}

impl Watching {
    /// Those of the properties that are watched and say something of the subject.
    pub(crate) fn new(subject: &Subject, properties: &[Property]) -> Self {
        let watches = properties.iter().filter_map(|property| match property.how {
            How::Watched(watch) => watch(subject),
            How::Compared(_) => None,
        });
        let watches: Vec<Box<dyn Watch>> = watches.collect();
        let nodes = subject.resolved.nodes.iter();
        let routers = nodes.filter(|node| matches!(node.kind, NodeKind::Router { .. }));
        let starts = routers.scan(0, |next, node| {
            let start = *next;
            *next += node.targets.len();
            Some(start)
        });
        let who = |router: usize, news: News| -> Vec<usize> {
            (0..watches.len()).filter(|&watch| watches[watch].wants(news, router)).collect()
        };
        let routers = 0..subject.promises.len();
        let wanted = Wanted {
            of: routers.clone().flat_map(|router| News::ALL.map(|news| who(router, news))).collect(),
            ends: (0..watches.len())
                .filter(|&watch| routers.clone().any(|router| watches[watch].wants(News::Ends, router)))
                .collect(),
            starts: starts.collect(),
        };
        let memory = |(router, promises): (usize, &Promises)| {
            let targets = subject.resolved.scenario.routers[router].strategy.targets().len();
            (!wanted.of(router, News::Rules).is_empty()).then(|| Memory::new(promises, targets))
        };
        Self {
            memories: subject.promises.iter().enumerate().map(memory).collect(),
            wanted: Arc::new(wanted),
            watches,
            sights: Sights::default(),
        }
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
        self.sights.decided(self.wanted.starts[at.router], at);
        for &watch in self.wanted.of(at.router, News::of(at)) {
            self.watches[watch].decided(at);
        }
        let Some(memory) = &mut self.memories[at.router] else { return };
        let wanted = self.wanted.of(at.router, News::Rules);
        memory.passes(at.call.now);
        for &watch in wanted {
            self.watches[watch].before(at, memory);
        }
        if let Decision::Try { target, .. } = at.decision {
            memory.asked(target, at.call.now);
        }
        for &watch in wanted {
            self.watches[watch].after(at, memory);
        }
    }

    fn learnt(&mut self, at: &Learnt<'_>) {
        if let Some(memory) = &mut self.memories[at.router] {
            memory.learnt(at.seen);
        }
        for &watch in self.wanted.of(at.router, News::Results) {
            self.watches[watch].learnt(at);
        }
    }

    fn left(&mut self, at: &Left) {
        if let Some(memory) = &mut self.memories[at.router] {
            memory.left(at.target, at.began);
        }
        for &watch in self.wanted.of(at.router, News::Left) {
            self.watches[watch].left(at);
        }
    }

    fn heard(&mut self, router: usize, report: &Fleet) {
        if let Some(memory) = &mut self.memories[router] {
            memory.heard(report);
        }
        for &watch in self.wanted.of(router, News::Reports) {
            self.watches[watch].heard(router, report);
        }
    }

    fn ended(&mut self, at: &Ended) {
        self.sights.ended(at.outcome);
        for &watch in &self.wanted.ends {
            self.watches[watch].ended(at);
        }
    }

    fn over(&mut self, now: Time) {
        self.watches.iter_mut().for_each(|watch| watch.over(now));
    }

    fn is_done(&self) -> bool {
        self.watches.iter().any(|watch| watch.is_done())
    }
}
