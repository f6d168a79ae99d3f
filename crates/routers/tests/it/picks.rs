//! Selections: those that learn against their rules, worked out anew from all that happened; those that draw against
//! their shares, by chi-square at 99.9 %.

use std::cell::Cell;

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Status};
use sandbox_routers::selection::{Choice, LowestLatency, Of, PeakEwma, UsageBased};
use sandbox_routers::{Call, Parts, Pick, Seen, Selection, TargetView};

use crate::answers::answer;
use crate::stage::{noise, priced};

const TARGETS: usize = 4;

/// What happens at a router, and when.
#[derive(Copy, Clone, PartialEq, Debug)]
enum Event {
    /// A request picks from a pool; what it picks is written into the history.
    Pick { pool: u64, input: u32, streams: bool },
    /// An attempt ends.
    Result { target: usize, answer: Answer, took: Span, first: Option<Span>, output: u32, streams: bool },
}

type Story = Vec<(Time, Event)>;

fn event() -> impl Strategy<Value = Event> {
    let span = || prop_oneof![4 => 0_u64..3_000, 1 => 0_u64..90_000].prop_map(Span::from_millis);
    let pick = (1_u64..1 << TARGETS, 0_u32..60, any::<bool>())
        .prop_map(|(pool, input, streams)| Event::Pick { pool, input, streams });
    // Few different figures, so that equals are met.
    let answer = prop_oneof![2 => Just(Answer::Ok), 1 => answer()];
    let result = (0..TARGETS, answer, span(), proptest::option::of(0.0..=1.0_f64), 0_u32..4, any::<bool>())
        .prop_map(|(target, answer, took, share, output, streams)| {
            let first = share.map(|share| Span::from_nanos((took.as_nanos() as f64 * share) as u64));
            Event::Result { target, answer, took, first, output: 10 * output, streams }
        });
    prop_oneof![pick, result]
}

fn story() -> impl Strategy<Value = Story> {
    let gap = prop_oneof![3 => 0_u64..2_000, 2 => Just(0), 1 => 0_u64..40_000].prop_map(Span::from_millis);
    proptest::collection::vec((gap, event()), 1..60).prop_map(|steps| {
        let mut now = Time::ZERO + Span::from_secs(90);
        let step = |(gap, event)| {
            now += gap;
            (now, event)
        };
        steps.into_iter().map(step).collect()
    })
}

/// What became of a pick: its number, when, from which pool, and who was picked.
#[derive(Copy, Clone, Debug)]
struct Picked {
    pool: u64,
    input: u32,
    streams: bool,
    target: usize,
}

/// A picked target, or a result.
#[derive(Copy, Clone, Debug)]
enum Happened {
    Picked(Picked),
    Result(Event),
}

type History = Vec<(Time, Happened)>;

fn views(in_flight: &[u32]) -> Vec<TargetView> {
    in_flight.iter().map(|&in_flight| TargetView { in_flight, ..TargetView::default() }).collect()
}

