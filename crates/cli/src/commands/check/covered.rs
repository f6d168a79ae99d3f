//! How much a search has covered, as it is told.

use sandbox_model::Cause;
use sandbox_report::terminal::{Covered, Group};
use sandbox_routers::memory::Rule;
use sandbox_scenario::Resolved;
use sandbox_scenario::resolved::NodeKind;
use sandbox_testkit::Belief;
use sandbox_testkit::search::{Coverage, Found};

use super::Checked;
use super::choose::Chosen;
use super::finding::Finding;

/// Most pairs of kinds that are told.
const PAIRS: usize = 5;

pub(super) fn told(checked: &Checked<'_>, chosen: &Chosen, found: &Found, findings: &[Finding]) -> Covered {
    let coverage = &found.coverage;
    let mut held = chosen.names();
    held.retain(|name| findings.iter().all(|finding| finding.told.name != *name));
    Covered {
        cases: coverage.cases,
        too_short: checked
            .is_short
            .then(|| format!("{} after late faults: `duration` is too short", chosen.liveness().join(", "))),
        unasked: chosen.unasked.clone(),
        seed: checked.args.seed,
        held,
        silent: chosen.silent.clone(),
        groups: vec![
            faults(coverage),
            kinds(checked, coverage),
            overlaps(coverage),
            targets(checked, coverage),
        ]
        .into_iter()
        .chain(beliefs(checked, coverage))
        .chain([requests(coverage), leaks(coverage)])
        .collect(),
    }
}

fn group(name: &str, counted: impl IntoIterator<Item = (String, u64)>) -> Group {
    Group { name: name.to_owned(), counted: counted.into_iter().collect() }
}

fn faults(coverage: &Coverage) -> Group {
    let by = coverage.by_faults.iter().map(|(&faults, &cases)| {
        (if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") }, cases)
    });
    group("faults", by)
}

fn kinds(checked: &Checked<'_>, coverage: &Coverage) -> Group {
    let seen = |name: &str| coverage.kinds.get(name).copied().unwrap_or(0);
    group("fault kinds", checked.weather.kinds().map(|name| (name.to_owned(), seen(name))))
}

/// The pairs that came up most often, and all there are.
fn overlaps(coverage: &Coverage) -> Group {
    let mut pairs: Vec<_> = coverage.overlaps.iter().collect();
    pairs.sort_by_key(|&(pair, &cases)| (std::cmp::Reverse(cases), pair));
    let all = pairs.len();
    let mut counted: Vec<(String, u64)> =
        pairs.into_iter().take(PAIRS).map(|((a, b), &cases)| (format!("{a}+{b}"), cases)).collect();
    if all > PAIRS {
        counted.push(("pairs in all:".to_owned(), all as u64));
    }
    counted.push(("several targets at one instant".to_owned(), coverage.common_cause));
    group("overlaps", counted)
}

fn targets(checked: &Checked<'_>, coverage: &Coverage) -> Group {
    let seen = |name: &str| coverage.targets.get(name).copied().unwrap_or(0);
    let all = checked.weather.targets().map(|name| (name.to_owned(), seen(name)));
    group("hit", all)
}

/// What the routers that are in use came to believe of their targets.
fn beliefs(checked: &Checked<'_>, coverage: &Coverage) -> Vec<Group> {
    let used = used(&checked.subject.resolved);
    let mut groups = Vec::new();
    for router in used {
        let known = || coverage.beliefs.iter().filter(|known| known.router == router);
        // A router without a memory believes nothing.
        if known().all(|known| known.of(Belief::Out) == 0) {
            groups.push(group(&router, [("any target out".to_owned(), 0)]));
            continue;
        }
        let probes = has_breaker(checked, &router);
        let mut counted = Vec::new();
        for known in known() {
            let of = |belief: Belief, word: &str| (format!("{} {word}", known.target), known.of(belief));
            counted.push(of(Belief::Out, "out"));
            // What was never out was not out and back, either: that need not be said.
            if known.of(Belief::Out) > 0 {
                counted.extend(probes.then(|| of(Belief::Probing, "probed")));
                counted.push(of(Belief::Back, "back"));
            }
        }
        groups.push(group(&router, counted));
    }
    for group in &mut groups {
        group.name = format!("by {}", group.name);
    }
    groups
}

/// Whether one of a router's rules is half-open before it is closed.
fn has_breaker(checked: &Checked<'_>, router: &str) -> bool {
    let routers = &checked.subject.resolved.scenario.routers;
    let promises =
        routers.iter().position(|known| known.name == router).map(|at| &checked.subject.promises[at]);
    promises.is_some_and(|promises| promises.memory.iter().any(|rule| matches!(rule, Rule::Breaker(_))))
}

/// Names of the routers that requests reach, in the order of the scenario.
fn used(resolved: &Resolved) -> Vec<String> {
    let mut reached = vec![false; resolved.nodes.len()];
    let mut todo: Vec<_> = resolved.workloads.iter().map(|workload| workload.entry).collect();
    while let Some(node) = todo.pop() {
        if !std::mem::replace(&mut reached[node.index()], true) {
            todo.extend(&resolved.nodes[node.index()].targets);
        }
    }
    let routers = resolved.nodes.iter().zip(reached);
    let routers = routers.filter(|(node, reached)| *reached && matches!(node.kind, NodeKind::Router { .. }));
    routers.map(|(node, _)| node.name.clone()).collect()
}

fn requests(coverage: &Coverage) -> Group {
    let words = ["served as planned", "leaked", "failed", "shed"];
    group("requests", words.into_iter().map(str::to_owned).zip(coverage.outcomes))
}

fn leaks(coverage: &Coverage) -> Group {
    // Most causes cannot come up in most scenarios.
    let causes = Cause::ALL.iter().map(|cause| cause.name().to_owned()).zip(coverage.causes);
    group("leaks by", causes.filter(|(_, cases)| *cases > 0))
}
