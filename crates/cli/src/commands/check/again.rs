//! Scripts of the corpus, before anything is searched: which still break what they broke.

use sandbox_scenario::Objective;
use sandbox_testkit::properties;
use sandbox_testkit::{Judge, corpus, judge};

use super::Checked;
use super::choose::Chosen;
use super::finding::Finding;
use crate::commands::paint;
use crate::exit::Failure;

/// What a run breaks that comes to no end: neither a property nor an objective.
const ENDS: [&str; 3] = [judge::CONSERVATION, judge::PANICS, judge::STANDSTILL];

/// What became of the scripts that were kept.
#[derive(Default)]
pub(super) struct Again {
    /// What is still broken.
    pub(super) findings: Vec<Finding>,
    /// Whether a script could not be run, as its file is wrong.
    pub(super) wrong: bool,
}

/// Runs the scripts that belong to what is checked, each against what it broke, and says what became of them. One that
/// somebody wrote by hand was no objective's fault: it is held against the properties that are chosen.
pub(super) fn run(checked: &Checked<'_>, chosen: &Chosen) -> Result<Again, Failure> {
    let args = checked.args;
    let resolved = &checked.subject.resolved;
    let workloads: Vec<&str> = resolved.scenario.workloads.iter().map(|w| w.name.as_str()).collect();
    let mut findings = Vec::new();
    let (mut passed, mut unknowns) = (0, 0);
    let corpus = corpus::kept(&args.regressions, resolved, checked.router, &args.sets)?;
    for kept in corpus.kept {
        let breaks = kept.found.as_ref().map(|found| found.breaks.as_str());
        if chosen.by_name && breaks.is_some_and(|breaks| !chosen.names().iter().any(|name| name == breaks)) {
            continue;
        }
        let (mut properties, mut objectives) = (chosen.properties.clone(), Vec::new());
        if let Some(breaks) = breaks {
            properties = properties::ALL.iter().filter(|property| property.name == breaks).copied().collect();
            objectives = Objective::parse(breaks, &workloads).into_iter().collect();
        }
        if breaks.is_none() && properties.is_empty() {
            continue;
        }
        let unknown =
            breaks.filter(|breaks| !ENDS.contains(breaks) && properties.is_empty() && objectives.is_empty());
        if let Some(breaks) = unknown {
            let path = kept.path.display();
            eprintln!(
                "error: {path}: it breaks `{breaks}`, which is neither a property nor an objective here\n  = hint: `sandbox check --list` has the properties; remove the file if that is no longer promised"
            );
            unknowns += 1;
            continue;
        }
        let verdict = Judge::new(&checked.subject, &properties, &objectives)?.judge(&kept.script)?;
        match verdict.broken {
            None => passed += 1,
            Some(broken) => findings.push(Finding::again(checked, &kept, broken)?),
        }
    }
    for finding in &findings {
        println!();
        print!("{}", sandbox_report::terminal::finding_text(&finding.told, paint()));
    }
    let scripts = |n: usize| if n == 1 { "1 script".to_owned() } else { format!("{n} scripts") };
    let place = args.regressions.display();
    if !findings.is_empty() {
        let still = findings.len();
        println!("\nstill broken by {} of {}, kept in {place}", still, scripts(passed + still));
        println!("nothing was searched: mend that first, or remove what no longer counts");
    } else if passed > 0 {
        println!("kept         {} in {place}: nothing is broken by them any more", scripts(passed));
    }
    if corpus.others > 0 {
        println!("not run      {} in {place}: of another router or --set", scripts(corpus.others));
    }
    for invalid in &corpus.wrong {
        eprintln!("{invalid}");
    }
    let wrong = corpus.wrong.len() + unknowns;
    if wrong > 0 {
        println!("\nnothing was searched: {} in {place} cannot be run", scripts(wrong));
    }
    Ok(Again { findings, wrong: wrong > 0 })
}
