//! Panel 4: what the run has cost so far, against the control twin, from the end of the warm-up on.

use plotters::prelude::DrawingBackend;
use sandbox_core::Time;
use sandbox_engine::output::TimelineRow;
use sandbox_model::Usd;

use super::axis::TimeAxis;
use super::canvas::{Canvas, Point};
use super::frame::{Frame, NAME, Plot, VALUE};
use super::heading::tone;
use super::labels as places;
use super::palette::{self, Tone};
use super::panel::Panel;
use super::scale::{Scale, round_step};
use super::text::{Align, Type};
use crate::error::ReportError;
use crate::figure::{Figure, Gap};
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
    panel: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let samples = samples(figure, &frame.axis);
    let most = frame.scales.cost;
    let (title, note) = Panel::Cost.title();
    if most <= 0.0 {
        frame.draw_title(panel, (title, note), canvas)?;
        frame.draw_value(panel.bottom, "$0", canvas)?;
        let (x, _) = frame.right();
        return canvas.text("nothing billed", (x, panel.bottom - 12), Align::Left, VALUE);
    }
    let scale = Scale::linear((0.0, most), panel);
    draw_grid(frame, &scale, most, canvas)?;
    let y = |amount: f64| scale.y(amount);
    let gap = figure.totals.gap();
    draw_gap(&samples, gap, &y, canvas)?;
    let enlarged = Enlarged::of(&samples, most, panel);
    if let Some(enlarged) = &enlarged {
        enlarged.draw(gap, panel, canvas)?;
    }
    let line = |of: &dyn Fn(&Sample) -> f64| -> Vec<Point> {
        let mut line: Vec<Point> = samples.iter().map(|s| (s.x, y(of(s)))).collect();
        line.dedup();
        line
    };
    canvas.line(&line(&|s| s.twin), 2, palette::PLAN_TEXT)?;
    canvas.line(&line(&|s| s.actual), 2, palette::INK)?;
    let mut note = note.to_owned();
    if let Some(enlarged) = &enlarged
        && !enlarged.draw_label(gap, &samples, &y, panel, canvas)?
    {
        note.push_str(&format!("; at the foot, the gap {} times enlarged", enlarged.factor));
    }
    frame.draw_title(panel, (title, &note), canvas)?;
    let last = samples.last().map_or((0, 0), |s| (y(s.actual), y(s.twin)));
    draw_totals(figure, frame, (last, panel), canvas)
}

/// Round amounts.
pub(crate) fn draw_grid<DB: DrawingBackend>(
    frame: &Frame,
    scale: &Scale,
    most: f64,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let step = round_step(most / 2.5);
    let mut amount = 0.0;
    while amount <= most * 1.02 {
        frame.draw_level(scale.y(amount), canvas)?;
        frame.draw_value(scale.y(amount), &human::dollars(amount).replace(".00", ""), canvas)?;
        amount += step;
    }
    Ok(())
}

/// The highest point of the curves in dollars.
pub(crate) fn most(figure: &Figure) -> f64 {
    let base = base(figure).0;
    let rows = figure.timeline.rows.iter();
    let reach = |row: &TimelineRow| (row.cost - base.0).as_f64().max((row.twin_cost - base.1).as_f64());
    rows.map(reach).fold(0.0, f64::max)
}

/// What was billed before anything is counted, and until when that is.
pub(super) fn base(figure: &Figure) -> ((Usd, Usd), Time) {
    let warm_up = Time::ZERO.saturating_add(figure.warm_up);
    let end = |at: Time| at.saturating_add(figure.timeline.bucket);
    let before = figure.timeline.rows.iter().take_while(|row| end(row.at) <= warm_up).last();
    before.map_or((figure.before, figure.shown.0), |row| ((row.cost, row.twin_cost), end(row.at)))
}

fn samples(figure: &Figure, axis: &TimeAxis) -> Vec<Sample> {
    let warm_up = Time::ZERO.saturating_add(figure.warm_up);
    let end = |at: Time| at.saturating_add(figure.timeline.bucket);
    let (base, from) = base(figure);
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

/// The area between the curves: hot above the twin, green below.
fn draw_gap<DB: DrawingBackend>(
    samples: &[Sample],
    gap: Gap,
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
        let color = if dearer(&run[0]) { palette::HOT } else { tone(below(gap)) };
        if color != palette::QUIET {
            canvas.area(&outline, color.tint(10))?;
            continue;
        }
        // Less was served: no saving, so it is not painted like one.
        canvas.area(&outline, color.tint(2))?;
        let columns = run.iter().map(|(a, b)| (a.x, b.x, y(b.twin), y(b.actual)));
        canvas.stripes(columns, color.tint(7))?;
    }
    Ok(())
}

/// What a curve below the twin's means.
fn below(gap: Gap) -> Gap {
    if gap == Gap::LessServed { gap } else { Gap::Cheaper }
}

