//! Pictures without a time axis, each alone on its sheet: heading, what it shows, and how to see it again.

use plotters::prelude::DrawingBackend;

use super::canvas::Canvas;
use super::frame::{HEADING, MARGIN, NOTE, PANEL, STRIP};
use super::heading;
use super::palette;
use super::render::{Drawing, png, svg};
use super::sankey::Sankey;
use super::steps::Steps;
use super::text::{Align, Fonts, Type};
use super::{Panels, Style};
use crate::error::ReportError;
use crate::figure::Figure;
use crate::flow::Measure;
use crate::human;
use crate::palette::Theme;
use crate::run_data::RunData;
use crate::waterfall;

/// Height of the last line of the picture, with what lies above it.
const FOOT: i32 = 44;

/// What has no time axis, and so is always of a whole run.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Picture {
    /// Where requests, tokens or money went: workload, first attempt, cause, end.
    Flow(Measure),
    /// From the control twin's bill to the run's, step by step.
    Waterfall,
}

impl Picture {
    /// All, with everything that can be counted.
    pub const ALL: [Self; 4] = [
        Self::Flow(Measure::Requests),
        Self::Flow(Measure::Tokens),
        Self::Flow(Measure::Money),
        Self::Waterfall,
    ];

    /// The name by which it is asked for; what is counted is asked for by [`Measure::name`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flow(_) => "flow",
            Self::Waterfall => "waterfall",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Flow(Measure::Requests) => "Where requests went",
            Self::Flow(Measure::Tokens) => "Where tokens went",
            Self::Flow(Measure::Money) => "Where money went",
            Self::Waterfall => waterfall::TITLE,
        }
    }
}

/// The picture as SVG, `width` pixels wide and as high as it needs.
///
/// # Errors
/// [`ReportError`] if the size is out of range.
pub fn render_picture_svg(
    run: &RunData,
    picture: Picture,
    width: u32,
    theme: Theme,
) -> Result<String, ReportError> {
    svg(&Sheet::new(run, picture, width)?, theme)
}

/// The same as the bytes of a PNG file.
///
/// # Errors
/// [`ReportError`] if the size is out of range.
pub fn render_picture_png(
    run: &RunData,
    picture: Picture,
    width: u32,
    theme: Theme,
) -> Result<Vec<u8>, ReportError> {
    png(&Sheet::new(run, picture, width)?, theme)
}

enum Content<'a> {
    Flow(Sankey<'a>),
    Waterfall(Steps<'a>),
}

struct Sheet<'a> {
    figure: Figure,
    title: &'static str,
    content: Content<'a>,
    width: i32,
    height: i32,
}

impl<'a> Sheet<'a> {
    fn new(run: &'a RunData, picture: Picture, width: u32) -> Result<Self, ReportError> {
        // Only the width is given: the height is what the content needs.
        Style { width, height: None, panels: Panels::USUAL, theme: Theme::Light }.check()?;
        let (fonts, across) = (Fonts::new()?, width.cast_signed());
        let content = match picture {
            Picture::Flow(measure) => Content::Flow(Sankey::new(run, measure, across, &fonts)),
            Picture::Waterfall => Content::Waterfall(Steps::new(&run.summary.waterfall, across, &fonts)),
        };
        let high = match &content {
            Content::Flow(sankey) => sankey.height(),
            Content::Waterfall(steps) => steps.height(),
        };
        let height = HEADING + STRIP + high + FOOT;
        if height.unsigned_abs() > Style::MAX {
            return Err(ReportError::TooLarge { width, height: height.unsigned_abs(), max: Style::MAX });
        }
        Ok(Self { figure: run.figure()?, title: picture.title(), content, width: across, height })
    }
}

impl Drawing for Sheet<'_> {
    fn size(&self) -> (u32, u32) {
        (self.width.unsigned_abs(), self.height.unsigned_abs())
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<(), ReportError> {
        let figure = &self.figure;
        canvas.rect((0, 0), (self.width, self.height), palette::PAPER)?;
        let requests = format!("{}, {} requests", figure.subtitle, human::count(figure.totals.arrived));
        let mut notes: Vec<(String, Type)> = vec![(requests, NOTE)];
        if !figure.warm_up.is_zero() {
            notes.push((format!("first {} are warm-up, not counted", human::span(figure.warm_up)), NOTE));
        }
        let (news, promises) = (heading::news(figure), heading::promises(figure));
        heading::lines((self.width, 0), (&figure.title, &notes), (&news, &promises), canvas)?;
        canvas.text(self.title, (MARGIN, HEADING + STRIP - 16), Align::Left, PANEL)?;
        let top = HEADING + STRIP;
        match &self.content {
            Content::Flow(sankey) => sankey.draw(top, canvas)?,
            Content::Waterfall(steps) => steps.draw(top, canvas)?,
        }
        let note = canvas.fit(&figure.repro, self.width - 2 * MARGIN, NOTE);
        canvas.text(&note, (MARGIN, self.height - 20), Align::Left, NOTE)
    }
}
