//! Cooldown and demotion against their documented rules, worked out anew from the whole history at every step.

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Status};
use sandbox_routers::{Cooldown, Demotion, Memory, Rule, Seen, Statuses};

use crate::answers::answer;

/// What was seen of one target, and when.
type History = Vec<(Time, Answer)>;

/// 401, 402, 404, 408 (also the caller's timeout), 429, 5xx, and streams that break off.
fn speaks_against_a_target(answer: Answer) -> bool {
    match answer {
        Answer::Ok => false,
        Answer::Cut | Answer::TimedOut => true,
        Answer::Failed { status: Status(status), .. } => {
            [401, 402, 404, 408, 429].contains(&status) || (500..600).contains(&status)
        }
    }
}

/// Every cooldown of a history: the place of the observation that began it, and its end.
fn cooldowns(rule: &Cooldown, history: &[(Time, Answer)]) -> Vec<(usize, Time)> {
    let mut found: Vec<(usize, Time)> = Vec::new();
    for (place, &(now, answer)) in history.iter().enumerate() {
        // While one lasts nothing counts.
        let (next_place, last_end) = found.last().map_or((0, Time::ZERO), |&(place, end)| (place + 1, end));
        if !speaks_against_a_target(answer) || now < last_end {
            continue;
        }
        let limited = rule.at_once.has(answer.status()) && !answer.is_ok();
        let length = match answer {
            Answer::Failed { retry_after: Some(asked), .. } if rule.retry_after => asked,
            _ => rule.length,
        };
        // Failures since the last one ended, in bouts: each begins with the first failure more than `within` after
        // the first of the bout before.
        let mut bouts: Vec<Vec<Time>> = Vec::new();
        for &(at, answer) in &history[next_place..=place] {
            if at < last_end || !speaks_against_a_target(answer) {
                continue;
            }
            match bouts.last_mut() {
                Some(bout) if at.since(bout[0]) <= rule.within => bout.push(at),
                _ => bouts.push(vec![at]),
            }
        }
        if limited || bouts.last().is_some_and(|bout| bout.len() >= rule.failures as usize) {
            found.push((place, now.saturating_add(length)));
        }
    }
    found
}

/// Slices of `window / 10`: a result counts in its own slice and the nine after it.
fn demoted_until(rule: &Demotion, history: &[(Time, Answer)]) -> Time {
    let width = rule.window.as_nanos() / 10;
    let failed = |answer| speaks_against_a_target(answer) && answer.status() != Status::TOO_MANY_REQUESTS;
    let mut until = Time::ZERO;
    for (place, &(now, answer)) in history.iter().enumerate() {
        if !failed(answer) {
            continue;
        }
        let counted = |then: Time| now.as_nanos() / width - then.as_nanos() / width < 10;
        let recent = || history[..=place].iter().filter(|&&(then, _)| counted(then));
        let failures = recent().filter(|&&(_, answer)| failed(answer)).count();
        let passed = recent().filter(|&&(_, answer)| answer.is_ok()).count();
        // What counts is never older than the window, and all that is younger than nine tenths of it counts.
        assert!(recent().all(|&(then, _)| now.since(then) < rule.window));
        let share = failures as f64 >= rule.share * (failures + passed) as f64;
        if failures >= rule.failures as usize && share {
            until = now.saturating_add(rule.window);
        }
    }
    until
}

fn history() -> impl Strategy<Value = History> {
    // Whole seconds often, so that ends and windows are met exactly.
    let gap = prop_oneof![
        3 => (0_u64..8).prop_map(Span::from_secs),
        2 => (0_u64..3_000_000_000).prop_map(Span::from_nanos),
        1 => (0_u64..120).prop_map(Span::from_secs),
    ];
    proptest::collection::vec((gap, answer()), 1..60).prop_map(|steps| {
        let mut now = Time::ZERO;
        steps
            .into_iter()
            .map(|(gap, answer)| {
                now += gap;
                (now, answer)
            })
            .collect()
    })
}

/// A rule with whole seconds.
fn cooldown() -> impl Strategy<Value = Cooldown> {
    (1_u32..5, 0_u64..30, 0_u64..20, any::<bool>(), any::<bool>()).prop_map(
        |(failures, within, length, at_once, retry_after)| Cooldown {
            failures,
            within: Span::from_secs(within),
            length: Span::from_secs(length),
            at_once: Statuses::of(if at_once { &["429"] } else { &[] }),
            retry_after,
            ..Cooldown::default()
        },
    )
}

fn observe(memory: &mut Memory, target: usize, &(now, answer): &(Time, Answer)) {
    let out = memory.keeps_out(target, now);
    memory.observe(&Seen::new(now, target, answer, now), true, out);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn cooldowns_agree_with_the_rule_applied_to_the_whole_history(rule in cooldown(), history in history()) {
        let mut memory = Memory::new(Rule::Cooldown(rule.clone()), 2);
        for (place, seen) in history.iter().enumerate() {
            observe(&mut memory, 1, seen);
            let expected = cooldowns(&rule, &history[..=place]).last().map_or(Time::ZERO, |&(_, end)| end);
            prop_assert_eq!(memory.down_until(1), expected);
            prop_assert_eq!(memory.down_until(0), Time::ZERO, "targets have memories of their own");
        }
    }

    /// A cooldown ends `length` (or its Retry-After) after it began, and nothing moves that end while it lasts.
    #[test]
    fn a_cooldown_lasts_its_length_and_is_never_prolonged(rule in cooldown(), history in history()) {
        let mut memory = Memory::new(Rule::Cooldown(rule.clone()), 1);
        for seen in &history {
            let before = memory.down_until(0);
            observe(&mut memory, 0, seen);
            let after = memory.down_until(0);
            if after != before {
                prop_assert!(before <= seen.0, "prolonged");
                let length = match seen.1 {
                    Answer::Failed { retry_after: Some(asked), .. } if rule.retry_after => asked,
                    _ => rule.length,
                };
                prop_assert_eq!(after, seen.0 + length);
            }
        }
    }

    #[test]
    fn demotions_agree_with_the_rule_applied_to_the_whole_history(
        (window, failures, share) in (1_u64..60, 1_u32..6, prop_oneof![Just(0.5), 0.0..=1.0]),
        history in history(),
    ) {
        let rule = Demotion { window: Span::from_secs(window), failures, share };
        let mut memory = Memory::new(Rule::Demotion(rule), 1);
        for (place, seen) in history.iter().enumerate() {
            observe(&mut memory, 0, seen);
            prop_assert_eq!(memory.down_until(0), demoted_until(&rule, &history[..=place]));
        }
    }
}
