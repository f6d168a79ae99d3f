//! Panel 2: who served the requests that arrived in each bucket.

use plotters::prelude::{DrawingBackend, RGBColor};
use sandbox_engine::output::TimelineRow;

use super::canvas::{Align, Canvas, Point, Type};
use super::frame::{Frame, VALUE};
use super::labels;
use super::palette;
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
    /// Upper edges of what failed or was shed, of the leak, and of the plan. Above them is what was in flight at the end.
    edges: [i32; 3],
}

pub(crate) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let panel = frame.share;
    frame.draw_title(panel, "Who served", "share of the requests that arrived", canvas)?;
    for (part, text) in [(0, "100 %"), (1, "50 %"), (2, "0")] {
        frame.draw_value(panel.top + panel.height() * part / 2, text, canvas)?;
    }
    let columns = columns(figure, frame);
    for run in columns.chunk_by(|a, b| (a.arrived > 0) == (b.arrived > 0)) {
        if run[0].arrived > 0 {
            draw_run(frame, run, canvas)?;
        }
    }
    frame.draw_level(panel.top, canvas)?;
    frame.draw_level(panel.bottom, canvas)?;
    draw_names(frame, &columns, canvas)?;
    draw_totals(figure, frame, canvas)
}

fn columns(figure: &Figure, frame: &Frame) -> Vec<Column> {
    let rows = &figure.timeline.rows;
    let width = usize::try_from((frame.axis.right - frame.axis.left) / COLUMN_MIN).unwrap_or(1).max(1);
    rows.chunks(rows.len().div_ceil(width).max(1))
        .map(|rows| {
            let sum = |of: fn(&TimelineRow) -> u64| rows.iter().map(of).sum::<u64>();
            let arrived = sum(|row| row.arrived);
            let (plan, leaked) = (sum(|row| row.served_by_plan), sum(|row| row.leaked));
            let failed = sum(|row| row.failed + row.shed);
            let height = u128::from(frame.share.height().unsigned_abs());
            // At most the panel's height. Rounded down, so that what went wrong is never rounded away.
            let up = |n: u64| (u128::from(n) * height / u128::from(arrived.max(1))) as i32;
            let bottom = frame.share.bottom;
            let end = rows[rows.len() - 1].at.saturating_add(figure.timeline.bucket);
            Column {
                left: frame.axis.x(rows[0].at),
                right: frame.axis.x(end),
                arrived,
                edges: [plan + leaked + failed, plan + leaked, plan].map(|n| bottom - up(n)),
            }
        })
        .collect()
}

/// Columns with traffic, without a gap.
fn draw_run<DB: DrawingBackend>(
    frame: &Frame,
    run: &[Column],
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let band = |top: &dyn Fn(&Column) -> i32, bottom: i32, color: RGBColor| {
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
    let bottom = frame.share.bottom;
    band(&|column| column.edges[0], bottom, palette::tint(palette::INK, 7))?;
    band(&|column| column.edges[1], bottom, palette::HOT)?;
    band(&|column| column.edges[2], bottom, palette::PLAN)?;
    // The line of failures, where there are any.
    for failing in run.split(|column| column.edges[1] == column.edges[0]) {
        let mut line: Vec<Point> = Vec::new();
        for column in failing {
            line.push((column.left, column.edges[1]));
            line.push((column.right, column.edges[1]));
        }
        line.dedup();
        canvas.line(&line, 2, palette::INK)?;
    }
    Ok(())
}

/// Words in the areas, where they fit.
fn draw_names<DB: DrawingBackend>(
    frame: &Frame,
    columns: &[Column],
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let bottom = frame.share.bottom;
    let busy = |column: &&Column| column.arrived > 0;
    let failed = columns.iter().filter(busy).map(|c| (c.left, c.edges[0], c.edges[1]));
    let leaked = columns.iter().filter(busy).map(|c| (c.left, c.edges[1], c.edges[2]));
    let plan = columns.iter().filter(busy).map(|c| (c.left, c.edges[2], bottom));
    let white = Type { color: palette::PAPER, ..VALUE };
    let plan_look = Type { color: palette::PLAN_TEXT, ..VALUE };
    let bands: [(&str, Vec<_>, Type); 3] = [
        ("failed", failed.collect(), white),
        ("leaked", leaked.collect(), white),
        ("served by plan", plan.collect(), plan_look),
    ];
    for (word, band, look) in bands {
        if let Some(at) = labels::inside(&band, (canvas.width(word, look) + 24, 24)) {
            canvas.text(word, at, Align::Center, look)?;
        }
    }
    Ok(())
}

/// Numbers of the whole run at the right, in the order of the areas.
fn draw_totals<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
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
    let x = frame.axis.right + 12;
    if lines.is_empty() {
        return canvas.text("no requests", (x, frame.share.top + 12), Align::Left, VALUE);
    }
    let panel = frame.share;
    // At most five lines: where the panel is low, they go on below it, where nothing is.
    let step = (panel.height() / lines.len() as i32).clamp(20, 24);
    for (index, (text, look)) in lines.iter().enumerate() {
        canvas.text(text, (x, panel.top + 10 + step * index as i32), Align::Left, *look)?;
    }
    Ok(())
}
