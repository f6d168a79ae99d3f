//! Single requests, worked out by hand to the nanosecond and the pico-dollar.
//!
//! The network inside the region takes 20 ms a round trip, so a first request spends 50 ms on the way there (TCP, TLS,
//! half a round trip), 10 ms on the way back; the prefill takes 100 ms, each of the other 50 tokens 10 ms.

use std::io::Write as _;

use sandbox_core::{Span, Time};
use sandbox_engine::{EventKind, EventRecord};
use sandbox_model::{Answer, Status};

use crate::support::{Small, endpoint, fault, run_logged};

/// One request at the start, from a trace, through a router with these extras.
pub(crate) fn one_request(
    routers: &str,
    endpoints: &str,
    faults: &str,
) -> (sandbox_engine::RunOutput, Vec<EventRecord>) {
    run_logged(&small(routers, endpoints, faults).small.resolve())
}

/// A scenario, and the trace file that it reads.
struct WithTrace {
    small: Small,
    _trace: tempfile::NamedTempFile,
}

fn small(routers: &str, endpoints: &str, faults: &str) -> WithTrace {
    let mut trace = tempfile::NamedTempFile::new().expect("a temporary file");
    trace
        .write_all(b"TIMESTAMP,ContextTokens,GeneratedTokens\n2026-01-01 00:00:00.0000000,100,51\n")
        .expect("a temporary file can be written");
    let small = Small {
        duration: "5m",
        endpoints: endpoints.to_owned(),
        routers: routers.to_owned(),
        workloads: format!(
            r#"(name: "w", region: "here", entry: "router", plan: "plan", deadline: "60s",
                arrivals: Trace(file: "{}")),"#,
            trace.path().display()
        ),
        faults: faults.to_owned(),
    };
    WithTrace { small, _trace: trace }
}

pub(crate) fn two_endpoints() -> String {
    endpoint("plan", "a", "", "", "$1/M") + &endpoint("spare", "b", "", "", "$3/M")
}

/// What happened, without faults' own events.
fn happened(log: &[EventRecord]) -> Vec<(EventKind, u64)> {
    log.iter()
        .filter(|r| !matches!(r.kind, EventKind::FaultBegin | EventKind::FaultEnd))
        .map(|r| (r.kind, r.at.as_nanos() / 1_000))
        .collect()
}

/// Whole milliseconds: paces are rounded down, so that 50 tokens may take a few nanoseconds more.
pub(crate) fn millis(at: Time) -> u64 {
    at.as_nanos() / 1_000_000
}

const MS: u64 = 1_000;
pub(crate) const SINGLE: &str = r#"(name: "router", strategy: Single(target: "plan")),"#;

#[test]
fn a_served_request_takes_network_prefill_and_decode() {
    let (output, log) = one_request(SINGLE, &two_endpoints(), "");
    use EventKind::{Arrival, Deliver, Endpoint, Return};
    let expected = [
        (Arrival, 0),
        (Deliver, 50 * MS),
        // The first token; 50 more at 10 ms each; the way back.
        (Endpoint, 150 * MS),
        (Endpoint, 650 * MS),
        (Return, 660 * MS),
    ];
    assert_eq!(happened(&log), expected);
    // 151 tokens at a micro-dollar each; the first token is at the client after 160 ms.
    assert_eq!(output.summary.cost_usd.total, "0.000151");
    let ttft = output.summary.ttft_s.p50.unwrap();
    assert!((ttft - 0.160).abs() <= 0.0016, "{ttft}");
}

#[test]
fn retries_wait_their_backoff_and_the_fallback_comes_at_once() {
    let router = r#"(name: "router", strategy: Fallback(targets: ["plan", "spare"],
        retries: 2, backoff: (base: "1s", jitter: None))),"#;
    let (output, log) = one_request(router, &two_endpoints(), &fault("plan", "Down()", "0s", "1m"));
    let returns: Vec<(u64, Answer)> =
        log.iter().filter_map(|r| r.answer.map(|answer| (r.at.as_nanos() / 1_000_000, answer))).collect();
    let down = Answer::failed(Status::UNAVAILABLE);
    // 60 ms for the first refusal, then waits of 1 and 2 s and a round trip of 20 ms each on the open connection.
    assert_eq!(returns, [(60, down), (1_080, down), (3_100, down), (3_100 + 660, Answer::Ok)]);
    let attempts = output.summary.attempts;
    assert_eq!((attempts.total, attempts.retries, attempts.fallbacks), (4, 2, 1));
    assert_eq!(output.summary.cost_usd.total, "0.000453");
    assert_eq!(output.summary.leak.premium_usd, "0.000302");
    assert_eq!(output.summary.cost_usd.twin, "0.000151");
}

