//! Two runs of one scenario, one above the other: the same lanes, and the same axes of time, of time to first token and
//! of cost, so that what differs between the pictures differs between the runs.

use plotters::prelude::{BitMapBackend, DrawingBackend, IntoDrawingArea, SVGBackend};

use super::canvas::{Canvas, Medium};
use super::frame::Frame;
use super::{OVERSAMPLING, Style, average, draw_figure, png};
use crate::error::ReportError;
use crate::figure::Figure;

/// Two figures as SVG; `style` is the size of each. The rows of lanes are those of the upper one.
///
/// # Errors
/// [`ReportError`] if the size is out of range.
pub fn render_pair_svg(upper: &Figure, lower: &Figure, style: Style) -> Result<String, ReportError> {
    style.check()?;
    let mut svg = String::new();
    let backend = SVGBackend::with_string(&mut svg, (style.width, 2 * style.height));
    draw([upper, lower], style, backend, Medium::Vector)?;
    Ok(svg)
}

/// The same as the bytes of a PNG file.
///
/// # Errors
/// [`ReportError`] if the size is out of range.
pub fn render_pair_png(upper: &Figure, lower: &Figure, style: Style) -> Result<Vec<u8>, ReportError> {
    style.check()?;
    let both = Style { width: style.width, height: 2 * style.height };
    let (width, height) = (both.width * OVERSAMPLING, both.height * OVERSAMPLING);
    let mut large = vec![u8::MAX; width as usize * height as usize * 3];
    let backend = BitMapBackend::with_buffer(&mut large, (width, height));
    draw([upper, lower], style, backend, Medium::Raster(OVERSAMPLING.cast_signed()))?;
    Ok(png::encode(&average(&large, both), both.width, both.height))
}

fn draw<DB: DrawingBackend>(
    figures: [&Figure; 2],
    style: Style,
    backend: DB,
    medium: Medium,
) -> Result<(), ReportError> {
    let area = backend.into_drawing_area();
    let halves = area.split_evenly((2, 1));
    let mut frame = Frame::new(figures[0], style, &Canvas::new(&halves[0], medium)?);
    frame.make_room_for(figures[1]);
    for (figure, half) in figures.into_iter().zip(&halves) {
        draw_figure(figure, &frame, &Canvas::new(half, medium)?)?;
    }
    area.present().map_err(|error| ReportError::Draw(error.to_string()))
}
