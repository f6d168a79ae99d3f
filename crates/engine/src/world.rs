//! The scenario as tables: what the event handler looks things up in.

use sandbox_core::dist::{Empirical, Lognormal, PoissonProcess};
use sandbox_core::{Noise, Seed, Span, Stream, Time};
use sandbox_model::{Curve, NodeId, Price, Tokens, Usd};
use sandbox_providers::{
    Batch, BatchSpec, Congestion, Connections, Health, LimitSpec, Limiter, LinkSpec, Refill,
};
use sandbox_routers::{Backoff, Clairvoyant, Cooldown, Demotion, Jitter, Strategy, TargetView, preset};
use sandbox_scenario::file::{self, Length, WhenAbandoned};
use sandbox_scenario::resolved::{NodeKind, Resolved, ResolvedArrivals, TraceRow};

/// Every node and what is attached to it.
pub(crate) struct World {
    pub(crate) nodes: Vec<Node>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) routers: Vec<Router>,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) congestions: Vec<ProviderLoad>,
    /// Links by region: `links[from * regions + to]`.
    pub(crate) links: Vec<LinkSpec>,
    pub(crate) regions: usize,
    /// Connection pools by node and region of the caller: `connections[node * regions + from]`.
    pub(crate) connections: Vec<Connections>,
    /// For each plan that a workload has: the nodes through which it can be reached.
    pub(crate) reaches: Vec<Vec<bool>>,
    /// By node: the routers that have it for a target, and its number there.
    pub(crate) watchers: Vec<Vec<(u16, u16)>>,
}

pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Index of its region; `None` for a library.
    pub(crate) region: Option<u16>,
    pub(crate) health: Health,
    /// The luck of a request here: network, prefill and errors.
    pub(crate) noise: Noise,
    pub(crate) overhead: Span,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Endpoint(u16),
    Router(u16),
}

pub(crate) struct Endpoint {
    pub(crate) batch: Batch,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) retry_after: bool,
    pub(crate) prefill_base: Span,
    pub(crate) prefill_per_token: Span,
    pub(crate) prefill_noise: f64,
    pub(crate) runs_on: bool,
    pub(crate) price: Prices,
    pub(crate) competing: f64,
    /// The scheduled event of the batch, and its time.
    pub(crate) event: Option<(sandbox_core::EventId, Time)>,
}

#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Prices {
    pub(crate) input: Price,
    pub(crate) output: Price,
}

impl Prices {
    pub(crate) fn bill(&self, input: u32, output: u32) -> Usd {
        self.input.of(Tokens(u64::from(input))) + self.output.of(Tokens(u64::from(output)))
    }
}

pub(crate) struct Router {
    pub(crate) node: NodeId,
    pub(crate) strategy: Box<dyn Strategy>,
    /// The same strategy without any memory of trouble: what it would do in calm weather.
    pub(crate) pristine: Box<dyn Strategy>,
    pub(crate) noise: Noise,
    pub(crate) targets: Vec<NodeId>,
    pub(crate) views: Vec<TargetView>,
    pub(crate) timeouts: file::Timeouts,
    /// Runs somewhere of its own: a grid, if it is not where its callers are.
    pub(crate) is_gateway: bool,
}

pub(crate) struct Workload {
    pub(crate) region: u16,
    pub(crate) entry: NodeId,
    pub(crate) plan: NodeId,
    pub(crate) deadline: Span,
    pub(crate) source: Source,
    pub(crate) drawn: u64,
}

/// Where a workload's requests come from.
#[expect(clippy::large_enum_variant, reason = "there is one a workload, and it is on the hot path")]
pub(crate) enum Source {
    Poisson { process: PoissonProcess, rate: Curve, arrivals: Stream, input: Lengths, output: Lengths },
    Trace(std::vec::IntoIter<TraceRow>, Option<TraceRow>),
}

/// A distribution of token counts with its own stream.
pub(crate) struct Lengths {
    law: LengthLaw,
    stream: Stream,
}

