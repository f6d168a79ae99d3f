//! Runs as pictures: [`Panel`]s below each other on one time axis.
//!
//! * One run: [`render_svg`], [`render_png`]; two one above the other: [`render_pair_svg`], [`render_pair_png`].
//! * Some runs, each a row of every panel, on the same scales: [`render_runs_svg`], [`render_runs_png`].
//! * Many seeds of one run as median and bands: [`Fan`], [`render_fan_svg`], [`render_fan_png`].
//! * What has no time axis, as pictures of their own: [`Picture`], [`render_picture_svg`], [`render_picture_png`].
//!
//! Both formats come from the same drawing code; the same figure gives the same bytes on every machine and in
//! every build. Nothing is read from the system: glyphs come from the DejaVu fonts in the binary. They have no CJK
//! glyphs: a PNG shows `?` for what they lack, an SVG leaves it to the viewer's `sans-serif`.

mod attempts;
pub(crate) mod axis;
mod canvas;
mod cost;
mod fan;
mod fan_data;
mod frame;
mod heading;
mod labels;
mod lanes;
mod limits;
pub(crate) mod palette;
mod panel;
mod picture;
pub(crate) mod png;
mod render;
mod ribbon;
mod runs;
mod sankey;
mod scale;
mod share;
mod single;
mod sparks;
mod steps;
mod text;
mod ttft;

use crate::error::ReportError;
use crate::palette::Theme;
pub use fan::{render_fan_png, render_fan_svg};
pub use fan_data::Fan;
pub use panel::{Panel, Panels};
pub use picture::{Picture, render_picture_png, render_picture_svg};
pub use runs::{render_runs_png, render_runs_svg};
pub use single::{render_pair_png, render_pair_svg, render_png, render_svg};

/// What a picture is like.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Style {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels; none if it is to be what the panels need.
    pub height: Option<u32>,
    /// Which panels.
    pub panels: Panels,
    /// Colours.
    pub theme: Theme,
}

impl Default for Style {
    /// 1600 x 1100, light: text is legible on a projector and in the preview of a pull request.
    fn default() -> Self {
        Self { width: 1600, height: Some(1100), panels: Panels::USUAL, theme: Theme::Light }
    }
}

impl Style {
    /// The smallest picture in which everything has room.
    pub const MIN: Self = Self { width: 1200, height: Some(860), panels: Panels::USUAL, theme: Theme::Light };
    /// The largest width and height.
    pub const MAX: u32 = 8_000;

    /// Of these panels, as high as they need; the usual picture keeps its proportions.
    #[must_use]
    pub fn of(panels: Panels, width: u32, theme: Theme) -> Self {
        let usual = Self::default();
        let height = (width * 1100 / 1600).max(860);
        let height = (panels == usual.panels).then_some(height);
        Self { width, height, panels, theme }
    }

    fn check(self) -> Result<(), ReportError> {
        let min_width = Self::MIN.width;
        let min_height = frame::least_height(self.panels);
        let (width, height) = (self.width, self.height.unwrap_or(min_height));
        if width < min_width || height < min_height {
            return Err(ReportError::TooSmall { width, height, min_width, min_height });
        }
        if width > Self::MAX || height > Self::MAX {
            return Err(ReportError::TooLarge { width, height, max: Self::MAX });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
