//! Panel 3: time to first token at the client, on a logarithmic axis.

use plotters::prelude::DrawingBackend;
use sandbox_core::Time;

use super::canvas::{Canvas, Point};
use super::frame::{Frame, NOTE, Plot, VALUE};
use super::panel::Panel;
use super::scale::{Scale, log};
use super::text::{Align, Type};
use super::{labels, palette};
use crate::error::ReportError;
use crate::figure::Figure;
use crate::human;

/// Decimal logarithms of the shortest and the longest time in seconds; none if no request got a first token.
pub(crate) fn ends(figure: &Figure) -> Option<(f64, f64)> {
    let times = figure.timeline.rows.iter().filter_map(|row| row.ttft);
    let logs = times.flatten().map(|span| log(span.as_secs_f64()));
    logs.map(|log| (log, log)).reduce(|(low, high), (log, _)| (low.min(log), high.max(log)))
}

pub(crate) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    panel: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let cells = heat(figure, frame);
    let (title, note) = Panel::Ttft.title();
    let heat_note =
        if cells.is_empty() { "" } else { "; the stronger a field, the more of its column's requests" };
    let totals = match (figure.is_cut, figure.ttft_class(0.5).is_some()) {
        (false, _) => "; at the right, all",
        (true, true) => "; at the right, all shown, to the class",
        (true, false) => "",
    };
    frame.draw_title(panel, (title, &format!("{note}{heat_note}{totals}")), canvas)?;
    frame.draw_level(panel.bottom, canvas)?;
    let ends = ends(figure).and(frame.scales.ttft);
    let Some(scale) = ends.map(|ends| Scale::logarithmic(ends, panel)) else {
        let text = "no request got a first token";
        return canvas.text(text, (frame.axis.left + 12, panel.top + 14), Align::Left, NOTE);
    };
    for cell in &cells {
        // What lies beyond the percentiles' scale is a strip at its end.
        let top = cell.slower.map_or(panel.top, |end| scale.y(end)).min(panel.bottom - STRIP);
        let bottom = scale.y(cell.faster).max(panel.top + STRIP);
        canvas.rect((cell.left, top), (cell.right, bottom), palette::BELIEF.tint(cell.depth))?;
    }
    draw_grid(frame, &scale, canvas)?;
    // The tail first: the median lies on top.
    for percentile in (0..3).rev() {
        for line in lines(figure, frame, &scale, percentile) {
            canvas.line(&line, if percentile == 0 { 2 } else { 1 }, palette::TTFT[percentile])?;
        }
    }
    draw_totals(figure, frame, &scale, panel, canvas)
}

/// Powers of ten.
pub(crate) fn draw_grid<DB: DrawingBackend>(
    frame: &Frame,
    scale: &Scale,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    for decade in scale.ticks(0.0) {
        frame.draw_level(scale.y(decade), canvas)?;
        let unit =
            if decade < 0.9 { format!("{} ms", human::number(decade * 1e3)) } else { human::seconds(decade) };
        frame.draw_value(scale.y(decade), &unit, canvas)?;
    }
    Ok(())
}

/// A class of times to first token in some neighbouring buckets.
struct Cell {
    left: i32,
    right: i32,
    /// Its ends in seconds; the upper none if it has none.
    faster: f64,
    slower: Option<f64>,
    /// Of 16: how many of the buckets' requests are in it.
    depth: u8,
}

/// Columns of the heatmap are at least this wide in pixels; narrower buckets are added up.
const COLUMN_MIN: i32 = 4;
/// Height of classes beyond the scale.
const STRIP: i32 = 4;
/// The strongest cell, of 16: lines must stand out from it.
const DEEPEST: f64 = 9.0;

