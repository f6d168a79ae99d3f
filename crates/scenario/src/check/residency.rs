//! Residency: that a workload's plan and entry are where its requests may be processed.

use super::{Graph, Report};
use crate::file::{Scenario, Workload};
use crate::problem::name_hint;
use crate::syntax::Path;

/// By node (endpoints first, then routers): whether requests of `workload` may be processed there. A router is
/// permitted if its own region is, and at least one of its targets. A library has no region: it is where its caller is.
pub(crate) fn permitted(scenario: &Scenario, graph: &Graph<'_>, workload: &Workload) -> Vec<bool> {
    let count = graph.targets.len();
    let resident = |node: usize| {
        workload.residency.is_empty()
            || graph.region(node).is_none_or(|region| workload.residency.iter().any(|r| r == region))
    };
    let mut permitted: Vec<bool> = (0..count).map(|n| n < scenario.endpoints.len() && resident(n)).collect();
    // The topology has no cycles: as many rounds as nodes settle it.
    for _ in 0..count {
        for node in scenario.endpoints.len()..count {
            permitted[node] = resident(node) && graph.targets[node].iter().any(|&target| permitted[target]);
        }
    }
    permitted
}

pub(super) fn check(scenario: &Scenario, report: &mut Report<'_>) {
    let graph = Graph::new(scenario);
    for (index, workload) in scenario.workloads.iter().enumerate().filter(|(_, w)| !w.residency.is_empty()) {
        let path = Path::root("workloads").at(index);
        let known = scenario.region_names();
        for (i, region) in workload.residency.iter().enumerate() {
            let at = path.key("residency").at(i);
            if !known.contains(&region.as_str()) {
                let hint = name_hint(region, "regions here", known.iter().copied());
                report.say(&at, format!("nothing is in a region called `{region}`"), hint);
            } else if workload.residency[..i].contains(region) {
                report.say(&at, format!("`{region}` is listed already"), "remove it");
            }
        }
        let permitted = permitted(scenario, &graph, workload);
        let mut allowed: Vec<&str> =
            (0..permitted.len()).filter(|&node| permitted[node]).map(|node| graph.name(node)).collect();
        allowed.truncate(20);
        for (key, name) in [("plan", &workload.plan), ("entry", &workload.entry)] {
            let Some(node) = graph.find(name).filter(|&node| !permitted[node]) else { continue };
            let message = match graph.region(node) {
                Some(region) if !workload.residency.iter().any(|r| r == region) => {
                    format!("`{name}` is in `{region}`, outside this workload's residency")
                }
                _ => format!("no target of `{name}` is within this workload's residency"),
            };
            let hint = match allowed.as_slice() {
                [] => "nothing here is within it: add a region to `residency`".to_owned(),
                some => format!("within it: {}; or add a region to `residency`", some.join(", ")),
            };
            report.say(&path.key(key), message, hint);
        }
    }
}
