//! Who is asked first among the targets that are left.
//!
//! * this file – in order, by chance, in turn, by load, by price
//! * [`spill`] – the first, less and less of it as it is overloaded
//! * [`peak_ewma`] – by latency, quick to rise and slow to fall, times load
//! * [`latency`] – by the mean latency of the last answers
//! * [`usage`] – by what was used in this minute
//! * [`priorities`] – Envoy's priority levels
//! * [`rolling`] – by the speed of the last minutes
//! * [`measured`] – by chance, by measured price and speed
//!
//! A selection may learn: it is told when an attempt begins and how it ended.

pub mod latency;
pub mod measured;
mod measuring;
pub mod peak_ewma;
pub mod priorities;
pub mod rolling;
mod slices;
pub mod spill;
pub mod usage;

pub use latency::LowestLatency;
pub use measured::Measured;
pub use peak_ewma::{Of, PeakEwma};
pub use priorities::Priorities;
pub use rolling::Rolling;
pub use spill::Spill;
pub use usage::UsageBased;

use latency::Tables;
use measuring::Measuring;
use peak_ewma::Estimate;
use priorities::Levels;
use rolling::Speed;
use sandbox_core::{Time, uniform};
use serde::{Deserialize, Serialize};
use usage::Usage;

use crate::contract::{Call, Fleet, Seen, TargetView};
use crate::memory::{first, members};
use crate::parts::Parts;
use spill::Share;

/// How a target is picked, as data. Lists go by target, in the order of `targets`.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Pick {
    /// The first in the list of targets.
    #[default]
    Ordered,
    /// By chance, in proportion to these weights. All alike where all are zero.
    Weighted(Vec<f64>),
    /// By chance, in proportion to the first of these lists of weights in which anyone left has more than 0. All alike
    /// where nobody has in any.
    FirstWeights(Vec<Vec<f64>>),
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
    /// The first target for a share of the requests that falls as it is overloaded; the next in line for the rest.
    Spill(Spill),
    /// The fewest seconds of work owed, by a latency estimate that rises at once and fades.
    PeakEwma(PeakEwma),
    /// The lowest mean latency of the last answers (LiteLLM 1.109.1).
    LowestLatency(LowestLatency),
    /// The fewest tokens in this minute, within limits (LiteLLM 1.109.1).
    UsageBased(UsageBased),
    /// Envoy's priority levels: a level by how healthy each is, and then one of it. It minds health itself.
    Priorities(Box<Priorities>),
    /// The lowest time to first token of late.
    LowestTtft(Rolling),
    /// The highest output speed of late, after the first token.
    HighestThroughput(Rolling),
    /// By chance, with shares by measured price and speed.
    Measured(Measured),
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
    learnt: Learnt,
}

/// What a selection has learnt, by target.
#[derive(Clone, Debug)]
enum Learnt {
    Nothing,
    /// The first target's share.
    Share(Share),
    Estimates(Vec<Estimate>),
    Latencies(Tables),
    Usage(Usage),
    Levels(Box<Levels>),
    /// The speed of late.
    Speeds(Vec<Speed>),
    Measuring(Box<Measuring>),
}

impl Selection {
    /// The selection of these parts, which has learnt nothing yet.
    #[must_use]
    pub fn new(parts: &Parts) -> Self {
        let learnt = match &parts.pick {
            Pick::Spill(rule) => Learnt::Share(Share::new(rule.start)),
            Pick::PeakEwma(rule) => Learnt::Estimates(vec![Estimate::new(rule); parts.targets]),
            Pick::LowestLatency(rule) => Learnt::Latencies(Tables::new(
                rule,
                parts.targets,
                if parts.whole.is_empty() { &parts.groups } else { &parts.whole },
            )),
            Pick::UsageBased(_) => Learnt::Usage(Usage::new(parts.targets, parts.after_midnight)),
            Pick::Priorities(rule) => Learnt::Levels(Box::new(Levels::new(rule, parts.targets))),
            Pick::LowestTtft(_) | Pick::HighestThroughput(_) => {
                Learnt::Speeds(vec![Speed::default(); parts.targets])
            }
            Pick::Measured(rule) => Learnt::Measuring(Box::new(Measuring::new(*rule, parts.targets))),
            _ => Learnt::Nothing,
        };
        Self { pick: parts.pick.clone(), last: None, learnt }
    }

