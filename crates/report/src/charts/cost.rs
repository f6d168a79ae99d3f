//! Panel 4: what the run has cost so far, against the control twin, from the end of the warm-up on.

use plotters::prelude::DrawingBackend;
use sandbox_core::Time;
use sandbox_model::Usd;

use super::axis::TimeAxis;
use super::canvas::{Align, Canvas, Point, Type};
use super::frame::{Frame, LABELS, VALUE};
use super::{labels, palette};
use crate::error::ReportError;
use crate::figure::Figure;
use crate::human;

/// A gap of a smaller share of the cost is shown enlarged as well.
const SMALL_GAP: f64 = 0.12;
/// A gap of a smaller share is not worth a second look: requests in flight at a bucket's edge make as much.
const TRIFLING_GAP: f64 = 0.001;
/// The share of the panel that the enlarged gap may fill.
const ENLARGED: f64 = 0.4;
/// How many times the gap may be enlarged.
const FACTORS: [u32; 9] = [500, 200, 100, 50, 20, 10, 5, 3, 2];

/// Least distance of two points of a curve in pixels, but for the last.
const STRIDE: i32 = 5;

/// What was billed since the warm-up, up to an instant.
#[derive(Copy, Clone, Debug)]
struct Sample {
    x: i32,
    actual: f64,
    twin: f64,
}

pub(crate) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let panel = frame.cost;
    frame.draw_title(panel, "Cost so far", "against the same arrivals in calm weather", canvas)?;
    let samples = samples(figure, &frame.axis);
    let most = frame.cost_most;
    if most <= 0.0 {
        frame.draw_value(panel.bottom, "$0", canvas)?;
        return canvas.text("nothing billed", (frame.axis.right + 12, panel.bottom - 12), Align::Left, VALUE);
    }
    let y =
        |amount: f64| panel.bottom - libm::round(amount / (most * 1.04) * f64::from(panel.height())) as i32;
    let step = round_step(most / 2.5);
    let mut amount = 0.0;
    while amount <= most * 1.02 {
        frame.draw_level(y(amount), canvas)?;
        frame.draw_value(y(amount), &human::dollars(amount).replace(".00", ""), canvas)?;
        amount += step;
    }
    draw_gap(&samples, &y, canvas)?;
    draw_enlarged(frame, &samples, most, canvas)?;
    let line = |of: &dyn Fn(&Sample) -> f64| -> Vec<Point> {
        let mut line: Vec<Point> = samples.iter().map(|s| (s.x, y(of(s)))).collect();
        line.dedup();
        line
    };
    canvas.line(&line(&|s| s.twin), 2, palette::PLAN_TEXT)?;
    canvas.line(&line(&|s| s.actual), 2, palette::INK)?;
    let last = samples.last().map_or((0, 0), |s| (y(s.actual), y(s.twin)));
    draw_totals(figure, frame, last, canvas)
}

/// The highest point of the curves in dollars.
pub(crate) fn most(figure: &Figure, axis: &TimeAxis) -> f64 {
    samples(figure, axis).iter().map(|s| s.actual.max(s.twin)).fold(0.0, f64::max)
}

fn samples(figure: &Figure, axis: &TimeAxis) -> Vec<Sample> {
    let warm_up = Time::ZERO.saturating_add(figure.warm_up);
    let end = |at: Time| at.saturating_add(figure.timeline.bucket);
    let before = figure.timeline.rows.iter().take_while(|row| end(row.at) <= warm_up).last();
    let base = before.map_or((Usd::ZERO, Usd::ZERO), |row| (row.cost, row.twin_cost));
    let from = before.map_or(Time::ZERO, |row| end(row.at));
    let first = Sample { x: axis.x(from), actual: 0.0, twin: 0.0 };
    let counted = figure.timeline.rows.iter().filter(|row| end(row.at) > warm_up).map(|row| Sample {
        x: axis.x(end(row.at)),
        actual: (row.cost - base.0).as_f64(),
        twin: (row.twin_cost - base.1).as_f64(),
    });
    // Points closer than a few pixels would only draw stairs.
    let mut samples = vec![first];
    for sample in counted {
        if let [.., before, _] = samples[..]
            && sample.x - before.x < STRIDE
        {
            samples.pop();
        }
        samples.push(sample);
    }
    samples
}

