//! Routers with a bug each, and the property that finds it.
//!
//! A mutant promises what it is meant to do and does something else; its sound twin promises the same and keeps it. For
//! each, drawn outage scripts are judged by all properties until one falsifies a promise, and that script is shrunk.
//!
//! * [`routers`] – the mutants and their twins
//! * [`stage`] – the scenario on which they play

mod routers;
mod stage;

use sandbox_testkit::Weather;
use sandbox_testkit::properties;
use sandbox_testkit::properties::{Sort, Subject};
use sandbox_testkit::search::{Check, Counterexample, MemoryJournal, check};

use routers::{MUTANTS, Mutant};

/// The mission's bound: every mutant is caught within so many cases.
const CASES: u64 = 2_000;
/// Cases that the sound twin must survive.
const TWIN_CASES: u64 = 150;
const SEED: u64 = 1;

fn search(mutant: &Mutant, sound: bool, cases: u64) -> Option<Counterexample> {
    let subject = Subject::new(stage::resolved(mutant, sound));
    let weather = Weather::new(&subject.resolved).with_faults_max(3);
    let what = Check {
        // What takes no other run to see: any mutant but a few is caught by that.
        properties: properties::ALL.iter().copied().filter(|p| p.sort != Sort::Metamorphic).collect(),
        objectives: Vec::new(),
        corpus: Vec::new(),
        weather,
        subject,
        cases,
        seed: SEED,
        jobs: 1,
        all: false,
    };
    let found = check(&what, &mut MemoryJournal::default(), &mut |_| {}).expect("the search itself works");
    found.counterexamples.into_iter().next()
}

fn caught(mutant: &Mutant) -> Result<String, String> {
    let Some(found) = search(mutant, false, CASES) else {
        return Err(format!("{}: not caught in {CASES} cases", mutant.name));
    };
    let faults = found.script.faults.len();
    let told = format!(
        "{}: case {:?} breaks {} with {faults} faults: {} {:?}",
        mutant.name, found.from, found.broken.property, found.broken.what, found.script.faults
    );
    if !mutant.caught_by.contains(&found.broken.property.as_str()) {
        return Err(format!("{told}, and not one of {:?}", mutant.caught_by));
    }
    if faults > mutant.faults_max {
        return Err(format!("{told}, and {} are enough", mutant.faults_max));
    }
    if let Some(found) = search(mutant, true, TWIN_CASES) {
        return Err(format!(
            "{}: its sound twin breaks {:?} by {:?}",
            mutant.name, found.broken, found.script
        ));
    }
    Ok(told)
}

/// The mutants of one of several tests, which run side by side.
#[expect(clippy::print_stderr, reason = "`--nocapture` shows which script each bug needs")]
fn part(number: usize, of: usize) {
    let results: Vec<_> = MUTANTS.iter().skip(number).step_by(of).map(caught).collect();
    let missed: Vec<&String> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    for told in results.iter().flatten() {
        eprintln!("{told}");
    }
}

#[test]
fn every_mutant_is_caught_one() {
    part(0, 2);
}

#[test]
fn every_mutant_is_caught_two() {
    part(1, 2);
}

#[test]
fn mutants_have_names_of_their_own() {
    let mut names: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() == MUTANTS.len() && names.len() >= 15);
    for property in MUTANTS.iter().flat_map(|mutant| mutant.caught_by) {
        assert!(properties::ALL.iter().any(|known| known.name == *property), "no property `{property}`");
    }
}
