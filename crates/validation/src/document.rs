//! Rows as Markdown: `docs/validation.md`.

use std::fmt::Write as _;

use crate::check::{CITED, Row};

const HEAD: &str = "\
# Validation

Each row holds the simulator against a formula or a published figure: what is expected and from where, what was measured and how sure that is, and the
command that measures it again. This file is written by `cargo validation` and compared with fresh measurements, to the last digit, by
`cargo validation --check`.

Confidence is 99.9 %, two-sided, unless a row says otherwise; `±` is half the width of that interval. Seeds are fixed: a row
measures the same in every run, in debug and in release, so that a right row cannot flicker. A row \"holds\" when the expected value is
inside the interval (widened by an allowance only where the row states one), or meets the rule in its last column but one.
";

/// The whole document.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let mut text = HEAD.to_owned();
    let mut group = "";
    for row in rows {
        if row.group != group {
            group = row.group;
            let _ = write!(
                text,
                "\n## {group}\n\n| check | what | expected | source | measured | interval or rule | holds |\n|---|---|---|---|---|---|---|\n"
            );
        }
        text += &line(row);
        text.push('\n');
    }
    text += "\nThe command of a row is `cargo validation --only CHECK`, as in `cargo validation --only mm1`; without a check it measures\n\
             all of them and writes this file.\n\n## Shown by tests\n\nClaims that ordinary tests of other crates show, and that are not measured again here.\n\n\
             | claim | command |\n|---|---|\n";
    for cited in CITED {
        let _ = writeln!(text, "| {} | `{}` |", cited.what, cited.command);
    }
    text
}

/// A row of the document.
#[must_use]
pub fn line(row: &Row) -> String {
    let found = &row.finding;
    format!(
        "| `{}` | {} | {} | {} | {} | {} | {} |",
        row.id,
        found.what,
        found.expected,
        found.source,
        found.measured,
        found.interval,
        if found.holds { "yes" } else { "**no**" }
    )
}

/// The ids of a document's rows, in order.
#[must_use]
pub fn ids(markdown: &str) -> Vec<&str> {
    markdown
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(id, _)| id)
        .collect()
}

/// One row as a person reads it in a terminal.
#[must_use]
pub fn plain(row: &Row) -> String {
    let found = &row.finding;
    let verdict = if found.holds { "holds" } else { "DOES NOT HOLD" };
    format!(
        "{}: {verdict}\n  what      {}\n  expected  {} ({})\n  measured  {}\n  interval  {}\n",
        row.id, found.what, found.expected, found.source, found.measured, found.interval
    )
}
