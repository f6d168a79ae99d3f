use std::cell::Cell;

use sandbox_core::Seed;
use sandbox_model::{Answer, Usd};

use super::*;

const DOWN: Answer = Answer::failed(Status::UNAVAILABLE);
const LIMITED: Answer = Answer::failed(Status::TOO_MANY_REQUESTS);

fn at(seconds: u64) -> Time {
    Time::ZERO + Span::from_secs(seconds)
}

fn view(dollars: u64) -> TargetView {
    let price = Price::from_pico_per_token(dollars * 1_000_000);
    TargetView { input_price: price, output_price: price, cached_price: price, ..TargetView::default() }
}

/// A success: times [s] from its start to its first and last token.
fn passed(target: usize, began: u64, ttft: u64, took: u64, output: u32) -> Seen {
    let billed = Usd::from_pico(i128::from(100 + output) * 1_000_000);
    Seen {
        first_token: Some(at(began + ttft)),
        input: 100,
        output,
        billed,
        ..Seen::new(at(began + took), target, Answer::Ok, at(began))
    }
}

fn report(target: usize, passed: u32, failed: u32, limited: u32) -> Fleet {
    let (ttft, speed) = (Some(Span::from_secs(1)), Some(100.0));
    Fleet { now: at(0), target, passed, failed, limited, ttft, speed }
}

fn firsts(measuring: &Measuring, n: usize, now: Time, targets: &[TargetView]) -> Vec<u32> {
    let noise = Seed::new(3).noise("router");
    let mut counts = vec![0; n];
    for request in 0..10_000 {
        let note = Cell::new(0);
        let call = Call::new(now, request, &[], noise, &note);
        counts[measuring.pick((1 << n) - 1, &call, targets)] += 1;
    }
    counts
}

fn figures(measuring: &Measuring, now: Time, targets: &[TargetView]) -> [Figures; MAX_TARGETS] {
    let mut all = [Figures::default(); MAX_TARGETS];
    measuring.figures((1 << targets.len()) - 1, now, targets, &mut all);
    all
}

/// OpenRouter's illustration: 40K uncached at $2/M, 60K cached at $0.50/M and 4K out at $8/M are $0.142.
#[test]
fn the_effective_price_is_that_of_the_mix() {
    let dollars = |tenths: u64| Price::from_pico_per_token(tenths * 100_000);
    let view = TargetView {
        input_price: dollars(20),
        cached_price: dollars(5),
        output_price: dollars(80),
        ..TargetView::default()
    };
    let mix = Charged { fresh: 40_000.0, cached: 60_000.0, output: 4_000.0, ..Charged::default() };
    let cost = mix.listed(&view) * mix.tokens() / 1e6;
    assert!((cost - 0.142).abs() < 1e-12, "{cost}");
}

/// What was charged counts, not the list: 1000 requests at a tenth of the list price.
#[test]
fn what_was_charged_outweighs_the_list_price_for_half_an_hour() {
    let mut measuring = Measuring::new(Measured::default(), 1);
    let targets = [view(10)];
    assert!((figures(&measuring, at(0), &targets)[0].effective - 10.0).abs() < 1e-9);
    for _ in 0..1_000 {
        measuring.observe(&passed(0, 0, 1, 2, 100));
    }
    let effective = figures(&measuring, at(10), &targets)[0].effective;
    assert!((effective - (1_000.0 + 20.0 * 10.0) / 1_020.0).abs() < 1e-9, "{effective}");
    let later = figures(&measuring, at(31 * 60), &targets)[0].effective;
    assert!((later - 10.0).abs() < 1e-9, "{later}");
}

/// 5 s to the first token, then 500 tokens in 5 s: 50 tokens/s.
#[test]
fn speed_includes_the_time_to_first_token() {
    let mut measuring = Measuring::new(Measured { prior: 0.0, ..Measured::default() }, 1);
    measuring.observe(&passed(0, 0, 5, 10, 500));
    let figures = figures(&measuring, at(10), &[view(1)])[0];
    assert!((figures.speed - 50.0).abs() < 1e-9 && (figures.ttft - 5.0).abs() < 1e-9, "{figures:?}");
}

#[test]
fn recent_results_weigh_most_and_one_without_results_is_a_typical_peer() {
    let mut measuring = Measuring::new(Measured::default(), 4);
    let targets = [view(1); 4];
    for target in 0..3 {
        for _ in 0..1_000 {
            measuring.observe(&passed(target, 0, 1, 1 + target as u64 + 1, 100));
        }
    }
    let all = figures(&measuring, at(2), &targets);
    // Medians of 50, 33 and 25 tokens/s.
    assert!((all[3].speed - 100.0 / 3.0).abs() < 1e-9, "{:?}", all[3]);
    // A half-life later a hundred failures weigh as much as two hundred successes of then.
    for _ in 0..500 {
        measuring.observe(&Seen::new(at(302), 0, DOWN, at(302)));
    }
    let errors = measuring.states[0].results.failed / measuring.states[0].results.all();
    assert!((errors - 0.5).abs() < 1e-9, "{errors}");
}

