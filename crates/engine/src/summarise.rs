//! From a finished run to what it yields.

use std::collections::BTreeMap;

use sandbox_core::{Fingerprint, Span};
use sandbox_model::{Cause, Fault, FaultKind, FaultScope, OutageScript, Usd};
use sandbox_scenario::Resolved;

use crate::account::Tally;
use crate::machine::Machine;
use crate::output::summary::{
    Attempts, CauseLine, Cost, FaultReport, Flips, Leak, Percentiles, Requests, SCHEMA, Scope, Summary,
};
use crate::output::{Ledger, LedgerLine, TTFT_CLASSES, Timeline, TimelineRow};
use crate::{objectives, probes, waterfall};

/// A tally as it is reported, held against the same of the twin.
fn scope(tally: &Tally, twin: &Tally) -> Scope {
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let seconds = |percent: f64| tally.ttft.quantile(percent).map(Span::as_secs_f64);
    let by_cause = Cause::ALL.into_iter().zip(&tally.leaks).filter(|(_, leak)| leak.requests > 0);
    Scope {
        requests: Requests {
            arrived: tally.arrived,
            served_by_plan: tally.served_by_plan,
            leaked: tally.leaked,
            failed: tally.failed,
            shed: tally.shed,
            in_flight: tally.in_flight,
        },
        attempts: Attempts {
            total: tally.attempts,
            retries: tally.retries,
            fallbacks: tally.fallbacks,
            hedges: tally.hedges,
        },
        ttft_s: Percentiles { p50: seconds(50.0), p95: seconds(95.0), p99: seconds(99.0) },
        cost_usd: Cost {
            total: tally.billed.decimal(),
            twin: twin.billed.decimal(),
            premium: (tally.billed - twin.billed).decimal(),
            wasted: tally.wasted.decimal(),
            fees: tally.fees.decimal(),
        },
        leak: Leak {
            share: share(tally.leaked, tally.arrived),
            avoidable_share: share(tally.avoidable(), tally.arrived),
            premium_usd: tally.leak_premium().decimal(),
            by_cause: by_cause
                .map(|(cause, leak)| {
                    let line = CauseLine {
                        requests: leak.requests,
                        avoidable_requests: leak.avoidable,
                        input_tokens: leak.input,
                        output_tokens: leak.output,
                        billed_usd: leak.billed.decimal(),
                        premium_usd: leak.premium.decimal(),
                    };
                    (cause.name().to_owned(), line)
                })
                .collect(),
        },
        flips: Flips {
            share: share(tally.flipped, tally.grid_served),
            requests: tally.flipped,
            premium_usd: tally.flip_premium.decimal(),
        },
    }
}

/// All workloads of a run together, held against themselves.
pub(crate) fn whole(machine: &Machine) -> Scope {
    let all = Tally::sum(&machine.workload_tallies);
    scope(&all, &all)
}

/// Fingerprint of a run's events, and of its twin's.
pub(crate) fn fingerprint(main: &Machine, twin: &Machine) -> Fingerprint {
    let mut fingerprint = main.fingerprint;
    fingerprint.mix(twin.fingerprint.value());
    fingerprint
}

/// The run in numbers.
pub(crate) fn summary(
    resolved: &Resolved,
    script: &OutageScript,
    main: &Machine,
    twin: &Machine,
    repro: String,
) -> Summary {
    let scenario = &resolved.scenario;
    let all = |machine: &Machine| Tally::sum(&machine.workload_tallies);
    let whole = scope(&all(main), &all(twin));
    let scopes = |names: Vec<&String>, tallies: &[Tally], twins: &[Tally]| {
        names
            .into_iter()
            .zip(tallies.iter().zip(twins))
            .map(|(name, (tally, twin))| (name.clone(), scope(tally, twin)))
            .collect()
    };
    let faults = fault_reports(script, main);
    let routers: BTreeMap<String, Scope> = scopes(
        scenario.routers.iter().map(|r| &r.name).collect(),
        &main.router_tallies,
        &twin.router_tallies,
    );
    let endpoints: BTreeMap<String, Scope> = scopes(
        scenario.endpoints.iter().map(|e| &e.name).collect(),
        &main.endpoint_tallies,
        &twin.endpoint_tallies,
    );
    let traffic = |name: &str| endpoints.get(name).or_else(|| routers.get(name)).map(|scope| &scope.requests);
    Summary {
        schema: SCHEMA,
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        fingerprint: fingerprint(main, twin).to_string(),
        repro,
        start: scenario.start.to_string(),
        duration_s: scenario.duration.as_secs_f64(),
        warm_up_s: scenario.warm_up.as_secs_f64(),
        events: main.events + twin.events,
        simulated_requests: main.simulated_requests + twin.simulated_requests,
        requests: whole.requests,
        attempts: whole.attempts,
        ttft_s: whole.ttft_s,
        cost_usd: whole.cost_usd,
        leak: whole.leak,
        flips: whole.flips,
        waterfall: waterfall::waterfall(main, twin),
        objectives: resolved
            .objectives
            .iter()
            .map(|objective| objectives::report(objective, resolved, main, twin, &faults))
            .collect(),
        faults,
        workloads: scopes(
            scenario.workloads.iter().map(|w| &w.name).collect(),
            &main.workload_tallies,
            &twin.workload_tallies,
        ),
        probes: probes::reports(resolved, script, traffic),
        routers,
        endpoints,
    }
}

