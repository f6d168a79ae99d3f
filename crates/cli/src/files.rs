//! The run directory: its files as bytes, written whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Seek as _};
use std::path::Path;
use std::sync::Arc;

use sandbox_core::Time;
use sandbox_engine::RunOutput;
use sandbox_engine::explain::Story;
use sandbox_engine::output::Summary;
use sandbox_model::OutageScript;
use sandbox_report::charts::{Style, render_pair_png, render_pair_svg, render_png, render_svg};
use sandbox_report::{Clock, Figure, RunData, Setting, csv, html};
use sandbox_routers::Registry;
use sandbox_scenario::{Resolved, scenario_to_text, script_to_text};
use serde::Serialize;
use tempfile::NamedTempFile;

use crate::exit::Failure;
use crate::exports::Streamed;

/// Files of a run by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) const SUMMARY: &str = "summary.json";
pub(crate) const TIMELINE: &str = "timeline.csv";
pub(crate) const SCENARIO: &str = "scenario.ron";
pub(crate) const OUTAGES: &str = "outages.ron";
const LEDGER: &str = "ledger.csv";
const FLOW: &str = "flow.csv";
const WORST: &str = "worst.json";
const REPORT: &str = "report.html";
/// Files that runs of older versions do not have.
const ADDED: [&str; 2] = [FLOW, WORST];
/// How many of the worst requests are told of.
pub(crate) const WORST_REQUESTS: usize = 10;

/// All files of a run but the event log.
pub(crate) fn of_run(resolved: &Resolved, output: &RunOutput) -> Result<Files, Failure> {
    let data = data(resolved, output);
    let mut files = charts(&data)?;
    let mut text = |name: &str, text: String| files.insert(name.to_owned(), text.into_bytes());
    text(SUMMARY, summary_json(&output.summary));
    text(TIMELINE, csv::timeline_csv(&output.timeline, &output.lane_faults));
    text(LEDGER, csv::ledger_csv(&output.ledger));
    text(FLOW, csv::flow_csv(&output.flow));
    text(WORST, json(&output.worst));
    text(SCENARIO, scenario_to_text(&resolved.scenario));
    text(OUTAGES, script_to_text(&output.script));
    text(REPORT, html::render(&data)?);
    Ok(files)
}

/// What a run has yielded, as its directory holds it.
pub(crate) fn data(resolved: &Resolved, output: &RunOutput) -> RunData {
    RunData {
        summary: output.summary.clone(),
        timeline: output.timeline.clone(),
        ledger: output.ledger.clone(),
        flow: output.flow.clone(),
        worst: output.worst.clone(),
        faults: output.lane_faults.clone(),
        setting: setting(resolved, &output.script),
    }
}

/// Reads a run directory.
pub(crate) fn read_run(dir: &Path, registry: &Arc<Registry>) -> Result<RunData, Failure> {
    // What is no run is told before anything else of it is.
    for name in [SUMMARY, SCENARIO, OUTAGES] {
        read(dir, name)?;
    }
    let resolved = Resolved::load_with(&dir.join(SCENARIO), &[], Arc::clone(registry))?
        .with_script_file(&dir.join(OUTAGES))?;
    Ok(RunData {
        summary: read_summary(dir)?,
        timeline: csv::read_timeline_csv(&read(dir, TIMELINE)?)?,
        ledger: csv::read_ledger_csv(&read(dir, LEDGER)?)?,
        flow: csv::read_flow_csv(&read(dir, FLOW)?)?,
        worst: read_worst(dir)?,
        faults: sandbox_engine::lane_faults(&resolved, &resolved.script),
        setting: setting(&resolved, &resolved.script),
    })
}

/// What is known of a run before it has begun.
fn setting(resolved: &Resolved, script: &OutageScript) -> Setting {
    let providers: Vec<String> = resolved.scenario.providers.iter().map(|p| p.name.clone()).collect();
    let of = |name: &String| providers.iter().position(|provider| provider == name).unwrap_or_default();
    let provider_of = resolved.scenario.endpoints.iter().map(|endpoint| of(&endpoint.provider)).collect();
    let watched = sandbox_engine::watched_lanes(resolved, script);
    Setting { clock: clock(resolved), providers, provider_of, watched }
}

/// `summary.json`.
pub(crate) fn summary_json(summary: &Summary) -> String {
    json(summary)
}

/// Plain data as JSON, for people too.
pub(crate) fn json(data: &impl Serialize) -> String {
    // String keys, numbers, texts, lists and options: there is nothing that JSON could refuse.
    let mut json = serde_json::to_string_pretty(data).expect("it is plain data");
    json.push('\n');
    json
}

