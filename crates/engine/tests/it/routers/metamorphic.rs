//! What must not matter: what things are called, in which week a scenario begins, and in which order things that have
//! nothing to do with each other stand in the file. Over scenarios drawn by swarm, and over every preset.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use sandbox_engine::{EventKind, EventRecord, RunOutput};
use sandbox_scenario::file::Scenario;
use sandbox_scenario::{Resolved, scenario_to_text};

use super::presets;
use crate::support::run_logged;
use crate::swarm;

const CASES: u32 = 48;

fn resolve(text: &str) -> Resolved {
    Resolved::parse("metamorphic.ron", text, None, &[]).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

/// Scenarios drawn by swarm, and every preset under drawn weather.
fn over_drawn_scenarios(holds: impl Fn(&Resolved, u64) -> Result<(), TestCaseError>) {
    let draws = (prop::bits::u64::between(0, swarm::FEATURE_COUNT), any::<u64>());
    run_cases(CASES, draws, |(on, numbers)| holds(&resolve(&swarm::scenario(on, numbers)), numbers));
    for preset in 0..presets::COUNT {
        let draws = (prop::bits::u32::between(0, presets::SWITCHES), any::<u64>());
        run_cases(1, draws, |(on, numbers)| {
            holds(&resolve(&presets::scenario(preset, on, numbers)), numbers)
        });
    }
}

/// The same cases in every run; `PROPTEST_CASES` draws more.
fn run_cases<S: Strategy>(cases: u32, draws: S, holds: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse::<u32>().ok());
    let cases = wanted.map_or(cases, |wanted| (wanted * cases).div_ceil(CASES));
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[0x4D; 32]));
    let result = runner.run(&draws, holds);
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Each name of a provider, endpoint, router or workload, and one that sorts the other way round.
fn other_names(scenario: &Scenario) -> BTreeMap<String, String> {
    let nodes = scenario.providers.iter().map(|x| &x.name).chain(scenario.endpoints.iter().map(|x| &x.name));
    let nodes = nodes.chain(scenario.routers.iter().map(|x| &x.name));
    let mut names: Vec<&String> = nodes.chain(scenario.workloads.iter().map(|x| &x.name)).collect();
    names.sort();
    names.iter().rev().enumerate().map(|(rank, name)| ((*name).clone(), format!("n{rank:02}"))).collect()
}

/// A text whose quoted names are others.
fn renamed(text: &str, names: &BTreeMap<String, String>) -> String {
    let parts = text.split('"').enumerate().map(|(index, part)| match names.get(part) {
        Some(name) if index % 2 == 1 => name.as_str(),
        _ => part,
    });
    parts.collect::<Vec<_>>().join("\"")
}

/// Keeps the luck of everything that has a name.
fn keep_draws(scenario: &mut Scenario) {
    let keep = |name: &String, draws: &mut Option<String>| *draws = Some(name.clone());
    scenario.providers.iter_mut().for_each(|x| keep(&x.name, &mut x.draws_as));
    scenario.endpoints.iter_mut().for_each(|x| keep(&x.name, &mut x.draws_as));
    scenario.routers.iter_mut().for_each(|x| keep(&x.name, &mut x.draws_as));
    scenario.workloads.iter_mut().for_each(|x| keep(&x.name, &mut x.draws_as));
}

/// Numbers of a run by name, with `name` applied to the names.
fn by_name(output: &RunOutput, name: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    let summary = &output.summary;
    let mut all = BTreeMap::from([
        ("fingerprint".to_owned(), summary.fingerprint.clone()),
        ("requests".to_owned(), format!("{:?}", summary.requests)),
        ("cost".to_owned(), format!("{:?}", summary.cost_usd)),
        ("twin".to_owned(), format!("{:?} {:?}", output.twin.requests, output.twin.cost_usd)),
    ]);
    let mut put = |kind: &str, key: &str, shown: String| all.insert(format!("{kind} {}", name(key)), shown);
    for (key, scope) in &summary.workloads {
        put("workload", key, format!("{:?} {:?} {:?}", scope.requests, scope.ttft_s, scope.cost_usd));
    }
    for (key, scope) in &summary.endpoints {
        put("endpoint", key, format!("{:?} {:?} {:?}", scope.requests, scope.ttft_s, scope.cost_usd));
    }
    for (key, scope) in &summary.routers {
        put("router", key, format!("{:?} {:?} {:?}", scope.requests, scope.ttft_s, scope.cost_usd));
    }
    for probe in &summary.probes {
        all.insert(format!("probe {}", probe.name), format!("{} of {}", probe.failed, probe.sent));
    }
    all
}