enum LengthLaw {
    Constant(u32),
    Lognormal { law: Lognormal, max: f64 },
    Empirical(Empirical),
}

impl Lengths {
    fn new(length: &Length, stream: Stream) -> Self {
        let law = match length {
            Length::Constant(n) => LengthLaw::Constant(*n),
            Length::Lognormal { median, sigma, max } => LengthLaw::Lognormal {
                law: Lognormal::from_median_sigma(*median, *sigma).expect(CHECKED),
                max: f64::from(*max),
            },
            Length::Empirical(values) => LengthLaw::Empirical(
                Empirical::new(values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>()).expect(CHECKED),
            ),
        };
        Self { law, stream }
    }

    fn draw(&mut self) -> u32 {
        match &self.law {
            LengthLaw::Constant(n) => *n,
            LengthLaw::Lognormal { law, max } => (law.sample(&mut self.stream) + 0.5).clamp(1.0, *max) as u32,
            LengthLaw::Empirical(values) => values.sample(&mut self.stream) as u32,
        }
    }
}

const CHECKED: &str = "the scenario was checked when it was read";

impl Source {
    /// The next arrival after `now`, if there is one before `end`.
    pub(crate) fn next_arrival(&mut self, now: Time, end: Time) -> Option<Time> {
        match self {
            Self::Poisson { process, rate, arrivals, .. } => {
                let next = process.next_until(now, end, arrivals, |t| rate.at(t))?;
                (next < end).then_some(next)
            }
            Self::Trace(rows, current) => {
                *current = rows.next();
                current.map(|row| row.at).filter(|&at| at < end)
            }
        }
    }

    /// Prompt and answer tokens of the request that arrives now. Call it once an arrival.
    pub(crate) fn draw_lengths(&mut self) -> (u32, u32) {
        match self {
            Self::Poisson { input, output, .. } => (input.draw(), output.draw()),
            Self::Trace(_, current) => current.map_or((1, 1), |row| (row.input, row.output)),
        }
    }
}

pub(crate) struct ProviderLoad {
    pub(crate) load: Congestion,
    /// Its daily minimum, without noise.
    pub(crate) calm: f64,
    pub(crate) endpoints: Vec<u16>,
}

impl World {
    pub(crate) fn new(resolved: &Resolved) -> Self {
        let scenario = &resolved.scenario;
        let seed = Seed::new(scenario.seed);
        let nodes: Vec<Node> = resolved.nodes.iter().map(|node| build_node(resolved, node, &seed)).collect();
        let endpoints: Vec<Endpoint> = scenario.endpoints.iter().map(build_endpoint).collect();
        let routers: Vec<Router> = resolved
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(id, node)| match node.kind {
                NodeKind::Router { index } => {
                    Some(build_router(resolved, &endpoints, NodeId::from_index(id), index, &seed))
                }
                NodeKind::Endpoint { .. } => None,
            })
            .collect();
        let workloads = (0..scenario.workloads.len()).map(|w| build_workload(resolved, w, &seed)).collect();
        let regions = resolved.regions.len();
        let link = |from: usize, to: usize| match &resolved.links[from][to] {
            Some(link) => LinkSpec { rtt: link.rtt, jitter: link.jitter, keep_alive: link.keep_alive },
            // Inside a region, and between regions that nothing connects (which are never used).
            None => {
                LinkSpec { rtt: file::Link::WITHIN_REGION_RTT, jitter: 0.0, keep_alive: Span::from_secs(60) }
            }
        };
        let mut watchers = vec![Vec::new(); nodes.len()];
        for (index, router) in routers.iter().enumerate() {
            for (number, target) in router.targets.iter().enumerate() {
                watchers[target.index()].push((index as u16, number as u16));
            }
        }
        Self {
            watchers,
            reaches: resolved.workloads.iter().map(|w| reaching(resolved, w.plan)).collect(),
            connections: vec![Connections::default(); nodes.len() * regions],
            links: (0..regions * regions).map(|i| link(i / regions, i % regions)).collect(),
            regions,
            congestions: build_congestions(resolved, &seed),
            nodes,
            endpoints,
            routers,
            workloads,
        }
    }

    /// What the calm-weather choice below `node` would have billed for a request; `None` if it would choose nothing.
    pub(crate) fn calm_bill(
        &mut self,
        node: NodeId,
        now: Time,
        request: u64,
        input: u32,
        output: u32,
    ) -> Option<Usd> {
        match self.nodes[node.index()].kind {
            Kind::Endpoint(index) => Some(self.endpoints[index as usize].price.bill(input, output)),
            Kind::Router(index) => {
                let router = &mut self.routers[index as usize];
                let call = sandbox_routers::Call { now, request, attempts: &[], noise: router.noise };
                match router.pristine.next(&call, &router.views) {
                    sandbox_routers::Decision::Try { target, .. } => {
                        let target = router.targets[target];
                        self.calm_bill(target, now, request, input, output)
                    }
                    _ => None,
                }
            }
        }
    }
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