/// The picture.
fn charts(data: &RunData) -> Result<Files, Failure> {
    let figure = data.figure()?;
    Ok(Files::from([
        ("timeline.svg".to_owned(), render_svg(&figure, Style::default())?.into_bytes()),
        ("timeline.png".to_owned(), render_png(&figure, Style::default())?),
    ]))
}

/// A run above its control twin, on the same axes: SVG and PNG under this name. `title` goes on from the scenario's name.
pub(crate) fn pair(
    resolved: &Resolved,
    run: &RunOutput,
    twin: &RunOutput,
    name: &str,
    title: &str,
) -> Result<Files, Failure> {
    let figure = |output: &RunOutput, title: &str| {
        let mut data = data(resolved, output);
        // The twin's lanes are those of the run, too.
        data.setting = setting(resolved, &run.script);
        Ok::<_, Failure>(Figure { title: format!("{}: {title}", output.summary.scenario), ..data.figure()? })
    };
    above(&figure(run, title)?, &figure(twin, "control twin (calm weather)")?, name)
}

/// One figure above the other, on the same axes: SVG and PNG under this name.
pub(crate) fn above(upper: &Figure, lower: &Figure, name: &str) -> Result<Files, Failure> {
    // What is compared is the course of things: a little lower than a picture of its own.
    let style = Style { height: Some(900), ..Style::default() };
    Ok(Files::from([
        (format!("{name}.svg"), render_pair_svg(upper, lower, style)?.into_bytes()),
        (format!("{name}.png"), render_pair_png(upper, lower, style)?),
    ]))
}

/// The wall clock at the start of a scenario.
fn clock(resolved: &Resolved) -> Clock {
    let start = &resolved.scenario.start;
    let label = start.local_label(Time::ZERO);
    let mut hms = label.split(':').map(|part| part.parse::<u32>().unwrap_or(0));
    let (hours, minutes) = (hms.next().unwrap_or(0), hms.next().unwrap_or(0));
    Clock {
        zone: start.zone().name().to_owned(),
        date: date(start.weekday(), &start.local_date(Time::ZERO)),
        start_second_of_day: hours * 3600 + minutes * 60,
    }
}

/// `Wednesday` and `2026-11-18` as `Wed 18 Nov 2026`, the form from which charts count later days.
fn date(weekday: &str, iso: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut numbers = iso.split('-').map(|part| part.parse::<usize>().unwrap_or(0));
    let (year, month, day) = (numbers.next(), numbers.next(), numbers.next());
    match (year, month.and_then(|month| MONTHS.get(month.checked_sub(1)?)), day) {
        (Some(year), Some(month), Some(day)) => {
            format!("{} {day} {month} {year}", weekday.get(..3).unwrap_or(weekday))
        }
        _ => format!("{weekday} {iso}"),
    }
}

/// Writes a run directory beside its place and moves it there; a run that was there before is replaced.
/// Files that were written while the run went on move in.
pub(crate) fn write_directory(dir: &Path, files: &Files, streamed: Streamed) -> Result<(), Failure> {
    let parent = parent_of(dir);
    fs::create_dir_all(parent).map_err(Failure::io("create", parent))?;
    let new = tempfile::Builder::new()
        .prefix(".sandbox-")
        .tempdir_in(parent)
        .map_err(Failure::io("write in", parent))?;
    for (name, bytes) in files {
        let path = new.path().join(name);
        fs::write(&path, bytes).map_err(Failure::io("write", &path))?;
    }
    for (name, mut file) in streamed {
        let path = new.path().join(name);
        let mut copy = || io::copy(rewound(&mut file)?, &mut fs::File::create(&path)?);
        copy().map_err(Failure::io("write", &path))?;
    }
    // Temporary directories are for their owner alone; a run is as open as any new file.
    open_up(new.path());
    if !dir.exists() {
        return fs::rename(new.path(), dir).map_err(Failure::io("write", dir));
    }
    check_replaceable(dir)?;
    let old = tempfile::Builder::new()
        .prefix(".sandbox-old-")
        .tempdir_in(parent)
        .map_err(Failure::io("write in", parent))?;
    let kept = old.path().join("run");
    fs::rename(dir, &kept).map_err(Failure::io("replace", dir))?;
    fs::rename(new.path(), dir).map_err(|error| {
        // The run that was there goes back to its place; if even that fails it stays where it was kept.
        if fs::rename(&kept, dir).is_err() {
            let _ = old.keep();
        }
        Failure::io("write", dir)(error)
    })
}

