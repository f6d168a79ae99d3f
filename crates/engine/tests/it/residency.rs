//! Requests stay where they may be processed, whatever goes wrong.

use proptest::prelude::*;
use sandbox_engine::EventKind;
use sandbox_scenario::Resolved;

use crate::support::{endpoint, fault, run, run_logged};

/// A workload that must stay in China beside one that need not, over endpoints at home and abroad and two grids.
fn scenario(residency: &str, faults: &[String]) -> Resolved {
    let endpoints = endpoint("home", "cn-a", "queue: 2", "limits: (rpm: 200),", "$1/M")
        + &endpoint("home-spare", "cn-b", "", "", "$3/M")
        + &endpoint("abroad", "us-a", "", "", "$0.1/M");
    let text = format!(
        r#"(name: "small", start: "2026-11-18 00:00 UTC", duration: "5m",
            providers: [(name: "cn-a", region: "cn-east"), (name: "cn-b", region: "cn-north"), (name: "us-a", region: "us-west")],
            endpoints: [{endpoints}],
            routers: [
                (name: "entry", strategy: Fallback(targets: ["grid-us", "abroad", "home", "mixed", "inner"], retries: 1,
                    cooldown: (failures: 3, within: "10s", length: "15s"), timeouts: (first_token: "2s"))),
                (name: "grid-us", region: "us-west", strategy: OpenRouterLegacy(targets: ["abroad", "home-spare"])),
                (name: "mixed", region: "cn-east", strategy: OpenRouterLegacy(targets: ["abroad", "home-spare", "home"])),
                (name: "inner", strategy: Fallback(targets: ["abroad", "home-spare"], retries: 0)),
                (name: "clairvoyant", strategy: Clairvoyant(targets: ["grid-us", "abroad", "home", "mixed", "inner"])),
            ],
            workloads: [
                (name: "sovereign", region: "cn-east", entry: "entry", plan: "home", residency: {residency},
                    arrivals: Poisson(rate: "2/s"), input: Constant(100), output: Constant(51), deadline: "20s"),
                (name: "free", region: "us-west", entry: "entry", plan: "abroad",
                    arrivals: Poisson(rate: "2/s"), input: Constant(100), output: Constant(51), deadline: "20s"),
            ],
            weather: (script: [{}]))"#,
        faults.concat()
    );
    Resolved::parse("small.ron", &text, None, &[]).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

const CHINA: &str = r#"["cn-east", "cn-north"]"#;

fn drawn_fault() -> impl Strategy<Value = String> {
    let target = prop::sample::select(vec!["home", "cn-b", "us-a", "abroad", "mixed", "grid-us"]);
    let kind = prop::sample::select(vec![
        "Down()",
        "Down(status: 403)",
        "Blackhole",
        "Errors(share: 0.5, status: 500)",
    ]);
    (target, kind, 0..280_u32, 1..120_u32).prop_map(|(target, kind, from, length)| {
        fault(target, kind, &format!("{from}s"), &format!("{}s", from + length))
    })
}

/// How many attempts of the sovereign workload reached each node, by name.
fn visits(resolved: &Resolved) -> Vec<(String, usize)> {
    let (_, log) = run_logged(resolved);
    let of = |id: usize| {
        let here = |node: Option<sandbox_model::NodeId>| node.is_some_and(|node| node.index() == id);
        log.iter()
            .filter(|r| {
                r.kind == EventKind::Deliver && r.request.is_some_and(|(w, _)| w == 0) && here(r.node)
            })
            .count()
    };
    resolved.nodes.iter().enumerate().map(|(id, node)| (node.name.clone(), of(id))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_attempt_ever_leaves_its_residency(
        faults in prop::collection::vec(drawn_fault(), 0..6),
        entry in prop::sample::select(vec!["entry", "clairvoyant"]),
        residency in prop::sample::select(vec![CHINA, r#"["cn-east"]"#]),
    ) {
        let resolved = scenario(residency, &faults).with_entry(&format!("sovereign={entry}")).expect("it reaches the plan");
        let forbidden: &[&str] =
            if residency == CHINA { &["abroad", "grid-us"] } else { &["abroad", "grid-us", "home-spare", "inner"] };
        let visits = visits(&resolved);
        for (node, count) in &visits {
            prop_assert!(*count == 0 || !forbidden.contains(&node.as_str()), "{node}: {count} in {visits:?}");
        }
    }
}

#[test]
fn without_a_residency_the_same_outage_sends_requests_abroad() {
    let faults = [fault("home", "Down()", "1m", "2m"), fault("cn-b", "Down()", "1m", "2m")];
    let abroad = |residency| {
        let visits = visits(&scenario(residency, &faults));
        visits.iter().find(|(node, _)| node == "abroad").expect("it is a node").1
    };
    assert_eq!(abroad(CHINA), 0);
    assert!(abroad("[]") > 0);
}

#[test]
fn a_residency_costs_what_the_permitted_targets_cost() {
    // In calm weather, with the free workload's own plan abroad: the sovereign one passes two targets and stays home.
    let output = run(&scenario(CHINA, &[]));
    let sovereign = &output.summary.workloads["sovereign"];
    assert_eq!((sovereign.requests.shed, sovereign.leak.by_cause.len()), (0, 0));
    let free = &output.summary.workloads["free"];
    assert!(free.requests.arrived > 0 && free.leak.by_cause.keys().all(|cause| cause != "guard"));
}
