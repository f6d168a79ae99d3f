//! Where everything goes, and what lies around the panels: heading, guides, time axis.

use plotters::prelude::DrawingBackend;
use sandbox_core::{Span, Time};

use super::axis::{self, TimeAxis};
use super::canvas::Canvas;
use super::lanes::Rows;
use super::palette::{self, Tone};
use super::panel::{Panel, Panels};
use super::text::{Align, Fonts, Type};
use super::{Style, attempts, cost, heading, limits, sparks, ttft};
use crate::error::ReportError;
use crate::figure::Figure;

/// Type sizes: none below 15 px, so that a projector shows them all.
pub(crate) const TITLE: Type = Type::new(29, palette::INK).bold();
pub(crate) const PANEL: Type = Type::new(18, palette::INK).bold();
pub(crate) const NOTE: Type = Type::new(15, palette::QUIET);
pub(crate) const NAME: Type = Type::new(15, palette::INK);
pub(crate) const VALUE: Type = Type::new(17, palette::INK).bold();

pub(crate) const HEADING: i32 = 84;
/// Below the last plot: the axis, and the line that tells how to see it again.
pub(crate) const FOOT: i32 = 84;
/// Of it, the axis.
pub(crate) const AXIS: i32 = 50;
/// From the left edge to the text, and from the text to the plot.
pub(crate) const MARGIN: i32 = 24;
/// Height of the line over each panel.
pub(crate) const STRIP: i32 = 36;
/// Least room for labels at the right.
const LABELS: i32 = 232;
/// Most onsets that get a guide.
const GUIDES: usize = 6;

/// The upper and lower end of a panel's plot in pixels.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Plot {
    pub(crate) top: i32,
    pub(crate) bottom: i32,
}

impl Plot {
    pub(crate) const fn height(self) -> i32 {
        self.bottom - self.top
    }
}

/// What the values of panels reach, so that several figures can be drawn on the same scales.
#[derive(Copy, Clone, PartialEq, Default, Debug)]
pub(crate) struct Scales {
    /// Decimal logarithms of the shortest and the longest time to first token in seconds, if there are any.
    pub(crate) ttft: Option<(f64, f64)>,
    /// The highest point of the curves of cost in dollars.
    pub(crate) cost: f64,
    /// Fewest and most attempts per request.
    pub(crate) attempts: Option<(f64, f64)>,
    /// Most 429 answers a second.
    pub(crate) limits: f64,
}

impl Scales {
    pub(crate) fn of(figure: &Figure) -> Self {
        Self {
            ttft: ttft::ends(figure),
            cost: cost::most(figure),
            attempts: attempts::ends(figure),
            limits: limits::most(figure),
        }
    }

    /// What both reach.
    pub(crate) fn join(self, other: Self) -> Self {
        let join = |a: Option<(f64, f64)>, b: Option<(f64, f64)>| match (a, b) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        Self {
            ttft: join(self.ttft, other.ttft),
            cost: self.cost.max(other.cost),
            attempts: join(self.attempts, other.attempts),
            limits: self.limits.max(other.limits),
        }
    }
}

/// The name of a run among others; it stands where a panel's title would.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RunTitle {
    pub(crate) name: String,
    /// Whether it is the first: what all share is said there.
    pub(crate) first: bool,
}

/// Where everything goes.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) axis: TimeAxis,
    pub(crate) width: i32,
    pub(crate) top: i32,
    pub(crate) height: i32,
    /// Room for labels at the right.
    pub(crate) labels: i32,
    pub(crate) rows: Rows,
    /// From the top down.
    pub(crate) plots: Vec<(Panel, Plot)>,
    pub(crate) scales: Scales,
    pub(crate) run: Option<RunTitle>,
}

