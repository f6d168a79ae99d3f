//! Where everything goes, and what lies around the panels: heading, guides, time axis.

use plotters::prelude::{DrawingBackend, RGBColor};
use sandbox_core::{Span, Time};

use super::Style;
use super::axis::{self, TimeAxis};
use super::canvas::{Align, Canvas, Type};
use super::lanes::Rows;
use super::{cost, palette, sparks, ttft};
use crate::error::ReportError;
use crate::figure::Figure;
use crate::human;

/// Type sizes: none below 15 px, so that a projector shows them all.
pub(crate) const TITLE: Type = Type::new(29, palette::INK).bold();
pub(crate) const PANEL: Type = Type::new(18, palette::INK).bold();
pub(crate) const NOTE: Type = Type::new(15, palette::QUIET);
pub(crate) const NAME: Type = Type::new(15, palette::INK);
pub(crate) const VALUE: Type = Type::new(17, palette::INK).bold();

const HEADING: i32 = 84;
const FOOT: i32 = 84;
/// From the left edge to the text, and from the text to the plot.
const MARGIN: i32 = 24;
/// Height of the line over each panel.
pub(crate) const STRIP: i32 = 36;
/// Room for labels at the right.
pub(crate) const LABELS: i32 = 232;
/// Most onsets that get a guide.
const GUIDES: usize = 6;

/// The upper and lower end of a panel's plot in pixels.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Panel {
    pub(crate) top: i32,
    pub(crate) bottom: i32,
}

impl Panel {
    pub(crate) const fn height(self) -> i32 {
        self.bottom - self.top
    }
}

/// Where everything goes.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) axis: TimeAxis,
    pub(crate) width: i32,
    pub(crate) height: i32,
    pub(crate) rows: Rows,
    pub(crate) lanes: Panel,
    pub(crate) sparks: Panel,
    pub(crate) share: Panel,
    pub(crate) ttft: Panel,
    pub(crate) cost: Panel,
    /// Decimal logarithms of the shortest and the longest time to first token in seconds, if there are any.
    pub(crate) ttft_ends: Option<(f64, f64)>,
    /// The highest point of the curves of cost in dollars.
    pub(crate) cost_most: f64,
}

impl Frame {
    pub(crate) fn new<DB: DrawingBackend>(figure: &Figure, style: Style, canvas: &Canvas<'_, DB>) -> Self {
        // `Style::check` keeps both far below the largest i32.
        let (width, height) = (style.width.cast_signed(), style.height.cast_signed());
        let plots = height - HEADING - FOOT - 4 * STRIP;
        let sparks_height = sparks::height(figure);
        let rows = Rows::new(figure, plots * 58 / 100 - sparks_height);

        let names =
            rows.shown.iter().map(|&lane| figure.lanes[lane].name.clone()).chain(sparks::names(figure));
        let longest = names.map(|name| canvas.width(&name, NAME)).max().unwrap_or(0);
        let left = MARGIN + longest.clamp(90, width / 6) + 14;
        let axis = TimeAxis::new(left, width - LABELS, figure.horizon);

        let mut y = HEADING;
        let mut panel = |strip: i32, height: i32| {
            let top = y + strip;
            y = top + height;
            Panel { top, bottom: y }
        };
        let rest = plots - rows.height() - sparks_height;
        Self {
            ttft_ends: ttft::ends(figure),
            cost_most: cost::most(figure, &axis),
            axis,
            width,
            height,
            lanes: panel(STRIP, rows.height()),
            sparks: panel(0, sparks_height),
            share: panel(STRIP, rest * 33 / 100),
            ttft: panel(STRIP, rest * 31 / 100),
            cost: panel(STRIP, rest * 36 / 100),
            rows,
        }
    }

    /// Makes room for another figure, so that both can be drawn on the same axes.
    pub(crate) fn make_room_for(&mut self, figure: &Figure) {
        self.ttft_ends = match (self.ttft_ends, ttft::ends(figure)) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        self.cost_most = self.cost_most.max(cost::most(figure, &self.axis));
    }

    /// From the left edge to the plot.
    pub(crate) fn names_width(&self) -> i32 {
        self.axis.left - MARGIN - 14
    }

    /// The heading, the warm-up and the guides: all that panels are drawn over.
    pub(crate) fn draw_behind<DB: DrawingBackend>(
        &self,
        figure: &Figure,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        canvas.rect((0, 0), (self.width, self.height), palette::PAPER)?;
        self.draw_heading(figure, canvas)?;
        let warm = self.axis.x(Time::ZERO.saturating_add(figure.warm_up));
        for panel in [self.lanes, self.sparks, self.share, self.ttft, self.cost] {
            canvas.rect((self.axis.left, panel.top), (warm, panel.bottom), palette::SHADE)?;
        }
        for x in self.guides(figure) {
            canvas.dashes((x, self.lanes.top), (x, self.cost.bottom), palette::GUIDE)?;
        }
        Ok(())
    }

