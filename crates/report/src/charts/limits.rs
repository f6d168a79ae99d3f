//! 429 answers: where rate limits bit.

use plotters::prelude::DrawingBackend;

use super::axis;
use super::canvas::{Canvas, Point};
use super::frame::{Frame, NAME, NOTE, Plot, VALUE};
use super::palette;
use super::panel::Panel;
use super::scale::Scale;
use super::text::Align;
use crate::error::ReportError;
use crate::figure::Figure;
use crate::human;

/// Answers a second, by bucket.
fn rates(figure: &Figure) -> impl Iterator<Item = f64> + '_ {
    let bucket_s = figure.timeline.bucket.as_secs_f64().max(1e-9);
    figure.timeline.rows.iter().map(move |row| row.rate_limited as f64 / bucket_s)
}

/// Most a second.
pub(crate) fn most(figure: &Figure) -> f64 {
    rates(figure).fold(0.0, f64::max)
}

pub(crate) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    plot: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    frame.draw_title(plot, Panel::Limits.title(), canvas)?;
    frame.draw_level(plot.bottom, canvas)?;
    if frame.scales.limits > 0.0 {
        let scale = Scale::linear((0.0, frame.scales.limits), plot);
        for tick in scale.ticks(f64::from(plot.height() / 44).clamp(1.0, 5.0)) {
            frame.draw_level(scale.y(tick), canvas)?;
            let text = if tick > 0.0 { format!("{}/s", human::number(tick)) } else { "0".to_owned() };
            frame.draw_value(scale.y(tick), &text, canvas)?;
        }
        draw_rates(figure, frame, &scale, plot, canvas)?;
    } else {
        canvas.text("none", (frame.axis.left + 12, plot.top + 14), Align::Left, NOTE)?;
    }
    let mut lines = vec![(format!("{} answers", human::count(figure.totals.rate_limited)), VALUE)];
    // The first of the largest.
    let peak = rates(figure).enumerate().reduce(|a, b| if b.1 > a.1 { b } else { a });
    if let Some((index, most)) = peak.filter(|&(_, most)| most > 0.0)
        && let Some(row) = figure.timeline.rows.get(index)
    {
        lines.push((format!("peak {}/s", human::number(most)), NAME));
        lines.push((axis::moment_in(&figure.clock, row.at, figure.timeline.bucket), NAME));
    }
    frame.draw_lines(plot, &lines, canvas)
}

/// Columns by bucket: pale with a line on top. A bucket with a single answer is seen.
fn draw_rates<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    scale: &Scale,
    plot: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let columns: Vec<(i32, i32, i32)> = figure
        .timeline
        .rows
        .iter()
        .zip(rates(figure))
        .map(|(row, rate)| {
            let least = if rate > 0.0 { plot.bottom - 2 } else { plot.bottom };
            let end = row.at.saturating_add(figure.timeline.bucket);
            (frame.axis.x(row.at), frame.axis.x(end), scale.y(rate).min(least))
        })
        .collect();
    for run in columns.chunk_by(|a, b| (a.2 < plot.bottom) == (b.2 < plot.bottom)) {
        if run[0].2 == plot.bottom {
            continue;
        }
        let mut outline: Vec<Point> = Vec::new();
        for &(left, right, top) in run {
            // At least as wide as can be seen, within the plot.
            let right = right.max(left + 2).min(frame.axis.right);
            outline.push((left.min(frame.axis.right - 2), top));
            outline.push((right, top));
        }
        outline.dedup();
        let (first, last) = (outline[0].0, outline[outline.len() - 1].0);
        let mut area = vec![(first, plot.bottom)];
        area.extend(&outline);
        area.push((last, plot.bottom));
        canvas.area(&area, palette::LIMIT.tint(9))?;
        canvas.line(&outline, 2, palette::LIMIT)?;
    }
    Ok(())
}
