//! What a router can be held to, whatever the weather.
//!
//! A preset's promises follow from its parts. A strategy of your own says by
//! [`Strategy::promises`](crate::Strategy::promises) what it means to keep; what it does not promise it is not held to:
//!
//! ```
//! use sandbox_core::Span;
//! use sandbox_routers::{Cooldown, Promises, Rule, Statuses};
//!
//! let promises = Promises {
//!     attempts_max: Some(3),
//!     memory: vec![Rule::Cooldown(Cooldown { length: Span::from_secs(10), ..Cooldown::default() })],
//!     out_is_out: true,
//!     retried: Some(Statuses::of(&["429", "5xx"])),
//!     ..Promises::default()
//! };
//! # assert!(promises.hedge.is_none());
//! ```

use sandbox_core::Span;
use sandbox_model::Price;

use crate::backoff::{Backoff, Jitter};
use crate::memory::{Rule, first};
use crate::parts::{At, Guards, Hedge, Parts, RetryBudget, When, WhenAllOut};
use crate::selection::Pick;
use crate::statuses::Statuses;

/// A router's promises. The default promises nothing.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Promises {
    /// Most attempts for one request, of whatever kind.
    pub attempts_max: Option<u64>,
    /// The targets that it uses at all, as a bit mask.
    pub only: Option<u64>,
    /// Dearest input and output price of a target that it uses, as things are at that moment.
    pub max_price: Option<(Price, Price)>,
    /// What targets are not given although they are fine.
    pub guards: Guards,
    /// The groups of targets that a request goes through, as bit masks, in order. Empty: one of all targets.
    pub groups: Vec<u64>,
    /// Targets whose group has others, where a rule of `memory` asks for that. Absent: as `groups` say.
    pub several: Option<u64>,

    /// What it remembers: a target is out, or last in line, while one of these says so. Empty: nothing is said.
    pub memory: Vec<Rule>,
    /// Whether nothing else than `memory` has it believe a target down.
    pub memory_is_all: bool,
    /// Whether nobody asks a target that is out, whatever else happens.
    pub out_is_out: bool,
    /// Whether a group's last in line are asked only if nobody else is left in it, and targets that may be asked and are
    /// neither out nor last in line are never avoided.
    pub last_is_last: bool,
    /// Whether a timeout that the caller's own deadline caused says nothing against a target.
    pub forgives_callers: bool,
    /// Shortest time for which a target that it believes down stays so, by
    /// [`Strategy::down_until`](crate::Strategy::down_until).
    pub down_at_least: Option<Span>,

    /// Whether a request's first attempt goes to the first target, in this order, that may be asked and is neither out
    /// nor last in line. Empty: nothing is said.
    pub order: Vec<usize>,
    /// Whether a request is turned away without an attempt only if every target that it may use is believed down, by
    /// [`Strategy::down_until`](crate::Strategy::down_until), or forbidden by `guards` or `max_price`.
    pub sheds_last: bool,
    /// A request whose failures all have these statuses is given up only if each target that it may use, of the group of
    /// its last attempt and of those after it, was tried, is believed down, or is forbidden by `guards` or `max_price`.
    pub tries_all_on: Option<Statuses>,

    /// Failures after which there may be a further attempt at all, wherever. With hedges: those after which nothing runs.
    pub retried: Option<Statuses>,
    /// Failures after which the same request may come back to the same target.
    pub again: Option<Statuses>,
    /// Least wait before a request comes back to a target at which its last attempt failed: jitter at its lowest, and
    /// nothing is said of a failure with a Retry-After.
    pub backoff: Option<Backoff>,
    /// After which failures, and up to which length, a request waits out a Retry-After before it comes back to the target
    /// that asked for it.
    pub heeds_retry_after: Option<(Statuses, Span)>,
    /// What pays for retries. A retry is a further attempt in the same of `groups`; it is paid for when it is decided on,
    /// before its wait.
    pub retry_budget: Option<RetryBudget>,
    /// Further attempts beside one that runs. `Some(None)`: none.
    pub hedge: Option<Option<Hedge>>,
    /// How it comes back when trouble is over.
    pub returns: Option<Returns>,
    /// What prices mean to it.
    pub prices: Option<Prices>,
}

/// How a router comes back when trouble is over.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Returns {
    /// So long after the last result against any of its targets, if that is longer than what its
    /// [memory](Promises::memory) takes.
    pub within: Span,
    /// Each request is then asked of whom a router would ask that has never seen any trouble. If not, all that can be said
    /// is that targets have traffic again.
    pub exactly: bool,
}

/// What prices mean to a router.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Prices {
    /// Nothing: others would change no decision.
    Blind,
    /// How they compare: if all are so many times what they were, no decision changes.
    Relative,
}

