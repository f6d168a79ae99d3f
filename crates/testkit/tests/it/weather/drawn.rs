//! Drawn, mutated and crossed scripts.

use sandbox_core::{Draw, Seed, Span, Time};
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

#[test]
fn the_calm_after_the_last_fault_is_as_long_as_asked_for() {
    for (name, resolved) in shipped() {
        let end = Time::ZERO + resolved.scenario.duration;
        let calm = resolved.scenario.duration / 2;
        let weather = Weather::new(&resolved).with_calm_after(calm);
        for case in 0..50 {
            let script = weather.draw(&mut rng(case));
            assert!(weather.admits(&script), "{name}");
            assert!(script.faults.iter().all(|fault| end.since(fault.until) >= calm), "{name}: {script:?}");
        }
        // More than there is: a second is left for the faults.
        let weather = Weather::new(&resolved).with_calm_after(Span::MAX);
        for case in 0..50 {
            let script = weather.draw(&mut rng(case));
            assert!(weather.admits(&script), "{name}");
            let (first, last) = (script.faults.iter().map(|f| f.from), script.faults.iter().map(|f| f.until));
            assert!(last.max() <= first.min().map(|from| from + Span::from_secs(1)), "{name}: {script:?}");
        }
    }
}

#[test]
fn only_the_kinds_that_are_asked_for_are_drawn() {
    for (name, resolved) in shipped() {
        let weather = Weather::new(&resolved).only(&["down", "stream_cut"]).expect("endpoints suffer these");
        let mut script = weather.draw(&mut rng(0));
        for case in 1..200 {
            let drawn = weather.draw(&mut rng(case));
            script = weather.mutate(&weather.cross(&drawn, &script, &mut rng(case)), &mut rng(case));
            for fault in drawn.faults.iter().chain(&script.faults) {
                assert!(["down", "stream_cut"].contains(&fault.kind.name()), "{name}: {fault:?}");
            }
        }
        let unknown = Weather::new(&resolved).only(&["dwon"]).expect_err("there is none");
        assert!(unknown.to_string().contains("`dwon`") && unknown.to_string().contains("blackhole"));
    }
    let (_, alone) =
        shipped().into_iter().find(|(name, _)| name == "anthropic-august-2025").expect("shipped");
    // All of it is in one region.
    let nowhere = Weather::new(&alone).only(&["partition", "loss"]).expect_err("there is no link");
    assert!(nowhere.to_string().contains("partition or loss"), "{nowhere}");
}
