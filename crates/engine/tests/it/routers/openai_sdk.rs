//! The OpenAI Python SDK, alone and on top of a gateway.

use super::stage::{Stage, fills, ranges};

const SDK: &str = r#"OpenAiSdk(target: "p")"#;

/// 0, 0.375–0.5 and 1.125–1.5 s, then the error. 2,000 requests miss an outer hundredth of a uniform range with
/// probability 0.99²⁰⁰⁰ = 2·10⁻⁹. The last time is the sum of two draws, whose density falls to zero at the ends: its
/// outer tenths are missed with about the same probability.
#[test]
fn a_dead_target_is_tried_three_times_within_the_scaled_jitter() {
    let played = Stage::new(&["p"], SDK, 2_000).always("p", 503).play();
    let seen = ranges(&played, "p,p,p");
    assert_eq!(seen[0], (0.0, 0.0));
    fills(seen[1], 0.375, 0.5, 0.01);
    fills(seen[2], 1.125, 1.5, 0.1);
    assert!(played.iter().all(|played| played.status() == 503));
}

/// failoverbench S04 (12 Sep 2026): 0, 0.49, 1.45 s and the error.
#[test]
fn failoverbench_s04_lies_in_the_range() {
    let played = Stage::new(&["p"], SDK, 2_000).always("p", 500).play();
    let near = |played: &super::stage::Played| {
        let times = played.times();
        (times[1] - 0.49).abs() < 0.01 && (times[2] - 1.45).abs() < 0.02
    };
    assert!(played.iter().any(near), "none of 2,000 requests is like the measured one");
}

#[test]
fn client_errors_but_408_409_and_429_are_not_retried() {
    for (status, attempts) in
        [(400, 1), (401, 1), (402, 1), (403, 1), (404, 1), (422, 1), (408, 3), (409, 3), (429, 3)]
    {
        let played = Stage::new(&["p"], SDK, 1).always("p", status).play();
        assert_eq!((played[0].attempts.len(), played[0].status()), (attempts, status), "{status}");
    }
}

/// A limit of one request a minute that says when to come back. The second request of each minute is refused with a
/// Retry-After to the end of that minute, waits exactly so long, and is served.
#[test]
fn a_retry_after_is_waited_for_exactly() {
    let mut stage = Stage::new(&["p"], SDK, 2).requests_at([0, 10_000]);
    stage.endpoints[0].2 = r#"limits: (rpm: 1, refill: Window, retry_after: true)"#.to_owned();
    let played = stage.play();
    assert_eq!(played[1].times(), [0.0, 50.0]);
    assert_eq!(played[1].status(), 200);
}

/// The same with a limit by the hour: 3,590 s are more than 120 s, and there is no retry at all.
#[test]
fn a_retry_after_beyond_120_s_ends_the_retries() {
    let mut stage = Stage::new(&["p"], SDK, 2).requests_at([0, 10_000]);
    stage.endpoints[0].2 = r#"limits: (rph: 1, refill: Window, retry_after: true)"#.to_owned();
    let played = stage.play();
    assert_eq!((played[1].order().as_str(), played[1].status()), ("p", 429));
}

/// It waits 600 s for an answer to begin. (The stage's clients wait no longer, so that there is no time for a retry.)
#[test]
fn t43_a_first_token_after_20_s_is_waited_for() {
    let stage = Stage::new(&["p"], SDK, 2).fails("p", "SlowFirstToken(slowdown: 200)", "0s", "24h");
    for played in stage.play() {
        assert_eq!((played.order().as_str(), played.status()), ("p", 200));
        assert!((20.0..20.5).contains(&played.answer.unwrap().1));
    }
}

/// Three tries of the client times three of the gateway's at each of its targets.
#[test]
fn retries_on_top_of_a_retrying_gateway_multiply() {
    let mut stage = Stage::new(&["p"], r#"OpenAiSdk(target: "gateway")"#, 50).always("p", 503);
    stage.routers = r#"(name: "gateway", strategy: Fallback(targets: ["p"], retries: 2)),"#.to_owned();
    for played in stage.play() {
        assert_eq!((played.attempts.len(), played.status()), (9, 503));
    }
    let mut stage =
        Stage::new(&["p", "f"], r#"OpenAiSdk(target: "gateway")"#, 50).always("p", 503).always("f", 503);
    stage.routers = r#"(name: "gateway", strategy: Fallback(targets: ["p", "f"], retries: 2)),"#.to_owned();
    for played in stage.play() {
        assert_eq!(played.order(), ["p,p,p,f,f,f"; 3].join(","));
    }
}
