//! `cargo validation`: measures all rows of `docs/validation.md` and the table of `docs/routers.md`, and writes both.
//!
//! `--only ID` measures and prints the rows whose id begins with that; `--only routers` prints the table of `docs/routers.md`,
//! and writes it, for it takes a few seconds; `--check` compares with the files and exits with 1 if one has drifted or a
//! row does not hold; `--list` lists the ids.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

use std::path::PathBuf;
use std::process::ExitCode;

use sandbox_validation::{Check, Row, all, document, gallery};

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

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

const ROWS: &str = "validation.md";
const GALLERY: &str = "routers.md";

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

fn exhibits() -> Vec<gallery::Exhibit> {
    gallery::exhibits(|router| eprintln!("[routers] {router}"))
}

/// Both documents, measured now: name, what is stored, what is fresh.
fn documents(rows: &[Row]) -> Result<[(&'static str, String, String); 2], String> {
    let read = |name: &str| {
        std::fs::read_to_string(docs(name)).map_err(|error| format!("cannot read docs/{name}: {error}"))
    };
    let routers = read(GALLERY)?;
    let fresh = gallery::document(&routers, &exhibits())
        .ok_or_else(|| format!("docs/{GALLERY} has no place for the table"))?;
    Ok([(ROWS, read(ROWS).unwrap_or_default(), document::markdown(rows)), (GALLERY, routers, fresh)])
}

fn write() -> ExitCode {
    let rows = measure(&all());
    let written = documents(&rows).and_then(|documents| {
        documents.iter().try_for_each(|(name, _, fresh)| {
            std::fs::write(docs(name), fresh).map_err(|error| format!("cannot write docs/{name}: {error}"))
        })
    });
    if let Err(error) = written {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    verdict(&rows)
}

fn check() -> ExitCode {
    let rows = measure(&all());
    let documents = match documents(&rows) {
        Ok(documents) => documents,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut code = verdict(&rows);
    for (name, stored, fresh) in documents {
        if let Some((file, fresh)) = first_difference(&stored, &fresh) {
            eprintln!("docs/{name} has drifted; first difference:\n  file:  {file}\n  fresh: {fresh}");
            eprintln!("hint: run `cargo validation`, and say in the commit why it moved");
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn first_difference<'a>(stored: &'a str, fresh: &'a str) -> Option<(&'a str, &'a str)> {
    if stored == fresh {
        return None;
    }
    let (mut old, mut new) = (stored.lines(), fresh.lines());
    loop {
        match (old.next(), new.next()) {
            (None, None) => return Some(("(other line ends)", "(other line ends)")),
            (Some(a), Some(b)) if a == b => {}
            (a, b) => return Some((a.unwrap_or("(ends)"), b.unwrap_or("(ends)"))),
        }
    }
}

fn only(id: &str) -> ExitCode {
    if id == "routers" {
        return only_routers();
    }
    let checks: Vec<Check> = all().into_iter().filter(|check| check.id.starts_with(id)).collect();
    if checks.is_empty() {
        eprintln!("no check's id begins with `{id}`; `cargo validation --list` lists them");
        return ExitCode::from(2);
    }
    let rows = measure(&checks);
    rows.iter().for_each(|row| print!("{}", document::plain(row)));
    verdict(&rows)
}

fn only_routers() -> ExitCode {
    let exhibits = exhibits();
    print!("{}", gallery::table(&exhibits));
    let path = docs(GALLERY);
    let written = std::fs::read_to_string(&path)
        .map_err(|error| error.to_string())
        .and_then(|stored| gallery::document(&stored, &exhibits).ok_or("no place for the table".to_owned()))
        .and_then(|fresh| std::fs::write(&path, fresh).map_err(|error| error.to_string()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("docs/{GALLERY}: {error}");
            ExitCode::FAILURE
        }
    }
}