/// A thin gap again at the foot of the panel, on a larger scale.
struct Enlarged {
    factor: u32,
    /// Its outline's columns, `(x, top, bottom)`.
    columns: Vec<(i32, i32, i32)>,
    dearer: bool,
}

impl Enlarged {
    /// As large as it can be without touching the curves; none if the gap is wide enough, or nothing.
    fn of(samples: &[Sample], most: f64, panel: Plot) -> Option<Self> {
        let widest = samples.iter().map(|s| (s.actual - s.twin).abs()).fold(0.0, f64::max);
        if widest <= most * TRIFLING_GAP || widest > most * SMALL_GAP {
            return None;
        }
        let scale = Scale::linear((0.0, most), panel);
        let height =
            |s: &Sample, factor: u32| panel.bottom - scale.y((s.actual - s.twin).abs() * f64::from(factor));
        let fits = |&factor: &u32| {
            widest * f64::from(factor) <= most * ENLARGED
                && samples.iter().all(|s| {
                    let free = panel.bottom - scale.y(s.actual.min(s.twin));
                    // At the start all is a few pixels high.
                    height(s, factor) <= (free * 3 / 4).max(4)
                })
        };
        let factor = FACTORS.into_iter().find(fits)?;
        let last = samples.last()?;
        Some(Self {
            factor,
            columns: samples.iter().map(|s| (s.x, panel.bottom - height(s, factor), panel.bottom)).collect(),
            dearer: last.actual >= last.twin,
        })
    }

    fn color(&self, gap: Gap) -> Tone {
        if self.dearer { palette::HOT } else { tone(below(gap)) }
    }

    fn draw<DB: DrawingBackend>(
        &self,
        gap: Gap,
        panel: Plot,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let (Some(first), Some(last)) = (self.columns.first(), self.columns.last()) else { return Ok(()) };
        let mut outline: Vec<Point> = vec![(first.0, panel.bottom)];
        outline.extend(self.columns.iter().map(|&(x, top, _)| (x, top)));
        outline.push((last.0, panel.bottom));
        outline.dedup();
        canvas.area(&outline, self.color(gap).tint(5))
    }

    /// Says what it is: in it, or between it and the curves. Gives whether there was room.
    fn draw_label<DB: DrawingBackend>(
        &self,
        gap: Gap,
        samples: &[Sample],
        y: &dyn Fn(f64) -> i32,
        panel: Plot,
        canvas: &Canvas<'_, DB>,
    ) -> Result<bool, ReportError> {
        let text = format!("gap, {} times enlarged", self.factor);
        let look = Type { color: self.color(gap), ..VALUE };
        let size = (canvas.width(&text, look) + 12, 20);
        let between = self.columns.iter().zip(samples).map(|(&(x, top, _), s)| {
            // A little away from both.
            (x, y(s.actual.max(s.twin)).max(y(s.actual.min(s.twin))) + 4, top.min(panel.bottom))
        });
        let place = places::inside(&self.columns, size)
            .or_else(|| places::inside(&between.collect::<Vec<_>>(), size));
        let Some(at) = place else { return Ok(false) };
        canvas.text(&text, at, Align::Center, look)?;
        Ok(true)
    }
}

/// The two bills and the gap, in the order in which they stand at the ends of the curves: 0 at the actual bill, 2 at
/// the twin's, 1 between.
pub(crate) fn labels(figure: &Figure) -> Vec<(usize, String, Type)> {
    let totals = &figure.totals;
    let premium = totals.cost - totals.twin_cost;
    let change =
        human::change(premium, totals.twin_cost).map_or_else(String::new, |change| format!(" ({change} %)"));
    let color = tone(totals.gap());
    let mut lines = vec![
        (0, format!("{} actual", human::dollars(totals.cost)), VALUE),
        (1, format!("{}{change}", human::dollars_signed(premium)), Type { color, ..VALUE }),
        (
            2,
            format!("{} calm", human::dollars(totals.twin_cost)),
            Type { color: palette::PLAN_TEXT, ..VALUE },
        ),
    ];
    if totals.gap() == Gap::LessServed {
        lines.insert(2, (1, "less was served".to_owned(), Type { color, ..NAME }));
    }
    lines
}

/// The two bills and the gap, at the ends of the curves.
fn draw_totals<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    ((actual_y, twin_y), panel): ((i32, i32), Plot),
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let lines = labels(figure);
    // The gap lies between the two, whichever is above.
    let places = [actual_y, (actual_y + twin_y) / 2, twin_y];
    let wished: Vec<i32> = lines.iter().map(|line| places[line.0]).collect();
    let placed = places::spread(&wished, 22, panel.top + 4, panel.bottom - 8);
    let (x, width) = frame.right();
    for ((_, text, look), y) in lines.iter().zip(placed) {
        canvas.text(&canvas.fit(text, width, *look), (x, y), Align::Left, *look)?;
    }
    Ok(())
}