#[test]
fn a_name_is_only_a_name_if_its_draws_are_kept() {
    over_drawn_scenarios(|resolved, _| {
        let names = other_names(&resolved.scenario);
        let back: BTreeMap<&String, &String> = names.iter().map(|(old, new)| (new, old)).collect();
        let mut scenario = resolved.scenario.clone();
        keep_draws(&mut scenario);
        // The names go; what is kept as `draws_as` is put back.
        let kept = |line: String| match line.split_once("draws_as: ") {
            Some((before, rest)) => {
                let mut parts = rest.splitn(3, '"');
                let (lead, name, after) =
                    (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
                let old = back.get(&name.to_owned()).map_or(name, |old| old.as_str());
                format!("{before}draws_as: {lead}\"{old}\"{after}")
            }
            None => line,
        };
        let text = renamed(&scenario_to_text(&scenario), &names);
        let text: String = text.lines().map(|line| kept(line.to_owned()) + "\n").collect();
        let other = resolve(&text);
        prop_assert!(other.scenario.endpoints.iter().all(|e| e.name != e.drawn_as()), "{}", text);

        let ((before, log), (after, other_log)) = (run_logged(resolved), run_logged(&other));
        prop_assert_eq!(&other_log, &log, "events");
        let old =
            |name: &str| back.get(&name.to_owned()).map_or_else(|| name.to_owned(), |old| (*old).clone());
        prop_assert_eq!(by_name(&after, old), by_name(&before, str::to_owned));
        prop_assert_eq!(after.script.faults.len(), before.script.faults.len());
        Ok(())
    });
}

#[test]
fn another_name_is_other_luck_unless_its_draws_are_kept() {
    let draw = resolve(&swarm::scenario(0, 7));
    let text = renamed(&scenario_to_text(&draw.scenario), &other_names(&draw.scenario));
    let (before, after) = (run_logged(&draw).1, run_logged(&resolve(&text)).1);
    assert_ne!(before, after, "what the test above compares would be equal anyway");
}

/// From a Wednesday in November on, so many weeks bring no change of clocks in Shanghai, in UTC or in the US.
const WEEKS: u64 = 14;

#[test]
fn a_later_week_is_like_this_one() {
    over_drawn_scenarios(|resolved, numbers| {
        let day: jiff::civil::Date = "2026-11-18".parse().expect("a date");
        let weeks = i64::try_from(1 + numbers % WEEKS).expect("a few weeks");
        let later = day.checked_add(jiff::Span::new().weeks(weeks)).expect("a date of the calendar");
        let text = scenario_to_text(&resolved.scenario);
        let moved = text.replace("2026-11-18", &later.to_string());
        prop_assert_ne!(&moved, &text);
        let ((before, log), (after, other_log)) = (run_logged(resolved), run_logged(&resolve(&moved)));
        prop_assert_eq!(&other_log, &log, "events");
        prop_assert_eq!(&after.script, &before.script, "faults");
        prop_assert_eq!(&after.ledger, &before.ledger, "bills");
        prop_assert_eq!(by_name(&after, str::to_owned), by_name(&before, str::to_owned));
        Ok(())
    });
}

/// When each workload's requests arrive, by its name.
fn arrivals(resolved: &Resolved, log: &[EventRecord]) -> BTreeMap<String, Vec<(u64, u64)>> {
    let mut all: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    for record in log.iter().filter(|record| record.kind == EventKind::Arrival) {
        let Some((workload, request)) = record.request else { continue };
        let name = &resolved.scenario.workloads[usize::from(workload)].name;
        all.entry(name.clone()).or_default().push((record.at.as_nanos(), request));
    }
    all
}

#[test]
fn the_order_of_a_file_is_no_weather() {
    over_drawn_scenarios(|resolved, _| {
        let mut scenario = resolved.scenario.clone();
        scenario.providers.reverse();
        scenario.endpoints.reverse();
        scenario.routers.reverse();
        scenario.workloads.reverse();
        scenario.links.reverse();
        scenario.probes.reverse();
        scenario.weather.processes.reverse();
        let other = resolve(&scenario_to_text(&scenario));
        let ((before, log), (after, other_log)) = (run_logged(resolved), run_logged(&other));
        prop_assert_eq!(&after.script, &before.script, "faults");
        prop_assert_eq!(arrivals(&other, &other_log), arrivals(resolved, &log), "arrivals");
        let load = |resolved: &Resolved, output: &RunOutput| {
            let rows = output.timeline.rows.iter();
            rows.map(|row| {
                let names = resolved.scenario.providers.iter().map(|p| p.name.clone());
                names.zip(row.competing.iter().map(|share| share.to_bits())).collect::<BTreeMap<_, _>>()
            })
            .collect::<Vec<_>>()
        };
        prop_assert_eq!(load(&other, &after), load(resolved, &before), "competing load");
        Ok(())
    });
}