impl Parts {
    /// What a router that is made of these parts can be held to.
    #[must_use]
    pub fn promises(&self) -> Promises {
        let minds_health = matches!(self.pick, Pick::Priorities(_));
        let measured = matches!(self.pick, Pick::Measured(_));
        // Limits of a pick's own keep it from targets that nothing is wrong with.
        let limited = matches!(self.pick, Pick::UsageBased(_));
        let ramps =
            self.memory.iter().any(|rule| matches!(rule, Rule::Breaker(rule) if !rule.ramp.is_zero()));
        let open = !minds_health && !measured && !limited && !ramps;
        let hedges = self.hedge.is_some_and(|hedge| hedge.most > 0);
        Promises {
            attempts_max: self.attempts_max(),
            only: Some(self.filters.only),
            max_price: self.filters.max_price,
            guards: self.guards.clone(),
            groups: self.groups.clone(),
            several: Some(
                self.groups
                    .iter()
                    .chain(&self.whole)
                    .filter(|group| group.count_ones() > 1)
                    .fold(0, |all, g| all | g),
            ),
            memory: self.memory.clone(),
            memory_is_all: !measured,
            out_is_out: self.when_all_out == WhenAllOut::Leave && !minds_health && !measured,
            last_is_last: !minds_health && !measured && !limited,
            forgives_callers: self.forgives_callers,
            down_at_least: if measured || minds_health { None } else { self.down_at_least() },
            order: self.ordered(),
            sheds_last: open,
            tries_all_on: (open && !hedges).then(|| self.goes_on_after()).flatten(),
            retried: self.retried(),
            again: self.apart().then(|| self.ruled_statuses()),
            backoff: self.waits(),
            heeds_retry_after: self.heeds(),
            // Going through a group again is not paid for, and a hedge is no retry: what was one cannot be seen.
            retry_budget: self.retry.budget.filter(|_| self.retry.rounds == 0 && !hedges),
            hedge: Some(self.hedge),
            returns: self.returns(),
            prices: self.prices(),
        }
    }

    /// A pick in a fixed order, and one whose dice belong to the request, forget with the memory. One that learns
    /// comes back as fast as it forgets, and one that goes by turns or load goes on from where it is.
    fn returns(&self) -> Option<Returns> {
        let within = match &self.pick {
            Pick::Spill(spill) if spill.per_second > 0.0 => {
                Span::from_secs(libm::ceil(1.0 / spill.per_second) as u64)
            }
            Pick::Spill(_) => return None,
            // A peak of an hour has faded to less than a millisecond.
            Pick::PeakEwma(pick) => pick.decay.checked_mul(16)?,
            // The table that trouble is in, and one more that began within it.
            Pick::LowestLatency(pick) => pick.ttl.checked_mul(2)?,
            Pick::UsageBased(_) => Span::from_mins(1),
            Pick::LowestTtft(pick) | Pick::HighestThroughput(pick) => pick.window,
            // Results weigh less and less, and a floor keeps a share for each.
            Pick::Measured(pick) => pick.half_life.checked_mul(4)?,
            _ => Span::ZERO,
        };
        let in_order = matches!(
            self.pick,
            Pick::Ordered
                | Pick::Weighted(_)
                | Pick::FirstWeights(_)
                | Pick::Uniform
                | Pick::LowestCost
                | Pick::InverseSquarePrice
        );
        // These go by more than failures: by what was slow, by where a conversation was, by what was spent.
        let slow = |rule: &Rule| matches!(rule, Rule::Preference(_));
        let more = self.memory.iter().any(slow) || self.sticky.is_some() || !self.guards.spend.is_empty();
        Some(Returns { within, exactly: in_order && !more })
    }

    fn prices(&self) -> Option<Prices> {
        if self.filters.max_price.is_some() || !self.guards.spend.is_empty() {
            return None;
        }
        match self.pick {
            // Its costs of time and of failures are in dollars.
            Pick::Measured(_) => None,
            Pick::LowestCost | Pick::InverseSquarePrice => Some(Prices::Relative),
            // A conversation stays only where reading its cache is cheaper than the prompt.
            _ if self.sticky.is_some() => Some(Prices::Relative),
            _ => Some(Prices::Blind),
        }
    }

    /// Shortest time for which a memory has a target down; none if that may be any time.
    fn down_at_least(&self) -> Option<Span> {
        let mut least = None;
        for rule in &self.memory {
            let shortest = match rule {
                Rule::Cooldown(rule) if !rule.retry_after => rule.length,
                Rule::Breaker(rule) if rule.growth >= 1.0 => rule.length,
                Rule::TimedBreaker(rule) => rule.length,
                Rule::Demotion(rule) => rule.window,
                Rule::ErrorRatio(rule) if !rule.retry_after => rule.length?,
                Rule::Preference(_) => continue,
                // A Retry-After, the attempt that decides, or a sweep may end it at any time.
                Rule::Cooldown(_)
                | Rule::Breaker(_)
                | Rule::ErrorRatio(_)
                | Rule::PassiveCheck(_)
                | Rule::Ejection(_)
                | Rule::Uptime(_) => return None,
            };
            least = Some(least.map_or(shortest, |least: Span| least.min(shortest)));
        }
        least
    }

