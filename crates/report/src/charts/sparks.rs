//! Below the lanes: our arrivals and other tenants' load, so that the peak shows under the faults.

use plotters::prelude::DrawingBackend;
use sandbox_core::Time;

use super::axis;
use super::canvas::Canvas;
use super::frame::{Frame, NAME, Plot};
use super::palette;
use super::palette::Tone;
use super::text::{Align, Type};
use crate::error::ReportError;
use crate::figure::Figure;
use crate::human;

const ROW: i32 = 40;
/// Most congested providers that are shown, the first of the timeline; fewer where lanes need the room.
fn tenants(figure: &Figure) -> usize {
    let most = if figure.lanes.len() > 10 { 1 } else { 2 };
    figure.timeline.congested.len().min(most)
}

pub(crate) fn height(figure: &Figure) -> i32 {
    // At most three rows.
    ROW * (1 + tenants(figure) as i32)
}

pub(crate) fn names(figure: &Figure) -> impl Iterator<Item = String> + '_ {
    let others =
        figure.timeline.congested.iter().take(tenants(figure)).map(|name| format!("others at {name}"));
    std::iter::once("our requests".to_owned()).chain(others)
}

/// What is said of the peaks.
pub(crate) fn labels(figure: &Figure) -> Vec<(String, Type)> {
    sparks(figure).iter().filter_map(|spark| Some((spark.label(figure)?.1, NAME))).collect()
}

pub(crate) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    plot: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    for (index, (name, spark)) in (1..).zip(names(figure).zip(sparks(figure))) {
        draw_row(figure, frame, (&name, &spark), plot.top + ROW * index, canvas)?;
    }
    Ok(())
}

fn sparks(figure: &Figure) -> Vec<Spark> {
    let bucket_s = figure.timeline.bucket.as_secs_f64().max(1e-9);
    let rows = &figure.timeline.rows;
    let arrivals: Vec<f64> = rows.iter().map(|row| row.arrived as f64 / bucket_s).collect();
    let mut sparks = vec![Spark { values: arrivals, full: None, color: palette::LOAD }];
    for column in 0..tenants(figure) {
        let load =
            |row: &sandbox_engine::output::TimelineRow| row.competing.get(column).copied().unwrap_or(0.0);
        let values = rows.iter().map(load).collect();
        sparks.push(Spark { values, full: Some(1.0), color: palette::LOAD });
    }
    sparks
}

struct Spark {
    /// By bucket.
    values: Vec<f64>,
    /// What fills the row; the largest value if none.
    full: Option<f64>,
    color: Tone,
}

impl Spark {
    /// The first of the largest values: its place, and what is said of it; none if there is nothing.
    fn label(&self, figure: &Figure) -> Option<(usize, String)> {
        let peak = self.values.iter().copied().enumerate().reduce(|a, b| if b.1 > a.1 { b } else { a });
        let (at, peak) = peak.filter(|&(_, peak)| peak > 0.0)?;
        let value = match self.full {
            None => format!("{}/s", human::number(peak)),
            Some(_) => format!("{} %", human::percent(peak)),
        };
        let time = figure.timeline.rows.get(at).map_or(Time::ZERO, |row| row.at);
        let moment = axis::moment_in(&figure.clock, time, figure.timeline.bucket);
        Some((at, format!("peak {value}, {moment}")))
    }
}

fn draw_row<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    (name, spark): (&str, &Spark),
    bottom: i32,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let middle = bottom - ROW / 2 + 4;
    let shown = canvas.fit(name, frame.names_width(), NAME);
    canvas.text(&shown, (Frame::margin(), middle), Align::Left, NAME)?;
    frame.draw_level(bottom, canvas)?;

    let (x, width) = frame.right();
    let Some((at, label)) = spark.label(figure) else {
        return canvas.text("none", (x, middle), Align::Left, NAME);
    };
    let peak = spark.values[at];
    let full = spark.full.unwrap_or(peak).max(peak);
    let y = |value: f64| bottom - libm::round(value / full * f64::from(ROW - 8)) as i32;
    let mut outline = vec![(frame.axis.left, bottom)];
    for (row, &value) in figure.timeline.rows.iter().zip(&spark.values) {
        let y = y(value);
        outline.push((frame.axis.x(row.at), y));
        outline.push((frame.axis.x(row.at.saturating_add(figure.timeline.bucket)), y));
    }
    // The last bucket may be cut.
    outline.push((outline.last().map_or(frame.axis.right, |last| last.0), bottom));
    outline.dedup();
    canvas.area(&outline, spark.color)?;

    let time = figure.timeline.rows.get(at).map_or(Time::ZERO, |row| row.at);
    let (peak_x, peak_y) = (frame.axis.x(time), y(peak));
    canvas.rect((peak_x - 1, peak_y - 1), (peak_x + 2, bottom), palette::QUIET)?;
    canvas.text(&canvas.fit(&label, width, NAME), (x, middle), Align::Left, NAME)
}
