//! What health probes see: a function of the outage script alone, beside the event loop.
//!
//! A probe asks what is wrong at its target at that instant, with luck of its own; gray failures let it pass. It takes no
//! slot, no allowance and no time on the network, so no run notices it.

use sandbox_core::{Seed, Time, uniform};
use sandbox_model::{FaultKind, OutageScript};
use sandbox_providers::{Fate, Health, Luck};
use sandbox_scenario::Resolved;
use sandbox_scenario::file::Probe;

use crate::output::summary::{ProbeReport, Requests};

/// How many probes were sent from the end of the warm-up on, and how many of them failed.
#[must_use]
pub fn probe(resolved: &Resolved, script: &OutageScript, probe: &Probe) -> (u64, u64) {
    let Some(&node) = resolved.fault_targets(&probe.target).first() else { return (0, 0) };
    // By time; at the same instant ends first, as in a run.
    let mut changes: Vec<(Time, bool, FaultKind)> = Vec::new();
    for fault in script.faults.iter().filter(|f| resolved.fault_targets(&f.target).contains(&node)) {
        changes.push((fault.from, true, fault.kind));
        changes.push((fault.until, false, fault.kind));
    }
    changes.sort_by_key(|&(at, begins, _)| (at, begins));
    let mut changes = changes.into_iter().peekable();
    let noise = Seed::new(resolved.scenario.seed).noise(&format!("probe/{}", probe.name));
    let end = Time::ZERO + resolved.scenario.duration;
    let (mut health, mut at, mut number) = (Health::default(), Time::ZERO, 0);
    let (mut sent, mut failed) = (0, 0);
    while at < end {
        while let Some((_, begins, kind)) = changes.next_if(|change| change.0 <= at) {
            if begins { health.begin(kind) } else { health.end(kind) }
        }
        if at >= Time::ZERO + resolved.scenario.warm_up {
            let mut draw = noise.at(number, 0);
            let (errors, slow_fail, cut) = (uniform(&mut draw), uniform(&mut draw), uniform(&mut draw));
            let condition = health.condition();
            let fate = condition.fate_of_probe(Luck { errors, client: 1.0, slow_fail, cut });
            // With no server left every request is refused.
            let good = fate == Fate::Served(None) && condition.capacity > 0.0;
            sent += 1;
            failed += u64::from(!good);
        }
        number += 1;
        at = at.saturating_add(probe.every);
    }
    (sent, failed)
}

/// Every probe of the scenario beside the traffic at its target; `traffic` gives the requests of a node by its name.
pub(crate) fn reports<'a>(
    resolved: &Resolved,
    script: &OutageScript,
    traffic: impl Fn(&str) -> Option<&'a Requests>,
) -> Vec<ProbeReport> {
    let share = |good: u64, all: u64| (all > 0).then(|| good as f64 / all as f64);
    let report = |asked: &Probe| {
        let (sent, failed) = probe(resolved, script, asked);
        // Of a provider: all its endpoints. A gateway's own targets are not its traffic.
        let nodes = resolved.fault_targets(&asked.target);
        let (mut answered, mut finished) = (0, 0);
        for node in nodes.iter().map(|node| &resolved.nodes[node.index()]) {
            if let Some(requests) = traffic(&node.name) {
                answered += requests.served_by_plan + requests.leaked;
                finished += requests.arrived - requests.in_flight;
            }
        }
        ProbeReport {
            name: asked.name.clone(),
            target: asked.target.clone(),
            sent,
            failed,
            availability: share(sent - failed, sent),
            traffic_availability: share(answered, finished),
        }
    };
    resolved.scenario.probes.iter().map(report).collect()
}
