//! The run without faults, as far as liveness is held against it.

use std::any::Any;
use std::sync::Arc;

use sandbox_core::{Span, Time};
use sandbox_engine::monitor::{Decided, Ended};
use sandbox_engine::trials::Length;
use sandbox_engine::{Monitor, Trials};
use sandbox_model::{FaultKind, OutageScript};
use sandbox_routers::{Decision, Promises};
use sandbox_scenario::Resolved;

use crate::quietly::quietly;

/// In which trouble-free time it must be seen that things are as they should.
pub(super) const LOOK: Span = Span::from_secs(60);

/// How a run without faults goes.
#[derive(Clone, Default)]
pub(super) struct Calm {
    /// By router: when requests were first sent to a target, and to which.
    asked: Vec<Vec<(Time, usize)>>,
    /// When requests came to their first router.
    came: Vec<Time>,
    /// When requests that had come to a router ended.
    ended: Vec<Time>,
    open: std::collections::BTreeSet<u64>,
}

impl Calm {
    /// Costs one run of the scenario. None if that comes to no end: then nothing else can be run, either.
    pub(super) fn of(resolved: &Resolved) -> Option<Arc<Self>> {
        let calm = Self { asked: vec![Vec::new(); resolved.scenario.routers.len()], ..Self::default() };
        let run = || {
            let mut trials = Trials::lean(resolved, Some(Box::new(calm))).ok()?;
            let trial = trials.run(&OutageScript::default(), Length::Whole).ok()?;
            let monitor = trial.monitor()? as &dyn Any;
            Some(Arc::new(monitor.downcast_ref::<Self>()?.clone()))
        };
        quietly(run).ok()?
    }

    /// First attempts of requests at a target of a router in `[from, until]`.
    pub(super) fn asked(&self, router: usize, target: usize, from: Time, until: Time) -> u64 {
        let of = &self.asked[router];
        let first = of.partition_point(|(at, _)| *at < from);
        let all = of[first..].iter().take_while(|(at, _)| *at <= until);
        all.filter(|(_, asked)| *asked == target).count() as u64
    }

    /// Requests in flight.
    pub(super) fn in_flight(&self, at: Time) -> usize {
        self.came.partition_point(|came| *came <= at) - self.ended.partition_point(|ended| *ended <= at)
    }
}

impl Monitor for Calm {
    fn decided(&mut self, at: &Decided<'_>) {
        if !at.call.attempts.is_empty() {
            return;
        }
        if self.open.insert(at.call.request) {
            self.came.push(at.call.now);
        }
        if let Decision::Try { target, .. } = at.decision {
            self.asked[at.router].push((at.call.now, target));
        }
    }

    fn ended(&mut self, at: &Ended) {
        if self.open.remove(&at.request) {
            self.ended.push(at.now);
        }
    }
}

/// The longest Retry-After of a script.
pub(super) fn asked_for(script: &OutageScript) -> Span {
    let asked = script.faults.iter().filter_map(|fault| match fault.kind {
        FaultKind::Down { retry_after, .. } | FaultKind::Errors { retry_after, .. } => retry_after,
        _ => None,
    });
    asked.max().unwrap_or(Span::ZERO)
}

/// How soon after the last word against a target a router has forgotten it, if it promises that, attempts take at most
/// `probe`, and no Retry-After is longer than `asked`.
pub(super) fn returns_within(promises: &Promises, asked: Span, probe: Span) -> Option<Span> {
    let within = promises.returns?.within.saturating_add(asked);
    Some(promises.memory.iter().map(|rule| rule.back_within(asked, probe)).fold(within, Span::max))
}
