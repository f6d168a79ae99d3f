//! Attempts per request: how much more providers were asked than clients asked us.

use plotters::prelude::DrawingBackend;
use sandbox_core::Time;

use super::axis;
use super::canvas::{Canvas, Point};
use super::frame::{Frame, NAME, NOTE, Plot, VALUE};
use super::palette;
use super::panel::Panel;
use super::scale::Scale;
use super::text::{Align, Type};
use crate::error::ReportError;
use crate::figure::Figure;
use crate::human;

/// By bucket; nothing where nothing arrived.
pub(crate) fn ratios(figure: &Figure) -> impl Iterator<Item = (Time, Option<f64>)> + '_ {
    figure.timeline.rows.iter().map(move |row| (row.at, ratio(row.attempts, row.arrived)))
}

pub(crate) fn ratio(n: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| n as f64 / of as f64)
}

/// Fewest and most, one among them.
pub(crate) fn ends(figure: &Figure) -> Option<(f64, f64)> {
    let ratios = ratios(figure).filter_map(|(_, ratio)| ratio);
    ratios
        .map(|r| (r, r))
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
        .map(|(low, high)| (low.min(1.0), high.max(1.2)))
}

/// The scale of a panel: from a little below one on, as it is one that ratios are read against.
pub(crate) fn scale((low, high): (f64, f64), plot: Plot) -> Scale {
    Scale::linear(((low - (high - low) * 0.08).max(0.0), high), plot)
}

pub(crate) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    plot: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    frame.draw_title(plot, Panel::Attempts.title(), canvas)?;
    let Some(ends) = frame.scales.attempts.filter(|_| ends(figure).is_some()) else {
        return canvas.text("no requests", (frame.axis.left + 12, plot.top + 14), Align::Left, NOTE);
    };
    let scale = scale(ends, plot);
    draw_grid(frame, &scale, plot, canvas)?;
    let one = scale.y(1.0);
    for line in lines(figure, frame, &scale) {
        let (Some(first), Some(last)) = (line.first(), line.last()) else { continue };
        // What is above one request for one.
        let mut outline: Vec<Point> = vec![(first.0, one)];
        outline.extend(line.iter().map(|&(x, y)| (x, y.min(one))));
        outline.push((last.0, one));
        canvas.area(&outline, palette::HOT.tint(5))?;
        canvas.line(&line, 2, palette::INK)?;
    }
    draw_totals(figure, frame, plot, canvas)
}

/// The levels, and the line of one attempt for one request.
pub(crate) fn draw_grid<DB: DrawingBackend>(
    frame: &Frame,
    scale: &Scale,
    plot: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let mut free = plot.bottom + 9;
    for tick in scale.ticks(f64::from(plot.height() / 44).clamp(1.0, 5.0)) {
        let y = scale.y(tick);
        frame.draw_level(y, canvas)?;
        if free - y >= 18 && (y - scale.y(1.0)).abs() >= 16 {
            frame.draw_value(y, &human::number(tick), canvas)?;
            free = y;
        }
    }
    let one = scale.y(1.0);
    canvas.rect((frame.axis.left, one), (frame.axis.right, one + 1), palette::PLAN_TEXT)?;
    canvas.text("1", (frame.axis.left - 10, one), Align::Right, Type { color: palette::PLAN_TEXT, ..VALUE })
}

/// Stairs by bucket, broken where nothing arrived.
fn lines(figure: &Figure, frame: &Frame, scale: &Scale) -> Vec<Vec<Point>> {
    let mut lines: Vec<Vec<Point>> = vec![Vec::new()];
    for (at, ratio) in ratios(figure) {
        let last = lines.len() - 1;
        match ratio {
            Some(ratio) => {
                let y = scale.y(ratio);
                lines[last].push((frame.axis.x(at), y));
                lines[last].push((frame.axis.x(at.saturating_add(figure.timeline.bucket)), y));
            }
            None if !lines[last].is_empty() => lines.push(Vec::new()),
            None => {}
        }
    }
    for line in &mut lines {
        line.dedup();
    }
    lines
}

fn draw_totals<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    plot: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let mut lines = Vec::new();
    if let Some(all) = figure.totals.amplification {
        lines.push((format!("{all:.2} a request"), VALUE));
    }
    // The first of the largest.
    let ratios = ratios(figure).filter_map(|(at, ratio)| Some((at, ratio?)));
    if let Some((at, most)) = ratios.reduce(|a, b| if b.1 > a.1 { b } else { a }) {
        lines.push((format!("peak {most:.2}"), NAME));
        lines.push((axis::moment_in(&figure.clock, at, figure.timeline.bucket), NAME));
    }
    frame.draw_lines(plot, &lines, canvas)
}
