//! Scenarios drawn by swarm: each case first draws which features are on, so that features meet which nobody tried
//! together.
//!
//! The default cases are the same in every run. `SWARM_SEED=7 PROPTEST_CASES=5000 cargo test -p sandbox-engine --test it swarm`
//! draws many others.

mod draw;

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngAlgorithm, TestRng, TestRunner};
use sandbox_engine::{EventKind, EventRecord, RunOutput};
use sandbox_scenario::{Resolved, Script, scenario_to_text};

use crate::support::{run, run_logged};
use draw::{Draw, FEATURES, SQUEEZE, WEATHER};

const CASES: u32 = 80;

/// How many bits of `on` in [`scenario`] mean something.
pub(crate) const FEATURE_COUNT: usize = FEATURES.len();

/// A drawn scenario as text, for tests of other subjects.
pub(crate) fn scenario(on: u64, numbers: u64) -> String {
    Draw { on, numbers }.text(false)
}

fn resolve(text: &str) -> Resolved {
    Resolved::parse("swarm.ron", text, None, &[]).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

/// Arrivals of the first workloads: when, whose, which.
fn arrivals(log: &[EventRecord], workloads: usize) -> Vec<(u64, Option<(u16, u64)>)> {
    log.iter()
        .filter(|record| record.kind == EventKind::Arrival)
        .filter(|record| record.request.is_some_and(|(workload, _)| usize::from(workload) < workloads))
        .map(|record| (record.at.as_nanos(), record.request))
        .collect()
}

fn pico(usd: &str) -> f64 {
    usd.parse().unwrap_or_else(|_| panic!("`{usd}` is no amount"))
}

/// What holds of the numbers of any run.
fn numbers(output: &RunOutput) -> Result<(), TestCaseError> {
    let summary = &output.summary;
    prop_assert_eq!(output.ledger.total().decimal(), summary.cost_usd.total.clone(), "ledger and summary");
    prop_assert_eq!(
        output.ledger.fees().decimal(),
        summary.cost_usd.fees.clone(),
        "fees of ledger and summary"
    );
    let zero = sandbox_model::Usd::ZERO;
    for line in &output.ledger.lines {
        prop_assert!(line.billed >= zero && line.fees >= zero && line.fees <= line.billed, "{:?}", line);
    }
    let scopes = summary.workloads.values().chain(summary.routers.values()).chain(summary.endpoints.values());
    for scope in scopes.chain([&output.twin]) {
        let cost = &scope.cost_usd;
        prop_assert!(pico(&cost.total) >= 0.0 && pico(&cost.fees) >= 0.0, "{:?}", cost);
        prop_assert!(pico(&cost.wasted) >= 0.0, "{:?}", cost);
        prop_assert!(
            pico(&cost.premium).is_finite() && pico(&scope.leak.premium_usd).is_finite(),
            "{:?}",
            cost
        );
        let ttft = scope.ttft_s;
        prop_assert!(ttft.p50 <= ttft.p95 && ttft.p95 <= ttft.p99, "{:?}", ttft);
    }
    for scope in summary.workloads.values().chain(summary.endpoints.values()) {
        prop_assert!(pico(&scope.cost_usd.wasted) <= pico(&scope.cost_usd.total), "{:?}", scope.cost_usd);
    }
    for probe in &summary.probes {
        prop_assert!(probe.failed <= probe.sent, "{:?}", probe);
    }
    crate::classes::hold(output);
    crate::flow::hold(output);
    let mut cost = zero;
    for row in &output.timeline.rows {
        prop_assert!(row.cost >= cost, "the bill shrinks at {}", row.at);
        cost = row.cost;
        prop_assert!(row.competing.iter().all(|share| (0.0..=1.0).contains(share)), "{:?}", row.competing);
    }
    prop_assert_eq!(cost.decimal(), summary.cost_usd.total.clone(), "timeline and summary");
    Ok(())
}

fn holds(draw: Draw) -> Result<(), TestCaseError> {
    let text = draw.text(false);
    let resolved = resolve(&text);
    let (output, log) = run_logged(&resolved);
    numbers(&output)?;

    let again = run(&resolved);
    prop_assert_eq!(&again.summary, &output.summary, "the same again");
    prop_assert_eq!(&again.ledger, &output.ledger, "the same again");
    prop_assert_eq!(&again.timeline, &output.timeline, "the same again");

    let written = scenario_to_text(&resolved.scenario);
    let read = resolve(&written);
    prop_assert_eq!(&read.scenario, &resolved.scenario, "written and read back");
    prop_assert_eq!(&run(&read).summary, &output.summary, "written and read back");

    let fed = resolved.clone().with_script(Script::from(output.script.clone()), "drawn");
    let fed = fed.unwrap_or_else(|invalid| panic!("{invalid}"));
    prop_assert_eq!(&run(&fed).summary, &output.summary, "the drawn script fed back");

    let workloads = resolved.workloads.len();
    for router in ["hybrid", "one", "knows"] {
        let other = resolved.clone().with_entry(&format!("w={router}")).expect("it reaches the plan");
        let (other, other_log) = run_logged(&other);
        prop_assert_eq!(arrivals(&other_log, workloads), arrivals(&log, workloads), "under {}", router);
        prop_assert_eq!(&other.script, &output.script, "outages under {}", router);
        numbers(&other)?;
        if router == "knows" {
            let share = other.summary.workloads["w"].leak.avoidable_share;
            prop_assert_eq!(share.unwrap_or(0.0), 0.0, "one that knows leaks nothing avoidable");
        }
    }

    let (beside, beside_log) = run_logged(&resolve(&draw.text(true)));
    prop_assert_eq!(arrivals(&beside_log, workloads), arrivals(&log, workloads), "beside others");
    for (name, scope) in &output.summary.workloads {
        prop_assert_eq!(&beside.summary.workloads[name], scope, "beside others");
    }
    for (name, scope) in &output.summary.endpoints {
        prop_assert_eq!(&beside.summary.endpoints[name], scope, "beside others");
    }

    let calm = run(&resolve(&draw.without(&WEATHER).text(false)));
    prop_assert_eq!(calm.summary.requests, calm.twin.requests, "a calm sky is the twin's");
    prop_assert_eq!(calm.summary.cost_usd.premium.as_str(), "0", "a calm sky is the twin's");
    let easy = run(&resolve(&draw.without(&WEATHER).without(&SQUEEZE).text(false)));
    prop_assert_eq!(
        (easy.twin.requests.leaked, easy.twin.requests.failed, easy.twin.requests.shed),
        (0, 0, 0),
        "the twin leaks"
    );
    Ok(())
}

#[test]
fn features_that_meet_break_no_law() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let cases = number("PROPTEST_CASES").map_or(CASES, |cases| cases as u32);
    let persistence = FileFailurePersistence::Direct("proptest-regressions/swarm.txt");
    let config = ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(persistence)),
        ..ProptestConfig::default()
    };
    let mut seed = [0x5A; 32];
    seed[..8].copy_from_slice(&number("SWARM_SEED").unwrap_or(0).to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let draws = (prop::bits::u64::between(0, FEATURES.len()), any::<u64>());
    let result = runner.run(&draws, |(on, numbers)| holds(Draw { on, numbers }));
    if let Err(error) = result {
        panic!("{error}");
    }
}
