//! `cargo validation`: measures all rows of `docs/validation.md` and writes it.
//!
//! `--only ID` measures and prints the rows whose id begins with that; `--check` compares with the file and exits with 1 if
//! it has drifted or a row does not hold; `--list` lists the ids.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

use std::path::PathBuf;
use std::process::ExitCode;

use sandbox_validation::{Check, Row, all, document};

const USAGE: &str = "usage: cargo validation [--check | --only ID | --list]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => write(),
        ["--check"] => check(),
        ["--list"] => {
            all().iter().for_each(|check| println!("{}", check.id));
            ExitCode::SUCCESS
        }
        ["--only", id] => only(id),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/validation.md")
}

fn measure(checks: &[Check]) -> Vec<Row> {
    let rows = checks.iter().enumerate().map(|(i, check)| {
        eprintln!("[{}/{}] {}", i + 1, checks.len(), check.id);
        check.row()
    });
    rows.collect()
}

fn verdict(rows: &[Row]) -> ExitCode {
    let failed: Vec<&Row> = rows.iter().filter(|row| !row.finding.holds).collect();
    for row in &failed {
        eprint!("{}", document::plain(row));
    }
    eprintln!("{} rows, {} do not hold", rows.len(), failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn write() -> ExitCode {
    let rows = measure(&all());
    if let Err(error) = std::fs::write(file(), document::markdown(&rows)) {
        eprintln!("cannot write {}: {error}", file().display());
        return ExitCode::FAILURE;
    }
    verdict(&rows)
}

fn check() -> ExitCode {
    let rows = measure(&all());
    let fresh = document::markdown(&rows);
    let stored = match std::fs::read_to_string(file()) {
        Ok(stored) => stored,
        Err(error) => {
            eprintln!("cannot read {}: {error}", file().display());
            return ExitCode::FAILURE;
        }
    };
    let code = verdict(&rows);
    if stored == fresh {
        return code;
    }
    let (mut old, mut new) = (stored.lines(), fresh.lines());
    loop {
        match (old.next(), new.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => {
                eprintln!(
                    "docs/validation.md has drifted; first difference:\n  file:  {}\n  fresh: {}",
                    a.unwrap_or("(ends)"),
                    b.unwrap_or("(ends)")
                );
                eprintln!("hint: run `cargo validation`, and say in the commit why it moved");
                return ExitCode::FAILURE;
            }
        }
    }
}

fn only(id: &str) -> ExitCode {
    let checks: Vec<Check> = all().into_iter().filter(|check| check.id.starts_with(id)).collect();
    if checks.is_empty() {
        eprintln!("no check's id begins with `{id}`; `cargo validation --list` lists them");
        return ExitCode::from(2);
    }
    let rows = measure(&checks);
    rows.iter().for_each(|row| print!("{}", document::plain(row)));
    verdict(&rows)
}
