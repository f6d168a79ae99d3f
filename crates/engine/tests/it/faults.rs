//! What each fault that is more than an outage does to single requests, to the nanosecond, and what some do together.
//!
//! Times as in [`exact`](crate::exact): 50 ms on the way there, 100 ms of prefill, 50 further tokens of 10 ms, 10 ms
//! on the way back.

use std::collections::BTreeSet;

use sandbox_engine::{EventKind, EventRecord};
use sandbox_model::{Answer, Status};

use crate::exact::{SINGLE, millis, one_request, two_endpoints};
use crate::support::{Small, endpoint, fault, run_logged};

const FALLBACK: &str = r#"(name: "router", strategy: Fallback(targets: ["plan", "spare"], retries: 2)),"#;

/// When the endpoints had something to tell [ms]: first tokens and last.
fn tokens(log: &[EventRecord]) -> Vec<u64> {
    log.iter().filter(|r| r.kind == EventKind::Endpoint).map(|r| millis(r.at)).collect()
}

/// What came back, and when [ms].
fn answers(log: &[EventRecord]) -> Vec<(u64, Answer)> {
    log.iter().filter_map(|r| r.answer.map(|answer| (millis(r.at), answer))).collect()
}

fn failed(status: u16) -> Answer {
    Answer::failed(Status(status))
}

/// Sixty workloads of one client each, under a gray failure of the plan for this share of clients: the workloads of
/// which no request was answered. A workload of which some were, and some not, fails the test.
fn clients_that_fail(faults: &str) -> BTreeSet<usize> {
    let workload = |n: usize| {
        format!(
            r#"(name: "w{n}", region: "here", entry: "router", plan: "plan", clients: (count: 1),
                arrivals: Poisson(rate: "60/h"), output: Constant(2)),"#
        )
    };
    let small = Small {
        duration: "1h",
        endpoints: two_endpoints(),
        routers: SINGLE.to_owned(),
        workloads: (0..60).map(workload).collect(),
        faults: faults.to_owned(),
    };
    let output = small.run();
    let fails = |n: &usize| {
        let requests = &output.summary.workloads[&format!("w{n}")].requests;
        assert!(requests.arrived > 20, "{n}: {requests:?}");
        let all_or_none = requests.failed == 0 || requests.failed == requests.arrived;
        assert!(all_or_none, "{n}: a client fared differently from request to request: {requests:?}");
        requests.failed > 0
    };
    (0..60).filter(fails).collect()
}

#[test]
fn a_gray_failure_hits_the_same_clients_every_time_and_no_other() {
    let gray = |share: f64| fault("plan", &format!("Gray(share: {share})"), "0s", "1h");
    let few = clients_that_fail(&gray(0.1));
    let some = clients_that_fail(&gray(0.3));
    // Binomial(60, 0.3): 18, standard deviation 3.55; 3.3 of them (99.9 %).
    assert!(some.len().abs_diff(18) < 12, "{some:?}");
    assert!(few.is_subset(&some) && few.len() < some.len(), "{few:?} {some:?}");
    assert_eq!(clients_that_fail(&gray(1.0)).len(), 60);
    // Two at once are one coin a client: the greater share is hit.
    assert_eq!(clients_that_fail(&(gray(0.1) + &gray(0.3))), some);
}

#[test]
fn a_slow_failure_holds_the_connection_and_then_ends_it() {
    let held = fault("plan", "SlowFail(hold: \"7s\")", "0s", "1m");
    let (output, log) = one_request(SINGLE, &two_endpoints(), &held);
    assert_eq!(answers(&log), [(7_060, failed(502))]);
    assert_eq!(output.summary.requests.failed, 1);
    assert_eq!(output.summary.cost_usd.total, "0");
    // It is held for as long even if the fault has ended meanwhile, and is tried again like any 502.
    let held = fault("plan", "SlowFail(hold: \"7s\")", "0s", "1s");
    let router = r#"(name: "router", strategy: Fallback(targets: ["plan", "spare"], retries: 1,
        backoff: (base: "1s", jitter: None))),"#;
    let (_, log) = one_request(router, &two_endpoints(), &held);
    assert_eq!(answers(&log), [(7_060, failed(502)), (8_060 + 620, Answer::Ok)]);
}

#[test]
fn a_timer_frees_the_caller_of_a_slow_failure_and_nothing_is_left_behind() {
    let router = r#"(name: "router", strategy: Fallback(targets: ["plan", "spare"], retries: 0,
        timeouts: (first_token: "2s"))),"#;
    let held = fault("plan", "SlowFail(hold: \"60s\")", "0s", "4m");
    let (output, log) = one_request(router, &two_endpoints(), &held);
    assert_eq!(answers(&log), [(2_660, Answer::Ok)]);
    assert!(log.iter().all(|r| r.kind != EventKind::Blank), "nobody waits for the blank answer");
    // The spare's 151 tokens, and nothing from the plan.
    assert_eq!(output.summary.cost_usd.total, "0.000453");
    assert_eq!(output.summary.leak.by_cause.keys().collect::<Vec<_>>(), ["outage"]);
    assert_eq!(output.summary.requests.in_flight, 0);
}

