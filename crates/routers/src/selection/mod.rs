//! Who is asked first among the targets that are left.
//!
//! * this file – in order, by chance, in turn, by load, by price
//! * [`rolling`] – by the speed of the last minutes
//! * [`measured`] – by chance, by measured price and speed
//!
//! A selection may learn: it is told when an attempt begins and how it ended.

pub mod measured;
mod measuring;
pub mod rolling;
mod slices;

pub use measured::Measured;
pub use rolling::Rolling;

use measuring::Measuring;
use rolling::Speed;
use sandbox_core::{Time, uniform};
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
    /// The lowest time to first token of late.
    LowestLatency(Rolling),
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
}

/// A selection and what it has learnt.
#[derive(Clone, Debug)]
pub struct Selection {
    pick: Pick,
    /// The target picked last.
    last: Option<usize>,
    /// By target, where it is the speed of late that counts.
    speeds: Vec<Speed>,
    measuring: Option<Measuring>,
}

impl Selection {
    /// A selection that has learnt nothing yet, among `targets` targets.
    #[must_use]
    pub fn new(pick: Pick, targets: usize) -> Self {
        let rolls = matches!(pick, Pick::LowestLatency(_) | Pick::HighestThroughput(_));
        let measuring = match pick {
            Pick::Measured(rule) => Some(Measuring::new(rule, targets)),
            _ => None,
        };
        let speeds = if rolls { vec![Speed::default(); targets] } else { Vec::new() };
        Self { pick, last: None, speeds, measuring }
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
            Pick::LowestLatency(rule) => {
                least(pool, |t| self.speeds[t].latency(*rule, call.now).unwrap_or(0.0))
            }
            Pick::HighestThroughput(rule) => {
                least(pool, |t| self.speeds[t].throughput(*rule, call.now).map_or(f64::MIN, |speed| -speed))
            }
            Pick::Measured(_) => {
                self.measuring.as_ref().map_or(lowest, |measuring| measuring.pick(pool, call, targets))
            }
        }
    }

    /// An attempt at this target begins.
    #[inline]
    pub fn choose(&mut self, target: usize, call: &Call<'_>) {
        self.last = Some(target);
        if let Some(measuring) = &mut self.measuring {
            measuring.choose(target, call.now);
        }
    }

    /// Learns the result of an attempt.
    #[inline]
    pub fn observe(&mut self, seen: &Seen) {
        match &self.pick {
            Pick::LowestLatency(rule) | Pick::HighestThroughput(rule) => {
                self.speeds[seen.target].observe(*rule, seen);
            }
            Pick::Measured(_) => {
                if let Some(measuring) = &mut self.measuring {
                    measuring.observe(seen);
                }
            }
            _ => {}
        }
    }

    /// Learns what the fleet-wide feed says.
    pub fn hear(&mut self, report: &Fleet) {
        match &self.pick {
            Pick::LowestLatency(rule) | Pick::HighestThroughput(rule) => {
                self.speeds[report.target].hear(*rule, report);
            }
            Pick::Measured(_) => {
                if let Some(measuring) = &mut self.measuring {
                    measuring.hear(report);
                }
            }
            _ => {}
        }
    }

    /// Until when it pauses a target.
    #[inline]
    #[must_use]
    pub fn down_until(&self, target: usize) -> Time {
        self.measuring.as_ref().map_or(Time::ZERO, |measuring| measuring.paused_until(target))
    }

    /// Whether requests go to several targets although nothing is wrong.
    #[inline]
    #[must_use]
    pub const fn spreads(&self) -> bool {
        !matches!(self.pick, Pick::Ordered)
    }
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
