//! Breakers, spilling and the hybrid, on stage.

use super::stage::{CHI_SQUARE_999, Played, Stage, chi_square, first_choices};

/// The seconds at which requests that came every second were first sent to `target`.
fn seconds(played: &[Played], target: &str) -> Vec<usize> {
    let first = |played: &Played| played.attempts.first().is_some_and(|(_, asked)| asked == target);
    (0..played.len()).filter(|&second| first(&played[second])).collect()
}

/// A request each second.
fn each_second(strategy: &str, seconds: u64) -> Stage {
    Stage::new(&["p", "f"], strategy, 0).requests_at((0..seconds).map(|second| 1_000 * second))
}

const BREAKER: &str = r#"failures: 3, window: "10s", length: "9500ms""#;

#[test]
fn a_breaker_opens_probes_and_closes() {
    let strategy = format!(r#"Breaker(targets: ["p", "f"], breaker: ({BREAKER}))"#);
    let (played, output) =
        each_second(&strategy, 100).fails("p", "Down(status: 503)", "10s", "59500ms").play_with_output();
    // Ten slices of a second hold the last nine or ten results: half of ten have failed with the fifth. Out until 23.5,
    // one probe at 24, out until 33.5, and so on; the probes of 64 and 65 pass.
    let mut expected: Vec<usize> = (0..15).collect();
    expected.extend([24, 34, 44, 54]);
    expected.extend(64..100);
    assert_eq!(seconds(&played, "p"), expected);
    assert!(played.iter().all(|played| played.status() == 200));
    let fault = &output.summary.faults[0];
    // Believed down from the fifth failure until the second probe has passed, 200 ms after it was sent.
    assert_eq!(fault.detection_lag_s, Some(4.0));
    assert_eq!(fault.failback_lag_s.map(|lag| (lag * 1e6).round()), Some(5.7e6));
    let causes = &output.summary.leak.by_cause;
    assert_eq!((causes["outage"].avoidable_requests, causes["cooldown"].requests), (0, 4));
}

#[test]
fn an_open_time_grows_with_each_probe_that_fails() {
    let strategy = format!(
        r#"Breaker(targets: ["p", "f"], breaker: ({BREAKER}, share: 0.0, growth: 2.0, length_max: "30s", successes: 1))"#
    );
    let played = each_second(&strategy, 200).fails("p", "Down(status: 503)", "0s", "130s").play();
    // 9.5 s, 19 s, then 30 s at most, from the failure that opened it.
    let mut expected = vec![0, 1, 2, 12, 31, 61, 91, 121];
    expected.extend(151..200);
    assert_eq!(seconds(&played, "p"), expected);
}

#[test]
fn a_half_open_target_has_no_more_probes_in_flight_than_it_may() {
    // Ten requests at once in every second; answers take 200 ms.
    for probes in [1, 3] {
        let strategy = format!(
            r#"Breaker(targets: ["p", "f"], breaker: ({BREAKER}, share: 0.0, probes: {probes}, successes: {probes}))"#
        );
        let stage = Stage::new(&["p", "f"], &strategy, 0)
            .requests_at((0..30).flat_map(|second| (0..10).map(move |n| 1_000 * second + n)))
            .fails("p", "Down(status: 503)", "0s", "5s");
        let played = stage.play();
        let at_p = |second: usize| {
            let burst = &played[10 * second..10 * second + 10];
            burst.iter().filter(|played| played.order().starts_with('p')).count()
        };
        assert_eq!((at_p(0), at_p(9), at_p(10), at_p(11)), (3, 0, probes, 10), "{probes}");
    }
}

#[test]
fn a_hedge_that_abandons_a_probe_does_not_use_it_up() {
    // The probe of 12 s is slow, and a hedge leaves it without a result: the next one may be sent.
    let strategy = format!(
        r#"TtftHedge(targets: ["p", "f"], after: "300ms", breaker: ({BREAKER}, share: 0.0, successes: 1))"#
    );
    let played = each_second(&strategy, 30)
        .fails("p", "Down(status: 503)", "0s", "5s")
        .fails("p", "SlowFirstToken(slowdown: 100.0)", "5s", "20500ms")
        .play();
    let mut expected = vec![0, 1, 2];
    expected.extend(12..30);
    assert_eq!(seconds(&played, "p"), expected);
}

#[test]
fn what_was_sent_before_it_opened_neither_closes_nor_opens_it() {
    // Sent at 0 and held for 12 s, it fails when the circuit is half-open; and one served at 13 s closes it.
    let strategy =
        format!(r#"Breaker(targets: ["p", "f"], breaker: ({BREAKER}, share: 0.0, successes: 1, probes: 5))"#);
    let played = Stage::new(&["p", "f"], &strategy, 0)
        .requests_at([0, 2_000, 2_100, 2_200, 12_500, 12_800, 13_000, 13_500])
        .fails("p", "SlowFail(hold: \"12100ms\")", "0s", "1s")
        .fails("p", "Down(status: 503)", "1s", "3s")
        .play();
    let orders: Vec<String> = played.iter().map(Played::order).collect();
    assert_eq!(orders, ["p,f", "p,f", "p,f", "p,f", "p", "p", "p", "p"]);
}

#[test]
fn traffic_ramps_up_after_closing() {
    let strategy = format!(
        r#"Breaker(targets: ["p", "f"], breaker: ({BREAKER}, share: 0.0, successes: 1, ramp: "1000s", ramp_from: 0.2))"#
    );
    let mut stage = Stage::new(&["p", "f"], &strategy, 0).fails("p", "Down(status: 503)", "0s", "5s");
    // Opened at 2 s and closed at 12.2 s; from then on ten a second for twice the ramp.
    stage =
        stage.requests_at([0, 1_000, 2_000, 12_000].into_iter().chain((0..20_000).map(|n| 12_200 + 100 * n)));
    let played = stage.play();
    for quarter in 0..4 {
        let slice = &played[4 + 2_500 * quarter..][..2_500];
        let share = 0.2 + 0.8 * (0.125 + 0.25 * quarter as f64);
        let counts = first_choices(slice, &["p", "f"]);
        // One degree of freedom, n = 2500. (Within a quarter the share moves: the variance is less than binomial.)
        let statistic = chi_square(&counts, &[share, 1.0 - share]);
        assert!(statistic < CHI_SQUARE_999[0], "quarter {quarter}: {counts:?}, {statistic}");
    }
    assert_eq!(first_choices(&played[10_005..], &["p", "f"])[1], 0, "after the ramp everything");
}

#[test]
fn a_share_that_does_not_move_is_kept() {
    let strategy = r#"AdaptiveSpill(targets: ["p", "f", "g"], spill: (start: 0.3, per_second: 1e-12))"#;
    let (played, output) = Stage::new(&["p", "f", "g"], strategy, 0)
        .requests_at((0..4_000).map(|n| 1_000 * n))
        .play_with_output();
    let counts = first_choices(&played, &["p", "f", "g"]);
    assert_eq!(counts[2], 0, "the next in line takes the rest");
    // One degree of freedom, n = 4000.
    let statistic = chi_square(&counts[..2], &[0.3, 0.7]);
    assert!(statistic < CHI_SQUARE_999[0], "{counts:?}: {statistic}");
    let causes = &output.summary.leak.by_cause;
    assert_eq!((causes.len(), causes["spill"].requests), (1, counts[1]));
}

#[test]
fn a_share_falls_by_factors_to_its_floor_and_rises_again_by_the_second() {
    let strategy = r#"AdaptiveSpill(targets: ["p", "f"], spill: (floor: 0.1, cut: 0.5, per_second: 0.01))"#;
    let stage = Stage::new(&["p", "f"], strategy, 0).requests_at((0..40_000).map(|n| 10 * n)).fails(
        "p",
        "Errors(share: 1.0, status: 429)",
        "100s",
        "200s",
    );
    let (played, output) = stage.play_with_output();
    assert!(played.iter().all(|played| played.status() == 200), "who fails at the first goes on at once");
    let share = |from: usize, until: usize| {
        let counts = first_choices(&played[100 * from..100 * until], &["p", "f"]);
        counts[0] as f64 / (counts[0] + counts[1]) as f64
    };
    assert_eq!(share(0, 100), 1.0);
    // Each cut waits for the one before to settle, a second, and for a request: below half of a percent more than 0.1 after
    // five cuts; in between it rises by a hundredth. Binomial, n = 9000: 3.3 standard deviations are 0.0104.
    let low = share(110, 200);
    assert!((0.1 - 0.0104..0.115 + 0.0104).contains(&low), "{low}");
    // From about a tenth a hundredth a second: 0.35 on average over the first fifty seconds, all after ninety.
    // n = 5000: 3.3 standard deviations are 0.0223.
    let rising = share(200, 250);
    assert!((rising - 0.355).abs() < 0.0223 + 0.01, "{rising}");
    assert_eq!(share(291, 400), 1.0);
    assert!(output.summary.leak.by_cause["spill"].requests > 10_000);
}

#[test]
fn slow_first_tokens_cut_a_share_too() {
    let shares: Vec<u64> = ["None", "\"500ms\""]
        .map(|slow| {
            let strategy =
                format!(r#"AdaptiveSpill(targets: ["p", "f"], spill: (slow: {slow}, per_second: 1e-6))"#);
            let stage = each_second(&strategy, 300).fails("p", "SlowFirstToken(slowdown: 9.0)", "0s", "300s");
            first_choices(&stage.play(), &["p", "f"])[0]
        })
        .to_vec();
    assert_eq!(shares[0], 300);
    // At a floor of a twentieth: 99.9 % of Binomial(290, 0.05) are below 29; and a few before it is reached.
    assert!((5..40).contains(&shares[1]), "{shares:?}");
}

/// The hybrid, `p` with room for two, and an overflow of two grids.
fn hybrid(more: &str) -> String {
    format!(r#"AsymmetricHybrid(primary: "p", overflow: ["g", "h"], in_flight: 2, {more})"#)
}

#[test]
fn the_hybrid_sends_away_what_is_too_much_and_no_more() {
    let (played, output) = Stage::new(&["p", "g", "h"], &hybrid(""), 0)
        .requests_at([0, 10, 20, 30, 250, 260, 270])
        .fails("g", "Down(status: 503)", "240ms", "1s")
        .play_with_output();
    let orders: Vec<String> = played.iter().map(Played::order).collect();
    assert_eq!(orders, ["p", "p", "g", "g", "p", "p", "g,h"]);
    assert_eq!(output.summary.leak.by_cause["guard"].requests, 3);
}

#[test]
fn the_hybrid_refuses_what_the_primary_cannot_take_once_the_overflow_has_cost_enough() {
    // 222 µ$ and more: after two answers of the overflow, until the next hour.
    let (played, output) = Stage::new(&["p", "g", "h"], &hybrid(r#"overflow_usd: "$0.0002""#), 0)
        .requests_at([0, 1, 2, 1_000, 1_001, 1_002, 2_000, 2_001, 2_002, 3_600_000, 3_600_001, 3_600_002])
        .play_with_output();
    let orders: Vec<String> = played.iter().map(Played::order).collect();
    assert_eq!(orders, ["p", "p", "g", "p", "p", "g", "p", "p", "", "p", "p", "g"]);
    let statuses: Vec<u16> = played.iter().map(Played::status).collect();
    assert_eq!(statuses.iter().filter(|&&status| status == 200).count(), 11);
    assert_eq!(statuses[8], 429);
    assert_eq!(output.summary.routers["router"].requests.shed, 1);
}

#[test]
fn the_hybrid_comes_back_by_a_ramp() {
    let breaker = format!(r#"breaker: ({BREAKER}, share: 0.0, successes: 1, ramp: "60s")"#);
    let played = Stage::new(&["p", "g", "h"], &hybrid(&breaker), 0)
        .requests_at((0..600).map(|n| 500 * n))
        .fails("p", "Down(status: 503)", "0s", "30s")
        .play();
    let at_p = |from: usize, until: usize| first_choices(&played[2 * from..2 * until], &["p"])[0];
    assert_eq!(at_p(2, 10), 0);
    // Closed by the probe of about 30 s; a mean of 0.325 in the first half of the ramp, n = 60: 3.3 standard deviations are 12.
    let ramping = at_p(33, 63);
    assert!((8..32).contains(&ramping), "{ramping}");
    assert_eq!(at_p(100, 300), 400);
}
