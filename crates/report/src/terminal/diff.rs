//! Two runs beside each other: `sandbox diff`. At most 80 columns.

use super::check::wrapped;
use super::paint::{Paint, Tint};
use super::{WIDTH, field, fold};
use crate::diff::{Diff, Kept, Number};
use crate::human;
use crate::objective::Unit;

/// Most differences of a kind that are listed.
const LINES: usize = 8;

/// Columns of a number.
const NUMBER: usize = 13;

/// What is different and what that did, ending with a line break.
#[must_use]
pub fn diff_text(diff: &Diff, paint: Paint) -> String {
    let mut text = String::new();
    for line in fold(&diff.sentence, WIDTH) {
        text.push_str(&format!("{}\n", paint.tint(Tint::Strong, &line)));
    }
    text.push('\n');
    for (name, which) in [("A", &diff.a), ("B", &diff.b)] {
        let line = format!("{} (seed {}, fingerprint {})", which.run, which.seed, which.fingerprint);
        wrapped(&mut text, paint, name, &line);
    }
    if diff.paired.is_full() {
        wrapped(&mut text, paint, "paired", &format!("yes: {}", diff.paired.words()));
    } else {
        let mark = paint.tint(Tint::Bad, "✗ NOT PAIRED");
        let lines = fold(diff.paired.words(), WIDTH - 14);
        for (number, line) in lines.iter().enumerate() {
            let front = if number == 0 { mark.clone() } else { " ".repeat(12) };
            text.push_str(&format!("{front}  {line}\n"));
        }
    }
    changes(&mut text, diff, paint);
    outages(&mut text, diff, paint);
    text.push('\n');
    table(&mut text, paint, "", diff.numbers.iter().map(|number| (number.name.clone(), number.cells())));
    objectives(&mut text, diff, paint);
    block(&mut text, paint, "leak by cause", &diff.causes);
    for of in &diff.workloads {
        block(&mut text, paint, &of.workload, &of.numbers);
    }
    text
}

fn changes(text: &mut String, diff: &Diff, paint: Paint) {
    let all = &diff.changes;
    let count = match all.len() {
        0 => "the same".to_owned(),
        1 => "1 difference".to_owned(),
        n => format!("{} differences", human::count(n as u64)),
    };
    field(text, paint, "scenario", &count);
    for change in all.iter().take(LINES) {
        let show = |value: &Option<String>| value.clone().unwrap_or_else(|| "not there".to_owned());
        text.push_str(&format!("  {}\n", human::cut(&change.path, WIDTH - 2)));
        for (name, value) in [("A", &change.a), ("B", &change.b)] {
            text.push_str(&format!("    {name}  {}\n", human::cut(&show(value), WIDTH - 7)));
        }
    }
    more(text, all.len(), "differences");
}

fn outages(text: &mut String, diff: &Diff, paint: Paint) {
    let outages = &diff.outages;
    if outages.are_same() {
        field(text, paint, "outages", "the same");
        return;
    }
    let count = |lines: &[String]| human::count(lines.len() as u64);
    let line = format!("{} only in A, {} only in B", count(&outages.only_a), count(&outages.only_b));
    field(text, paint, "outages", &line);
    let a = outages.only_a.iter().map(|line| ("A", line));
    let all: Vec<_> = a.chain(outages.only_b.iter().map(|line| ("B", line))).collect();
    for (name, line) in all.iter().take(LINES) {
        text.push_str(&format!("  {name}  {}\n", human::cut(line, WIDTH - 5)));
    }
    more(text, all.len(), "faults");
}

fn more(text: &mut String, all: usize, what: &str) {
    if all > LINES {
        text.push_str(&format!("  and {} more {what}\n", human::count((all - LINES) as u64)));
    }
}

fn objectives(text: &mut String, diff: &Diff, paint: Paint) {
    if diff.objectives.is_empty() {
        return;
    }
    text.push('\n');
    let rows = diff.objectives.iter().map(|promise| {
        let unit = Unit::of(&promise.expression);
        let show = |kept: Option<Kept>| match kept {
            None => "–".to_owned(),
            Some(Kept { value, met }) => {
                let mark = if met { '✓' } else { '✗' };
                let value = value.map_or_else(|| "no data".to_owned(), |value| unit.show(value));
                format!("{mark} {value}")
            }
        };
        let change = match (promise.a, promise.b) {
            (Some(a), Some(b)) if a.met && !b.met => "now missed",
            (Some(a), Some(b)) if !a.met && b.met => "now met",
            (Some(Kept { met: true, .. }), Some(_)) => "met",
            (Some(_), Some(_)) => "missed",
            (None, _) => "only in B",
            (_, None) => "only in A",
        };
        (promise.expression.clone(), [show(promise.a), show(promise.b), change.to_owned()])
    });
    table(text, paint, "objectives", rows);
}

fn block(text: &mut String, paint: Paint, title: &str, numbers: &[Number]) {
    if !numbers.is_empty() {
        text.push('\n');
        table(text, paint, title, numbers.iter().map(|number| (number.name.clone(), number.cells())));
    }
}

fn table(text: &mut String, paint: Paint, title: &str, rows: impl Iterator<Item = (String, [String; 3])>) {
    let name = WIDTH - 3 * NUMBER;
    let line = |title: &str, [a, b, change]: &[String; 3]| {
        let cell = |text: &str| {
            let blanks = NUMBER.saturating_sub(human::columns(text));
            format!("{}{text}", " ".repeat(blanks))
        };
        format!("{}{}{}{}\n", human::padded(title, name), cell(a), cell(b), cell(change))
    };
    let head = line(title, &["A", "B", "B - A"].map(str::to_owned));
    text.push_str(&paint.tint(Tint::Quiet, head.trim_end()));
    text.push('\n');
    for (title, cells) in rows {
        text.push_str(&line(&title, &cells));
    }
}
