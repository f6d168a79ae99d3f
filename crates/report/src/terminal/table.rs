//! The one table: a row for each workload, then all of them together. Columns are as wide as what is in them; the
//! names get what is left, and are cut where that is too little.

use sandbox_engine::output::Summary;
use sandbox_engine::output::summary::{Cost, Leak, Percentiles, Requests};

use super::WIDTH;
use super::paint::{Paint, Tint};
use crate::human;

/// The columns after the name.
const COLUMNS: usize = 10;

/// Two lines of headings.
const HEAD: [[&str; COLUMNS]; 2] = [
    ["arrived", "plan", "leak", "avoid", "fail", "TTFT", "TTFT", "TTFT", "cost", "vs calm"],
    ["", "%", "%", "%", "%", "p50", "p95", "p99", "", "%"],
];

/// The fewest characters of a name.
const NAME_MIN: usize = 8;

/// Cells of a row after its name.
pub(crate) type Cells = [String; COLUMNS];

pub(super) fn write(text: &mut String, summary: &Summary, paint: Paint) {
    let mut rows: Vec<(&str, Cells)> = summary
        .workloads
        .iter()
        .map(|(name, scope)| {
            (name.as_str(), cells(&scope.requests, &scope.leak, &scope.ttft_s, &scope.cost_usd))
        })
        .collect();
    rows.push(("all", cells(&summary.requests, &summary.leak, &summary.ttft_s, &summary.cost_usd)));

    let heads = HEAD.map(|line| line.map(str::to_owned));
    let mut widths = [0; COLUMNS];
    for cells in heads.iter().chain(rows.iter().map(|(_, cells)| cells)) {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(human::columns(cell));
        }
    }
    let longest = rows.iter().map(|(name, _)| human::columns(name)).max().unwrap_or(0);
    let cells: usize = widths.iter().sum();
    let gap = if longest.max(NAME_MIN) + cells + 2 * COLUMNS <= WIDTH { 2 } else { 1 };
    let taken = cells + gap * COLUMNS;
    let name_width = longest.clamp(NAME_MIN, WIDTH.saturating_sub(taken).max(NAME_MIN));

    for (name, cells) in ["workload", ""].into_iter().zip(&heads) {
        let line = line(name, name_width, cells, &widths, gap);
        text.push_str(&format!("{}\n", paint.tint(Tint::Quiet, line.trim_end())));
    }
    let all = rows.len() - 1;
    for (index, (name, cells)) in rows.iter().enumerate() {
        let line = line(name, name_width, cells, &widths, gap);
        let tint = if index == all { paint.tint(Tint::Strong, &line) } else { line };
        text.push_str(&format!("{tint}\n"));
    }
}

fn line(name: &str, name_width: usize, cells: &Cells, widths: &[usize; COLUMNS], gap: usize) -> String {
    let mut line = human::padded(name, name_width);
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(&format!("{:gap$}{cell:>width$}", ""));
    }
    line
}

/// One row, without its name.
pub(crate) fn cells(requests: &Requests, leak: &Leak, ttft: &Percentiles, cost: &Cost) -> Cells {
    let none = || "–".to_owned();
    let of_arrived = |n: u64| {
        if requests.arrived == 0 { none() } else { human::percent(n as f64 / requests.arrived as f64) }
    };
    let time = |s: Option<f64>| s.map_or_else(none, |s| human::seconds(s).replace(' ', ""));
    let premium = human::decimal(&cost.premium);
    [
        human::count_short(requests.arrived),
        of_arrived(requests.served_by_plan),
        of_arrived(requests.leaked),
        leak.avoidable_share.map_or_else(none, human::percent),
        // To the client, refused at once is not served either.
        of_arrived(requests.failed + requests.shed),
        time(ttft.p50),
        time(ttft.p95),
        time(ttft.p99),
        human::dollars(human::decimal(&cost.total)),
        human::change(premium, human::decimal(&cost.twin)).unwrap_or_else(none),
    ]
}
