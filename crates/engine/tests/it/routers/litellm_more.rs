//! LiteLLM 1.109.1 on stage, in situations that no vector has: each expectation was worked out by hand from its rules.

use super::stage::{CHI_SQUARE_999, Played, Stage, chi_square};

const PF: [&str; 2] = ["p", "f"];
const AB: [&str; 2] = ["a", "b"];
const ABC: [&str; 3] = ["a", "b", "c"];

/// One group of deployments, given as `name` or `name, key: value`.
fn group(deployments: &[&str], more: &str) -> String {
    let deployment = |text: &&str| {
        let (name, keys) = text.split_once(',').unwrap_or((text, ""));
        format!(r#"(target: "{name}", {keys}),"#)
    };
    let deployments: String = deployments.iter().map(deployment).collect();
    format!(r#"LiteLlm(groups: [(name: "g", deployments: [{deployments}])], {more})"#)
}

/// One primary and a fallback group.
fn lone(more: &str) -> String {
    format!(
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "p")], fallbacks: ["h"]),
                            (name: "h", deployments: [(target: "f")])], {more})"#
    )
}

fn two(more: &str) -> String {
    group(&["a, weight: 1.0", "b, weight: 0.0"], more)
}

fn orders(played: &[Played]) -> Vec<String> {
    played.iter().map(Played::order).collect()
}

fn within(time: f64, low: f64, high: f64) {
    assert!((low..=high).contains(&time), "{time} is outside {low} to {high}");
}

#[test]
fn one_dead_deployment_of_three_costs_what_the_draws_say() {
    let n = 20_000_u64;
    let played = Stage::new(&ABC, &group(&ABC, "disable_cooldowns: true"), 0)
        .always("a", 503)
        .requests_at((0..n).map(|i| 100 * i))
        .play();
    // Served by the first attempt with 2/3, the second with 2/9, the third with 2/27; in vain with 1/27. On average
    // 1 + 1/3 + 1/9 = 1.444 attempts.
    let mut counts = [0_u64; 4];
    for played in &played {
        counts[if played.status() == 200 { played.attempts.len() - 1 } else { 3 }] += 1;
        assert!(played.times().iter().all(|&at| at == 0.0), "nobody sleeps while others are healthy");
    }
    let statistic = chi_square(&counts, &[2.0 / 3.0, 2.0 / 9.0, 2.0 / 27.0, 1.0 / 27.0]);
    assert!(statistic < CHI_SQUARE_999[2], "chi-square {statistic} with 3 df of {n}: {counts:?}");
}

#[test]
fn a_refused_balance_at_one_of_three_costs_one_attempt_of_each_third_request_for_ever() {
    let n = 9_000_u64;
    let played =
        Stage::new(&ABC, &group(&ABC, ""), 0).always("a", 403).requests_at((0..n).map(|i| 100 * i)).play();
    // After a 403 the retry leaves that deployment out, and 403 never cools: always a first, then b or c.
    let mut counts = [0_u64; 5];
    for played in &played {
        assert_eq!(played.status(), 200);
        let at = ["b", "c", "a,b", "a,c"].iter().position(|order| *order == played.order());
        counts[at.expect("a is left out of the retry")] += 1;
    }
    let statistic = chi_square(&counts[..4], &[1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0]);
    assert!(statistic < CHI_SQUARE_999[2], "chi-square {statistic} with 3 df of {n}: {counts:?}");
}

#[test]
fn wrong_keys_at_one_of_three_cost_one_attempt_in_five_seconds() {
    let played = Stage::new(&ABC, &group(&["a, weight: 1.0", "b", "c"], ""), 0)
        .always("a", 401)
        .requests_at([0, 1_000, 4_999, 5_000])
        .play();
    let tries_a: Vec<bool> = played.iter().map(|played| played.order().starts_with("a,")).collect();
    assert_eq!(tries_a, [true, false, false, true]);
    assert!(played.iter().all(|played| played.status() == 200 && played.attempts.len() <= 2));
}

#[test]
fn without_cooldowns_wrong_keys_are_left_out_of_the_retry_all_the_same() {
    let played = Stage::new(&AB, &two("disable_cooldowns: true"), 20).always("a", 401).play();
    assert!(orders(&played).iter().all(|order| order == "a,b"));
}

