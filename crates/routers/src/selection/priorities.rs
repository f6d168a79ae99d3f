//! Envoy's priority levels: how much of the traffic each gets, by how much of it is up, and the panic mode.
//!
//! Sources: Envoy's docs (load balancing: priority levels, panic threshold) and, for retries,
//! `source/extensions/retry/priority/previous_priorities`. Its source differs from its docs in two places
//! (`source/common/upstream/load_balancer_impl.cc`): what the rounding leaves goes to the first healthy level
//! (`distributeLoad`), and levels that all panic share by hosts (`recalculateLoadInTotalPanic`). Here the docs hold.

use sandbox_core::uniform;
use serde::{Deserialize, Serialize};

use super::{Choice, Pick, Selection};
use crate::contract::{Call, Fleet, MAX_TARGETS, Seen, TargetView};
use crate::memory::first;
use crate::parts::Parts;

/// Envoy's priority levels. Targets that filters, guards or the request's residency forbid are not there at all; those
/// that a memory keeps out, or puts last in line, are there and not healthy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Priorities {
    /// By target: its level; 0 is the most wanted. Empty: all in one.
    #[serde(default)]
    pub levels: Vec<u32>,
    /// A level counts as healthy as its share of healthy targets times this. Default 1.4.
    #[serde(default = "overprovisioning")]
    pub overprovisioning: f64,
    /// Share of healthy targets below which a level may panic: its targets are picked from as if all were healthy. 0.0:
    /// never, and no healthy target means no attempt. Default 0.5.
    #[serde(default = "panic")]
    pub panic: f64,
    /// Who is picked of a level. Default `RoundRobin`.
    #[serde(default = "round_robin")]
    pub within: Pick,
    /// After each so many attempts for a request, it leaves out the levels that it has tried, as long as others are
    /// healthy (`previous_priorities`, `update_frequency`). Absent: it does not.
    #[serde(default)]
    pub attempts_per_priority: Option<u32>,
}

impl Default for Priorities {
    fn default() -> Self {
        Self {
            levels: Vec::new(),
            overprovisioning: overprovisioning(),
            panic: panic(),
            within: round_robin(),
            attempts_per_priority: None,
        }
    }
}

/// The targets of a level.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Hosts {
    /// How many there are.
    pub all: u32,
    /// How many of them are healthy.
    pub healthy: u32,
}

/// What a level gets.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Load {
    /// Share of the traffic [%].
    pub percent: u32,
    /// Whether it goes to all targets of the level, not to the healthy ones only.
    pub panics: bool,
}

/// How healthy a level is [%], where `overprovisioning` is in percent.
#[must_use]
pub fn health(hosts: Hosts, overprovisioning: u32) -> u32 {
    (overprovisioning * hosts.healthy).checked_div(hosts.all).map_or(0, |percent| percent.min(100))
}

/// What each level gets; `overprovisioning` and `panic` are in percent, and levels in the bit mask `excluded` get
/// nothing unless nobody else is healthy. The shares add up to 100, but where there are no targets at all.
///
/// Each level takes the share that it is healthy, in order, until all is given away; if together they are less than 100 %
/// healthy, shares are scaled up. They are whole numbers, rounded down, and what that leaves goes to those that lost most
/// by it, the first of equals first. A level panics if its share of healthy targets is below `panic` and together they
/// are less than 100 % healthy. If nobody is healthy and there is panic, the first level with targets gets all.
pub fn loads(hosts: &[Hosts], overprovisioning: u32, panic: u32, excluded: u64, loads: &mut [Load]) {
    let together = |but: u64| {
        let health = |(level, &hosts): (usize, &Hosts)| {
            if but >> level & 1 == 1 { 0 } else { health(hosts, overprovisioning) }
        };
        hosts.iter().enumerate().map(health).sum::<u32>().min(100)
    };
    let normal = together(0);
    for (load, hosts) in loads.iter_mut().zip(hosts) {
        let panics = normal < 100 && 100 * hosts.healthy < panic * hosts.all;
        *load = Load { percent: 0, panics };
    }
    let open = together(excluded);
    let (excluded, total) = if open == 0 { (0, normal) } else { (excluded, open) };
    if total == 0 {
        if let Some(first) = loads.iter_mut().find(|load| load.panics) {
            first.percent = 100;
        }
        return;
    }
    // In hundredths of `total`: whole percents first.
    let wants = |level: usize| {
        let out = excluded >> level & 1 == 1;
        if out { 0 } else { 100 * health(hosts[level], overprovisioning) }
    };
    let mut left = 100;
    for (level, load) in loads.iter_mut().enumerate() {
        load.percent = (wants(level) / total).min(left);
        left -= load.percent;
    }
    // Fewer than there are levels: each gets one more at most, in the order of what it lost.
    let mut given = 0_u64;
    for _ in 0..left {
        let lost = |level: &usize| if given >> level & 1 == 1 { 0 } else { wants(*level) % total };
        if let Some(level) = (0..hosts.len()).rev().max_by_key(lost) {
            loads[level].percent += 1;
            given |= 1 << level;
        }
    }
}

