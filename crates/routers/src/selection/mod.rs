//! Who is asked first among the targets that are left.
//!
//! * this file – in order, by chance, in turn, by load, by price
//! * [`priorities`] – Envoy's priority levels
//!
//! A selection may learn: it is told when an attempt begins and how it ended.

pub mod priorities;

pub use priorities::Priorities;

use priorities::Levels;
use sandbox_core::uniform;
use serde::{Deserialize, Serialize};

use crate::contract::{Call, Fleet, Seen, TargetView};
use crate::memory::{first, members};

/// How a target is picked, as data. Lists go by target, in the order of `targets`.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Pick {
    /// The first in the list of targets.
    #[default]
    Ordered,
    /// By chance, in proportion to these weights. All alike where all are zero.
    Weighted(Vec<f64>),
    /// By chance, all alike.
    Uniform,
    /// One after the other.
    RoundRobin,
    /// The one with the fewest of this router's attempts in flight; of equals, the first.
    LeastBusy,
    /// Of two that are drawn, the one with fewer attempts in flight.
    PowerOfTwo,
    /// The one with the lowest price: of prompt and answer tokens together.
    LowestCost,
    /// By chance, with weight 1/price², where the price is the mean of input and output price. OpenRouter documents
    /// the square and not which price; the mean is an assumption.
    InverseSquarePrice,
    /// Envoy's priority levels: a level by how healthy each is, and then one of it. It minds health itself.
    Priorities(Box<Priorities>),
}

/// What a pick is made from.
#[derive(Copy, Clone, Debug)]
pub struct Choice {
    /// Those that may be picked, as a bit mask, not empty.
    pub pool: u64,
    /// Those that could be, if the memory believed them all up: a superset of `pool`.
    pub group: u64,
    /// Those of `group` that the memory believes up and puts in front. Only a pick that [minds
    /// health](Selection::minds_health) finds others in `pool`, unless all are out.
    pub up: u64,
}

/// A selection and what it has learnt.
#[derive(Clone, Debug)]
pub struct Selection {
    pick: Pick,
    /// The target picked last.
    last: Option<usize>,
    levels: Option<Box<Levels>>,
}

impl Selection {
    /// A selection that has learnt nothing yet, among `targets` targets.
    #[must_use]
    pub fn new(pick: Pick, targets: usize) -> Self {
        let levels = match &pick {
            Pick::Priorities(rule) => Some(Box::new(Levels::new(rule, targets))),
            _ => None,
        };
        Self { pick, last: None, levels }
    }

    /// Picks a target. Changes nothing: see [`Selection::choose`].
    #[inline]
    #[must_use]
    pub fn pick(&self, from: Choice, call: &Call<'_>, targets: &[TargetView]) -> usize {
        let pool = from.pool;
        let lowest = pool.trailing_zeros() as usize;
        let luck = || call.noise.at(call.request, call.attempts.len() as u64);
        match &self.pick {
            Pick::Ordered => lowest,
            Pick::Weighted(weights) => {
                let any = members(pool).any(|t| weights[t] > 0.0);
                weighted(pool, uniform(&mut luck()), |t| if any { weights[t] } else { 1.0 })
            }
            Pick::Uniform => weighted(pool, uniform(&mut luck()), |_| 1.0),
            Pick::RoundRobin => {
                let after = self.last.map_or(0, |last| !first(last + 1));
                let next = if pool & after == 0 { pool } else { pool & after };
                next.trailing_zeros() as usize
            }
            Pick::LeastBusy => members(pool).min_by_key(|&t| targets[t].in_flight).unwrap_or(lowest),
            Pick::PowerOfTwo => {
                let mut luck = luck();
                let one = weighted(pool, uniform(&mut luck), |_| 1.0);
                let others = pool & !(1 << one);
                if others == 0 {
                    return one;
                }
                let other = weighted(others, uniform(&mut luck), |_| 1.0);
                if targets[other].in_flight < targets[one].in_flight { other } else { one }
            }
            Pick::LowestCost => members(pool)
                .min_by_key(|&t| {
                    targets[t].input_price.pico_per_token() + targets[t].output_price.pico_per_token()
                })
                .unwrap_or(lowest),
            Pick::InverseSquarePrice => weighted(pool, uniform(&mut luck()), |t| {
                let price = targets[t].input_price.pico_per_token() as f64
                    + targets[t].output_price.pico_per_token() as f64;
                // A free endpoint would have infinite weight; a pico-dollar stands in for nothing.
                1.0 / (price.max(1.0) * price.max(1.0))
            }),
            Pick::Priorities(_) => {
                self.levels.as_ref().map_or(lowest, |levels| levels.pick(from, call, targets))
            }
        }
    }

    /// An attempt at this target begins.
    #[inline]
    pub fn choose(&mut self, target: usize, call: &Call<'_>) {
        self.last = Some(target);
        if let Some(levels) = &mut self.levels {
            levels.choose(target, call);
        }
    }

    /// Learns the result of an attempt.
    #[inline]
    pub fn observe(&mut self, seen: &Seen) {
        if let Some(levels) = &mut self.levels {
            levels.observe(seen);
        }
    }

    /// Learns what the fleet-wide feed says.
    pub fn hear(&mut self, report: &Fleet) {
        if let Some(levels) = &mut self.levels {
            levels.hear(report);
        }
    }

    /// Whether requests go to several targets although nothing is wrong.
    #[inline]
    #[must_use]
    pub fn spreads(&self) -> bool {
        match &self.levels {
            Some(levels) => levels.spreads(),
            None => !matches!(self.pick, Pick::Ordered),
        }
    }

    /// Whether it decides itself what becomes of targets that the memory believes down, and so must see them.
    #[inline]
    #[must_use]
    pub const fn minds_health(&self) -> bool {
        self.levels.is_some()
    }

    /// Whether it tries targets none of which is believed up.
    pub(crate) fn may_panic(&self) -> bool {
        self.levels.as_ref().is_some_and(|levels| levels.may_panic())
    }
}

/// One of `pool` by weight: the one where the running sum passes `luck` (0 to 1) of the whole.
pub(crate) fn weighted(pool: u64, luck: f64, weight: impl Fn(usize) -> f64) -> usize {
    let total: f64 = members(pool).map(&weight).sum();
    let mut left = luck * total;
    let mut last = pool.trailing_zeros() as usize;
    for target in members(pool) {
        if weight(target) <= 0.0 {
            continue;
        }
        last = target;
        left -= weight(target);
        if left < 0.0 {
            break;
        }
    }
    last
}
