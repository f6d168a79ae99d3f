//! What the panels draw with: rectangles, lines, areas and text in whole logical pixels, on any plotters backend.
//!
//! For PNG everything is drawn twice as large and then averaged down, which gives even edges. Text is set here from
//! glyph outlines, because plotters' own setting drops side bearings; for SVG it stays text.

use ab_glyph::{Font, point};
use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::{Color, DrawingArea, DrawingBackend, IntoFont, RGBColor};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, ShapeStyle};

use super::palette::{PAPER, Tone};
use super::text::{Align, Fonts, Type, printable};
use crate::error::ReportError;
use crate::palette::{Palette, Theme};

/// Pixels of the backend for one logical pixel, and who sets the text.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Medium {
    /// The viewer sets the text.
    Vector,
    /// Drawn this many times larger; we set the text.
    Raster(i32),
}

/// A surface to draw on.
pub(crate) struct Canvas<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    medium: Medium,
    palette: &'static Palette,
    fonts: Fonts,
}

type Drawn = Result<(), ReportError>;

/// A point in logical pixels.
pub(crate) type Point = (i32, i32);

impl<'a, DB: DrawingBackend> Canvas<'a, DB> {
    pub(crate) fn new(
        area: &'a DrawingArea<DB, Shift>,
        medium: Medium,
        theme: Theme,
    ) -> Result<Self, ReportError> {
        Ok(Self { area, medium, palette: Palette::of(theme), fonts: Fonts::new()? })
    }

    fn scale(&self) -> i32 {
        match self.medium {
            Medium::Vector => 1,
            Medium::Raster(scale) => scale,
        }
    }

    fn color(&self, tone: Tone) -> RGBColor {
        tone.color(self.palette)
    }

    fn at(&self, (x, y): Point) -> Point {
        (x * self.scale(), y * self.scale())
    }

    /// A filled rectangle; the right and lower edges are not in it.
    pub(crate) fn rect(&self, (x0, y0): Point, (x1, y1): Point, color: Tone) -> Drawn {
        if x0 >= x1 || y0 >= y1 {
            return Ok(());
        }
        let corners = [self.at((x0, y0)), self.at((x1, y1))];
        self.area.draw(&Rectangle::new(corners, self.color(color).filled())).map_err(drawing)
    }

    /// A line through the points.
    pub(crate) fn line(&self, points: &[Point], width: u32, color: Tone) -> Drawn {
        if points.len() < 2 {
            return Ok(());
        }
        let color = self.color(color);
        let Medium::Raster(scale) = self.medium else {
            let style = ShapeStyle { color: color.to_rgba(), filled: false, stroke_width: width };
            return self.area.draw(&PathElement::new(points.to_vec(), style)).map_err(drawing);
        };
        // Piece by piece with round joints: plotters' wide paths grow spikes at sharp turns.
        let thick = width * scale.unsigned_abs();
        let half = (thick / 2).cast_signed();
        for pair in points.windows(2) {
            let (a, b) = (self.at(pair[0]), self.at(pair[1]));
            if a.0 == b.0 || a.1 == b.1 {
                let low = (a.0.min(b.0) - half, a.1.min(b.1) - half);
                let high = (a.0.max(b.0) + half, a.1.max(b.1) + half);
                self.area.draw(&Rectangle::new([low, high], color.filled())).map_err(drawing)?;
            } else {
                let style = ShapeStyle { color: color.to_rgba(), filled: true, stroke_width: thick };
                self.area.draw(&PathElement::new(vec![a, b], style)).map_err(drawing)?;
                if thick > 2 {
                    self.area.draw(&Circle::new(b, half - 1, color.filled())).map_err(drawing)?;
                }
            }
        }
        Ok(())
    }

    /// A dashed line, level or upright.
    pub(crate) fn dashes(&self, from: Point, to: Point, color: Tone) -> Drawn {
        const DASH: i32 = 4;
        let length = (to.0 - from.0).max(to.1 - from.1);
        let (dx, dy) = if to.0 > from.0 { (1, 0) } else { (0, 1) };
        for start in (0..length).step_by(2 * DASH as usize) {
            let end = (start + DASH).min(length);
            let on = |d: i32| (from.0 + dx * d, from.1 + dy * d);
            let (a, b) = (on(start), on(end));
            self.rect(a, (b.0 + dy, b.1 + dx), color)?;
        }
        Ok(())
    }

