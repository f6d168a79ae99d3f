//! A later week.
//!
//! Within one scenario a script that is moved meets other requests, so nothing can be said of it. What can be moved is
//! the scenario: the same hours of a later week. Where clocks are changed in between the day has another shape
//! there, and the two are not the same week: that is looked at, and then the property says nothing.

use sandbox_engine::trials::Length;
use sandbox_engine::{RunError, Trials};
use sandbox_model::OutageScript;
use sandbox_scenario::{Resolved, scenario_to_text};

use super::beside::{Beside, parsed};
use super::{Broken, Compare, How, Property, Sort, Subject};

/// Costs two whole runs.
pub(super) const TIME_SHIFT: Property = Property {
    name: "time-shift",
    says: "The same hours a week later, if demand, prices and clocks are the same then, change no request and no cost.",
    sort: Sort::Metamorphic,
    how: How::Compared(compare),
};

fn compare(subject: &Subject) -> Option<Box<dyn Compare>> {
    let later = later(&subject.resolved, jiff::Span::new().weeks(1))?;
    Some(Box::new(TimeShift { later: Beside::new(later) }))
}

/// The scenario so much later, if what is given over time looks the same there.
fn later(resolved: &Resolved, by: jiff::Span) -> Option<Resolved> {
    let mut scenario = resolved.scenario.clone();
    scenario.weather = sandbox_scenario::file::Weather::default();
    scenario.objectives.clear();
    let start = scenario.start.to_string();
    let (local, zone) = start.rsplit_once(' ')?;
    let moved: jiff::civil::DateTime = local.replace(' ', "T").parse().ok()?;
    let moved = format!("{} {zone}", moved.checked_add(by).ok()?.strftime("%Y-%m-%d %H:%M:%S"));
    scenario.start = moved.parse().ok()?;
    let later = parsed(&scenario_to_text(&scenario), resolved)?;
    let same = later.workloads == resolved.workloads
        && later.tariffs == resolved.tariffs
        && later.providers == resolved.providers
        && later.friction == resolved.friction;
    same.then_some(later)
}

#[derive(Clone)]
struct TimeShift {
    later: Beside,
}

impl Compare for TimeShift {
    fn compare(&mut self, trials: &mut Trials, script: &OutageScript) -> Result<Option<Broken>, RunError> {
        let before = trials.run(script, Length::Whole)?;
        let (fingerprint, before) = (before.fingerprint(), before.output(String::new())?);
        let after = self.later.run(script)?;
        let same = after.fingerprint() == fingerprint;
        let after = after.output(String::new())?;
        let what = if before.summary.requests != after.summary.requests {
            format!("a week later: {:?} instead of {:?}", after.summary.requests, before.summary.requests)
        } else if before.ledger != after.ledger {
            "a week later the bill is another".to_owned()
        } else if !same {
            "a week later other things happen".to_owned()
        } else {
            return Ok(None);
        };
        Ok(Some(Broken { property: TIME_SHIFT.name.to_owned(), at: None, request: None, what }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::tests::{down, subject};

    #[test]
    fn ten_minutes_later_the_window_of_a_limit_is_another() {
        let subject = subject();
        let mut trials = Trials::new(&subject.resolved, None).expect("no law is broken");
        let mut breaks = |by| {
            let later = later(&subject.resolved, by).expect("nothing here goes by the hour");
            let broken = TimeShift { later: Beside::new(later) }.compare(&mut trials, &down("60s", "70s"));
            broken.expect("no law is broken").is_some()
        };
        assert!(!breaks(jiff::Span::new().weeks(1)));
        assert!(breaks(jiff::Span::new().minutes(10)));
    }
}
