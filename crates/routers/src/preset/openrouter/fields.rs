//! Request fields of OpenRouter, which both of its balancers obey.

use serde::{Deserialize, Serialize};

use super::{GIVES_UP, MaxPrice, each_once};
use crate::memory::{Demotion, Percentiles, Preference, Rule, Uptime};
use crate::parts::{Failed, Filters, GivesUp, Parts, Retry};
use crate::preset::{Mention, Setting};
use crate::selection::{Measured, Pick, Rolling};
use crate::sticky::Sticky;

/// By what endpoints are put in order.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Sort {
    /// The cheapest first: prompt and answer tokens together (which price counts is an assumption).
    Price,
    /// The highest output speed of the last 5 min first.
    Throughput,
    /// The lowest time to first token of the last 5 min first.
    Latency,
}

/// Whether several models are sorted apart.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Partition {
    /// All endpoints of the first model, then those of the next.
    #[default]
    Model,
    /// The endpoints of all models together.
    None,
}

/// What balances where no field says otherwise.
pub(super) enum Balance {
    Legacy(Demotion),
    Measured(Measured),
}

/// The fields of both presets.
pub(super) struct Fields<'a> {
    pub(super) targets: &'a [String],
    pub(super) order: &'a [String],
    pub(super) only: &'a [String],
    pub(super) ignore: &'a [String],
    pub(super) allow_fallbacks: bool,
    pub(super) sort: Option<Sort>,
    pub(super) partition: Partition,
    pub(super) max_price: Option<&'a MaxPrice>,
    pub(super) preference: Preference,
    pub(super) models: &'a [Vec<String>],
    pub(super) sticky: Option<Sticky>,
    pub(super) uptime: Option<Uptime>,
}

impl Fields<'_> {
    pub(super) fn parts(&self, setting: &Setting<'_>, balance: Balance) -> Parts {
        let n = self.targets.len();
        let plain = Parts::plain(n);
        let ordered = !self.order.is_empty();
        let place = |target: usize| {
            let listed = self.order.iter().position(|name| setting.number(name) == target);
            listed.unwrap_or(self.order.len() + target) as u32
        };
        let mut only = plain.filters.only & !setting.mask(self.ignore);
        if !self.only.is_empty() {
            only &= setting.mask(self.only);
        }
        if ordered && !self.allow_fallbacks {
            only &= setting.mask(self.order);
        }
        let (pick, mut memory) = self.choice(balance);
        let Preference { max_latency, min_throughput, .. } = self.preference;
        if max_latency != Percentiles::NONE || min_throughput != Percentiles::NONE {
            memory.push(Rule::Preference(self.preference));
        }
        let groups: Vec<u64> = self.models.iter().map(|model| setting.mask(model)).collect();
        let groups = match (groups.is_empty(), self.partition) {
            (true, _) => plain.groups,
            (false, Partition::Model) => groups,
            (false, Partition::None) => vec![groups.into_iter().fold(0, |all, group| all | group)],
        };
        let one_each = !self.allow_fallbacks && !ordered;
        Parts {
            filters: Filters { only, max_price: self.max_price.map(|most| most.in_usd(setting)) },
            memory,
            order: if ordered { (0..n).map(place).collect() } else { Vec::new() },
            pick,
            // An order beats it.
            sticky: self.sticky.filter(|_| !ordered),
            retry: if one_each { Retry { retries: 0, ..each_once() } } else { each_once() },
            gives_up: if self.models.is_empty() {
                GIVES_UP
            } else {
                GivesUp { failed: Failed::Last, ..GIVES_UP }
            },
            groups,
            ..plain
        }
    }

    /// Who is picked, and what is remembered for that: fields that name endpoints or sort them are obeyed instead of
    /// balancing.
    fn choice(&self, balance: Balance) -> (Pick, Vec<Rule>) {
        if !self.order.is_empty() {
            return (Pick::Ordered, Vec::new());
        }
        match self.sort {
            Some(Sort::Price) => return (Pick::LowestCost, Vec::new()),
            Some(Sort::Throughput) => return (Pick::HighestThroughput(Rolling::default()), Vec::new()),
            Some(Sort::Latency) => return (Pick::LowestTtft(Rolling::default()), Vec::new()),
            None => {}
        }
        let (pick, demotion) = match balance {
            Balance::Legacy(demotion) => (Pick::InverseSquarePrice, Some(demotion)),
            Balance::Measured(_) if !self.only.is_empty() => {
                (Pick::InverseSquarePrice, Some(Demotion::DEFAULT))
            }
            Balance::Measured(rule) => (Pick::Measured(rule), None),
        };
        let uptime = self.uptime.map(Rule::Uptime);
        (pick, demotion.map(Rule::Demotion).into_iter().chain(uptime).collect())
    }

    pub(super) fn mentions(&self) -> Vec<Mention> {
        let lists = [("order", self.order), ("only", self.only), ("ignore", self.ignore)];
        let lists = lists.into_iter().flat_map(|(key, names)| Mention::list(key, names));
        lists.chain(Mention::lists("models", self.models)).collect()
    }
}

pub(super) const fn yes() -> bool {
    true
}