    fn draw_heading<DB: DrawingBackend>(
        &self,
        figure: &Figure,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let right = self.width - MARGIN;
        let totals = &figure.totals;
        let premium = totals.cost - totals.twin_cost;
        let mut news: Vec<(String, RGBColor)> = Vec::new();
        if let Some(change) = human::change(premium, totals.twin_cost) {
            let text = format!("{} ({change} %) against calm weather", human::dollars_signed(premium));
            news.push((text, palette::gap(premium)));
        }
        if let Some(leak) = totals.leak {
            let color = if leak > 0.0 { palette::HOT } else { palette::QUIET };
            news.push((format!("{} % leaked", human::percent(leak)), color));
        }
        let mut free = right;
        for (text, color) in news {
            let look = Type::new(21, color).bold();
            canvas.text(&text, (free, 32), Align::Right, look)?;
            free -= canvas.width(&text, look) + 24;
        }
        let room = free - MARGIN;
        canvas.text(&canvas.fit(&figure.title, room, TITLE), (MARGIN, 32), Align::Left, TITLE)?;

        let promises = match totals.objectives {
            (_, 0) => String::new(),
            (met, all) => format!("{met} of {all} objectives met"),
        };
        canvas.text(&promises, (right, 63), Align::Right, NAME)?;
        let room = self.width - 3 * MARGIN - canvas.width(&promises, NAME);
        let requests = format!("{}, {} requests", figure.subtitle, human::count(totals.arrived));
        canvas.text(&canvas.fit(&requests, room, NOTE), (MARGIN, 63), Align::Left, NOTE)
    }

    /// Pixels of the onsets of the longest faults, each a fiftieth of the horizon at least.
    fn guides(&self, figure: &Figure) -> Vec<i32> {
        let least = figure.horizon.as_nanos() / 50;
        let windows = self.rows.shown.iter().flat_map(|&lane| &figure.lanes[lane].truth);
        let mut long: Vec<(Span, Time)> = windows
            .map(|window| (window.until.saturating_since(window.from), window.from))
            .filter(|(length, from)| length.as_nanos() >= least && *from > Time::ZERO)
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

    /// The title over a panel; gives the pixel after it, where notes may go on.
    pub(crate) fn draw_title<DB: DrawingBackend>(
        &self,
        panel: Panel,
        title: &str,
        note: &str,
        canvas: &Canvas<'_, DB>,
    ) -> Result<i32, ReportError> {
        let y = panel.top - 16;
        canvas.text(title, (MARGIN, y), Align::Left, PANEL)?;
        let x = (MARGIN + canvas.width(title, PANEL) + 16).max(self.axis.left);
        canvas.text(note, (x, y), Align::Left, NOTE)?;
        Ok(x + canvas.width(note, NOTE) + 24)
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

    /// Says what the shaded stretch is, where there is room: curves of cost begin at zero, so their corner is free.
    pub(crate) fn draw_warm_up<DB: DrawingBackend>(
        &self,
        figure: &Figure,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let note = "warm-up, not counted";
        let x = self.axis.x(Time::ZERO.saturating_add(figure.warm_up)) + 8;
        if figure.warm_up.is_zero() || x + canvas.width(note, NOTE) > self.axis.right {
            return Ok(());
        }
        canvas.label(note, (x, self.cost.top + 12), Align::Left, NOTE)
    }

    /// The time axis, the zone and the line that tells how to see it all again.
    pub(crate) fn draw_axis<DB: DrawingBackend>(
        &self,
        figure: &Figure,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let y = self.cost.bottom;
        canvas.rect((self.axis.left, y), (self.axis.right + 1, y + 1), palette::QUIET)?;
        let most = ((self.axis.right - self.axis.left) / 110).max(2).unsigned_abs();
        let mut free = 0;
        for tick in axis::ticks(&figure.clock, figure.horizon, u64::from(most)) {
            let x = self.axis.x(tick.at);
            canvas.rect((x, y), (x + 1, y + 6), palette::QUIET)?;
            let mut date_y = y + 17;
            if let Some(time) = &tick.time {
                canvas.text(time, (x, date_y), Align::Center, NOTE)?;
                date_y += 20;
            }
            let Some(date) = tick.date else { continue };
            let half = canvas.width(&date, NOTE) / 2;
            // Within the picture, and apart from each other.
            let middle = x.max(Self::margin() + half);
            if middle - half > free {
                canvas.text(&date, (middle, date_y), Align::Center, NAME)?;
                free = middle + half + 16;
            }
        }
        canvas.text(
            &canvas.fit(&figure.clock.zone, LABELS - 58, NOTE),
            (self.axis.right + 58, y + 17),
            Align::Left,
            NOTE,
        )?;
        let repro = canvas.fit(&figure.repro, self.width - 2 * MARGIN, NOTE);
        canvas.text(&repro, (MARGIN, self.height - 20), Align::Left, NOTE)
    }

    /// The left edge of all names.
    pub(crate) const fn margin() -> i32 {
        MARGIN
    }
}