impl Frame {
    /// The frame of a figure of its own, `top` pixels below the upper edge of the picture.
    pub(crate) fn new(figure: &Figure, style: Style, top: i32, fonts: &Fonts) -> Self {
        let sparks_height = if style.panels.has(Panel::Lanes) { sparks::height(figure) } else { 0 };
        let alone = style.panels.count() == 1;
        // `Style::check` keeps sizes far below the largest i32.
        let strips = STRIP * style.panels.count().cast_signed();
        let plots = style.height.map(|height| height.cast_signed() - HEADING - FOOT - strips);
        let room = match plots {
            Some(plots) if alone => plots - sparks_height,
            Some(plots) => plots * 58 / 100 - sparks_height,
            None => Rows::room(figure),
        };
        let rows = Rows::new(figure, room);
        let rest = plots.map(|plots| {
            let lanes = if style.panels.has(Panel::Lanes) { rows.height() + sparks_height } else { 0 };
            plots - lanes
        });
        let weights: i32 = style.panels.iter().map(Panel::weight).sum();
        let mut y = top + HEADING;
        let plots: Vec<(Panel, Plot)> = style
            .panels
            .iter()
            .map(|panel| {
                let height = match (panel, rest) {
                    (Panel::Lanes, _) => rows.height() + sparks_height,
                    (_, Some(rest)) => rest * panel.weight() / weights.max(1),
                    (_, None) if alone => panel.heights().1,
                    (_, None) => panel.heights().0,
                };
                let plot = Plot { top: y + STRIP, bottom: y + STRIP + height };
                y = plot.bottom;
                (panel, plot)
            })
            .collect();
        let natural = y + FOOT - top;
        let (left, labels) = sides(figure, style, &rows, fonts);
        let width = style.width.cast_signed();
        Self {
            axis: TimeAxis::new(left, width - labels, figure.shown),
            width,
            top,
            height: style.height.map_or(natural, u32::cast_signed),
            labels,
            rows,
            plots,
            scales: Scales::of(figure),
            run: None,
        }
    }

    /// The same, further down.
    pub(crate) fn below(&self, offset: i32) -> Self {
        let moved = |plot: Plot| Plot { top: plot.top + offset, bottom: plot.bottom + offset };
        let plots = self.plots.iter().map(|&(panel, plot)| (panel, moved(plot))).collect();
        Self { top: self.top + offset, plots, ..self.clone() }
    }

    /// From the left edge to the plot.
    pub(crate) fn names_width(&self) -> i32 {
        self.axis.left - MARGIN - 14
    }

    /// Where labels at the right begin, and how wide they may be.
    pub(crate) fn right(&self) -> (i32, i32) {
        (self.axis.right + 12, self.labels - 20)
    }

    fn plot(&self, panel: Panel) -> Option<Plot> {
        self.plots.iter().find(|(other, _)| *other == panel).map(|&(_, plot)| plot)
    }

    /// The upper end of the first plot and the lower end of the last.
    fn ends(&self) -> (i32, i32) {
        let first = self.plots.first().map_or(self.top + HEADING, |(_, plot)| plot.top);
        (first, self.plots.last().map_or(first, |(_, plot)| plot.bottom))
    }

    /// Paper, heading, and what panels are drawn over.
    pub(crate) fn draw_behind<DB: DrawingBackend>(
        &self,
        figure: &Figure,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        canvas.rect((0, self.top), (self.width, self.top + self.height), palette::PAPER)?;
        heading::draw(figure, self, canvas)?;
        self.draw_grounds(figure, canvas)
    }

    /// The warm-up and the guides.
    pub(crate) fn draw_grounds<DB: DrawingBackend>(
        &self,
        figure: &Figure,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        self.draw_shade(figure, canvas)?;
        let (top, bottom) = self.ends();
        for x in self.guides(figure) {
            canvas.dashes((x, top), (x, bottom), palette::GUIDE)?;
        }
        Ok(())
    }

