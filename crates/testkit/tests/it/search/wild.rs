//! Strategies that break the contract itself, and promises that make no sense: a search ends with a finding, not with a
//! crash.

use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Fault, FaultKind, OutageScript, Status, Usd};
use sandbox_routers::parts::{Guards, Hedge, Losers, RetryBudget, SpendCap};
use sandbox_routers::{
    Backoff, Breaker, Call, Cooldown, Decision, Demotion, ErrorRatio, Jitter, Made, PassiveCheck, Prices,
    Promises, Reason, Refusal, Registry, Returns, Rule, Seen, Statuses, Strategy, TargetView, TimedBreaker,
};
use sandbox_testkit::Judge;
use sandbox_testkit::properties::{ALL, Property};
use sandbox_testkit::search::{Check, Found, MemoryJournal, SearchError, check};

use super::{NEVER_BROKEN, check_of, small};

/// What it does once an attempt of a request has failed.
#[derive(Copy, Clone)]
enum Wild {
    /// It asks a target that is not there.
    Nowhere(usize),
    /// It waits for the past.
    Past,
    /// It waits for ever, although nothing runs.
    ForEver,
    /// It waits for the next nanosecond.
    Crawls,
    /// It never gives up.
    Again,
    /// It hedges without end, once an attempt has failed.
    Hedges,
    /// It makes a third attempt, of which it promises not to make one, and panics so much later.
    BreaksThenPanics(Span),
}

#[derive(Clone)]
struct Strange {
    wild: Wild,
    broke: Option<Time>,
}

impl Strategy for Strange {
    fn next(&mut self, call: &Call<'_>, _: &[TargetView]) -> Decision {
        let first = Decision::Try { target: 0, reason: Reason::Choice };
        let again = |target| Decision::Try { target, reason: Reason::Failed };
        if let (Some(broke), Wild::BreaksThenPanics(later)) = (self.broke, self.wild) {
            assert!(call.now.since(broke) < later, "{later} later");
        }
        let Some(last) = call.attempts.last() else { return first };
        match (self.wild, last.answer) {
            (Wild::Hedges, _) if call.attempts[0].answer.is_some_and(|answer| !answer.is_ok()) => {
                Decision::Try { target: 1, reason: Reason::Hedge }
            }
            (_, None) => Decision::Wait { until: Time::MAX },
            (Wild::Nowhere(target), _) => again(target),
            (Wild::Past, _) => Decision::Wait { until: call.now },
            (Wild::ForEver, _) => Decision::Wait { until: Time::MAX },
            (Wild::Crawls, _) => Decision::Wait { until: call.now.saturating_add(Span::from_nanos(1)) },
            (Wild::Again, _) => again(0),
            (Wild::BreaksThenPanics(_), _) if call.attempts.len() < 3 => {
                if call.attempts.len() == 2 {
                    self.broke.get_or_insert(call.now);
                }
                again(0)
            }
            (Wild::BreaksThenPanics(_) | Wild::Hedges, Some(answer)) => Decision::GiveUp(answer),
        }
    }

    fn observe(&mut self, _: &Seen) {}

    fn hedges(&self) -> bool {
        matches!(self.wild, Wild::Hedges)
    }

    fn promises(&self) -> Promises {
        Promises { attempts_max: Some(2), only: Some(u64::MAX), memory_is_all: true, ..Promises::default() }
    }
}

fn make(made: &Made<'_>) -> Result<Box<dyn Strategy>, Refusal> {
    let wild = match made.number("wild", 0.0, 0.0, 9.0)? as u32 {
        0 => Wild::Nowhere(7),
        1 => Wild::Nowhere(usize::MAX),
        2 => Wild::Past,
        3 => Wild::ForEver,
        4 => Wild::Crawls,
        5 => Wild::Again,
        6 => Wild::Hedges,
        7 => Wild::BreaksThenPanics(Span::from_secs(10)),
        // Longer than a run goes on for properties after its last fault.
        _ => Wild::BreaksThenPanics(Span::from_secs(120)),
    };
    Ok(Box::new(Strange { wild, broke: None }))
}