/// The faults, and how they were seen.
pub(crate) fn fault_reports(script: &OutageScript, main: &Machine) -> Vec<FaultReport> {
    let report = |(id, fault): (usize, &Fault)| {
        let lags = main.beliefs.lags(id);
        FaultReport {
            target: fault.target.clone(),
            kind: describe(&fault.kind),
            from: fault.from.as_secs_f64(),
            until: fault.until.as_secs_f64(),
            detection_lag_s: lags.detection.map(Span::as_secs_f64),
            failback_lag_s: lags.failback.map(Span::as_secs_f64),
        }
    };
    script.faults.iter().enumerate().map(report).collect()
}

/// A fault's kind with its numbers, for people.
fn describe(kind: &FaultKind) -> String {
    match kind {
        FaultKind::Down { status, .. } => format!("{} {status}", kind.name()),
        FaultKind::Blackhole => "blackhole".to_owned(),
        FaultKind::Brownout { slowdown } => format!("brownout x{slowdown}"),
        FaultKind::Errors { share, status, .. } => format!("{} {}% {status}", kind.name(), share * 100.0),
        FaultKind::Gray { share, status } => format!("gray {}% of clients {status}", share * 100.0),
        FaultKind::SlowFail { share, hold, .. } => format!("slow_fail {}% after {hold}", share * 100.0),
        FaultKind::SlowFirstToken { slowdown } => format!("slow_first_token x{slowdown}"),
        FaultKind::Stall => "stall".to_owned(),
        FaultKind::StreamCut { share, after } => format!("stream_cut {}% after {after}", share * 100.0),
        FaultKind::RateLimitSpike { scale } => format!("rate_limit_spike to {}%", scale * 100.0),
        FaultKind::CapacityLoss { share } => format!("capacity_loss {}%", share * 100.0),
        FaultKind::PriceChange { factor } => format!("price_change x{factor}"),
        FaultKind::Loss { share } => format!("loss {}%", share * 100.0),
        FaultKind::Partition => "partition".to_owned(),
    }
}

/// What has a lane in the timeline: nodes that can fail, and below them links that do.
struct Lanes {
    nodes: Vec<usize>,
    /// By name as in a fault's target, with the directions.
    links: Vec<(String, Vec<(usize, usize)>)>,
}

impl Lanes {
    fn new(resolved: &Resolved, script: &OutageScript) -> Self {
        let nodes = (0..resolved.nodes.len()).filter(|&id| resolved.nodes[id].region.is_some()).collect();
        let mut links = Vec::new();
        for fault in script.faults.iter().filter(|fault| fault.kind.scope() == FaultScope::Link) {
            let mut ways = resolved.fault_ways(&fault.target);
            ways.sort_unstable();
            let Some(&(from, to)) = ways.first() else { continue };
            let (mut from, mut to) = (resolved.regions[from].as_str(), resolved.regions[to].as_str());
            let both = ways.len() == 2 || from == to;
            if both {
                // `a <-> b` and `b <-> a` are one lane, named as the link is written.
                let written = resolved.scenario.links.iter().find(|link| link.joins(from, to));
                (from, to) = written.map_or((from, to), |link| (link.from.as_str(), link.to.as_str()));
            }
            let lane = (format!("{from} {} {to}", if both { "<->" } else { "->" }), ways);
            if !links.contains(&lane) {
                links.push(lane);
            }
        }
        // In an order that does not depend on that of the faults: both ways first.
        links.sort_by(|a, b| (b.1.len(), &a.1).cmp(&(a.1.len(), &b.1)));
        Self { nodes, links }
    }

