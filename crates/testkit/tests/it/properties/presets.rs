//! Every preset keeps every safety property, whatever the weather.
//!
//! `SWARM_SEED=7 SWARM_CASES=200 cargo test -p sandbox-testkit --test it presets` draws others.

use sandbox_core::{Rng as _, Seed};
use sandbox_engine::RunOptions;
use sandbox_scenario::Resolved;
use sandbox_testkit::properties::Subject;
use sandbox_testkit::{Judge, Weather};

use super::draw::{Draw, PRESETS, SWITCHES};
use super::{breaks, safety};

/// By preset.
const CASES: u64 = 6;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn over(presets: impl Iterator<Item = usize>) {
    let (seed, cases) = (number("SWARM_SEED", 0), number("SWARM_CASES", CASES));
    let mut wrong = Vec::new();
    for preset in presets {
        for case in 0..cases {
            let mut dice = Seed::new(seed).noise("presets").at(preset as u64, case);
            let (on, numbers) = (dice.next_u64() as u32 & ((1 << SWITCHES) - 1), dice.next_u64());
            let draw = Draw { preset, on, numbers };
            let text = draw.text();
            let resolved = Resolved::parse("presets.ron", &text, None, &[]);
            let resolved = resolved.unwrap_or_else(|invalid| panic!("{invalid}\n{text}"));
            if let Some(broken) = breaks(&Subject::new(resolved), &safety()) {
                wrong.push(format!("{} ({on}, {numbers}): {broken:?}", PRESETS[preset].name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The gallery's routers, with the defaults of what they imitate, in the weather that `sandbox check` draws.
#[test]
fn every_router_of_the_gallery_keeps_every_safety_property() {
    let text = include_str!("../../../../../scenarios/router-gallery.ron");
    let gallery = Resolved::parse("router-gallery.ron", text, None, &[]);
    let gallery = gallery.unwrap_or_else(|invalid| panic!("{invalid}"));
    let mut wrong = Vec::new();
    // Nobody enters by the grid: it stands behind the others, which all are watched with it.
    let routers = gallery.scenario.routers.iter().filter(|router| router.name != "grid");
    for (number, router) in routers.enumerate() {
        let entered = gallery.clone().with_entry(&router.name).unwrap_or_else(|invalid| panic!("{invalid}"));
        let weather = Weather::new(&entered);
        let mut judge = Judge::new(&Subject::new(entered), &safety(), &[]).expect("no law is broken");
        for case in 0..self::number("SWARM_CASES", 4) {
            let mut dice = Seed::new(self::number("SWARM_SEED", 0)).noise("gallery").at(number as u64, case);
            let script = weather.draw(&mut dice);
            if let Some(broken) = judge.judge(&script).expect("no law is broken").broken {
                wrong.push(format!("{} {case}: {broken:?}", router.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_preset_keeps_every_safety_property_one() {
    over((0..PRESETS.len()).step_by(2));
}

#[test]
fn every_preset_keeps_every_safety_property_two() {
    over((1..PRESETS.len()).step_by(2));
}

/// The search sees the run that `sandbox run` shows.
#[test]
fn a_run_that_is_watched_is_the_same_run() {
    for preset in (0..PRESETS.len()).step_by(4) {
        let mut dice = Seed::new(11).noise("watched").at(preset as u64, 0);
        let (on, numbers) = (dice.next_u64() as u32 & ((1 << SWITCHES) - 1), dice.next_u64());
        let text = Draw { preset, on, numbers }.text();
        let resolved =
            Resolved::parse("presets.ron", &text, None, &["objectives=[\"availability >= 0%\"]".to_owned()]);
        let resolved = resolved.unwrap_or_else(|invalid| panic!("{invalid}\n{text}"));
        let subject = Subject::new(resolved);
        // An objective takes a whole run.
        let objectives = subject.resolved.objectives.clone();
        let mut judge = Judge::new(&subject, &safety(), &objectives).expect("no law is broken");
        let verdict = judge.judge(&subject.resolved.script).expect("no law is broken");
        let run = sandbox_engine::run(&subject.resolved, RunOptions::default()).expect("no law is broken");
        assert_eq!(verdict.broken, None);
        let fingerprint = verdict.fingerprint.expect("it came to its end").to_string();
        assert_eq!(fingerprint, run.summary.fingerprint, "{}", PRESETS[preset].name);
    }
}
