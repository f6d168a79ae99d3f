//! A drawing to a file's bytes, whatever it shows.

use plotters::prelude::{BitMapBackend, DrawingBackend, IntoDrawingArea, SVGBackend};

use super::canvas::{Canvas, Medium};
use super::png;
use crate::error::ReportError;
use crate::palette::Theme;

/// How much larger a PNG is drawn before it is averaged down.
const OVERSAMPLING: u32 = 2;

/// Something that can be drawn, laid out before there is anything to draw on.
pub(super) trait Drawing {
    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<(), ReportError>;
}

pub(super) fn svg(drawing: &impl Drawing, theme: Theme) -> Result<String, ReportError> {
    let mut svg = String::new();
    on(drawing, SVGBackend::with_string(&mut svg, drawing.size()), Medium::Vector, theme)?;
    Ok(svg)
}

pub(super) fn png(drawing: &impl Drawing, theme: Theme) -> Result<Vec<u8>, ReportError> {
    let (width, height) = drawing.size();
    let large_size = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut large = vec![u8::MAX; large_size.0 as usize * large_size.1 as usize * 3];
    let medium = Medium::Raster(OVERSAMPLING.cast_signed());
    on(drawing, BitMapBackend::with_buffer(&mut large, large_size), medium, theme)?;
    Ok(png::encode(&average(&large, (width, height)), width, height))
}

fn on<DB: DrawingBackend>(
    drawing: &impl Drawing,
    backend: DB,
    medium: Medium,
    theme: Theme,
) -> Result<(), ReportError> {
    let area = backend.into_drawing_area();
    drawing.draw(&Canvas::new(&area, medium, theme)?)?;
    area.present().map_err(|error| ReportError::Draw(error.to_string()))
}

/// Makes one pixel of each square of `OVERSAMPLING` by `OVERSAMPLING`.
fn average(large: &[u8], (width, height): (u32, u32)) -> Vec<u8> {
    let factor = OVERSAMPLING as usize;
    let (width, height) = (width as usize, height as usize);
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
