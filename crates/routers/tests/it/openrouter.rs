//! OpenRouter's parts: the fitted shape, and machines against slow transcriptions of their rules over the whole history.

use std::cell::Cell;

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Status};
use sandbox_routers::memory::{Percentiles, Preference, Uptime};
use sandbox_routers::selection::measured::{Figures, Measured, Shape};
use sandbox_routers::{
    Call, Composed, Decision, Memory, Parts, Pick, Rule, Seen, Sticky, Strategy as _, TargetView,
};

use crate::stage::{at, noise, price, priced};

const PRICES: [f64; 5] = [0.98, 1.32, 0.84, 1.54, 2.06];
const SPEEDS: [f64; 5] = [92.0, 125.0, 59.0, 77.0, 83.0];
/// OpenRouter's illustration, rounded to whole per cents there.
const SHOWN: [f64; 5] = [0.35, 0.34, 0.22, 0.07, 0.02];

fn shares(shape: Shape) -> [f64; 5] {
    let mut shares = [0.0; 5];
    shape.shares(&PRICES, &SPEEDS, &mut shares);
    shares
}

fn squares(shape: Shape) -> f64 {
    shares(shape).iter().zip(SHOWN).map(|(s, shown)| (s - shown) * (s - shown)).sum()
}

/// Every share as it is shown: to the per cent.
#[test]
fn the_fitted_shape_gives_the_illustrated_shares() {
    for (share, shown) in shares(Shape::default()).iter().zip(SHOWN) {
        assert!((share - shown).abs() < 0.0025, "{share} {shown}");
        assert_eq!((100.0 * share).round() as u32, (100.0 * shown).round() as u32);
    }
}

/// A per cent more or less of any of the numbers fits worse.
#[test]
fn the_fitted_shape_fits_best_near_it() {
    let best = Shape::default();
    for factor in [0.99, 1.01] {
        for other in [
            Shape { price_power: factor * best.price_power, ..best },
            Shape { speed_power: factor * best.speed_power, ..best },
            Shape { steepness: factor * best.steepness, ..best },
        ] {
            assert!(squares(other) > squares(best), "{other:?}");
        }
    }
}

/// The other figures of the illustration: 1 % of errors adds 8 % of the price, 0.4 % of rate limits add $0.01.
#[test]
fn penalties_are_those_of_the_illustration() {
    let measured = Measured::default();
    let price = |errors, limited| {
        measured.adjusted(&Figures { effective: 1.0, errors, limited, ..Figures::default() })
    };
    assert!((price(0.01, 0.0) - 1.08).abs() < 1e-12);
    assert!((price(0.0, 0.004) - 1.01).abs() < 1e-12);
}

/// Whoever is best has most, nobody has less than the floor, and all of it is shared.
#[test]
fn a_far_worse_one_keeps_the_floor() {
    let mut shares = [0.0; 2];
    Shape::default().shares(&[1.0, 100.0], &[100.0, 1.0], &mut shares);
    assert!((shares[1] - 0.005).abs() < 1e-12 && (shares[0] - 0.995).abs() < 1e-12, "{shares:?}");
}

/// An event: milliseconds after the one before, and what happened.
fn times<T: std::fmt::Debug>(
    longest: u64,
    what: impl Strategy<Value = T>,
) -> impl Strategy<Value = Vec<(u64, T)>> {
    prop::collection::vec((0..longest, what), 1..400).prop_map(|events| {
        let mut now = 0;
        events
            .into_iter()
            .map(|(after, what)| {
                now += after;
                (now, what)
            })
            .collect()
    })
}

fn millis(ms: u64) -> Time {
    Time::ZERO + Span::from_millis(ms)
}

/// Whether something at `then` is still in a window of ten slices of `tenth` ms.
fn young(then: u64, now: u64, tenth: u64) -> bool {
    now / tenth - then / tenth < 10
}

