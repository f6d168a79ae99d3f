//! Other scenarios, run beside the one that is judged and kept between scripts.

use std::collections::BTreeMap;

use sandbox_core::{Span, Time};
use sandbox_engine::monitor::Ended;
use sandbox_engine::trials::{Length, Trial};
use sandbox_engine::{Monitor, Outcome, RunError, Trials};
use sandbox_model::{NodeId, OutageScript};
use sandbox_routers::Promises;
use sandbox_scenario::file::{Limits, Scenario};
use sandbox_scenario::resolved::NodeKind;
use sandbox_scenario::{Resolved, scenario_to_text};

use super::Subject;

/// A scenario of which all requests are noted. A copy has to simulate what comes before the faults again.
pub(super) struct Beside {
    resolved: Resolved,
    trials: Option<Trials>,
}

impl Clone for Beside {
    fn clone(&self) -> Self {
        Self::new(self.resolved.clone())
    }
}

impl Beside {
    pub(super) const fn new(resolved: Resolved) -> Self {
        Self { resolved, trials: None }
    }

    /// One script's run, whole.
    pub(super) fn run(&mut self, script: &OutageScript) -> Result<Trial<'_>, RunError> {
        if self.trials.is_none() {
            self.trials = Some(Trials::new(&self.resolved, Some(Box::new(Fates::default())))?);
        }
        self.trials.as_mut().expect("made above").run(script, Length::Whole)
    }

    /// How its requests ended, by workload and number.
    pub(super) fn fates(&mut self, script: &OutageScript) -> Result<BTreeMap<(usize, u64), Ended>, RunError> {
        let trial = self.run(script)?;
        let monitor = trial.monitor().map(|monitor| monitor as &dyn std::any::Any);
        Ok(monitor
            .and_then(|monitor| monitor.downcast_ref::<Fates>())
            .map_or_else(BTreeMap::new, |f| f.0.clone()))
    }
}

#[derive(Clone, Default)]
struct Fates(BTreeMap<(usize, u64), Ended>);

impl Monitor for Fates {
    fn ended(&mut self, at: &Ended) {
        self.0.insert((at.workload, at.number), *at);
    }
}

/// The scenario with something else in it. None if it is no longer a scenario, or reads a file.
pub(super) fn changed(resolved: &Resolved, change: impl FnOnce(&mut Scenario)) -> Option<Resolved> {
    let mut scenario = resolved.scenario.clone();
    scenario.weather = sandbox_scenario::file::Weather::default();
    scenario.objectives.clear();
    change(&mut scenario);
    parsed(&scenario_to_text(&scenario), resolved)
}

/// A scenario as text, with the strategies of another one.
pub(super) fn parsed(text: &str, like: &Resolved) -> Option<Resolved> {
    Resolved::parse_with("changed", text, None, &[], like.registry.clone()).ok()
}

/// The scenario in which nothing is ever short: no limits, slots for all, no other tenants, and nobody is slower for
/// company. What happens to one request has no effect on another there, but through its router.
pub(super) fn roomy(resolved: &Resolved) -> Option<Resolved> {
    changed(resolved, |scenario| {
        for provider in &mut scenario.providers {
            provider.congestion = None;
        }
        for endpoint in &mut scenario.endpoints {
            endpoint.limits = Limits::default();
            let serving = &mut endpoint.serving;
            serving.sequences = 100_000;
            serving.kv_tokens = None;
            serving.step_per_sequence = Span::ZERO;
            serving.step_per_kv_token = Span::ZERO;
            serving.prefill_chunk = None;
            serving.load_factor = 1.0;
        }
    })
}

/// The number of an entry router among the scenario's routers.
pub(super) fn entry(resolved: &Resolved, workload: usize) -> Option<usize> {
    router(resolved, resolved.workloads[workload].entry)
}

fn router(resolved: &Resolved, node: NodeId) -> Option<usize> {
    match resolved.nodes[node.index()].kind {
        NodeKind::Router { index } => Some(index),
        NodeKind::Endpoint { .. } => None,
    }
}

/// Whether a workload's plan is an endpoint that its entry router asks itself; where in the list of its targets.
pub(super) fn plan_at(resolved: &Resolved, workload: usize) -> Option<usize> {
    let of = &resolved.workloads[workload];
    let plan = &resolved.nodes[of.plan.index()];
    let position = resolved.nodes[of.entry.index()].targets.iter().position(|target| *target == of.plan);
    position.filter(|_| plan.targets.is_empty())
}

/// Routers that requests may come to.
pub(super) fn reached(resolved: &Resolved) -> Vec<usize> {
    let mut nodes: Vec<NodeId> = resolved.workloads.iter().map(|workload| workload.entry).collect();
    let mut at = 0;
    while let Some(node) = nodes.get(at) {
        at += 1;
        for target in resolved.nodes[node.index()].targets.clone() {
            if !nodes.contains(&target) {
                nodes.push(target);
            }
        }
    }
    let mut routers: Vec<usize> = nodes.iter().filter_map(|node| router(resolved, *node)).collect();
    routers.sort_unstable();
    routers.dedup();
    routers
}

/// Workloads whose plan is an endpoint that their entry router asks itself, and where that router promises to remember
/// nothing: it decides by the request alone.
pub(super) fn memoryless(subject: &Subject) -> Vec<usize> {
    let resolved = &subject.resolved;
    let forgets = |promises: &Promises| {
        let guards = &promises.guards;
        promises.memory.is_empty()
            && promises.returns.is_some_and(|returns| returns.exactly && returns.within.is_zero())
            && guards.in_flight.iter().all(Option::is_none)
            && guards.in_flight_together.is_none()
    };
    let all = 0..resolved.workloads.len();
    all.filter(|&workload| {
        plan_at(resolved, workload).is_some()
            && entry(resolved, workload).is_some_and(|router| forgets(&subject.promises[router]))
    })
    .collect()
}

/// The first request that the plan served at the first attempt in one run, and not at all in another.
pub(super) fn lost(
    before: &BTreeMap<(usize, u64), Ended>,
    after: &BTreeMap<(usize, u64), Ended>,
    workloads: &[usize],
) -> Option<(Ended, Ended)> {
    let of_these = before.values().filter(|ended| workloads.contains(&ended.workload));
    of_these
        .filter(|ended| ended.outcome == Outcome::Plan && ended.attempts == 1)
        .filter_map(|ended| after.get(&(ended.workload, ended.number)).map(|other| (*ended, *other)))
        .find(|(_, other)| other.outcome != Outcome::Plan)
}

/// When the last fault ends.
pub(super) fn last_end(script: &OutageScript) -> Time {
    script.faults.iter().map(|fault| fault.until).max().unwrap_or(Time::ZERO)
}
