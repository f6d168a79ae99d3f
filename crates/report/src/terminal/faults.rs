//! Fault by fault: when, for how long, what, and how long routers were wrong about it.

use super::paint::{Paint, Tint};
use super::{WIDTH, field};
use crate::faults::{count, lag, length, onset, worst_first};
use crate::human;
use crate::run_data::RunData;
use crate::ticks::moment;

/// How many faults are listed.
const FAULTS: usize = 8;

const HEAD: [&str; 6] = ["when", "lasting", "target", "kind", "detection", "failback"];

/// Target and kind share what the other columns leave.
const TARGET: usize = 2;
const KIND: usize = 3;

/// How many there were, then the worst.
pub(super) fn write(text: &mut String, run: &RunData, paint: Paint) {
    let faults = &run.summary.faults;
    field(text, paint, "faults", &count(faults));
    if faults.is_empty() {
        return;
    }
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(worst_first(faults).into_iter().take(FAULTS).map(|fault| {
        [
            moment(&run.setting.clock, onset(fault)),
            length(fault),
            fault.target.clone(),
            fault.kind.clone(),
            lag(fault.detection_lag_s),
            lag(fault.failback_lag_s),
        ]
    }));
    let widths = widths(&rows);
    for (number, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            line.push_str("  ");
            match column {
                TARGET | KIND => line.push_str(&human::padded(cell, width)),
                _ => line.push_str(&format!("{cell:>width$}")),
            }
        }
        let line = line.trim_end();
        let line = if number == 0 { paint.tint(Tint::Quiet, line) } else { line.to_owned() };
        text.push_str(&format!("{line}\n"));
    }
    if faults.len() > FAULTS {
        text.push_str(&format!(
            "  and {} more: summary.json has them all\n",
            human::count((faults.len() - FAULTS) as u64)
        ));
    }
}

fn widths(rows: &[[String; 6]]) -> [usize; 6] {
    let mut widths = [0; 6];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(human::columns(cell));
        }
    }
    let others: usize = [0, 1, 4, 5].map(|column| widths[column]).iter().sum();
    let room = WIDTH.saturating_sub(others + 2 * widths.len());
    if widths[TARGET] + widths[KIND] > room {
        // The kind gives way first: its word stands in front of its numbers.
        widths[KIND] = widths[KIND].min(room.saturating_sub(widths[TARGET]).max(room / 2));
        widths[TARGET] = widths[TARGET].min(room - widths[KIND]);
    }
    widths
}
