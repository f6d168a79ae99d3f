//! `sandbox run`.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sandbox_engine::{EventRecord, RunOptions};
use sandbox_model::Answer;
use sandbox_routers::Registry;
use sandbox_scenario::Resolved;
use tempfile::NamedTempFile;

use crate::args::{Format, Run};
use crate::commands::load;
use crate::commands::print::Printer;
use crate::exit::{Code, Failure};
use crate::files;
use crate::progress::Progress;

pub(super) fn run(args: &Run, registry: &Arc<Registry>) -> Result<Code, Failure> {
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
    let log = args.trace.then(|| EventLog::create(resolved, dir)).transpose()?;
    let mut at = |share| progress.at(share);
    let output = sandbox_engine::run(
        resolved,
        RunOptions {
            progress: Some(&mut at),
            log: log.as_ref().map(EventLog::writer),
            repro: repro(args, resolved, router),
            worst: files::WORST_REQUESTS,
            ..RunOptions::default()
        },
    )?;
    drop(progress);
    let log = log.map(EventLog::finish).transpose()?;
    files::write_directory(dir, &files::of_run(resolved, &output)?, log)?;
    printer.run(dir, files::data(resolved, &output), Some("look at timeline.png"))
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

/// The event log while it is being written: a temporary file beside the run directory.
struct EventLog {
    shared: Arc<Mutex<Sink>>,
}

struct Sink {
    file: BufWriter<NamedTempFile>,
    workloads: Vec<String>,
    nodes: Vec<String>,
    failed: Option<std::io::Error>,
}

impl EventLog {
    fn create(resolved: &Resolved, dir: &Path) -> Result<Self, Failure> {
        let file = files::temporary_beside(dir)?;
        let mut sink = Sink {
            file: BufWriter::new(file),
            workloads: resolved.scenario.workloads.iter().map(|w| w.name.clone()).collect(),
            nodes: resolved.nodes.iter().map(|n| n.name.clone()).collect(),
            failed: None,
        };
        sink.line(format_args!("at_s,event,workload,request,node,answer"));
        Ok(Self { shared: Arc::new(Mutex::new(sink)) })
    }

    fn writer(&self) -> Box<dyn FnMut(&EventRecord) + Send> {
        let shared = Arc::clone(&self.shared);
        Box::new(move |record| {
            // Only a panic while writing poisons it, and that has ended the run.
            if let Ok(mut sink) = shared.lock() {
                sink.record(record);
            }
        })
    }

    fn finish(self) -> Result<NamedTempFile, Failure> {
        let failure = |error| Failure::Io { what: "write", path: files::EVENTS.into(), error };
        // The run is over and has dropped its writer.
        let sink = Arc::into_inner(self.shared).and_then(|shared| shared.into_inner().ok());
        let sink = sink.ok_or_else(|| failure(std::io::Error::other("the log is still in use")))?;
        match sink.failed {
            Some(error) => Err(failure(error)),
            None => sink.file.into_inner().map_err(|error| failure(error.into_error())),
        }
    }
}

impl Sink {
    fn record(&mut self, record: &EventRecord) {
        let at = record.at.as_nanos();
        let (whole, part) = (at / 1_000_000_000, at % 1_000_000_000);
        let kind = record.kind.name();
        let node = record.node.map_or(String::new(), |node| self.nodes[node.index()].clone());
        let answer = match record.answer {
            None => String::new(),
            Some(Answer::Ok) => "ok".to_owned(),
            Some(Answer::Cut) => "cut".to_owned(),
            Some(Answer::TimedOut) => "timed_out".to_owned(),
            Some(Answer::Failed { status, .. }) => status.to_string(),
        };
        let (workload, request) = match record.request {
            None => (String::new(), String::new()),
            Some((workload, number)) => (self.workloads[workload as usize].clone(), number.to_string()),
        };
        self.line(format_args!("{whole}.{part:09},{kind},{workload},{request},{node},{answer}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        if self.failed.is_none()
            && let Err(error) = writeln!(self.file, "{line}")
        {
            self.failed = Some(error);
        }
    }
}
