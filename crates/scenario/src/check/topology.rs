//! The graph of routers and targets: no cycles, plans within reach, links wherever requests travel.

use std::collections::BTreeSet;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Report;
use crate::file::{Link, Scenario};
use crate::regions::known_rtt;
use crate::syntax::Path;

/// Endpoints in file order, then routers, as indices; targets that do not exist are left out.
pub(crate) struct Graph<'s> {
    scenario: &'s Scenario,
    pub(crate) targets: Vec<Vec<usize>>,
}

impl<'s> Graph<'s> {
    pub(crate) fn new(scenario: &'s Scenario) -> Self {
        let names: Vec<&str> = node_names(scenario).collect();
        let find = |name: &str| names.iter().position(|n| *n == name);
        let mut targets = vec![Vec::new(); scenario.endpoints.len()];
        targets.extend(
            scenario.routers.iter().map(|r| r.strategy.targets().iter().filter_map(|name| find(name)).collect()),
        );
        Self { scenario, targets }
    }

    pub(super) fn name(&self, node: usize) -> &'s str {
        node_names(self.scenario).nth(node).unwrap_or_default()
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        node_names(self.scenario).position(|n| n == name)
    }

    fn first_router(&self) -> usize {
        self.scenario.endpoints.len()
    }

    /// Region where a node runs; `None` for a library, or if its provider is unknown.
    pub(super) fn region(&self, node: usize) -> Option<&'s str> {
        let s = self.scenario;
        match s.endpoints.get(node) {
            Some(endpoint) => {
                s.providers.iter().find(|p| p.name == endpoint.provider).map(|p| p.region.as_str())
            }
            None => s.routers[node - self.first_router()].region.as_deref(),
        }
    }

    /// Everything that requests entering at `node` may reach, itself included.
    fn reach(&self, node: usize) -> BTreeSet<usize> {
        let (mut seen, mut stack) = (BTreeSet::new(), vec![node]);
        while let Some(node) = stack.pop() {
            if seen.insert(node) {
                stack.extend(&self.targets[node]);
            }
        }
        seen
    }

    /// Whether all targets of these nodes exist.
    fn is_whole(&self, nodes: &BTreeSet<usize>) -> bool {
        nodes.iter().all(|&node| {
            let router = node.checked_sub(self.first_router()).map(|router| &self.scenario.routers[router]);
            router.is_none_or(|router| router.strategy.targets().len() == self.targets[node].len())
        })
    }

    /// Pairs of regions with no link that requests from `region` need, each with the router they leave, if any.
    fn missing_links(&self, region: &'s str, entry: usize) -> BTreeSet<(&'s str, &'s str, Option<usize>)> {
        let linked = |a: &str, b: &str| a == b || self.scenario.links.iter().any(|link| link.joins(a, b));
        let (mut missing, mut seen, mut stack) =
            (BTreeSet::new(), BTreeSet::new(), vec![(region, None, entry)]);
        while let Some((caller, sender, node)) = stack.pop() {
            if !seen.insert((caller, sender, node)) {
                continue;
            }
            let here = self.region(node);
            if let Some(here) = here.filter(|here| !linked(caller, here)) {
                missing.insert((caller, here, sender));
            }
            let from = here.map_or((caller, sender), |here| (here, Some(node)));
            stack.extend(self.targets[node].iter().map(|&target| (from.0, from.1, target)));
        }
        missing
    }
}

fn node_names(scenario: &Scenario) -> impl Iterator<Item = &str> {
    scenario.endpoints.iter().map(|e| e.name.as_str()).chain(scenario.routers.iter().map(|r| r.name.as_str()))
}

/// The links that requests need, that are not written, and whose round trips are known by the regions' names.
pub(crate) fn known_links(scenario: &Scenario) -> Vec<Link> {
    let graph = Graph::new(scenario);
    let mut links: Vec<Link> = Vec::new();
    for workload in &scenario.workloads {
        let Some(entry) = graph.find(&workload.entry) else { continue };
        for (from, to, _) in graph.missing_links(&workload.region, entry) {
            if let Some(rtt) = known_rtt(from, to).filter(|_| !links.iter().any(|link| link.joins(from, to)))
            {
                links.push(Link::plain(from, to, rtt));
            }
        }
    }
    links
}

