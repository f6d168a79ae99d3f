//! What is to be held, from the command line; what is not known is told with the nearest name.

use sandbox_scenario::{Metric, Objective, problem};
use sandbox_testkit::Property;
use sandbox_testkit::properties::{self, How, Sort, Subject};

use crate::args::Check;
use crate::exit::Failure;

/// What is to be held.
pub(super) struct Chosen {
    pub(super) properties: Vec<Property>,
    pub(super) objectives: Vec<Objective>,
    /// Names of properties that would be held if they said something of the scenario.
    pub(super) silent: Vec<String>,
    /// Names of properties that say something of the scenario and are held only if somebody asks.
    pub(super) unasked: Vec<String>,
    /// The metric to search for instead, and whose requests it is about.
    pub(super) worst: Option<(Metric, Option<String>)>,
    /// Whether it was asked for by name.
    pub(super) by_name: bool,
}

impl Chosen {
    /// Properties and objectives that are named, or the properties of a group; those that one run shows if none is.
    pub(super) fn new(args: &Check, subject: &Subject) -> Result<Self, Failure> {
        let names = || properties::ALL.iter().map(|property| property.name);
        let workloads: Vec<&str> =
            subject.resolved.scenario.workloads.iter().map(|workload| workload.name.as_str()).collect();
        let by_name = !args.properties.is_empty() || !args.objectives.is_empty();
        let groups = || Sort::ALL.into_iter().map(Sort::name);
        for name in &args.properties {
            if !names().chain(groups()).any(|known| known == name) {
                return Err(Failure::Request {
                    message: format!("no property and no group of properties is called `{name}`"),
                    hint: problem::name_hint(name, "properties", groups().chain(names())),
                });
            }
        }
        let named = |property: &Property| args.properties.iter().any(|name| name == property.name);
        let wanted = |property: &&Property| {
            let group = args.properties.iter().any(|name| name == property.sort.name());
            named(property) || group || (!by_name && property.sort.shows_in_one_run())
        };
        let (speak, silent): (Vec<&Property>, Vec<&Property>) =
            properties::ALL.iter().filter(wanted).partition(|property| speaks(property, subject));
        if let Some(property) = silent.iter().find(|property| named(property)) {
            return Err(Failure::Request {
                message: format!(
                    "`{}` says nothing of this scenario: no router in it promises that",
                    property.name
                ),
                hint: "`--list` shows which properties say something of it".to_owned(),
            });
        }
        let unasked = |property: &&Property| !by_name && !property.sort.shows_in_one_run();
        let unasked = properties::ALL.iter().filter(unasked).filter(|property| speaks(property, subject));
        let unasked = unasked.map(|property| property.name.to_owned()).collect();
        let mut objectives = Vec::new();
        for text in &args.objectives {
            let objective = Objective::parse(text, &workloads);
            objectives.push(objective.map_err(|e| Failure::Request { message: e.message, hint: e.hint })?);
        }
        let worst = args.worst.as_ref().map(|text| Metric::parse(text, &workloads)).transpose();
        let worst = worst.map_err(|e| Failure::Request { message: e.message, hint: e.hint })?;
        Ok(Self {
            properties: speak.into_iter().copied().collect(),
            objectives,
            silent: silent.into_iter().map(|property| property.name.to_owned()).collect(),
            unasked,
            worst,
            by_name,
        })
    }

    /// Names of what is held.
    pub(super) fn names(&self) -> Vec<String> {
        let properties = self.properties.iter().map(|property| property.name.to_owned());
        properties.chain(self.objectives.iter().map(|objective| objective.expression.clone())).collect()
    }

    /// Names of what is held that says what comes to pass in time.
    pub(super) fn liveness(&self) -> Vec<String> {
        let liveness = self.properties.iter().filter(|property| property.sort == Sort::Liveness);
        liveness.map(|property| property.name.to_owned()).collect()
    }
}

/// Every property by group, and whether it says something of the scenario.
pub(super) fn list(subject: &Subject) -> String {
    let mut text = String::new();
    for sort in Sort::ALL {
        let note = if sort.shows_in_one_run() { "" } else { " (several runs a case: only if asked for)" };
        text.push_str(&format!("{}{note}\n", sort.name()));
        for property in properties::ALL.iter().filter(|property| property.sort == sort) {
            let mark = if speaks(property, subject) { ' ' } else { '-' };
            text.push_str(&format!("{mark} {:<13} {}\n", property.name, folded(property.says, 64)));
        }
        text.push('\n');
    }
    text.push_str("A property with - in front says nothing of this scenario.\n");
    text
}

/// A sentence in lines of at most so many letters, each but the first below the column of the first.
fn folded(sentence: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        let line = lines.last_mut().expect("there is one line at least");
        match line.chars().count() {
            0 => line.push_str(word),
            letters if letters + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join(&format!("\n{:16}", ""))
}

/// Whether a property says something of a scenario.
fn speaks(property: &Property, subject: &Subject) -> bool {
    match property.how {
        How::Watched(watch) => watch(subject).is_some(),
        How::Compared(compare) => compare(subject).is_some(),
    }
}

/// The line of a scenario's file at which a broken promise is shown: that of the objective if it is written there, else
/// that of the router, else the first.
pub(super) fn line_of(text: &str, promise: &str, router: Option<&str>) -> usize {
    let router = router.map(|router| router.rsplit('=').next().unwrap_or(router).trim());
    let wanted = [Some(format!("\"{promise}\"")), router.map(|router| format!("name: \"{router}\""))];
    let line = |wanted: String| text.lines().position(|line| line.contains(&wanted));
    wanted.into_iter().flatten().find_map(line).map_or(1, |line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_stands_where_the_promise_is_written() {
        let text = "(\n  routers: [\n    (name: \"grid\"),\n  ],\n  objectives: [\"cost <= $5\"],\n)";
        assert_eq!(line_of(text, "cost <= $5", Some("grid")), 5);
        assert_eq!(line_of(text, "attempts", Some("chat=grid")), 3);
        assert_eq!(line_of(text, "attempts", None), 1);
    }
}
