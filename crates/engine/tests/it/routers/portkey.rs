//! Portkey's gateway.

use super::stage::{CHI_SQUARE_999, Stage, chi_square, first_choices};

const RETRYING: &str = r#"Portkey(targets: ["p", "f"], retry: (attempts: 2))"#;

/// Also failoverbench S04 (12 Sep 2026): 0.01, 1.02, 3.03, fallback 3.04 s. There is no memory: every request the same.
#[test]
fn t25_retries_at_1_and_3_s_and_falls_back_at_3_s() {
    for status in [429, 500, 502, 503, 504] {
        for played in Stage::new(&["p", "f"], RETRYING, 20).always("p", status).play() {
            assert_eq!((played.order().as_str(), played.times()), ("p,p,p,f", vec![0.0, 1.0, 3.0, 3.0]));
            assert_eq!(played.status(), 200);
        }
    }
}

/// Also failoverbench S06 (12 Sep 2026): one attempt at each, and the answer after 31 s, which took a second there and
/// takes 0.2 s here.
#[test]
fn t26_a_timeout_falls_back_at_once() {
    let strategy = r#"Portkey(targets: ["p", "f"], retry: (attempts: 2), request_timeout: "30s")"#;
    for played in Stage::new(&["p", "f"], strategy, 5).fails("p", "Blackhole", "0s", "24h").play() {
        assert_eq!((played.order().as_str(), played.times()), ("p,f", vec![0.0, 30.0]));
        assert_eq!((played.status(), played.answer.unwrap().1), (200, 30.2));
    }
}

#[test]
fn retries_are_off_unless_asked_for() {
    let strategy = r#"Portkey(targets: ["p", "f"])"#;
    let played = Stage::new(&["p", "f"], strategy, 1).always("p", 503).play();
    assert_eq!((played[0].order().as_str(), played[0].times()), ("p,f", vec![0.0, 0.0]));
}

/// 501 and 529 are no defaults; 400, 401, 402 and 403 fall back, too (failoverbench S12 and S13: one attempt at each).
#[test]
fn other_failures_fall_back_at_once() {
    for status in [400, 401, 402, 403, 404, 408, 422, 501, 529] {
        let played = Stage::new(&["p", "f"], RETRYING, 1).always("p", status).play();
        assert_eq!((played[0].order().as_str(), played[0].times()), ("p,f", vec![0.0, 0.0]), "{status}");
    }
}

#[test]
fn statuses_may_be_chosen() {
    let strategy = r#"Portkey(targets: ["p", "f"], on_status_codes: ["429"],
                              retry: (attempts: 1, on_status_codes: ["401"]))"#;
    for (status, order, answer) in [(401, "p,p", 401), (503, "p", 503), (429, "p,f", 200)] {
        let played = Stage::new(&["p", "f"], strategy, 1).always("p", status).play();
        assert_eq!((played[0].order().as_str(), played[0].status()), (order, answer), "{status}");
    }
}

/// p serves one request a minute and says when the next may come: after 50 s, which is waited for exactly, and without
/// `use_retry_after_header` is not. A limit by the hour asks for more than 60 s: no retry.
#[test]
fn a_retry_after_is_waited_for_if_the_gateway_is_told_to() {
    let heeding = r#"Portkey(targets: ["p", "f"], retry: (attempts: 2, use_retry_after_header: true))"#;
    for (strategy, limit, order, times) in [
        (heeding, "rpm", "p,p", vec![0.0, 50.0]),
        (RETRYING, "rpm", "p,p,p,f", vec![0.0, 1.0, 3.0, 3.0]),
        (heeding, "rph", "p,f", vec![0.0, 0.0]),
        (RETRYING, "rph", "p,p,p,f", vec![0.0, 1.0, 3.0, 3.0]),
    ] {
        let mut stage = Stage::new(&["p", "f"], strategy, 2).requests_at([0, 10_000]);
        stage.endpoints[0].2 = format!("limits: ({limit}: 1, refill: Window, retry_after: true)");
        let played = stage.play();
        assert_eq!((played[1].order().as_str(), played[1].times()), (order, times), "{strategy} {limit}");
    }
}