    fn names(&self, resolved: &Resolved) -> Vec<String> {
        let nodes = self.nodes.iter().map(|&id| resolved.nodes[id].name.clone());
        nodes.chain(self.links.iter().map(|(name, _)| name.clone())).collect()
    }
}

/// The faults of each lane of the timeline: pairs of the lane's index and a fault that hits it. A fault on a provider
/// hits all its endpoints; a link that has faults has a lane of its own, after those of the nodes.
#[must_use]
pub fn lane_faults(resolved: &Resolved, script: &OutageScript) -> Vec<(usize, Fault)> {
    let lanes = Lanes::new(resolved, script);
    let mut faults = Vec::new();
    for fault in &script.faults {
        for node in resolved.fault_targets(&fault.target) {
            if let Some(lane) = lanes.nodes.iter().position(|&id| id == node.index()) {
                faults.push((lane, fault.clone()));
            }
        }
        let mut ways = resolved.fault_ways(&fault.target);
        ways.sort_unstable();
        if let Some(lane) = lanes.links.iter().position(|(_, other)| *other == ways) {
            faults.push((lanes.nodes.len() + lane, fault.clone()));
        }
    }
    faults
}

/// The lanes of the timeline of which anybody could tell that they are down: some router that requests can come to has
/// them for targets, and a memory for it. Nobody believes anything of links.
#[must_use]
pub fn watched_lanes(resolved: &Resolved, script: &OutageScript) -> Vec<bool> {
    let lanes = Lanes::new(resolved, script);
    let watched = crate::world::watched(resolved);
    lanes.nodes.iter().map(|&node| watched[node]).chain(lanes.links.iter().map(|_| false)).collect()
}

/// The run over time.
pub(crate) fn timeline(
    resolved: &Resolved,
    script: &OutageScript,
    main: &Machine,
    twin: &Machine,
) -> Timeline {
    let lanes = Lanes::new(resolved, script);
    let endpoints = resolved.scenario.endpoints.len();
    let (mut cost, mut twin_cost) = (Usd::ZERO, Usd::ZERO);
    let rows = main.buckets.rows.iter().zip(&twin.buckets.rows).enumerate().map(|(index, (row, calm))| {
        cost += row.billed;
        twin_cost += calm.billed;
        TimelineRow {
            at: main.buckets.start(index),
            arrived: row.arrived,
            served_by_plan: row.served_by_plan,
            leaked: row.leaked,
            failed: row.failed,
            shed: row.shed,
            in_flight: row.in_flight(),
            attempts: row.attempts,
            rate_limited: row.rate_limited,
            ttft: row.ttft,
            ttft_counts: main.buckets.ttft_counts(index).iter().map(|&n| u64::from(n)).collect(),
            cost,
            twin_cost,
            served: main.buckets.served[index * endpoints..(index + 1) * endpoints]
                .iter()
                .map(|&n| u64::from(n))
                .collect(),
            // Routers believe things of targets, and nothing of links.
            believed_down: (lanes.nodes.iter().map(|&id| Span::from_nanos(main.beliefs.cells(id)[index])))
                .chain(lanes.links.iter().map(|_| Span::ZERO))
                .collect(),
            competing: main
                .competing
                .iter()
                .map(|seen| seen.get(index).or(seen.last()).copied().unwrap_or(0.0))
                .collect(),
        }
    });
    let rows = rows.collect();
    Timeline {
        bucket: main.buckets.width(),
        endpoints: resolved.scenario.endpoints.iter().map(|e| e.name.clone()).collect(),
        lanes: lanes.names(resolved),
        ttft_classes: TTFT_CLASSES.to_vec(),
        congested: congested(resolved),
        rows,
    }
}

fn congested(resolved: &Resolved) -> Vec<String> {
    let providers = resolved.scenario.providers.iter().zip(&resolved.providers);
    providers.filter(|(_, extra)| extra.competing.is_some()).map(|(spec, _)| spec.name.clone()).collect()
}

/// Who was billed for what.
pub(crate) fn ledger(resolved: &Resolved, main: &Machine) -> Ledger {
    let lines = main.cells.lines().map(|(workload, work, endpoint, cell)| LedgerLine {
        workload: resolved.scenario.workloads[workload].name.clone(),
        endpoint: resolved.scenario.endpoints[endpoint].name.clone(),
        work,
        requests: cell.requests,
        attempts: cell.attempts,
        input_tokens: cell.input,
        output_tokens: cell.output,
        billed: cell.billed,
        fees: cell.fees,
        premium: cell.premium,
        flipped: cell.flipped,
        flip_premium: cell.flip_premium,
    });
    Ledger { lines: lines.collect() }
}
