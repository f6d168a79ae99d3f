//! Routers and their strategies.

use std::sync::Arc;

use sandbox_core::{Noise, Seed, Time};
use sandbox_model::{Factor, NodeId, QuotedPrice, Rates};
use sandbox_routers::{Clairvoyant, Composed, Promises, Rule, Setting, Strategy, TargetView};
use sandbox_scenario::file;
use sandbox_scenario::resolved::{NodeKind, Resolved};

use super::fleet::Feed;
use super::prices::Fees;

#[derive(Clone)]
pub(crate) struct Router {
    pub(crate) node: NodeId,
    pub(crate) strategy: Box<dyn Strategy>,
    /// What the strategy says of itself, asked once.
    pub(crate) hedges: bool,
    pub(crate) cancels_losers: bool,
    pub(crate) sweeps: bool,
    pub(crate) wants_truth: bool,
    /// The same strategy without any memory of trouble: what it would do in calm weather.
    pub(crate) pristine: Box<dyn Strategy>,
    pub(crate) noise: Noise,
    pub(crate) targets: Arc<[NodeId]>,
    pub(crate) views: Vec<TargetView>,
    pub(crate) timeouts: file::Timeouts,
    /// What it adds to the bill.
    pub(crate) fees: Option<Fees>,
    /// What it hears from its other customers.
    pub(crate) feed: Option<Feed>,
    /// Runs somewhere of its own: a grid, if it is not where its callers are.
    pub(crate) is_gateway: bool,
}

pub(super) fn build_router(resolved: &Resolved, node: NodeId, index: usize, seed: &Seed) -> Router {
    let targets: Arc<[NodeId]> = resolved.nodes[node.index()].targets.as_slice().into();
    let views = targets
        .iter()
        .map(|target| {
            let price = match resolved.nodes[target.index()].kind {
                NodeKind::Endpoint { index, .. } => resolved.tariffs[index].at(Time::ZERO).base,
                NodeKind::Router { .. } => Rates::default(),
            };
            TargetView {
                input_price: price.input,
                output_price: price.output,
                cached_price: price.cached,
                ..TargetView::default()
            }
        })
        .collect();
    let spec = &resolved.scenario.routers[index];
    let strategy = build_strategy(resolved, &spec.strategy);
    Router {
        node,
        hedges: strategy.hedges(),
        cancels_losers: strategy.cancels_losers(),
        sweeps: strategy.sweeps(),
        wants_truth: strategy.wants_truth(),
        strategy,
        pristine: build_strategy(resolved, &spec.strategy),
        noise: seed.noise(&format!("router/{}", spec.drawn_as())),
        views,
        timeouts: spec.strategy.timeouts(),
        fees: spec.fees.as_ref().map(|fees| build_fees(spec, fees)),
        feed: spec.fleet.as_ref().map(|fleet| Feed::new(resolved, spec.drawn_as(), fleet, &targets, seed)),
        targets,
        is_gateway: spec.region.is_some(),
    }
}

/// What each router of a scenario can be held to.
#[must_use]
pub fn promises(resolved: &Resolved) -> Vec<Promises> {
    let of = |router: &file::Router| build_strategy(resolved, &router.strategy).promises();
    resolved.scenario.routers.iter().map(of).collect()
}

/// Whether a router may ever believe a target down: whether it has a memory for that. Of a strategy of one's own nothing
/// is known.
pub(super) fn may_believe_down(resolved: &Resolved, router: &file::Router) -> bool {
    if matches!(router.strategy, file::Strategy::Custom(_)) {
        return true;
    }
    if router.strategy.preset().is_none() {
        return false;
    }
    let promises = build_strategy(resolved, &router.strategy).promises();
    // Whom it likes less is not down.
    let believes = |rule: &Rule| !matches!(rule, Rule::Preference(_));
    promises.memory.iter().any(believes) || !promises.memory_is_all
}

fn build_fees(router: &file::Router, fees: &file::Fees) -> Fees {
    let targets = router.strategy.targets();
    let own_keys = targets.iter().enumerate().filter(|(_, target)| fees.byok_targets.contains(target));
    Fees {
        credit: Factor::from_f64(fees.credit),
        byok: Factor::from_f64(fees.byok),
        own_keys: own_keys.fold(0, |mask, (number, _)| mask | 1 << number),
        free: fees.byok_free,
    }
}

fn build_strategy(resolved: &Resolved, spec: &file::Strategy) -> Box<dyn Strategy> {
    let targets = spec.targets();
    if let file::Strategy::Custom(custom) = spec {
        let made = resolved.registry.make(custom).expect(super::CHECKED);
        return made.unwrap_or_else(|refusal| panic!("{}: {}", super::CHECKED, refusal.message));
    }
    let Some(preset) = spec.preset() else { return Box::new(Clairvoyant::new(targets.len())) };
    let in_usd = |price: &QuotedPrice| resolved.in_usd(price);
    let after_midnight = resolved.scenario.start.after_utc_midnight();
    let setting = Setting { targets: &targets, in_usd: &in_usd, after_midnight };
    Box::new(Composed::new(preset.parts(&setting)))
}
