//! From the control twin's bill to the run's, step by step: the page's waterfall.

use plotters::prelude::DrawingBackend;
use sandbox_engine::output::summary::WaterfallStep;

use super::canvas::Canvas;
use super::frame::{MARGIN, NAME, NOTE, VALUE};
use super::palette;
use super::text::{Align, Fonts};
use crate::error::ReportError;
use crate::human;
use crate::waterfall::{Axis, BROKEN, Bar, CAPTION, bars, meaning};

/// Height of the line with the scale [px].
const HEAD: i32 = 30;
/// From line to line of a text [px].
const LINE: i32 = 20;
/// Height of a bar [px].
const BAR: i32 = 26;
/// A step that is there is seen [px].
const LEAST: i32 = 2;

/// A row: a step with what it means, in lines.
struct Row<'a> {
    bar: &'a Bar<'a>,
    meaning: &'a [String],
    height: i32,
}

pub(super) struct Steps<'a> {
    bars: Vec<Bar<'a>>,
    axis: Option<Axis>,
    meanings: Vec<Vec<String>>,
    /// Above the rows, and below them.
    warning: Vec<String>,
    notes: Vec<String>,
    /// From where to where bars are drawn.
    plot: (i32, i32),
    /// Right edges of money and of requests.
    numbers: (i32, i32),
}

impl<'a> Steps<'a> {
    pub(super) fn new(steps: &'a [WaterfallStep], width: i32, fonts: &Fonts) -> Self {
        let bars = bars(steps);
        let axis = (!bars.is_empty()).then(|| Axis::new(&bars));
        let across = width - 2 * MARGIN;
        let left = MARGIN + across * 37 / 100;
        let numbers = (width - MARGIN - 110, width - MARGIN);
        let plot = (left, numbers.0 - 130);
        let wrap = |text: &str, room: i32| fonts.wrap(text, room, NOTE);
        let meanings = bars.iter().map(|bar| wrap(meaning(bar.step), left - MARGIN - 40)).collect();
        let warning = axis.as_ref().filter(|axis| axis.low > 0.0).map(|axis| {
            let text = format!("{} {}, {}", BROKEN[0], human::dollars(axis.low), BROKEN[1]);
            fonts.wrap(&text, across - 30, NAME)
        });
        let quiet: Vec<&str> = bars.iter().filter(|bar| !bar.shown()).map(Bar::word).collect();
        let mut notes = wrap(CAPTION, across);
        if !quiet.is_empty() {
            notes.splice(0..0, wrap(&format!("Nothing came of: {}.", quiet.join(", ")), across));
        }
        Self { axis, meanings, warning: warning.unwrap_or_default(), notes, plot, numbers, bars }
    }

