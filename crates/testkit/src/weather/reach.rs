//! What of a scenario can fail so that a request notices, and the spans at whose ends that hurts most.

use std::collections::BTreeSet;

use sandbox_core::Span;
use sandbox_model::FaultScope;
use sandbox_routers::memory::Rule;
use sandbox_scenario::Resolved;
use sandbox_scenario::resolved::NodeKind;

/// What a fault can be written for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    /// As a script names it.
    pub(super) name: String,
    pub(super) sort: Sort,
    /// Narrower places inside it: endpoints of a provider, directions of a link.
    pub(super) inside: Vec<usize>,
    /// Whether a workload's plan is hit. Of links: whether requests leave by it on the way to their plan is not looked
    /// at, so never.
    pub(super) plan: bool,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Sort {
    Endpoint,
    Provider,
    Gateway,
    Link,
}

impl Place {
    pub(super) fn takes(&self, scope: FaultScope) -> bool {
        match self.sort {
            Sort::Endpoint | Sort::Provider => scope != FaultScope::Link,
            Sort::Gateway => scope == FaultScope::Node,
            Sort::Link => scope == FaultScope::Link,
        }
    }

    /// How much is hit, for shrinking: a place is wider than those inside it.
    pub(super) fn width(&self) -> u64 {
        1 + self.inside.len() as u64
    }
}

/// Everything that requests can reach from the workloads' entries: endpoints, their providers, gateways, links.
pub(super) fn places(resolved: &Resolved) -> Vec<Place> {
    let (nodes, ways) = walk(resolved);
    let scenario = &resolved.scenario;
    let is_plan = |node: usize| resolved.workloads.iter().any(|workload| workload.plan.index() == node);
    let place = |name: &str, sort, inside, plan| Place { name: name.to_owned(), sort, inside, plan };
    let mut places = Vec::new();
    // By provider: which places are its endpoints.
    let mut theirs = vec![Vec::new(); scenario.providers.len()];
    for &node in &nodes {
        let at = &resolved.nodes[node];
        match at.kind {
            NodeKind::Endpoint { provider, .. } => {
                theirs[provider.index()].push(places.len());
                places.push(place(&at.name, Sort::Endpoint, Vec::new(), is_plan(node)));
            }
            NodeKind::Router { .. } if at.region.is_some() => {
                places.push(place(&at.name, Sort::Gateway, Vec::new(), is_plan(node)));
            }
            NodeKind::Router { .. } => {}
        }
    }
    for (provider, inside) in scenario.providers.iter().zip(theirs) {
        if !inside.is_empty() {
            let plan = inside.iter().any(|&place| places[place].plan);
            places.push(place(&provider.name, Sort::Provider, inside, plan));
        }
    }
    for link in scenario.links.iter().filter(|link| link.from != link.to) {
        let region = |name: &str| resolved.regions.iter().position(|region| region == name);
        let (Some(from), Some(to)) = (region(&link.from), region(&link.to)) else { continue };
        if ways.contains(&(from.min(to), from.max(to))) {
            let first = places.len();
            let (from, to) = (&link.from, &link.to);
            places.push(place(&format!("{from} -> {to}"), Sort::Link, Vec::new(), false));
            places.push(place(&format!("{to} -> {from}"), Sort::Link, Vec::new(), false));
            places.push(place(&format!("{from} <-> {to}"), Sort::Link, vec![first, first + 1], false));
        }
    }
    places
}

/// The nodes that requests can reach, and the pairs of regions (the smaller first) that they cross on the way.
fn walk(resolved: &Resolved) -> (BTreeSet<usize>, BTreeSet<(usize, usize)>) {
    // A library runs in the region of whoever calls it, so a node is looked at once from each region.
    let mut seen = BTreeSet::new();
    let mut ways = BTreeSet::new();
    let mut next: Vec<(usize, usize)> =
        resolved.workloads.iter().map(|workload| (workload.entry.index(), workload.region)).collect();
    while let Some((node, from)) = next.pop() {
        let at = &resolved.nodes[node];
        let region = at.region.unwrap_or(from);
        if region != from {
            ways.insert((region.min(from), region.max(from)));
        }
        if seen.insert((node, region)) {
            next.extend(at.targets.iter().map(|target| (target.index(), region)));
        }
    }
    (seen.into_iter().map(|(node, _)| node).collect(), ways)
}

/// Lengths that routers and callers count in, shortest first: cooldowns, windows, times that a breaker is open and ramps
/// back, demotions, ejections, timeouts, deadlines. Those longer than `longest` are left out.
pub(super) fn spans(resolved: &Resolved, longest: Span) -> Vec<Span> {
    let mut spans = BTreeSet::new();
    let promises = sandbox_engine::world::promises(resolved);
    let (nodes, _) = walk(resolved);
    for node in nodes {
        let NodeKind::Router { index } = resolved.nodes[node].kind else { continue };
        promises[index].memory.iter().for_each(|rule| of_rule(rule, &mut spans));
        let router = &resolved.scenario.routers[index];
        let timeouts = router.strategy.timeouts();
        spans.extend([timeouts.first_token, timeouts.total, timeouts.overall].into_iter().flatten());
        spans.extend(router.fleet.as_ref().map(|fleet| fleet.lag));
        if let Some(Some(hedge)) = &promises[index].hedge {
            spans.insert(hedge.after);
        }
    }
    spans.extend(resolved.scenario.workloads.iter().map(|workload| workload.deadline));
    spans.into_iter().filter(|span| !span.is_zero() && *span <= longest).collect()
}

fn of_rule(rule: &Rule, spans: &mut BTreeSet<Span>) {
    match rule {
        Rule::Cooldown(rule) => spans.extend([rule.length, rule.within, rule.beyond_retry_after]),
        Rule::ErrorRatio(rule) => {
            spans.extend([rule.window, rule.every]);
            spans.extend(rule.length);
        }
        Rule::Demotion(rule) => spans.extend([rule.window]),
        Rule::Breaker(rule) => {
            // Open once, and open again after a probe that failed.
            let again = Span::from_secs_f64_saturating(rule.length.as_secs_f64() * rule.growth);
            spans.extend([rule.length, rule.window, rule.ramp, again.min(rule.length_max)]);
        }
        Rule::PassiveCheck(rule) => spans.extend([rule.fail_timeout]),
        Rule::TimedBreaker(rule) => spans.extend([rule.length, rule.window]),
        Rule::Ejection(rule) => {
            let again = rule.base_ejection_time.saturating_mul(2).min(rule.max_ejection_time);
            spans.extend([rule.base_ejection_time, again, rule.interval]);
        }
        Rule::Uptime(rule) => spans.extend([rule.window]),
        Rule::Preference(rule) => spans.extend([rule.window]),
    }
}
