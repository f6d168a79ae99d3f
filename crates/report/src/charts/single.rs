//! One run, or two one above the other on the same axes: scales of time, of time to first token and of cost, so that what differs
//! between the pictures differs between the runs.

use plotters::prelude::DrawingBackend;

use super::canvas::Canvas;
use super::frame::{Frame, Plot};
use super::panel::Panel;
use super::render::{Drawing, png, svg};
use super::text::Fonts;
use super::{Style, attempts, cost, lanes, limits, share, ttft};
use crate::error::ReportError;
use crate::figure::Figure;

/// The picture as SVG.
///
/// # Errors
/// [`ReportError`] if the size is out of range.
pub fn render_svg(figure: &Figure, style: Style) -> Result<String, ReportError> {
    svg(&Blocks::new(&[figure], style)?, style.theme)
}

/// The picture as the bytes of a PNG file.
///
/// # Errors
/// [`ReportError`] if the size is out of range.
pub fn render_png(figure: &Figure, style: Style) -> Result<Vec<u8>, ReportError> {
    png(&Blocks::new(&[figure], style)?, style.theme)
}

/// Two figures one above the other as SVG; `style` is the size of each. The rows of lanes are those of the upper one.
///
/// # Errors
/// [`ReportError`] if the size is out of range.
pub fn render_pair_svg(upper: &Figure, lower: &Figure, style: Style) -> Result<String, ReportError> {
    svg(&Blocks::new(&[upper, lower], style)?, style.theme)
}

/// The same as the bytes of a PNG file.
///
/// # Errors
/// [`ReportError`] if the size is out of range.
pub fn render_pair_png(upper: &Figure, lower: &Figure, style: Style) -> Result<Vec<u8>, ReportError> {
    png(&Blocks::new(&[upper, lower], style)?, style.theme)
}

/// Figures with their headings, one above the other, alike in layout and scales.
struct Blocks<'a> {
    blocks: Vec<(&'a Figure, Frame)>,
    width: u32,
}

impl<'a> Blocks<'a> {
    fn new(figures: &[&'a Figure], style: Style) -> Result<Self, ReportError> {
        style.check()?;
        let first = figures[0];
        let mut frame = Frame::new(first, style, 0, &Fonts::new()?);
        for figure in figures {
            frame.scales = frame.scales.join(super::frame::Scales::of(figure));
        }
        let blocks = (0..).zip(figures).map(|(index, figure)| (*figure, frame.below(index * frame.height)));
        Ok(Self { blocks: blocks.collect(), width: style.width })
    }
}

impl Drawing for Blocks<'_> {
    fn size(&self) -> (u32, u32) {
        let height: i32 = self.blocks.iter().map(|(_, frame)| frame.height).sum();
        (self.width, height.unsigned_abs())
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<(), ReportError> {
        for (figure, frame) in &self.blocks {
            frame.draw_behind(figure, canvas)?;
            for &(panel, plot) in &frame.plots {
                draw_panel(panel, figure, frame, plot, canvas)?;
            }
            frame.draw_warm_up(figure, canvas)?;
            frame.draw_foot(figure, canvas)?;
        }
        Ok(())
    }
}

pub(super) fn draw_panel<DB: DrawingBackend>(
    panel: Panel,
    figure: &Figure,
    frame: &Frame,
    plot: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    match panel {
        Panel::Lanes => lanes::draw(figure, frame, plot, canvas),
        Panel::Share => share::draw(figure, frame, plot, canvas),
        Panel::Ttft => ttft::draw(figure, frame, plot, canvas),
        Panel::Cost => cost::draw(figure, frame, plot, canvas),
        Panel::Attempts => attempts::draw(figure, frame, plot, canvas),
        Panel::Limits => limits::draw(figure, frame, plot, canvas),
    }
}
