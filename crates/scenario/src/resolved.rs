//! A scenario that was checked: names became indices, shapes became curves, files were read.

use std::sync::Arc;

use petgraph::graph::DiGraph;
use sandbox_core::{Span, Time};
use sandbox_model::{Curve, NodeId, OutageScript, Price, ProviderId, QuotedPrice, Steps, Tariff};
use sandbox_routers::Registry;

use crate::file::{Link, Scenario};
use crate::objective::Objective;

/// A scenario that can run. What has no entry here is read from [`Resolved::scenario`] at the same index.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The scenario with defaults filled in, overrides applied and faults at offsets: writing it out and
    /// reading it back gives the same thing.
    pub scenario: Scenario,
    /// Endpoints in file order, then routers in file order; a [`NodeId`] is an index into this.
    pub nodes: Vec<Node>,
    /// An edge from each router to each of its targets; node weights are in the order of [`Resolved::nodes`].
    pub topology: DiGraph<NodeId, ()>,
    /// Names of the regions.
    pub regions: Vec<String>,
    /// Links by region: `links[a][b]`, the same as `links[b][a]`; `None` where nothing needs one.
    pub links: Vec<Vec<Option<Link>>>,
    /// Friction of each of [`Scenario::links`]: its shape over time, with height 1.
    pub friction: Vec<Option<Curve>>,
    /// By provider.
    pub providers: Vec<ResolvedProvider>,
    /// What endpoints charge over the scenario, in dollars; by endpoint.
    pub tariffs: Vec<Tariff>,
    /// By workload.
    pub workloads: Vec<ResolvedWorkload>,
    /// Speed of each fault process over time (1 = its mean).
    pub process_speed: Vec<Curve>,
    /// The faults that are written down.
    pub script: OutageScript,
    /// What the run is held against.
    pub objectives: Vec<Objective>,
    /// Width of a timeline bucket.
    pub bucket: Span,
    /// The strategies that are not presets.
    pub registry: Arc<Registry>,
    /// By workload: a trace's rows as recorded, so that another seed or router does not read them again.
    pub(crate) traces: Vec<Option<Arc<[TraceRow]>>>,
}

/// What a node is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum NodeKind {
    /// `scenario.endpoints[index]`, of a provider.
    Endpoint {
        /// Index into the scenario's endpoints.
        index: usize,
        /// Whose machines.
        provider: ProviderId,
    },
    /// `scenario.routers[index]`.
    Router {
        /// Index into the scenario's routers.
        index: usize,
    },
}

/// One node of the topology.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What its random draws are called.
    pub drawn_as: String,
    /// What it is.
    pub kind: NodeKind,
    /// Index of the region where it runs; `None` for a router that is a library inside its caller.
    pub region: Option<usize>,
    /// Targets, in the strategy's order; empty for an endpoint.
    pub targets: Vec<NodeId>,
}

/// What resolving adds to a provider.
#[derive(Clone, PartialEq, Debug)]
pub struct ResolvedProvider {
    /// Index of its region.
    pub region: usize,
    /// Share of the batch that competing load takes, before noise; absent without congestion.
    pub competing: Option<Curve>,
}

/// What resolving adds to a workload.
#[derive(Clone, PartialEq, Debug)]
pub struct ResolvedWorkload {
    /// Index of its clients' region.
    pub region: usize,
    /// The router its requests enter.
    pub entry: NodeId,
    /// The node that serves it when nothing is wrong.
    pub plan: NodeId,
    /// By node: whether its requests may be processed there.
    pub permitted: Vec<bool>,
    /// When requests arrive.
    pub arrivals: ResolvedArrivals,
}

/// When requests arrive, ready to draw.
#[derive(Clone, PartialEq, Debug)]
pub enum ResolvedArrivals {
    /// Drawn by the law that the scenario names, at this rate over time [1/s].
    Drawn {
        /// Rate [1/s].
        rate: Curve,
    },
    /// Independently of each other, at a rate [1/s] that jumps.
    Steps(Steps),
    /// A recorded list in order of time.
    Trace(Arc<[TraceRow]>),
}

impl ResolvedArrivals {
    /// About how many requests arrive within `duration`: the rate is looked at a thousand times.
    fn expected(&self, duration: Span) -> f64 {
        const LOOKS: u32 = 1_000;
        let rate = |at: Time| match self {
            Self::Drawn { rate } => rate.at(at),
            Self::Steps(steps) => steps.at(at),
            Self::Trace(_) => 0.0,
        };
        if let Self::Trace(rows) = self {
            return rows.len() as f64;
        }
        let step = duration.as_nanos() / u64::from(LOOKS);
        let at = |look: u32| Time::ZERO + Span::from_nanos(u64::from(look) * step + step / 2);
        (0..LOOKS).map(|look| rate(at(look))).sum::<f64>() * duration.as_secs_f64() / f64::from(LOOKS)
    }
}

/// One recorded request.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct TraceRow {
    /// Arrival, since the start of the scenario.
    pub at: Time,
    /// Prompt tokens.
    pub input: u32,
    /// Answer tokens, at least 1.
    pub output: u32,
}

impl Resolved {
    /// About how many requests will arrive: an estimate, for what must be decided before a run.
    #[must_use]
    pub fn expected_requests(&self) -> f64 {
        self.workloads.iter().map(|workload| workload.arrivals.expected(self.scenario.duration)).sum()
    }

    /// The node called `name`.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().position(|node| node.name == name).map(NodeId::from_index)
    }

    /// The directions of a link, as pairs of regions, that a fault on `target` hits; empty if that is no link.
    #[must_use]
    pub fn fault_ways(&self, target: &str) -> Vec<(usize, usize)> {
        let region = |name: &str| self.regions.iter().position(|region| region == name);
        let Some(target) = LinkTarget::parse(target) else { return Vec::new() };
        let (Some(from), Some(to)) = (region(target.from), region(target.to)) else { return Vec::new() };
        let mut ways = vec![(from, to)];
        if target.both_ways && from != to {
            ways.push((to, from));
        }
        ways
    }

    /// A price of this scenario in dollars.
    #[must_use]
    pub fn in_usd(&self, price: &QuotedPrice) -> Price {
        crate::tariff::in_usd(&self.scenario.currencies, price)
    }

    /// The endpoints and gateways that a fault on `target` hits: the node of that name, or all endpoints of the
    /// provider of that name.
    #[must_use]
    pub fn fault_targets(&self, target: &str) -> Vec<NodeId> {
        let provider = self.scenario.providers.iter().position(|p| p.name == target);
        (0..self.nodes.len())
            .filter(|&i| {
                let node = &self.nodes[i];
                let of_provider =
                    matches!(node.kind, NodeKind::Endpoint { provider: p, .. } if Some(p.index()) == provider);
                node.name == target || of_provider
            })
            .map(NodeId::from_index)
            .collect()
    }
}

/// A fault's target that is a link: `"a <-> b"` both ways, `"a -> b"` from a to b.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct LinkTarget<'t> {
    pub(crate) from: &'t str,
    pub(crate) to: &'t str,
    pub(crate) both_ways: bool,
}

impl<'t> LinkTarget<'t> {
    /// Names have no `>`: what has one is a link.
    pub(crate) fn parse(target: &'t str) -> Option<Self> {
        let parts = |arrow| target.split_once(arrow).map(|(from, to): (&str, &str)| (from.trim(), to.trim()));
        let both = parts("<->").map(|(from, to)| Self { from, to, both_ways: true });
        both.or_else(|| parts("->").map(|(from, to)| Self { from, to, both_ways: false }))
    }
}