    /// Whether no target is in two groups.
    fn apart(&self) -> bool {
        let mut all = 0;
        self.groups.iter().all(|group| {
            let apart = all & group == 0;
            all |= group;
            apart
        })
    }

    /// The order of first attempts, where it is the same for all requests.
    fn ordered(&self) -> Vec<usize> {
        if !matches!(self.pick, Pick::Ordered) || self.sticky.is_some() {
            return Vec::new();
        }
        let mut order: Vec<usize> = Vec::new();
        for group in &self.groups {
            let mut here: Vec<usize> = (0..self.targets).filter(|&t| group >> t & 1 == 1).collect();
            here.sort_by_key(|&t| self.order.get(t).copied().unwrap_or(0));
            for target in here {
                if !order.contains(&target) {
                    order.push(target);
                }
            }
        }
        order
    }

    /// Failures that some retry is for, in whatever group.
    fn ruled_statuses(&self) -> Statuses {
        let none = Statuses::of(&[]);
        self.retry
            .rules
            .iter()
            .filter(|rule| rule.when != When::Never)
            .fold(none, |all, rule| all.or(&rule.on))
    }

    /// Failures after which there may be a further attempt; none if after any.
    fn retried(&self) -> Option<Statuses> {
        match &self.falls_back_on {
            _ if self.groups.len() == 1 => Some(self.ruled_statuses()),
            Some(statuses) => Some(self.ruled_statuses().or(statuses)),
            None => None,
        }
    }

    /// Failures after which a request goes on until it has been everywhere, if it does.
    fn goes_on_after(&self) -> Option<Statuses> {
        let retry = &self.retry;
        let everywhere = self.groups.iter().fold(0, |all, group| all | group) & first(self.targets);
        let mut statuses = match &self.falls_back_on {
            None => Statuses::of(&["100-599"]),
            Some(statuses) => statuses.clone(),
        };
        let wide = self.most_targets >= everywhere.count_ones();
        if let [group] = self.groups[..]
            && wide
            && group.count_ones() > 1
        {
            // Each failure leaves its target out, and there are retries for all, unpaid, without waits for room.
            let all = retry.retries >= group.count_ones() - 1 && retry.retries_of.is_empty();
            let free = retry.budget.is_none() && retry.concurrent.is_none();
            let long =
                retry.retry_after.longer_ends || self.whole.first().is_some_and(|&whole| whole != group);
            let others = retry.rules.iter().all(|rule| rule.at == At::Other && rule.when == When::Always);
            statuses = self.ruled_statuses();
            return (all && free && !long && others).then_some(statuses);
        }
        let single = self.groups.iter().all(|group| group.count_ones() == 1);
        (single && wide && self.apart()).then_some(statuses)
    }

    /// The waits before a target is asked again, where there is always one.
    fn waits(&self) -> Option<Backoff> {
        let retry = &self.retry;
        let always = retry.rules.iter().all(|rule| rule.waits == When::Always);
        let at_once = retry.retry_after.then_at_once || retry.rounds > 0;
        let jitters = matches!(retry.backoff.jitter, Jitter::Full | Jitter::FullSum);
        let hedges = self.hedge.is_some();
        (always && !at_once && !jitters && !hedges && self.apart()).then_some(retry.backoff)
    }

    /// Which Retry-Afters are waited out in full.
    fn heeds(&self) -> Option<(Statuses, Span)> {
        let retry = &self.retry;
        let always = retry.rules.iter().all(|rule| rule.waits == When::Always);
        let full = match retry.backoff.jitter {
            Jitter::None | Jitter::Added(_) => true,
            Jitter::Scaled(low, _) => low >= 1.0,
            Jitter::Full | Jitter::FullSum => false,
        };
        let full = full || retry.retry_after.exact;
        let asks = !retry.backoff.retry_after_max.is_zero() && retry.retry_after.together.is_none();
        let keeps = always && full && asks && retry.rounds == 0 && self.hedge.is_none() && self.apart();
        keeps.then(|| (retry.retry_after.on.clone(), retry.backoff.retry_after_max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sticky::Sticky;

    #[test]
    fn a_conversation_that_stays_for_its_cache_looks_at_prices() {
        let parts = Parts::plain(2);
        assert_eq!(parts.promises().prices, Some(Prices::Blind));
        let sticky = Parts { sticky: Some(Sticky::DEFAULT), ..parts };
        assert_eq!(sticky.promises().prices, Some(Prices::Relative));
    }
}
