//! Whole scenarios around a router.

use std::collections::BTreeSet;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sandbox_core::Seed;
use sandbox_engine::Trials;
use sandbox_engine::trials::Length;
use sandbox_testkit::weather::scenario::{Drawn, FEATURES, Scenarios};

const ROUTERS: [&str; 5] = [
    r#"Single(target: "direct")"#,
    r#"Fallback(targets: ["direct", "grid"], retries: 1, cooldown: (failures: 2, length: "15s"))"#,
    r#"Breaker(targets: ["direct", "grid", "spare"])"#,
    r#"AsymmetricHybrid(primary: "direct", overflow: ["grid"])"#,
    r#"Clairvoyant(targets: ["direct", "spare", "grid"])"#,
];

fn runner(seed: u8) -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

fn around(strategy: &str) -> Scenarios {
    Scenarios::around(strategy).unwrap_or_else(|invalid| panic!("{invalid}"))
}

fn draw(scenarios: &Scenarios, runner: &mut TestRunner) -> Drawn {
    scenarios.new_tree(runner).expect("drawing never fails").current()
}

#[test]
fn what_is_drawn_is_valid_whatever_is_on_and_has_weather_of_its_own() {
    let mut targets = BTreeSet::new();
    let mut features = BTreeSet::new();
    for (seed, strategy) in ROUTERS.iter().enumerate() {
        let (scenarios, mut runner) = (around(strategy), runner(seed as u8));
        for case in 0..100 {
            // Resolving it is a check: what is invalid panics.
            let drawn = draw(&scenarios, &mut runner);
            let mut rng = Seed::new(case).noise("scenarios").at(case, 0);
            let script = drawn.weather.draw(&mut rng);
            if let Err(invalid) = drawn.resolved.with_script(script.into(), "drawn") {
                panic!("{invalid}\n{}", drawn.text);
            }
            targets.extend(drawn.weather.targets().map(str::to_owned));
            features.extend(drawn.features);
        }
    }
    assert_eq!(features.len(), FEATURES.len());
    for target in ["direct", "grid", "spare", "up1", "up2", "up3", "router", "maker", "east <-> west"] {
        assert!(targets.contains(target), "{target} never fails");
    }
}

/// A run checks its own conservation, and that of its money.
#[test]
fn some_of_them_run_under_their_weather() {
    let mut served = 0;
    for (seed, strategy) in ROUTERS.iter().enumerate() {
        let (scenarios, mut runner) = (around(strategy), runner(100 + seed as u8));
        for case in 0..4 {
            let drawn = draw(&scenarios, &mut runner);
            let mut trials = Trials::new(&drawn.resolved, None).expect("conservation holds");
            let mut rng = Seed::new(case).noise("run").at(seed as u64, 0);
            let script = drawn.weather.draw(&mut rng);
            let trial = trials.run(&script, Length::Whole).unwrap_or_else(|e| panic!("{e}\n{}", drawn.text));
            let requests = trial.requests();
            assert!(requests.arrived >= 300, "{requests:?}\n{}", drawn.text);
            served += requests.served_by_plan;
        }
    }
    assert!(served > 1_000);
}

#[test]
fn a_scenario_shrinks_to_the_features_that_it_needs() {
    let scenarios = around(ROUTERS[1]);
    let fails = |drawn: &Drawn| drawn.weather.targets().any(|target| target == "up2");
    let mut runner = runner(7);
    let mut found = 0;
    while found < 5 {
        let mut tree = scenarios.new_tree(&mut runner).expect("drawing never fails");
        if !fails(&tree.current()) {
            continue;
        }
        found += 1;
        let mut failed = true;
        let mut steps = 0;
        while if failed { tree.simplify() } else { tree.complicate() } {
            failed = fails(&tree.current());
            steps += 1;
        }
        assert_eq!(tree.current().features, ["grid"]);
        assert!(steps < 200, "{steps}");
    }
}

#[test]
fn a_strategy_that_is_wrong_is_told_at_once() {
    let wrong = Scenarios::around(r#"Single(target: "nobody")"#).expect_err("there is no such target");
    assert!(wrong.to_string().contains("nobody"), "{wrong}");
    // The plan must be in reach.
    assert!(Scenarios::around(r#"Single(target: "spare")"#).is_err());
}
