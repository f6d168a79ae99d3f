//! The timeline of a run as a picture: four panels on one time axis.
//!
//! 1. What was really wrong with each target over what routers believed; our load and other tenants' below.
//! 2. Who served the requests: the plan at the base, the leak above it in the one hot colour, failures from the top.
//! 3. Time to first token on a logarithmic axis.
//! 4. What it cost against the control twin, with the gap shaded.
//!
//! Two runs can be drawn one above the other, on the same axes.
//!
//! Both formats come from the same drawing code; the same figure gives the same bytes on every machine and in
//! every build. Nothing is read from the system: glyphs come from the DejaVu fonts in the binary. They have no CJK
//! glyphs: a PNG shows `?` for what they lack, an SVG leaves it to the viewer's `sans-serif`.

mod axis;
mod canvas;
mod cost;
mod frame;
mod labels;
mod lanes;
mod pair;
pub(crate) mod palette;
pub(crate) mod png;
mod share;
mod sparks;
mod ttft;

use plotters::prelude::{BitMapBackend, DrawingBackend, IntoDrawingArea, SVGBackend};

use crate::error::ReportError;
use crate::figure::Figure;
use canvas::{Canvas, Medium};
use frame::Frame;
pub use pair::{render_pair_png, render_pair_svg};

/// Size of a picture.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Style {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Default for Style {
    /// 1600 x 1100: text is legible on a projector and in the preview of a pull request.
    fn default() -> Self {
        Self { width: 1600, height: 1100 }
    }
}

impl Style {
    /// The smallest picture in which everything has room.
    pub const MIN: Self = Self { width: 1200, height: 860 };
    /// The largest width and height.
    pub const MAX: u32 = 8_000;

    fn check(self) -> Result<(), ReportError> {
        let Self { width, height } = self;
        if width < Self::MIN.width || height < Self::MIN.height {
            let (min_width, min_height) = (Self::MIN.width, Self::MIN.height);
            return Err(ReportError::TooSmall { width, height, min_width, min_height });
        }
        if width > Self::MAX || height > Self::MAX {
            return Err(ReportError::TooLarge { width, height, max: Self::MAX });
        }
        Ok(())
    }
}

/// How much larger a PNG is drawn before it is averaged down.
const OVERSAMPLING: u32 = 2;

/// The picture as SVG.
///
/// # Errors
/// [`ReportError`] if the size is out of range.
pub fn render_svg(figure: &Figure, style: Style) -> Result<String, ReportError> {
    style.check()?;
    let mut svg = String::new();
    draw(figure, style, SVGBackend::with_string(&mut svg, (style.width, style.height)), Medium::Vector)?;
    Ok(svg)
}

/// The picture as the bytes of a PNG file.
///
/// # Errors
/// [`ReportError`] if the size is out of range.
pub fn render_png(figure: &Figure, style: Style) -> Result<Vec<u8>, ReportError> {
    style.check()?;
    let (width, height) = (style.width * OVERSAMPLING, style.height * OVERSAMPLING);
    let mut large = vec![u8::MAX; width as usize * height as usize * 3];
    let medium = Medium::Raster(OVERSAMPLING.cast_signed());
    draw(figure, style, BitMapBackend::with_buffer(&mut large, (width, height)), medium)?;
    Ok(png::encode(&average(&large, style), style.width, style.height))
}

fn draw<DB: DrawingBackend>(
    figure: &Figure,
    style: Style,
    backend: DB,
    medium: Medium,
) -> Result<(), ReportError> {
    let area = backend.into_drawing_area();
    let canvas = Canvas::new(&area, medium)?;
    draw_figure(figure, &Frame::new(figure, style, &canvas), &canvas)?;
    area.present().map_err(|error| ReportError::Draw(error.to_string()))
}

fn draw_figure<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    frame.draw_behind(figure, canvas)?;
    lanes::draw(figure, frame, canvas)?;
    sparks::draw(figure, frame, canvas)?;
    share::draw(figure, frame, canvas)?;
    ttft::draw(figure, frame, canvas)?;
    cost::draw(figure, frame, canvas)?;
    frame.draw_warm_up(figure, canvas)?;
    frame.draw_axis(figure, canvas)
}

/// Makes one pixel of each square of `OVERSAMPLING` by `OVERSAMPLING`.
fn average(large: &[u8], style: Style) -> Vec<u8> {
    let factor = OVERSAMPLING as usize;
    let (width, height) = (style.width as usize, style.height as usize);
    let pitch = width * factor * 3;
    let mut small = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let corner = y * factor * pitch + x * factor * 3 + channel;
                let square = (0..factor * factor).map(|i| corner + i / factor * pitch + i % factor * 3);
                let sum: usize = square.map(|at| usize::from(large[at])).sum();
                // A mean of bytes is a byte.
                small.push(((sum + factor * factor / 2) / (factor * factor)) as u8);
            }
        }
    }
    small
}

#[cfg(test)]
mod tests;
