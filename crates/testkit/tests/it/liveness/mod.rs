//! Traffic returns, and backlogs drain: what holds of presets, what is caught, and what is excused.

#[path = "../../../../engine/tests/it/routers/presets/draw.rs"]
#[expect(dead_code, reason = "the engine's tests know more of each preset")]
#[expect(clippy::duplicate_mod, reason = "it is shared by tests that do not know each other")]
mod draw;

use sandbox_core::{Rng as _, Seed};
use sandbox_scenario::Resolved;
use sandbox_testkit::Judge;
use sandbox_testkit::properties::{ALL, Property, Sort, Subject};

use draw::{Draw, PRESETS, SWITCHES};

use crate::metamorphic::liars::{breaks, broken_by, scenario};

#[test]
fn one_that_never_comes_back_is_caught() {
    assert!(broken_by("shuns").contains(&"returns"));
}

#[test]
fn one_that_makes_everybody_wait_once_there_was_trouble_is_caught() {
    let found = broken_by("holds");
    assert!(found.contains(&"returns") && found.contains(&"drains"), "{found:?}");
    // Who only promises to be back some day is not held to the day.
    let mut subject = Subject::new(scenario("holds"));
    subject.promises[0].returns = None;
    assert!(!breaks(&subject, "returns") && !breaks(&subject, "drains"));
}

/// By preset.
const CASES: u64 = 3;

/// `SWARM_SEED=7 SWARM_CASES=200 cargo test -p sandbox-testkit --test it liveness` draws others.
#[test]
fn every_preset_comes_back_and_drains() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let (seed, cases) = (number("SWARM_SEED").unwrap_or(0), number("SWARM_CASES").unwrap_or(CASES));
    let live: Vec<Property> = ALL.iter().copied().filter(|p| p.sort == Sort::Liveness).collect();
    let mut wrong = Vec::new();
    for (preset, known) in PRESETS.iter().enumerate() {
        for case in 0..cases {
            let mut dice = Seed::new(seed).noise("liveness").at(preset as u64, case);
            let (on, numbers) = (dice.next_u64() as u32 & ((1 << SWITCHES) - 1), dice.next_u64());
            let text = Draw { preset, on, numbers }.text();
            let resolved = Resolved::parse("presets.ron", &text, None, &[]);
            let subject = Subject::new(resolved.unwrap_or_else(|invalid| panic!("{invalid}\n{text}")));
            let mut judge = Judge::new(&subject, &live, &[]).expect("no law is broken");
            let verdict = judge.judge(&subject.resolved.script).expect("no law is broken");
            if let Some(broken) = verdict.broken {
                wrong.push(format!("{} ({on}, {numbers}): {broken:?}", known.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
