//! One function a command.

mod about;
mod check;
mod diff;
mod explain;
mod import;
mod init;
mod plot;
mod print;
mod replay;
mod run;
mod schema;

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use sandbox_report::terminal::{Paint, ascii};
use sandbox_routers::Registry;
use sandbox_scenario::{Resolved, script_to_text};

use crate::args::{Args, Command, ScenarioArgs};
use crate::exit::{Code, Failure};
use crate::files;

/// Carries out the command line.
pub(crate) fn dispatch(args: Args, registry: &Arc<Registry>) -> Result<Code, Failure> {
    match args.command {
        Command::Init { name } => init::init(&name),
        Command::Run(args) => run::run(&args, registry),
        Command::Show { runs, format } => print::show(&runs, format.format(), registry),
        Command::Diff(args) => diff::diff(&args, registry),
        Command::Completions { shell } => about::completions(shell),
        Command::Man { out } => about::man(out.as_deref()),
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
        Command::Plot(args) => plot::plot(&args, registry),
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

/// Prints a text that is made for people: in ASCII on a terminal that shows nothing else.
fn say(text: &str) -> Result<(), Failure> {
    if std::io::stdout().is_terminal() && !speaks_utf8() { put(&ascii(text)) } else { put(text) }
}

/// Prints a text as it is. Whoever reads may stop before its end (`| head`).
fn put(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::io("write to", Path::new("standard output"))(error))
        }
        _ => Ok(()),
    }
}

/// Whether the locale says that the terminal shows UTF-8, in the order in which POSIX asks; one that says nothing does.
fn speaks_utf8() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    locale.is_none_or(|locale| is_utf8(&locale))
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Colour only on a terminal, and not where `NO_COLOR` is set (no-color.org).
fn paint() -> Paint {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted && std::io::stdout().is_terminal() { Paint::Ansi } else { Paint::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_say_what_a_terminal_shows() {
        for locale in ["C.UTF-8", "en_GB.utf8", "de_DE.UTF-8@euro", "UTF-8"] {
            assert!(is_utf8(locale), "{locale}");
        }
        for locale in ["C", "POSIX", "en_US", "ru_RU.KOI8-R", "de_DE@euro"] {
            assert!(!is_utf8(locale), "{locale}");
        }
    }
}
