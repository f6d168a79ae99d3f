//! Routers and their strategies.

use sandbox_core::{Noise, Seed, Time};
use sandbox_model::{Factor, NodeId, Rates};
use sandbox_routers::{
    Backoff, Budget, Clairvoyant, Cooldown, Demotion, Jitter, Strategy, TargetView, preset,
};
use sandbox_scenario::file;
use sandbox_scenario::resolved::{NodeKind, Resolved};

use super::CHECKED;
use super::prices::Fees;

pub(crate) struct Router {
    pub(crate) node: NodeId,
    pub(crate) strategy: Box<dyn Strategy>,
    /// The same strategy without any memory of trouble: what it would do in calm weather.
    pub(crate) pristine: Box<dyn Strategy>,
    pub(crate) noise: Noise,
    pub(crate) targets: Vec<NodeId>,
    pub(crate) views: Vec<TargetView>,
    pub(crate) timeouts: file::Timeouts,
    /// What it adds to the bill.
    pub(crate) fees: Option<Fees>,
    /// Runs somewhere of its own: a grid, if it is not where its callers are.
    pub(crate) is_gateway: bool,
}

pub(super) fn build_router(resolved: &Resolved, node: NodeId, index: usize, seed: &Seed) -> Router {
    let targets = resolved.nodes[node.index()].targets.clone();
    let views = targets
        .iter()
        .map(|target| {
            let price = match resolved.nodes[target.index()].kind {
                NodeKind::Endpoint { index, .. } => resolved.tariffs[index].at(Time::ZERO).base,
                NodeKind::Router { .. } => Rates::default(),
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
        fees: spec.fees.as_ref().map(|fees| build_fees(spec, fees)),
        is_gateway: spec.region.is_some(),
    }
}

fn build_fees(router: &file::Router, fees: &file::Fees) -> Fees {
    let targets = router.strategy.targets();
    let own_keys =
        targets.iter().enumerate().filter(|(_, target)| fees.byok_targets.iter().any(|own| own == *target));
    Fees {
        credit: Factor::from_f64(fees.credit),
        byok: Factor::from_f64(fees.byok),
        own_keys: own_keys.fold(0, |mask, (number, _)| mask | 1 << number),
        free: fees.byok_free,
    }
}

pub(super) fn build_strategy(
    resolved: &Resolved,
    spec: &file::Strategy,
    targets: &[NodeId],
) -> (Box<dyn Strategy>, file::Timeouts) {
    let number =
        |name: &String| targets.iter().position(|t| resolved.nodes[t.index()].name == *name).expect(CHECKED);
    let n = targets.len();
    match spec {
        file::Strategy::Single { timeouts, .. } => (Box::new(preset::single()), *timeouts),
        file::Strategy::Fallback { retries, backoff, retry_budget, cooldown, timeouts, .. } => {
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
            let mut composed = preset::ordered_fallback(n, *retries, backoff, cooldown);
            composed.budget = retry_budget.map(|budget| Budget::new(budget.per_call, budget.cap));
            (Box::new(composed), *timeouts)
        }
        file::Strategy::OpenRouterLegacy {
            order, allow_fallbacks, max_price, demotion, timeouts, ..
        } => {
            let fields = preset::OpenRouterFields {
                order: order.iter().map(number).collect(),
                no_fallbacks: !allow_fallbacks,
                max_price: max_price
                    .as_ref()
                    .map(|p| (resolved.in_usd(&p.input), resolved.in_usd(&p.output))),
            };
            let demotion =
                Demotion { window: demotion.window, failures: demotion.failures, share: demotion.share };
            (Box::new(preset::openrouter_legacy(n, &fields, demotion)), *timeouts)
        }
        file::Strategy::Clairvoyant { timeouts, .. } => (Box::new(Clairvoyant::new(n)), *timeouts),
    }
}
