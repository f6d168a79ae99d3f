//! `sandbox diff`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sandbox_model::OutageScript;
use sandbox_report::diff::{Change, Diff, Outages, Setup, Side};
use sandbox_report::{Figure, RunData, markdown, terminal};
use sandbox_routers::Registry;
use sandbox_scenario::difference::{differences, faults_only_in_first, same_arrivals};
use sandbox_scenario::{Resolved, script_to_text};

use super::{paint, put, say};
use crate::args::{self, DiffFormat};
use crate::exit::{Code, Failure};
use crate::files;

/// Two run directories beside each other, without simulating.
pub(super) fn diff(args: &args::Diff, registry: &Arc<Registry>) -> Result<Code, Failure> {
    let (a, b) = (Run::read(&args.a, registry)?, Run::read(&args.b, registry)?);
    let diff = Diff::new(a.side(), b.side(), setup(&a, &b));
    let out = args.out.clone().unwrap_or_else(|| default_out(&args.a, &args.b));
    let figures = (a.figure("A")?, b.figure("B")?);
    let mut wrote = Vec::new();
    for (name, bytes) in files::above(&figures.0, &figures.1, "diff")? {
        let path = out.join(name);
        files::write_file(&path, &bytes)?;
        wrote.push(path.display().to_string());
    }
    match args.format {
        DiffFormat::Table => {
            say(&terminal::diff_text(&diff, paint()))?;
            say(&format!("\nwrote {}\n", wrote.join(", ")))?;
        }
        DiffFormat::Json => put(&files::json(&diff))?,
        DiffFormat::Markdown => put(&markdown::diff_markdown(&diff))?,
    }
    if args.format != DiffFormat::Table && !diff.paired.is_full() {
        eprintln!("warning: not paired: {}", diff.paired.words());
    }
    Ok(Code::Ok)
}

struct Run {
    name: String,
    resolved: Resolved,
    data: RunData,
}

impl Run {
    fn read(dir: &Path, registry: &Arc<Registry>) -> Result<Self, Failure> {
        let data = files::read_run(dir, registry)?;
        let resolved = Resolved::load_with(&dir.join(files::SCENARIO), &[], Arc::clone(registry))?
            .with_script_file(&dir.join(files::OUTAGES))?;
        Ok(Self { name: dir.display().to_string(), resolved, data })
    }

    fn side(&self) -> Side<'_> {
        Side { name: &self.name, run: &self.data }
    }

    fn figure(&self, which: &str) -> Result<Figure, Failure> {
        let figure = self.data.figure()?;
        Ok(Figure { title: format!("{which}: {} ({})", self.name, figure.title), ..figure })
    }
}

fn setup(a: &Run, b: &Run) -> Setup {
    let (first, second) = (&a.resolved.scenario, &b.resolved.scenario);
    let changes = differences(first, second).into_iter();
    Setup {
        changes: changes.map(|d| Change { path: d.path, a: d.a, b: d.b }).collect(),
        outages: Outages {
            only_a: lines(&faults_only_in_first(&a.resolved.script, &b.resolved.script)),
            only_b: lines(&faults_only_in_first(&b.resolved.script, &a.resolved.script)),
        },
        same_arrivals: same_arrivals(first, second),
    }
}

/// The faults of a script, each as it would be written there.
fn lines(script: &OutageScript) -> Vec<String> {
    let one = |fault: &sandbox_model::Fault| {
        let text = script_to_text(&OutageScript { faults: vec![fault.clone()] });
        let line = text.lines().map(str::trim).find(|line| line.starts_with("(target"));
        line.map_or_else(|| fault.target.clone(), |line| line.trim_end_matches(',').to_owned())
    };
    script.faults.iter().map(one).collect()
}

/// `out/diff-A-B`, by the last parts of their paths.
fn default_out(a: &Path, b: &Path) -> PathBuf {
    let word = |dir: &Path| {
        dir.file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned())
    };
    Path::new("out").join(format!("diff-{}-{}", word(a), word(b)))
}