    /// The warm-up.
    pub(crate) fn draw_shade<DB: DrawingBackend>(
        &self,
        figure: &Figure,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let warm = self.axis.x(Time::ZERO.saturating_add(figure.warm_up));
        for (_, plot) in &self.plots {
            canvas.rect((self.axis.left, plot.top), (warm, plot.bottom), palette::SHADE)?;
        }
        Ok(())
    }

    /// Pixels of the onsets of the longest faults, each a fiftieth of the picture at least.
    fn guides(&self, figure: &Figure) -> Vec<i32> {
        let least = self.axis.length().as_nanos() / 50;
        let windows = self.rows.shown.iter().flat_map(|&lane| &figure.lanes[lane].truth);
        let mut long: Vec<(Span, Time)> = windows
            .map(|window| (window.until.saturating_since(window.from), window.from))
            .filter(|(length, from)| length.as_nanos() >= least && *from > self.axis.from)
            .collect();
        long.sort_unstable_by_key(|&(length, from)| (std::cmp::Reverse(length), from));
        let mut pixels: Vec<i32> = Vec::new();
        for (_, from) in long {
            let x = self.axis.x(from);
            if pixels.len() < GUIDES && pixels.iter().all(|p| (p - x).abs() > 12) && x < self.axis.right {
                pixels.push(x);
            }
        }
        pixels
    }

    /// The title over a panel, or the run's name; gives the pixel after it, where notes may go on.
    pub(crate) fn draw_title<DB: DrawingBackend>(
        &self,
        plot: Plot,
        (title, note): (&str, &str),
        canvas: &Canvas<'_, DB>,
    ) -> Result<i32, ReportError> {
        if let Some(run) = &self.run {
            let y = plot.top - 18;
            let look = NAME.bold();
            let name = canvas.fit(&run.name, self.axis.right - MARGIN, look);
            canvas.text(&name, (MARGIN, y), Align::Left, look)?;
            return Ok((MARGIN + canvas.width(&name, look) + 24).max(self.axis.left));
        }
        let y = plot.top - 16;
        canvas.text(title, (MARGIN, y), Align::Left, PANEL)?;
        let x = (MARGIN + canvas.width(title, PANEL) + 16).max(self.axis.left);
        let note = canvas.fit(note, self.axis.right - x, NOTE);
        canvas.text(&note, (x, y), Align::Left, NOTE)?;
        Ok(x + canvas.width(&note, NOTE) + 24)
    }

    /// A label of the value axis, left of the plot.
    pub(crate) fn draw_value<DB: DrawingBackend>(
        &self,
        y: i32,
        text: &str,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        canvas.text(text, (self.axis.left - 10, y), Align::Right, NOTE)
    }

    /// A quiet level line through a plot.
    pub(crate) fn draw_level<DB: DrawingBackend>(
        &self,
        y: i32,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        canvas.rect((self.axis.left, y), (self.axis.right, y + 1), palette::HAIR)
    }

    /// Texts at the right, one below the other from the top of a plot on.
    pub(crate) fn draw_lines<DB: DrawingBackend>(
        &self,
        plot: Plot,
        lines: &[(String, Type)],
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        // Where the panel is low, they go on below it, where nothing is.
        let step = (plot.height() / i32::try_from(lines.len()).unwrap_or(1).max(1)).clamp(20, 24);
        let (x, width) = self.right();
        for (y, (text, look)) in (plot.top + 10..).step_by(step.unsigned_abs() as usize).zip(lines) {
            canvas.text(&canvas.fit(text, width, *look), (x, y), Align::Left, *look)?;
        }
        Ok(())
    }

    /// Says what the shaded stretch is, where there is room: curves of cost begin at zero, so their corner is free.
    pub(crate) fn draw_warm_up<DB: DrawingBackend>(
        &self,
        figure: &Figure,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let note = "warm-up, not counted";
        let end = self.axis.x(Time::ZERO.saturating_add(figure.warm_up));
        let x = end + 8;
        let Some(plot) = self.plot(Panel::Cost) else { return Ok(()) };
        if end <= self.axis.left || x + canvas.width(note, NOTE) > self.axis.right {
            return Ok(());
        }
        canvas.label(note, (x, plot.top + 12), Align::Left, NOTE)
    }

