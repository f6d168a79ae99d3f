//! What a search finds.

use sandbox_engine::{Outcome, RunOptions};
use sandbox_model::{Answer, Status};
use sandbox_routers::{Call, Decision, Made, Reason, Refusal, Registry, Seen, Strategy, TargetView};
use sandbox_scenario::Objective;
use sandbox_testkit::search::{Check, Found, MemoryJournal, Origin, check};

use super::{NEVER_BROKEN, NEVER_FAILS, NEVER_LEAKS, check_of, small};

fn found(check_of: &Check) -> Found {
    check(check_of, &mut MemoryJournal::default(), &mut |_| {}).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn it_does_not_depend_on_the_number_of_threads() {
    let mut all = check_of(small(&[], Registry::default()), &[NEVER_LEAKS, NEVER_FAILS], 60);
    all.all = true;
    let one = found(&all);
    assert_eq!(one.counterexamples.len(), 2, "{one:?}");
    for jobs in [2, 5] {
        assert_eq!(found(&Check { jobs, ..all.clone() }), one, "{jobs}");
    }
    let nothing = Check { properties: vec![NEVER_BROKEN], ..all };
    let one = found(&nothing);
    assert_eq!((one.coverage.cases, one.counterexamples.len()), (60, 0));
    assert!(one.coverage.outcome(Outcome::Leak) > 0, "weather that nobody notices covers nothing");
    assert_eq!(found(&Check { jobs: 3, ..nothing }), one);
}

#[test]
fn a_counterexample_breaks_the_same_when_it_is_run_from_its_start() {
    let check = check_of(small(&[], Registry::default()), &[NEVER_FAILS], 200);
    let found = found(&check);
    let [one] = &found.counterexamples[..] else { panic!("{found:?}") };
    assert_eq!(one.script.faults.len(), 1, "{:?}", one.script);
    let resolved =
        check.subject.resolved.clone().with_script(one.script.clone().into(), "found").expect("valid");
    let run = sandbox_engine::run(&resolved, RunOptions::default()).expect("no law is broken");
    assert_eq!(Some(run.summary.fingerprint), one.fingerprint.map(|print| print.to_string()));
    assert!(run.summary.requests.failed > 0);
    // A script of the corpus is judged first.
    let again = Check { corpus: vec![one.script.clone()], ..check };
    let again = self::found(&again);
    assert_eq!((again.counterexamples[0].from, again.coverage.cases), (Origin::Corpus(0), 0));
    assert_eq!(again.counterexamples[0].script, one.script);
}

#[test]
fn a_missed_objective_is_found() {
    let mut check = check_of(small(&[], Registry::default()), &[], 60);
    check.objectives = vec![Objective::parse("leak_share <= 10%", &[]).expect("an objective")];
    let found = found(&check);
    let [one] = &found.counterexamples[..] else { panic!("{found:?}") };
    assert_eq!(one.broken.property, "leak_share <= 10%");
    assert!(one.broken.what.starts_with("leak_share is "), "{}", one.broken.what);
}

/// Panics when its first target has answered 429.
#[derive(Clone)]
struct Fragile;

impl Fragile {
    fn make(_: &Made<'_>) -> Result<Box<dyn Strategy>, Refusal> {
        Ok(Box::new(Self))
    }
}

impl Strategy for Fragile {
    fn next(&mut self, call: &Call<'_>, _: &[TargetView]) -> Decision {
        match call.attempts.last().and_then(|tried| tried.answer) {
            None => Decision::Try { target: 0, reason: Reason::Choice },
            Some(answer) => Decision::GiveUp(answer),
        }
    }

    fn observe(&mut self, seen: &Seen) {
        assert!(
            !matches!(seen.answer, Answer::Failed { status: Status(429), .. }),
            "nobody told me of limits"
        );
    }
}

#[test]
fn a_strategy_that_panics_is_a_finding() {
    let set = "routers[1].strategy=Custom(name: \"fragile\", targets: [\"direct\", \"grid\"])";
    let registry = Registry::default().with("fragile", &[], Fragile::make);
    let mut check = check_of(small(&[set], registry), &[NEVER_BROKEN], 200);
    let one = found(&check);
    let [panics] = &one.counterexamples[..] else { panic!("{one:?}") };
    assert_eq!((panics.broken.property.as_str(), panics.fingerprint), ("panics", None));
    assert!(panics.broken.what.starts_with("nobody told me of limits ("), "{}", panics.broken.what);
    assert_eq!(panics.script.faults.len(), 1);
    check.jobs = 2;
    assert_eq!(found(&check), one);
}