/// Plays a story, and calls `check` with the history before each pick.
fn play(
    parts: &Parts,
    story: &Story,
    in_flight: &[u32],
    mut check: impl FnMut(&History, Time, &Picked, &Selection, &Call<'_>) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let targets = views(in_flight);
    let mut selection = Selection::new(parts);
    let mut history = History::new();
    for (number, &(now, event)) in story.iter().enumerate() {
        match event {
            Event::Pick { pool, input, streams } => {
                let note = Cell::new(0);
                let call = Call { input, streams, ..Call::new(now, number as u64, &[], noise(), &note) };
                let admitted = selection.admits(pool, &call);
                let group = (1 << TARGETS) - 1;
                let from = if admitted == 0 { pool } else { admitted };
                let target = selection.pick(Choice { pool: from, group, up: from }, &call, &targets);
                let picked = Picked { pool, input, streams, target };
                check(&history, now, &picked, &selection, &call)?;
                if admitted != 0 {
                    selection.choose(target, &call);
                    history.push((now, Happened::Picked(picked)));
                }
            }
            Event::Result { target, answer, took, first, output, streams } => {
                let began = Time::from_nanos(now.as_nanos().saturating_sub(took.as_nanos()));
                let seen = Seen {
                    first_token: first.map(|first| began + first),
                    output: if answer.is_ok() { output } else { 0 },
                    input: 7,
                    streams,
                    ..Seen::new(now, target, answer, began)
                };
                selection.observe(&seen);
                history.push((now, Happened::Result(event)));
            }
        }
    }
    Ok(())
}

fn members(pool: u64) -> Vec<usize> {
    (0..TARGETS).filter(|target| pool >> target & 1 == 1).collect()
}

/// The latency estimate [s] of one target by tower's rule: touched at each of its choices, by nought, and at each of its
/// results.
fn peak_ewma(rule: &PeakEwma, history: &[(Time, Happened)], target: usize, now: Time) -> f64 {
    let touches = history.iter().filter_map(|&(at, happened)| match happened {
        Happened::Picked(picked) if picked.target == target => Some((at, 0.0)),
        Happened::Result(Event::Result { target: of, took, first, .. }) if of == target => {
            Some((at, first.unwrap_or(took).as_secs_f64()))
        }
        _ => None,
    });
    let touches: Vec<(Time, f64)> =
        [(Time::ZERO, rule.start.as_secs_f64())].into_iter().chain(touches).collect();
    // Whatever a touch brings in fades from there on; a touch slower than all that is left replaces it.
    let left =
        |from: Time, until: Time| libm::exp(-(until.since(from).as_secs_f64() / rule.decay.as_secs_f64()));
    let mut parts: Vec<(Time, f64)> = vec![touches[0]];
    for pair in touches.windows(2) {
        let ((before, _), (at, latency)) = (pair[0], pair[1]);
        // The comparison is with the estimate as it was left at the last touch.
        let estimate: f64 = parts.iter().map(|&(from, part)| part * left(from, before)).sum();
        if estimate < latency {
            parts = vec![(at, latency)];
        } else {
            parts.push((at, latency * (1.0 - left(before, at))));
        }
    }
    parts.iter().map(|&(from, part)| part * left(from, now)).sum()
}

/// Means by LiteLLM's tables [s]. One group of all targets.
fn mean_latency(
    rule: &LowestLatency,
    history: &[(Time, Happened)],
    target: usize,
    streams: bool,
    now: Time,
) -> f64 {
    // When tables were begun: by an entry while there was none.
    let entry = |happened: &Happened| match *happened {
        Happened::Result(Event::Result { answer: Answer::Ok, .. }) => true,
        Happened::Result(Event::Result { answer, .. }) => times_out(answer),
        _ => false,
    };
    let mut begun: Vec<Time> = Vec::new();
    for (at, _) in history.iter().filter(|(_, happened)| entry(happened)) {
        if begun.last().is_none_or(|last| at.since(*last) > rule.ttl) {
            begun.push(*at);
        }
    }
    let Some(&since) = begun.last().filter(|since| now.since(**since) <= rule.ttl) else { return 0.0 };
    // The table's first entry is the first one at that time, not what came before at the same instant.
    let first = history.iter().position(|(at, happened)| *at == since && entry(happened)).unwrap();
    let (mut per_token, mut first_token) = (Vec::new(), Vec::new());
    for (_, happened) in &history[first..] {
        match *happened {
            Happened::Picked(_) if per_token.is_empty() => per_token.push(0.0),
            Happened::Result(Event::Result { target: of, answer, took, first, output, streams })
                if of == target =>
            {
                if answer == Answer::Ok {
                    let took = took.as_secs_f64();
                    per_token.push(if output == 0 { took } else { took / f64::from(output) });
                    if streams {
                        first_token.push(first.map_or(took, Span::as_secs_f64));
                    }
                } else if times_out(answer) {
                    per_token.push(1000.0);
                }
            }
            _ => {}
        }
    }
    let list = if streams && !first_token.is_empty() { first_token } else { per_token };
    let last: Vec<f64> = list.iter().rev().take(rule.samples as usize).rev().copied().collect();
    if last.is_empty() { 0.0 } else { last.iter().sum::<f64>() / last.len() as f64 }
}

fn times_out(answer: Answer) -> bool {
    answer == Answer::TimedOut || matches!(answer, Answer::Failed { status: Status(408 | 504), .. })
}

/// Attempts and tokens of a target in the minute (UTC) of `now`.
fn used(history: &[(Time, Happened)], after_midnight: Span, target: usize, now: Time) -> (u32, u32) {
    let minute = |at: Time| (at.as_nanos() + after_midnight.as_nanos()) / 60_000_000_000;
    let this = history.iter().filter(|(at, _)| minute(*at) == minute(now));
    this.fold((0, 0), |(attempts, tokens), (_, happened)| match *happened {
        Happened::Picked(picked) if picked.target == target => (attempts + 1, tokens),
        Happened::Result(Event::Result { target: of, answer: Answer::Ok, output, .. }) if of == target => {
            (attempts, tokens + 7 + output)
        }
        _ => (attempts, tokens),
    })
}

fn parts(pick: Pick) -> Parts {
    Parts { pick, ..Parts::plain(TARGETS) }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_500) })]

    /// Costs are sums of products of exponentials, in another order here: they agree to rounding, 1e-9 of themselves.
    #[test]
    fn peak_ewma_picks_the_least_work_owed(
        (decay, start) in (1_u64..60, 1_u64..2_000),
        in_flight in proptest::collection::vec(0_u32..5, TARGETS),
        story in story(),
    ) {
        let rule = PeakEwma { decay: Span::from_secs(decay), start: Span::from_millis(start), of: Of::All };
        play(&parts(Pick::PeakEwma(rule)), &story, &in_flight, |history, now, picked, _, _| {
            let cost = |t: usize| peak_ewma(&rule, history, t, now) * f64::from(in_flight[t] + 1);
            for other in members(picked.pool) {
                prop_assert!(
                    cost(picked.target) <= cost(other) * (1.0 + 1e-9),
                    "{} s at {}, {} s at {}", cost(picked.target), picked.target, cost(other), other
                );
            }
            Ok(())
        })?;
    }

    /// Of two: never the dearest of three or more, and of a pair the cheaper one, always.
    #[test]
    fn peak_ewma_of_two_never_picks_the_dearest(
        in_flight in proptest::collection::vec(0_u32..5, TARGETS),
        story in story(),
    ) {
        let rule = PeakEwma::default();
        play(&parts(Pick::PeakEwma(rule)), &story, &in_flight, |history, now, picked, _, _| {
            let cost = |t: usize| peak_ewma(&rule, history, t, now) * f64::from(in_flight[t] + 1);
            let others: Vec<_> = members(picked.pool).into_iter().filter(|&t| t != picked.target).collect();
            prop_assert!(
                others.is_empty()
                    || others.iter().any(|&t| cost(picked.target) <= cost(t) * (1.0 + 1e-9))
            );
            Ok(())
        })?;
    }

    #[test]
    fn lowest_latency_picks_whom_the_tables_say(
        (buffer, samples, ttl) in (prop_oneof![Just(0.0), 0.0..2.0], 1_u32..12, prop_oneof![20_u64..90, Just(3_600)]),
        story in story(),
    ) {
        let rule = LowestLatency { buffer, samples, ttl: Span::from_secs(ttl) };
        play(&parts(Pick::LowestLatency(rule)), &story, &[0; TARGETS], |history, now, picked, _, _| {
            let mean = |t: usize| mean_latency(&rule, history, t, picked.streams, now);
            let best = members(picked.pool).into_iter().map(mean).fold(f64::INFINITY, f64::min);
            prop_assert!(mean(picked.target) <= best + buffer * best, "{} for {}", mean(picked.target), best);
            Ok(())
        })?;
    }

    #[test]
    fn usage_based_picks_the_least_used_within_the_limits(
        rpm in proptest::collection::vec(proptest::option::of(1_u32..6), TARGETS),
        tpm in proptest::collection::vec(proptest::option::of(1_u32..150), TARGETS),
        after_midnight in 0_u64..86_400_000,
        story in story(),
    ) {
        let after_midnight = Span::from_millis(after_midnight);
        let pick = Pick::UsageBased(UsageBased { rpm: rpm.clone(), tpm: tpm.clone() });
        let parts = Parts { after_midnight, ..parts(pick) };
        play(&parts, &story, &[0; TARGETS], |history, now, picked, selection, call| {
            let used = |t: usize| used(history, after_midnight, t, now);
            let within: Vec<usize> = members(picked.pool)
                .into_iter()
                .filter(|&t| {
                    let (attempts, tokens) = used(t);
                    // Not yet counted, or one more stays below the limit.
                    let by_attempts = rpm[t].is_none_or(|most| attempts == 0 || attempts + 1 < most);
                    by_attempts && tpm[t].is_none_or(|most| tokens + picked.input <= most)
                })
                .collect();
            let admitted = members(selection.admits(picked.pool, call));
            prop_assert_eq!(&admitted, &within);
            if !within.is_empty() {
                let least = within.iter().map(|&t| used(t).1).min().unwrap();
                prop_assert!(within.contains(&picked.target) && used(picked.target).1 == least);
            }
            Ok(())
        })?;
    }

    /// The next above the last one that is in the pool, or else the lowest: exactly, however the pool changes.
    #[test]
    fn round_robin_goes_round_through_changing_pools(story in story()) {
        play(&parts(Pick::RoundRobin), &story, &[0; TARGETS], |history, _, picked, _, _| {
            let last = history.iter().rev().find_map(|(_, happened)| match happened {
                Happened::Picked(picked) => Some(picked.target),
                Happened::Result(_) => None,
            });
            let turns = (0..TARGETS).map(|step| (last.map_or(0, |last| last + 1) + step) % TARGETS);
            let next = turns.into_iter().find(|turn| picked.pool >> turn & 1 == 1);
            prop_assert_eq!(Some(picked.target), next);
            Ok(())
        })?;
    }

    #[test]
    fn least_busy_and_lowest_cost_pick_the_first_of_the_least(
        pool in 1_u64..1 << TARGETS,
        figures in proptest::collection::vec(1_u32..5, TARGETS),
    ) {
        let least = members(pool).into_iter().min_by_key(|&t| figures[t]).unwrap();
        let dollars: Vec<u64> = figures.iter().map(|&figure| u64::from(figure)).collect();
        for (pick, targets) in [(Pick::LeastBusy, views(&figures)), (Pick::LowestCost, priced(&dollars))] {
            let selection = Selection::new(&parts(pick));
            let (note, from) = (Cell::new(0), Choice { pool, group: pool, up: pool });
            let call = Call::new(Time::ZERO, 1, &[], noise(), &note);
            prop_assert_eq!(selection.pick(from, &call, &targets), least);
        }
    }
}