    /// The time axis below the last plot, the zone, and the line that tells how to see it all again.
    pub(crate) fn draw_foot<DB: DrawingBackend>(
        &self,
        figure: &Figure,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        self.draw_axis(figure, self.ends().1, canvas)?;
        self.draw_note(&figure.repro, canvas)
    }

    /// The last line of the picture.
    pub(crate) fn draw_note<DB: DrawingBackend>(
        &self,
        note: &str,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let note = canvas.fit(note, self.width - 2 * MARGIN, NOTE);
        canvas.text(&note, (MARGIN, self.top + self.height - 20), Align::Left, NOTE)
    }

    /// The time axis at a height, with dates and the zone.
    pub(crate) fn draw_axis<DB: DrawingBackend>(
        &self,
        figure: &Figure,
        y: i32,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        canvas.rect((self.axis.left, y), (self.axis.right + 1, y + 1), palette::QUIET)?;
        let most = ((self.axis.right - self.axis.left) / 110).max(2).unsigned_abs();
        let mut free = 0;
        let mut after = self.axis.right;
        for tick in axis::ticks_between(&figure.clock, (self.axis.from, self.axis.until), u64::from(most)) {
            let x = self.axis.x(tick.at);
            canvas.rect((x, y), (x + 1, y + 6), palette::QUIET)?;
            let mut date_y = y + 17;
            if let Some(time) = &tick.time {
                canvas.text(time, (x, date_y), Align::Center, NOTE)?;
                after = after.max(x + canvas.width(time, NOTE) / 2);
                date_y += 20;
            }
            let Some(date) = tick.date else { continue };
            let half = canvas.width(&date, NOTE) / 2;
            // Within the picture, and apart from each other.
            let middle = x.max(MARGIN + half);
            if middle - half > free {
                canvas.text(&date, (middle, date_y), Align::Center, NAME)?;
                free = middle + half + 16;
                if tick.time.is_none() {
                    after = after.max(middle + half);
                }
            }
        }
        let x = after + 20;
        let zone = canvas.fit(&figure.clock.zone, self.width - x - 6, NOTE);
        canvas.text(&zone, (x, y + 17), Align::Left, NOTE)
    }

    /// The left edge of all names.
    pub(crate) const fn margin() -> i32 {
        MARGIN
    }
}

/// The left end of the plots, and the room for labels at their right.
fn sides(figure: &Figure, style: Style, rows: &Rows, fonts: &Fonts) -> (i32, i32) {
    let width = style.width.cast_signed();
    let widest = |texts: &mut dyn Iterator<Item = (String, Type)>| {
        texts.map(|(text, look)| fonts.width(&text, look)).max().unwrap_or(0)
    };
    let has = |panel: Panel| style.panels.has(panel);
    let lanes = rows.shown.iter().map(|&lane| figure.lanes[lane].name.clone());
    let mut names = lanes.chain(sparks::names(figure)).filter(|_| has(Panel::Lanes)).map(|name| (name, NAME));
    let left = MARGIN + widest(&mut names).clamp(90, width / 6) + 14;

    let mut labels: Vec<(String, Type)> = Vec::new();
    if has(Panel::Lanes) {
        labels.extend(sparks::labels(figure));
    }
    if has(Panel::Cost) {
        labels.extend(cost::labels(figure).into_iter().map(|(_, text, look)| (text, look)));
    }
    (left, (widest(&mut labels.into_iter()) + 24).clamp(LABELS, width / 4))
}

/// What stands at the right of the heading.
pub(crate) type News = Vec<(String, Tone)>;

/// The panels of a set without lanes, whose heights are given by the picture.
pub(crate) fn least_height(panels: Panels) -> u32 {
    140 + 180 * panels.count()
}
