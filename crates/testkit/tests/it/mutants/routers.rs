//! The mutants. Most are a composition with other parts than it promises; some do what no parts say.

use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Price, Status, Usd};
use sandbox_routers::custom::Constructor;
use sandbox_routers::memory::against_target;
use sandbox_routers::parts::{
    At, Filters, Guards, Hedge, Losers, Retry, RetryBudget, RetryRule, SpendCap, When,
};
use sandbox_routers::{
    Backoff, Breaker, Call, Composed, Cooldown, Decision, Demotion, Jitter, Parts, Promises, Reason, Rule,
    Seen, Statuses, Strategy, TargetView,
};

/// A router with a bug, and its twin without.
pub(super) struct Mutant {
    pub(super) name: &'static str,
    /// The properties of which one must catch it.
    pub(super) caught_by: &'static [&'static str],
    /// Most faults that its minimal script may have.
    pub(super) faults_max: usize,
    pub(super) sound: Constructor,
    pub(super) mutant: Constructor,
}

/// The bug is in the parts.
macro_rules! in_parts {
    ($name:literal, $caught_by:expr, $promised:expr, $change:expr) => {
        Mutant {
            name: $name,
            caught_by: &$caught_by,
            faults_max: 2,
            sound: |_| Ok(Box::new(Bent::new($promised, $promised, Bend::Nothing))),
            mutant: |_| {
                let mut parts: Parts = $promised;
                let change: fn(&mut Parts) = $change;
                change(&mut parts);
                Ok(Box::new(Bent::new($promised, parts, Bend::Nothing)))
            },
        }
    };
}

/// The bug is in what is done with them.
macro_rules! in_code {
    ($name:literal, $caught_by:expr, $promised:expr, $bend:expr) => {
        Mutant {
            name: $name,
            caught_by: &$caught_by,
            faults_max: 2,
            sound: |_| Ok(Box::new(Bent::new($promised, $promised, Bend::Nothing))),
            mutant: |_| Ok(Box::new(Bent::new($promised, $promised, $bend))),
        }
    };
}

/// Every mutant.
pub(super) const MUTANTS: &[Mutant] = &[
    in_parts!("a cooldown never ends", ["returns", "believes", "no-cause"], cooldown(), |parts| {
        parts.memory = vec![Rule::Cooldown(Cooldown { length: Span::from_hours(9), ..cool() })];
    }),
    in_parts!("a cooldown starts one failure late", ["out"], cooldown(), |parts| {
        parts.memory = vec![Rule::Cooldown(Cooldown { failures: 4, ..cool() })];
    }),
    in_parts!("a cooldown starts one failure early", ["no-cause"], cooldown(), |parts| {
        parts.memory = vec![Rule::Cooldown(Cooldown { failures: 2, ..cool() })];
    }),
    in_parts!("a cooldown is over after half its time", ["out"], cooldown(), |parts| {
        parts.memory = vec![Rule::Cooldown(Cooldown { length: Span::from_secs(10), ..cool() })];
    }),
    in_parts!("a cooldown ignores Retry-After", ["out", "no-cause"], cooldown(), |parts| {
        parts.memory = vec![Rule::Cooldown(Cooldown { retry_after: false, ..cool() })];
    }),
    in_parts!("Retry-After is not waited for", ["backoff"], retrying(), |parts| {
        parts.retry.backoff.retry_after_max = Span::ZERO;
    }),
    in_parts!("retries do not wait", ["backoff"], retrying(), |parts| parts.retry.backoff = Backoff::NONE),
    in_parts!("retries ignore their budget", ["retry-budget"], budgeted(), |parts| parts.retry.budget = None),
    in_parts!("one retry too many", ["attempts"], retrying(), |parts| parts.retry.retries += 1),
    in_parts!("retries what must not be retried", ["retries-on"], retrying(), |parts| {
        parts.retry.rules[0].on = Statuses::of(&["400-599"]);
    }),
    in_parts!("a breaker counts 403", ["no-cause"], breaker(), |parts| {
        parts.memory = vec![Rule::Breaker(Breaker {
            counts: Statuses::of(&["401-404", "408", "429", "5xx"]),
            ..circuit()
        })];
    }),
    in_parts!("half-open lets all through", ["out"], breaker(), |parts| {
        parts.memory = vec![Rule::Breaker(Breaker { probes: 1_000, ..circuit() })];
    }),
    in_parts!("a breaker closes after one probe", ["out"], breaker(), |parts| {
        parts.memory = vec![Rule::Breaker(Breaker { successes: 1, ..circuit() })];
    }),
    in_parts!("a breaker opens a failure late", ["out"], breaker(), |parts| {
        parts.memory = vec![Rule::Breaker(Breaker { failures: 6, ..circuit() })];
    }),
    in_parts!("a target that is ruled out is a last resort", ["excluded"], only_two(), |parts| {
        parts.filters.only = 0b111;
        parts.groups = vec![0b011, 0b100];
    }),
    in_parts!("one attempt in flight too many", ["in-flight"], crowded(), |parts| {
        parts.guards.in_flight[1] = Some(3);
    }),
    in_parts!("a spend cap starts anew each minute", ["spend-cap"], capped(), |parts| {
        parts.guards.spend[0].per = Span::from_mins(1);
    }),
    in_parts!("hedges too soon", ["hedges"], hedging(), |parts| {
        parts.hedge = parts.hedge.map(|hedge| Hedge { after: Span::from_millis(400), ..hedge });
    }),
    in_parts!("two hedges at once", ["hedges", "attempts"], hedging(), |parts| {
        parts.hedge = parts.hedge.map(|hedge| Hedge { most: 2, ..hedge });
    }),
    in_parts!("a hedge's loser runs on", ["hedges"], hedging(), |parts| {
        parts.hedge = parts.hedge.map(|hedge| Hedge { losers: Losers::RunOn, ..hedge });
    }),
    in_code!("a fallback skips residency", ["residency"], cooldown(), Bend::ForgetsResidency),
    in_code!(
        "a price guard compares the prompt's price only",
        ["price-cap"],
        guarded(),
        Bend::PromptPriceOnly
    ),
    in_code!("timeouts do not count", ["out"], cooldown(), Bend::DeafToTimeouts),
    in_code!("one target's success clears another's cooldown", ["out"], cooldown(), Bend::CrossTalk),
    in_code!("a probe's success is lost", ["returns", "drains", "no-cause"], breaker(), Bend::LosesProbes),
    in_code!("sheds while the fallback is up", ["sheds"], cooldown(), Bend::Sheds),
    in_code!("a demotion is measured from the first failure", ["last-in-line"], demoting(), Bend::FirstEdge),
];

