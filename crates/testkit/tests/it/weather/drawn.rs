//! Drawn, mutated and crossed scripts.

use sandbox_core::{Draw, Seed, Span};
use sandbox_scenario::Resolved;
use sandbox_testkit::Weather;

use super::shipped;

fn rng(case: u64) -> Draw {
    Seed::new(7).noise("weather").at(case, 0)
}

#[track_caller]
fn assert_valid(resolved: &Resolved, weather: &Weather, script: &sandbox_model::OutageScript, what: &str) {
    assert!(weather.admits(script), "{what}: {script:?}");
    if let Err(invalid) = resolved.clone().with_script(script.clone().into(), what) {
        panic!("{what}: {invalid}");
    }
}

#[test]
fn every_script_is_valid_and_within_its_budget_over_all_shipped_scenarios() {
    for (name, resolved) in shipped() {
        let all = Weather::new(&resolved);
        let tight = all.clone().with_faults_max(6).with_downtime_max(Span::from_secs(20));
        for weather in [all.clone(), all.with_faults_max(8), tight] {
            let mut before = weather.draw(&mut rng(0));
            for case in 1..150 {
                let mut rng = rng(case);
                let drawn = weather.draw(&mut rng);
                assert_valid(&resolved, &weather, &drawn, &name);
                let crossed = weather.cross(&drawn, &before, &mut rng);
                assert_valid(&resolved, &weather, &crossed, &name);
                before = weather.mutate(&crossed, &mut rng);
                assert_valid(&resolved, &weather, &before, &name);
                assert_ne!(before, crossed, "{name}: a mutation is a change");
            }
        }
    }
}
