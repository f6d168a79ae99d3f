//! Below the lanes: our arrivals and other tenants' load, so that the peak shows under the faults.

use plotters::prelude::{DrawingBackend, RGBColor};
use sandbox_core::Time;

use super::axis;
use super::canvas::{Align, Canvas};
use super::frame::{Frame, NAME};
use super::palette;
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

pub(crate) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let bucket_s = figure.timeline.bucket.as_secs_f64().max(1e-9);
    let arrivals: Vec<f64> = figure.timeline.rows.iter().map(|row| row.arrived as f64 / bucket_s).collect();
    let mut rows = vec![(arrivals, None, palette::LOAD)];
    for column in 0..tenants(figure) {
        let load =
            |row: &sandbox_engine::output::TimelineRow| row.competing.get(column).copied().unwrap_or(0.0);
        rows.push((figure.timeline.rows.iter().map(load).collect(), Some(1.0), palette::LOAD));
    }
    for ((index, name), (values, top, color)) in names(figure).enumerate().zip(rows) {
        let bottom = frame.sparks.top + ROW * (index as i32 + 1);
        let spark = Spark { values, full: top, bottom, color };
        draw_row(figure, frame, &name, &spark, canvas)?;
    }
    Ok(())
}

struct Spark {
    /// By bucket.
    values: Vec<f64>,
    /// What fills the row; the largest value if none.
    full: Option<f64>,
    bottom: i32,
    color: RGBColor,
}

fn draw_row<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    name: &str,
    spark: &Spark,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let middle = spark.bottom - ROW / 2 + 4;
    let shown = canvas.fit(name, frame.names_width(), NAME);
    canvas.text(&shown, (Frame::margin(), middle), Align::Left, NAME)?;
    frame.draw_level(spark.bottom, canvas)?;

    // The first of the largest.
    let peak = spark.values.iter().copied().enumerate().reduce(|a, b| if b.1 > a.1 { b } else { a });
    let Some((at, peak)) = peak.filter(|&(_, peak)| peak > 0.0) else {
        return canvas.text("none", (frame.axis.right + 12, middle), Align::Left, NAME);
    };
    let full = spark.full.unwrap_or(peak).max(peak);
    let y = |value: f64| spark.bottom - libm::round(value / full * f64::from(ROW - 8)) as i32;
    let mut outline = vec![(frame.axis.left, spark.bottom)];
    for (row, &value) in figure.timeline.rows.iter().zip(&spark.values) {
        let y = y(value);
        outline.push((frame.axis.x(row.at), y));
        outline.push((frame.axis.x(row.at.saturating_add(figure.timeline.bucket)), y));
    }
    // The last bucket may be cut.
    outline.push((outline.last().map_or(frame.axis.right, |last| last.0), spark.bottom));
    outline.dedup();
    canvas.area(&outline, spark.color)?;

    let time = figure.timeline.rows.get(at).map_or(Time::ZERO, |row| row.at);
    let (x, y) = (frame.axis.x(time), y(peak));
    canvas.rect((x - 1, y - 1), (x + 2, spark.bottom), palette::QUIET)?;
    let value = match spark.full {
        None => format!("{}/s", human::number(peak)),
        Some(_) => format!("{} %", human::percent(peak)),
    };
    let text = format!("peak {value}, {}", axis::moment(&figure.clock, time));
    let text = canvas.fit(&text, super::frame::LABELS - 20, NAME);
    canvas.text(&text, (frame.axis.right + 12, middle), Align::Left, NAME)
}
