//! Outages as drawn: availability of one endpoint, and of several behind a router.

use sandbox_core::Span;
use sandbox_engine::weather::outage_script;
use sandbox_model::Fault;
use sandbox_scenario::Resolved;

use crate::check::{Check, Finding};
use crate::scenario::{parse, run};
use crate::statistics::{Estimate, REPLICATIONS};

const GROUP: &str = "Outages";
/// Where figures of incidents come from.
pub(crate) const FAILS: &str =
    "own fits to the incident data of Chu et al., ICPE'25 and FAILS (arXiv 2501.12469, 2503.12185)";

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    vec![
        Check::new("availability", GROUP, availability),
        Check::new("availability-parallel", GROUP, || parallel(false)).slow(),
        Check::new("availability-common-cause", GROUP, || parallel(true)).slow(),
    ]
}

/// Three endpoints behind an ordered fallback without second tries, and this weather, from a Monday 00:00 UTC on.
pub(crate) fn scenario(duration: &str, weather: &str) -> Resolved {
    let endpoint = |name: &str| {
        format!(
            r#"(name: "{name}", provider: "provider", serving: (prefill_base: "1ms", prefill_per_token: "0s",
                step_base: "1ms", sequences: 100), price: (input: "$1/M", output: "$1/M")),"#
        )
    };
    parse(&format!(
        r#"(name: "check", start: "2024-01-01 00:00 UTC", duration: "{duration}",
            providers: [(name: "provider", region: "here")],
            endpoints: [{}],
            routers: [(name: "router", strategy: Fallback(targets: ["a", "b", "c"], retries: 0))],
            workloads: [(name: "w", region: "here", entry: "router", plan: "a", arrivals: Poisson(rate: "2/h"),
                output: Constant(1))],
            weather: ({weather}))"#,
        ["a", "b", "c"].map(endpoint).concat()
    ))
}

fn process(name: &str, target: &str, between: &str, lasting: &str) -> String {
    format!(
        r#"(name: "{name}", target: "{target}", kind: Down(), between: {between}, lasting: {lasting}, profile: Flat),"#
    )
}

pub(crate) fn drawn(resolved: &Resolved, seed: u64) -> Vec<Fault> {
    outage_script(&resolved.clone().with_seed(seed)).faults
}

pub(crate) fn hours(span: Span) -> f64 {
    span.as_secs_f64() / 3_600.0
}

/// Anthropic's API, as published: Weibull gaps, lognormal repairs.
fn availability() -> Finding {
    let (gap, repair) = (3.79 * 24.0, 1.18 * libm::exp(1.43 * 1.43 / 2.0));
    let theory = gap / (gap + repair);
    let lasting = r#"Lognormal(median: "1.18h", sigma: 1.43)"#;
    let resolved = scenario(
        "3650d",
        &format!(
            "processes: [{}]",
            process("p", "a", &format!(r#"Weibull(mean: "{}m", shape: 0.7)"#, 3.79 * 1440.0), lasting)
        ),
    );
    let found = Estimate::of_replications(|seed| {
        let down: f64 = drawn(&resolved, seed).iter().map(|fault| hours(fault.until.since(fault.from))).sum();
        1.0 - down / (3650.0 * 24.0)
    });
    Finding {
        what: format!(
            "A renewal process of Weibull gaps (mean 3.79 d, shape 0.70) and lognormal repairs (median 1.18 h, σ 1.43): share of ten years that is up; {REPLICATIONS} seeds"
        ),
        expected: format!("MTBF/(MTBF + MTTR) = {theory:.5}"),
        source: format!("renewal theory; numbers: {FAILS}"),
        measured: format!("{:.5}", found.mean),
        interval: format!("± {:.5} (t, n = {REPLICATIONS})", found.half),
        holds: found.contains(theory, 0.0) && found.half < 0.1 * (1.0 - theory),
    }
}

/// Through a router: requests that no endpoint could serve.
fn parallel(common: bool) -> Finding {
    let lasting = r#"Lognormal(median: "3h", sigma: 0.8)"#;
    let repair = 3.0 * libm::exp(0.32);
    let gaps = [16.0, 24.0, 36.0];
    let up = |gap: f64| gap / (gap + repair);
    let mut processes = String::new();
    for (name, gap) in ["a", "b", "c"].into_iter().zip(gaps) {
        processes += &process(name, name, &format!(r#"Weibull(mean: "{gap}h", shape: 0.7)"#), lasting);
    }
    let mut theory = 1.0 - gaps.iter().map(|&gap| 1.0 - up(gap)).product::<f64>();
    let mut formula = "1 - ∏(1 - Aᵢ)";
    let mut kind = "three endpoints that fail independently";
    if common {
        processes += &process("common", "provider", r#"Exponential(mean: "120h")"#, lasting);
        theory *= up(120.0);
        formula = "A₀ (1 - ∏(1 - Aᵢ))";
        kind = "the same and a common cause, an outage process of their provider";
    }
    let resolved = scenario("1000d", &format!("processes: [{processes}]"));
    let found = Estimate::of_replications(|seed| {
        let requests = run(&resolved.clone().with_seed(seed)).summary.requests;
        1.0 - requests.failed as f64 / requests.arrived as f64
    });
    Finding {
        what: format!(
            "Ordered fallback over {kind} (A = {}): share of requests served; {REPLICATIONS} seeds of 1,000 days at 2/h",
            gaps.map(|gap| format!("{:.3}", up(gap))).join(", ")
        ),
        expected: format!("{formula} = {theory:.5}"),
        source: "reliability theory; Poisson arrivals see time averages".to_owned(),
        measured: format!("{:.5}", found.mean),
        interval: format!("± {:.5} (t, n = {REPLICATIONS})", found.half),
        holds: found.contains(theory, 0.0) && found.half < 0.25 * (1.0 - theory),
    }
}