fn check_of_wild(wild: u32, properties: &[Property]) -> Check {
    let set = format!(
        r#"routers[1].strategy=Custom(name: "strange", targets: ["direct", "grid"], settings: {{"wild": {wild}}})"#
    );
    let registry = Registry::default().with("strange", &["wild"], make);
    let sets = ["duration=5m", &set, "workloads[0].arrivals=Poisson(rate: \"1/s\")"];
    check_of(small(&sets, registry), properties, 40)
}

fn found(wild: u32, properties: &[Property]) -> Result<Found, SearchError> {
    check(&check_of_wild(wild, properties), &mut MemoryJournal::default(), &mut |_| {})
}

#[test]
fn whoever_breaks_the_contract_is_told_so() {
    for (wild, says) in [
        (0, "a strategy asks for target 7, and there are 2"),
        (1, "a strategy asks for target 18446744073709551615, and there are 2"),
        (2, "a strategy waits for a time that has passed"),
        (3, "a strategy waits for nothing"),
        (4, "a strategy is asked more than 1000000 times what to do for a request"),
        (6, "a strategy makes more than 65535 attempts for a request"),
    ] {
        let found = found(wild, ALL).unwrap_or_else(|error| panic!("{wild}: {error}"));
        let [one] = &found.counterexamples[..] else { panic!("{wild}: {found:?}") };
        assert_eq!(
            (one.broken.property.as_str(), one.fingerprint),
            ("panics", None),
            "{wild}: {:?}",
            one.broken
        );
        assert!(one.broken.what.starts_with(says), "{wild}: {}", one.broken.what);
        assert_eq!(one.script.faults.len(), 1, "{wild}: {:?}", one.script);
    }
}

#[test]
fn one_that_never_gives_up_is_ended_by_its_clients() {
    let found = found(5, &[NEVER_BROKEN]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.counterexamples, []);
}

#[test]
fn what_breaks_before_the_run_panics_is_what_is_found() {
    let found = found(7, ALL).unwrap_or_else(|error| panic!("{error}"));
    let [one] = &found.counterexamples[..] else { panic!("{found:?}") };
    assert_eq!((one.broken.property.as_str(), one.fingerprint), ("attempts", None));
}

#[test]
fn a_late_panic_is_seen_by_one_who_looks_for_nothing_else() {
    let check_of = check_of_wild(8, &[]);
    let at = |seconds| Time::ZERO + Span::from_secs(seconds);
    let kind = FaultKind::Down { status: Status::UNAVAILABLE, retry_after: None };
    let fault = Fault { target: "direct".to_owned(), kind, from: at(20), until: at(30) };
    let script = OutageScript { faults: vec![fault] };
    let verdict = Judge::new(&check_of.subject, &[], &[]).and_then(|mut judge| judge.judge(&script));
    let broken = verdict.expect("no law is broken").broken;
    assert_eq!(broken.map(|broken| broken.property).as_deref(), Some("panics"));
}

/// Answers by its first target, and promises something else.
#[derive(Clone)]
struct Promising(Promises);

impl Strategy for Promising {
    fn next(&mut self, call: &Call<'_>, _: &[TargetView]) -> Decision {
        match call.attempts {
            [] => Decision::Try { target: 0, reason: Reason::Choice },
            [_] => Decision::Try { target: 1, reason: Reason::Failed },
            [.., last] => Decision::GiveUp(last.answer.unwrap_or(Answer::failed(Status(500)))),
        }
    }

    fn observe(&mut self, _: &Seen) {}

    fn promises(&self) -> Promises {
        self.0.clone()
    }
}

