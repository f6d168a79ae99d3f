//! For how long a router believes a target down.

use std::sync::Arc;

use sandbox_core::{Span, Time};
use sandbox_engine::monitor::{Decided, Learnt};
use sandbox_routers::{Decision, Fleet, Rule};

use super::held::{Held, Turns, watch};
use super::{How, News, Property, Sort};

pub(super) const BELIEVES: Property = Property {
    name: "believes",
    says: "No target is believed down for longer than the router's rules allow after the last word against it.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(BELIEVES.name, subject, |router| {
            let promises = router.promises;
            (promises.memory_is_all && !promises.memory.is_empty()).then(|| Believes {
                rules: promises.memory.as_slice().into(),
                asked: Span::ZERO,
                longest: longest(&promises.memory, Span::ZERO),
                against: vec![Time::ZERO; router.names.len()],
                turns: Turns::default(),
                names: router.names.clone(),
            })
        })
    }),
};

pub(super) const FLAPPING: Property = Property {
    name: "flapping",
    says: "A router that believes a target down does not believe it up again sooner than the shortest of its rules says.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(FLAPPING.name, subject, |router| {
            let least = router.promises.down_at_least.filter(|&least| least > Span::ZERO)?;
            Some(Flapping {
                least,
                down: vec![None; router.names.len()],
                last: vec![Time::ZERO; router.names.len()],
                turns: Turns::default(),
                names: router.names.clone(),
            })
        })
    }),
};

/// Longest time that one of the rules has a target down, if no Retry-After is longer than `asked`.
fn longest(rules: &[Rule], asked: Span) -> Span {
    rules.iter().map(|rule| rule.lasts_at_most(asked)).max().unwrap_or(Span::ZERO)
}

#[derive(Clone)]
struct Believes {
    rules: Arc<[Rule]>,
    /// The longest Retry-After so far.
    asked: Span,
    longest: Span,
    /// By target: when it was last seen to fail, or asked.
    against: Vec<Time>,
    turns: Turns,
    names: Arc<[String]>,
}

impl Held for Believes {
    const WANTS: &'static [News] =
        &[News::First, News::Further, News::Waits, News::GivesUp, News::Results, News::Reports];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let now = at.call.now;
        if let Decision::Try { target, .. } = at.decision {
            // A passive check goes on from when the attempt that decides began.
            self.against[target] = now;
        }
        self.turns.now(at, self.names.len()).find_map(|target| {
            let until = at.strategy.down_until(target);
            if until <= now {
                return None;
            }
            let most = self.against[target].saturating_add(self.longest);
            // When a breaker closes is its probes' affair.
            let probes = until == Time::MAX && self.rules.iter().any(|rule| matches!(rule, Rule::Breaker(_)));
            let too_long = if until == Time::MAX { now > most } else { until > most };
            (too_long && !probes).then(|| {
                format!(
                    "`{}` is believed down although the last word against it was at {}, and the rules hold that against \
                     it for {} at most",
                    self.names[target],
                    self.against[target].since(Time::ZERO),
                    self.longest
                )
            })
        })
    }

    fn learnt(&mut self, at: &Learnt<'_>) -> Option<String> {
        if !at.seen.answer.is_ok() {
            self.against[at.seen.target] = at.seen.now;
            let asked = at.seen.answer.retry_after().unwrap_or(Span::ZERO);
            if asked > self.asked {
                self.asked = asked;
                self.longest = longest(&self.rules, asked);
            }
        }
        None
    }

    fn heard(&mut self, report: &Fleet) {
        if report.failed > 0 {
            self.against[report.target] = report.now;
        }
    }
}

#[derive(Clone)]
struct Flapping {
    least: Span,
    /// By target: the last time before it went down at which it was seen up; absent while it is up.
    down: Vec<Option<Time>>,
    /// By target: when it was last looked at.
    last: Vec<Time>,
    turns: Turns,
    names: Arc<[String]>,
}

impl Held for Flapping {
    const WANTS: &'static [News] = &[News::First, News::Further, News::Waits, News::GivesUp];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let now = at.call.now;
        self.turns.now(at, self.names.len()).find_map(|target| {
            let last = std::mem::replace(&mut self.last[target], now);
            let down = at.strategy.down_until(target) > now;
            match (self.down[target], down) {
                (None, true) => self.down[target] = Some(last),
                (Some(since), false) => {
                    self.down[target] = None;
                    // It was down for no longer than this: it is looked at now and then.
                    let most = now.since(since);
                    return (most < self.least).then(|| {
                        let name = &self.names[target];
                        format!(
                            "`{name}` is believed up again after {most}, and the rules say {} at least",
                            self.least
                        )
                    });
                }
                _ => {}
            }
            None
        })
    }
}