/// Cycles, plans out of reach, missing links.
pub(super) fn check(scenario: &Scenario, report: &mut Report<'_>) {
    let graph = Graph::new(scenario);
    if cycles(&graph, report) {
        return;
    }
    let mut told = BTreeSet::new();
    for (i, workload) in scenario.workloads.iter().enumerate() {
        let path = Path::root("workloads").at(i);
        let (Some(entry), plan) = (graph.find(&workload.entry), graph.find(&workload.plan)) else { continue };
        if entry < graph.first_router() {
            continue;
        }
        // Where a target is misspelt, that is the problem to tell.
        let reach = graph.reach(entry);
        if let Some(plan) = plan.filter(|plan| !reach.contains(plan) && graph.is_whole(&reach)) {
            unreachable(&graph, &path.key("plan"), (entry, plan), report);
        }
        for (from, to, sender) in graph.missing_links(&workload.region, entry) {
            if !told.insert([from.min(to), from.max(to)]) {
                continue;
            }
            let (path, who) = match sender {
                None => (path.key("region"), "requests".to_owned()),
                Some(node) => {
                    let path = Path::root("routers").at(node - graph.first_router());
                    (path.key("region"), format!("requests through `{}`", graph.name(node)))
                }
            };
            let message = format!("{who} go from `{from}` to `{to}`, and no link joins the two");
            let hint = format!(
                "add to `links` (with the round-trip time that you measured): (from: \"{from}\", to: \"{to}\", rtt: \"150ms\"); between AWS regions by their codes none is needed"
            );
            report.say(&path, message, hint);
        }
    }
}

fn unreachable(graph: &Graph<'_>, path: &Path, (entry, plan): (usize, usize), report: &mut Report<'_>) {
    let others: Vec<&str> = (graph.first_router()..graph.targets.len())
        .filter(|&router| graph.reach(router).contains(&plan))
        .map(|router| graph.name(router))
        .collect();
    let mut within: Vec<&str> = graph.reach(entry).into_iter().map(|node| graph.name(node)).collect();
    within.truncate(20);
    let mut hint = format!("within its reach: {}", within.join(", "));
    if !others.is_empty() {
        hint =
            format!("enter by a router that reaches it: {}; or plan for what is {hint}", others.join(", "));
    }
    let message = format!("requests that enter `{}` cannot reach `{}`", graph.name(entry), graph.name(plan));
    report.say(path, message, hint);
}

/// Tells each cycle once, at the router in it that comes first in the file.
fn cycles(graph: &Graph<'_>, report: &mut Report<'_>) -> bool {
    let mut topology = DiGraph::<(), ()>::new();
    for _ in &graph.targets {
        topology.add_node(());
    }
    for (node, targets) in graph.targets.iter().enumerate() {
        for &target in targets {
            topology.update_edge(NodeIndex::new(node), NodeIndex::new(target), ());
        }
    }
    let mut found = false;
    for component in tarjan_scc(&topology) {
        let members: BTreeSet<usize> = component.iter().map(|node| node.index()).collect();
        let Some(&first) = members.first() else { continue };
        if members.len() == 1 && !graph.targets[first].contains(&first) {
            continue;
        }
        found = true;
        // Every member has a successor among the members, so the walk closes.
        let mut walk = vec![first];
        let start = loop {
            let here = walk[walk.len() - 1];
            let Some(&next) = graph.targets[here].iter().find(|next| members.contains(next)) else { break 0 };
            if let Some(start) = walk.iter().position(|&node| node == next) {
                walk.push(next);
                break start;
            }
            walk.push(next);
        };
        let cycle = &walk[start..];
        let names: Vec<&str> = cycle.iter().map(|&node| graph.name(node)).collect();
        let at = cycle.iter().copied().min().unwrap_or(first) - graph.first_router();
        let message = format!("routers call each other in a circle: {}", names.join(" -> "));
        let key = match graph.scenario.routers[at].strategy {
            crate::file::Strategy::Single(_) => "target",
            _ => "targets",
        };
        let hint = "remove one of these targets; a grid should end in endpoints of its own";
        report.say(&Path::root("routers").at(at).key("strategy").key(key), message, hint);
    }
    found
}