/// Priority levels at work.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    /// The targets of each level.
    masks: Vec<u64>,
    overprovisioning: u32,
    panic: u32,
    attempts_per_priority: Option<u32>,
    /// A selection for each level: each has its own turn.
    within: Vec<Selection>,
}

/// Draws of levels are told from other draws by this offset.
const LEVELS: u64 = 1 << 33;

impl Levels {
    pub(super) fn new(rule: &Priorities, targets: usize) -> Self {
        let last = rule.levels.iter().copied().max().unwrap_or(0).min(MAX_TARGETS as u32 - 1);
        let level = |t: usize| rule.levels.get(t).map_or(0, |&level| level.min(last));
        let of = |wanted| (0..targets).filter(|&t| level(t) == wanted).fold(0, |mask, t| mask | 1 << t);
        let masks: Vec<u64> = (0..=last).map(of).collect();
        let percent = |share: f64| (share * 100.0 + 0.5) as u32;
        Self {
            within: masks
                .iter()
                .map(|_| Selection::new(&Parts { pick: rule.within.clone(), ..Parts::plain(targets) }))
                .collect(),
            masks,
            overprovisioning: percent(rule.overprovisioning),
            panic: percent(rule.panic).min(100),
            attempts_per_priority: rule.attempts_per_priority.filter(|&attempts| attempts > 0),
        }
    }

    /// Whether it would try a target that is not healthy.
    pub(super) const fn may_panic(&self) -> bool {
        self.panic > 0
    }

    /// Whether a level holds more than one target.
    pub(super) fn spreads(&self) -> bool {
        self.masks.iter().any(|mask| mask.count_ones() > 1)
    }

    pub(super) fn pick(&self, from: Choice, call: &Call<'_>, targets: &[TargetView]) -> usize {
        let (up, n) = (from.pool & from.up, self.masks.len());
        let mut hosts = [Hosts::default(); MAX_TARGETS];
        for (hosts, mask) in hosts.iter_mut().zip(&self.masks) {
            *hosts = Hosts { all: (mask & from.pool).count_ones(), healthy: (mask & up).count_ones() };
        }
        let mut shares = [Load::default(); MAX_TARGETS];
        let excluded = self.excluded(&hosts[..n], call);
        loads(&hosts[..n], self.overprovisioning, self.panic, excluded, &mut shares[..n]);
        let luck = uniform(&mut call.noise.at(call.request, LEVELS + call.attempts.len() as u64));
        let mut left = (luck * 100.0) as u32;
        for (level, load) in shares[..n].iter().enumerate() {
            if left < load.percent {
                let pool = self.masks[level] & if load.panics { from.pool } else { up };
                let choice = Choice { pool, group: self.masks[level] & from.group, up: pool };
                return self.within[level].pick(choice, call, targets);
            }
            left -= load.percent;
        }
        // Nobody is healthy, and nobody may panic.
        from.pool.trailing_zeros() as usize
    }

    /// The levels that this request leaves out, having tried them; what was healthy is judged as of now.
    fn excluded(&self, hosts: &[Hosts], call: &Call<'_>) -> u64 {
        let Some(every) = self.attempts_per_priority else { return 0 };
        let (mut tried, mut excluded, mut since) = (0_u64, 0_u64, 0);
        for attempt in call.attempts {
            let level = self.masks.iter().position(|mask| mask >> attempt.target & 1 == 1);
            tried |= level.map_or(0, |level| 1 << level);
            since += 1;
            if u32::is_multiple_of(since, every) {
                excluded |= tried;
                let open = hosts.iter().enumerate().any(|(level, &hosts)| {
                    excluded >> level & 1 == 0 && health(hosts, self.overprovisioning) > 0
                });
                if !open {
                    // All were tried: it begins anew.
                    (tried, excluded, since) = (0, 0, 0);
                }
            }
        }
        excluded & first(hosts.len())
    }

    pub(super) fn choose(&mut self, target: usize, call: &Call<'_>) {
        for (mask, within) in self.masks.iter().zip(&mut self.within) {
            if mask >> target & 1 == 1 {
                within.choose(target, call);
            }
        }
    }

    pub(super) fn observe(&mut self, seen: &Seen) {
        for (mask, within) in self.masks.iter().zip(&mut self.within) {
            if mask >> seen.target & 1 == 1 {
                within.observe(seen);
            }
        }
    }

    pub(super) fn hear(&mut self, report: &Fleet) {
        for (mask, within) in self.masks.iter().zip(&mut self.within) {
            if mask >> report.target & 1 == 1 {
                within.hear(report);
            }
        }
    }
}

const fn overprovisioning() -> f64 {
    1.4
}

const fn panic() -> f64 {
    0.5
}

const fn round_robin() -> Pick {
    Pick::RoundRobin
}