/// How often each target is picked of 30,000 times.
fn counts(pick: Pick, pool: u64, targets: &[TargetView]) -> Vec<f64> {
    let selection = Selection::new(&parts(pick));
    let mut counts = vec![0.0; TARGETS];
    for request in 0..30_000 {
        let note = Cell::new(0);
        let call = Call::new(Time::ZERO, request, &[], noise(), &note);
        counts[selection.pick(Choice { pool, group: pool, up: pool }, &call, targets)] += 1.0;
    }
    counts
}

/// Holds counts against shares: those with a share nought are never picked, the others agree by chi-square at 99.9 %.
fn agrees(counts: &[f64], shares: &[f64]) {
    const CHI_SQUARE_999: [f64; 3] = [10.83, 13.82, 16.27];
    let n: f64 = counts.iter().sum();
    let terms = counts.iter().zip(shares).filter(|(count, share)| {
        assert!(**share > 0.0 || **count == 0.0, "{counts:?}");
        **share > 0.0
    });
    let terms: Vec<f64> =
        terms.map(|(count, share)| (count - n * share) * (count - n * share) / (n * share)).collect();
    let statistic: f64 = terms.iter().sum();
    assert!(statistic < CHI_SQUARE_999[terms.len() - 2], "{statistic} for {counts:?}");
}

