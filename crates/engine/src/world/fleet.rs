//! What a hosted gateway hears of its targets from its other customers' requests.

use std::collections::VecDeque;
use std::sync::Arc;

use sandbox_core::dist::Poisson;
use sandbox_core::{Noise, Seed, Span, Time};
use sandbox_model::NodeId;
use sandbox_routers::Fleet;
use sandbox_scenario::file;
use sandbox_scenario::resolved::{NodeKind, Resolved};

/// The feed of one gateway.
#[derive(Clone)]
pub(crate) struct Feed {
    /// Requests of others at one target in one report.
    pub(crate) requests: Poisson,
    pub(crate) every: Span,
    pub(crate) lag: Span,
    pub(crate) noise: Noise,
    /// Reports made so far.
    pub(crate) number: u64,
    /// What was seen and is not heard yet, in order: when it will be, and what.
    pub(crate) on_its_way: VecDeque<(Time, Fleet)>,
    /// How fast each target serves a typical request of others when nothing is wrong; none for a router.
    pub(crate) typical: Arc<[Option<Typical>]>,
}

/// A typical request of others at one endpoint.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Typical {
    pub(crate) prefill: Span,
    /// A decode step: alone, more for each other sequence, and how many of those competing load is at most.
    pub(crate) step: (Span, Span, u32),
}

impl Feed {
    pub(super) fn new(
        resolved: &Resolved,
        name: &str,
        spec: &file::Fleet,
        targets: &[NodeId],
        seed: &Seed,
    ) -> Self {
        let typical = targets.iter().map(|target| match resolved.nodes[target.index()].kind {
            NodeKind::Endpoint { index, .. } => {
                let serving = &resolved.scenario.endpoints[index].serving;
                Some(Typical {
                    prefill: serving.prefill_base + serving.prefill_per_token * u64::from(spec.prompt),
                    step: (serving.step_base, serving.step_per_sequence, serving.sequences),
                })
            }
            NodeKind::Router { .. } => None,
        });
        let mean = spec.rate.as_per_second() * spec.every.as_secs_f64();
        Self {
            requests: Poisson::new(mean).expect(super::CHECKED),
            every: spec.every,
            lag: spec.lag,
            noise: seed.noise(&format!("router/{name}/fleet")),
            number: 0,
            on_its_way: VecDeque::new(),
            typical: typical.collect(),
        }
    }
}