#[test]
fn a_grid_in_between_adds_its_own_hop() {
    let routers = r#"
        (name: "router", strategy: Fallback(targets: ["plan", "grid"], retries: 0)),
        (name: "grid", region: "here", overhead: "5ms", strategy: OpenRouterLegacy(targets: ["spare"])),"#;
    let (output, log) = one_request(routers, &two_endpoints(), &fault("plan", "Down()", "0s", "1m"));
    let end = log.iter().rev().find(|r| r.kind == EventKind::Return).unwrap().at;
    // Refused after 60 ms; 50 ms to the grid and 5 ms inside it; 50 + 600 + 10 ms at the spare; 10 ms back.
    assert_eq!(millis(end), 60 + 55 + 660 + 10);
    assert_eq!(output.summary.routers["grid"].requests.leaked, 1);
    assert_eq!(output.summary.endpoints["spare"].requests.leaked, 1);
}

#[test]
fn a_timer_moves_on_and_what_was_left_behind_is_billed() {
    let router = r#"(name: "router", strategy: Fallback(targets: ["plan", "spare"], retries: 0,
        timeouts: (first_token: "2s"))),"#;
    let slow = fault("plan", "Brownout(slowdown: 100.0)", "0s", "4m");
    let (output, log) = one_request(router, &two_endpoints(), &slow);
    let timer = log.iter().find(|r| r.kind == EventKind::Timer).unwrap();
    assert_eq!(timer.at, Time::ZERO + Span::from_secs(2));
    // The plan serves on for nobody: 10 s of prefill, then 50 tokens at 1 s each.
    let last_token = log.iter().rev().find(|r| r.kind == EventKind::Endpoint).unwrap();
    assert_eq!(millis(last_token.at), 50 + 10_000 + 50_000);
    assert_eq!(output.summary.cost_usd.wasted, "0.000151");
    assert_eq!(output.summary.cost_usd.total, "0.000604");
    assert_eq!(output.summary.requests.leaked, 1);
}

#[test]
fn a_stopped_request_bills_the_tokens_that_were_made() {
    let endpoints =
        endpoint("plan", "a", "when_abandoned: Stops", "", "$1/M") + &endpoint("spare", "b", "", "", "$3/M");
    let router = r#"(name: "router", strategy: Fallback(targets: ["plan", "spare"], retries: 0,
        timeouts: (total: "2s"))),"#;
    // Ten times slower from the second token on: 1.15 s is the first token's time, then 10 tokens a second.
    let slow = fault("plan", "Brownout(slowdown: 10.0)", "0s", "4m");
    let (output, _) = one_request(router, &endpoints, &slow);
    // At the plan from 50 ms, first token at 1.05 s, gone at 2 s: 9 further tokens of 100 ms. Having streamed, it fails.
    assert_eq!(output.summary.cost_usd.wasted, "0.00011");
    assert_eq!(output.summary.requests.failed, 1);
}

#[test]
fn a_stream_that_breaks_off_is_not_tried_again() {
    let router = r#"(name: "router", strategy: Fallback(targets: ["plan", "spare"])),"#;
    let (output, log) = one_request(router, &two_endpoints(), &fault("plan", "Down()", "300ms", "1m"));
    assert_eq!(log.iter().rev().find_map(|r| r.answer), Some(Answer::Cut));
    assert_eq!(output.summary.requests.failed, 1);
    assert_eq!(output.summary.attempts.total, 1);
    // Before the first token it is.
    let (output, _) = one_request(router, &two_endpoints(), &fault("plan", "Down()", "100ms", "1m"));
    assert_eq!(output.summary.requests.leaked, 1);
}

/// The same break in the middle of an answer, for a client that takes it whole: the fallback serves it, and its first token is
/// there with its last.
#[test]
fn an_answer_that_comes_whole_is_tried_again_after_its_first_token() {
    let router = r#"(name: "router", strategy: Fallback(targets: ["plan", "spare"], retries: 0)),"#;
    let mut whole = small(router, &two_endpoints(), &fault("plan", "Down()", "300ms", "1m"));
    whole.small.workloads = whole.small.workloads.replace("deadline:", "stream: false, deadline:");
    let (output, log) = run_logged(&whole.small.resolve());
    let end = log.iter().rev().find(|r| r.kind == EventKind::Return).unwrap();
    // Broken off at 300 ms and known at 310 ms; 50 ms to the spare, 600 ms there, 10 ms back.
    assert_eq!((millis(end.at), end.answer), (310 + 660, Some(Answer::Ok)));
    assert_eq!((output.summary.requests.leaked, output.summary.requests.failed), (1, 0));
    let ttft = output.summary.ttft_s.p50.expect("it was served");
    assert!((ttft / 0.97 - 1.0).abs() < 0.01, "{ttft}");
}

#[test]
fn the_client_gives_up_at_its_deadline() {
    let (output, log) = one_request(SINGLE, &two_endpoints(), &fault("plan", "Blackhole", "0s", "5m"));
    let timer = log.iter().find(|r| r.kind == EventKind::Timer).unwrap();
    assert_eq!(timer.at, Time::ZERO + Span::from_secs(60));
    assert_eq!(output.summary.requests.failed, 1);
    assert_eq!(output.summary.cost_usd.total, "0");
}
