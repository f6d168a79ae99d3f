//! Everything about a scenario that its types cannot rule out: names, numbers, topology, faults.
//!
//! All problems of a file are collected, so that one run of `validate` shows them all.

mod custom;
mod faults;
mod limits;
mod money;
mod names;
mod network;
mod numbers;
mod provider;
mod residency;
mod routing;
mod topology;
mod traffic;

pub(crate) use faults::script;
pub(crate) use residency::permitted;
pub(crate) use topology::{Graph, known_links};

use sandbox_core::Span;
use sandbox_routers::Registry;

use crate::file::Scenario;
use crate::problem::{Invalid, Problem};
use crate::source::Source;
use crate::syntax::Path;

/// Longest scenario: ten years. Keeps curves and calendars within reason.
const DURATION_MAX: Span = Span::from_hours(24 * 3_660);

/// Collects problems.
pub(crate) struct Report<'s> {
    pub(crate) source: &'s Source,
    pub(crate) problems: Vec<Problem>,
}

impl<'s> Report<'s> {
    pub(crate) fn new(source: &'s Source) -> Self {
        Self { source, problems: Vec::new() }
    }

    /// The value at `path` is wrong: `message`, and what to write instead.
    pub(crate) fn say(&mut self, path: &Path, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(self.source.problem(path, message, Some(hint.into())));
    }

    /// `value` must be between `low` and `high`; NaN is not.
    fn within(&mut self, path: &Path, value: f64, low: f64, high: f64) -> bool {
        let good = value >= low && value <= high;
        if !good {
            self.say(
                path,
                format!("`{value}` is outside {low} to {high}"),
                format!("write a number from {low} to {high}"),
            );
        }
        good
    }

    /// `value` must not be zero.
    fn positive(&mut self, path: &Path, value: Span, example: &str) {
        if value.is_zero() {
            self.say(path, "must be longer than zero", format!("write it like \"{example}\""));
        }
    }

    /// `value` must not be so long that its unit must be wrong, and sums and multiples of it would not fit.
    fn at_most(&mut self, path: &Path, value: Span, most: Span) {
        if value > most {
            self.say(path, format!("{value} is longer than {most}"), "check its unit");
        }
    }

    /// All problems, in order of place.
    pub(crate) fn finish(mut self) -> Result<(), Invalid> {
        if self.problems.is_empty() {
            return Ok(());
        }
        self.problems.sort_by_key(|p| p.place.as_ref().map_or(usize::MAX, |place| place.span.start));
        self.problems.dedup();
        Err(Invalid { problems: self.problems, unreadable: false })
    }
}

/// Checks all but the script, the objectives and the traces, which are checked as they are resolved.
pub(crate) fn all(scenario: &Scenario, registry: &Registry, report: &mut Report<'_>) {
    numbers::scenario(scenario, report);
    names::unique(scenario, report);
    names::references(scenario, report);
    topology::check(scenario, report);
    limits::accounts(scenario, report);
    residency::check(scenario, report);
    money::check(scenario, report);
    custom::check(scenario, registry, report);
    faults::processes(scenario, report);
    faults::probes(scenario, report);
}