#[test]
fn drawn_picks_have_their_shares() {
    let idle = views(&[0; TARGETS]);
    agrees(&counts(Pick::Uniform, 0b1111, &idle), &[0.25; 4]);
    agrees(&counts(Pick::Uniform, 0b1011, &idle), &[1.0 / 3.0, 1.0 / 3.0, 0.0, 1.0 / 3.0]);
    let weights = Pick::Weighted(vec![5.0, 3.0, 0.0, 2.0]);
    agrees(&counts(weights.clone(), 0b1111, &idle), &[0.5, 0.3, 0.0, 0.2]);
    agrees(&counts(weights.clone(), 0b1101, &idle), &[5.0 / 7.0, 0.0, 0.0, 2.0 / 7.0]);
    agrees(&counts(Pick::Weighted(vec![0.0; 4]), 0b0110, &idle), &[0.0, 0.5, 0.5, 0.0]);
    // Of two out of four the less busy one: the idlest in every pair it is in, 3 of 6; the busiest in none.
    let busy = views(&[3, 0, 2, 1]);
    agrees(&counts(Pick::PowerOfTwo, 0b1111, &busy), &[0.0, 3.0 / 6.0, 1.0 / 6.0, 2.0 / 6.0]);
    // All alike: the first one drawn.
    agrees(&counts(Pick::PowerOfTwo, 0b1111, &idle), &[0.25; 4]);
    agrees(
        &counts(Pick::PeakEwma(PeakEwma::default()), 0b1111, &busy),
        &[0.0, 3.0 / 6.0, 1.0 / 6.0, 2.0 / 6.0],
    );
    // Nobody is known: all alike.
    agrees(&counts(Pick::LowestLatency(LowestLatency::default()), 0b1111, &idle), &[0.25; 4]);
    agrees(&counts(Pick::UsageBased(UsageBased::default()), 0b1111, &idle), &[0.25; 4]);
}