#[test]
fn a_slow_first_token_leaves_decoding_as_it_is() {
    let slow = fault("plan", "SlowFirstToken(slowdown: 5.0)", "0s", "1m");
    let (_, log) = one_request(SINGLE, &two_endpoints(), &slow);
    assert_eq!(tokens(&log), [550, 1_050]);
    // With a brownout on top prefill takes 5 · 2 times as long, decoding 2 times.
    let both = slow + &fault("plan", "Brownout(slowdown: 2.0)", "0s", "1m");
    let (_, log) = one_request(SINGLE, &two_endpoints(), &both);
    assert_eq!(tokens(&log), [1_050, 2_050]);
}

#[test]
fn streams_stand_still_while_a_stall_lasts_and_first_tokens_come() {
    let (_, log) = one_request(SINGLE, &two_endpoints(), &fault("plan", "Stall", "0s", "10s"));
    assert_eq!(tokens(&log), [150, 10_500]);
    // In the middle of a stream: 15 tokens are made before, 35 after.
    let (output, log) = one_request(SINGLE, &two_endpoints(), &fault("plan", "Stall", "300ms", "10s"));
    assert_eq!(tokens(&log), [150, 10_350]);
    assert_eq!(output.summary.cost_usd.total, "0.000151");
    // Two at once: until the last is over.
    let both = fault("plan", "Stall", "300ms", "10s") + &fault("plan", "Stall", "1s", "12s");
    let (_, log) = one_request(SINGLE, &two_endpoints(), &both);
    assert_eq!(tokens(&log), [150, 12_350]);
}

#[test]
fn what_stalls_has_streamed_and_is_not_tried_again() {
    let router = r#"(name: "router", strategy: Fallback(targets: ["plan", "spare"],
        timeouts: (first_token: "1s", total: "5s"))),"#;
    let (output, log) = one_request(router, &two_endpoints(), &fault("plan", "Stall", "0s", "10s"));
    let timer = log.iter().find(|r| r.kind == EventKind::Timer).unwrap();
    assert_eq!(millis(timer.at), 5_000, "the first token was in time: only the total can end it");
    assert_eq!((output.summary.attempts.total, output.summary.requests.failed), (1, 1));
}

#[test]
fn a_cut_stream_breaks_off_after_exactly_its_tokens_and_is_neither_billed_nor_tried_again() {
    let (output, log) =
        one_request(FALLBACK, &two_endpoints(), &fault("plan", "StreamCut(after: 20)", "0s", "1m"));
    // The first token at 150 ms, 19 more; 10 ms back.
    assert_eq!(tokens(&log), [150, 340]);
    assert_eq!(answers(&log), [(350, Answer::Cut)]);
    assert_eq!((output.summary.attempts.total, output.summary.requests.failed), (1, 1));
    assert_eq!(output.summary.cost_usd.total, "0");
    // The earliest of two; and one that is not shorter than the answer leaves it whole.
    let two = fault("plan", "StreamCut(after: 30)", "0s", "1m")
        + &fault("plan", "StreamCut(after: 10)", "0s", "1m");
    assert_eq!(tokens(&one_request(SINGLE, &two_endpoints(), &two).1), [150, 240]);
    let (output, log) =
        one_request(SINGLE, &two_endpoints(), &fault("plan", "StreamCut(after: 51)", "0s", "1m"));
    assert_eq!(answers(&log), [(660, Answer::Ok)]);
    assert_eq!(output.summary.cost_usd.total, "0.000151");
}

/// A status that callers take for their own mistake: no second try at the same target, but the next one is asked.
#[test]
fn a_wrong_status_is_not_retried_but_falls_through() {
    for kind in ["Down(status: 401)", "Errors(share: 1.0, status: 401)"] {
        let (output, log) = one_request(FALLBACK, &two_endpoints(), &fault("plan", kind, "0s", "1m"));
        assert_eq!(answers(&log), [(60, failed(401)), (60 + 660, Answer::Ok)], "{kind}");
        let attempts = output.summary.attempts;
        assert_eq!((attempts.total, attempts.retries, attempts.fallbacks), (2, 0, 1), "{kind}");
        assert_eq!(output.summary.leak.by_cause.keys().collect::<Vec<_>>(), ["outage"], "{kind}");
    }
    let (_, log) = one_request(SINGLE, &two_endpoints(), &fault("plan", "Down(status: 402)", "0s", "1m"));
    assert_eq!(answers(&log), [(60, failed(402))], "with nowhere to go the client gets it");
}

