//! A trial is the run that it stands for, however much of it was simulated before.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use sandbox_core::{Span, Time};
use sandbox_engine::trials::Length;
use sandbox_engine::{Trials, run::RunOptions};
use sandbox_model::OutageScript;
use sandbox_scenario::{Metric, Resolved, Script};

use crate::routers::presets;
use crate::swarm;

/// One of everything that is measured.
const METRICS: [Metric; 9] = [
    Metric::Availability,
    Metric::Ttft(95.0),
    Metric::AvoidableLeakShare,
    Metric::LeakPremium,
    Metric::CostPremium,
    Metric::FlipPremium,
    Metric::AttemptsPerRequest,
    Metric::DetectionLagMax,
    Metric::FailbackLagMax,
];

fn same_as_a_run(resolved: &Resolved, scripts: &[OutageScript]) -> Result<(), TestCaseError> {
    let mut trials = Trials::new(resolved, None).expect("no law is broken");
    let mut lean = Trials::lean(resolved, None).expect("no law is broken");
    for (number, script) in scripts.iter().enumerate() {
        let with = resolved.clone().with_script(Script::from(script.clone()), "drawn");
        let with = with.unwrap_or_else(|invalid| panic!("{invalid}"));
        let expected = sandbox_engine::run(&with, RunOptions::default()).expect("no law is broken");
        let trial = trials.run(script, Length::Whole).expect("no law is broken");
        let output = trial.output(String::new()).expect("no law is broken");
        prop_assert_eq!(&output.summary, &expected.summary);
        prop_assert_eq!(&output.ledger, &expected.ledger);
        prop_assert_eq!(&output.timeline, &expected.timeline);
        prop_assert_eq!(&output.twin, &expected.twin);
        for (objective, report) in with.objectives.iter().zip(&expected.summary.objectives) {
            prop_assert_eq!(&trial.objective(objective), report);
        }
        let lean = lean.run(script, Length::Whole).expect("no law is broken");
        prop_assert_eq!(lean.fingerprint().to_string(), expected.summary.fingerprint.clone());
        prop_assert_eq!(lean.requests(), trial.requests());
        prop_assert!(lean.leaks().eq(trial.leaks()));
        for metric in METRICS {
            prop_assert_eq!(lean.measure(metric, None), trial.measure(metric, None));
        }
        if number == 0 {
            let output = lean.output(String::new()).expect("no law is broken");
            prop_assert_eq!(&output.timeline, &expected.timeline);
            prop_assert_eq!(&output.summary, &expected.summary);
        }
    }
    Ok(())
}

/// The script, parts of it, and the same later and at a round time, on which other events may fall.
fn variants(script: &OutageScript, end: Time) -> Vec<OutageScript> {
    let moved = |by: Span| {
        let mut faults = script.faults.clone();
        for fault in &mut faults {
            fault.from = fault.from.saturating_add(by);
            fault.until = fault.until.saturating_add(by);
        }
        faults.retain(|fault| fault.until < end);
        OutageScript { faults }
    };
    let late = script.faults.iter().skip(script.faults.len() / 2).cloned().collect();
    let first = script.faults.first().map_or(Time::ZERO, |fault| fault.from);
    let round = Span::from_secs(10 - first.since(Time::ZERO).as_secs_f64() as u64 % 10);
    vec![
        moved(Span::from_secs(37)),
        OutageScript { faults: late },
        script.clone(),
        OutageScript::default(),
        moved(round),
    ]
}

#[test]
fn a_trial_is_the_run_that_it_stands_for() {
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[0x54; 32]));
    let draws = (prop::bits::u64::between(0, swarm::FEATURE_COUNT), any::<u64>());
    let result = runner.run(&draws, |(on, numbers)| {
        let text = swarm::scenario(on, numbers);
        let resolved = Resolved::parse("trials.ron", &text, None, &[]);
        let resolved = resolved.unwrap_or_else(|invalid| panic!("{invalid}\n{text}"));
        let script = sandbox_engine::weather::outage_script(&resolved);
        let end = Time::ZERO + resolved.scenario.duration;
        same_as_a_run(&resolved, &variants(&script, end))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn the_same_under_every_preset() {
    for preset in 0..presets::COUNT {
        let text = presets::scenario(preset, u32::MAX, 7);
        let resolved = Resolved::parse("trials.ron", &text, None, &[]);
        let resolved = resolved.unwrap_or_else(|invalid| panic!("{invalid}\n{text}"));
        let script = sandbox_engine::weather::outage_script(&resolved);
        let end = Time::ZERO + resolved.scenario.duration;
        let same = same_as_a_run(&resolved, &variants(&script, end));
        same.unwrap_or_else(|error| panic!("{}: {error}", presets::name(preset)));
    }
}
