//! What can be said of a router before it runs: how often it tries, and how long it remembers.

use sandbox_core::Span;
use sandbox_model::Status;

use crate::memory::Rule;
use crate::note::RETRIES_COUNTED;
use crate::parts::{At, Parts};

impl Parts {
    /// Most attempts that one request may make at this router: retries, rounds, fallbacks and hedges included. None if
    /// nothing bounds them but the time: retries are counted up to 255, and more than that are without an end unless
    /// each leaves out the target that failed.
    ///
    /// Some request can reach it if its failures have the statuses for it, no memory and no guard speaks, and:
    ///
    /// * no rule of [`Retry`](crate::parts::Retry) that leaves a target out stands beside one that does not,
    /// * there is one group where there is a hedge, and groups have no target in common where `most_targets` bounds
    ///   them.
    ///
    /// Elsewhere it is a bound that may be too large.
    #[must_use]
    pub fn attempts_max(&self) -> Option<u64> {
        let most_targets = u64::from(self.most_targets);
        let mut all = 0_u64;
        let mut apart = true;
        let mut bounds = Vec::with_capacity(self.groups.len());
        for (position, group) in self.groups.iter().enumerate() {
            let targets = group & self.filters.only;
            apart &= targets & all == 0;
            all |= targets;
            let size = self.whole.get(position).unwrap_or(group).count_ones();
            bounds.push(self.attempts_of_group(u64::from(targets.count_ones()).min(most_targets), size)?);
        }
        let reachable = u64::from(all.count_ones()).min(most_targets);
        let once = self.retry.rounds == 0 && (0..self.groups.len()).all(|p| self.tries_each_once(p));
        if apart {
            // Each group that is tried takes one target at least.
            bounds.sort_unstable_by(|a, b| b.cmp(a));
            bounds.truncate(usize::try_from(most_targets).unwrap_or(usize::MAX));
        }
        let chain = bounds.iter().fold(0, |sum: u64, &bound| sum.saturating_add(bound));
        let chain = if apart && once { chain.min(reachable) } else { chain };
        // A hedge goes only where the request has not been.
        let hedges = match self.hedge {
            Some(hedge) if hedge.most > 0 => reachable.saturating_sub(1),
            _ => 0,
        };
        let sum = chain.saturating_add(hedges);
        Some(if self.groups.len() == 1 && once { sum.min(reachable) } else { sum })
    }

    fn tries_each_once(&self, position: usize) -> bool {
        let size = self.whole.get(position).unwrap_or(&self.groups[position]).count_ones();
        self.ruled(size).all(|(_, at)| at == At::Other)
    }

    /// Failures after which a group of this size gets a further attempt, and where.
    fn ruled(&self, size: u32) -> impl Iterator<Item = (Status, At)> {
        (100..600).map(Status).filter_map(move |status| {
            let rule = self.retry.rules.iter().find(|rule| rule.on.has(status) && rule.when.holds(size));
            rule.map(|rule| (status, rule.at))
        })
    }

    /// The same for one group that is left with so many targets, and is part of one of this size.
    fn attempts_of_group(&self, targets: u64, size: u32) -> Option<u64> {
        if targets == 0 {
            return Some(0);
        }
        let retry = &self.retry;
        let retries = self.ruled(size).map(|(first, _)| {
            let of = retry.retries_of.iter().find(|of| of.on.has(first));
            of.map_or(retry.retries, |of| of.retries)
        });
        let retries = retries.max().unwrap_or(0);
        let endless = retries > RETRIES_COUNTED;
        let retries = if endless { u64::MAX } else { u64::from(retries) };
        let rounds = u64::from(retry.rounds);
        if self.ruled(size).all(|(_, at)| at == At::Other) {
            // A round is over when every target has failed, which takes a retry for each but the first.
            let rounds = match retries.checked_div(targets - 1) {
                _ if self.ruled(size).next().is_none() => 0,
                Some(whole) => rounds.min(whole),
                None => rounds,
            };
            let left = retries.saturating_sub(rounds.saturating_mul(targets - 1));
            return Some(rounds.saturating_mul(targets).saturating_add(targets.min(left.saturating_add(1))));
        }
        let leaves_out = self.ruled(size).any(|(_, at)| at == At::Other);
        (!endless).then(|| 1 + retries + if leaves_out { rounds } else { 0 })
    }
}