/// The least of 1, 2 and 5 times a power of ten that is not below `least`.
fn round_step(least: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(least)));
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|&step| step >= least).unwrap_or(10.0 * power)
}

/// The area between the curves: hot above the twin, green below.
fn draw_gap<DB: DrawingBackend>(
    samples: &[Sample],
    y: &dyn Fn(f64) -> i32,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let pieces: Vec<(Sample, Sample)> = samples.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let dearer = |piece: &(Sample, Sample)| piece.1.actual > piece.1.twin;
    for run in pieces.chunk_by(|a, b| dearer(a) == dearer(b)) {
        let ends = || std::iter::once(run[0].0).chain(run.iter().map(|piece| piece.1));
        let mut outline: Vec<Point> = ends().map(|s| (s.x, y(s.actual))).collect();
        let back: Vec<Point> = ends().map(|s| (s.x, y(s.twin))).collect();
        outline.extend(back.into_iter().rev());
        outline.dedup();
        let color = if dearer(&run[0]) { palette::HOT } else { palette::SAVED };
        canvas.area(&outline, palette::tint(color, 10))?;
    }
    Ok(())
}

/// A thin gap again at the foot of the panel, on a larger scale.
fn draw_enlarged<DB: DrawingBackend>(
    frame: &Frame,
    samples: &[Sample],
    most: f64,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let widest = samples.iter().map(|s| (s.actual - s.twin).abs()).fold(0.0, f64::max);
    if widest <= most * TRIFLING_GAP || widest > most * SMALL_GAP {
        return Ok(());
    }
    let fits = |&factor: &u32| widest * f64::from(factor) <= most * ENLARGED;
    let Some(factor) = FACTORS.into_iter().find(fits) else { return Ok(()) };
    let panel = frame.cost;
    let per_dollar = f64::from(factor) / (most * 1.04) * f64::from(panel.height());
    let height = |s: &Sample| libm::round((s.actual - s.twin).abs() * per_dollar) as i32;
    let Some(last) = samples.last() else { return Ok(()) };
    let color = if last.actual >= last.twin { palette::HOT } else { palette::SAVED };
    let mut outline: Vec<Point> = vec![(samples[0].x, panel.bottom)];
    outline.extend(samples.iter().map(|s| (s.x, panel.bottom - height(s))));
    outline.push((last.x, panel.bottom));
    outline.dedup();
    canvas.area(&outline, palette::tint(color, 5))?;
    let columns: Vec<_> = samples.iter().map(|s| (s.x, panel.bottom - height(s), panel.bottom)).collect();
    let text = format!("gap, {factor} times enlarged");
    let look = Type { color, ..VALUE };
    match labels::inside(&columns, (canvas.width(&text, look) + 12, 20)) {
        Some(at) => canvas.text(&text, at, Align::Center, look),
        None => {
            let above = (last.x - 4, panel.bottom - height(last) - 14);
            canvas.label(&text, above, Align::Right, look)
        }
    }
}

/// The two bills and the gap, at the ends of the curves.
fn draw_totals<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    (actual_y, twin_y): (i32, i32),
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let totals = &figure.totals;
    let gap = totals.cost - totals.twin_cost;
    let change =
        human::change(gap, totals.twin_cost).map_or_else(String::new, |change| format!(" ({change} %)"));
    let calm = Type { color: palette::PLAN_TEXT, ..VALUE };
    // The gap lies between the two, whichever is above.
    let lines = [
        (actual_y, format!("{} actual", human::dollars(totals.cost)), VALUE),
        (
            (actual_y + twin_y) / 2,
            format!("{}{change}", human::dollars_signed(gap)),
            Type { color: palette::gap(gap), ..VALUE },
        ),
        (twin_y, format!("{} calm", human::dollars(totals.twin_cost)), calm),
    ];
    let wished: Vec<i32> = lines.iter().map(|line| line.0).collect();
    let placed = labels::spread(&wished, 22, frame.cost.top + 4, frame.cost.bottom - 8);
    for ((_, text, look), y) in lines.iter().zip(placed) {
        let text = canvas.fit(text, LABELS - 18, *look);
        canvas.text(&text, (frame.axis.right + 12, y), Align::Left, *look)?;
    }
    Ok(())
}
