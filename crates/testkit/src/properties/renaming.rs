//! What things are called.

use std::collections::BTreeMap;

use sandbox_engine::trials::Length;
use sandbox_engine::{RunError, Trials};
use sandbox_model::OutageScript;
use sandbox_scenario::file::Scenario;
use sandbox_scenario::{Resolved, scenario_to_text};

use super::beside::{Beside, parsed};
use super::{Broken, Compare, How, Property, Sort, Subject};

/// Costs two whole runs. Each thing keeps its luck (`draws_as`).
pub(super) const RENAMING: Property = Property {
    name: "renaming",
    says: "Other names for providers, endpoints, routers and workloads, whose luck stays theirs, change no request and no cost.",
    sort: Sort::Metamorphic,
    how: How::Compared(compare),
};

fn compare(subject: &Subject) -> Option<Box<dyn Compare>> {
    let names = other_names(&subject.resolved.scenario);
    let other = renamed(&subject.resolved, &names)?;
    Some(Box::new(Renaming { names, other: Beside::new(other) }))
}

#[derive(Clone)]
struct Renaming {
    names: BTreeMap<String, String>,
    other: Beside,
}

impl Compare for Renaming {
    fn compare(&mut self, trials: &mut Trials, script: &OutageScript) -> Result<Option<Broken>, RunError> {
        let mut moved = script.clone();
        for fault in &mut moved.faults {
            if let Some(name) = self.names.get(&fault.target) {
                fault.target.clone_from(name);
            }
        }
        let before = trials.run(script, Length::Whole)?;
        let (fingerprint, before) = (before.fingerprint(), before.output(String::new())?);
        let after = self.other.run(&moved)?;
        let same = after.fingerprint() == fingerprint;
        let after = after.output(String::new())?;
        let what = if before.summary.requests != after.summary.requests {
            format!(
                "under other names: {:?} instead of {:?}",
                after.summary.requests, before.summary.requests
            )
        } else if before.summary.cost_usd != after.summary.cost_usd {
            "under other names the bill is another".to_owned()
        } else if !same {
            "under other names other things happen".to_owned()
        } else {
            return Ok(None);
        };
        Ok(Some(Broken { property: RENAMING.name.to_owned(), at: None, request: None, what }))
    }
}

/// Each name, and one that sorts the other way round.
fn other_names(scenario: &Scenario) -> BTreeMap<String, String> {
    let names = scenario.providers.iter().map(|x| &x.name).chain(scenario.endpoints.iter().map(|x| &x.name));
    let names = names.chain(scenario.routers.iter().map(|x| &x.name));
    let mut names: Vec<&String> = names.chain(scenario.workloads.iter().map(|x| &x.name)).collect();
    names.sort();
    names.dedup();
    names.iter().rev().enumerate().map(|(rank, name)| ((*name).clone(), format!("n{rank:02}"))).collect()
}

/// The scenario under these names. None if they mean something else, too: the name of a provider that is also a region's.
fn renamed(resolved: &Resolved, names: &BTreeMap<String, String>) -> Option<Resolved> {
    let mut scenario = resolved.scenario.clone();
    scenario.weather = sandbox_scenario::file::Weather::default();
    scenario.objectives.clear();
    // A mark that no name has keeps what draws are called from being renamed.
    let keep = |name: &str, draws: &mut Option<String>| {
        *draws = Some(format!("{MARK}{}", draws.as_deref().unwrap_or(name)));
    };
    scenario.providers.iter_mut().for_each(|x| keep(&x.name, &mut x.draws_as));
    scenario.endpoints.iter_mut().for_each(|x| keep(&x.name, &mut x.draws_as));
    scenario.routers.iter_mut().for_each(|x| keep(&x.name, &mut x.draws_as));
    scenario.workloads.iter_mut().for_each(|x| keep(&x.name, &mut x.draws_as));
    let text = scenario_to_text(&scenario);
    let parts = text.split('"').enumerate().map(|(index, part)| match names.get(part) {
        Some(name) if index % 2 == 1 => name.as_str(),
        _ => part,
    });
    let text = parts.collect::<Vec<_>>().join("\"").replace(MARK, "");
    parsed(&text, resolved)
}

const MARK: &str = "as-drawn:";
