//! What each fault makes of a request, and what the ledger calls it.

use crate::support::{Small, endpoint, fallback, fault, run, workload};

/// Causes of leak and their requests: all, and avoidable.
fn causes(small: &Small) -> Vec<(String, u64, u64)> {
    let leak = small.run().summary.leak;
    leak.by_cause.into_iter().map(|(cause, line)| (cause, line.requests, line.avoidable_requests)).collect()
}

fn only(small: &Small, cause: &str) -> (u64, u64) {
    let causes = causes(small);
    assert_eq!(causes.len(), 1, "{causes:?}");
    assert_eq!(causes[0].0, cause);
    (causes[0].1, causes[0].2)
}

#[test]
fn down_leaks_by_outage_and_not_avoidably() {
    let (requests, avoidable) = only(&fallback("", &fault("a", "Down()", "2m", "4m")), "outage");
    // 120 are expected; Poisson, 3.3 standard deviations (99.9 %).
    assert!(requests.abs_diff(120) < 37, "{requests}");
    // A refusal takes a round trip: only those refused just before the end find the plan healthy again.
    assert!(avoidable <= 2, "{avoidable}");
}

#[test]
fn blackhole_behind_a_timer_is_an_outage() {
    let small = fallback(r#"timeouts: (first_token: "2s")"#, &fault("plan", "Blackhole", "2m", "4m"));
    let (requests, _) = only(&small, "outage");
    assert!(requests.abs_diff(120) < 37, "{requests}");
    // Each waits the two seconds: none is served faster than that by the spare.
    let output = small.run();
    assert!(output.summary.endpoints["spare"].ttft_s.p50.unwrap() < 0.2);
    assert!(output.summary.ttft_s.p95.unwrap() > 2.0);
}

#[test]
fn brownout_behind_a_timer_is_slow() {
    let mut small =
        fallback(r#"timeouts: (first_token: "1s")"#, &fault("plan", "Brownout(slowdown: 50.0)", "2m", "4m"));
    // With slots to spare, though each abandoned request holds one for long.
    small.endpoints =
        endpoint("plan", "a", "when_abandoned: Stops", "", "$1/M") + &endpoint("spare", "b", "", "", "$3/M");
    assert_eq!(only(&small, "slow").1, 0, "a brownout is no health");
}

#[test]
fn errors_leak_their_share() {
    let (requests, _) =
        only(&fallback("", &fault("plan", "Errors(share: 0.5, status: 500)", "0s", "10m")), "outage");
    // Binomial(about 600, 1/2) of a Poisson count: standard deviation below 18; 3.3 of them.
    assert!(requests.abs_diff(300) < 58, "{requests}");
}

#[test]
fn limits_leak_by_the_limit_that_was_reached() {
    let mut small = fallback("", "");
    small.endpoints =
        endpoint("plan", "a", "", "limits: (rpm: 30),", "$1/M") + &endpoint("spare", "b", "", "", "$3/M");
    let (requests, avoidable) = only(&small, "rate_limit_requests");
    // The refusal is a round trip old when the spare is asked: an allowance may have come back meanwhile, every 2 s.
    assert!(requests > 100 && avoidable * 20 < requests, "{avoidable} of {requests}");
    small.endpoints =
        endpoint("plan", "a", "", "limits: (tpm: 4530),", "$1/M") + &endpoint("spare", "b", "", "", "$3/M");
    only(&small, "rate_limit_tokens");
    small.endpoints = endpoint("plan", "a", "", "limits: (concurrency: 1),", "$1/M")
        + &endpoint("spare", "b", "", "", "$3/M");
    only(&small, "rate_limit_requests");
}

#[test]
fn a_rate_limit_spike_leaks_by_rate_limit() {
    let mut small = fallback("", &fault("plan", "RateLimitSpike(scale: 0.1)", "2m", "6m"));
    small.endpoints =
        endpoint("plan", "a", "", "limits: (rpm: 200),", "$1/M") + &endpoint("spare", "b", "", "", "$3/M");
    only(&small, "rate_limit_requests");
}

#[test]
fn full_slots_leak_by_overload() {
    let mut small = fallback("", "");
    small.workloads = workload("router", "plan", "30/s");
    let (requests, avoidable) = only(&small, "overload");
    assert!(requests > 100);
    // The refusal is a round trip old when the spare is asked; a slot may have come free meanwhile.
    assert!(avoidable < requests, "{avoidable} of {requests}");
}

#[test]
fn a_cooldown_that_outlasts_its_outage_is_avoidable() {
    let extras = r#"cooldown: (failures: 1, within: "10s", length: "60s")"#;
    let small = fallback(extras, &fault("plan", "Down()", "120s", "121s"));
    let output = run(&small.resolve());
    let cooldown = output.summary.leak.by_cause.get("cooldown").expect("the cooldown goes on for a minute");
    assert_eq!(cooldown.requests, cooldown.avoidable_requests);
    let seen = &output.summary.faults[0];
    // A lag of 60 s less the second that the fault lasted, and up to some arrivals' gaps.
    assert!((58.0..60.1).contains(&seen.failback_lag_s.unwrap()), "{seen:?}");
}

#[test]
fn a_balancer_that_spreads_off_the_plan_spills() {
    let mut small = fallback("", "");
    small.routers = r#"(name: "router", strategy: OpenRouterLegacy(targets: ["plan", "spare"])),"#.to_owned();
    let (requests, avoidable) = only(&small, "spill");
    // Weights 1 and 1/9: a tenth of about 600 requests; standard deviation 7.7, 3.3 of them.
    assert!(requests.abs_diff(60) < 26, "{requests}");
    assert_eq!(requests, avoidable);
}

#[test]
fn a_price_guard_that_forbids_the_plan_is_a_guard() {
    let mut small = fallback("", "");
    small.endpoints = endpoint("plan", "a", "", "", "$3/M") + &endpoint("spare", "b", "", "", "$1/M");
    small.routers = r#"(name: "router", strategy: OpenRouterLegacy(
        targets: ["plan", "spare"], max_price: (input: "$2/M", output: "$2/M"), order: ["plan"])),"#
        .to_owned();
    only(&small, "guard");
}

