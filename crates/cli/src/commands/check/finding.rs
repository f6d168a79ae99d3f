//! From a script that breaks something to what is kept, drawn and printed of it.

use std::path::{Path, PathBuf};

use sandbox_engine::{RunOptions, RunOutput};
use sandbox_model::OutageScript;
use sandbox_report::terminal::{self, Breach, sentence};
use sandbox_scenario::file::Found;
use sandbox_scenario::{Objective, Resolved, script_to_text};
use sandbox_testkit::corpus::{self, Kept};
use sandbox_testkit::search::{Counterexample, Origin};
use sandbox_testkit::{Broken, properties, whole_run};

use super::Checked;
use crate::exit::Failure;
use crate::files;

/// What was found, as it is told.
pub(super) struct Finding {
    pub(super) told: terminal::Finding,
}

impl Finding {
    /// Keeps the script, and draws its run above its control twin into `out`.
    pub(super) fn of(
        checked: &Checked<'_>,
        counterexample: &Counterexample,
        out: &Path,
    ) -> Result<Self, Failure> {
        let Counterexample { from, drawn, script, broken, fingerprint, shrink_runs } = counterexample;
        // What comes to no end cannot be drawn.
        let mut resolved = with_script(checked, script)?;
        let workloads: Vec<&str> = resolved.scenario.workloads.iter().map(|w| w.name.as_str()).collect();
        // The picture counts it among those that are missed.
        if let Ok(objective) = Objective::parse(&broken.property, &workloads)
            && resolved.objectives.iter().all(|known| known.expression != objective.expression)
        {
            resolved.objectives.push(objective);
        }
        let mut run =
            fingerprint.map(|_| sandbox_engine::run(&resolved, RunOptions::default())).transpose()?;
        let what = sentence(&breach(&resolved, broken), run.as_ref().map(|run| &run.summary));
        let found = Found {
            breaks: broken.property.clone(),
            scenario: resolved.scenario.name.clone(),
            router: checked.router.map(str::to_owned),
            set: checked.args.sets.clone(),
            what: what.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprint: run.as_ref().map_or_else(|| "0".repeat(16), |run| run.summary.fingerprint.clone()),
        };
        let path = corpus::keep(&checked.args.regressions, script, &found)?;
        let mut written = vec![path.display().to_string()];
        if let Some(run) = &mut run {
            run.summary.repro = checked.repro(&path);
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("found");
            let title = format!("breaks {}", broken.property);
            written.push(draw(&resolved, run, out, stem, &title)?.display().to_string());
        }
        let faults = |n: usize| if n == 1 { "1 fault".to_owned() } else { format!("{n} faults") };
        let case = match from {
            Origin::Case(number) => format!("case {number}"),
            Origin::Corpus(number) => format!("script {number} of the corpus"),
        };
        let origin = if script.faults.is_empty() {
            "no fault is needed: it is broken in calm weather".to_owned()
        } else {
            let had = faults(drawn.faults.len());
            let runs = if *shrink_runs == 1 { "run" } else { "runs" };
            format!("{}: {case} had {had}, shrunk in {shrink_runs} {runs}", faults(script.faults.len()))
        };
        Ok(Self {
            told: terminal::Finding {
                name: broken.property.clone(),
                says: says(&broken.property),
                sentence: what,
                origin,
                script: script_to_text(script),
                repro: checked.repro(&path),
                fingerprint: run.map(|run| run.summary.fingerprint),
                files: written,
            },
        })
    }

    /// A script that was kept and still breaks what it broke: nothing is written.
    pub(super) fn again(checked: &Checked<'_>, kept: &Kept, broken: Broken) -> Result<Self, Failure> {
        let resolved = with_script(checked, &kept.script)?;
        // Of a run that comes to no end there is no more to say.
        let run = whole_run(&resolved);
        let what = sentence(&breach(&resolved, &broken), run.as_ref().map(|run| &run.summary));
        Ok(Self {
            told: terminal::Finding {
                says: says(&broken.property),
                name: broken.property,
                sentence: what,
                origin: format!("kept in {}", kept.path.display()),
                script: script_to_text(&kept.script),
                repro: checked.repro(&kept.path),
                fingerprint: run.map(|run| run.summary.fingerprint),
                files: Vec::new(),
            },
        })
    }
}

/// The scenario under a script, as `run --script` has it.
pub(super) fn with_script(checked: &Checked<'_>, script: &OutageScript) -> Result<Resolved, Failure> {
    Ok(checked.subject.resolved.clone().with_script(script.clone().into(), "the script that was found")?)
}

/// Draws a run above its control twin; gives the PNG's path. `title` goes on from the scenario's name.
pub(super) fn draw(
    resolved: &Resolved,
    run: &RunOutput,
    out: &Path,
    stem: &str,
    title: &str,
) -> Result<PathBuf, Failure> {
    // The command under the upper picture is that of both.
    let twin = sandbox_engine::control_twin(resolved, String::new())?;
    for (name, bytes) in files::pair(resolved, run, &twin, stem, title)? {
        files::write_file(&out.join(name), &bytes)?;
    }
    Ok(out.join(format!("{stem}.png")))
}

fn says(property: &str) -> Option<String> {
    let known = properties::ALL.iter().find(|known| known.name == property);
    known.map(|known| known.says.to_owned())
}

fn breach(resolved: &Resolved, broken: &Broken) -> Breach {
    let workloads = &resolved.scenario.workloads;
    let request = broken.request.map(|(w, number)| format!("request {}/{number}", workloads[w].name));
    let at = broken.at.map(|at| resolved.scenario.start.local_label(at));
    Breach { what: broken.what.clone(), request, at }
}
