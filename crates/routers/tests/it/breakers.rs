//! Kong's passive check and Portkey's hosted breaker against their rules, worked out anew from the whole history at every
//! step. Nothing here counts up: each question is answered from the list of all that happened.

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Status};
use sandbox_routers::preset::Portkey;
use sandbox_routers::preset::kong::{Criterion, Kong};
use sandbox_routers::preset::portkey::{CircuitBreaker, Mode, PortkeyRetry};
use sandbox_routers::{Memory, PassiveCheck, Rule, Seen, Statuses, TimedBreaker, Timeouts};

use crate::answers::answer;
use crate::stage::{names, parts};

/// What happened to a target, and when: an attempt began, or one ended.
#[derive(Copy, Clone, Debug)]
enum Event {
    Began,
    Ended(Answer),
}

type History = Vec<(Time, Event)>;

fn history() -> impl Strategy<Value = History> {
    // Whole seconds often, so that ends and windows are met exactly.
    let gap = prop_oneof![
        3 => (0_u64..8).prop_map(Span::from_secs),
        2 => (0_u64..3_000_000_000).prop_map(Span::from_nanos),
        1 => (0_u64..90).prop_map(Span::from_secs),
    ];
    let event = prop_oneof![
        2 => Just(Event::Began),
        2 => Just(Event::Ended(Answer::Ok)),
        3 => answer().prop_map(Event::Ended),
        2 => Just(Event::Ended(Answer::failed(Status(503)))),
    ];
    proptest::collection::vec((gap, event), 1..60).prop_map(|steps| {
        let mut now = Time::ZERO;
        steps
            .into_iter()
            .map(|(gap, event)| {
                now += gap;
                (now, event)
            })
            .collect()
    })
}

/// Kong: "failures are counted in total; a success resets them only `fail_timeout` after the last of them".
fn counted(failed: impl Fn(Answer) -> bool, timeout: Span, history: &[(Time, Event)]) -> Vec<usize> {
    let failures: Vec<usize> = (0..history.len())
        .filter(|&place| matches!(history[place].1, Event::Ended(answer) if failed(answer)))
        .collect();
    let resets = |place: usize| {
        let (now, event) = history[place];
        let last = failures.iter().rev().find(|&&failure| failure < place);
        matches!(event, Event::Ended(Answer::Ok)) && last.is_none_or(|&last| now >= history[last].0 + timeout)
    };
    let since = (0..history.len()).rev().find(|&place| resets(place));
    failures.into_iter().filter(|&failure| since.is_none_or(|since| failure > since)).collect()
}

/// Until when Kong keeps a target out: for `fail_timeout` after the last of enough failures, and for as long after each
/// attempt that has begun to decide since.
fn kept_out_until(
    failed: impl Fn(Answer) -> bool,
    max_fails: usize,
    timeout: Span,
    history: &[(Time, Event)],
) -> Time {
    let failures = counted(failed, timeout, history);
    let Some(&last) = failures.last().filter(|_| failures.len() >= max_fails) else { return Time::ZERO };
    let begun = history[last..].iter().filter(|(_, event)| matches!(event, Event::Began));
    begun.fold(history[last].0 + timeout, |until, &(at, _)| if at >= until { at + timeout } else { until })
}

/// When Portkey's breaker was opened, and until when.
fn openings(rule: &CircuitBreaker, history: &[(Time, Answer)]) -> Vec<(usize, Time)> {
    let mut found: Vec<(usize, Time)> = Vec::new();
    for place in 0..history.len() {
        let (start, closes) = found.last().map_or((0, Time::ZERO), |&(place, closes)| (place + 1, closes));
        let now = history[place].0;
        if now < closes {
            continue;
        }
        // The results since it closed, in windows: each begins with the first result that the one before does not hold.
        let mut windows: Vec<Vec<(Time, Answer)>> = Vec::new();
        for &(at, answer) in history[start..=place].iter().filter(|&&(at, _)| at >= closes) {
            match windows.last_mut() {
                Some(window) if at.since(window[0].0) <= rule.window => window.push((at, answer)),
                _ => windows.push(vec![(at, answer)]),
            }
        }
        let window = windows.last().expect("this result is in one");
        let is_failure = |answer: Answer| !answer.is_ok() && rule.failure_status_codes.has(answer.status());
        let failures = window.iter().filter(|&&(_, answer)| is_failure(answer)).count() as u32;
        let number = rule.failure_threshold.is_some_and(|threshold| failures > threshold);
        let enough = window.len() as u32 >= rule.minimum_requests;
        // Whole percentages, so that this needs no fractions.
        let percentage = rule
            .failure_threshold_percentage
            .is_some_and(|percentage| 100 * failures > percentage as u32 * window.len() as u32);
        if number || enough && percentage {
            found.push((place, now + rule.cooldown_interval));
        }
    }
    found
}