/// Weights 3, 1 and 0 (2 degrees of freedom would count the target that is never asked: it has one), 4,000 requests; and
/// who fails has no stand-in.
#[test]
fn load_is_balanced_by_weight_and_nobody_stands_in() {
    let strategy = r#"Portkey(targets: ["a", "b", "c"], mode: LoadBalance([0.75, 0.25, 0.0]))"#;
    let played = Stage::new(&["a", "b", "c"], strategy, 4_000).always("b", 503).play();
    let counts = first_choices(&played, &["a", "b", "c"]);
    assert_eq!(counts[2], 0);
    assert!(chi_square(&counts[..2], &[0.75, 0.25]) < CHI_SQUARE_999[0], "{counts:?}");
    for played in &played {
        let expected = if played.order() == "b" { 503 } else { 200 };
        assert_eq!((played.attempts.len(), played.status()), (1, expected));
    }
}

/// Without weights all have weight 1 (2 degrees of freedom, 3,000 requests); a mode nests by a router as a target.
#[test]
fn a_balanced_group_falls_back_when_it_is_nested() {
    let mut stage = Stage::new(&["a", "b", "c", "f"], r#"Portkey(targets: ["balanced", "f"])"#, 3_000);
    stage.routers =
        r#"(name: "balanced", strategy: Portkey(targets: ["a", "b", "c"], mode: LoadBalance([]))),"#
            .to_owned();
    let played = stage.always("b", 503).play();
    let counts = first_choices(&played, &["a", "b", "c"]);
    assert!(chi_square(&counts, &[1.0 / 3.0; 3]) < CHI_SQUARE_999[1], "{counts:?}");
    for played in &played {
        let b = played.attempts[0].1 == "b";
        assert_eq!((played.order().ends_with("b,f"), played.status()), (b, 200));
    }
}

const HOSTED: &str = r#"Portkey(targets: ["p", "f"],
    circuit_breaker: (failure_threshold: 2, cooldown_interval: "60s"))"#;

/// Requests every 10 s: the third failure is more than two and opens it at 20 s; it closes at 80 s.
#[test]
fn a_breaker_opens_above_its_threshold_and_closes_by_the_clock() {
    let played = Stage::new(&["p", "f"], HOSTED, 12).always("p", 503).play();
    let orders: Vec<String> = played.iter().map(super::stage::Played::order).collect();
    let expected = ["p,f", "p,f", "p,f", "f", "f", "f", "f", "f", "p,f", "p,f", "p,f", "f"];
    assert_eq!(orders, expected);
}

#[test]
fn t27_when_every_breaker_is_open_all_are_bypassed() {
    let played = Stage::new(&["p", "f"], HOSTED, 8).always("p", 503).always("f", 503).play();
    // Open from 20 s on, both of them: still tried, in order.
    for played in &played {
        assert_eq!((played.order().as_str(), played.status()), ("p,f", 503));
    }
    // When f is well again it is still believed down, and so is p.
    let stage =
        Stage::new(&["p", "f"], HOSTED, 8).always("p", 503).fails("f", "Down(status: 503)", "0s", "25s");
    let played = stage.play();
    assert_eq!(played[2].status(), 503);
    assert_eq!((played[3].order().as_str(), played[3].status()), ("p,f", 200));
    // One that is closed is no reason to bypass the other.
    let stage =
        Stage::new(&["p", "f"], HOSTED, 5).always("p", 503).fails("f", "Down(status: 500)", "0s", "24h");
    let played = stage.play();
    assert_eq!((played[3].order().as_str(), played[3].status()), ("f", 500));
}

/// failoverbench S07 (12 Sep 2026): 20 s to the first token, and nobody minds.
#[test]
fn t43_a_first_token_after_20_s_is_waited_for() {
    let stage = Stage::new(&["p", "f"], RETRYING, 3).fails("p", "SlowFirstToken(slowdown: 200)", "0s", "24h");
    for played in stage.play() {
        assert_eq!((played.order().as_str(), played.status()), ("p", 200));
        assert!((20.0..20.5).contains(&played.answer.unwrap().1));
    }
}