fn build_node(resolved: &Resolved, node: &sandbox_scenario::resolved::Node, seed: &Seed) -> Node {
    let (kind, overhead) = match node.kind {
        NodeKind::Endpoint { index, .. } => (Kind::Endpoint(index as u16), Span::ZERO),
        NodeKind::Router { index } => (Kind::Router(index as u16), resolved.scenario.routers[index].overhead),
    };
    Node {
        kind,
        region: node.region.map(|r| r as u16),
        health: Health::default(),
        noise: seed.noise(&format!("node/{}", node.name)),
        overhead,
    }
}

fn build_endpoint(endpoint: &file::Endpoint) -> Endpoint {
    let (serving, limits) = (&endpoint.serving, &endpoint.limits);
    let limited = limits.rpm.is_some() || limits.tpm.is_some() || limits.concurrency.is_some();
    Endpoint {
        batch: Batch::new(BatchSpec {
            step_base: serving.step_base,
            step_per_sequence: serving.step_per_sequence,
            sequences: serving.sequences,
            queue: serving.queue,
            queue_wait: serving.queue_wait,
        }),
        limiter: limited.then(|| {
            Limiter::new(LimitSpec {
                rpm: limits.rpm,
                tpm: limits.tpm,
                concurrency: limits.concurrency,
                refill: match limits.refill {
                    file::Refill::Continuous => Refill::Continuous,
                    file::Refill::Window => Refill::Window,
                },
            })
        }),
        retry_after: limits.retry_after,
        prefill_base: serving.prefill_base,
        prefill_per_token: serving.prefill_per_token,
        prefill_noise: serving.prefill_noise,
        runs_on: serving.when_abandoned == WhenAbandoned::RunsOn,
        price: Prices { input: endpoint.price.input, output: endpoint.price.output },
        competing: 0.0,
        event: None,
    }
}

fn build_router(
    resolved: &Resolved,
    endpoints: &[Endpoint],
    node: NodeId,
    index: usize,
    seed: &Seed,
) -> Router {
    let targets = resolved.nodes[node.index()].targets.clone();
    let views = targets
        .iter()
        .map(|target| {
            let price = match resolved.nodes[target.index()].kind {
                NodeKind::Endpoint { index, .. } => endpoints[index].price,
                NodeKind::Router { .. } => Prices::default(),
            };
            TargetView { input_price: price.input, output_price: price.output, in_flight: 0, truth: None }
        })
        .collect();
    let spec = &resolved.scenario.routers[index];
    let (strategy, timeouts) = build_strategy(resolved, &spec.strategy, &targets);
    let (pristine, _) = build_strategy(resolved, &spec.strategy, &targets);
    Router {
        node,
        strategy,
        pristine,
        noise: seed.noise(&format!("router/{}", spec.name)),
        targets,
        views,
        timeouts,
        is_gateway: spec.region.is_some(),
    }
}

