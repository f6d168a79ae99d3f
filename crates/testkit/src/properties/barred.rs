//! Targets that a request must not be sent to, whatever happens.

use std::sync::Arc;

use sandbox_engine::monitor::Decided;
use sandbox_model::Price;
use sandbox_routers::Decision;

use super::held::{Held, Router, watch};
use super::{How, News, Property, Sort};

pub(super) const EXCLUDED: Property = Property {
    name: "excluded",
    says: "No router asks a target that it is told not to use.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(EXCLUDED.name, subject, |router| {
            let all = (1_u128 << router.names.len()) - 1;
            let only = router.promises.only.filter(|&only| u128::from(only) & all != all)?;
            Some(Only { only, names: router.names.clone() })
        })
    }),
};

pub(super) const RESIDENCY: Property = Property {
    name: "residency",
    says: "No request goes to a target outside of its residency.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        let bound = subject.resolved.scenario.workloads.iter().any(|workload| !workload.residency.is_empty());
        watch(RESIDENCY.name, subject, |router| bound.then(|| Residency { names: router.names.clone() }))
    }),
};

pub(super) const PRICE_CAP: Property = Property {
    name: "price-cap",
    says: "No router asks a target that is dearer at that moment than its price cap, for prompts or for answers.",
    sort: Sort::Safety,
    how: How::Watched(|subject| watch(PRICE_CAP.name, subject, PriceCap::new)),
};

#[derive(Clone)]
struct Only {
    only: u64,
    names: Arc<[String]>,
}

impl Held for Only {
    const WANTS: &'static [News] = &[News::First, News::Further];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let Decision::Try { target, .. } = at.decision else { return None };
        let barred = self.only >> target & 1 == 0;
        barred.then(|| format!("`{}` is asked, which the router is told not to use", self.names[target]))
    }
}

#[derive(Clone)]
struct Residency {
    names: Arc<[String]>,
}

impl Held for Residency {
    const WANTS: &'static [News] = &[News::First, News::Further];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let Decision::Try { target, .. } = at.decision else { return None };
        let away = at.call.allowed >> target & 1 == 0;
        away.then(|| {
            format!("`{}` is asked, which is outside of the request's residency", self.names[target])
        })
    }
}

#[derive(Clone)]
struct PriceCap {
    input: Price,
    output: Price,
    names: Arc<[String]>,
}

impl PriceCap {
    fn new(router: &Router<'_>) -> Option<Self> {
        let (input, output) = router.promises.max_price?;
        Some(Self { input, output, names: router.names.clone() })
    }
}

impl Held for PriceCap {
    const WANTS: &'static [News] = &[News::First, News::Further];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let Decision::Try { target, .. } = at.decision else { return None };
        let view = &at.targets[target];
        let which = match () {
            () if view.input_price > self.input => "prompts",
            () if view.output_price > self.output => "answers",
            () => return None,
        };
        Some(format!(
            "`{}` is asked, whose price of {which} is above the cap at that moment",
            self.names[target]
        ))
    }
}
