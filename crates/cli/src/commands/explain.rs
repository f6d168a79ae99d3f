//! `sandbox explain`.

use std::path::Path;
use std::sync::Arc;

use sandbox_core::Time;
use sandbox_engine::{Explanation, RunOptions};
use sandbox_report::terminal;
use sandbox_routers::Registry;
use sandbox_scenario::{Resolved, problem};

use super::paint;
use crate::args::Explain;
use crate::exit::{Code, Failure};
use crate::files;
use crate::progress::Progress;

/// Runs a run directory again, with one request recorded.
pub(super) fn explain(args: &Explain, registry: &Arc<Registry>) -> Result<Code, Failure> {
    let dir: &Path = &args.run;
    let recorded = files::read_summary(dir)?;
    files::read(dir, files::SCENARIO)?;
    files::read(dir, files::OUTAGES)?;
    let resolved = Resolved::load_with(&dir.join(files::SCENARIO), &[], Arc::clone(registry))?
        .with_script_file(&dir.join(files::OUTAGES))?;
    let (workload, number) = which(&resolved, &args.request)?;
    let mut progress = Progress::new("explain", "of virtual time");
    let mut at = |share| progress.at(share);
    let options =
        RunOptions { progress: Some(&mut at), explain: Some((workload, number)), ..RunOptions::default() };
    let output = sandbox_engine::run(&resolved, options)?;
    drop(progress);
    if output.summary.fingerprint != recorded.fingerprint {
        return Err(Failure::Changed(dir.to_owned()));
    }
    let name = &resolved.scenario.workloads[workload].name;
    match output.explanation {
        Some(Explanation::Story(story)) if args.json => {
            print!("{}", files::json(&story));
        }
        Some(Explanation::Story(story)) => {
            let start = &resolved.scenario.start;
            let clock = |at: Time| start.local_label(at);
            print!("{}", terminal::explain_text(&story, &clock, paint()));
        }
        Some(Explanation::NeverArrived { arrivals: 0 }) | None => {
            return Err(Failure::Request {
                message: format!("no request of `{name}` arrived in this run"),
                hint: "ask for another workload".to_owned(),
            });
        }
        Some(Explanation::NeverArrived { arrivals }) => {
            return Err(Failure::Request {
                message: format!("request {number} of `{name}` never arrived: there were {arrivals}"),
                hint: format!("they are numbered from 0 to {}", arrivals - 1),
            });
        }
    }
    Ok(Code::Ok)
}

/// The workload's index, and the number of arrival.
fn which(resolved: &Resolved, request: &str) -> Result<(usize, u64), Failure> {
    let names: Vec<&str> = resolved.scenario.workloads.iter().map(|w| w.name.as_str()).collect();
    // Names may have slashes in them.
    let (workload, number) = match request.rsplit_once('/') {
        Some((workload, number)) => (Some(workload), number),
        None => (None, request),
    };
    let Ok(number) = number.parse() else {
        return Err(Failure::Request {
            message: format!("`{request}` is no request"),
            hint: format!("write a workload and a number from 0 on, like {}/17", names[0]),
        });
    };
    let index = match workload {
        Some(workload) => names.iter().position(|name| *name == workload),
        None => (names.len() == 1).then_some(0),
    };
    index.map(|index| (index, number)).ok_or_else(|| match workload {
        Some(workload) => Failure::Request {
            message: format!("no workload is called `{workload}`"),
            hint: problem::name_hint(workload, "workloads here", names),
        },
        None => Failure::Request {
            message: format!("`{request}` is a request of which workload?"),
            hint: format!("write --request WORKLOAD/{number}; workloads here: {}", names.join(", ")),
        },
    })
}
