//! The breaker and the spill against their rules, worked out anew from all that was seen and sent, at every step.

use std::cell::Cell;

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Status};
use sandbox_routers::selection::Choice;
use sandbox_routers::{
    Breaker, Call, Composed, Decision, Memory, Parts, Pick, Rule, Seen, Selection, Spill, Strategy as _,
    TargetView, Tried,
};

use crate::answers::answer;
use crate::stage::{at, noise};

/// What became of an attempt: when it began and ended, and how.
type Ended = (Time, Time, Answer);

fn is_failure(answer: Answer) -> bool {
    let status = answer.status().0;
    !answer.is_ok() && ([401, 402, 403, 404, 408, 429].contains(&status) || (500..600).contains(&status))
}

/// A stretch of a circuit's history: closed (with the time from which on results count), or open until a time and
/// half-open then.
#[derive(Copy, Clone, PartialEq, Debug)]
enum Stretch {
    Closed { from: Time, again: bool },
    Open { until: Time, probes: u32 },
}

/// The stretch at the end of a history. Each stretch looks at all results since it began, from the first on.
fn stretch(rule: &Breaker, history: &[Ended]) -> Stretch {
    let (mut now, mut begin, mut opened_in_a_row) =
        (Stretch::Closed { from: Time::ZERO, again: false }, 0, 0);
    for (place, &(began, ended, answer)) in history.iter().enumerate() {
        let speaks = answer.is_ok() || is_failure(answer);
        let next = match now {
            _ if !speaks => None,
            Stretch::Closed { from, .. } if began < from => None,
            Stretch::Closed { from, .. } => {
                let width = rule.window.as_nanos() / 10;
                let recent = history[begin..=place].iter().filter(|&&(began, at, _)| {
                    began >= from && ended.as_nanos() / width - at.as_nanos() / width < 10
                });
                let failures = recent.clone().filter(|&&(.., answer)| is_failure(answer)).count();
                let passes = recent.filter(|&&(.., answer)| answer.is_ok()).count();
                let many = failures >= rule.failures as usize
                    && failures as f64 >= rule.share * (failures + passes) as f64;
                (is_failure(answer) && many).then(|| {
                    opened_in_a_row = 0;
                    Stretch::Open { until: ended + rule.length, probes: 0 }
                })
            }
            Stretch::Open { until, .. } if began < until => None,
            Stretch::Open { probes, .. } if answer.is_ok() && probes + 1 >= rule.successes => {
                Some(Stretch::Closed { from: ended, again: true })
            }
            Stretch::Open { until, probes } if answer.is_ok() => {
                now = Stretch::Open { until, probes: probes + 1 };
                None
            }
            Stretch::Open { .. } => {
                opened_in_a_row += 1;
                // All whole numbers: growth is, and so are the seconds.
                let grown = (0..opened_in_a_row)
                    .fold(rule.length.as_nanos() as f64, |length, _| length * rule.growth);
                let length = Span::from_nanos(grown as u64).min(rule.length_max.max(rule.length));
                Some(Stretch::Open { until: ended + length, probes: 0 })
            }
        };
        if let Some(next) = next {
            (now, begin) = (next, place + 1);
        }
    }
    now
}

fn breaker() -> impl Strategy<Value = Breaker> {
    let numbers = (1_u32..5, 0.0..=1.0_f64, 1_u64..40, 1_u64..20, 1_u32..4);
    (numbers, 1_u32..4, 1_u32..4, 0_u64..30, 0.0..=1.0_f64).prop_map(
        |((failures, share, window, length, growth), probes, successes, ramp, ramp_from)| Breaker {
            failures,
            share: if share < 0.3 { 0.0 } else { share },
            window: Span::from_secs(window),
            length: Span::from_secs(length),
            growth: f64::from(growth),
            length_max: Span::from_secs(60),
            probes,
            successes,
            ramp: Span::from_secs(ramp),
            ramp_from,
            ..Breaker::default()
        },
    )
}

