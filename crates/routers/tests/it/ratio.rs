//! Error ratios against their rule, worked out anew from the whole history at every step.

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_model::Answer;
use sandbox_routers::memory::Moves;
use sandbox_routers::{ErrorRatio, Memory, Rule, Seen, Statuses};

use crate::answers::answer;

/// Results of one target, and when they were seen.
type History = Vec<(Time, Answer)>;

/// What counts: `Some(failed)`.
fn counts(rule: &ErrorRatio, answer: Answer) -> Option<bool> {
    match answer {
        Answer::Ok => Some(false),
        failure if rule.counts.has(failure.status()) => Some(true),
        _ => rule.of_all.then_some(false),
    }
}

/// Passed and failed results that the window holds at `now`, of those in `history`.
fn in_window(rule: &ErrorRatio, history: &[(Time, Answer)], now: Time) -> (usize, usize) {
    let of = |wanted: bool| -> usize {
        let times: Vec<Time> = history
            .iter()
            .filter(|&&(_, answer)| counts(rule, answer) == Some(wanted))
            .map(|&(at, _)| at)
            .collect();
        match rule.moves {
            Moves::Sliding => {
                let tenth = |at: Time| at.as_nanos() / (rule.window.as_nanos() / 10);
                times.iter().filter(|&&at| tenth(now) - tenth(at) < 10).count()
            }
            Moves::Tumbling => {
                // In bouts: each begins with the first one that is a window or more after the beginning of the last.
                let mut bouts: Vec<(Time, usize)> = Vec::new();
                for at in times {
                    match bouts.last_mut() {
                        Some((first, size)) if at.since(*first) < rule.window => *size += 1,
                        _ => bouts.push((at, 1)),
                    }
                }
                bouts.last().filter(|(first, _)| now.since(*first) < rule.window).map_or(0, |&(_, size)| size)
            }
        }
    };
    (of(false), of(true))
}

fn bad(rule: &ErrorRatio, (passed, failed): (usize, usize)) -> bool {
    let all = passed + failed;
    let above = failed as f64 / all.max(1) as f64 > rule.above;
    failed > 0 && all >= rule.at_least as usize && (above || rule.above >= 1.0 && passed == 0)
}

/// Whether the target is out at `now`, `history` being all that was seen before, or at that time.
///
/// Looked at after every failure (`every` nought), or at each multiple of `every`, which sees what came before it.
fn out(rule: &ErrorRatio, several: bool, history: &[(Time, Answer)], now: Time) -> bool {
    let mut until = Time::ZERO;
    let spared = rule.spares_alone && !several;
    if rule.every.is_zero() {
        for (place, &(at, answer)) in history.iter().enumerate() {
            let failed = counts(rule, answer) == Some(true);
            if !failed || until > at || spared || !bad(rule, in_window(rule, &history[..=place], at)) {
                continue;
            }
            let asked = answer.retry_after().filter(|_| rule.retry_after);
            until = at.saturating_add(asked.or(rule.length).unwrap());
        }
    } else {
        let mut look = Time::ZERO + rule.every;
        while look <= now {
            let before = history.partition_point(|&(at, _)| at < look);
            if bad(rule, in_window(rule, &history[..before], look)) {
                // Nobody knows that it is alone before there was a result, and without one nothing is bad.
                if until <= look && !spared {
                    until = rule.length.map_or(Time::MAX, |length| look.saturating_add(length));
                }
            } else if rule.length.is_none() {
                until = until.min(look);
            }
            look += rule.every;
        }
    }
    until > now
}

fn history() -> impl Strategy<Value = History> {
    let gap = prop_oneof![
        4 => (0_u64..4).prop_map(Span::from_secs),
        3 => (0_u64..2_000).prop_map(Span::from_millis),
        1 => (0_u64..200).prop_map(Span::from_secs),
    ];
    let answer = prop_oneof![1 => Just(Answer::Ok), 1 => answer()];
    proptest::collection::vec((gap, answer), 1..60).prop_map(|steps| {
        let mut now = Time::ZERO;
        let step = |(gap, answer)| {
            now += gap;
            (now, answer)
        };
        steps.into_iter().map(step).collect()
    })
}

fn rule() -> impl Strategy<Value = ErrorRatio> {
    let moves = prop_oneof![Just(Moves::Sliding), Just(Moves::Tumbling)];
    let above = prop_oneof![Just(0.1), Just(0.5), Just(1.0), 0.0..1.0_f64];
    let length = prop_oneof![1 => Just(None), 2 => (1_u64..400).prop_map(Some)];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (moves, 1_u64..30, above, 0_u32..8, 0_u64..8, length, flags).prop_map(
        |(moves, window, above, at_least, every, length, (of_all, spares_alone, retry_after))| ErrorRatio {
            tips: None,
            window: Span::from_secs(window),
            moves,
            above,
            at_least,
            counts: Statuses::of(&["429", "5xx"]),
            of_all,
            spares_alone,
            every: Span::from_secs(every),
            // Without looks nothing would bring it back.
            length: length.or((every == 0).then_some(5)).map(Span::from_secs),
            retry_after,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn error_ratios_agree_with_the_rule_applied_to_the_whole_history(
        rule in rule(),
        several in any::<bool>(),
        history in history(),
        pauses in proptest::collection::vec(0_u64..100, 60),
    ) {
        let mut memory = Memory::new(Rule::ErrorRatio(rule.clone()), 2);
        for (place, &(now, answer)) in history.iter().enumerate() {
            memory.advance(now);
            let was_out = memory.keeps_out(1, now);
            prop_assert_eq!(was_out, out(&rule, several, &history[..place], now), "before {}", place);
            memory.observe(&Seen::new(now, 1, answer, now), several, was_out);
            let seen = &history[..=place];
            // And at some time before the next result, whether or not someone looked in between.
            let next = history.get(place + 1).map_or(Time::MAX, |&(next, _)| next);
            let later = now.saturating_add(Span::from_secs(pauses[place])).min(next);
            if later < Time::MAX && pauses[place] % 3 == 0 {
                memory.advance(later);
                prop_assert_eq!(memory.keeps_out(1, later), out(&rule, several, seen, later), "after {}", place);
            }
            prop_assert!(!memory.keeps_out(0, now), "targets have memories of their own");
        }
    }
}