fn breaker() -> impl Strategy<Value = CircuitBreaker> {
    let threshold = proptest::option::of(0_u32..5);
    let percentage = proptest::option::of((0_u32..=100).prop_map(f64::from));
    (threshold, percentage, 30_u64..90, 0_u32..8, 1_u64..90).prop_map(
        |(failure_threshold, failure_threshold_percentage, cooldown, minimum_requests, window)| {
            CircuitBreaker {
                failure_threshold,
                failure_threshold_percentage,
                cooldown_interval: Span::from_secs(cooldown),
                failure_status_codes: Statuses::of(&["429", "501-599"]),
                minimum_requests,
                window: Span::from_secs(window),
            }
        },
    )
}

/// The only memory of a preset, for two targets.
fn memory(parts: sandbox_routers::Parts) -> Memory {
    assert_eq!(parts.memory.len(), 1);
    Memory::new(parts.memory[0].clone(), 2)
}

fn observe(memory: &mut Memory, now: Time, answer: Answer) {
    let out = memory.keeps_out(1, now);
    memory.observe(&Seen::new(now, 1, answer, now), true, out);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn kongs_check_agrees_with_the_rule_applied_to_the_whole_history(
        (max_fails, timeout) in (1_u32..5, 1_u64..20),
        history in history(),
    ) {
        use Criterion::{Error, Http403, Http404, Http429, Http503, Timeout};
        let mut memory = memory(parts(&Kong {
            targets: names(0..2),
            retries: 0,
            failover_criteria: vec![Error, Timeout, Http403, Http404, Http429, Http503],
            max_fails,
            fail_timeout: Span::from_secs(timeout),
            timeouts: Timeouts::default(),
        }));
        let failed = |answer: Answer| !answer.is_ok() && [408, 429, 502, 503].contains(&answer.status().0);
        for (place, &(now, event)) in history.iter().enumerate() {
            match event {
                Event::Began => memory.choose(1, now),
                Event::Ended(answer) => observe(&mut memory, now, answer),
            }
            let until = kept_out_until(failed, max_fails as usize, Span::from_secs(timeout), &history[..=place]);
            prop_assert_eq!(memory.down_until(1), until);
            prop_assert_eq!(memory.down_until(0), Time::ZERO, "targets have memories of their own");
        }
    }

    #[test]
    fn portkeys_breaker_agrees_with_the_rule_applied_to_the_whole_history(
        rule in breaker(),
        history in history(),
    ) {
        let mut memory = memory(parts(&Portkey {
            targets: names(0..2),
            mode: Mode::Fallback,
            retry: PortkeyRetry::default(),
            on_status_codes: None,
            request_timeout: None,
            circuit_breaker: Some(rule.clone()),
        }));
        let results: Vec<(Time, Answer)> = history
            .iter()
            .filter_map(|&(now, event)| match event {
                Event::Ended(answer) => Some((now, answer)),
                Event::Began => None,
            })
            .collect();
        for (place, &(now, answer)) in results.iter().enumerate() {
            observe(&mut memory, now, answer);
            let until = openings(&rule, &results[..=place]).last().map_or(Time::ZERO, |&(_, until)| until);
            prop_assert_eq!(memory.down_until(1), until);
            prop_assert_eq!(memory.down_until(0), Time::ZERO, "targets have memories of their own");
        }
    }
}

/// 403 and 404 never count, whatever the criteria say; and the vector T32 once more, at the memory itself.
#[test]
fn kongs_check_opens_at_the_third_failure_of_five_results() {
    let mut memory = Memory::new(Rule::PassiveCheck(PassiveCheck::default()), 2);
    let down = Answer::failed(Status(503));
    for (second, answer) in [(0, down), (2, Answer::Ok), (4, down), (6, Answer::Ok)] {
        observe(&mut memory, crate::stage::at(second), answer);
        assert_eq!(memory.down_until(1), Time::ZERO);
    }
    observe(&mut memory, crate::stage::at(8), down);
    assert_eq!(memory.down_until(1), crate::stage::at(18));
}

/// 29 of 100 are not above 29 %, although 0.29 · 100 is below 29 in binary fractions.
#[test]
fn a_share_that_is_just_reached_opens_nothing() {
    let rule = TimedBreaker { share: Some(0.29), at_least: 100, ..TimedBreaker::default() };
    let mut memory = Memory::new(Rule::TimedBreaker(rule), 2);
    for n in 0..100 {
        observe(&mut memory, Time::ZERO, if n < 71 { Answer::Ok } else { Answer::failed(Status(503)) });
    }
    assert_eq!(memory.down_until(1), Time::ZERO);
    observe(&mut memory, Time::ZERO, Answer::failed(Status(503)));
    assert_eq!(memory.down_until(1), crate::stage::at(30));
}
