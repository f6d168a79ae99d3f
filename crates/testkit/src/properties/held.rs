//! What watches a router for one property: everything that most safety properties have in common.

use std::sync::Arc;

use sandbox_engine::Monitor;
use sandbox_engine::monitor::{Decided, Ended, Learnt, Left, request_of};
use sandbox_routers::{Decision, Fleet, Promises, Reason};

use super::{Broken, Memory, News, Subject, Watch};

/// Watches one router. Each call may say what was wrong, in a fragment that goes on with the request and the time.
pub(super) trait Held: Clone + Send + 'static {
    /// What it wants to be told of: of nothing else it is.
    const WANTS: &'static [News];

    /// The router has decided.
    fn decided(&mut self, _at: &Decided<'_>) -> Option<String> {
        None
    }

    /// The router has decided, and its rules said this before.
    fn before(&mut self, _at: &Decided<'_>, _rules: &Memory) -> Option<String> {
        None
    }

    /// The same, and its rules say this after it.
    fn after(&mut self, _at: &Decided<'_>, _rules: &Memory) -> Option<String> {
        None
    }

    /// It learns how an attempt ended.
    fn learnt(&mut self, _at: &Learnt<'_>) -> Option<String> {
        None
    }

    /// An attempt ended without a result.
    fn left(&mut self, _at: &Left) -> Option<String> {
        None
    }

    /// It hears from its other customers.
    fn heard(&mut self, _report: &Fleet) {}

    /// A request ends.
    fn ended(&mut self, _at: &Ended) {}
}

/// A router that a property may be held against.
pub(super) struct Router<'s> {
    /// Its promises.
    pub(super) promises: &'s Promises,
    /// What its targets are called.
    pub(super) names: Arc<[String]>,
}

/// Holds a property against every router of which it says something; nothing if there is none.
pub(super) fn watch<H: Held>(
    name: &'static str,
    subject: &Subject,
    of: impl Fn(&Router<'_>) -> Option<H>,
) -> Option<Box<dyn Watch>> {
    let routers = &subject.resolved.scenario.routers;
    let held = subject
        .promises
        .iter()
        .zip(routers)
        .map(|(promises, router)| of(&Router { promises, names: router.strategy.targets().into() }));
    let held: Vec<Option<H>> = held.collect();
    held.iter().any(Option::is_some).then(|| Box::new(Watched { name, held, broken: None }) as Box<dyn Watch>)
}

#[derive(Clone)]
struct Watched<H> {
    name: &'static str,
    /// By router.
    held: Vec<Option<H>>,
    broken: Option<Broken>,
}

impl<H> Watched<H> {
    fn note(&mut self, what: Option<String>, at: sandbox_core::Time, request: u64) {
        if let Some(what) = what
            && self.broken.is_none()
        {
            self.broken = Some(Broken {
                property: self.name.to_owned(),
                at: Some(at),
                request: Some(request_of(request)),
                what,
            });
        }
    }
}

impl<H: Held> Monitor for Watched<H> {
    fn decided(&mut self, at: &Decided<'_>) {
        let what = self.held[at.router].as_mut().and_then(|held| held.decided(at));
        self.note(what, at.call.now, at.call.request);
    }

    fn learnt(&mut self, at: &Learnt<'_>) {
        let what = self.held[at.router].as_mut().and_then(|held| held.learnt(at));
        self.note(what, at.seen.now, at.request);
    }

    fn left(&mut self, at: &Left) {
        let what = self.held[at.router].as_mut().and_then(|held| held.left(at));
        self.note(what, at.now, at.request);
    }

    fn heard(&mut self, router: usize, report: &Fleet) {
        if let Some(held) = &mut self.held[router] {
            held.heard(report);
        }
    }

    fn ended(&mut self, at: &Ended) {
        self.held.iter_mut().flatten().for_each(|held| held.ended(at));
    }

    fn is_done(&self) -> bool {
        self.broken.is_some()
    }
}

impl<H: Held> Watch for Watched<H> {
    fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    fn wants(&self, news: News, router: usize) -> bool {
        self.held[router].is_some() && H::WANTS.contains(&news)
    }

    fn before(&mut self, at: &Decided<'_>, rules: &Memory) {
        let what = self.held[at.router].as_mut().and_then(|held| held.before(at, rules));
        self.note(what, at.call.now, at.call.request);
    }

    fn after(&mut self, at: &Decided<'_>, rules: &Memory) {
        let what = self.held[at.router].as_mut().and_then(|held| held.after(at, rules));
        self.note(what, at.call.now, at.call.request);
    }
}

/// Whose turn it is to be looked at: asking a strategy for all that it believes at each decision would cost a run much. Where
/// something is amiss all are looked at, else one after the other.
#[derive(Copy, Clone, Default)]
pub(super) struct Turns(usize);

impl Turns {
    /// The targets to look at now, of so many.
    pub(super) fn now(&mut self, at: &Decided<'_>, targets: usize) -> std::ops::Range<usize> {
        let calm = match at.decision {
            Decision::Try { reason, .. } => matches!(reason, Reason::Choice | Reason::Spread),
            Decision::Wait { .. } => true,
            Decision::GiveUp(_) => false,
        };
        if !calm {
            return 0..targets;
        }
        self.0 = (self.0 + 1) % targets;
        self.0..self.0 + 1
    }
}