fn cool() -> Cooldown {
    Cooldown {
        failures: 3,
        within: Span::from_secs(10),
        length: Span::from_secs(20),
        retry_after: true,
        ..Cooldown::default()
    }
}

fn cooldown() -> Parts {
    Parts { memory: vec![Rule::Cooldown(cool())], ..fallback() }
}

/// One after the other, whatever failed.
fn fallback() -> Parts {
    Parts { groups: vec![0b001, 0b010, 0b100], ..Parts::plain(3) }
}

fn circuit() -> Breaker {
    Breaker {
        length: Span::from_secs(15),
        counts: Statuses::of(&["401", "408", "429", "5xx"]),
        ..Breaker::default()
    }
}

fn breaker() -> Parts {
    Parts { memory: vec![Rule::Breaker(circuit())], ..fallback() }
}

fn retrying() -> Parts {
    let rule = RetryRule {
        on: Statuses::of(&["408", "429", "500-502", "504"]),
        when: When::Always,
        at: At::Same,
        waits: When::Always,
    };
    let backoff = Backoff { base: Span::from_millis(200), jitter: Jitter::None, ..Backoff::default() };
    let retry = Retry { retries: 1, rules: vec![rule], backoff, ..Retry::default() };
    Parts { retry, ..fallback() }
}

fn budgeted() -> Parts {
    let Parts { retry, .. } = retrying();
    Parts { retry: Retry { budget: Some(RetryBudget { per_call: 0.1, cap: 3.0 }), ..retry }, ..fallback() }
}

fn only_two() -> Parts {
    Parts { filters: Filters { only: 0b011, max_price: None }, groups: vec![0b011], ..trying_others() }
}

fn trying_others() -> Parts {
    let rule =
        RetryRule { on: Statuses::of(&["400-599"]), at: At::Other, waits: When::Never, when: When::Always };
    Parts { retry: Retry { retries: 2, rules: vec![rule], ..Retry::default() }, ..Parts::plain(3) }
}

fn crowded() -> Parts {
    Parts { guards: Guards { in_flight: vec![None, Some(2), None], ..Guards::default() }, ..fallback() }
}

fn capped() -> Parts {
    let cap = SpendCap { targets: 0b010, usd: cents(5), per: Span::from_hours(1), offset: Span::ZERO };
    Parts { guards: Guards { spend: vec![cap], ..Guards::default() }, ..fallback() }
}

fn cents(cents: i128) -> Usd {
    Usd::from_pico(cents * 10_000_000_000)
}

fn usd_per_million(usd: u64) -> Price {
    Price::from_pico_per_token(usd * 1_000_000)
}

fn hedging() -> Parts {
    Parts {
        hedge: Some(Hedge { after: Span::from_millis(800), most: 1, losers: Losers::Cancelled }),
        ..trying_others()
    }
}

/// Prices up to $2.50 and $5: the third target's are above, and the second's are not unless they rise.
fn guarded() -> Parts {
    let max_price = Some((usd_per_million(3), usd_per_million(5)));
    Parts { filters: Filters { only: 0b111, max_price }, ..fallback() }
}

