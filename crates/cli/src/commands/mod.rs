//! One function a command.

mod check;
mod explain;
mod import;
mod replay;
mod run;
mod schema;

use std::io::IsTerminal as _;
use std::sync::Arc;

use sandbox_report::charts::Style;
use sandbox_report::terminal::Paint;
use sandbox_routers::Registry;
use sandbox_scenario::{Resolved, script_to_text};

use crate::args::{Args, Command, ScenarioArgs};
use crate::exit::{Code, Failure};
use crate::files;

/// Carries out the command line.
pub(crate) fn dispatch(args: Args, registry: &Arc<Registry>) -> Result<Code, Failure> {
    match args.command {
        Command::Run(args) => run::run(&args, registry),
        Command::Replay { run } => replay::replay(&run, registry),
        Command::Check(args) => check::check(&args, registry),
        Command::Explain(args) => explain::explain(&args, registry),
        Command::Script { scenario, out } => {
            let text = script_to_text(&sandbox_engine::weather::outage_script(&load(&scenario, registry)?));
            match out {
                Some(path) => files::write_file(&path, text.as_bytes())?,
                None => print!("{text}"),
            }
            Ok(Code::Ok)
        }
        Command::Import { what } => import::import(&what),
        Command::Plot { runs, width } => {
            // The proportions of the usual picture.
            let usual = Style::default();
            let style = Style { width, height: (width * usual.height / usual.width).max(Style::MIN.height) };
            for run in &runs {
                plot(run, style, registry)?;
            }
            Ok(Code::Ok)
        }
        Command::Schema { of } => {
            println!("{}", schema::schema(of));
            Ok(Code::Ok)
        }
        Command::Validate { scenario } => {
            let resolved = load(&scenario, registry)?;
            let s = &resolved.scenario;
            println!(
                "{} is valid: {} for {}, {} workloads, {} routers, {} endpoints of {} providers, {} objectives",
                scenario.scenario.display(),
                s.name,
                s.duration,
                s.workloads.len(),
                s.routers.len(),
                s.endpoints.len(),
                s.providers.len(),
                s.objectives.len()
            );
            Ok(Code::Ok)
        }
    }
}

fn load(args: &ScenarioArgs, registry: &Arc<Registry>) -> Result<Resolved, Failure> {
    let resolved = Resolved::load_with(&args.scenario, &args.sets, Arc::clone(registry))?;
    Ok(match args.seed {
        Some(seed) => resolved.with_seed(seed),
        None => resolved,
    })
}

fn plot(run: &std::path::Path, style: Style, registry: &Arc<Registry>) -> Result<(), Failure> {
    let data = files::read_run(run, registry)?;
    for (name, bytes) in files::charts(&data, style)? {
        let path = run.join(name);
        files::write_file(&path, &bytes)?;
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

/// Colour only on a terminal, and not where `NO_COLOR` is set (no-color.org).
fn paint() -> Paint {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted && std::io::stdout().is_terminal() { Paint::Ansi } else { Paint::Plain }
}