/// Promises with numbers at the ends of their types, for targets that are not there, and of nothing at all.
fn nonsense() -> Vec<Promises> {
    let any = || Statuses::of(&["100-599"]);
    let (none, long) = (Span::ZERO, Span::MAX);
    let told = |rule| Promises {
        memory: vec![rule],
        memory_is_all: true,
        out_is_out: true,
        last_is_last: true,
        order: vec![0, 1],
        returns: Some(Returns { within: none, exactly: true }),
        ..Promises::default()
    };
    let mut all = vec![
        Promises { attempts_max: Some(0), only: Some(0), ..Promises::default() },
        Promises {
            groups: vec![u64::MAX, 0, 1 << 63],
            several: Some(u64::MAX),
            order: vec![9, usize::MAX, 1],
            sheds_last: true,
            tries_all_on: Some(any()),
            memory_is_all: true,
            last_is_last: true,
            ..Promises::default()
        },
        Promises { order: vec![usize::MAX], memory_is_all: true, last_is_last: true, ..Promises::default() },
        Promises {
            groups: vec![0],
            sheds_last: true,
            retry_budget: Some(RetryBudget { per_call: 0.0, cap: 0.0 }),
            ..Promises::default()
        },
        Promises {
            guards: Guards {
                spend: vec![SpendCap { targets: u64::MAX, usd: Usd::ZERO, per: none, offset: long }],
                in_flight: vec![Some(0); 100],
                in_flight_together: Some(0),
            },
            ..Promises::default()
        },
        Promises {
            backoff: Some(Backoff {
                base: long,
                min: long,
                max: none,
                jitter: Jitter::Scaled(f64::NAN, -1.0),
                retry_after_max: long,
            }),
            heeds_retry_after: Some((any(), long)),
            retry_budget: Some(RetryBudget { per_call: f64::INFINITY, cap: f64::INFINITY }),
            hedge: Some(Some(Hedge { after: long, most: u32::MAX, losers: Losers::RunOn })),
            ..Promises::default()
        },
        Promises {
            returns: Some(Returns { within: long, exactly: false }),
            prices: Some(Prices::Blind),
            down_at_least: Some(long),
            ..Promises::default()
        },
    ];
    let rules = [
        Rule::Cooldown(Cooldown {
            failures: 0,
            within: none,
            length: long,
            spares: vec![true],
            ..Cooldown::default()
        }),
        Rule::Cooldown(Cooldown {
            failures: u32::MAX,
            failures_of: vec![(any(), 1)],
            beyond_retry_after: long,
            retry_after: true,
            ..Cooldown::default()
        }),
        Rule::Breaker(Breaker {
            window: none,
            share: f64::NAN,
            growth: f64::NAN,
            probes: 0,
            successes: 0,
            ..Breaker::default()
        }),
        Rule::Breaker(Breaker {
            failures: 0,
            share: -1.0,
            growth: -1.0,
            length: long,
            ramp: long,
            ..Breaker::default()
        }),
        Rule::ErrorRatio(ErrorRatio {
            window: none,
            above: f64::NAN,
            at_least: 0,
            length: None,
            ..ErrorRatio::default()
        }),
        Rule::ErrorRatio(ErrorRatio {
            above: -1.0,
            every: long,
            length: Some(long),
            ..ErrorRatio::default()
        }),
        Rule::Demotion(Demotion { window: none, failures: 0, share: f64::NAN }),
        Rule::PassiveCheck(PassiveCheck { max_fails: 0, fail_timeout: long, ..PassiveCheck::default() }),
        Rule::TimedBreaker(TimedBreaker {
            failures: Some(0),
            share: Some(f64::NAN),
            at_least: 0,
            window: none,
            length: long,
            ..TimedBreaker::default()
        }),
    ];
    all.extend(rules.map(told));
    all
}

fn promising(made: &Made<'_>) -> Result<Box<dyn Strategy>, Refusal> {
    let number = made.number("promises", 0.0, 0.0, 99.0)? as usize;
    Ok(Box::new(Promising(nonsense()[number].clone())))
}

#[test]
fn promises_that_make_no_sense_are_kept_or_broken() {
    for (number, promises) in nonsense().into_iter().enumerate() {
        let set = format!(
            r#"routers[1].strategy=Custom(name: "promising", targets: ["direct", "grid"], settings: {{"promises": {number}}})"#
        );
        let registry = Registry::default().with("promising", &["promises"], promising);
        let resolved = small(&[&set, "workloads[0].arrivals=Poisson(rate: \"2/s\")"], registry);
        let check_of = check_of(resolved, ALL, 6);
        let found = check(&check_of, &mut MemoryJournal::default(), &mut |_| {});
        let found = found.unwrap_or_else(|error| panic!("{promises:?}: {error}"));
        for one in &found.counterexamples {
            assert!(
                ALL.iter().any(|known| known.name == one.broken.property),
                "{promises:?}: {:?}",
                one.broken
            );
        }
    }
}
