//! Every example scenario of the documents is valid and runs.

use std::path::PathBuf;

use crate::bench::{Bench, repository};

/// All scenarios below `docs/examples/`, in order.
fn examples() -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![repository().join("docs/examples")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "ron") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A header says what a scenario is for; one that misses its objectives says so there: `exit code 4`.
#[test]
fn every_example_runs_and_ends_as_its_header_says() {
    let examples = examples();
    assert!(examples.len() > 10, "only {} examples were found", examples.len());
    let bench = Bench::new();
    for (number, path) in examples.iter().enumerate() {
        let text = std::fs::read_to_string(path).expect("an example");
        let header: Vec<&str> = text.lines().take_while(|line| line.starts_with("//")).collect();
        assert!(header.len() >= 2, "{}: a header says what it shows", path.display());
        // A piece of a scenario, such as a script, is for a command of its own.
        let piece = header.iter().any(|line| line.starts_with("// Piece:"));
        if piece {
            continue;
        }
        let code = if header.iter().any(|line| line.contains("exit code 4")) { 4 } else { 0 };
        bench.sandbox(&format!("validate {}", path.display())).expect(0);
        let ended = bench.sandbox(&format!("run {} --out {number}", path.display())).expect(code);
        assert!(!ended.out.is_empty());
        // What a header tells readers to run is this file.
        let name =
            path.strip_prefix(repository()).expect("an example is in the repository").display().to_string();
        for line in header.iter().filter(|line| line.contains("sandbox run ")) {
            assert!(line.contains(&name), "{name}: {line}");
        }
    }
}

/// Each row of the reference's table of faults names an example with a fault of that kind in it.
#[test]
fn every_kind_of_fault_has_an_example() {
    let docs = repository().join("docs");
    let reference = std::fs::read_to_string(docs.join("scenario-format.md")).expect("the reference");
    let (_, table) = reference.split_once("| kind | meaning | hits | to run |").expect("the table of faults");
    let rows: Vec<&str> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() >= 15, "{rows:?}");
    for row in rows {
        let kind = row.split(['`', '(']).nth(1).expect("a kind in backticks");
        let (_, link) = row.rsplit_once("](").expect("a link");
        let file = link.trim_end_matches(") |");
        let example = std::fs::read_to_string(docs.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert!(example.contains(&format!("kind: {kind}")), "{file} has no {kind}");
    }
}
