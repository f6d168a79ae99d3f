//! Panel 2: who served the requests that arrived in each bucket.

use plotters::prelude::DrawingBackend;
use sandbox_engine::output::TimelineRow;

use super::canvas::{Canvas, Point};
use super::frame::{Frame, Plot, VALUE};
use super::labels;
use super::palette;
use super::palette::Tone;
use super::panel::Panel;
use super::text::{Align, Type};
use crate::error::ReportError;
use crate::figure::Figure;
use crate::human;

/// Columns are at least this wide in pixels; narrower buckets are added up.
const COLUMN_MIN: i32 = 2;

/// Some neighbouring buckets.
#[derive(Copy, Clone, Debug)]
struct Column {
    left: i32,
    right: i32,
    arrived: u64,
    /// Upper edges of what was shed, of what failed, of the leak, and of the plan. Above them is what was in flight at the end.
    edges: [i32; 4],
}

pub(crate) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    panel: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    frame.draw_title(panel, Panel::Share.title(), canvas)?;
    for (part, text) in [(0, "100 %"), (1, "50 %"), (2, "0")] {
        frame.draw_value(panel.top + panel.height() * part / 2, text, canvas)?;
    }
    let columns = columns(figure, frame, panel);
    for run in columns.chunk_by(|a, b| (a.arrived > 0) == (b.arrived > 0)) {
        if run[0].arrived > 0 {
            draw_run(panel, run, canvas)?;
        }
    }
    frame.draw_level(panel.top, canvas)?;
    frame.draw_level(panel.bottom, canvas)?;
    draw_names(panel, &columns, canvas)?;
    draw_totals(figure, frame, panel, canvas)
}

fn columns(figure: &Figure, frame: &Frame, panel: Plot) -> Vec<Column> {
    let rows = &figure.timeline.rows;
    let width = usize::try_from((frame.axis.right - frame.axis.left) / COLUMN_MIN).unwrap_or(1).max(1);
    rows.chunks(rows.len().div_ceil(width).max(1))
        .map(|rows| {
            let sum = |of: fn(&TimelineRow) -> u64| rows.iter().map(of).sum::<u64>();
            let arrived = sum(|row| row.arrived);
            let (plan, leaked) = (sum(|row| row.served_by_plan), sum(|row| row.leaked));
            let (failed, shed) = (sum(|row| row.failed), sum(|row| row.shed));
            let height = u128::from(panel.height().unsigned_abs());
            // At most the panel's height. Rounded down, so that what went wrong is never rounded away.
            let up = |n: u64| (u128::from(n) * height / u128::from(arrived.max(1))) as i32;
            let bottom = panel.bottom;
            let end = rows[rows.len() - 1].at.saturating_add(figure.timeline.bucket);
            Column {
                left: frame.axis.x(rows[0].at),
                right: frame.axis.x(end),
                arrived,
                edges: [plan + leaked + failed + shed, plan + leaked + failed, plan + leaked, plan]
                    .map(|n| bottom - up(n)),
            }
        })
        .collect()
}

/// Columns with traffic, without a gap.
fn draw_run<DB: DrawingBackend>(
    panel: Plot,
    run: &[Column],
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let band = |top: &dyn Fn(&Column) -> i32, bottom: i32, color: Tone| {
        let mut outline: Vec<Point> = vec![(run[0].left, bottom)];
        for column in run {
            outline.push((column.left, top(column)));
            outline.push((column.right, top(column)));
        }
        outline.push((run[run.len() - 1].right, bottom));
        outline.dedup();
        canvas.area(&outline, color)
    };
    // From the back, each covering the last up to its own edge.
    let bottom = panel.bottom;
    band(&|column| column.edges[0], bottom, palette::INK.tint(2))?;
    // Shed is striped: it was refused on purpose.
    let shed = run.iter().map(|c| (c.left, c.right, c.edges[0], c.edges[1]));
    canvas.stripes(shed.filter(|c| c.2 < c.3), palette::INK.tint(9))?;
    band(&|column| column.edges[1], bottom, palette::INK.tint(9))?;
    band(&|column| column.edges[2], bottom, palette::HOT)?;
    band(&|column| column.edges[3], bottom, palette::PLAN)?;
    // The line of what was not served, where there is any.
    for failing in run.split(|column| column.edges[2] == column.edges[0]) {
        let mut line: Vec<Point> = Vec::new();
        for column in failing {
            line.push((column.left, column.edges[2]));
            line.push((column.right, column.edges[2]));
        }
        line.dedup();
        canvas.line(&line, 2, palette::INK)?;
    }
    Ok(())
}

/// Words in the areas, where they fit.
fn draw_names<DB: DrawingBackend>(
    panel: Plot,
    columns: &[Column],
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let bottom = panel.bottom;
    let busy = |column: &&Column| column.arrived > 0;
    let shed = columns.iter().filter(busy).map(|c| (c.left, c.edges[0], c.edges[1]));
    let failed = columns.iter().filter(busy).map(|c| (c.left, c.edges[1], c.edges[2]));
    let leaked = columns.iter().filter(busy).map(|c| (c.left, c.edges[2], c.edges[3]));
    let plan = columns.iter().filter(busy).map(|c| (c.left, c.edges[3], bottom));
    let white = Type { color: palette::PAPER, ..VALUE };
    let plan_look = Type { color: palette::PLAN_TEXT, ..VALUE };
    let bands: [(&str, Vec<_>, Type); 4] = [
        ("shed", shed.collect(), VALUE),
        ("failed", failed.collect(), white),
        ("leaked", leaked.collect(), white),
        ("served by plan", plan.collect(), plan_look),
    ];
    for (word, band, look) in bands {
        if let Some(at) = labels::inside(&band, (canvas.width(word, look) + 24, 24)) {
            match word {
                // Stripes would run through the letters.
                "shed" => canvas.label(word, at, Align::Center, look)?,
                _ => canvas.text(word, at, Align::Center, look)?,
            }
        }
    }
    Ok(())
}

/// Numbers of the whole run at the right, in the order of the areas.
fn draw_totals<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    panel: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let totals = &figure.totals;
    let of =
        |share: Option<f64>, what: &str| share.map(|share| format!("{} % {what}", human::percent(share)));
    let hot = Type { color: palette::HOT, ..VALUE };
    let plain = |color| Type { bold: false, color, ..VALUE };
    let lines = [
        (totals.shed.filter(|&shed| shed > 0.0), "shed", plain(palette::INK)),
        (totals.failed, "failed", VALUE),
        (totals.leak, "leaked", hot),
        (totals.avoidable.filter(|&share| share > 0.0), "avoidably", plain(palette::HOT)),
        (totals.plan, "by plan", Type { color: palette::PLAN_TEXT, ..VALUE }),
    ];
    let lines: Vec<(String, Type)> =
        lines.into_iter().filter_map(|(share, what, look)| Some((of(share, what)?, look))).collect();
    if lines.is_empty() {
        return frame.draw_lines(panel, &[("no requests".to_owned(), VALUE)], canvas);
    }
    frame.draw_lines(panel, &lines, canvas)
}