fn build_strategy(
    resolved: &Resolved,
    spec: &file::Strategy,
    targets: &[NodeId],
) -> (Box<dyn Strategy>, file::Timeouts) {
    let number =
        |name: &String| targets.iter().position(|t| resolved.nodes[t.index()].name == *name).expect(CHECKED);
    let n = targets.len();
    match spec {
        file::Strategy::Single { timeouts, .. } => (Box::new(preset::single()), *timeouts),
        file::Strategy::Fallback { retries, backoff, cooldown, timeouts, .. } => {
            let backoff = Backoff {
                base: backoff.base,
                max: backoff.max,
                jitter: match backoff.jitter {
                    file::Jitter::None => Jitter::None,
                    file::Jitter::Added(most) => Jitter::Added(most),
                    file::Jitter::Scaled(low, high) => Jitter::Scaled(low, high),
                },
                retry_after_max: backoff.retry_after_max,
            };
            let cooldown = cooldown.as_ref().map(|c| Cooldown {
                failures: c.failures,
                within: c.within,
                length: c.length,
                on_rate_limit: c.on_rate_limit,
            });
            (Box::new(preset::ordered_fallback(n, *retries, backoff, cooldown)), *timeouts)
        }
        file::Strategy::OpenRouterLegacy {
            order, allow_fallbacks, max_price, demotion, timeouts, ..
        } => {
            let fields = preset::OpenRouterFields {
                order: order.iter().map(number).collect(),
                no_fallbacks: !allow_fallbacks,
                max_price: max_price.as_ref().map(|p| (p.input, p.output)),
            };
            let demotion =
                Demotion { window: demotion.window, failures: demotion.failures, share: demotion.share };
            (Box::new(preset::openrouter_legacy(n, &fields, demotion)), *timeouts)
        }
        file::Strategy::Clairvoyant { timeouts, .. } => (Box::new(Clairvoyant::new(n)), *timeouts),
    }
}

fn build_workload(resolved: &Resolved, index: usize, seed: &Seed) -> Workload {
    let (spec, extra) = (&resolved.scenario.workloads[index], &resolved.workloads[index]);
    let stream = |what: &str| seed.stream(&format!("workload/{}/{what}", spec.name));
    let source = match &extra.arrivals {
        ResolvedArrivals::Poisson { rate, input, output } => Source::Poisson {
            // A hair above the greatest value: interpolation may round upwards.
            process: PoissonProcess::new(rate.max() * (1.0 + 1e-9)).expect(CHECKED),
            rate: rate.clone(),
            arrivals: stream("arrivals"),
            input: Lengths::new(input, stream("input")),
            output: Lengths::new(output, stream("output")),
        },
        ResolvedArrivals::Trace(rows) => Source::Trace(rows.clone().into_iter(), None),
    };
    Workload {
        region: extra.region as u16,
        entry: extra.entry,
        plan: extra.plan,
        deadline: spec.deadline,
        source,
        drawn: 0,
    }
}

fn build_congestions(resolved: &Resolved, seed: &Seed) -> Vec<ProviderLoad> {
    let scenario = &resolved.scenario;
    let mut loads = Vec::new();
    for (index, (spec, extra)) in scenario.providers.iter().zip(&resolved.providers).enumerate() {
        let (Some(congestion), Some(curve)) = (&spec.congestion, &extra.competing) else { continue };
        let stream = seed.stream(&format!("provider/{}/congestion", spec.name));
        let of_provider = |node: &&sandbox_scenario::resolved::Node| matches!(node.kind, NodeKind::Endpoint { provider, .. } if provider.index() == index);
        let endpoints = resolved
            .nodes
            .iter()
            .filter(of_provider)
            .filter_map(|node| match node.kind {
                NodeKind::Endpoint { index, .. } => Some(index as u16),
                NodeKind::Router { .. } => None,
            })
            .collect();
        loads.push(ProviderLoad {
            load: Congestion::new(curve.clone(), congestion.noise, congestion.memory, stream),
            calm: curve.min(),
            endpoints,
        });
    }
    loads
}
