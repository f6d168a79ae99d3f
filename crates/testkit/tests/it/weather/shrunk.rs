//! Shrinking: to what is needed, always simpler, always valid, and it ends.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use sandbox_core::{Draw, Seed, Span, Time};
use sandbox_model::{Fault, FaultKind, OutageScript, Status};
use sandbox_scenario::Resolved;
use sandbox_testkit::Weather;
use sandbox_testkit::weather::shrink::{Measure, ScriptTree, candidates};

use super::shipped;

fn rng(case: u64) -> Draw {
    Seed::new(5).noise("shrunk").at(case, 0)
}

fn flagship() -> Resolved {
    shipped().into_iter().find(|(name, _)| name == "asia-peak-overflow").expect("it is shipped").1
}

/// Takes the first candidate that fails, and goes on from there; with how many were tried, and how many taken.
fn shrink(
    weather: &Weather,
    script: OutageScript,
    fails: impl Fn(&OutageScript) -> bool,
) -> (OutageScript, u64, u64) {
    let (mut script, mut tried, mut taken) = (script, 0, 0);
    while let Some(next) = candidates(&script, weather).inspect(|_| tried += 1).find(&fails) {
        script = next;
        taken += 1;
    }
    (script, tried, taken)
}

fn is_whole(time: Time, unit: Span) -> bool {
    time.as_nanos().is_multiple_of(unit.as_nanos())
}

const MINUTE: Span = Span::from_secs(60);
const SECOND: Span = Span::from_secs(1);

fn overlap(script: &OutageScript) -> bool {
    let down = |f: &&Fault| f.target == "siliconflow" && matches!(f.kind, FaultKind::Down { .. });
    let brownout = |f: &&Fault| f.target == "or-siliconflow" && matches!(f.kind, FaultKind::Brownout { .. });
    let faults = &script.faults;
    faults
        .iter()
        .filter(down)
        .any(|a| faults.iter().filter(brownout).any(|b| a.from.max(b.from) < a.until.min(b.until)))
}

#[test]
fn an_overlap_shrinks_to_two_short_mild_faults_at_round_times() {
    let resolved = flagship();
    let weather = Weather::new(&resolved).with_faults_max(8);
    let names: Vec<&str> = weather.targets().collect();
    assert!(names.contains(&"siliconflow") && names.contains(&"or-siliconflow"), "{names:?}");
    for case in 0..40 {
        let mut script = weather.draw(&mut rng(case));
        script.faults.truncate(6);
        let from = script.faults[0].from;
        let at = |millis| from.saturating_add(Span::from_millis(millis));
        let down = FaultKind::Down { status: Status(401), retry_after: Some(Span::from_millis(7_300)) };
        let fault = |target: &str, kind, from, until| Fault { target: target.to_owned(), kind, from, until };
        script.faults.push(fault("siliconflow", down, at(11), at(61_337)));
        script.faults.push(fault(
            "or-siliconflow",
            FaultKind::Brownout { slowdown: 17.0 },
            at(48_001),
            at(1_500_000),
        ));
        assert!(overlap(&script));
        let (minimal, _, _) = shrink(&weather, script, overlap);
        let [one, two] = &minimal.faults[..] else { panic!("two are enough: {minimal:?}") };
        assert_eq!((one.from, one.until), (two.from, two.until), "{minimal:?}");
        assert_eq!(one.until.since(one.from), SECOND, "{minimal:?}");
        assert!(is_whole(one.from, MINUTE), "{minimal:?}");
        let kinds = [one, two].map(|fault| fault.kind);
        assert!(kinds.contains(&FaultKind::Down { status: Status(503), retry_after: None }), "{minimal:?}");
        assert!(kinds.contains(&FaultKind::Brownout { slowdown: 1.5 }), "{minimal:?}");
        // As late as may be: what is later ends too late.
        let close = Time::from_nanos(resolved.scenario.duration.as_nanos() * 85 / 100);
        assert!(one.until.saturating_add(MINUTE) > close, "{minimal:?}");
    }
}

#[test]
fn a_total_downtime_shrinks_to_the_next_second_in_one_fault() {
    let weather = Weather::new(&flagship()).with_faults_max(8);
    let long = |script: &OutageScript| {
        let theirs = script.faults.iter().filter(|f| f.target == "siliconflow" && f.kind.name() == "down");
        theirs.map(|f| f.until.since(f.from)).sum::<Span>() >= Span::from_millis(47_300)
    };
    let mut found = 0;
    for case in 0..4_000 {
        let script = weather.draw(&mut rng(case));
        if long(&script) {
            found += 1;
            let (minimal, _, _) = shrink(&weather, script, long);
            let total: Span = minimal.faults.iter().map(|fault| fault.until.since(fault.from)).sum();
            assert_eq!((minimal.faults.len(), total), (1, Span::from_secs(48)), "{minimal:?}");
            assert!(is_whole(minimal.faults[0].from, MINUTE), "{minimal:?}");
        }
    }
    assert!(found > 20, "{found}");
}

#[test]
fn an_edge_that_is_needed_stays_exact() {
    let weather = Weather::new(&flagship()).with_faults_max(4);
    let span = Span::from_millis(29_999);
    // One fault begins exactly a span after another ended, wherever.
    let edge = |script: &OutageScript| {
        script.faults.iter().any(|a| script.faults.iter().any(|b| b.from == a.until.saturating_add(span)))
    };
    let mut script = weather.draw(&mut rng(3));
    let first = script.faults[0].clone();
    let from = first.until.saturating_add(span);
    script.faults.push(Fault { from, until: from.saturating_add(Span::from_nanos(70_000_000_001)), ..first });
    let (minimal, _, _) = shrink(&weather, script, edge);
    let [one, two] = &minimal.faults[..] else { panic!("{minimal:?}") };
    assert_eq!(two.from, one.until.saturating_add(span));
    assert!(one.until.since(one.from) <= SECOND && two.until.since(two.from) <= SECOND, "{minimal:?}");
}

