//! The scenario as tables: what the event handler looks things up in.
//!
//! * this file – nodes, links, and which leads to which
//! * `conversations` – requests that follow one another
//! * `endpoint` – endpoints, their limits and prices, and other tenants' load
//! * `fleet` – what gateways hear from their other customers
//! * `lengths` – how long requests are
//! * `network` – links that lose packets
//! * `prices` – what endpoints charge and gateways add
//! * `router` – routers and their strategies
//! * `traffic` – where requests come from

mod conversations;
mod endpoint;
mod fleet;
mod lengths;
mod network;
mod prices;
mod router;
mod traffic;

pub(crate) use conversations::Conversation;
pub(crate) use endpoint::{Account, Endpoint, ProviderLoad, Replica};
pub(crate) use fleet::Typical;
pub(crate) use network::Network;
pub(crate) use prices::{Bill, RouteId, Routes};
pub(crate) use router::Router;
pub use router::promises;
pub(crate) use traffic::{Arrival, Workload};

use std::sync::Arc;

use sandbox_core::{Noise, Seed, Span};
use sandbox_model::NodeId;
use sandbox_providers::{Connections, Health, LinkSpec};
use sandbox_scenario::file;
use sandbox_scenario::resolved::{NodeKind, Resolved, ResolvedWorkload};

use crate::machine::KEY_BITS;

/// Every node and what is attached to it. What a run never changes is shared by its copies.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) nodes: Vec<Node>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) accounts: Vec<Account>,
    /// The batches behind the endpoints, in order of endpoints.
    pub(crate) replicas: Vec<Replica>,
    pub(crate) routers: Vec<Router>,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) congestions: Vec<ProviderLoad>,
    /// Links by region: `links[from * regions + to]`.
    pub(crate) links: Arc<[LinkSpec]>,
    pub(crate) regions: usize,
    /// Loss, friction, partitions and firewalls.
    pub(crate) network: Network,
    /// Connection pools by node and region of the caller: `connections[node * regions + from]`.
    pub(crate) connections: Vec<Connections>,
    /// For each plan that a workload has: the nodes through which it can be reached.
    pub(crate) reaches: Arc<[Vec<bool>]>,
    /// By workload and router, `permitted[workload * routers + router]`: the targets that may process its requests.
    pub(crate) permitted: Arc<[u64]>,
    /// By node: the routers with requests to route that have it for a target, and its number there.
    pub(crate) watchers: Arc<[Vec<(u16, u16)>]>,
    /// Prices change in this run, so that routers must be shown them.
    pub(crate) prices_move: bool,
    /// Some gateway takes fees.
    pub(crate) has_fees: bool,
    pub(crate) routes: Routes,
}

#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Index of its region; `None` for a library.
    pub(crate) region: Option<u16>,
    pub(crate) health: Health,
    /// The luck of a request here: network, prefill and errors.
    pub(crate) noise: Noise,
    /// The luck of a client here: whether a gray failure hits it.
    pub(crate) noise_of_clients: Noise,
    /// The luck of a request on the way here and back.
    pub(crate) noise_of_loss: Noise,
    pub(crate) overhead: Span,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Endpoint(u16),
    Router(u16),
}

const CHECKED: &str = "the scenario was checked when it was read";