/// Of so many requests so many fail: normal, degraded, down. The limits belong to the better bucket.
#[test]
fn t5_the_three_buckets() {
    for (requests, failures, rank) in
        [(200, 10, 0), (200, 12, 1), (200, 40, 1), (200, 42, 2), (99, 99, 0), (100, 100, 2)]
    {
        let mut memory = Memory::new(Rule::Uptime(Uptime::default()), 1);
        for n in 0..requests {
            let answer = if n < failures { Answer::failed(Status(500)) } else { Answer::Ok };
            memory.observe(&Seen::new(at(n), 0, answer, at(n)), false, false);
        }
        assert_eq!(memory.rank(0, at(requests)), rank, "{failures} of {requests}");
    }
}

proptest! {
    #[test]
    fn uptimes_rank_as_their_rules_say(
        events in times(2_000, prop::sample::select(vec![200_u16, 200, 200, 500, 429, 400, 401, 403, 408, 499, 502])),
        at_least in prop::sample::select(vec![1_u32, 10, 20]),
        limits in prop::sample::select(vec![(0.95, 0.8), (0.5, 0.25), (1.0, 0.0)]),
    ) {
        let (normal, degraded) = limits;
        let rule = Uptime { window: Span::from_secs(100), at_least, normal, degraded };
        let mut memory = Memory::new(Rule::Uptime(rule), 1);
        for (i, &(now, status)) in events.iter().enumerate() {
            memory.advance(millis(now));
            let answer = if status == 200 { Answer::Ok } else { Answer::failed(Status(status)) };
            memory.observe(&Seen::new(millis(now), 0, answer, millis(now)), false, false);
            let counted: Vec<u16> = events[..=i].iter()
                .filter(|&&(then, status)| young(then, now, 10_000) && ![429, 400, 403, 499].contains(&status))
                .map(|&(_, status)| status)
                .collect();
            let good = counted.iter().filter(|&&status| status == 200).count() as f64;
            let up = good / counted.len() as f64;
            let expected = if counted.len() < at_least as usize || up >= normal {
                0
            } else if up >= degraded {
                1
            } else {
                2
            };
            prop_assert_eq!(memory.rank(0, millis(now)), expected);
            prop_assert_eq!(memory.down_until(0) == Time::MAX, expected == 2);
        }
    }

    /// The percentiles themselves, by nearest rank of the sorted samples.
    #[test]
    fn preferences_go_by_percentiles(
        events in times(20_000, (1_u64..5_000, 1_u64..5_000, 2_u32..200)),
        latency in prop::collection::vec(prop::option::of(1_u64..5_000), 4),
        throughput in prop::collection::vec(prop::option::of(1_u64..200), 4),
    ) {
        let span = |ms: Option<u64>| ms.map(Span::from_millis);
        let rate = |rate: Option<u64>| rate.map(|rate| rate as f64);
        let rule = Preference {
            window: Span::from_secs(300),
            max_latency: Percentiles {
                p50: span(latency[0]), p75: span(latency[1]), p90: span(latency[2]), p99: span(latency[3]),
            },
            min_throughput: Percentiles {
                p50: rate(throughput[0]), p75: rate(throughput[1]), p90: rate(throughput[2]), p99: rate(throughput[3]),
            },
        };
        let mut memory = Memory::new(Rule::Preference(rule), 1);
        for (i, &(end, (ttft, streamed, output))) in events.iter().enumerate() {
            // Answers end in order.
            let end = end + 10_000;
            memory.advance(millis(end));
            let began = end - ttft - streamed;
            memory.observe(&Seen {
                first_token: Some(millis(began + ttft)),
                output,
                ..Seen::new(millis(end), 0, Answer::Ok, millis(began))
            }, false, false);
            let recent = || events[..=i].iter().filter(|(then, _)| young(then + 10_000, end, 30_000));
            let mut ttfts: Vec<u64> = recent().map(|(_, (ttft, ..))| *ttft).collect();
            ttfts.sort_unstable();
            let mut speeds: Vec<f64> = recent()
                .map(|(_, (_, streamed, output))| f64::from(output - 1) / (*streamed as f64 / 1e3))
                .collect();
            speeds.sort_by(|a, b| b.total_cmp(a));
            let mut misses = false;
            for (i, per_cent) in [50, 75, 90, 99].into_iter().enumerate() {
                let rank = (per_cent * ttfts.len()).div_ceil(100) - 1;
                misses |= latency[i].is_some_and(|most| ttfts[rank] > most);
                misses |= throughput[i].is_some_and(|least| speeds[rank] < least as f64);
            }
            prop_assert_eq!(memory.rank(0, millis(end)), u8::from(misses));
            prop_assert!(!memory.keeps_out(0, millis(end)));
        }
    }

    /// Two conversations, three targets; the last of them reads its cache for the price of the prompt.
    #[test]
    fn conversations_stay_as_the_rules_say(
        events in times(400_000, (0_u64..2, 0_usize..3, prop::sample::select(vec![Some(true), Some(true), Some(false), None]))),
        error_ends: bool,
    ) {
        let mut targets = priced(&[2, 2, 2]);
        for (target, view) in targets.iter_mut().enumerate() {
            view.cached_price = price(if target == 2 { 2 } else { 1 });
        }
        let sticky = Some(Sticky { error_ends, ..Sticky::default() });
        let parts = Parts { sticky, pick: Pick::Uniform, ..Parts::plain(3) };
        let mut router = Composed::new(parts.clone());
        let mut free = Composed::new(Parts { sticky: None, ..parts });
        for (i, &(now, (conversation, target, result))) in events.iter().enumerate() {
            // What `result` says: a success that used a cache or not, or an error.
            let history: Vec<_> = events[..i].iter()
                .filter(|(_, (of, ..))| *of == conversation)
                .map(|&(then, (_, there, result))| (then, there, result))
                .collect();
            let stays = stays_at(&history, now, error_ends).filter(|&there| there != 2);
            let note = Cell::new(0);
            let ask = |router: &mut Composed| {
                let call = Call::new(millis(now), i as u64, &[], noise(), &note);
                note.set(0);
                match router.next(&Call { conversation: Some(conversation), ..call }, &targets) {
                    Decision::Try { target, .. } => target,
                    other => panic!("{other:?}"),
                }
            };
            let drawn = ask(&mut free);
            prop_assert_eq!(ask(&mut router), stays.unwrap_or(drawn));
            let answer = if result.is_some() { Answer::Ok } else { Answer::failed(Status(503)) };
            let seen = Seen::new(millis(now), target, answer, millis(now));
            let cached = u32::from(result == Some(true));
            router.observe(&Seen { cached, conversation: Some(conversation), ..seen });
        }
    }
}