    /// A filled polygon.
    pub(crate) fn area(&self, points: &[Point], color: Tone) -> Drawn {
        if points.len() < 3 {
            return Ok(());
        }
        let points: Vec<Point> = points.iter().map(|&point| self.at(point)).collect();
        self.area.draw(&Polygon::new(points, self.color(color).filled())).map_err(drawing)
    }

    /// Upright stripes over columns `(left, right, top, bottom)`, at the same places in all of them.
    pub(crate) fn stripes(&self, columns: impl Iterator<Item = (i32, i32, i32, i32)>, color: Tone) -> Drawn {
        const DISTANCE: i32 = 6;
        for (left, right, top, bottom) in columns {
            let first = left + (DISTANCE - left.rem_euclid(DISTANCE)) % DISTANCE;
            for x in (first..right).step_by(DISTANCE as usize) {
                self.rect((x, top.min(bottom)), ((x + 2).min(right), top.max(bottom)), color)?;
            }
        }
        Ok(())
    }

    /// A text.
    pub(crate) fn text(&self, text: &str, at: Point, align: Align, look: Type) -> Drawn {
        if text.is_empty() {
            return Ok(());
        }
        match self.medium {
            Medium::Vector => self.text_element(&printable(text), at, align, look),
            Medium::Raster(scale) => self.glyphs(text, at, align, look, scale),
        }
    }

    /// A text on a piece of paper, so that what lies below does not disturb it.
    pub(crate) fn label(&self, text: &str, (x, y): Point, align: Align, look: Type) -> Drawn {
        let width = self.width(text, look);
        let left = match align {
            Align::Left => x,
            Align::Center => x - width / 2,
            Align::Right => x - width,
        };
        let half = look.size * 5 / 8;
        self.rect((left - 3, y - half), (left + width + 3, y + half), PAPER)?;
        self.text(text, (x, y), align, look)
    }

    fn text_element(&self, text: &str, at: Point, align: Align, look: Type) -> Drawn {
        let h_pos = match align {
            Align::Left => HPos::Left,
            Align::Center => HPos::Center,
            Align::Right => HPos::Right,
        };
        let style = if look.bold { FontStyle::Bold } else { FontStyle::Normal };
        let style = ("sans-serif", line_height(look.size), style)
            .into_font()
            .color(&self.color(look.color))
            .pos(Pos::new(h_pos, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), at, style)).map_err(drawing)
    }

    fn glyphs(&self, text: &str, at: Point, align: Align, look: Type, scale: i32) -> Drawn {
        let font = self.fonts.font(look);
        let px = self.fonts.px(look, scale);
        let width = self.fonts.set(text, look, scale, |_| {});
        let (x, y) = self.at(at);
        let left = match align {
            Align::Left => x as f32,
            Align::Center => x as f32 - width / 2.0,
            Align::Right => x as f32 - width,
        };
        // Small letters of DejaVu Sans are 0.547 em high.
        let baseline = y as f32 + (look.size * scale) as f32 * 0.547 / 2.0;
        let ink = self.color(look.color);
        let mut glyphs = Vec::new();
        self.fonts.set(text, look, scale, |glyph| glyphs.push(glyph));
        for mut glyph in glyphs {
            glyph.scale = px;
            glyph.position = point(glyph.position.x + left, baseline);
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let corner = outline.px_bounds().min;
            let mut pixels = Vec::new();
            outline.draw(|x, y, coverage| pixels.push((x, y, coverage)));
            for (x, y, coverage) in pixels {
                if coverage > 0.0 {
                    let pixel = (corner.x as i32 + x.cast_signed(), corner.y as i32 + y.cast_signed());
                    let color = ink.mix(f64::from(coverage.min(1.0)));
                    self.area.draw_pixel(pixel, &color).map_err(drawing)?;
                }
            }
        }
        Ok(())
    }

    /// See [`Fonts::width`].
    pub(crate) fn width(&self, text: &str, look: Type) -> i32 {
        self.fonts.width(text, look)
    }

    /// See [`Fonts::fit`].
    pub(crate) fn fit(&self, text: &str, width: i32, look: Type) -> String {
        self.fonts.fit(text, width, look)
    }
}

/// The SVG backend divides by 1.24 to come from its line height to the em: the number that comes to whole pixels.
fn line_height(size: i32) -> f64 {
    let em = f64::from(size);
    let near = em * 1.24;
    let whole = |height: &f64| *height / 1.24 == em;
    [near, near.next_down(), near.next_up()].into_iter().find(whole).unwrap_or(near)
}

fn drawing(error: impl std::fmt::Display) -> ReportError {
    ReportError::Draw(error.to_string())
}
