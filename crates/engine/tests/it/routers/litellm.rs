//! LiteLLM 1.109.1 on stage: vectors T12 to T44 and observed runs V1 to V22.

use super::stage::{CHI_SQUARE_999, Played, Stage, chi_square, first_choices};

/// One primary and a fallback group.
fn lone(more: &str) -> String {
    format!(
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "p")], fallbacks: ["h"]),
                            (name: "h", deployments: [(target: "f")])], {more})"#
    )
}

/// One group of two, all the weight on the first.
fn two(more: &str) -> String {
    format!(
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "a", weight: 1.0), (target: "b", weight: 0.0)])], {more})"#
    )
}

const PF: [&str; 2] = ["p", "f"];
const AB: [&str; 2] = ["a", "b"];

fn orders(played: &[Played]) -> Vec<String> {
    played.iter().map(Played::order).collect()
}

/// Whether each is within its bounds.
fn within(times: &[f64], bounds: &[(f64, f64)]) {
    assert_eq!(times.len(), bounds.len(), "{times:?}");
    for (&time, &(low, high)) in times.iter().zip(bounds) {
        assert!((low..=high).contains(&time), "{time} is outside {low} to {high}: {times:?}");
    }
}

/// The sleeps of 0.5, 1 and 2 s, each with a jitter of U(0, 0.75) s.
const SLEEPS: [(f64, f64); 4] = [(0.0, 0.0), (0.5, 1.25), (1.5, 3.0), (3.5, 5.75)];

#[test]
fn t12_a_dead_lone_primary_costs_three_attempts_and_a_long_wait_every_time() {
    let n = 400;
    // 20 s apart: at most 9 failures in a minute.
    let stage = Stage::new(&PF, &lone(""), 0).always("p", 503).requests_at((0..n).map(|i| 20_000 * i));
    let played = stage.play();
    let mut total = 0.0;
    for played in &played {
        assert_eq!((played.order().as_str(), played.status()), ("p,p,p,f", 200));
        within(&played.times(), &SLEEPS);
        total += played.times()[3];
    }
    // 3.5 s and three jitters: mean 4.625 s, standard deviation 0.75·√(3/12) = 0.375 s. The bound is 3.29 standard
    // errors of the mean of 400: 99.9 %.
    let mean = total / n as f64;
    assert!((mean - 4.625).abs() < 3.29 * 0.375 / (n as f64).sqrt(), "{mean}");
}

#[test]
fn v1_a_lone_primary_with_503_is_not_cooled() {
    let played = Stage::new(&PF, &lone(""), 3).always("p", 503).play();
    for played in &played {
        assert_eq!(played.order(), "p,p,p,f");
        within(&played.times(), &SLEEPS);
    }
}

/// Also the row of 429 in the table of statuses: here with the time for which it lasts.
#[test]
fn v2_a_rate_limit_cools_one_of_two_for_five_seconds() {
    let stage = Stage::new(&AB, &two(""), 0).always("a", 429).requests_at([0, 4_200, 5_500]);
    let played = stage.play();
    assert_eq!(orders(&played), ["a,b", "b", "a,b"]);
    assert_eq!(played[0].times(), [0.0, 0.0], "no sleep: b is healthy");
}

#[test]
fn v4_wrong_keys_cool_a_deployment_and_the_other_answers() {
    let stage = Stage::new(&AB, &two(""), 0).always("a", 401).requests_at([0, 1_000]);
    assert_eq!(orders(&stage.play()), ["a,b", "b"]);
}

/// T17 is the same.
#[test]
fn v5_t17_a_lone_primary_with_a_status_that_is_not_retried_falls_back_and_only_404_cools_it() {
    for (status, second) in [(400, "p,f"), (402, "p,f"), (404, "f")] {
        let stage = Stage::new(&PF, &lone(""), 0).always("p", status).requests_at([0, 1_000]);
        let played = stage.play();
        assert_eq!(orders(&played), ["p,f", second], "{status}");
        assert_eq!(played[0].times(), [0.0, 0.0], "{status}");
    }
}

#[test]
fn v6_a_higher_order_is_tried_after_the_retries_of_the_lowest() {
    let strategy =
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "a", order: 1), (target: "b", order: 2)])])"#;
    let stage = Stage::new(&AB, strategy, 0).always("a", 503).requests_at([0, 1_000, 2_000]);
    let played = stage.play();
    assert_eq!(orders(&played), ["a,a,a,b", "a,a,b", "b"]);
    assert!(played.iter().all(|played| played.status() == 200 && played.times().iter().all(|&at| at == 0.0)));
}

