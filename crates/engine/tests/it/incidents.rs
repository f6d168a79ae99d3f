//! Drawn incidents: whom each hits, what becomes of presets, and what a probe sees of them. Their laws are rows of
//! `docs/validation.md`.

use sandbox_core::Span;
use sandbox_engine::weather::outage_script;
use sandbox_model::{Fault, FaultKind};
use sandbox_scenario::{Resolved, scenario_to_text};

use crate::support::{endpoint, fallback, fault, run};

/// Normal quantile of a two-sided level of 99.9 %.
const Z_999: f64 = 3.291;

/// A scenario of providers `a`, `b` and `c` with this weather, from a Monday 00:00 UTC on.
fn scenario(duration: &'static str, weather: &str) -> Resolved {
    let mut small = fallback("", "");
    small.duration = duration;
    small.endpoints.push_str(&endpoint("third", "c", "", "", "$1/M"));
    let text = small.text().replace("weather: (script: [])", &format!("weather: ({weather})"));
    let text = text.replace("2026-11-18 00:00 UTC", "2026-11-16 00:00 UTC");
    Resolved::parse("incidents.ron", &text, None, &[]).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

/// A process on `a`, as RON.
fn process(name: &str, between: &str, lasting: &str, more: &str) -> String {
    format!(r#"(name: "{name}", target: "a", kind: Down(), between: {between}, lasting: {lasting}, {more}),"#)
}

#[test]
fn each_fault_hits_what_else_it_hits_during_the_same_time() {
    let with = |also: &str| {
        let process =
            process("p", r#"Exponential(mean: "3h")"#, r#"Constant("1h")"#, &format!("also: [{also}]"));
        outage_script(&scenario("4000h", &format!("processes: [{process}]"))).faults
    };
    let of = |faults: &[Fault], target: &str| {
        faults.iter().filter(|f| f.target == target).cloned().collect::<Vec<_>>()
    };
    let faults = with(
        r#"(target: "b", chance: 0.71), (target: "c", chance: 0.22, kind: Errors(share: 0.3)),
           (target: "a", chance: 0.1, kind: Brownout(slowdown: 2.0)), (target: "plan", chance: 1.0)"#,
    );
    let (a, b, c) = (of(&faults, "a"), of(&faults, "b"), of(&faults, "c"));
    let (down, slow): (Vec<Fault>, Vec<Fault>) =
        a.into_iter().partition(|f| matches!(f.kind, FaultKind::Down { .. }));
    for hit in [&b, &c, &slow] {
        assert!(hit.iter().all(|f| down.iter().any(|d| (d.from, d.until) == (f.from, f.until))));
        assert!(!hit.is_empty() && hit.len() < down.len(), "{} of {}", hit.len(), down.len());
    }
    assert_eq!(of(&faults, "plan").len(), down.len());
    assert!(c.iter().all(|f| matches!(f.kind, FaultKind::Errors { .. })));
    // Taking entries away moves no coin of another target and no fault.
    let fewer = with(r#"(target: "c", chance: 0.22, kind: Errors(share: 0.3))"#);
    assert_eq!(of(&fewer, "c"), c);
    assert_eq!(of(&fewer, "a"), down);
}

#[test]
fn incidents_become_processes_and_read_back() {
    let resolved =
        scenario("87360h", r#"incidents: [(target: "a", like: OpenAi, micro: false, spikes: false)]"#);
    assert_eq!(resolved.scenario.weather.incidents, []);
    let again = Resolved::parse("again.ron", &scenario_to_text(&resolved.scenario), None, &[])
        .expect("it reads back");
    assert_eq!(again.scenario, resolved.scenario);
    assert_eq!(outage_script(&again), outage_script(&resolved));
}

#[test]
fn every_record_draws_incidents_and_a_rate_makes_them_frequent() {
    let count = |like: &str, rate: f64| {
        let weather = format!(r#"incidents: [(target: "a", like: {like}, rate: {rate:?})]"#);
        let resolved = scenario("8736h", &weather);
        assert_eq!(resolved.scenario.weather.processes.len(), if like == "OpenRouter" { 2 } else { 3 });
        let faults = outage_script(&resolved).faults;
        // A micro-outage lasts 25 s, sigma 0.6: longer than five minutes once in 60,000 times.
        faults.iter().filter(|f| f.until.since(f.from) > Span::from_mins(5)).count()
    };
    for like in [
        "SiliconFlow",
        "OpenRouter",
        "Groq",
        "Together",
        "DeepInfra",
        "Fireworks",
        "DeepSeek",
        "OpenAi",
        "Anthropic",
    ] {
        let (once, often) = (count(like, 1.0), count(like, 10.0));
        assert!(once > 0 && often > 3 * once, "{like}: {once} and {often}");
    }
}

/// Shared fate follows the topology: what hits a provider hits its endpoint inside the grid too.
#[test]
fn the_providers_own_upstream_of_the_grid_fails_with_it() {
    let down = fault("a", "Down()", "2m", "4m");
    let grid = |upstreams: &str| {
        let mut small = fallback("", &down);
        small.endpoints = endpoint("plan", "a", "", "", "$1/M")
            + &endpoint("grid-a", "a", "", "", "$1/M")
            + &endpoint("grid-b", "b", "", "", "$1/M");
        small.routers = format!(
            r#"(name: "router", strategy: Fallback(targets: ["plan", "grid"], retries: 0)),
               (name: "grid", region: "here", strategy: Fallback(targets: [{upstreams}], retries: 0)),"#
        );
        run(&small.resolve()).summary.requests
    };
    let alone = grid(r#""grid-a""#);
    assert!(alone.failed > 80 && alone.leaked == 0, "{alone:?}");
    let other = grid(r#""grid-a", "grid-b""#);
    assert!(other.failed <= 2 && other.leaked > 80, "what was in flight is lost, the rest leaks: {other:?}");
}

/// The probes of a run whose faults are on `a`, and its fingerprint.
fn probed(faults: &str, probes: &str) -> (Vec<sandbox_engine::output::summary::ProbeReport>, String) {
    let mut small = fallback("", faults);
    small.duration = "1h";
    let text = small.text().replace("weather: (", &format!("probes: [{probes}], weather: ("));
    let resolved =
        Resolved::parse("probes.ron", &text, None, &[]).unwrap_or_else(|invalid| panic!("{invalid}"));
    let summary = run(&resolved).summary;
    (summary.probes, summary.fingerprint)
}

#[test]
fn a_probe_sees_an_outage_and_not_a_gray_failure() {
    let probes = r#"(name: "page", target: "a"), (name: "often", target: "plan", every: "1s")"#;
    let gray = fault("a", "Gray(share: 0.3)", "0s", "1h");
    let (seen, fingerprint) = probed(&gray, probes);
    assert_eq!((seen[0].sent, seen[0].failed), (60, 0));
    let traffic = seen[0].traffic_availability.expect("there was traffic");
    // 1,000 clients: standard deviation of the share that is hit 1.4 %; 3,600 requests of them: 0.8 %.
    assert!((traffic - 0.7).abs() < Z_999 * 0.017, "{traffic}");
    assert_eq!(probed(&gray, "").1, fingerprint, "nothing in the run notices probes");

    // Half-open: the probe at 10 min is hit and the one at 20 min is not.
    let (seen, _) = probed(&fault("a", "Blackhole", "10m", "20m"), probes);
    assert_eq!((seen[0].failed, seen[1].failed), (10, 600));

    let (seen, _) = probed(&fault("plan", "Errors(share: 0.25)", "0s", "1h"), probes);
    let sd = (3_600.0_f64 * 0.25 * 0.75).sqrt();
    assert!((seen[1].failed as f64 - 900.0).abs() < Z_999 * sd, "{}", seen[1].failed);
    // Slowness is no failure, and another provider's outage is not this one's.
    let slow = fault("a", "Brownout(slowdown: 3.0)", "0s", "1h") + &fault("b", "Down()", "0s", "1h");
    assert_eq!(probed(&slow, probes).0[1].failed, 0);
}
