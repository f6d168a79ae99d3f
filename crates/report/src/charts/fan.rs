//! A [`Fan`] as a picture: the median as a line, 5th to 95th percentile as a band, least to most as a paler one.

use plotters::prelude::DrawingBackend;

use super::canvas::{Canvas, Point};
use super::fan_data::{ENOUGH, Fan, Spread};
use super::frame::{Frame, NAME, NOTE, Plot, VALUE};
use super::palette::{self, Tone};
use super::panel::{Panel, Panels};
use super::render::{Drawing, png, svg};
use super::scale::{Scale, log};
use super::text::{Align, Fonts, Type};
use super::{Style, attempts, cost, heading, ttft};
use crate::error::ReportError;
use crate::human;

/// A fan as SVG, of those panels of the style that a fan has ([`Fan::PANELS`]).
///
/// # Errors
/// [`ReportError`] if the size is out of range.
pub fn render_fan_svg(fan: &Fan, style: Style) -> Result<String, ReportError> {
    svg(&Picture::new(fan, style)?, style.theme)
}

/// The same as the bytes of a PNG file.
///
/// # Errors
/// As [`render_fan_svg`].
pub fn render_fan_png(fan: &Fan, style: Style) -> Result<Vec<u8>, ReportError> {
    png(&Picture::new(fan, style)?, style.theme)
}

struct Picture<'a> {
    fan: &'a Fan,
    frame: Frame,
}

impl<'a> Picture<'a> {
    fn new(fan: &'a Fan, style: Style) -> Result<Self, ReportError> {
        let panels: Panels = Fan::PANELS.into_iter().filter(|&panel| style.panels.has(panel)).collect();
        let style = Style { panels, ..style };
        style.check()?;
        Ok(Self { fan, frame: Frame::new(&fan.first, style, 0, &Fonts::new()?) })
    }

    fn draw_heading<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<(), ReportError> {
        let (fan, figure) = (self.fan, &self.fan.first);
        let count = fan.seeds.len();
        let mut notes: Vec<(String, Type)> = Vec::new();
        if figure.is_cut {
            notes.push((heading::stretch(figure), NAME.bold()));
        }
        notes.push((format!("{count} seeds: line the median, band p5 to p95, pale least to most"), NOTE));
        if count < ENOUGH {
            let few = format!("p5 and p95 are interpolated between only {count} seeds");
            notes.push((few, NAME.bold()));
        }
        heading::lines(
            (self.frame.width, self.frame.top),
            (&format!("{}, by seed", figure.title), &notes),
            (&Vec::new(), ""),
            canvas,
        )
    }

    fn draw_panel<DB: DrawingBackend>(
        &self,
        panel: Panel,
        plot: Plot,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let (spreads, color) = match panel {
            Panel::Share => (&self.fan.leak, palette::HOT),
            Panel::Ttft => (&self.fan.ttft, palette::BELIEF),
            Panel::Cost => (&self.fan.cost, palette::INK),
            _ => (&self.fan.attempts, palette::HOT),
        };
        let title = match panel {
            Panel::Share => ("Leaked", "share of the requests that arrived"),
            Panel::Ttft => ("Time to first token, p95", "at the client; logarithmic"),
            Panel::Cost => ("Cost so far", "billed since the warm-up"),
            _ => panel.title(),
        };
        self.frame.draw_title(plot, title, canvas)?;
        let values = spreads.iter().filter_map(|spread| spread.values);
        let ends = values.map(|v| (v[0], v[4])).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let Some((low, high)) = ends else {
            let at = (self.frame.axis.left + 12, plot.top + 14);
            return canvas.text("no seed has a value", at, Align::Left, NOTE);
        };
        let scale = match panel {
            Panel::Ttft => Scale::logarithmic((log(low), log(high)), plot),
            Panel::Attempts => attempts::scale((low.min(1.0), high.max(1.2)), plot),
            _ => Scale::linear((0.0, if high > 0.0 { high } else { 1.0 }), plot),
        };
        match panel {
            Panel::Ttft => ttft::draw_grid(&self.frame, &scale, canvas)?,
            Panel::Attempts => attempts::draw_grid(&self.frame, &scale, plot, canvas)?,
            Panel::Cost => cost::draw_grid(&self.frame, &scale, high.max(1e-6), canvas)?,
            _ => {
                for tick in scale.ticks(f64::from(plot.height() / 44).clamp(1.0, 5.0)) {
                    self.frame.draw_level(scale.y(tick), canvas)?;
                    self.frame.draw_value(scale.y(tick), &format!("{} %", human::percent(tick)), canvas)?;
                }
            }
        }
        self.draw_bands(spreads, &scale, color, canvas)?;
        self.draw_totals(panel, plot, canvas)
    }

