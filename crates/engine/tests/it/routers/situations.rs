//! Situations that follow from the rules of gateways and are in nobody's table: mixtures, limits met exactly, one gateway
//! below another.

use sandbox_model::{Answer, Status};

use super::stage::{CHI_SQUARE_999, Played, Stage, chi_square, first_choices};

fn orders(played: &[Played]) -> Vec<String> {
    played.iter().map(Played::order).collect()
}

/// A, B and C at $1, $2 and $3 behind OpenRouter's balancer of before.
fn three(fields: &str) -> Stage {
    let names = ["a", "b", "c"];
    let mut stage = Stage::new(&names, &format!("OpenRouterLegacy(targets: {names:?}, {fields})"), 1);
    for (i, endpoint) in stage.endpoints.iter_mut().enumerate() {
        endpoint.1 = (i + 1) as f64;
    }
    stage
}

/// A and B had an outage, C has one now: C is asked first, and then A or B by 1/price², 4 to 1, who are well again. Of C's
/// results of the last 30 s fewer than half are failures, so it is still in front. Chi-square with 1 degree of freedom,
/// 900 requests.
#[test]
fn openrouter_draws_among_the_demoted_too() {
    let down = "Down(status: 503)";
    let stage =
        three("").fails("a", down, "0s", "1s").fails("b", down, "0s", "1s").fails("c", down, "12s", "14s");
    let played = stage.requests_at((0..1_000).chain((0..900).map(|n| 12_000 + n))).play().split_off(1_000);
    assert!(played.iter().all(|p| p.attempts.len() == 2 && p.status() == 200));
    let second = |name| played.iter().filter(|p| p.order() == format!("c,{name}")).count() as u64;
    let counts = [second("a"), second("b")];
    assert_eq!(counts.iter().sum::<u64>(), 900);
    assert!(chi_square(&counts, &[0.8, 0.2]) < CHI_SQUARE_999[0], "{counts:?}");
}

/// One endpoint and its error: a transient one is OpenRouter's own 503, others are passed on.
#[test]
fn openrouter_without_fallbacks_answers_for_its_one_endpoint() {
    for (status, answer) in
        [(400, 400), (401, 401), (402, 402), (403, 403), (429, 429), (500, 503), (504, 503)]
    {
        for fields in ["allow_fallbacks: false", r#"allow_fallbacks: false, order: ["b"]"#] {
            let stage = three(fields).always("a", status).always("b", status).always("c", status);
            let played = stage.requests_at(0..5).play();
            assert!(
                played.iter().all(|p| p.attempts.len() == 1 && p.status() == answer),
                "{status} {fields}"
            );
        }
    }
}