/// Where a conversation stays after these results: with the target of its last success that used a cache, unless that
/// has failed since, or from then to now there were 10 minutes without a success there.
fn stays_at(history: &[(u64, usize, Option<bool>)], now: u64, error_ends: bool) -> Option<usize> {
    let from = history.iter().rposition(|&(.., result)| result == Some(true))?;
    let target = history[from].1;
    let there = || history[from..].iter().filter(|&&(_, at, _)| at == target);
    let failed = there().any(|&(.., result)| result.is_none());
    let mut successes: Vec<u64> =
        there().filter(|(.., result)| result.is_some()).map(|&(then, ..)| then).collect();
    successes.push(now);
    let idle = successes.windows(2).any(|pair| pair[1] - pair[0] >= 600_000);
    (!(idle || failed && error_ends)).then_some(target)
}

#[test]
fn only_targets_with_a_cheaper_cache_keep_conversations() {
    let sticky = Some(Sticky::default());
    for (cached, stays) in [(price(1), true), (price(2), false)] {
        let mut router = Composed::new(Parts { sticky, ..Parts::plain(2) });
        let seen = Seen::new(at(0), 1, Answer::Ok, at(0));
        router.observe(&Seen { cached: 1, conversation: Some(7), ..seen });
        let view = TargetView { cached_price: cached, ..priced(&[2])[0] };
        let note = Cell::new(0);
        let call = Call { conversation: Some(7), ..Call::new(at(1), 1, &[], noise(), &note) };
        let Decision::Try { target, .. } = router.next(&call, &[view, view]) else { panic!("no attempt") };
        assert_eq!(target == 1, stays);
    }
}
