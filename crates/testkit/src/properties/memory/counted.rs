//! Rules that count failures.

use sandbox_core::{Span, Time};
use sandbox_routers::{Cooldown, PassiveCheck, Seen, TimedBreaker};

use super::Told;

/// When failures were seen that count together, and until when the target is out.
#[derive(Clone, Default)]
struct Failures {
    at: Vec<Time>,
    until: Time,
}

/// Enough failures within a time of the first of them, and the target is out for a while.
#[derive(Clone)]
pub(super) struct Cooling {
    rule: Cooldown,
    targets: Vec<Failures>,
}

impl Cooling {
    pub(super) fn new(rule: Cooldown, targets: usize) -> Self {
        Self { rule, targets: vec![Failures::default(); targets] }
    }
}

impl Told for Cooling {
    fn name(&self) -> &'static str {
        "cooldown"
    }

    fn learnt(&mut self, seen: &Seen, several: bool, out: bool) {
        let (rule, target) = (&self.rule, &mut self.targets[seen.target]);
        let status = seen.answer.status();
        if seen.answer.is_ok() || (out && !rule.keeps_count) {
            return;
        }
        let length = match seen.answer.retry_after() {
            Some(asked) if rule.retry_after => asked.saturating_add(rule.beyond_retry_after),
            _ => rule.length,
        };
        let at_once = rule.at_once.has(status) || (several && rule.at_once_of_several.has(status));
        let of_status = rule.failures_of.iter().find(|(statuses, _)| statuses.has(status));
        let starts = at_once || {
            let spared = rule.spares.get(seen.target).copied().unwrap_or(false)
                || (!several && rule.spares_alone_on.has(status));
            let counts = rule.counts.has(status) && (!spared || of_status.is_some());
            if !counts || (rule.keeps_count && length == Span::ZERO) {
                return;
            }
            let over = target.at.first().is_some_and(|&first| {
                let age = seen.now.since(first);
                age > rule.within || (rule.keeps_count && age == rule.within)
            });
            if over {
                target.at.clear();
            }
            target.at.push(seen.now);
            let needed = of_status.map_or(rule.failures, |&(_, failures)| failures) as usize;
            needed > 0 && target.at.len() >= needed
        };
        if starts && target.until <= seen.now {
            target.until = seen.now.saturating_add(length);
            if !rule.keeps_count {
                target.at.clear();
            }
        }
    }

    fn out_until(&self, target: usize) -> Time {
        self.targets[target].until
    }
}

/// Results that count together, whether each failed, since the first; more failures than a number, or a larger share of
/// them than a share, and the target is out for a while.
#[derive(Clone)]
pub(super) struct Timed {
    rule: TimedBreaker,
    targets: Vec<(Time, u32, u32, Time)>,
}

impl Timed {
    pub(super) fn new(rule: TimedBreaker, targets: usize) -> Self {
        Self { rule, targets: vec![(Time::ZERO, 0, 0, Time::ZERO); targets] }
    }
}

impl Told for Timed {
    fn name(&self) -> &'static str {
        "circuit breaker"
    }

    fn learnt(&mut self, seen: &Seen, _several: bool, _out: bool) {
        let (first, all, failed, until) = &mut self.targets[seen.target];
        if seen.now < *until {
            return;
        }
        if *all == 0 || seen.now.since(*first) > self.rule.window {
            (*first, *all, *failed) = (seen.now, 0, 0);
        }
        *all += 1;
        *failed += u32::from(!seen.answer.is_ok() && self.rule.counts.has(seen.answer.status()));
        let by_number = self.rule.failures.is_some_and(|most| *failed > most);
        let share = f64::from(*failed) / f64::from(*all);
        let by_share = *all >= self.rule.at_least && self.rule.share.is_some_and(|most| share > most);
        if by_number || by_share {
            *until = seen.now.saturating_add(self.rule.length);
            *all = 0;
        }
    }

    fn out_until(&self, target: usize) -> Time {
        self.targets[target].3
    }
}

/// Failures in total since a success that came long enough after the last of them; with enough, the target is out for a
/// while, and then one attempt at a time decides.
#[derive(Clone)]
pub(super) struct Checked {
    rule: PassiveCheck,
    targets: Vec<Failures>,
}

impl Checked {
    pub(super) fn new(rule: PassiveCheck, targets: usize) -> Self {
        Self { rule, targets: vec![Failures::default(); targets] }
    }
}

impl Told for Checked {
    fn name(&self) -> &'static str {
        "passive health check"
    }

    fn asked(&mut self, target: usize, now: Time) {
        let target = &mut self.targets[target];
        // This one decides: the others are kept out meanwhile.
        if target.at.len() >= self.rule.max_fails as usize && target.until <= now {
            target.until = now.saturating_add(self.rule.fail_timeout);
        }
    }

    fn learnt(&mut self, seen: &Seen, _several: bool, _out: bool) {
        let target = &mut self.targets[seen.target];
        if seen.answer.is_ok() {
            let last = target.at.last().copied().unwrap_or(Time::ZERO);
            if seen.now >= last.saturating_add(self.rule.fail_timeout) {
                *target = Failures::default();
            }
        } else if self.rule.counts.has(seen.answer.status()) {
            // More than enough are as good as enough.
            target.at.truncate(self.rule.max_fails as usize);
            target.at.push(seen.now);
            if target.at.len() >= self.rule.max_fails as usize {
                target.until = seen.now.saturating_add(self.rule.fail_timeout);
            }
        }
    }

    fn out_until(&self, target: usize) -> Time {
        self.targets[target].until
    }
}
