//! Endpoints, their prices, and other tenants' load.

use std::sync::Arc;

use sandbox_core::{Seed, Span, Time};
use sandbox_model::Curve;
use sandbox_providers::{Batch, BatchSpec, Charge, Congestion, LimitSpec, Limiter, Refill};
use sandbox_scenario::file::{self, Billing, WhenAbandoned};
use sandbox_scenario::resolved::{NodeKind, Resolved};

use super::prices::Charges;

/// One of the batches behind an endpoint.
#[derive(Clone)]
pub(crate) struct Replica {
    pub(crate) endpoint: u16,
    pub(crate) batch: Batch,
    /// The scheduled event of the batch, and its time.
    pub(crate) event: Option<(sandbox_core::EventId, Time)>,
}

#[derive(Clone)]
pub(crate) struct Endpoint {
    /// Its replicas, as a range of [`World::replicas`](super::World::replicas): first, and one past the last.
    pub(crate) replicas: (u16, u16),
    /// One past the last replica that is there: those behind are lost. None is if it is the first.
    pub(crate) there: u16,
    /// Index of its account.
    pub(crate) account: Option<u16>,
    pub(crate) retry_after: bool,
    pub(crate) prefill_base: Span,
    pub(crate) prefill_per_token: Span,
    pub(crate) prefill_noise: f64,
    /// How long a prefix stays cached.
    pub(crate) prefix_cache: Option<Span>,
    pub(crate) runs_on: bool,
    pub(crate) charges: Charges,
    pub(crate) billing: Billing,
    pub(crate) competing: f64,
}

#[derive(Clone)]
pub(crate) struct ProviderLoad {
    pub(crate) load: Congestion,
    /// Its daily minimum, without noise.
    pub(crate) calm: f64,
    pub(crate) endpoints: Arc<[u16]>,
}

/// Limits, and the endpoints that share them.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) limiter: Limiter,
    pub(crate) endpoints: Vec<u16>,
}

/// The accounts, in order of their first endpoint, and each endpoint's.
pub(super) fn build_accounts(scenario: &file::Scenario) -> (Vec<Account>, Vec<Option<u16>>) {
    let mut accounts: Vec<Account> = Vec::new();
    let after_midnight = scenario.start.after_utc_midnight();
    let of_endpoint = |(index, endpoint): (usize, &file::Endpoint)| {
        if !endpoint.limits.any() {
            return None;
        }
        let shared = |account: &Account| {
            let first = &scenario.endpoints[account.endpoints[0] as usize];
            !endpoint.limits.account.is_empty()
                && (&first.limits.account, &first.model) == (&endpoint.limits.account, &endpoint.model)
        };
        let account = accounts.iter().position(shared).unwrap_or_else(|| {
            let limiter = Limiter::new(limit_spec(&endpoint.limits, after_midnight));
            accounts.push(Account { limiter, endpoints: Vec::new() });
            accounts.len() - 1
        });
        accounts[account].endpoints.push(index as u16);
        Some(account as u16)
    };
    let of_endpoints = scenario.endpoints.iter().enumerate().map(of_endpoint).collect();
    (accounts, of_endpoints)
}

fn limit_spec(limits: &file::Limits, after_midnight: Span) -> LimitSpec {
    LimitSpec {
        rpm: limits.rpm,
        rph: limits.rph,
        rpd: limits.rpd,
        tpm: limits.tpm,
        tpd: limits.tpd,
        itpm: limits.itpm,
        otpm: limits.otpm,
        concurrency: limits.concurrency,
        refill: match limits.refill {
            file::Refill::Continuous => Refill::Continuous,
            file::Refill::Window => Refill::Window,
        },
        quantum: limits.quantum,
        charge: match limits.charge {
            file::Charge::Actual => Charge::Actual,
            file::Charge::Estimate => Charge::Estimate,
            file::Charge::Afterwards => Charge::Afterwards,
        },
        narrows: limits.narrows,
        after_midnight,
    }
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
            slowed: (((serving.load_factor - 1.0) * 1e6) + 0.5) as u32,
        });
        let replica = || Replica { endpoint: endpoint as u16, batch: batch.clone(), event: None };
        replicas.extend((0..serving.replicas).map(|_| replica()));
    }
    replicas
}

pub(super) fn build_endpoints(resolved: &Resolved, accounts: &[Option<u16>]) -> Vec<Endpoint> {
    let mut first = 0;
    let build = |(e, &account)| {
        let built = build_endpoint(resolved, e, account, first);
        first = built.replicas.1;
        built
    };
    accounts.iter().enumerate().map(build).collect()
}

fn build_endpoint(resolved: &Resolved, index: usize, account: Option<u16>, first_replica: u16) -> Endpoint {
    let endpoint = &resolved.scenario.endpoints[index];
    let provider = resolved.scenario.providers.iter().position(|p| p.name == endpoint.provider);
    let provider = provider.expect(super::CHECKED);
    let past_last = first_replica + endpoint.serving.replicas as u16;
    let (serving, limits) = (&endpoint.serving, &endpoint.limits);
    Endpoint {
        replicas: (first_replica, past_last),
        there: past_last,
        account,
        retry_after: limits.retry_after,
        prefill_base: serving.prefill_base,
        prefill_per_token: serving.prefill_per_token,
        prefill_noise: serving.prefill_noise,
        prefix_cache: serving.prefix_cache,
        runs_on: serving.when_abandoned == WhenAbandoned::RunsOn,
        charges: Charges::new(
            resolved.tariffs[index].clone(),
            endpoint.price.surge,
            resolved.providers[provider].competing.as_ref().map_or(0.0, Curve::min),
        ),
        billing: endpoint.billing.unwrap_or(resolved.scenario.providers[provider].billing),
        competing: 0.0,
    }
}

pub(super) fn build_congestions(resolved: &Resolved, seed: &Seed) -> Vec<ProviderLoad> {
    let scenario = &resolved.scenario;
    let mut loads = Vec::new();
    for (index, (spec, extra)) in scenario.providers.iter().zip(&resolved.providers).enumerate() {
        let (Some(congestion), Some(curve)) = (&spec.congestion, &extra.competing) else { continue };
        let stream = seed.stream(&format!("provider/{}/congestion", spec.drawn_as()));
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
