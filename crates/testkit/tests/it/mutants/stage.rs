//! Three targets of two providers, and two workloads, one of which must stay at home.

use std::sync::Arc;

use sandbox_routers::Registry;
use sandbox_scenario::Resolved;

use super::Mutant;

/// The scenario with a mutant, or its sound twin, as its router.
pub(super) fn resolved(mutant: &Mutant, sound: bool) -> Resolved {
    let constructor = if sound { mutant.sound } else { mutant.mutant };
    let registry = Registry::default().with("mutant", &[], constructor);
    let text = text();
    Resolved::parse_with("mutants.ron", &text, None, &[], Arc::new(registry))
        .unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

fn text() -> String {
    let endpoint = |name: &str, provider: &str, input: &str, output: &str| {
        format!(
            r#"(name: "{name}", provider: "{provider}", price: (input: "{input}/M", output: "{output}/M"),
                serving: (prefill_base: "100ms", prefill_per_token: "100us", step_base: "10ms", sequences: 400,
                          when_abandoned: Stops)),"#
        )
    };
    let workload = |name: &str, rate: &str, more: &str| {
        format!(
            r#"(name: "{name}", region: "here", entry: "router", plan: "first", arrivals: Poisson(rate: "{rate}/s"),
                input: Constant(100), output: Exponential(mean: 25.0, max: 80), deadline: "20s", {more}),"#
        )
    };
    format!(
        r#"(name: "mutants", start: "2026-11-18 00:00 UTC", duration: "5m", seed: 7,
            links: [(from: "here", to: "here", rtt: "4ms"), (from: "here", to: "away", rtt: "20ms")],
            providers: [(name: "near", region: "here"), (name: "far", region: "away")],
            endpoints: [{}{}{}],
            routers: [(name: "router", strategy: Custom(name: "mutant", targets: ["first", "second", "third"],
                timeouts: (first_token: "2s", total: "6s")))],
            workloads: [{}{}])"#,
        endpoint("first", "near", "$1", "$2"),
        endpoint("second", "far", "$2", "$4"),
        endpoint("third", "near", "$3", "$6"),
        workload("anywhere", "6", ""),
        workload("at home", "2", "residency: [\"here\"]"),
    )
}