impl Rule {
    /// Longest time for which it keeps a target out, or last in line, after the last result that speaks against the
    /// target, if no Retry-After is longer than `asked`. Where a Retry-After is the length, however long, that is no
    /// less than `asked`: with [`Span::MAX`] there is no bound then.
    ///
    /// Two rules go on by themselves and not by the clock alone: a half-open breaker is no longer out, but takes more
    /// than its probes only after these have passed, and a passive check keeps the others out while one attempt decides.
    /// [`Rule::back_within`] counts these in.
    #[must_use]
    pub fn lasts_at_most(&self, asked: Span) -> Span {
        match self {
            Self::Cooldown(rule) if rule.retry_after => {
                rule.length.max(asked.saturating_add(rule.beyond_retry_after))
            }
            Self::Cooldown(rule) => rule.length,
            Self::ErrorRatio(rule) => {
                let length = rule.length.unwrap_or(Span::ZERO);
                let length = if rule.retry_after { length.max(asked) } else { length };
                if rule.every.is_zero() {
                    length
                } else {
                    // The last look that finds a failure in the window, and where nothing else ends it the next one.
                    let looks = if rule.length.is_none() { 2 } else { 1 };
                    rule.window.saturating_add(times(rule.every, looks)).saturating_add(length)
                }
            }
            Self::Demotion(rule) => rule.window,
            Self::Breaker(rule) if rule.growth > 1.0 => rule.length.max(rule.length_max),
            Self::Breaker(rule) => rule.length,
            Self::PassiveCheck(rule) => rule.fail_timeout,
            // A success may make up the number from which a share is taken: it opens on the results before.
            Self::TimedBreaker(rule) if rule.share.is_some() && rule.at_least > 1 => {
                rule.window.saturating_add(rule.length)
            }
            Self::TimedBreaker(rule) => rule.length,
            // The sweep that judges, the ejection, the sweep that ends it.
            Self::Ejection(rule) => {
                let longest = rule.max_ejection_time.max(rule.base_ejection_time);
                longest.saturating_add(times(rule.interval, 2))
            }
            Self::Uptime(rule) => rule.window,
            Self::Preference(rule) => rule.window,
        }
    }

    /// Longest time after the last result that speaks against a target until it has all its traffic again, if requests
    /// come that want it, each gets an answer within `probe`, and no Retry-After is longer than `asked`.
    #[must_use]
    pub fn back_within(&self, asked: Span, probe: Span) -> Span {
        let more = match self {
            Self::Breaker(rule) => times(probe, u64::from(rule.successes)).saturating_add(rule.ramp),
            Self::PassiveCheck(_) => probe,
            _ => Span::ZERO,
        };
        self.lasts_at_most(asked).saturating_add(more)
    }
}

fn times(span: Span, n: u64) -> Span {
    span.checked_mul(n).unwrap_or(Span::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Breaker, Cooldown, TimedBreaker};
    use crate::parts::{Hedge, Losers, Retry, RetryRule, When};
    use crate::statuses::Statuses;

    fn rule(at: At) -> RetryRule {
        RetryRule { on: Statuses::of(&["5xx"]), when: When::Always, at, waits: When::Never }
    }

    fn parts(retries: u32, at: At) -> Parts {
        Parts { retry: Retry { retries, rules: vec![rule(at)], ..Retry::default() }, ..Parts::plain(3) }
    }

    #[test]
    fn attempts_are_counted_by_group() {
        assert_eq!(Parts::plain(3).attempts_max(), Some(1));
        assert_eq!(parts(2, At::Same).attempts_max(), Some(3));
        assert_eq!(parts(9, At::Other).attempts_max(), Some(3));
        assert_eq!(parts(255, At::Any).attempts_max(), Some(256));
        assert_eq!(parts(256, At::Any).attempts_max(), None);
        assert_eq!(parts(u32::MAX, At::Other).attempts_max(), Some(3));
        let groups = vec![0b001, 0b010, 0b100];
        let chain = Parts { groups, ..parts(2, At::Same) };
        assert_eq!(chain.attempts_max(), Some(9));
        assert_eq!(Parts { most_targets: 2, ..chain.clone() }.attempts_max(), Some(6));
        assert_eq!(
            Parts { hedge: Some(Hedge { after: Span::ZERO, most: 1, losers: Losers::Cancelled }), ..chain }
                .attempts_max(),
            Some(11)
        );
    }

    #[test]
    fn rounds_take_the_retries_that_they_need() {
        let rounds = |retries, rounds| {
            let parts = parts(retries, At::Other);
            Parts { retry: Retry { rounds, ..parts.retry.clone() }, ..parts }.attempts_max()
        };
        assert_eq!(rounds(u32::MAX, 2), Some(9));
        // Two of the three retries end the first round; the second has one.
        assert_eq!(rounds(3, 2), Some(5));
        assert_eq!(rounds(1, 2), Some(2));
    }

    #[test]
    fn what_is_asked_for_uncapped_has_no_bound() {
        let cooldown = Cooldown { retry_after: true, ..Cooldown::default() };
        assert_eq!(Rule::Cooldown(cooldown.clone()).lasts_at_most(Span::MAX), Span::MAX);
        assert_eq!(Rule::Cooldown(cooldown).lasts_at_most(Span::from_secs(7)), Span::from_secs(7));
        assert_eq!(Rule::Cooldown(Cooldown::default()).lasts_at_most(Span::MAX), Span::from_secs(5));
        let breaker = Rule::TimedBreaker(TimedBreaker::default());
        assert_eq!(breaker.lasts_at_most(Span::ZERO), Span::from_secs(90));
        let breaker = Breaker { ramp: Span::from_secs(10), ..Breaker::default() };
        assert_eq!(
            Rule::Breaker(breaker.clone()).back_within(Span::MAX, Span::from_secs(1)),
            Span::from_secs(42)
        );
        let grows = Breaker { growth: 1.5, ..breaker };
        assert_eq!(Rule::Breaker(grows).lasts_at_most(Span::MAX), Span::from_mins(5));
    }
}
