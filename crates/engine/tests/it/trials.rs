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

/// Scripts whose faults begin and end where copies are made and where other events fall, and one after another in an order
/// in which later copies are needed before earlier ones.
fn edges(script: &OutageScript, numbers: u64, end: Time) -> Vec<OutageScript> {
    let nanos = end.since(Time::ZERO).as_nanos();
    let at = |nanos: u64| Time::ZERO + Span::from_nanos(nanos);
    // Of copies; of competing load and other customers' results; none.
    let (copy, step, one) = (nanos / 128, Span::from_secs(10).as_nanos(), 1);
    let [which, place] = [numbers % 97, numbers / 97 % 97];
    let times = [
        nanos - one,
        copy * (40 + place % 40) + one,
        copy * (40 + place % 40),
        copy * (40 + place % 40) - one,
        copy * 127,
        step * 2,
        step * (3 + place % 15),
        copy,
        one,
        0,
    ];
    let any = script.faults[which as usize % script.faults.len()].clone();
    let from = |from: u64, length: u64| {
        let until = at(from.saturating_add(length)).min(end);
        sandbox_model::Fault { from: at(from), until, ..any.clone() }
    };
    let mut all: Vec<OutageScript> =
        times.iter().map(|&time| OutageScript { faults: vec![from(time, copy * 5)] }).collect();
    // The same twice, one that ends where another begins, the shortest there is, and one to the very end.
    let (early, late) = (copy * 20, copy * 30);
    all.push(OutageScript { faults: vec![from(late, copy); 2] });
    all.push(OutageScript {
        faults: vec![from(late, copy), from(late + copy, copy), from(early, late - early)],
    });
    all.push(OutageScript { faults: vec![from(late, one)] });
    all.push(OutageScript { faults: vec![from(early, nanos), from(late, nanos)] });
    // All faults of the script at one instant, in another order.
    let together = script.faults.iter().rev();
    let together =
        together.map(|f| sandbox_model::Fault { from: at(late), until: at(late + copy * 9), ..f.clone() });
    all.push(OutageScript { faults: together.collect() });
    all.push(all[2].clone());
    all
}

/// `SWARM_SEED=7 PROPTEST_CASES=500 cargo test -p sandbox-engine --test it edges` draws others.
#[test]
fn the_same_at_the_edges_of_copies() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let cases = number("PROPTEST_CASES").map_or(24, |cases| cases as u32);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let mut seed = [0x55; 32];
    seed[..8].copy_from_slice(&number("SWARM_SEED").unwrap_or(0).to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let draws = (prop::bits::u64::between(0, swarm::FEATURE_COUNT), any::<u64>());
    let result = runner.run(&draws, |(on, numbers)| {
        let text = swarm::scenario(on, numbers);
        let resolved = Resolved::parse("trials.ron", &text, None, &[]);
        let resolved = resolved.unwrap_or_else(|invalid| panic!("{invalid}\n{text}"));
        let script = sandbox_engine::weather::outage_script(&resolved);
        if script.faults.is_empty() {
            return Ok(());
        }
        let end = Time::ZERO + resolved.scenario.duration;
        same_as_a_run(&resolved, &edges(&script, numbers, end))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Notes all that it is told.
#[derive(Clone, Default)]
struct Notes(sandbox_core::Fingerprint);

impl Notes {
    fn note(&mut self, what: &dyn std::fmt::Debug) {
        self.0.mix_bytes(format!("{what:?}").as_bytes());
    }
}

impl sandbox_engine::Monitor for Notes {
    fn decided(&mut self, at: &sandbox_engine::monitor::Decided<'_>) {
        let down: Vec<Time> = (0..at.targets.len()).map(|target| at.strategy.down_until(target)).collect();
        self.note(&("decided", at.router, at.call.request, at.call.now, at.call.attempts, at.decision, down));
    }

    fn learnt(&mut self, at: &sandbox_engine::monitor::Learnt<'_>) {
        self.note(&("learnt", at));
    }

    fn left(&mut self, at: &sandbox_engine::monitor::Left) {
        self.note(&("left", at));
    }

    fn heard(&mut self, router: usize, report: &sandbox_routers::Fleet) {
        self.note(&("heard", router, report));
    }

    fn ended(&mut self, at: &sandbox_engine::monitor::Ended) {
        self.note(&("ended", at));
    }

    fn over(&mut self, now: Time) {
        self.note(&("over", now));
    }
}

fn notes(monitor: Option<&dyn sandbox_engine::Monitor>) -> String {
    let monitor = monitor.map(|monitor| monitor as &dyn std::any::Any);
    monitor.and_then(|monitor| monitor.downcast_ref::<Notes>()).expect("it was there").0.to_string()
}

#[test]
fn whoever_watches_a_trial_is_told_what_it_is_told_of_the_run() {
    for numbers in 0..16_u64 {
        // Half of the features on, and faults.
        let on = numbers.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 << 38 | 1 << 39;
        let text = swarm::scenario(on & ((1 << swarm::FEATURE_COUNT) - 1), numbers);
        let resolved = Resolved::parse("trials.ron", &text, None, &[]);
        let resolved = resolved.unwrap_or_else(|invalid| panic!("{invalid}\n{text}"));
        let script = sandbox_engine::weather::outage_script(&resolved);
        assert!(!script.faults.is_empty(), "bits 38 and 39 are faults");
        let end = Time::ZERO + resolved.scenario.duration;
        let mut trials = Trials::new(&resolved, Some(Box::new(Notes::default()))).expect("no law is broken");
        for script in edges(&script, numbers, end) {
            let with = resolved.clone().with_script(Script::from(script.clone()), "drawn");
            let with = with.unwrap_or_else(|invalid| panic!("{invalid}"));
            let monitor = Some(Box::new(Notes::default()) as _);
            let run = sandbox_engine::run(&with, RunOptions { monitor, ..RunOptions::default() });
            let run = run.expect("no law is broken");
            let trial = trials.run(&script, Length::Whole).expect("no law is broken");
            assert_eq!(notes(trial.monitor()), notes(run.monitor.as_deref()), "{script:?}");
        }
    }
}