    /// Both bands, then the median, broken where no seed has a value.
    fn draw_bands<DB: DrawingBackend>(
        &self,
        spreads: &[Spread],
        scale: &Scale,
        color: Tone,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let axis = &self.frame.axis;
        let half = sandbox_core::Span::from_nanos(self.fan.first.timeline.bucket.as_nanos() / 2);
        let x = |spread: &Spread| axis.x(spread.at.saturating_add(half));
        let runs = || {
            spreads
                .chunk_by(|a, b| a.values.is_some() == b.values.is_some())
                .filter(|run| run[0].values.is_some())
        };
        let line = |run: &[Spread], index: usize| -> Vec<Point> {
            let points = run.iter().filter_map(|spread| Some((x(spread), scale.y(spread.values?[index]))));
            let mut points: Vec<Point> = points.collect();
            if let [(x, y)] = points[..] {
                // A bucket between gaps: a dash.
                points = vec![(x - 1, y), (x + 2, y)];
            }
            points
        };
        for (low, high, parts) in [(0, 4, 3), (1, 3, 7)] {
            for run in runs() {
                let mut outline = line(run, high);
                outline.extend(line(run, low).into_iter().rev());
                outline.dedup();
                canvas.area(&outline, color.tint(parts))?;
            }
        }
        for run in runs() {
            let mut median = line(run, 2);
            median.dedup();
            canvas.line(&median, 2, color)?;
        }
        Ok(())
    }

    /// The same of the whole run, which is not what the last bucket is.
    fn draw_totals<DB: DrawingBackend>(
        &self,
        panel: Panel,
        plot: Plot,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let text = |value: f64| match panel {
            Panel::Share => format!("{} %", human::percent(value)),
            Panel::Ttft => human::seconds(value),
            Panel::Cost => human::dollars(value),
            _ => format!("{value:.2}"),
        };
        let place = Fan::PANELS.iter().position(|&other| other == panel);
        let Some(values) = place.and_then(|place| self.fan.totals[place]) else { return Ok(()) };
        let what = if self.fan.first.is_cut { "all of this part" } else { "the whole run" };
        let line = |name: &str, index: usize, look| (format!("{name} {}", text(values[index])), look);
        let lines =
            [(what.to_owned(), NOTE), line("p95", 3, NAME), line("median", 2, VALUE), line("p5", 1, NAME)];
        self.frame.draw_lines(plot, &lines, canvas)
    }
}

impl Drawing for Picture<'_> {
    fn size(&self) -> (u32, u32) {
        (self.frame.width.unsigned_abs(), self.frame.height.unsigned_abs())
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<(), ReportError> {
        let frame = &self.frame;
        canvas.rect((0, 0), (frame.width, frame.height), palette::PAPER)?;
        self.draw_heading(canvas)?;
        // Faults differ from seed to seed: only the warm-up is everyone's.
        frame.draw_shade(&self.fan.first, canvas)?;
        for &(panel, plot) in &frame.plots {
            self.draw_panel(panel, plot, canvas)?;
        }
        frame.draw_warm_up(&self.fan.first, canvas)?;
        frame.draw_axis(&self.fan.first, frame.plots.last().map_or(0, |(_, plot)| plot.bottom), canvas)?;
        let seeds: Vec<String> = self.fan.seeds.iter().map(u64::to_string).collect();
        frame.draw_note(&format!("seeds {}", seeds.join(", ")), canvas)
    }
}