/// Whether a run may take the place of what is there: an empty directory, or another run.
pub(crate) fn check_replaceable(dir: &Path) -> Result<(), Failure> {
    let mut entries = match fs::read_dir(dir) {
        Ok(entries) => entries.flatten().peekable(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(_) => return Err(Failure::Occupied(dir.to_owned())),
    };
    if entries.peek().is_none() || (dir.join(SUMMARY).is_file() && dir.join(SCENARIO).is_file()) {
        Ok(())
    } else {
        Err(Failure::Occupied(dir.to_owned()))
    }
}

#[cfg(unix)]
fn open_up(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if path.is_dir() { 0o755 } else { 0o644 };
    // Not worth failing a finished run for.
    let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode));
}

#[cfg(not(unix))]
fn open_up(_: &Path) {}

fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file without a name where the run directory will stand: whatever happens, nothing of it is left.
pub(crate) fn unnamed_beside(dir: &Path) -> Result<fs::File, Failure> {
    let parent = parent_of(dir);
    fs::create_dir_all(parent).map_err(Failure::io("create", parent))?;
    tempfile::tempfile_in(parent).map_err(Failure::io("write in", parent))
}

fn rewound(file: &mut fs::File) -> io::Result<&mut fs::File> {
    file.rewind()?;
    Ok(file)
}

/// Writes one file whole or not at all.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    let parent = parent_of(path);
    fs::create_dir_all(parent).map_err(Failure::io("create", parent))?;
    let mut file = NamedTempFile::new_in(parent).map_err(Failure::io("write in", parent))?;
    file.write_all(bytes).map_err(Failure::io("write", path))?;
    file.persist(path).map_err(|error| Failure::io("write", path)(error.error))?;
    open_up(path);
    Ok(())
}

/// Writes a file that must not be there yet, whole or not at all.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut file =
        NamedTempFile::new_in(parent_of(path)).map_err(Failure::io("write in", parent_of(path)))?;
    file.write_all(bytes).map_err(Failure::io("write", path))?;
    match file.persist_noclobber(path) {
        Ok(_) => {
            open_up(path);
            Ok(())
        }
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(Failure::Exists(path.to_owned()))
        }
        Err(error) => Err(Failure::io("write", path)(error.error)),
    }
}

/// Reads one file of a run directory.
pub(crate) fn read(dir: &Path, name: &str) -> Result<String, Failure> {
    let path = dir.join(name);
    match fs::read(&path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error)
            if error.kind() == std::io::ErrorKind::NotFound
                && ADDED.contains(&name)
                && dir.join(SUMMARY).is_file() =>
        {
            Err(Failure::OldRun { path: dir.to_owned(), file: name.to_owned() })
        }
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            Err(Failure::NotARun { path: dir.to_owned(), what: format!("it has no {name}") })
        }
        Err(error) => Err(Failure::Io { what: "read", path, error }),
    }
}

/// Reads the summary of a run directory.
pub(crate) fn read_summary(dir: &Path) -> Result<Summary, Failure> {
    serde_json::from_str(&read(dir, SUMMARY)?)
        .map_err(|error| Failure::NotARun { path: dir.to_owned(), what: format!("{SUMMARY}: {error}") })
}

/// Reads the stories of a run directory.
fn read_worst(dir: &Path) -> Result<Vec<Story>, Failure> {
    serde_json::from_str(&read(dir, WORST)?)
        .map_err(|error| Failure::NotARun { path: dir.to_owned(), what: format!("{WORST}: {error}") })
}

#[cfg(test)]
mod tests {
    use sandbox_engine::RunOptions;

    use super::*;

    #[test]
    fn a_directory_reads_back_to_all_that_a_run_yielded() {
        let quick = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/quick.ron");
        let registry = Arc::new(Registry::default());
        let resolved = Resolved::load_with(&quick, &[], Arc::clone(&registry)).expect("it is valid");
        let options = RunOptions { worst: WORST_REQUESTS, ..RunOptions::default() };
        let output = sandbox_engine::run(&resolved, options).expect("no law is broken");
        let parent = tempfile::tempdir().expect("a temporary directory");
        let dir = parent.path().join("run");
        let files = of_run(&resolved, &output).unwrap_or_else(|failure| panic!("{failure}"));
        write_directory(&dir, &files, Vec::new()).unwrap_or_else(|failure| panic!("{failure}"));
        let read = read_run(&dir, &registry).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(read, data(&resolved, &output));
        assert_eq!(read.worst.len(), WORST_REQUESTS);
        assert!(!read.flow.lines.is_empty() && read.setting.watched.contains(&true));
        // Drawing it again writes the same.
        let again = charts(&read).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(again.iter().all(|(name, bytes)| files[name] == *bytes));
    }
}