/// At first a rate limit, and from then on 503: the first cools; after it the 503s are counted with it.
#[test]
fn after_a_rate_limit_four_more_failures_make_five() {
    let played = Stage::new(&AB, &two("num_retries: 0"), 0)
        .fails("a", "Down(status: 429)", "0s", "1s")
        .fails("a", "Down(status: 503)", "1s", "24h")
        .requests_at([0, 1_000, 5_000, 5_100, 5_200, 5_300, 5_400])
        .play();
    assert_eq!(orders(&played), ["a", "b", "a", "a", "a", "a", "b"]);
}

/// Failures that cannot cool a deployment count in its share of failures: the next that can tips it.
#[test]
fn requests_of_callers_that_are_wrong_make_a_deployment_tip_sooner() {
    let played = Stage::new(&AB, &two("num_retries: 0"), 0)
        .fails("a", "Down(status: 400)", "0s", "10s")
        .fails("a", "Down(status: 500)", "10s", "24h")
        .requests_at([0, 1_000, 2_000, 3_000, 4_000, 5_000, 10_000, 10_100])
        .play();
    assert_eq!(orders(&played), ["a", "a", "a", "a", "a", "a", "a", "b"]);
}

#[test]
fn a_retry_after_of_nothing_does_not_cool() {
    let played = Stage::new(&AB, &two("num_retries: 0"), 0)
        .fails("a", r#"Down(status: 429, retry_after: "0s")"#, "0s", "24h")
        .requests_at((0..20).map(|n| 10 * n))
        .play();
    assert!(orders(&played).iter().all(|order| order == "a"));
}

#[test]
fn a_retry_after_cools_even_where_there_is_no_cooldown_time() {
    let played = Stage::new(&AB, &two(r#"num_retries: 0, cooldown_time: "0s""#), 0)
        .fails("a", r#"Down(status: 429, retry_after: "3600s")"#, "0s", "24h")
        .requests_at([0, 1_000, 3_599_999, 3_600_000])
        .play();
    assert_eq!(orders(&played), ["a", "b", "b", "a"]);
}

#[test]
fn a_lone_deployment_waits_for_a_retry_after_above_nothing_up_to_a_minute() {
    for (asked, low, high) in [("0s", 0.5, 1.25), ("59s", 59.0, 59.75), ("60.5s", 0.5, 1.25)] {
        let played = Stage::new(&PF, &lone("num_retries: 1"), 10)
            .fails("p", &format!("Down(status: 503, retry_after: \"{asked}\")"), "0s", "24h")
            .play();
        for played in played {
            assert_eq!(played.order(), "p,p,f");
            within(played.times()[1], low, high);
        }
    }
}

/// The sleep after the last retry is for the Retry-After, too.
#[test]
fn the_sleep_after_the_last_retry_heeds_a_retry_after() {
    let played = Stage::new(&PF, &lone("num_retries: 1"), 5)
        .fails("p", r#"Down(status: 429, retry_after: "10s")"#, "0s", "24h")
        .play();
    for played in played {
        within(played.times()[2] - played.times()[1], 10.0, 10.75);
    }
}

#[test]
fn sleeps_are_drawn_afresh_for_each_attempt_and_request() {
    let n = 400;
    let played =
        Stage::new(&PF, &lone(""), 0).always("p", 503).requests_at((0..n as u64).map(|i| 20_000 * i)).play();
    let jitters = |k: usize, base: f64| -> Vec<f64> {
        played.iter().map(|p| (p.times()[k + 1] - p.times()[k] - base) / 0.75).collect()
    };
    let (one, two, three) = (jitters(0, 0.5), jitters(1, 1.0), jitters(2, 2.0));
    // Of independent draws the correlation is normal with a standard deviation of 1/√n; 3.29 of them: 99.9 %.
    let correlation = |a: &[f64], b: &[f64]| {
        let products = a.iter().zip(b).map(|(x, y)| (x - 0.5) * (y - 0.5));
        products.sum::<f64>() / a.len() as f64 * 12.0
    };
    let bound = 3.29 / (n as f64 - 1.0).sqrt();
    for (a, b) in [(&one[..], &two[..]), (&two, &three), (&one, &three), (&one[1..], &one[..n - 1])] {
        assert!(correlation(a, b).abs() < bound, "{}", correlation(a, b));
    }
}

/// Four answers at 0 to 3 s, failures from 59.5 s on: the successes are forgotten at 60 s, the failures are not.
#[test]
fn successes_and_failures_are_forgotten_each_in_their_own_minute() {
    let arrivals = [0, 1_000, 2_000, 3_000, 59_500, 59_600, 59_700, 61_000, 61_100, 61_200];
    let played = Stage::new(&AB, &two("num_retries: 0"), 0)
        .fails("a", "Down(status: 500)", "59s", "24h")
        .requests_at(arrivals)
        .play();
    // Three failures of seven at 59.7 s. From 60.3 s on (answers take 200 ms) the four are gone: four of four at
    // 61.0 s are too few, five of five at 61.1 s are not.
    assert_eq!(orders(&played), ["a", "a", "a", "a", "a", "a", "a", "a", "a", "b"]);
}

#[test]
fn just_half_is_not_too_much_and_five_of_five_are() {
    let half = Stage::new(&AB, &two("num_retries: 0"), 0)
        .fails("a", "Down(status: 500)", "4s", "24h")
        .requests_at((0..10).map(|n| 1_000 * n));
    // Four answers and five failures are the first that are more than a half.
    assert_eq!(orders(&half.play()), ["a", "a", "a", "a", "a", "a", "a", "a", "a", "b"]);
    let all =
        Stage::new(&AB, &two("num_retries: 0"), 0).always("a", 500).requests_at((0..6).map(|n| 100 * n));
    assert_eq!(orders(&all.play()), ["a", "a", "a", "a", "a", "b"]);
    // Of failures older than a minute nothing is left: at 60.4 s there are four, as the first began the minute.
    let slow = all.requests_at([0, 100, 200, 300, 60_000, 60_100, 60_200, 60_300, 60_400, 60_500]);
    assert_eq!(orders(&slow.play()), ["a", "a", "a", "a", "a", "a", "a", "a", "a", "b"]);
}

/// After a cooldown the failures of the same minute are still there: one more, and it cools again.
#[test]
fn a_deployment_that_comes_back_within_the_minute_cools_after_one_more_failure() {
    let arrivals = [0, 10, 20, 30, 40, 1_000, 5_039, 5_040, 5_050, 61_000, 61_010];
    let played = Stage::new(&AB, &two("num_retries: 0"), 0).always("a", 500).requests_at(arrivals).play();
    assert_eq!(orders(&played), ["a", "a", "a", "a", "a", "b", "b", "a", "b", "a", "a"]);
}

/// Attempts at a lone primary that is down until `until`, without retries, `gap` ms apart.
fn asked(n: u64, gap: u64, until: &str) -> usize {
    let stage = Stage::new(&PF, &lone(r#"num_retries: 0, cooldown_time: "600s""#), 0)
        .fails("p", "Down(status: 503)", "0s", until)
        .requests_at((0..n).map(|i| gap * i));
    stage.play().iter().filter(|played| played.order().starts_with('p')).count()
}

#[test]
fn of_a_thousand_attempts_all_must_have_failed_within_a_minute() {
    // 60 ms apart a minute holds 1,000: the thousandth is at 59.94 s.
    assert_eq!(asked(1_200, 60, "24h"), 1_000);
    // 60.1 ms apart it would be at 60.04 s.
    let spread: Vec<u64> = (0..2_400).map(|i| 601 * i / 10).collect();
    let stage = Stage::new(&PF, &lone(r#"num_retries: 0, cooldown_time: "600s""#), 0)
        .always("p", 503)
        .requests_at(spread);
    assert!(stage.play().iter().all(|played| played.order() == "p,f"));
}

/// The answer to the first request comes at 0.2 s, and failures from 1 s on: by 51 s a thousand have failed, but not all of
/// the minute that began with the answer.
#[test]
fn one_answer_in_the_minute_keeps_a_lone_primary() {
    let arrivals: Vec<u64> = std::iter::once(0).chain((0..1_300).map(|i| 1_010 + 50 * i)).collect();
    let played = Stage::new(&PF, &lone(r#"num_retries: 0, cooldown_time: "600s""#), 0)
        .fails("p", "Down(status: 503)", "500ms", "24h")
        .requests_at(arrivals.iter().copied())
        .play();
    let first = played.iter().position(|played| played.order() == "f").expect("it cools in the end");
    // The failure at 60.21 s is the first without an answer in its minute.
    assert_eq!(arrivals[first], 60_260);
}

#[test]
fn at_five_and_a_half_a_second_a_lone_primary_is_asked_for_ever_and_at_more_it_is_not() {
    for (gap, cools) in [(182, false), (175, true)] {
        let n = 200_000_u64 / gap;
        let played = Stage::new(&PF, &lone(r#"cooldown_time: "300s""#), 0)
            .always("p", 503)
            .requests_at((0..n).map(|i| gap * i))
            .play();
        // 60 s / 182 ms · 3 = 989 attempts a minute; 60 s / 175 ms · 3 = 1,029.
        assert_eq!(played.last().map(|played| played.order() == "f"), Some(cools), "{gap} ms");
    }
}

#[test]
fn allowed_fails_are_those_before_the_one_that_cools() {
    for (allowed, attempts) in [(0, 1), (3, 4)] {
        let more = format!(r#"num_retries: 0, allowed_fails: {allowed}, cooldown_time: "60s""#);
        let times = (0..8).map(|n| 1_000 * n);
        let of = |stage: Stage, first: &str| {
            let played = stage.requests_at(times.clone()).play();
            played.iter().filter(|played| played.order().starts_with(first)).count()
        };
        // A rate limit or wrong keys do not cool at once then, and 503 is not spared.
        for status in [401, 404, 408, 429, 503] {
            assert_eq!(of(Stage::new(&PF, &lone(&more), 0).always("p", status), "p"), attempts, "{status}");
            assert_eq!(of(Stage::new(&AB, &two(&more), 0).always("a", status), "a"), attempts, "{status}");
        }
        for status in [400, 403, 422] {
            assert_eq!(of(Stage::new(&PF, &lone(&more), 0).always("p", status), "p"), 8, "{status}");
        }
        assert_eq!(of(Stage::new(&PF, &group(&["p"], &more), 0).always("p", 503), "p"), 8, "alone");
    }
}

/// The first failure's time to live is the cooldown's length: at its very end counting begins anew.
#[test]
fn allowed_fails_are_counted_for_the_length_of_a_cooldown() {
    let more = r#"num_retries: 0, allowed_fails: 1, cooldown_time: "6s""#;
    for (second, cooled) in [(5_999, true), (6_000, false)] {
        let played =
            Stage::new(&PF, &lone(more), 0).always("p", 503).requests_at([0, second, second + 100]).play();
        assert_eq!(played[2].order() == "f", cooled, "{second}");
    }
}

/// A router's policy does not make a status count that never cools (LiteLLM 1.109.1 `_should_run_cooldown_logic`: a
/// deployment's own policy would).
#[test]
fn a_policy_on_what_never_cools_changes_nothing() {
    let more = r#"num_retries: 0, allowed_fails_policy: [(on: ["400"], fails: 0)], cooldown_time: "60s""#;
    let played = Stage::new(&PF, &lone(more), 5).always("p", 400).play();
    assert!(orders(&played).iter().all(|order| order == "p,f"));
}

/// A failure that asks for no cooldown is not counted among those that are allowed.
#[test]
fn what_would_not_cool_is_not_counted() {
    let more = r#"num_retries: 0, allowed_fails: 1, cooldown_time: "60s""#;
    let played = Stage::new(&PF, &lone(more), 0)
        .fails("p", r#"Down(status: 503, retry_after: "0s")"#, "0s", "3500ms")
        .fails("p", "Down(status: 503)", "3500ms", "24h")
        .requests_at((0..8).map(|n| 1_000 * n))
        .play();
    assert_eq!(orders(&played), ["p,f", "p,f", "p,f", "p,f", "p,f", "p,f", "f", "f"]);
}

/// While one request sleeps, others make the primary cool: it is passed over when the sleep ends.
#[test]
fn a_primary_that_cools_while_a_request_sleeps_is_not_asked_again() {
    let played = Stage::new(&PF, &lone(r#"allowed_fails: 1, cooldown_time: "60s""#), 0)
        .always("p", 503)
        .requests_at([0, 100])
        .play();
    assert_eq!(orders(&played), ["p,f", "p,f"]);
    // The second failure cools it: there is nobody left, and no sleep.
    assert_eq!(played[1].times()[1], 0.0);
    within(played[0].times()[1], 0.5, 1.25);
}

#[test]
fn each_fallback_group_has_retries_of_its_own() {
    let strategy = r#"LiteLlm(groups: [
        (name: "g", deployments: [(target: "a")], fallbacks: ["h"]),
        (name: "h", deployments: [(target: "b"), (target: "c")], fallbacks: ["i"]),
        (name: "i", deployments: [(target: "d")])], disable_cooldowns: true)"#;
    let stage =
        ABC.iter().fold(Stage::new(&["a", "b", "c", "d"], strategy, 50), |s, name| s.always(name, 502));
    for played in stage.play() {
        let order = played.order();
        assert!(order.starts_with("a,a,a,") && order.ends_with(",d"), "{order}");
        assert_eq!((played.attempts.len(), played.status()), (7, 200));
        // Three at the first, then three among two, without sleeps.
        assert_eq!(played.times()[3], played.times()[6]);
        within(played.times()[3], 3.5, 5.75);
    }
}

#[test]
fn orders_of_one_one_and_two_share_the_first_level() {
    let strategy =
        group(&["a, order: 1, weight: 3.0", "b, order: 1, weight: 1.0", "c, order: 2"], "num_retries: 0");
    let played = Stage::new(&ABC, &strategy, 8_000).play();
    let counts = super::stage::first_choices(&played, &ABC);
    assert_eq!(counts[2], 0);
    let statistic = chi_square(&counts[..2], &[0.75, 0.25]);
    assert!(statistic < CHI_SQUARE_999[0], "chi-square {statistic} with 1 df of 8,000: {counts:?}");
    // Where a is cooled, b has it alone; where both are, c.
    let down = Stage::new(&ABC, &strategy, 0).always("a", 429).always("b", 429).requests_at([0, 10, 20, 30]);
    let played = down.play();
    let mut firsts: Vec<&str> = played[..2].iter().map(|played| played.attempts[0].1.as_str()).collect();
    firsts.sort_unstable();
    assert_eq!(firsts, ["a", "b"]);
    assert!(played[..2].iter().all(|played| played.order().ends_with(",c")), "{:?}", orders(&played));
    assert_eq!(orders(&played[2..]), ["c", "c"]);
}

#[test]
fn the_weight_of_a_deployment_that_cools_counts_no_more() {
    // a has the only weight. While it cools b and c go by rpm, where only c has any.
    let strategy = group(&["a, weight: 1.0", "b", "c, rpm: 10"], "num_retries: 0");
    let played = Stage::new(&ABC, &strategy, 0).always("a", 429).requests_at((0..41).map(|n| 100 * n)).play();
    assert_eq!(played[0].order(), "a");
    assert!(orders(&played[1..]).iter().all(|order| order == "c"));
}

#[test]
fn weights_of_nothing_alone_are_as_none() {
    let played = Stage::new(&AB, &group(&["a, weight: 0.0", "b, weight: 0.0"], ""), 4_000).play();
    let counts = super::stage::first_choices(&played, &AB);
    assert!(chi_square(&counts, &[0.5, 0.5]) < CHI_SQUARE_999[0], "{counts:?} with 1 df of 4,000");
}

#[test]
fn a_stream_timeout_is_retried_and_counts_against_a_deployment() {
    let more = r#"num_retries: 1, timeouts: (first_token: "5s")"#;
    let played =
        Stage::new(&PF, &lone(more), 2).fails("p", "SlowFirstToken(slowdown: 200.0)", "0s", "24h").play();
    for played in &played {
        assert_eq!(played.order(), "p,p,f");
        within(played.times()[1], 5.5, 6.25);
    }
    let more = r#"num_retries: 0, timeouts: (first_token: "5s")"#;
    let played = Stage::new(&AB, &two(more), 0)
        .fails("a", "SlowFirstToken(slowdown: 200.0)", "0s", "24h")
        .requests_at([0, 100, 200, 300, 400, 5_350, 5_450])
        .play();
    assert_eq!(orders(&played), ["a", "a", "a", "a", "a", "a", "b"]);
    assert!(played[..5].iter().all(|played| played.status() == 408));
}

/// A caller that gives up after a second causes 408s that are no fault of the deployment.
#[test]
fn what_the_caller_did_not_wait_for_cools_nobody() {
    let mut stage = Stage::new(&AB, &two("num_retries: 0"), 0)
        .fails("a", "SlowFirstToken(slowdown: 200.0)", "0s", "24h")
        .requests_at((0..20).map(|n| 2_000 * n));
    stage.deadline = "1s";
    assert!(orders(&stage.play()).iter().all(|order| order == "a"));
}

#[test]
fn all_that_cool_leave_the_group_at_once() {
    let strategy = r#"LiteLlm(groups: [
        (name: "g", deployments: [(target: "a"), (target: "b")], fallbacks: ["h"]),
        (name: "h", deployments: [(target: "f")])], cooldown_time: "60s")"#;
    let played = Stage::new(&["a", "b", "f"], strategy, 0)
        .always("a", 429)
        .always("b", 429)
        .requests_at([0, 1_000])
        .play();
    assert!(["a,b,f", "b,a,f"].contains(&played[0].order().as_str()), "{}", played[0].order());
    assert_eq!((played[1].order().as_str(), played[1].times()), ("f", vec![0.0]));
    assert_eq!(played[0].times(), [0.0; 3]);
}

/// V15 through the preset: a fails at once, which enters nothing, so that it stays the fastest until it cools.
#[test]
fn v15_a_deployment_that_fails_at_once_looks_fastest() {
    let more = "num_retries: 0, routing: LatencyBased()";
    let played =
        Stage::new(&AB, &group(&AB, more), 0).always("a", 500).requests_at((0..40).map(|n| 300 * n)).play();
    let orders = orders(&played);
    let firsts = orders.iter().take_while(|order| *order == "a").count();
    let after = &orders[firsts + 1..];
    // Once b has answered, a is asked until five have failed; then b for five seconds.
    let five = orders
        .iter()
        .position(|order| order == "b")
        .map_or(0, |at| orders[at + 1..].iter().take_while(|o| *o == "a").count());
    assert_eq!(firsts + five, 5, "{orders:?}");
    assert!(after[five..].iter().take(16).all(|order| order == "b"), "{orders:?}");
}

/// The first half of V17 through the preset: of five a minute four are admitted.
#[test]
fn v17_of_five_requests_a_minute_four_are_used() {
    let more = "num_retries: 0, routing: UsageBasedV2";
    let played = Stage::new(&["a"], &group(&["a, rpm: 5"], more), 0)
        .requests_at((0..8).map(|n| 1_000 * n).chain([60_000]))
        .play();
    assert_eq!(orders(&played), ["a", "a", "a", "a", "", "", "", "", "a"]);
    assert_eq!(played[4].status(), 429);
}

/// Both levels of one group: it has several deployments, so that nobody sleeps even where a level is one alone.
#[test]
fn a_level_of_one_does_not_sleep_between_its_retries() {
    let strategy = r#"LiteLlm(groups: [
        (name: "g", deployments: [(target: "a", order: 1), (target: "b", order: 2)], fallbacks: ["h"]),
        (name: "h", deployments: [(target: "f")])], disable_cooldowns: true)"#;
    let played = Stage::new(&["a", "b", "f"], strategy, 1).always("a", 503).always("b", 503).play();
    assert_eq!((played[0].order().as_str(), played[0].times()), ("a,a,a,b,b,b,f", vec![0.0; 7]));
}

#[test]
fn those_without_an_order_come_after_all_others() {
    let played = Stage::new(&AB, &group(&["b", "a, order: 7"], "num_retries: 0"), 0)
        .always("a", 429)
        .requests_at([0, 1_000, 5_000])
        .play();
    assert_eq!(orders(&played), ["a", "b", "a"]);
}

/// LiteLLM asks its retry policy once, with the first failure of a group.
#[test]
fn the_first_failure_decides_the_number_of_retries() {
    let policy = r#"retry_policy: [(on: ["429"], retries: 0)]"#;
    let played = Stage::new(&PF, &lone(policy), 1)
        .fails("p", "Down(status: 503)", "0s", "400ms")
        .fails("p", "Down(status: 429)", "400ms", "24h")
        .play();
    assert_eq!(played[0].order(), "p,p,p,f");
}

#[test]
fn wrong_keys_of_a_lone_deployment_are_not_retried() {
    let played = Stage::new(&PF, &lone("disable_cooldowns: true"), 3).always("p", 401).play();
    assert!(played.iter().all(|played| played.order() == "p,f" && played.times()[1] == 0.0));
}

/// 0.5 s doubles up to 8 s; a `retry_after` beyond these 8 s is cut to them, too.
#[test]
fn no_sleep_is_longer_than_eight_seconds_and_jitter() {
    let gaps =
        |played: &Played| -> Vec<f64> { played.times().windows(2).map(|pair| pair[1] - pair[0]).collect() };
    let played = Stage::new(&PF, &lone("num_retries: 6"), 1).always("p", 503).play();
    for (gap, base) in gaps(&played[0]).into_iter().zip([0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]) {
        within(gap, base, base + 0.75);
    }
    let played = Stage::new(&PF, &lone(r#"num_retries: 1, retry_after: "20s""#), 1).always("p", 503).play();
    assert_eq!(played[0].order(), "p,p,f");
    gaps(&played[0]).into_iter().for_each(|gap| within(gap, 8.0, 8.75));
}
