//! `sandbox replay`.

use std::path::Path;
use std::sync::Arc;

use sandbox_engine::{EventRecord, RunOptions};
use sandbox_model::Answer;
use sandbox_routers::Registry;
use sandbox_scenario::Resolved;

use crate::exit::{Code, Failure};
use crate::files;
use crate::progress::Progress;

/// Runs a run directory again from its `scenario.ron`, and compares every file that a run writes, byte for byte.
pub(super) fn replay(dir: &Path, registry: &Arc<Registry>) -> Result<Code, Failure> {
    let recorded = files::read_summary(dir)?;
    files::read(dir, files::SCENARIO)?;
    let resolved = Resolved::load_with(&dir.join(files::SCENARIO), &[], Arc::clone(registry))?;
    let mut progress = Progress::new("replay");
    let mut at = |share| progress.at(share);
    let options = RunOptions {
        progress: Some(&mut at),
        repro: recorded.repro.clone(),
        worst: files::WORST_REQUESTS,
        ..RunOptions::default()
    };
    let output = sandbox_engine::run(&resolved, options)?;
    drop(progress);
    let again = files::of_run(&resolved, &output)?;
    let mut differing = Vec::new();
    for (name, bytes) in &again {
        match std::fs::read(dir.join(name)) {
            Ok(old) if old == *bytes => {}
            Ok(old) => differing.push((name.as_str(), first_difference(&old, bytes))),
            Err(_) => differing.push((name.as_str(), "it is missing".to_owned())),
        }
    }
    if differing.is_empty() {
        println!(
            "the same: {} events, fingerprint {}, {} files equal to the byte",
            output.summary.events,
            output.summary.fingerprint,
            again.len()
        );
        return Ok(Code::Ok);
    }
    println!("{} differs from its replay:", dir.display());
    for (name, difference) in &differing {
        println!("  {name}: {difference}");
    }
    if recorded.version != output.summary.version {
        println!("  it was recorded by version {}, this is {}", recorded.version, output.summary.version);
    }
    if recorded.fingerprint == output.summary.fingerprint {
        println!(
            "  the events are the same (fingerprint {}): files were changed after the run",
            recorded.fingerprint
        );
    } else {
        println!("  fingerprint: recorded {}, now {}", recorded.fingerprint, output.summary.fingerprint);
    }
    if differing.iter().any(|(name, _)| *name == files::OUTAGES) {
        tell_first_event(dir, &resolved, &output.script);
    }
    Ok(Code::Differs)
}

/// Where the run would take another course under the outage script as it is now.
fn tell_first_event(dir: &Path, resolved: &Resolved, drawn: &sandbox_model::OutageScript) {
    let path = dir.join(files::OUTAGES);
    let changed = match resolved.clone().with_script_file(&path) {
        Ok(changed) => changed.script,
        Err(invalid) => {
            println!("  {} can no longer be run:\n{invalid}", files::OUTAGES);
            return;
        }
    };
    match sandbox_engine::replay::first_difference(resolved, drawn, &changed) {
        None => println!("  run with {} as it is now, every event would be the same", files::OUTAGES),
        Some(difference) => {
            println!(
                "  run with {} as it is now, event {} is the first that differs:",
                files::OUTAGES,
                difference.event
            );
            println!("    replayed: {}", describe(resolved, difference.first));
            println!("    edited:   {}", describe(resolved, difference.second));
        }
    }
}

fn describe(resolved: &Resolved, record: Option<EventRecord>) -> String {
    let Some(record) = record else { return "the run has ended".to_owned() };
    let mut text = format!("{} {}", record.at, record.kind.name());
    if let Some(node) = record.node {
        text.push_str(&format!(" at {}", resolved.nodes[node.index()].name));
    }
    if let Some((workload, number)) = record.request {
        text.push_str(&format!(
            ", request {number} of {}",
            resolved.scenario.workloads[workload as usize].name
        ));
    }
    match record.answer {
        Some(Answer::Ok) => text.push_str(", served"),
        Some(answer) => text.push_str(&format!(", status {}", answer.status())),
        None => {}
    }
    text
}

/// Where two files part.
fn first_difference(old: &[u8], new: &[u8]) -> String {
    let byte = old.iter().zip(new).position(|(a, b)| a != b).unwrap_or(old.len().min(new.len()));
    let (old_text, new_text) = (std::str::from_utf8(old), std::str::from_utf8(new));
    let (Ok(old_text), Ok(new_text)) = (old_text, new_text) else {
        return format!("from byte {byte} on");
    };
    let line = old.iter().take(byte).filter(|&&b| b == b'\n').count();
    let show = |text: &str| match text.lines().nth(line) {
        Some(line) => format!("`{}`", line.trim().chars().take(100).collect::<String>()),
        None => "the end".to_owned(),
    };
    format!("line {}: the file has {}, its replay {}", line + 1, show(old_text), show(new_text))
}