/// Classes with requests; cells of one depth side by side are one.
fn heat(figure: &Figure, frame: &Frame) -> Vec<Cell> {
    let classes = &figure.timeline.ttft_classes;
    let rows = &figure.timeline.rows;
    if classes.is_empty() {
        return Vec::new();
    }
    let width = usize::try_from((frame.axis.right - frame.axis.left) / COLUMN_MIN).unwrap_or(1).max(1);
    let ends = |class: usize| {
        let end = |class: usize| classes.get(class).map(|span| span.as_secs_f64());
        (class.checked_sub(1).and_then(end).unwrap_or(0.0), end(class))
    };
    let mut cells: Vec<Cell> = Vec::new();
    // The last cell of each class.
    let mut open: Vec<Option<usize>> = vec![None; classes.len() + 1];
    for rows in rows.chunks(rows.len().div_ceil(width).max(1)) {
        let of = |class: usize| rows.iter().filter_map(|row| row.ttft_counts.get(class)).sum::<u64>();
        let counts: Vec<u64> = (0..=classes.len()).map(of).collect();
        let all: u64 = counts.iter().sum();
        let end = rows[rows.len() - 1].at.saturating_add(figure.timeline.bucket);
        let (left, right) = (frame.axis.x(rows[0].at), frame.axis.x(end));
        for (class, &n) in counts.iter().enumerate().filter(|&(_, &n)| n > 0) {
            // By the root, so that a thin tail is seen too.
            let depth = libm::ceil(DEEPEST * libm::sqrt(n as f64 / all as f64)).clamp(1.0, DEEPEST) as u8;
            if let Some(cell) = open[class].and_then(|index| cells.get_mut(index))
                && cell.right == left
                && cell.depth == depth
            {
                cell.right = right;
                continue;
            }
            let (faster, slower) = ends(class);
            open[class] = Some(cells.len());
            cells.push(Cell { left, right, faster, slower, depth });
        }
    }
    cells
}

/// Lines through the middles of the buckets, broken where there is nothing to show.
fn lines(figure: &Figure, frame: &Frame, scale: &Scale, percentile: usize) -> Vec<Vec<Point>> {
    let half = figure.timeline.bucket.as_nanos() / 2;
    let mut lines = vec![Vec::new()];
    for row in &figure.timeline.rows {
        let last = lines.len() - 1;
        match row.ttft {
            Some(ttft) => {
                let middle = Time::from_nanos(row.at.as_nanos().saturating_add(half));
                lines[last].push((frame.axis.x(middle), scale.y(ttft[percentile].as_secs_f64())));
            }
            None if !lines[last].is_empty() => lines.push(Vec::new()),
            None => {}
        }
    }
    for line in &mut lines {
        line.dedup();
        if let [(x, y)] = line[..] {
            // A bucket between gaps: a dash.
            *line = vec![(x - 1, y), (x + 2, y)];
        }
    }
    lines
}

/// Names at the ends of the lines, with the values of all that is shown.
fn draw_totals<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    scale: &Scale,
    panel: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let Some(last) = figure.timeline.rows.iter().rev().find_map(|row| row.ttft) else { return Ok(()) };
    let totals = figure.totals.ttft_s;
    // From the top down: where they coincide, the slowest still stands highest.
    let wished = [2, 1, 0].map(|index| scale.y(last[index].as_secs_f64()));
    let placed = labels::spread(&wished, 22, panel.top + 8, panel.bottom - 8);
    let names = [("p50", 0.5, totals.p50), ("p95", 0.95, totals.p95), ("p99", 0.99, totals.p99)];
    for (index, ((name, share, value), y)) in names.into_iter().zip(placed.into_iter().rev()).enumerate() {
        let value = match value {
            Some(value) => format!(" {}", human::seconds(value)),
            None if figure.is_cut => class(figure, share),
            None => String::new(),
        };
        // The palest is too pale for letters.
        let color = if index == 2 { palette::BELIEF.tint(13) } else { palette::TTFT[index] };
        let look = Type { color, ..VALUE };
        let (x, width) = frame.right();
        canvas.text(&canvas.fit(&format!("{name}{value}"), width, look), (x, y), Align::Left, look)?;
    }
    Ok(())
}

/// A percentile of a part of a run, as far as classes tell it: ` 330ms to 470ms`.
fn class(figure: &Figure, share: f64) -> String {
    figure.ttft_class(share).map_or_else(String::new, |(faster, slower)| match slower {
        Some(slower) => format!(" {} to {}", human::span(faster), human::span(slower)),
        None => format!(" over {}", human::span(faster)),
    })
}