    /// The targets of a mask that it may pick at all: all but those whose limits it keeps.
    #[inline]
    #[must_use]
    pub fn admits(&self, mask: u64, call: &Call<'_>) -> u64 {
        let (Pick::UsageBased(rule), Learnt::Usage(usage)) = (&self.pick, &self.learnt) else { return mask };
        let admitted = members(mask).filter(|&target| usage.admits(rule, target, call));
        admitted.fold(0, |mask, target| mask | 1 << target)
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
            Pick::FirstWeights(lists) => {
                let weights = lists.iter().find(|weights| members(pool).any(|t| weights[t] > 0.0));
                weighted(pool, uniform(&mut luck()), |t| weights.map_or(1.0, |weights| weights[t]))
            }
            Pick::Uniform => weighted(pool, uniform(&mut luck()), |_| 1.0),
            Pick::RoundRobin => {
                let after = self.last.map_or(0, |last| !first(last + 1));
                let next = if pool & after == 0 { pool } else { pool & after };
                next.trailing_zeros() as usize
            }
            Pick::LeastBusy => members(pool).min_by_key(|&t| targets[t].in_flight).unwrap_or(lowest),
            Pick::PowerOfTwo => {
                let (one, other) = two(pool, call);
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
            Pick::Spill(rule) => {
                let Learnt::Share(share) = &self.learnt else { return lowest };
                let rest = pool & !1;
                let spills = pool & 1 == 1 && rest != 0 && uniform(&mut luck()) >= share.at(rule, call.now);
                if spills { rest.trailing_zeros() as usize } else { lowest }
            }
            Pick::PeakEwma(rule) => {
                let Learnt::Estimates(estimates) = &self.learnt else { return lowest };
                let cost = |t: usize| estimates[t].cost(rule, call.now, &targets[t]);
                match rule.of {
                    Of::Two => {
                        let (one, other) = two(pool, call);
                        if cost(other) < cost(one) { other } else { one }
                    }
                    Of::All => members(pool)
                        .map(|t| (t, cost(t)))
                        .min_by(|(_, one), (_, other)| one.total_cmp(other))
                        .map_or(lowest, |(t, _)| t),
                }
            }
            Pick::LowestLatency(rule) => {
                let Learnt::Latencies(tables) = &self.learnt else { return lowest };
                let fastest = tables.fastest(rule, pool, call.streams, call.now);
                weighted(fastest, uniform(&mut luck()), |_| 1.0)
            }
            Pick::UsageBased(_) => {
                let Learnt::Usage(usage) = &self.learnt else { return lowest };
                weighted(usage.least(pool, call.now), uniform(&mut luck()), |_| 1.0)
            }
            Pick::Priorities(_) => self.levels().map_or(lowest, |levels| levels.pick(from, call, targets)),
            Pick::LowestTtft(rule) => {
                let Learnt::Speeds(speeds) = &self.learnt else { return lowest };
                least(pool, |t| speeds[t].latency(*rule, call.now).unwrap_or(0.0))
            }
            Pick::HighestThroughput(rule) => {
                let Learnt::Speeds(speeds) = &self.learnt else { return lowest };
                least(pool, |t| speeds[t].throughput(*rule, call.now).map_or(f64::MIN, |speed| -speed))
            }
            Pick::Measured(_) => {
                let Learnt::Measuring(measuring) = &self.learnt else { return lowest };
                measuring.pick(pool, call, targets)
            }
        }
    }