#[test]
fn openrouter_obeys_several_fields_together() {
    for (fields, order) in [
        (r#"order: ["c", "b"]"#, "c,b,a"),
        (r#"order: ["c", "b"], allow_fallbacks: false"#, "c,b"),
        (r#"order: ["c"], only: ["a", "c"]"#, "c,a"),
        (r#"order: ["b", "c"], ignore: ["b"]"#, "c,a"),
        (r#"order: ["b"], ignore: ["b"], allow_fallbacks: false"#, ""),
        (r#"sort: Price, max_price: (input: "$2/M", output: "$2/M")"#, "a,b"),
        (r#"sort: Price, ignore: ["a"], allow_fallbacks: false"#, "b"),
        (r#"models: [["c"], ["b"]], ignore: ["c"]"#, "b"),
        (r#"models: [["c", "a"], ["b"]], sort: Price"#, "a,c,b"),
        (r#"models: [["c", "a"], ["b"]], sort: Price, partition: None"#, "a,b,c"),
    ] {
        let stage = three(fields).always("a", 503).always("b", 503).always("c", 503);
        for played in stage.requests_at(0..5).play() {
            assert_eq!(played.order(), order, "{fields}");
            assert_eq!(played.status(), if order.is_empty() { 404 } else { 503 }, "{fields}");
        }
    }
}

/// Whatever the last failure was, what is returned is a status: a hang is a 408 for those above.
#[test]
fn openrouter_returns_a_last_timeout_as_a_status() {
    for fields in [r#"order: ["a", "b"], allow_fallbacks: false"#, r#"models: [["a"], ["b"]]"#] {
        let stage = three(&format!(r#"{fields}, timeouts: (first_token: "2s")"#)).always("a", 401);
        let played = stage.fails("b", "Blackhole", "0s", "24h").play();
        assert_eq!(played[0].order(), "a,b");
        assert_eq!(played[0].answer.unwrap(), (Answer::failed(Status(408)), 2.0), "{fields}");
    }
}

/// Half of 200 requests fail with this status: does the endpoint fall behind one with too few results to be judged?
#[test]
fn rate_limits_and_user_errors_do_not_lower_an_uptime() {
    let strategy = r#"Composed(targets: ["a", "b"], memory: [Uptime()],
        retry: (retries: 9, rules: [(on: ["4xx", "5xx"], at: Other, waits: Never)]))"#;
    let counted = [401, 402, 404, 405, 408, 410, 421, 423, 424, 426, 498, 500, 503, 529];
    let not = [400, 403, 413, 422, 429, 451, 499];
    for (status, counts) in
        counted.map(|status| (status, true)).into_iter().chain(not.map(|status| (status, false)))
    {
        let stage = Stage::new(&["a", "b"], strategy, 0)
            .requests_at((0..200).map(|n| 1_000 * n).chain([250_000]))
            .fails("a", &format!("Down(status: {status})"), "99500ms", "3m20s");
        let played = stage.play();
        assert_eq!(played[200].order(), if counts { "b" } else { "a" }, "{status}");
    }
}

/// B is fifty times as dear: its share is the floor of one in two hundred and no less. Chi-square with 1 degree of
/// freedom, 20,000 requests.
#[test]
fn measured_explores_the_dearest_at_the_floor() {
    let mut stage = Stage::new(&["a", "b"], r#"OpenRouterMeasured(targets: ["a", "b"])"#, 0);
    stage.endpoints[1].1 = 50.0;
    let counts = first_choices(&stage.requests_at((0..20_000).map(|n| 50 * n)).play(), &["a", "b"]);
    assert!(chi_square(&counts, &[0.995, 0.005]) < CHI_SQUARE_999[0], "{counts:?}");
}

/// A takes one request a second and is asked for five: what is more than it can take goes to B without asking A. When its
/// limit is gone it has nearly all of it again.
#[test]
fn measured_learns_a_cap_and_unlearns_it() {
    let refused = |cap: &str| {
        let strategy =
            format!(r#"OpenRouterMeasured(targets: ["a", "b"], measured: (limit_cost: 0.0, {cap}))"#);
        let mut stage = Stage::new(&["a", "b"], &strategy, 0);
        stage.endpoints[0].2 = "limits: (rpm: 60),".to_owned();
        stage.endpoints[1].1 = 10.0;
        let stage = stage.requests_at((0..3_000).map(|n| 200 * n));
        let played = stage.play().split_off(1_000);
        assert!(played.iter().all(|p| p.status() == 200));
        let of = |order| played.iter().filter(|p| p.order() == order).count();
        (of("a"), of("a,b"), of("b"))
    };
    let with = refused("");
    let without =
        refused("cap: (share: 1.0, doubles: \"1ms\"), breaker: (share: 1.0), backoff: (limits: 1000000)");
    assert!(5 * with.1 < without.1, "{with:?} {without:?}");
    assert!(2 * with.0 > without.0, "and what it can take it gets: {with:?} {without:?}");
    let mut stage = Stage::new(&["a", "b"], r#"OpenRouterMeasured(targets: ["a", "b"])"#, 0);
    stage.endpoints[1].1 = 10.0;
    let stage = stage.fails("a", "Errors(share: 0.4, status: 429)", "0s", "3m");
    let played = stage.requests_at((0..9_000).map(|n| 200 * n)).play().split_off(7_500);
    let a = first_choices(&played, &["a"])[0];
    assert!(a > 1_350, "{a} of 1500");
}

/// `gateway` over a grid of one endpoint and a fallback: what the grid says is acted on as if it were a provider's.
fn above_a_grid(gateway: &str, status: u16) -> Stage {
    let mut stage = Stage::new(&["p", "f"], gateway, 2).always("p", status).requests_at([0, 1_000]);
    stage.routers =
        r#"(name: "grid", region: "here", strategy: OpenRouterLegacy(targets: ["p"])),"#.to_owned();
    stage
}

/// A grid without credits says 402, one whose database is gone has said 401: Portkey falls back and remembers nothing.
/// Bifrost holds its only key for dead. LiteLLM cools a lone deployment for a 401 and not for a 402.
#[test]
fn a_grid_that_refuses_is_left_by_each_gateway_in_its_way() {
    let portkey = r#"Portkey(targets: ["grid", "f"], retry: (attempts: 2))"#;
    let bifrost = r#"Bifrost(providers: [["grid"], ["f"]], max_retries: 2)"#;
    let litellm = r#"LiteLlm(groups: [(name: "g", deployments: [(target: "grid")], fallbacks: ["h"]),
        (name: "h", deployments: [(target: "f")])])"#;
    for (gateway, status, second) in [
        (portkey, 401, "p,f"),
        (portkey, 402, "p,f"),
        (bifrost, 401, "p,f"),
        (bifrost, 402, "p,f"),
        (litellm, 401, "f"),
        (litellm, 402, "p,f"),
    ] {
        let played = above_a_grid(gateway, status).play();
        assert_eq!(orders(&played), ["p,f", second], "{gateway} {status}");
        assert_eq!(played[0].times(), [0.0, 0.0]);
        assert!(played.iter().all(|p| p.status() == 200));
    }
    for status in [401, 402] {
        let played = above_a_grid(bifrost, status).always("f", 400).play();
        assert_eq!((played[0].order().as_str(), played[0].status()), ("p,f", 502), "the primary's");
        let played = above_a_grid(portkey, status).always("f", 400).play();
        assert_eq!((played[0].order().as_str(), played[0].status()), ("p,f", 400), "the last one");
    }
}

#[test]
fn portkey_retries_five_times_and_doubles_without_an_end() {
    let strategy = r#"Portkey(targets: ["p", "f"], retry: (attempts: 5))"#;
    let played = Stage::new(&["p", "f"], strategy, 1).always("p", 500).play();
    assert_eq!(played[0].order(), "p,p,p,p,p,p,f");
    assert_eq!(played[0].times(), [0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 31.0]);
    // Codes of one's own replace the default ones.
    let strategy = r#"Portkey(targets: ["p", "f"], retry: (attempts: 1, on_status_codes: ["408", "520"]))"#;
    for (status, order) in [(408, "p,p,f"), (520, "p,p,f"), (503, "p,f"), (429, "p,f")] {
        assert_eq!(
            Stage::new(&["p", "f"], strategy, 1).always("p", status).play()[0].order(),
            order,
            "{status}"
        );
    }
    let strategy = r#"Portkey(targets: ["p", "f"], request_timeout: "2s", retry: (attempts: 1, on_status_codes: ["408"]))"#;
    let played = Stage::new(&["p", "f"], strategy, 1).fails("p", "Blackhole", "0s", "24h").play();
    assert_eq!((played[0].order().as_str(), played[0].times()), ("p,p,f", vec![0.0, 3.0, 5.0]));
}

/// A Retry-After of up to 60 s in all, of a 429 only; one that goes beyond ends the retries.
#[test]
fn portkey_waits_for_a_minute_of_retry_afters_and_no_longer() {
    let strategy = r#"Portkey(targets: ["p", "f"], retry: (attempts: 2, use_retry_after_header: true))"#;
    for (status, asks, order, times) in [
        (429, 40, "p,p,f", vec![0.0, 40.0, 40.0]),
        (429, 59, "p,p,f", vec![0.0, 59.0, 59.0]),
        (429, 60, "p,f", vec![0.0, 0.0]),
        (429, 61, "p,f", vec![0.0, 0.0]),
        (429, 20, "p,p,p,f", vec![0.0, 20.0, 40.0, 40.0]),
        (503, 20, "p,p,p,f", vec![0.0, 1.0, 3.0, 3.0]),
        (503, 90, "p,p,p,f", vec![0.0, 1.0, 3.0, 3.0]),
    ] {
        let fault = format!(r#"Down(status: {status}, retry_after: "{asks}s")"#);
        let played = Stage::new(&["p", "f"], strategy, 1).fails("p", &fault, "0s", "24h").play();
        assert_eq!((played[0].order().as_str(), played[0].times()), (order, times), "{status} {asks}");
    }
}

/// Two failures of four are not *more* than half, three of five are; of two alone nothing is said.
#[test]
fn portkeys_breaker_opens_above_its_percentage() {
    let strategy = r#"Portkey(targets: ["p", "f"], circuit_breaker: (failure_threshold_percentage: 50.0,
        minimum_requests: 4, cooldown_interval: "30s"))"#;
    let down = "Down(status: 503)";
    let stage = Stage::new(&["p", "f"], strategy, 0)
        .requests_at((0..7).map(|n| 1_000 * n).chain([33_900, 34_100]))
        .fails("p", down, "0s", "1500ms")
        .fails("p", down, "3500ms", "10s");
    assert_eq!(orders(&stage.play()), ["p,f", "p,f", "p", "p", "p,f", "f", "f", "f", "p"]);
    // 500 is not above 500.
    let stage = Stage::new(&["p", "f"], strategy, 10).always("p", 500);
    assert!(stage.play().iter().all(|p| p.order() == "p,f"));
}

/// A server error is the provider's and not the key's: the same key again, whatever others there are.
#[test]
fn bifrost_keeps_the_key_after_a_server_error() {
    let strategy = r#"Bifrost(providers: [["k1", "k2"]], max_retries: 2)"#;
    for status in [500, 502, 503, 504, 529] {
        let stage = Stage::new(&["k1", "k2"], strategy, 40).always("k1", status).always("k2", status);
        let seen = orders(&stage.play());
        assert!(seen.iter().all(|o| ["k1,k1,k1", "k2,k2,k2"].contains(&o.as_str())), "{seen:?}");
        assert!(seen.contains(&"k1,k1,k1".to_owned()) && seen.contains(&"k2,k2,k2".to_owned()));
    }
}

/// A dead key, a limited one and a failing one: the dead one has one attempt and no wait after it, the failing one keeps
/// the request, and six attempts are all.
#[test]
fn bifrost_with_three_kinds_of_failing_keys() {
    let strategy = r#"Bifrost(providers: [["k1", "k2", "k3"], ["f"]], max_retries: 5)"#;
    let stage = Stage::new(&["k1", "k2", "k3", "f"], strategy, 200)
        .always("k1", 401)
        .always("k2", 429)
        .always("k3", 503)
        .always("f", 400);
    for played in stage.play() {
        let order = played.order();
        let keys: Vec<&str> = order.split(',').collect();
        assert_eq!((keys.len(), keys[6], played.status()), (7, "f", 503), "{order}");
        assert!(order.matches("k1").count() <= 1 && order.matches("k2").count() <= 1, "{order}");
        let failing = keys.iter().position(|&key| key == "k3").unwrap();
        assert!(keys[failing..6].iter().all(|&key| key == "k3"), "{order}");
        for (n, waited) in played.times().windows(2).enumerate() {
            let at_once = keys[n] == "k1" || n == 5;
            assert_eq!(waited[0] == waited[1], at_once, "{order} {waited:?}");
        }
    }
}

#[test]
fn bifrost_gives_each_provider_its_budget_whatever_the_others_said() {
    let strategy = r#"Bifrost(providers: [["a"], ["b"], ["c"]], max_retries: 2)"#;
    let stage = Stage::new(&["a", "b", "c"], strategy, 20).always("a", 429).always("b", 401).always("c", 503);
    for played in stage.play() {
        assert_eq!((played.order().as_str(), played.status()), ("a,a,a,b,c,c,c", 429));
    }
    let stage = Stage::new(&["a", "b", "c"], strategy, 20).always("a", 400).always("b", 503).always("c", 401);
    for played in stage.play() {
        assert_eq!((played.order().as_str(), played.status()), ("a,b,b,b,c", 400));
    }
}

/// Two variants of two providers, each gone through twice.
#[test]
fn tensorzero_retries_each_variant_as_a_whole() {
    let strategy = r#"TensorZero(variants: [["a", "b"], ["c", "d"]], retries: 1)"#;
    let stage = ["a", "b", "c", "d"]
        .into_iter()
        .fold(Stage::new(&["a", "b", "c", "d"], strategy, 50), |stage, name| stage.always(name, 503));
    for played in stage.play() {
        assert_eq!(played.order(), "a,b,a,b,c,d,c,d");
        let waits: Vec<f64> = played.times().windows(2).map(|times| times[1] - times[0]).collect();
        for (n, &wait) in waits.iter().enumerate() {
            let expected = if [1, 5].contains(&n) { 1.0 - 1e-5..=2.0 + 1e-5 } else { 0.0..=0.0 };
            assert!(expected.contains(&wait), "{waits:?}");
        }
    }
}

#[test]
fn kong_goes_round_three_targets_twice() {
    let strategy = r#"Kong(targets: ["a", "b", "c"], failover_criteria: [Error, Timeout, Http503])"#;
    let stage = Stage::new(&["a", "b", "c"], strategy, 5).always("a", 503).always("b", 503);
    // The last answer ends it, and the next request begins after the target that answered.
    let seen = orders(&stage.clone().always("c", 503).play());
    assert!(seen.iter().all(|order| order == "a,b,c,a,b,c"), "{seen:?}");
    assert!(orders(&stage.play()).iter().all(|order| order == "a,b,c"));
    // What is no criterion puts nobody out either.
    let strategy = r#"Kong(targets: ["p", "f"], max_fails: 1)"#;
    let played = Stage::new(&["p", "f"], strategy, 6).always("p", 503).play();
    assert_eq!(orders(&played), ["p", "f", "p", "f", "p", "f"]);
}

#[test]
fn the_sdk_waits_for_120_s_and_not_for_121() {
    for (status, asks, times) in [
        (429, 120, vec![0.0, 120.0, 240.0]),
        (503, 120, vec![0.0, 120.0, 240.0]),
        (429, 121, vec![0.0]),
        (503, 121, vec![0.0]),
    ] {
        let fault = format!(r#"Down(status: {status}, retry_after: "{asks}s")"#);
        let played =
            Stage::new(&["p"], r#"OpenAiSdk(target: "p")"#, 1).fails("p", &fault, "0s", "24h").play();
        assert_eq!((played[0].times(), played[0].status()), (times, status), "{asks}");
    }
}

/// 502, 503, 500, 504, 502, 503: the fifth in a row is a 5xx; the third gateway failure in a row is the sixth, for a 500 is
/// none.
#[test]
fn envoy_counts_gateway_failures_apart() {
    for (keys, ejects) in [
        ("", 5),
        ("consecutive_5xx: 4,", 4),
        (
            "enforcing_consecutive_5xx: 0, consecutive_gateway_failure: 3, enforcing_consecutive_gateway_failure: 100,",
            6,
        ),
        ("consecutive_gateway_failure: 2, enforcing_consecutive_gateway_failure: 100,", 2),
        ("consecutive_gateway_failure: 2,", 5),
        ("enforcing_consecutive_5xx: 0, consecutive_gateway_failure: 3,", 8),
    ] {
        let strategy = format!(
            r#"Envoy(targets: ["p", "f"], priorities: [["p"], ["f"]], outlier_detection: ({keys} max_ejection_percent: 100))"#
        );
        let mut stage = Stage::new(&["p", "f"], &strategy, 0).requests_at((0..8).map(|n| 1_000 * n));
        for (n, status) in [502, 503, 500, 504, 502, 503, 503, 503].into_iter().enumerate() {
            let (from, until) = (format!("{n}s"), format!("{n}s500ms"));
            stage = stage.fails("p", &format!("Down(status: {status})"), &from, &until);
        }
        let at_p = stage.play().iter().filter(|p| p.order() == "p").count();
        assert_eq!(at_p, ejects, "{keys}");
    }
}

/// A Retry-After of 20 s and half a minute more: back at 50 s.
#[test]
fn helicone_adds_half_a_minute_to_a_retry_after() {
    let stage = Stage::new(&["a"], r#"Helicone(targets: ["a"])"#, 0)
        .fails("a", r#"Down(status: 429, retry_after: "20s")"#, "0s", "1s")
        .requests_at([0, 49_900, 50_100]);
    assert_eq!(orders(&stage.play()), ["a", "", "a"]);
}

/// Sixty 400s in a row, or timeouts of its own client errors: nothing that Helicone leaves a target for.
#[test]
fn helicone_does_not_leave_a_target_for_its_callers_errors() {
    for status in [400, 401, 403, 404, 422] {
        let stage = Stage::new(&["a"], r#"Helicone(targets: ["a"])"#, 60).always("a", status);
        assert!(
            stage.requests_at((0..60).map(|n| 500 * n)).play().iter().all(|p| p.order() == "a"),
            "{status}"
        );
    }
}

/// After a Retry-After that was waited for, Portkey's further retries do not wait.
#[test]
fn portkey_does_not_wait_again_after_a_retry_after() {
    let strategy = r#"Portkey(targets: ["p", "f"], retry: (attempts: 2, use_retry_after_header: true))"#;
    let stage = Stage::new(&["p", "f"], strategy, 1)
        .fails("p", r#"Down(status: 429, retry_after: "2s")"#, "0s", "1s")
        .fails("p", "Down(status: 503)", "1s", "1h");
    let played = stage.play();
    assert_eq!((played[0].order().as_str(), played[0].times()), ("p,p,p,f", vec![0.0, 2.0, 2.0, 2.0]));
}

/// `First`: what the first group ended with, whatever came of the others.
#[test]
fn the_first_groups_failure_is_what_first_says() {
    for (failed, status) in [("First", 503), ("Last", 429), ("As(502)", 502)] {
        let strategy =
            format!(r#"Composed(targets: ["p", "f"], groups: [["p"], ["f"]], gives_up: (failed: {failed}))"#);
        let played = Stage::new(&["p", "f"], &strategy, 1).always("p", 503).always("f", 429).play();
        assert_eq!((played[0].order().as_str(), played[0].status()), ("p,f", status), "{failed}");
    }
}