    fn rows(&self) -> Vec<Row<'_>> {
        self.bars
            .iter()
            .zip(&self.meanings)
            .filter(|(bar, _)| bar.shown())
            .map(|(bar, meaning)| Row { bar, meaning, height: 38 + LINE * lines(meaning) })
            .collect()
    }

    pub(super) fn height(&self) -> i32 {
        if self.axis.is_none() {
            return 60;
        }
        let rows: i32 = self.rows().iter().map(|row| row.height).sum();
        self.above() + HEAD + rows + 24 + LINE * lines(&self.notes)
    }

    /// Height of the warning.
    fn above(&self) -> i32 {
        if self.warning.is_empty() { 0 } else { LINE * lines(&self.warning) + 30 }
    }

    pub(super) fn draw<DB: DrawingBackend>(
        &self,
        top: i32,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let Some(axis) = &self.axis else {
            return canvas.text("The summary has no steps.", (MARGIN, top + 20), Align::Left, NAME);
        };
        if !self.warning.is_empty() {
            let bottom = top + LINE * lines(&self.warning) + 12;
            canvas.rect((MARGIN, top), (self.numbers.1, bottom), palette::SHADE)?;
            canvas.rect((MARGIN, top), (MARGIN + 5, bottom), palette::BELIEF)?;
            for (y, line) in (top + 16..).step_by(LINE as usize).zip(&self.warning) {
                canvas.text(line, (MARGIN + 20, y), Align::Left, NAME)?;
            }
        }
        let head = top + self.above();
        self.draw_scale(axis, head + 10, canvas)?;
        let rows = self.rows();
        let mut y = head + HEAD;
        let bottom = y + rows.iter().map(|row| row.height).sum::<i32>();
        for tick in axis.ticks() {
            let x = self.x(axis, tick);
            canvas.rect((x, y), (x + 1, bottom), palette::HAIR)?;
        }
        for (at, row) in rows.iter().enumerate() {
            let next = rows.get(at + 1).map(|next| y + row.height + next.height / 2);
            self.draw_row(axis, row, y, next, canvas)?;
            y += row.height;
        }
        for (y, note) in (bottom + 24..).step_by(LINE as usize).zip(&self.notes) {
            canvas.text(note, (MARGIN, y), Align::Left, NOTE)?;
        }
        Ok(())
    }

    fn x(&self, axis: &Axis, value: f64) -> i32 {
        let (left, right) = self.plot;
        left + libm::round(axis.at(value).clamp(0.0, 1.0) * f64::from(right - left)) as i32
    }

    /// What stands over the columns. Ticks without room have no text.
    fn draw_scale<DB: DrawingBackend>(
        &self,
        axis: &Axis,
        y: i32,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        canvas.text("step", (MARGIN, y), Align::Left, NOTE)?;
        canvas.text("money", (self.numbers.0, y), Align::Right, NOTE)?;
        canvas.text("requests", (self.numbers.1, y), Align::Right, NOTE)?;
        let mut free = MARGIN + canvas.width("step", NOTE);
        for tick in axis.ticks() {
            let text = human::dollars(tick);
            let (x, half) = (self.x(axis, tick), canvas.width(&text, NOTE) / 2);
            let last = self.numbers.0 - canvas.width("money", NOTE);
            if x - half > free + 12 && x + half < last - 12 {
                canvas.text(&text, (x, y), Align::Center, NOTE)?;
                free = x + half;
            }
        }
        Ok(())
    }

    fn draw_row<DB: DrawingBackend>(
        &self,
        axis: &Axis,
        row: &Row<'_>,
        top: i32,
        next: Option<i32>,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let bar = row.bar;
        canvas.text(bar.word(), (MARGIN, top + 16), Align::Left, VALUE)?;
        for (y, line) in (top + 37..).step_by(LINE as usize).zip(row.meaning) {
            canvas.text(line, (MARGIN, y), Align::Left, NOTE)?;
        }
        let (a, b) = (self.x(axis, bar.from.max(axis.low)), self.x(axis, bar.to));
        let middle = top + row.height / 2;
        let (upper, lower) = (middle - BAR / 2, middle + BAR / 2);
        if let Some(next) = next {
            canvas.dashes((b, lower), (b, next - BAR / 2), palette::QUIET)?;
        }
        let tone = match bar.change {
            _ if bar.ends() => palette::LOAD,
            _ if bar.is_undone() => palette::QUIET,
            change if change > 0.0 => palette::HOT,
            _ => palette::SAVED,
        };
        let (left, right) = (a.min(b), a.max(b));
        // A step of nothing is not drawn.
        if bar.change != 0.0 {
            let right = right.max(left + LEAST);
            let over = (right - self.plot.1).max(0);
            canvas.rect((left - over, upper), (right - over, lower), tone)?;
        }
        if bar.ends() && axis.low > 0.0 {
            let (x, y) = (left + 20, upper - 2);
            let zigzag =
                [(6, 0), (1, 6), (9, 12), (1, 18), (9, 24), (5, 30)].map(|(dx, dy)| (x + dx, y + dy));
            canvas.line(&zigzag, 4, palette::PAPER)?;
        }
        let money = if bar.ends() { human::dollars(bar.change) } else { human::dollars_signed(bar.change) };
        canvas.text(&money, (self.numbers.0, middle), Align::Right, VALUE)?;
        let requests = if bar.requests > 0 { human::count(bar.requests) } else { "–".to_owned() };
        canvas.text(&requests, (self.numbers.1, middle), Align::Right, NAME)
    }
}

fn lines(text: &[String]) -> i32 {
    i32::try_from(text.len()).unwrap_or(0)
}