#[test]
fn one_far_worse_than_its_peers_is_paused_and_then_explored() {
    let mut measuring = Measuring::new(Measured::default(), 2);
    let targets = [view(1), view(1)];
    for _ in 0..10 {
        measuring.observe(&passed(1, 0, 0, 1, 100));
    }
    for _ in 0..9 {
        measuring.observe(&Seen::new(at(0), 0, DOWN, at(0)));
    }
    assert_eq!(measuring.paused_until(0), Time::ZERO, "nine results are too few");
    measuring.observe(&Seen::new(at(0), 0, DOWN, at(0)));
    assert_eq!(measuring.paused_until(0), at(60));
    assert_eq!(firsts(&measuring, 2, at(59), &targets)[0], 0);
    // Ten failures against a prior of twenty: some traffic, not half of it.
    let after = firsts(&measuring, 2, at(60), &targets)[0];
    assert!((1..4_000).contains(&after), "{after}");
    // Its peer fails alike: nobody is far worse.
    let mut both = Measuring::new(Measured::default(), 2);
    for n in 0..40 {
        both.observe(&Seen::new(at(0), n % 2, DOWN, at(0)));
    }
    assert_eq!(both.paused_until(1), Time::ZERO);
}

#[test]
fn a_request_itself_to_blame_says_nothing() {
    let mut measuring = Measuring::new(Measured::default(), 1);
    for status in [400, 403, 413, 422, 451, 499] {
        measuring.observe(&Seen::new(at(0), 0, Answer::failed(Status(status)), at(0)));
    }
    assert!(measuring.states[0].results.all() == 0.0);
}

#[test]
fn a_cap_is_learnt_from_rate_limits_and_rises_when_they_stop() {
    let mut measuring = Measuring::new(Measured::default(), 2);
    for _ in 0..21 {
        measuring.choose(0, at(5));
    }
    measuring.observe(&Seen::new(at(5), 0, LIMITED, at(5)));
    // It took 20 of 21: 18 in ten seconds.
    assert!(measuring.states[0].is_full(&measuring.rule.cap, at(5)));
    assert_eq!(firsts(&measuring, 2, at(5), &[view(1), view(9)])[0], 0, "the overflow goes elsewhere");
    for (begun, now, full) in
        [(17, 20, true), (17, 35, true), (17, 65, false), (36, 65, true), (35, 65, false)]
    {
        let mut state = measuring.states[0];
        state.cap = Some((18.0, at(5)));
        for _ in 0..begun {
            state.flow.now(FLOW, at(now)).begun += 1;
        }
        let limit = 18.0 * libm::exp2((now - 5) as f64 / 60.0);
        let expected = f64::from(begun) >= limit;
        assert_eq!(state.is_full(&measuring.rule.cap, at(now)), expected, "{begun} at {now}");
        assert_eq!(expected, full && now == 65, "{begun} at {now}: {limit}");
    }
}

#[test]
fn a_burst_of_rate_limits_or_a_jump_lowers_the_share_for_ten_seconds() {
    let mut measuring = Measuring::new(Measured { limit_cost: 0.0, ..Measured::default() }, 2);
    let targets = [view(1), view(1)];
    for _ in 0..100 {
        measuring.choose(0, at(0));
    }
    for _ in 0..2 {
        measuring.observe(&Seen::new(at(0), 0, LIMITED, at(0)));
        assert_eq!(measuring.states[0].lowered_until, Time::ZERO);
    }
    measuring.observe(&Seen::new(at(0), 0, LIMITED, at(0)));
    assert_eq!(measuring.states[0].lowered_until, at(10));
    measuring.states[0].cap = None;
    // A quarter of a half, of what is left: 20 %. Five sigma of 10,000 draws are 2 %.
    let lowered = firsts(&measuring, 2, at(9), &targets)[0];
    assert!((1_800..2_200).contains(&lowered), "{lowered}");
    let mut jumps = Measuring::new(Measured::default(), 1);
    for _ in 0..20 {
        jumps.observe(&passed(0, 0, 1, 2, 100));
    }
    jumps.observe(&passed(0, 0, 3, 4, 100));
    assert_eq!(jumps.states[0].lowered_until, Time::ZERO, "three times is no jump yet");
    jumps.observe(&passed(0, 0, 4, 5, 100));
    assert_eq!(jumps.states[0].lowered_until, at(15));
}

#[test]
fn the_feed_of_other_customers_counts_as_own_results_do() {
    let mut measuring = Measuring::new(Measured { prior: 0.0, ..Measured::default() }, 2);
    measuring.hear(&report(0, 80, 15, 5));
    let heard = figures(&measuring, at(0), &[view(1), view(1)]);
    // 300 tokens at 100 tokens/s after a second.
    let expected =
        Figures { effective: heard[0].effective, ttft: 1.0, speed: 75.0, errors: 0.15, limited: 0.05 };
    let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(close(heard[0].errors, 0.15) && close(heard[0].limited, 0.05), "{:?}", heard[0]);
    assert!(close(heard[0].speed, expected.speed) && close(heard[0].ttft, 1.0), "{:?}", heard[0]);
    assert_eq!(heard[1].speed, heard[0].speed, "the other stands at its peer's numbers");
    assert_eq!(measuring.states[0].lowered_until, at(10), "five rate limits are a burst");
    measuring.hear(&report(1, 0, 50, 0));
    assert_eq!(measuring.paused_until(1), at(60));
    assert_eq!(measuring.paused_until(0), Time::ZERO);
}