/// Time since the end before, how long ago the attempt began, and its answer.
fn history() -> impl Strategy<Value = Vec<(Span, Span, Answer)>> {
    let span = || {
        prop_oneof![
            3 => (0_u64..6).prop_map(Span::from_secs),
            1 => (0_u64..4_000_000_000).prop_map(Span::from_nanos),
            1 => (0_u64..60).prop_map(Span::from_secs),
        ]
    };
    let answer = prop_oneof![2 => Just(Answer::Ok), 2 => Just(Answer::failed(Status(503))), 1 => answer()];
    proptest::collection::vec((span(), span(), answer), 1..60)
}

fn ended(history: &[(Span, Span, Answer)]) -> Vec<Ended> {
    let mut now = at(100);
    let step = |&(gap, took, answer): &(Span, Span, Answer)| {
        now += gap;
        (Time::ZERO + now.since(Time::ZERO).saturating_sub(took), now, answer)
    };
    history.iter().map(step).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn breakers_agree_with_the_rule_applied_to_the_whole_history(rule in breaker(), history in history(), luck in 0.0..1.0_f64) {
        let history = ended(&history);
        let mut memory = Memory::new(Rule::Breaker(rule.clone()), 2);
        for (place, &(began, now, answer)) in history.iter().enumerate() {
            memory.observe(&Seen::new(now, 1, answer, began), true, false);
            let stretch = stretch(&rule, &history[..=place]);
            for later in [0, 1, 7, 40] {
                let then = now + Span::from_secs(later);
                let (down, out) = (memory.down_until(1) > then, memory.keeps_out(1, then));
                let admits = |in_flight| memory.admits(1, then, in_flight, || luck);
                match stretch {
                    Stretch::Closed { from, again } => {
                        prop_assert!(!down && !out);
                        let past = then.since(from).as_secs_f64() / rule.ramp.as_secs_f64();
                        let share = rule.ramp_from + (1.0 - rule.ramp_from) * past;
                        prop_assert_eq!(admits(1_000), !again || rule.ramp.is_zero() || past >= 1.0 || luck < share);
                    }
                    Stretch::Open { until, .. } => {
                        prop_assert!(down, "until it closes");
                        prop_assert_eq!(out, then < until);
                        let mut probing = memory.clone();
                        for _ in 0..if out { 0 } else { rule.probes } {
                            prop_assert!(probing.admits(1, then, 1_000, || luck), "a place is free");
                            probing.choose(1, then);
                        }
                        prop_assert!(out || !probing.admits(1, then, 1_000, || luck), "all places are taken");
                        prop_assert!(probing.admits(1, then, rule.probes - 1, || luck), "one has been left");
                    }
                }
            }
            prop_assert!(memory.down_until(0) == Time::ZERO && memory.admits(0, now, 1_000, || 1.0));
        }
    }

    /// A router with a breaker before a target that is down for a while: at no time has a half-open target more attempts
    /// in flight than it may, and traffic comes back within the bound after the fault.
    #[test]
    fn a_half_open_target_is_not_crowded_and_traffic_comes_back(
        rule in breaker(),
        sends in proptest::collection::vec((0_u64..800, 1_u64..3_000, any::<bool>()), 1..150),
        fault_s in 0_u64..20,
    ) {
        let rule = Breaker { ramp: Span::ZERO, length_max: Span::from_secs(20), ..rule };
        let mut router = Composed::new(Parts { memory: vec![Rule::Breaker(rule.clone())], ..Parts::plain(2) });
        let fault_ends = at(fault_s);
        // Attempts at the first target in flight: when each ends, when it began, and how; abandoned ones say nothing.
        let mut flying: Vec<(Time, Time, Option<Answer>)> = Vec::new();
        // When the probes began that belong to the half-open time that lasts.
        let mut probes: Vec<Time> = Vec::new();
        let (mut now, mut request) = (Time::ZERO, 0);
        // After those that were drawn, one every tenth of a second that takes half of one.
        let tail = std::iter::repeat_n((100, 50, false), 600);
        let mut last_elsewhere = Time::ZERO;
        for (gap, takes, abandoned) in sends.into_iter().chain(tail) {
            now += Span::from_millis(gap);
            request += 1;
            flying.sort_by_key(|&(end, ..)| end);
            while flying.first().is_some_and(|&(end, ..)| end <= now) {
                let (end, began, answer) = flying.remove(0);
                let was_probe = probes.contains(&began);
                probes.retain(|&probe| probe != began);
                if let Some(answer) = answer {
                    router.observe(&Seen::new(end, 0, answer, began));
                    if was_probe && !answer.is_ok() {
                        probes.clear();
                    }
                }
            }
            // Whoever is let in before it has closed is a probe.
            let half_open = router.down_until(0) == Time::MAX;
            let views = [TargetView { in_flight: flying.len() as u32, ..TargetView::default() }, TargetView::default()];
            let note = Cell::new(0);
            let decision = router.next(&Call::new(now, request, &[] as &[Tried], noise(), &note), &views);
            if let Decision::Try { target: 0, .. } = decision {
                prop_assert!(!half_open || probes.len() < rule.probes as usize, "{} probes", probes.len());
                if half_open {
                    probes.push(now);
                }
                let fine = now >= fault_ends;
                let answer = if fine { Answer::Ok } else { Answer::failed(Status(503)) };
                flying.push((now + Span::from_millis(takes), now, (!abandoned).then_some(answer)));
            } else {
                last_elsewhere = now;
            }
        }
        // The last fault cleared, and what was drawn is over: an attempt from before the fault's end may open it once
        // more, three seconds later at most; then it is open for the longest length there is, and each probe
        // that must pass takes a gap and its time, at most one after the other.
        let drawn_end = now - Span::from_secs(60);
        let quiet = fault_ends.max(drawn_end) + Span::from_secs(3);
        let longest = rule.length_max.max(rule.length);
        let bound = quiet + longest + Span::from_millis(200 * u64::from(rule.successes) + 3_100);
        prop_assert!(bound < now && last_elsewhere <= bound, "{last_elsewhere:?} > {bound:?}");
    }

    #[test]
    fn shares_agree_with_the_rule_applied_to_the_whole_history(
        (start, floor, per_success, per_second, cut) in (0.0..=1.0_f64, 0.0..=0.5_f64, 0.0..0.1_f64, 0.0..0.1_f64, 0.0..=1.0_f64),
        (settles, slow) in (0_u64..5, proptest::option::of(0_u64..8)),
        history in history(),
    ) {
        let slow = slow.map(Span::from_secs);
        let rule =
            Spill { start, floor, per_success, per_second, cut, settles: Span::from_secs(settles), slow, ..Spill::default() };
        let history = ended(&history);
        let mut selection = Selection::new(&Parts { pick: Pick::Spill(rule), ..Parts::plain(3) });
        for (place, &(began, now, answer)) in history.iter().enumerate() {
            // First tokens come when the answer ends.
            let first_token = answer.is_ok().then_some(now);
            selection.observe(&Seen { first_token, ..Seen::new(now, 0, answer, began) });
            selection.observe(&Seen { first_token, ..Seen::new(now, 1, Answer::failed(Status(429)), began) });
            // The share from the very beginning.
            let (mut share, mut from, mut last_cut) = (start, Time::ZERO, None::<Time>);
            for &(began, now, answer) in &history[..=place] {
                share = (share + per_second * now.since(from).as_secs_f64()).min(1.0);
                from = now;
                let late = answer.is_ok() && slow.is_some_and(|slow| now.since(began) > slow);
                if late || matches!(answer.status().0, 408 | 429) && !answer.is_ok() {
                    if last_cut.is_none_or(|cut| now.since(cut) >= Span::from_secs(settles)) {
                        share = (share * cut).max(floor);
                        last_cut = Some(now);
                    }
                } else if answer.is_ok() {
                    share = (share + per_success).min(1.0);
                }
            }
            for request in 0..8 {
                let note = Cell::new(0);
                let call = Call::new(now, request, &[], noise(), &note);
                let views = [TargetView::default(); 3];
                let picked = |pool| selection.pick(Choice { pool, group: 0b111, up: pool }, &call, &views);
                let luck = sandbox_core::uniform(&mut noise().at(request, 0));
                prop_assert_eq!(picked(0b111), usize::from(luck >= share), "share {}", share);
                prop_assert_eq!(picked(0b101), if luck >= share { 2 } else { 0 });
                prop_assert_eq!((picked(0b001), picked(0b110)), (0, 1), "whoever is left");
            }
        }
    }
}