#[test]
fn every_candidate_is_valid_and_strictly_simpler() {
    for (name, resolved) in shipped() {
        let weather = Weather::new(&resolved).with_faults_max(5);
        for case in 0..6 {
            let script = weather.draw(&mut rng(case));
            let measure = Measure::of(&script, &weather);
            for (number, simpler) in candidates(&script, &weather).enumerate() {
                assert!(Measure::of(&simpler, &weather) < measure, "{name}: {script:?} to {simpler:?}");
                assert!(weather.admits(&simpler), "{name}: {simpler:?}");
                if number % 16 == 0
                    && let Err(invalid) = resolved.clone().with_script(simpler.clone().into(), &name)
                {
                    panic!("{invalid}");
                }
            }
        }
    }
}

/// Whatever fails, shrinking ends. The worst that there is here: scripts fail by the toss of a coin that knows nothing of
/// what is simple, or always until little is left.
#[test]
fn shrinking_eight_faults_takes_a_bounded_number_of_steps() {
    let weather = Weather::new(&flagship()).with_faults_max(8);
    let coin = |heads: u64| {
        move |script: &OutageScript| {
            let mut hash = 0xCBF2_9CE4_8422_2325_u64;
            for byte in format!("{script:?}").bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
            }
            script.faults.len() >= 8 && (hash ^ hash >> 32) % 100 < heads
        }
    };
    let (mut tried_max, mut taken_max) = (0, 0);
    let mut number = 0;
    for case in 0..400 {
        let script = weather.draw(&mut rng(case));
        if script.faults.len() == 8 {
            number += 1;
            for heads in [2, 20, 60, 100] {
                let (_, tried, taken) = shrink(&weather, script.clone(), coin(heads));
                (tried_max, taken_max) = (tried_max.max(tried), taken_max.max(taken));
            }
        }
    }
    assert!(number > 5, "{number}");
    assert!(tried_max < 10_000 && taken_max < 200, "{tried_max} tried, {taken_max} taken");
}

#[test]
fn a_runner_of_proptest_finds_the_same_minimum_again_and_again() {
    let weather = Weather::new(&flagship()).with_faults_max(4);
    let find = || {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let config = Config { cases: 4_000, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, rng);
        let result = runner.run(&weather, |script| {
            let dark = script.faults.iter().any(|f| f.target == "siliconflow" && f.kind.name() == "gray");
            if dark { Err(TestCaseError::fail("it was gray")) } else { Ok(()) }
        });
        match result {
            Err(TestError::Fail(_, script)) => script,
            other => panic!("{other:?}"),
        }
    };
    let found = find();
    assert_eq!(found, find());
    let [fault] = &found.faults[..] else { panic!("{found:?}") };
    assert_eq!(fault.kind, FaultKind::Gray { share: 0.01, status: Status::INTERNAL });
    assert_eq!(fault.until.since(fault.from), SECOND);
    assert!(is_whole(fault.from, MINUTE));
}

#[test]
fn a_tree_goes_where_the_candidates_lead() {
    let weather = Weather::new(&flagship()).with_faults_max(8);
    let fails = |script: &OutageScript| script.faults.iter().any(|fault| fault.kind.name() != "down");
    for case in 0..60 {
        let script = weather.draw(&mut rng(case));
        if !fails(&script) {
            continue;
        }
        let mut tree = ScriptTree::new(weather.clone(), script.clone());
        assert_eq!(tree.current(), script);
        let mut failed = true;
        while if failed { tree.simplify() } else { tree.complicate() } {
            failed = fails(&tree.current());
        }
        assert!(fails(&tree.current()), "a tree ends at what failed");
        assert_eq!(tree.current(), shrink(&weather, script, fails).0);
    }
    // As a part of another strategy.
    let mut runner = TestRunner::deterministic();
    let mut pair = (weather.clone(), weather).new_tree(&mut runner).expect("drawing never fails");
    while pair.simplify() {}
    assert!(pair.current().0.faults.len() == 1 && pair.current().1.faults.len() == 1);
}

/// As one that was found with other settings, and kept.
#[test]
fn a_script_beyond_the_budget_shrinks_too() {
    let resolved = flagship();
    let all = Weather::new(&resolved).with_faults_max(6);
    let narrow = Weather::new(&resolved).with_faults_max(1).with_downtime_max(SECOND);
    let narrow = narrow.with_calm_after(Span::from_hours(12)).only(&["down"]).expect("endpoints go down");
    let fails = |script: &OutageScript| script.faults.iter().any(|fault| fault.kind.name() == "gray");
    let scripts = (0..400).map(|case| all.draw(&mut rng(case))).filter(fails).take(20);
    for script in scripts {
        let (minimal, _, _) = shrink(&narrow, script, fails);
        let [fault] = &minimal.faults[..] else { panic!("{minimal:?}") };
        assert!(fault.until.since(fault.from) <= SECOND && is_whole(fault.from, MINUTE), "{minimal:?}");
        resolved.clone().with_script(minimal.into(), "minimal").expect("what is simpler is valid");
    }
}