#[test]
fn a_router_that_wants_another_target_misroutes() {
    let mut small = fallback("", "");
    small.workloads = workload("router", "spare", "1/s");
    only(&small, "misroute");
}

#[test]
fn what_a_guard_turns_away_without_an_attempt_is_shed() {
    let mut small = fallback("", "");
    small.routers = r#"(name: "router", strategy: OpenRouterLegacy(
        targets: ["plan", "spare"], max_price: (input: "$0.5/M", output: "$0.5/M"))),"#
        .to_owned();
    let requests = small.run().summary.requests;
    assert_eq!(requests.shed, requests.arrived);
}

#[test]
fn a_grid_flips_to_a_dearer_upstream_when_its_cheap_one_is_out() {
    let small = Small {
        duration: "10m",
        endpoints: endpoint("cheap", "a", "", "", "$1/M") + &endpoint("dear", "b", "", "", "$10/M"),
        routers: r#"(name: "grid", region: "here", strategy: OpenRouterLegacy(targets: ["cheap", "dear"])),"#
            .to_owned(),
        workloads: workload("grid", "grid", "1/s"),
        faults: fault("a", "Down()", "2m", "7m"),
    };
    let output = small.run();
    let summary = &output.summary;
    assert_eq!(summary.requests.leaked, 0, "the grid is the plan");
    // 99 of 100 would have gone to the cheap one: about 297 of the 300 of five minutes.
    assert!(summary.flips.requests.abs_diff(297) < 60, "{:?}", summary.flips);
    // Each is 151 tokens at 9 micro-dollars more.
    let each = 151 * 9;
    let total = u128::from(summary.flips.requests) * each;
    assert_eq!(summary.flips.premium_usd, format!("0.{total:06}").trim_end_matches('0'));
    assert_eq!(output.twin.flips.requests, 0);
}
