//! Two runs beside each other.

use super::escape::{block, cell, code, number};
use super::table::{Align, Table};
use crate::diff::{Diff, Kept, Number};
use crate::objective::Unit;

use Align::{Left, Right};

/// Most differences of a kind that are listed: comments have a greatest length.
const LINES: usize = 40;

/// What is different and what that did, as a section of Markdown.
#[must_use]
pub fn diff_markdown(diff: &Diff) -> String {
    let mut text = format!("### {} against {}\n\n", code(&diff.b.run), code(&diff.a.run));
    text.push_str(&format!("{}\n\n", sentence(&diff.sentence)));
    let mark = if diff.paired.is_full() { "Paired:" } else { "⚠️ **Not paired:**" };
    text.push_str(&format!("{mark} {}.\n\n", diff.paired.words()));
    text.push_str(&numbers("", &diff.numbers));
    let parts = [objectives(diff), by("leak by cause", &diff.causes)];
    let parts = parts.into_iter().chain(diff.workloads.iter().map(|of| by(&of.workload, &of.numbers)));
    for part in parts.chain([changes(diff), outages(diff)]).filter(|part| !part.is_empty()) {
        text.push('\n');
        text.push_str(&part);
    }
    text
}

/// Names and values stand in backticks already; what is between them are our words.
fn sentence(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { code(part) } else { number(part) }).collect()
}

fn numbers(title: &str, numbers: &[Number]) -> String {
    let mut table = Table::new([(title, Left), ("A", Right), ("B", Right), ("B − A", Right)]);
    for of in numbers {
        let [a, b, change] = of.cells().map(|text| number(&text));
        // Causes are names of ours, as are numbers.
        table.row([of.name.clone(), a, b, change]);
    }
    table.finish()
}

fn by(title: &str, of: &[Number]) -> String {
    if of.is_empty() {
        return String::new();
    }
    numbers(&cell(title), of)
}

fn objectives(diff: &Diff) -> String {
    if diff.objectives.is_empty() {
        return String::new();
    }
    let mut table = Table::new([("objective", Left), ("A", Right), ("B", Right)]);
    for promise in &diff.objectives {
        let unit = Unit::of(&promise.expression);
        let show = |kept: Option<Kept>| match kept {
            None => "–".to_owned(),
            Some(Kept { value, met }) => {
                let mark = if met { "✅ met" } else { "❌ missed" };
                let value = value.map_or_else(|| "no data".to_owned(), |value| unit.show(value));
                format!("{mark}, {}", number(&value))
            }
        };
        table.row([cell(&promise.expression), show(promise.a), show(promise.b)]);
    }
    table.finish()
}

fn changes(diff: &Diff) -> String {
    if diff.changes.is_empty() {
        return String::new();
    }
    let mut table = Table::new([("key of the scenario", Left), ("A", Left), ("B", Left)]);
    for change in diff.changes.iter().take(LINES) {
        let show =
            |value: &Option<String>| value.as_ref().map_or_else(|| "–".to_owned(), |value| cell(value));
        table.row([cell(&change.path), show(&change.a), show(&change.b)]);
    }
    let title = match diff.changes.len() {
        1 => "1 difference of the scenarios".to_owned(),
        n => format!("{n} differences of the scenarios"),
    };
    folded(&title, &format!("{}{}", table.finish(), more(diff.changes.len())))
}

fn outages(diff: &Diff) -> String {
    let outages = &diff.outages;
    if outages.are_same() {
        return String::new();
    }
    let a = outages.only_a.iter().map(|line| format!("- {line}"));
    let all: Vec<String> = a.chain(outages.only_b.iter().map(|line| format!("+ {line}"))).collect();
    let lines = all.iter().take(LINES).map(String::as_str).collect::<Vec<_>>().join("\n");
    let (only_a, only_b) = (outages.only_a.len(), outages.only_b.len());
    let title = format!("Outages: {only_a} only in A, {only_b} only in B");
    folded(&title, &format!("{}{}", block("diff", &lines), more(all.len())))
}

fn more(all: usize) -> String {
    if all > LINES { format!("\nand {} more\n", all - LINES) } else { String::new() }
}

fn folded(title: &str, text: &str) -> String {
    format!("<details>\n<summary>{title}</summary>\n\n{text}\n</details>\n")
}
