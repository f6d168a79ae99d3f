//! Panel 3: time to first token at the client, on a logarithmic axis.

use plotters::prelude::DrawingBackend;
use sandbox_core::Time;

use super::canvas::{Align, Canvas, Point, Type};
use super::frame::{Frame, NOTE, Panel, VALUE};
use super::{labels, palette};
use crate::error::ReportError;
use crate::figure::Figure;
use crate::human;

/// Seconds to pixels.
struct LogScale {
    panel: Panel,
    /// Decimal logarithms of the ends, which are in seconds.
    low: f64,
    high: f64,
}

impl LogScale {
    /// Spans the values with some room, and at least one power of ten.
    fn new((low, high): (f64, f64), panel: Panel) -> Self {
        let (mut low, mut high) = (low - 0.08, high + 0.08);
        let above = libm::ceil(low);
        if above > high {
            // No power of ten in between: reach for the nearer one.
            if above - high < low - (above - 1.0) { high = above + 0.05 } else { low = above - 1.05 }
        }
        Self { panel, low, high }
    }

    fn y(&self, seconds: f64) -> i32 {
        let part = (libm::log10(seconds.max(1e-6)) - self.low) / (self.high - self.low);
        self.panel.bottom - libm::round(part * f64::from(self.panel.height())) as i32
    }

    /// Powers of ten within the ends.
    fn decades(&self) -> impl Iterator<Item = f64> {
        // Within -6 and 10, as spans are at most 584 years.
        (libm::ceil(self.low) as i32..=libm::floor(self.high) as i32)
            .map(|power| libm::pow(10.0, f64::from(power)))
    }
}

/// Decimal logarithms of the shortest and the longest time in seconds; none if no request got a first token.
pub(crate) fn ends(figure: &Figure) -> Option<(f64, f64)> {
    let times = figure.timeline.rows.iter().filter_map(|row| row.ttft);
    let logs = times.flatten().map(|span| libm::log10(span.as_secs_f64().max(1e-6)));
    logs.map(|log| (log, log)).reduce(|(low, high), (log, _)| (low.min(log), high.max(log)))
}

pub(crate) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let panel = frame.ttft;
    frame.draw_title(
        panel,
        "Time to first token",
        "at the client; logarithmic; whole run at the right",
        canvas,
    )?;
    frame.draw_level(panel.bottom, canvas)?;
    let ends = ends(figure).and(frame.ttft_ends);
    let Some(scale) = ends.map(|ends| LogScale::new(ends, panel)) else {
        let text = "no request got a first token";
        return canvas.text(text, (frame.axis.left + 12, panel.top + 14), Align::Left, NOTE);
    };
    for decade in scale.decades() {
        frame.draw_level(scale.y(decade), canvas)?;
        let unit =
            if decade < 0.9 { format!("{} ms", human::number(decade * 1e3)) } else { human::seconds(decade) };
        frame.draw_value(scale.y(decade), &unit, canvas)?;
    }
    // The tail first: the median lies on top.
    for percentile in (0..3).rev() {
        for line in lines(figure, frame, &scale, percentile) {
            canvas.line(&line, if percentile == 0 { 2 } else { 1 }, palette::TTFT[percentile])?;
        }
    }
    draw_totals(figure, frame, &scale, canvas)
}

/// Lines through the middles of the buckets, broken where there is nothing to show.
fn lines(figure: &Figure, frame: &Frame, scale: &LogScale, percentile: usize) -> Vec<Vec<Point>> {
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

/// Names at the ends of the lines, with the values of the whole run.
fn draw_totals<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    scale: &LogScale,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let Some(last) = figure.timeline.rows.iter().rev().find_map(|row| row.ttft) else { return Ok(()) };
    let totals = figure.totals.ttft_s;
    let panel = frame.ttft;
    // From the top down: where they coincide, the slowest still stands highest.
    let wished = [2, 1, 0].map(|index| scale.y(last[index].as_secs_f64()));
    let placed = labels::spread(&wished, 22, panel.top + 8, panel.bottom - 8);
    let names = [("p50", totals.p50), ("p95", totals.p95), ("p99", totals.p99)];
    for (index, ((name, value), y)) in names.into_iter().zip(placed.into_iter().rev()).enumerate() {
        let value = value.map_or_else(String::new, |value| format!(" {}", human::seconds(value)));
        // The palest is too pale for letters.
        let color = if index == 2 { palette::tint(palette::BELIEF, 13) } else { palette::TTFT[index] };
        let look = Type { color, ..VALUE };
        canvas.text(&format!("{name}{value}"), (frame.axis.right + 12, y), Align::Left, look)?;
    }
    Ok(())
}
