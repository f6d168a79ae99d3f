//! One run.

use sandbox_engine::output::Summary;

use super::escape::{block, cell, code, number};
use super::table::{Align, Table};
use crate::faults::{count, lag, length, onset, worst_first};
use crate::human;
use crate::objective::Unit;
use crate::run_data::RunData;
use crate::terminal::cells;
use crate::ticks::moment;
use crate::verdict::verdict;

use Align::{Left, Right};

/// Most faults that are listed: comments have a greatest length.
const FAULTS: usize = 40;

/// The run as a section of Markdown: a heading with its verdict, objectives, main numbers, causes of leak, faults (folded),
/// and the command that makes it again.
#[must_use]
pub fn run_markdown(run: &RunData) -> String {
    let summary = &run.summary;
    let mut text =
        format!("### {} {}\n\n{}\n", mark(summary), code(&summary.scenario), number(&verdict(summary)));
    let mut part = |part: String| {
        if !part.is_empty() {
            text.push('\n');
            text.push_str(&part);
        }
    };
    part(objectives(summary));
    part(numbers(summary));
    part(causes(summary));
    part(faults(run));
    part(again(summary));
    text
}

fn mark(summary: &Summary) -> &'static str {
    match summary.objectives.iter().all(|objective| objective.met) {
        _ if summary.objectives.is_empty() => "Run of",
        true => "✅ Met:",
        false => "❌ Missed:",
    }
}

fn objectives(summary: &Summary) -> String {
    if summary.objectives.is_empty() {
        return String::new();
    }
    let mut table = Table::new([
        ("objective", Left),
        ("promise", Left),
        ("value", Right),
        ("limit", Right),
        ("margin", Right),
    ]);
    for objective in &summary.objectives {
        let unit = Unit::of(&objective.expression);
        table.row([
            if objective.met { "✅ met".to_owned() } else { "❌ **missed**".to_owned() },
            cell(&objective.expression),
            objective.value.map_or_else(|| "no data".to_owned(), |value| number(&unit.show(value))),
            number(&unit.show(objective.limit)),
            objective.margin.map_or_else(|| "–".to_owned(), |margin| number(&unit.show_margin(margin))),
        ]);
    }
    table.finish()
}

/// The table of the terminal.
fn numbers(summary: &Summary) -> String {
    let mut table = Table::new([
        ("workload", Left),
        ("arrived", Right),
        ("plan %", Right),
        ("leak %", Right),
        ("avoidable %", Right),
        ("not served %", Right),
        ("TTFT p50", Right),
        ("p95", Right),
        ("p99", Right),
        ("cost", Right),
        ("vs calm %", Right),
    ]);
    let mut row = |name: String, numbers: [String; 10]| {
        let mut cells = std::iter::once(name).chain(numbers.map(|text| number(&text)));
        table.row(std::array::from_fn(|_| cells.next().unwrap_or_default()));
    };
    for (name, scope) in &summary.workloads {
        row(cell(name), cells(&scope.requests, &scope.leak, &scope.ttft_s, &scope.cost_usd));
    }
    let all = cells(&summary.requests, &summary.leak, &summary.ttft_s, &summary.cost_usd);
    row("**all**".to_owned(), all);
    table.finish()
}

fn causes(summary: &Summary) -> String {
    let mut causes: Vec<_> = summary.leak.by_cause.iter().filter(|(_, line)| line.requests > 0).collect();
    if causes.is_empty() {
        return String::new();
    }
    // The sort is stable: equal causes stay in order of name.
    causes.sort_by_key(|(_, line)| std::cmp::Reverse(line.requests));
    let mut table = Table::new([
        ("cause of leak", Left),
        ("requests", Right),
        ("avoidable", Right),
        ("against the plan's price", Right),
    ]);
    for (name, line) in causes {
        table.row([
            cell(name),
            human::count(line.requests),
            human::count(line.avoidable_requests),
            number(&human::dollars_signed(human::decimal(&line.premium_usd))),
        ]);
    }
    table.finish()
}

fn faults(run: &RunData) -> String {
    let faults = &run.summary.faults;
    if faults.is_empty() {
        return "Faults: none.\n".to_owned();
    }
    let mut table = Table::new([
        ("when", Right),
        ("lasting", Right),
        ("target", Left),
        ("kind", Left),
        ("detection lag", Right),
        ("failback lag", Right),
    ]);
    for fault in worst_first(faults).into_iter().take(FAULTS) {
        table.row([
            moment(&run.setting.clock, onset(fault)),
            number(&length(fault)),
            cell(&fault.target),
            cell(&fault.kind),
            number(&lag(fault.detection_lag_s)),
            number(&lag(fault.failback_lag_s)),
        ]);
    }
    let more = match faults.len().saturating_sub(FAULTS) {
        0 => String::new(),
        n => format!("\nand {} more\n", human::count(n as u64)),
    };
    let count = count(faults);
    format!("<details>\n<summary>Faults: {count}</summary>\n\n{}{more}\n</details>\n", table.finish())
}

fn again(summary: &Summary) -> String {
    let Summary { version, seed, fingerprint, .. } = summary;
    let print = code(fingerprint);
    format!(
        "Run it again (sandbox {version}, seed {seed}, fingerprint {print}):\n\n{}",
        block("sh", &summary.repro)
    )
}
