//! What the documents say is what the command prints: every console block of `README.md` and `docs/` is run.
//!
//! In a block, a line that starts with `$ ` is run by a shell in a copy of what a reader has at hand (scenarios,
//! examples, fixtures), and the lines below it are what it prints, on both streams. `[..]` stands for anything
//! within a line, a line `...` for any number of lines. Blocks of one file run in order, in the same directory. A
//! command must succeed, unless the line says what becomes of its exit code (`; echo $?`).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bench::{Bench, repository};

struct Step {
    line: usize,
    command: String,
    expected: Vec<String>,
}

/// The commands of a document's console blocks, with what they print.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        match line {
            "```console" => inside = true,
            _ if line.starts_with("```") => inside = false,
            _ if !inside => {}
            _ => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { line: index + 1, command: command.to_owned(), expected: Vec::new() });
                }
                (None, Some(step)) => step.expected.push(line.to_owned()),
                (None, None) => panic!("line {}: output of no command", index + 1),
            },
        }
    }
    steps
}

/// Whether `text` fits `pattern`, in which `[..]` stands for anything.
fn line_fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.trim_end().split("[..]");
    let (Some(first), text) = (parts.next(), text.trim_end()) else { return false };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

/// Whether the lines fit, where a line `...` stands for any number of lines.
fn lines_fit(expected: &[String], printed: &[&str]) -> bool {
    match (expected.split_first(), printed.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "..." => {
            lines_fit(rest, printed) || (!printed.is_empty() && lines_fit(expected, &printed[1..]))
        }
        (Some((first, rest)), Some((line, more))) => line_fits(first, line) && lines_fit(rest, more),
        _ => false,
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a directory");
        for entry in fs::read_dir(from).expect("a directory") {
            let name = entry.expect("an entry").file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}

#[cfg(unix)]
fn run_document(path: &Path) -> usize {
    let text = fs::read_to_string(path).expect("a document");
    let steps = steps(&text);
    let skipped = |step: &&Step| {
        !["cargo test", "cargo build", "cargo bench", "git "].iter().any(|no| step.command.starts_with(no))
    };
    let steps: Vec<&Step> = steps.iter().filter(skipped).collect();
    if steps.is_empty() {
        return 0;
    }
    let bench = Bench::new();
    for folder in ["scenarios", "fixtures", "docs/examples", "docs/findings"] {
        copy(&repository().join(folder), &bench.path(folder));
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_sandbox"));
    let folder = binary.parent().expect("a binary is in a folder").display();
    for Step { line, command, expected } in &steps {
        let script = format!(
            "exec 2>&1\nPATH=\"{folder}:$PATH\"\n{}",
            command.replace("cargo run --release --", "sandbox")
        );
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(bench.path("."))
            .output()
            .expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("output is text");
        let place = format!("{}:{line}: $ {command}", path.display());
        assert!(output.status.success(), "{place}\nended with {}:\n{printed}", output.status);
        let mut expected = expected.clone();
        while expected.last().is_some_and(String::is_empty) {
            expected.pop();
        }
        // How far a long run has come is told to those who wait, and depends on the machine.
        let is_progress = |line: &&str| line.contains("% of virtual time");
        let printed: Vec<&str> = printed.trim_end().lines().filter(|line| !is_progress(line)).collect();
        assert!(
            lines_fit(&expected, &printed),
            "{place}\nthe document says:\n{}\nbut this was printed:\n{}",
            expected.join("\n"),
            printed.join("\n")
        );
    }
    steps.len()
}

fn documents() -> Vec<PathBuf> {
    let mut found = vec![repository().join("README.md")];
    let mut folders = vec![repository().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[cfg(unix)]
#[test]
fn console_blocks_print_what_they_say() {
    let run: usize = documents().iter().map(|path| run_document(path)).sum();
    assert!(run >= 10, "only {run} commands were found in the documents");
}

#[test]
fn links_between_documents_lead_somewhere() {
    for path in documents() {
        let text = fs::read_to_string(&path).expect("a document");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            // The flagship's picture is drawn when its scenario settles.
            if target.is_empty() || target.contains("://") || target.ends_with(".png") {
                continue;
            }
            let file = path.parent().expect("a document is in a folder").join(target);
            assert!(file.exists(), "{}: {link} leads nowhere", path.display());
        }
    }
}

/// Every key of a summary; names of workloads, routers, endpoints and causes are not keys.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                found.insert(key.clone());
                if ["workloads", "routers", "endpoints", "by_cause"].contains(&key.as_str()) {
                    value.as_object().into_iter().flatten().for_each(|(_, scope)| keys(scope, found));
                } else {
                    keys(value, found);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn every_key_column_and_file_of_a_run_is_documented() {
    let bench = Bench::new();
    bench.quick("run", "--trace");
    let page = fs::read_to_string(repository().join("docs/output.md")).expect("docs/output.md");
    let mut names = BTreeSet::new();
    keys(&serde_json::from_str(&bench.read("run/summary.json")).expect("JSON"), &mut names);
    assert!(
        names.contains("margin") && names.contains("avoidable_requests"),
        "the walk went all the way down"
    );
    for table in ["timeline.csv", "ledger.csv", "events.csv"] {
        let text = bench.read(&format!("run/{table}"));
        let header = text.lines().next().expect("a header");
        // Columns that exist once a name are documented by what stands before the name.
        names.extend(
            header.split(',').map(|column| column.split_inclusive(':').next().unwrap_or(column).to_owned()),
        );
    }
    names.extend(bench.list("run"));
    names.extend(sandbox_model::Cause::ALL.iter().map(|cause| cause.name().to_owned()));
    let documented = |name: &String| {
        if name.ends_with(':') {
            page.contains(&format!("`{name}"))
        } else {
            page.contains(&format!("`{name}`"))
        }
    };
    let missing: Vec<&String> = names.iter().filter(|name| !documented(name)).collect();
    assert!(missing.is_empty(), "docs/output.md does not name {missing:?}");
}

#[test]
fn patterns_fit_what_they_should() {
    assert!(line_fits("a[..]c", "abc") && line_fits("a[..]", "a") && !line_fits("a[..]c", "ab"));
    assert!(line_fits("[..]b[..]", "abc") && !line_fits("a", "ab"));
    let lines = |text: &[&str]| text.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
    assert!(lines_fit(&lines(&["a", "...", "d"]), &["a", "b", "c", "d"]));
    assert!(lines_fit(&lines(&["..."]), &[]) && !lines_fit(&lines(&["a"]), &["a", "b"]));
}
