//! Endpoints, their prices, and other tenants' load.

use sandbox_core::{Seed, Span, Time};
use sandbox_model::{Price, Tokens, Usd};
use sandbox_providers::{Batch, BatchSpec, Congestion, LimitSpec, Limiter, Refill};
use sandbox_scenario::file::{self, WhenAbandoned};
use sandbox_scenario::resolved::{NodeKind, Resolved};

/// One of the batches behind an endpoint.
pub(crate) struct Replica {
    pub(crate) endpoint: u16,
    pub(crate) batch: Batch,
    /// The scheduled event of the batch, and its time.
    pub(crate) event: Option<(sandbox_core::EventId, Time)>,
}

pub(crate) struct Endpoint {
    /// Its replicas, as a range of [`World::replicas`](super::World::replicas): first, and one past the last.
    pub(crate) replicas: (u16, u16),
    /// One past the last replica that is there: those behind are lost. None is if it is the first.
    pub(crate) there: u16,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) retry_after: bool,
    pub(crate) prefill_base: Span,
    pub(crate) prefill_per_token: Span,
    pub(crate) prefill_noise: f64,
    /// How long a prefix stays cached.
    pub(crate) prefix_cache: Option<Span>,
    pub(crate) runs_on: bool,
    pub(crate) price: Prices,
    pub(crate) competing: f64,
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

pub(crate) struct ProviderLoad {
    pub(crate) load: Congestion,
    /// Its daily minimum, without noise.
    pub(crate) calm: f64,
    pub(crate) endpoints: Vec<u16>,
}

/// The replicas of all endpoints, in order of endpoints; with one each, their numbers are the endpoints'.
pub(super) fn build_replicas(endpoints: &[file::Endpoint]) -> Vec<Replica> {
    let mut replicas = Vec::new();
    for (endpoint, spec) in endpoints.iter().enumerate() {
        let serving = &spec.serving;
        let batch = Batch::new(BatchSpec {
            step_base: serving.step_base,
            step_per_sequence: serving.step_per_sequence,
            step_per_kv_token: serving.step_per_kv_token,
            chunk: serving.prefill_chunk.map(|tokens| serving.prefill_per_token * u64::from(tokens)),
            sequences: serving.sequences,
            kv_tokens: serving.kv_tokens,
            queue: serving.queue,
            queue_wait: serving.queue_wait,
        });
        let replica = || Replica { endpoint: endpoint as u16, batch: batch.clone(), event: None };
        replicas.extend((0..serving.replicas).map(|_| replica()));
    }
    replicas
}

pub(super) fn build_endpoints(endpoints: &[file::Endpoint]) -> Vec<Endpoint> {
    let mut first = 0;
    let build = |endpoint| {
        let built = build_endpoint(first, endpoint);
        first = built.replicas.1;
        built
    };
    endpoints.iter().map(build).collect()
}

fn build_endpoint(first_replica: u16, endpoint: &file::Endpoint) -> Endpoint {
    let past_last = first_replica + endpoint.serving.replicas as u16;
    let (serving, limits) = (&endpoint.serving, &endpoint.limits);
    let limited = limits.rpm.is_some() || limits.tpm.is_some() || limits.concurrency.is_some();
    Endpoint {
        replicas: (first_replica, past_last),
        there: past_last,
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
        prefix_cache: serving.prefix_cache,
        runs_on: serving.when_abandoned == WhenAbandoned::RunsOn,
        price: Prices { input: endpoint.price.input, output: endpoint.price.output },
        competing: 0.0,
    }
}

pub(super) fn build_congestions(resolved: &Resolved, seed: &Seed) -> Vec<ProviderLoad> {
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
