//! Endpoints, their prices, and other tenants' load.

use sandbox_core::{Seed, Span, Time};
use sandbox_model::Curve;
use sandbox_providers::{Batch, BatchSpec, Congestion, LimitSpec, Limiter, Refill};
use sandbox_scenario::file::{self, Billing, WhenAbandoned};
use sandbox_scenario::resolved::{NodeKind, Resolved};

use super::prices::Charges;

pub(crate) struct Endpoint {
    pub(crate) batch: Batch,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) retry_after: bool,
    pub(crate) prefill_base: Span,
    pub(crate) prefill_per_token: Span,
    pub(crate) prefill_noise: f64,
    pub(crate) runs_on: bool,
    pub(crate) charges: Charges,
    pub(crate) billing: Billing,
    pub(crate) competing: f64,
    /// The scheduled event of the batch, and its time.
    pub(crate) event: Option<(sandbox_core::EventId, Time)>,
}

pub(crate) struct ProviderLoad {
    pub(crate) load: Congestion,
    /// Its daily minimum, without noise.
    pub(crate) calm: f64,
    pub(crate) endpoints: Vec<u16>,
}

pub(super) fn build_endpoint(resolved: &Resolved, index: usize) -> Endpoint {
    let endpoint = &resolved.scenario.endpoints[index];
    let provider = resolved.scenario.providers.iter().position(|p| p.name == endpoint.provider);
    let provider = provider.expect(super::CHECKED);
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
        charges: Charges {
            tariff: resolved.tariffs[index].clone(),
            surge: endpoint.price.surge,
            calm_load: resolved.providers[provider].competing.as_ref().map_or(0.0, Curve::min),
        },
        billing: endpoint.billing.unwrap_or(resolved.scenario.providers[provider].billing),
        competing: 0.0,
        event: None,
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