#[test]
fn faults_compose_as_their_table_says() {
    let on = |kind: &str| fault("plan", kind, "0s", "1m");
    // What a down endpoint refuses is not held, and what hangs does neither.
    let held = on("SlowFail(hold: \"7s\")");
    let (_, log) = one_request(SINGLE, &two_endpoints(), &(held.clone() + &on("Down()")));
    assert_eq!(answers(&log), [(60, failed(503))]);
    let (_, log) = one_request(SINGLE, &two_endpoints(), &(held.clone() + &on("Blackhole")));
    assert_eq!(answers(&log), []);
    // Errors, then gray, then slow failures.
    let gray = on("Gray(share: 1.0, status: 504)");
    let (_, log) = one_request(SINGLE, &two_endpoints(), &(held.clone() + &gray));
    assert_eq!(answers(&log), [(60, failed(504))]);
    let (_, log) = one_request(SINGLE, &two_endpoints(), &(gray + &on("Errors(share: 1.0, status: 500)")));
    assert_eq!(answers(&log), [(60, failed(500))]);
    // The longest hold.
    let longer = on("SlowFail(hold: \"9s\")");
    let (_, log) = one_request(SINGLE, &two_endpoints(), &(held + &longer));
    assert_eq!(answers(&log), [(9_060, failed(502))]);
    // A stream that stalls is broken off when its endpoint goes down, and one that is to be cut earlier still.
    let down = fault("plan", "Down()", "2s", "1m");
    let (_, log) = one_request(SINGLE, &two_endpoints(), &(on("Stall") + &down));
    assert_eq!(answers(&log), [(2_010, Answer::Cut)]);
    let (_, log) = one_request(SINGLE, &two_endpoints(), &(on("StreamCut(after: 20)") + &down));
    assert_eq!(answers(&log), [(350, Answer::Cut)]);
    // A cut waits for its token while the stream stalls.
    let stall = fault("plan", "Stall", "0s", "10s");
    let (_, log) = one_request(SINGLE, &two_endpoints(), &(on("StreamCut(after: 20)") + &stall));
    assert_eq!(answers(&log), [(10_200, Answer::Cut)]);
}

/// A request that no fault hits goes through a faulty target as through a healthy one.
#[test]
fn a_fault_of_which_a_request_is_spared_changes_nothing_for_it() {
    let (_, calm) = one_request(SINGLE, &two_endpoints(), "");
    let spared =
        ["Gray(share: 0.0)", "SlowFail(share: 0.0)", "StreamCut(share: 0.0, after: 1)", "Errors(share: 0.0)"];
    for kind in spared {
        let (_, log) = one_request(SINGLE, &two_endpoints(), &fault("plan", kind, "0s", "1m"));
        let of_requests = |log: &[EventRecord]| {
            let faults = [EventKind::FaultBegin, EventKind::FaultEnd];
            log.iter().filter(|r| !faults.contains(&r.kind)).copied().collect::<Vec<_>>()
        };
        assert_eq!(of_requests(&log), of_requests(&calm), "{kind}");
    }
}

/// The same request meets the same luck at a target whatever router asks.
#[test]
fn luck_belongs_to_the_request_and_not_to_the_router() {
    let small = |routers: &str| Small {
        duration: "10m",
        endpoints: endpoint("plan", "a", "", "", "$1/M") + &endpoint("spare", "b", "", "", "$3/M"),
        routers: routers.to_owned(),
        workloads: crate::support::workload("router", "plan", "1/s"),
        faults: fault("plan", "StreamCut(share: 0.5, after: 20)", "0s", "10m"),
    };
    let cut = |routers: &str| {
        let (_, log) = run_logged(&small(routers).resolve());
        let cuts = log.iter().filter(|r| r.answer == Some(Answer::Cut));
        cuts.map(|r| r.request.unwrap().1).collect::<BTreeSet<_>>()
    };
    let single = cut(SINGLE);
    // Binomial(about 600, 1/2) of a Poisson count: standard deviation below 18; 3.3 of them.
    assert!(single.len().abs_diff(300) < 59, "{}", single.len());
    assert_eq!(single, cut(FALLBACK));
}

#[test]
fn a_probe_fails_where_all_capacity_is_lost() {
    let failed = |share: f64| {
        let small = Small {
            duration: "10m",
            endpoints: two_endpoints(),
            routers: SINGLE.to_owned(),
            workloads: crate::support::workload("router", "plan", "1/s"),
            faults: fault("plan", &format!("CapacityLoss(share: {share})"), "2m", "5m"),
        };
        let text =
            small.text().replace("weather: (", r#"probes: [(name: "page", target: "plan")], weather: ("#);
        let resolved = sandbox_scenario::Resolved::parse("probes.ron", &text, None, &[]).unwrap();
        crate::support::run(&resolved).summary.probes[0].failed
    };
    assert_eq!((failed(1.0), failed(0.5)), (3, 0));
}
