//! Rows and their document.

use std::sync::LazyLock;

use sandbox_validation::check::CITED;
use sandbox_validation::{Check, Row, all, document, queues};

use crate::root;

/// The cheap rows, measured once for all tests.
static CHEAP: LazyLock<Vec<Row>> =
    LazyLock::new(|| all().iter().filter(|check| !check.slow).map(Check::row).collect());

#[test]
fn cheap_rows_hold() {
    assert!(CHEAP.len() >= 10, "only {}", CHEAP.len());
    for row in CHEAP.iter() {
        assert!(row.finding.holds, "{}", document::plain(row));
        assert!(!row.finding.source.is_empty() && !row.finding.interval.is_empty(), "{}", row.id);
    }
}

/// Queueing theory with a tenth of the document's requests.
#[test]
fn shortened_queue_rows_hold() {
    let checks = queues::shortened(10);
    assert!(checks.len() >= 18, "only {}", checks.len());
    for check in checks {
        let row = check.row();
        assert!(row.finding.holds, "{}", document::plain(&row));
    }
}

#[test]
fn the_document_lists_exactly_the_checks_and_says_that_each_holds() {
    let text = std::fs::read_to_string(root("docs/validation.md")).expect("it is part of the repository");
    let checks: Vec<String> = all().into_iter().map(|check| check.id).collect();
    assert_eq!(document::ids(&text), checks, "run `cargo validation`");
    let held = text.lines().filter(|line| line.starts_with("| `") && line.ends_with("| yes |")).count();
    assert_eq!(held, checks.len());
}

/// Cheap rows are written as they are measured here: this is a debug build, and the file comes from a release build.
#[test]
fn debug_builds_measure_what_the_document_says() {
    let text = std::fs::read_to_string(root("docs/validation.md")).expect("it is part of the repository");
    for row in CHEAP.iter() {
        let line = document::line(row);
        assert!(text.contains(&line), "drifted: {line}");
    }
}

#[test]
fn no_two_checks_share_an_id() {
    let mut ids: Vec<String> = all().into_iter().map(|check| check.id).collect();
    let n = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), n);
}

#[test]
fn cited_tests_exist() {
    for cited in CITED {
        let text = std::fs::read_to_string(root(cited.file)).expect(cited.file);
        assert!(text.contains(&format!("fn {}(", cited.test)), "{} in {}", cited.test, cited.file);
    }
}