fn demoting() -> Parts {
    Parts { memory: vec![Rule::Demotion(Demotion::DEFAULT)], ..trying_others() }
}

/// What is done otherwise than the parts say.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Bend {
    Nothing,
    ForgetsResidency,
    PromptPriceOnly,
    DeafToTimeouts,
    CrossTalk,
    LosesProbes,
    Sheds,
    FirstEdge,
}

/// A composition that promises something.
#[derive(Clone)]
struct Bent {
    promises: Promises,
    fresh: Composed,
    inner: Composed,
    bend: Bend,
    /// By target: its results, and until when it is demoted, for [`Bend::FirstEdge`].
    results: Vec<Vec<(Time, bool)>>,
    demoted: Vec<Time>,
}

impl Bent {
    fn new(promised: Parts, done: Parts, bend: Bend) -> Self {
        let inner = Composed::new(done);
        let (results, demoted) = (vec![Vec::new(); promised.targets], vec![Time::ZERO; promised.targets]);
        Self { promises: promised.promises(), fresh: inner.clone(), inner, bend, results, demoted }
    }

    /// Demoted for the window from the first of the failures that make an outage, and not from the last.
    fn first_edge(&self, call: &Call<'_>) -> Decision {
        let demoted = |target: usize| self.demoted[target] > call.now;
        let tried = |target: usize| call.attempts.iter().any(|tried| tried.target == target);
        let left = (0..3).filter(|&target| call.allowed >> target & 1 == 1 && !tried(target));
        match left.min_by_key(|&target| (demoted(target), target)) {
            Some(target) => {
                let avoids = (0..target).any(|t| !tried(t) && call.allowed >> t & 1 == 1);
                let reason = match (call.attempts.is_empty(), avoids) {
                    (_, true) => Reason::Avoids,
                    (true, false) => Reason::Choice,
                    (false, false) => Reason::Failed,
                };
                Decision::Try { target, reason }
            }
            None => {
                let last = call.attempts.last().and_then(|tried| tried.answer);
                Decision::GiveUp(last.unwrap_or(Answer::failed(Status::FORBIDDEN)))
            }
        }
    }
}

impl Bent {
    fn learn_first_edge(&mut self, seen: &Seen) {
        let Demotion { window, failures, share } = Demotion::DEFAULT;
        let failed = !seen.answer.is_ok() && against_target().has(seen.answer.status());
        if failed && seen.answer.status() == Status::TOO_MANY_REQUESTS || !failed && !seen.answer.is_ok() {
            return;
        }
        let results = &mut self.results[seen.target];
        results.retain(|(at, _)| seen.now.since(*at) < window);
        results.push((seen.now, !failed));
        let bad: Vec<Time> = results.iter().filter(|(_, passed)| !passed).map(|(at, _)| *at).collect();
        let outage = bad.len() >= failures as usize && bad.len() as f64 >= share * results.len() as f64;
        if failed && outage && self.demoted[seen.target] <= seen.now {
            self.demoted[seen.target] = bad[0].saturating_add(window);
        }
    }
}

impl Strategy for Bent {
    fn next(&mut self, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        match self.bend {
            Bend::ForgetsResidency if !call.attempts.is_empty() => {
                self.inner.next(&Call { allowed: u64::MAX, ..*call }, targets)
            }
            Bend::PromptPriceOnly => {
                let cheap = |view: &TargetView| TargetView { output_price: Price::default(), ..*view };
                let targets: Vec<TargetView> = targets.iter().map(cheap).collect();
                self.inner.next(call, &targets)
            }
            Bend::FirstEdge => self.first_edge(call),
            Bend::Sheds => match self.inner.next(call, targets) {
                Decision::Try { reason: Reason::Avoids, .. } => {
                    Decision::GiveUp(Answer::failed(Status::TOO_MANY_REQUESTS))
                }
                other => other,
            },
            _ => self.inner.next(call, targets),
        }
    }

    fn observe(&mut self, seen: &Seen) {
        let lost = match self.bend {
            Bend::DeafToTimeouts => seen.answer == Answer::TimedOut,
            Bend::LosesProbes => seen.answer.is_ok() && self.inner.down_until(seen.target) == Time::MAX,
            _ => false,
        };
        if lost {
            return;
        }
        if self.bend == Bend::CrossTalk && seen.answer.is_ok() {
            self.inner = self.fresh.clone();
        }
        if self.bend == Bend::FirstEdge {
            self.learn_first_edge(seen);
        }
        self.inner.observe(seen);
    }

    fn hedges(&self) -> bool {
        self.inner.hedges()
    }

    fn cancels_losers(&self) -> bool {
        self.inner.cancels_losers()
    }

    fn sweeps(&self) -> bool {
        self.inner.sweeps()
    }

    fn down_until(&self, target: usize) -> Time {
        if self.bend == Bend::FirstEdge {
            return self.demoted[target];
        }
        self.inner.down_until(target)
    }

    fn promises(&self) -> Promises {
        self.promises.clone()
    }
}