#[test]
fn order_levels_come_before_fallback_groups() {
    let strategy = r#"LiteLlm(groups: [
        (name: "g", deployments: [(target: "a", order: 1), (target: "b", order: 2)], fallbacks: ["h"]),
        (name: "h", deployments: [(target: "f")])], num_retries: 0)"#;
    let stage = Stage::new(&["a", "b", "f"], strategy, 1).always("a", 500).always("b", 500);
    assert_eq!(orders(&stage.play()), ["a,b,f"]);
}

#[test]
fn v7_t15_a_retry_after_is_the_length_of_a_cooldown() {
    for (asked, back) in [("", 5_000), (", retry_after: \"2s\"", 2_000), (", retry_after: \"600s\"", 600_000)]
    {
        let stage = Stage::new(&AB, &two(""), 0)
            .fails("a", &format!("Down(status: 429{asked})"), "0s", "24h")
            .requests_at([0, back - 1, back]);
        let played = stage.play();
        assert_eq!(orders(&played), ["a,b", "b", "a,b"], "{asked}");
        assert_eq!(played[0].times(), [0.0, 0.0], "{asked}");
    }
}

#[test]
fn v7_t16_a_lone_deployment_waits_for_a_retry_after_of_up_to_a_minute() {
    for (asked, low, high) in [(2, 2.0, 2.75), (60, 60.0, 60.75), (61, 0.5, 1.25)] {
        let stage = Stage::new(&PF, &lone("num_retries: 1"), 20).fails(
            "p",
            &format!("Down(status: 429, retry_after: \"{asked}s\")"),
            "0s",
            "24h",
        );
        for played in stage.play() {
            assert_eq!(played.order(), "p,p,f");
            within(&played.times()[1..2], &[(low, high)]);
        }
    }
}

