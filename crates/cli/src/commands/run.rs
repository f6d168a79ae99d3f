//! `sandbox run`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sandbox_engine::RunOptions;
use sandbox_routers::Registry;
use sandbox_scenario::Resolved;

use crate::args::{Format, Run};
use crate::commands::load;
use crate::commands::print::Printer;
use crate::exit::{Code, Failure};
use crate::exports::{self, Exports};
use crate::files;
use crate::progress::Progress;

pub(super) fn run(args: &Run, registry: &Arc<Registry>) -> Result<Code, Failure> {
    exports::check(args)?;
    let mut resolved = load(&args.scenario, registry)?;
    if let Some(script) = &args.script {
        resolved = resolved.with_script_file(script)?;
    }
    let name = format!("{}-{}", resolved.scenario.name, resolved.scenario.seed);
    let out = args.out.clone().unwrap_or_else(|| Path::new("out").join(name));
    // Several routers get a directory each.
    let runs: Vec<(Option<&str>, PathBuf)> = match &args.routers[..] {
        [] => vec![(None, out)],
        [one] => vec![(Some(one), out)],
        many => {
            many.iter().map(|router| (Some(router.as_str()), out.join(router.replace('=', "-")))).collect()
        }
    };
    let mut variants = Vec::new();
    for (router, dir) in runs {
        files::check_replaceable(&dir)?;
        let variant = resolved.clone();
        let variant = router.map_or(Ok(variant.clone()), |router| variant.with_entry(router))?;
        variants.push((variant, router, dir));
    }
    let mut printer = Printer::new(args.format.format(), variants.len());
    for (resolved, router, dir) in variants {
        one_run(args, &resolved, router, &dir, &mut printer)?;
    }
    printer.finish()
}

fn one_run(
    args: &Run,
    resolved: &Resolved,
    router: Option<&str>,
    dir: &Path,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let what = router.unwrap_or(&resolved.scenario.name);
    let mut progress = match args.format.format() {
        Format::Quiet => Progress::silent(),
        _ => Progress::new(what, "of virtual time"),
    };
    let exports = Exports::create(args, resolved, dir)?;
    let mut at = |share| progress.at(share);
    let output = sandbox_engine::run(
        resolved,
        RunOptions {
            progress: Some(&mut at),
            log: exports.log(),
            records: exports.records(),
            repro: repro(args, resolved, router),
            worst: files::WORST_REQUESTS,
            ..RunOptions::default()
        },
    )?;
    drop(progress);
    let streamed = exports.finish(&output)?;
    files::write_directory(dir, &files::of_run(resolved, &output)?, streamed)?;
    printer.run(dir, files::data(resolved, &output), Some("look at report.html"))
}

/// The command that makes this run again.
fn repro(args: &Run, resolved: &Resolved, router: Option<&str>) -> String {
    let mut line = format!(
        "sandbox run {} --seed {}",
        quoted(&args.scenario.scenario.display().to_string()),
        resolved.scenario.seed
    );
    let mut flag = |name: &str, value: &str| {
        line.push_str(&format!(" {name} {}", quoted(value)));
    };
    args.scenario.sets.iter().for_each(|set| flag("--set", set));
    if let Some(router) = router {
        flag("--router", router);
    }
    if let Some(script) = &args.script {
        flag("--script", &script.display().to_string());
    }
    line
}

/// A word as a POSIX shell reads it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
