//! `--worst`: the script under which a metric is worst.

use sandbox_engine::{RunOptions, Trials, trials::Length};
use sandbox_model::OutageScript;
use sandbox_report::terminal::{Bad, worst_text};
use sandbox_scenario::file::Found;
use sandbox_scenario::{Metric, found_to_text, script_to_text};
use sandbox_testkit::corpus::file_word;
use sandbox_testkit::search::{self, Method, Worst};

use super::{Checked, end, finding};
use crate::commands::paint;
use crate::exit::Failure;
use crate::files;
use crate::progress::Searching;

/// Share of the scenario that faults may last together if nobody says otherwise: one in so many. Without a budget the
/// worst is everything down all the time.
const DOWNTIME: u64 = 10;

/// Looks for the worst script; writes it, and its run above its control twin.
pub(super) fn search(checked: &Checked<'_>, metric: Metric, workload: Option<&str>) -> Result<(), Failure> {
    let args = checked.args;
    let scenario = &checked.subject.resolved.scenario;
    let downtime = args.max_downtime.unwrap_or(scenario.duration / DOWNTIME);
    let worst = Worst {
        subject: checked.subject.clone(),
        metric,
        workload: workload.map(str::to_owned),
        weather: checked.weather.clone().with_downtime_max(downtime),
        runs: args.cases,
        seed: args.seed,
        jobs: checked.jobs(),
        method: Method::Guided,
    };
    println!("{}", checked.title());
    let out = checked.out(worst.digest());
    let mut journal = checked.journal(&out, worst.digest())?;
    // `leak_premium/h` and `leak_premium` are one name and two metrics.
    let name = args.worst.clone().unwrap_or_else(|| metric.to_string());
    let stem = format!("worst-{}", file_word(&name));
    let path = out.join(format!("{stem}.ron"));
    let mut searching = Searching::new(journal.resumed() as u64);
    let mut written = Ok(());
    let mut known = None;
    let found = search::worst(&worst, &mut journal, &mut |progress, best| {
        let value = best.map(|best| metric.format(best.value));
        searching
            .at_with(progress, value.as_ref().map_or_else(String::new, |value| format!(", worst {value}")));
        // Whoever stops it has an answer.
        if let (Some(best), Some(value)) = (best, value)
            && known != Some(best.value)
        {
            known = Some(best.value);
            let so_far = format!("// {name} is {value}: the worst of the first {} runs.\n", progress.done);
            let text = so_far + &script_to_text(&best.script);
            if written.is_ok() {
                written = files::write_file(&path, text.as_bytes());
            }
        }
    })?;
    drop(searching);
    written?;
    let Some(best) = found.shrunk.or(found.best) else {
        println!("worst        {name}: no run had anything to measure");
        return end(journal, &out);
    };
    let resolved = finding::with_script(checked, &best.script)?;
    let mut run = sandbox_engine::run(&resolved, RunOptions::default())?;
    let (value, calm) = (metric.format(best.value), calm(checked, metric, workload)?);
    let about = Found {
        breaks: name.clone(),
        scenario: scenario.name.clone(),
        router: checked.router.map(str::to_owned),
        set: args.sets.clone(),
        what: format!("{name} is {value}, and {calm} without faults"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        fingerprint: run.summary.fingerprint.clone(),
    };
    files::write_file(&path, found_to_text(&best.script, about).as_bytes())?;
    run.summary.repro = checked.repro(&path);
    let picture = finding::draw(&resolved, &run, &out, &stem, &format!("worst {name}"))?;
    end(journal, &out)?;
    let bad = Bad {
        metric: name,
        value,
        calm,
        climb: found.curve.iter().map(|&(run, value)| (run, metric.format(value))).collect(),
        runs: found.runs,
        script: script_to_text(&best.script),
        repro: run.summary.repro,
        fingerprint: run.summary.fingerprint,
        files: vec![path.display().to_string(), picture.display().to_string()],
    };
    println!();
    print!("{}", worst_text(&bad, paint()));
    Ok(())
}

/// What the metric comes to without faults.
fn calm(checked: &Checked<'_>, metric: Metric, workload: Option<&str>) -> Result<String, Failure> {
    let mut trials = Trials::lean(&checked.subject.resolved, None)?;
    let trial = trials.run(&OutageScript::default(), Length::Whole)?;
    Ok(trial.measure(metric, workload).map_or_else(|| "nothing to measure".to_owned(), |v| metric.format(v)))
}