#[test]
fn v8_more_fails_than_allowed_cool_a_lone_primary_that_has_fallbacks() {
    let stage = Stage::new(&PF, &lone(r#"allowed_fails: 1, cooldown_time: "6s""#), 0)
        .always("p", 503)
        .requests_at([0, 3_000, 6_400, 7_300]);
    let played = stage.play();
    assert_eq!(orders(&played), ["p,p,f", "f", "f", "p,p,f"]);
    within(&played[0].times(), &[(0.0, 0.0), (0.5, 1.25), (0.5, 1.25)]);
    assert_eq!(played[0].times()[1], played[0].times()[2], "no sleep where no deployment is left");
}

/// V9 of the observed runs.
#[test]
fn t19_when_all_cool_down_the_caller_gets_429_and_nobody_is_asked() {
    let strategy = two(r#"cooldown_time: "60s""#);
    let stage = Stage::new(&AB, &strategy, 0).always("a", 429).always("b", 429).requests_at([0, 1_000]);
    let played = stage.play();
    assert_eq!(orders(&played), ["a,b", ""]);
    assert_eq!(played[1].answer.map(|(answer, at)| (answer.status().0, at)), Some((429, 0.0)));
}

/// Groups g, n1, n2, … of one target each: all but the last fail.
fn groups(fallbacks: &[&str]) -> (Vec<String>, String) {
    let names: Vec<String> =
        (0..fallbacks.len()).map(|i| if i == 0 { "g".to_owned() } else { format!("n{i}") }).collect();
    let group = |(name, fallbacks): (&String, &&str)| {
        format!(r#"(name: "{name}", deployments: [(target: "{name}")], fallbacks: [{fallbacks}]),"#)
    };
    let groups: String = names.iter().zip(fallbacks).map(group).collect();
    (names, format!("LiteLlm(groups: [{groups}], num_retries: 0)"))
}

fn all_fail(names: &[String], strategy: &str) -> Played {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let stage = names.iter().fold(Stage::new(&names, strategy, 1), |stage, name| stage.always(name, 500));
    stage.play().remove(0)
}

#[test]
fn v11_t24_a_flat_list_of_fallbacks_is_walked_to_its_end() {
    let mut fallbacks = [""; 8];
    fallbacks[0] = r#""n1", "n2", "n3", "n4", "n5", "n6", "n7""#;
    let (names, strategy) = groups(&fallbacks);
    assert_eq!(all_fail(&names, &strategy).order(), "g,n1,n2,n3,n4,n5,n6,n7");
}

#[test]
fn v11b_t24_a_chain_of_fallbacks_stops_after_the_fifth() {
    let chain = [r#""n1""#, r#""n2""#, r#""n3""#, r#""n4""#, r#""n5""#, r#""n6""#, r#""n7""#, r#""n8""#, ""];
    let (names, strategy) = groups(&chain);
    assert_eq!(all_fail(&names, &strategy).order(), "g,n1,n2,n3,n4,n5");
}

#[test]
fn fallbacks_are_walked_depth_first_and_none_twice() {
    let (names, strategy) = groups(&[r#""n1", "n2""#, r#""n3", "g""#, r#""n3", "n4""#, "", ""]);
    assert_eq!(all_fail(&names, &strategy).order(), "g,n1,n3,n2,n4");
}

#[test]
fn default_fallbacks_serve_groups_that_have_none() {
    let strategy = r#"LiteLlm(groups: [(name: "g", deployments: [(target: "p")]),
        (name: "h", deployments: [(target: "f")])], default_fallbacks: ["h"], num_retries: 0)"#;
    let played = Stage::new(&PF, strategy, 1).always("p", 500).always("f", 500).play();
    assert_eq!((played[0].order().as_str(), played[0].status()), ("p,f", 500));
}

#[test]
fn v13_a_retry_after_is_not_capped_where_it_cools() {
    let stage = Stage::new(&AB, &two(r#"cooldown_time: "1s""#), 0)
        .fails("a", r#"Down(status: 429, retry_after: "600s")"#, "0s", "24h")
        .requests_at([0, 599_999, 600_000]);
    assert_eq!(orders(&stage.play()), ["a,b", "b", "a,b"]);
}

#[test]
fn v13b_without_a_cooldown_time_nothing_cools() {
    for off in [r#"cooldown_time: "0s""#, "disable_cooldowns: true"] {
        let stage = Stage::new(&AB, &two(&format!("num_retries: 0, {off}")), 0)
            .always("a", 429)
            .requests_at((0..20).map(|n| 10 * n));
        assert!(orders(&stage.play()).iter().all(|order| order == "a"), "{off}");
    }
}

#[test]
fn t14_with_three_good_ones_before_it_takes_four_bad_ones() {
    let strategy = two("num_retries: 0");
    let stage = Stage::new(&AB, &strategy, 0)
        .fails("a", "Down(status: 500)", "3s", "24h")
        .requests_at((0..9).map(|n| 1_000 * n));
    assert_eq!(orders(&stage.play()), ["a", "a", "a", "a", "a", "a", "a", "b", "b"]);
}

/// T22 is the same.
#[test]
fn v16_t22_a_deployment_without_a_weight_gets_nothing() {
    let strategy =
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "a", weight: 1.0), (target: "b")])])"#;
    let played = Stage::new(&AB, strategy, 400).play();
    assert_eq!(first_choices(&played, &AB), [400, 0]);
}

#[test]
fn v16b_requests_a_minute_are_weights() {
    let strategy = r#"LiteLlm(groups: [(name: "g", deployments: [
        (target: "a", rpm: 900, tpm: 1), (target: "b", rpm: 100, tpm: 1000000)])])"#;
    let played = Stage::new(&AB, strategy, 0).requests_at((0..20_000).map(|n| 1_000 * n / 2)).play();
    let statistic = chi_square(&first_choices(&played, &AB), &[0.9, 0.1]);
    assert!(statistic < CHI_SQUARE_999[0], "chi-square {statistic} with 1 df of 20,000");
}

/// V18 of the observed runs.
#[test]
fn t23_retries_may_draw_the_same_failing_deployment() {
    let n = 20_000_u64;
    let strategy = r#"LiteLlm(groups: [(name: "g", deployments: [(target: "a"), (target: "b")])], disable_cooldowns: true)"#;
    let played =
        Stage::new(&AB, strategy, 0).always("a", 500).requests_at((0..n).map(|i| 2_000 * i / 1_000)).play();
    // Attempts until b answers: 1 with 1/2, 2 with 1/4, 3 with 1/8, or 3 in vain with 1/8: 1.75 on average.
    let mut counts = [0_u64; 4];
    for played in &played {
        let place = if played.status() == 200 { played.attempts.len() - 1 } else { 3 };
        assert!(played.attempts.len() == 3 || place < 2);
        counts[place] += 1;
    }
    let statistic = chi_square(&counts, &[0.5, 0.25, 0.125, 0.125]);
    assert!(statistic < CHI_SQUARE_999[2], "chi-square {statistic} with 3 df of {n}: {counts:?}");
}