impl World {
    pub(crate) fn new(resolved: &Resolved) -> Self {
        let scenario = &resolved.scenario;
        let seed = Seed::new(scenario.seed);
        let nodes: Vec<Node> = resolved.nodes.iter().map(|node| build_node(resolved, node, &seed)).collect();
        let (accounts, of_endpoints) = endpoint::build_accounts(scenario);
        let endpoints = endpoint::build_endpoints(resolved, &of_endpoints);
        let routers: Vec<Router> = resolved
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(id, node)| match node.kind {
                NodeKind::Router { index } => {
                    Some(router::build_router(resolved, NodeId::from_index(id), index, &seed))
                }
                NodeKind::Endpoint { .. } => None,
            })
            .collect();
        let workloads =
            (0..scenario.workloads.len()).map(|w| traffic::build_workload(resolved, w, &seed)).collect();
        let regions = resolved.regions.len();
        let link = |from: usize, to: usize| match &resolved.links[from][to] {
            Some(link) => LinkSpec { rtt: link.rtt, jitter: link.jitter, keep_alive: link.keep_alive },
            // Inside a region, and between regions that nothing connects (which are never used).
            None => {
                LinkSpec { rtt: file::Link::WITHIN_REGION_RTT, jitter: 0.0, keep_alive: Span::from_secs(60) }
            }
        };
        let mut watchers = vec![Vec::new(); nodes.len()];
        // A gateway that nobody enters may hear much from its fleet: that is no part of the story told.
        let entered = entered(resolved);
        for (index, router) in routers.iter().enumerate().filter(|(_, router)| entered[router.node.index()]) {
            for (number, target) in router.targets.iter().enumerate() {
                watchers[target.index()].push((index as u16, number as u16));
            }
        }
        let mut world = Self {
            prices_move: endpoints.iter().any(|e| e.charges.move_by_themselves()),
            has_fees: routers.iter().any(|r| r.fees.is_some()),
            routes: Routes::default(),
            watchers: watchers.into(),
            reaches: resolved.workloads.iter().map(|w| reaching(resolved, w.plan)).collect(),
            connections: vec![Connections::default(); nodes.len() * regions],
            links: (0..regions * regions).map(|i| link(i / regions, i % regions)).collect(),
            regions,
            network: Network::new(resolved),
            permitted: permitted_targets(resolved, &routers),
            congestions: endpoint::build_congestions(resolved, &seed),
            nodes,
            endpoints,
            accounts,
            replicas: endpoint::build_replicas(&scenario.endpoints),
            routers,
            workloads,
        };
        for w in 0..world.workloads.len() {
            let Workload { plan, entry, .. } = world.workloads[w];
            world.workloads[w].way_to_plan = world.way_up(plan, entry);
        }
        world
    }

    /// The targets of `router` that may process the request with this key, as a bit mask.
    #[inline]
    pub(crate) fn permitted(&self, request: u64, router: u16) -> u64 {
        self.permitted[(request >> KEY_BITS) as usize * self.routers.len() + router as usize]
    }
}

/// For each workload and router: the targets that the workload's residency leaves.
fn permitted_targets(resolved: &Resolved, routers: &[Router]) -> Arc<[u64]> {
    let mask = |permitted: &[bool], router: &Router| {
        let targets = router.targets.iter().enumerate();
        targets.filter(|(_, target)| permitted[target.index()]).fold(0_u64, |mask, (n, _)| mask | 1 << n)
    };
    let of = |w: &ResolvedWorkload| routers.iter().map(|r| mask(&w.permitted, r)).collect::<Vec<_>>();
    resolved.workloads.iter().flat_map(of).collect()
}

/// The nodes from which `plan` can be reached, itself included.
fn reaching(resolved: &Resolved, plan: NodeId) -> Vec<bool> {
    let mut reaches = vec![false; resolved.nodes.len()];
    reaches[plan.index()] = true;
    // The topology has no cycles: as many rounds as nodes settle it.
    for _ in 0..resolved.nodes.len() {
        for (id, node) in resolved.nodes.iter().enumerate() {
            reaches[id] = reaches[id] || node.targets.iter().any(|t| reaches[t.index()]);
        }
    }
    reaches
}

/// The nodes that requests of a workload can come to.
fn entered(resolved: &Resolved) -> Vec<bool> {
    let mut entered = vec![false; resolved.nodes.len()];
    let mut open: Vec<NodeId> = resolved.workloads.iter().map(|workload| workload.entry).collect();
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut entered[id.index()], true) {
            open.extend(&resolved.nodes[id.index()].targets);
        }
    }
    entered
}

/// By node: whether some router that requests can come to has it for a target and may believe it down.
pub(crate) fn watched(resolved: &Resolved) -> Vec<bool> {
    let entered = entered(resolved);
    let mut watched = vec![false; resolved.nodes.len()];
    for (node, _) in resolved.nodes.iter().zip(entered).filter(|(_, entered)| *entered) {
        if let NodeKind::Router { index } = node.kind
            && router::may_believe_down(resolved, &resolved.scenario.routers[index])
        {
            node.targets.iter().for_each(|target| watched[target.index()] = true);
        }
    }
    watched
}

fn build_node(resolved: &Resolved, node: &sandbox_scenario::resolved::Node, seed: &Seed) -> Node {
    let (kind, overhead) = match node.kind {
        NodeKind::Endpoint { index, .. } => (Kind::Endpoint(index as u16), Span::ZERO),
        NodeKind::Router { index } => (Kind::Router(index as u16), resolved.scenario.routers[index].overhead),
    };
    Node {
        kind,
        region: node.region.map(|r| r as u16),
        health: Health::default(),
        noise: seed.noise(&format!("node/{}", node.drawn_as)),
        noise_of_clients: seed.noise(&format!("node/{}/clients", node.drawn_as)),
        noise_of_loss: seed.noise(&format!("node/{}/loss", node.drawn_as)),
        overhead,
    }
}
