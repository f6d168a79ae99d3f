//! Conservation, the twin and the clairvoyant bound, under drawn weather.
//!
//! Conservation itself is checked by the engine in every run; here are runs that try to break it.

use proptest::prelude::*;
use sandbox_engine::RunOutput;
use sandbox_scenario::Resolved;

use crate::support::{Small, endpoint, fault, run, workload};

/// Seconds, as the scenario format writes them.
fn seconds(range: std::ops::Range<u32>) -> impl Strategy<Value = u32> {
    range
}

fn kind() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Down()".to_owned()),
        Just("Blackhole".to_owned()),
        (2..60_u32).prop_map(|s| format!("Brownout(slowdown: {s}.0)")),
        (1..10_u32, prop::sample::select(vec![401, 403, 429, 500, 503]))
            .prop_map(|(tenths, status)| format!("Errors(share: 0.{tenths}, status: {status})")),
        (0..9_u32).prop_map(|tenths| format!("RateLimitSpike(scale: 0.{tenths})")),
    ]
}

fn drawn_fault() -> impl Strategy<Value = String> {
    let target = prop::sample::select(vec!["a", "b", "plan", "spare", "up1", "up2"]);
    let gateway =
        (0..3_u32).prop_map(|n| ["Down()", "Blackhole", "Errors(share: 0.4, status: 401)"][n as usize]);
    let window = || (seconds(0..280), seconds(1..120));
    prop_oneof![
        6 => (target, kind(), window())
            .prop_map(|(target, kind, (from, length))| fault(target, &kind, &format!("{from}s"), &format!("{}s", from + length))),
        1 => (gateway, window())
            .prop_map(|(kind, (from, length))| fault("grid", kind, &format!("{from}s"), &format!("{}s", from + length))),
    ]
}

/// A hybrid over a plan, a grid of two and a spare, squeezed by limits, timers and patience.
fn scenario(faults: &[String], rate: u32, timers: &str, stops: bool) -> Small {
    let abandoned = if stops { "when_abandoned: Stops, queue: 3, queue_wait: \"2s\"" } else { "queue: 3" };
    let limits = "limits: (rpm: 200, tpm: 60000, concurrency: 9, retry_after: true),";
    Small {
        duration: "5m",
        endpoints: endpoint("plan", "a", abandoned, limits, "$1/M")
            + &endpoint("up1", "a", abandoned, "", "$1.5/M")
            + &endpoint("up2", "b", abandoned, limits, "$2/M")
            + &endpoint("spare", "c", abandoned, "", "$4/M"),
        routers: format!(
            r#"(name: "hybrid", strategy: Fallback(targets: ["plan", "grid", "spare"], retries: 1,
                    cooldown: (failures: 3, within: "10s", length: "15s", at_once: ["429"], retry_after: true), timeouts: ({timers}))),
               (name: "grid", region: "here", strategy: OpenRouterLegacy(targets: ["up1", "up2"],
                    timeouts: (first_token: "3s"))),
               (name: "stateless", strategy: Fallback(targets: ["plan", "grid", "spare"], timeouts: ({timers}))),
               (name: "single", strategy: Single(target: "plan")),
               (name: "clairvoyant", strategy: Clairvoyant(targets: ["plan", "grid", "spare"])),"#
        ),
        workloads: workload("hybrid", "plan", &format!("{rate}/s"))
            + r#"(name: "v", region: "here", entry: "grid", plan: "grid", arrivals: Poisson(rate: "1/s"),
                    input: Lognormal(median: 200.0, sigma: 1.0), output: Lognormal(median: 40.0, sigma: 0.8), deadline: "20s"),"#,
        faults: faults.concat(),
    }
}

fn under(resolved: &Resolved, router: &str) -> RunOutput {
    run(&resolved.clone().with_entry(&format!("w={router}")).expect("the router reaches the plan"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_weather_breaks_a_law_under_any_router(
        faults in prop::collection::vec(drawn_fault(), 0..7),
        rate in 1..12_u32,
        timers in prop::sample::select(vec!["", r#"first_token: "1s""#, r#"total: "2s""#, r#"first_token: "1s", total: "4s""#]),
        stops in any::<bool>(),
    ) {
        let resolved = scenario(&faults, rate, timers, stops).resolve();
        for router in ["hybrid", "stateless", "single"] {
            let output = under(&resolved, router);
            prop_assert_eq!(output.ledger.total().decimal(), output.summary.cost_usd.total.clone());
            let bound = match router { "hybrid" => 6, "stateless" => 9, _ => 1 };
            prop_assert!(output.summary.workloads["w"].attempts.total <= bound * output.summary.workloads["w"].requests.arrived);
        }
        let best = under(&resolved, "clairvoyant");
        prop_assert_eq!(best.summary.workloads["w"].leak.avoidable_share.unwrap_or(0.0), 0.0);
    }
}

#[test]
fn calm_weather_costs_nothing_leaks_nothing_and_flips_nothing() {
    // Within its limits: the twin of a scenario is that scenario without faults.
    let small = scenario(&[], 1, "", false);
    let output = run(&small.resolve());
    assert_eq!(output.summary.cost_usd.premium, "0");
    assert_eq!(output.summary.cost_usd.total, output.twin.cost_usd.total);
    assert_eq!((output.twin.requests.leaked, output.twin.flips.requests), (0, 0));
    assert_eq!((output.summary.requests.leaked, output.summary.flips.requests), (0, 0));
}

#[test]
fn only_a_router_that_knows_the_truth_leaks_nothing_avoidable() {
    let faults = [
        fault("a", "Down()", "60s", "120s"),
        fault("plan", "Errors(share: 0.5, status: 500)", "150s", "200s"),
    ];
    let resolved = scenario(&faults, 2, "", false).resolve();
    let leak = |router| under(&resolved, router).summary.workloads["w"].leak.clone();
    assert_eq!(leak("clairvoyant").avoidable_share, Some(0.0));
    assert!(leak("clairvoyant").share > Some(0.0), "it cannot make the plan serve");
    assert!(leak("hybrid").avoidable_share > Some(0.0), "its cooldown outlasts the outage");
}