/// T41 is the same.
#[test]
fn v20_t41_an_empty_balance_at_a_lone_primary_is_retried_for_ever() {
    for played in Stage::new(&PF, &lone(""), 200).always("p", 403).play() {
        assert_eq!((played.order().as_str(), played.status()), ("p,p,p,f", 200));
        within(&played.times(), &SLEEPS);
    }
}

#[test]
fn t43_a_slow_first_token_is_waited_for() {
    // 100 ms of prefill, two hundred times as long.
    let stage = Stage::new(&PF, &lone(""), 3).fails("p", "SlowFirstToken(slowdown: 200.0)", "0s", "24h");
    for played in stage.play() {
        assert_eq!(played.order(), "p");
        assert_eq!((played.status(), played.answer.unwrap().1), (200, 20.1));
    }
}

#[test]
fn a_stream_timeout_moves_on() {
    let strategy = lone(r#"num_retries: 0, timeouts: (first_token: "5s")"#);
    let stage = Stage::new(&PF, &strategy, 1).fails("p", "SlowFirstToken(slowdown: 200.0)", "0s", "24h");
    let played = stage.play();
    assert_eq!((played[0].order().as_str(), played[0].times()), ("p,f", vec![0.0, 5.0]));
}

/// V21 of the observed runs: 503, then 200, and so on.
#[test]
fn t44_a_primary_that_fails_every_other_time_is_never_left() {
    let n = 300_u64;
    let mut stage = Stage::new(&PF, &lone(""), 0).requests_at((0..n).map(|i| 20_000 * i));
    for i in 0..n {
        // Down when the request arrives, and up again before any retry.
        stage = stage.fails("p", "Down()", &format!("{}s", 20 * i), &format!("{}.4s", 20 * i));
    }
    let played = stage.play();
    let mut slept = 0.0;
    for played in &played {
        assert_eq!((played.order().as_str(), played.status()), ("p,p", 200));
        within(&played.times(), &SLEEPS[..2]);
        slept += played.times()[1];
    }
    // 0.5 s and U(0, 0.75) s: standard deviation 0.75/√12 = 0.2165 s; 99.9 % of the mean.
    let mean = slept / n as f64;
    assert!((mean - 0.875).abs() < 3.29 * 0.2165 / (n as f64).sqrt(), "{mean}");
}

#[test]
fn weighted_failover_asks_the_group_again_without_what_failed() {
    let stage = |more: &str| Stage::new(&AB, &two(more), 0).always("a", 500).requests_at([0]).play();
    assert_eq!(stage("num_retries: 1")[0].order(), "a,a");
    let played = stage("num_retries: 1, enable_weighted_failover: true");
    assert_eq!((played[0].order().as_str(), played[0].status()), ("a,a,b", 200));
}

#[test]
fn a_retry_policy_overrides_the_number_and_the_gate() {
    let policy = r#"retry_policy: [(on: ["429"], retries: 0), (on: ["400"], retries: 1)]"#;
    for (status, order) in [(429, "p,f"), (400, "p,p,f"), (503, "p,p,p,f")] {
        let played = Stage::new(&PF, &lone(policy), 1).always("p", status).play();
        assert_eq!(played[0].order(), order, "{status}");
    }
}

#[test]
fn retry_after_is_the_least_wait() {
    let strategy = lone(r#"num_retries: 1, retry_after: "3s""#);
    let played = Stage::new(&PF, &strategy, 1).always("p", 503).play();
    within(&played[0].times(), &[(0.0, 0.0), (3.0, 3.75), (6.0, 7.5)]);
}

#[test]
fn an_allowed_fails_policy_counts_what_it_names_and_a_lone_deployment_without_fallback_is_spared() {
    let policy = r#"num_retries: 0, allowed_fails_policy: [(on: ["404"], fails: 1)], cooldown_time: "60s""#;
    let stage = |strategy: &str, status| {
        Stage::new(&PF, strategy, 0).always("p", status).requests_at((0..6).map(|n| 1_000 * n)).play()
    };
    assert_eq!(orders(&stage(&lone(policy), 404)), ["p,f", "p,f", "f", "f", "f", "f"]);
    // Of the others three are allowed.
    assert_eq!(orders(&stage(&lone(policy), 500)), ["p,f", "p,f", "p,f", "p,f", "f", "f"]);
    let alone =
        |more: &str| format!(r#"LiteLlm(groups: [(name: "g", deployments: [(target: "p")])], {more})"#);
    assert_eq!(orders(&stage(&alone(policy), 500)), ["p"; 6]);
    assert_eq!(orders(&stage(&alone(policy), 404)), ["p", "p", "", "", "", ""]);
}
