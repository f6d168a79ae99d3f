//! Setting text: what it looks like, how wide it is, where its glyphs go. The fonts are in the binary.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

use super::palette::Tone;
use crate::error::ReportError;

/// Where a text lies against its point, sideways; upright, its small letters are centred on the point.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

/// How a text looks: size (px per em), weight, colour.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Type {
    pub(crate) size: i32,
    pub(crate) bold: bool,
    pub(crate) color: Tone,
}

impl Type {
    pub(crate) const fn new(size: i32, color: Tone) -> Self {
        Self { size, bold: false, color }
    }

    pub(crate) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }
}

/// The fonts of all text.
pub(crate) struct Fonts {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

impl Fonts {
    pub(crate) fn new() -> Result<Self, ReportError> {
        let font =
            |bytes| FontRef::try_from_slice(bytes).map_err(|error| ReportError::Draw(error.to_string()));
        Ok(Self { regular: font(dejavu::sans::regular())?, bold: font(dejavu::sans::bold())? })
    }

    /// Width of a text in the font that PNGs use in logical pixels; most viewers' fonts are narrower.
    pub(crate) fn width(&self, text: &str, look: Type) -> i32 {
        // Texts are far shorter than two billion pixels.
        libm::ceilf(self.set(text, look, 1, |_| {})) as i32
    }

    /// As much of the text as fits into a width, with an ellipsis if that is not all.
    pub(crate) fn fit(&self, text: &str, width: i32, look: Type) -> String {
        if self.width(text, look) <= width {
            return text.to_owned();
        }
        let mut kept: String = text.to_owned();
        while kept.pop().is_some() {
            let shown = format!("{}…", kept.trim_end());
            if self.width(&shown, look) <= width {
                return shown;
            }
        }
        String::new()
    }

    /// The text in lines that fit into a width, as far as its words do.
    pub(crate) fn wrap(&self, text: &str, width: i32, look: Type) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}"), look) <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(self.fit(word, width, look)),
            }
        }
        lines
    }

    pub(crate) fn font(&self, look: Type) -> &FontRef<'static> {
        if look.bold { &self.bold } else { &self.regular }
    }

    /// The size as `ab_glyph` counts it: from ascent to descent instead of per em.
    pub(crate) fn px(&self, look: Type, scale: i32) -> PxScale {
        let font = self.font(look);
        let em = font.units_per_em().unwrap_or(2048.0);
        PxScale::from((look.size * scale) as f32 * font.height_unscaled() / em)
    }

    /// Places glyph after glyph from 0 on; gives the width. What the font lacks becomes a question mark.
    pub(crate) fn set(&self, text: &str, look: Type, scale: i32, mut place: impl FnMut(Glyph)) -> f32 {
        let font = self.font(look);
        let scaled = font.as_scaled(self.px(look, scale));
        let mut x = 0.0;
        let mut before = None;
        for c in printable(text).chars() {
            let lacking = font.glyph_id(c).0 == 0;
            let id = font.glyph_id(if lacking { '?' } else { c });
            if let Some(before) = before {
                x += scaled.kern(before, id);
            }
            place(id.with_scale_and_position(scaled.scale(), point(x, 0.0)));
            // Viewers of an SVG may have the glyph: most that DejaVu lacks are an em wide.
            x += if lacking {
                scaled.h_advance(id).max((look.size * scale) as f32)
            } else {
                scaled.h_advance(id)
            };
            before = Some(id);
        }
        x
    }
}

/// Without control characters, which XML forbids.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c })
        .collect()
}