    /// An attempt at this target begins.
    #[inline]
    pub fn choose(&mut self, target: usize, call: &Call<'_>) {
        self.last = Some(target);
        match (&self.pick, &mut self.learnt) {
            (Pick::PeakEwma(rule), Learnt::Estimates(estimates)) => estimates[target].look(rule, call.now),
            (Pick::LowestLatency(rule), Learnt::Latencies(tables)) => tables.choose(rule, target, call.now),
            (_, Learnt::Usage(usage)) => usage.choose(target, call.now),
            (_, Learnt::Levels(levels)) => levels.choose(target, call),
            (_, Learnt::Measuring(measuring)) => measuring.choose(target, call.now),
            _ => {}
        }
    }

    const fn levels(&self) -> Option<&Levels> {
        match &self.learnt {
            Learnt::Levels(levels) => Some(levels),
            _ => None,
        }
    }

    /// Learns the result of an attempt.
    #[inline]
    pub fn observe(&mut self, seen: &Seen) {
        match (&self.pick, &mut self.learnt) {
            (Pick::Spill(rule), Learnt::Share(share)) => share.observe(rule, seen),
            (Pick::PeakEwma(rule), Learnt::Estimates(estimates)) => {
                estimates[seen.target].observe(rule, seen)
            }
            (Pick::LowestLatency(rule), Learnt::Latencies(tables)) => tables.observe(rule, seen),
            (_, Learnt::Usage(usage)) => usage.observe(seen),
            (_, Learnt::Levels(levels)) => levels.observe(seen),
            (Pick::LowestTtft(rule) | Pick::HighestThroughput(rule), Learnt::Speeds(speeds)) => {
                speeds[seen.target].observe(*rule, seen);
            }
            (_, Learnt::Measuring(measuring)) => measuring.observe(seen),
            _ => {}
        }
    }

    /// Learns what the fleet-wide feed says.
    pub fn hear(&mut self, report: &Fleet) {
        match (&self.pick, &mut self.learnt) {
            (Pick::LowestTtft(rule) | Pick::HighestThroughput(rule), Learnt::Speeds(speeds)) => {
                speeds[report.target].hear(*rule, report);
            }
            (_, Learnt::Measuring(measuring)) => measuring.hear(report),
            (_, Learnt::Levels(levels)) => levels.hear(report),
            _ => {}
        }
    }

    /// Until when it pauses a target.
    #[inline]
    #[must_use]
    pub fn down_until(&self, target: usize) -> Time {
        match &self.learnt {
            Learnt::Measuring(measuring) => measuring.paused_until(target),
            _ => Time::ZERO,
        }
    }

    /// Whether requests go to several targets although nothing is wrong.
    #[inline]
    #[must_use]
    pub fn spreads(&self) -> bool {
        match self.levels() {
            Some(levels) => levels.spreads(),
            None => !matches!(self.pick, Pick::Ordered),
        }
    }

    /// Whether it decides itself what becomes of targets that the memory believes down, and so must see them.
    #[inline]
    #[must_use]
    pub const fn minds_health(&self) -> bool {
        self.levels().is_some()
    }

    /// Whether it tries targets none of which is believed up.
    pub(crate) fn may_panic(&self) -> bool {
        self.levels().is_some_and(|levels| levels.may_panic())
    }
}

/// Two different ones of `pool`, all pairs alike, or the only one twice.
fn two(pool: u64, call: &Call<'_>) -> (usize, usize) {
    let mut luck = call.noise.at(call.request, call.attempts.len() as u64);
    let one = weighted(pool, uniform(&mut luck), |_| 1.0);
    let others = pool & !(1 << one);
    if others == 0 {
        return (one, one);
    }
    (one, weighted(others, uniform(&mut luck), |_| 1.0))
}

/// The one of `pool` with the least value; of equals, the first.
fn least(pool: u64, value: impl Fn(usize) -> f64) -> usize {
    let first = (f64::INFINITY, pool.trailing_zeros() as usize);
    let less = |best: (f64, usize), t| if value(t) < best.0 { (value(t), t) } else { best };
    members(pool).fold(first, less).1
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
