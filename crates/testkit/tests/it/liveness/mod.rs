//! Traffic returns, and backlogs drain: what is caught, and what is excused. That presets keep them is seen in
//! `metamorphic::survey`.

use sandbox_testkit::properties::Subject;

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
