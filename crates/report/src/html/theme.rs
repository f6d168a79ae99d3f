//! Colours as custom properties of CSS, for both themes; everything on the page takes its colours from them.

use std::fmt::Write as _;

use crate::palette::{Palette, Rgb, Theme};

/// `:root{…}` for light paper, for dark paper where the system asks for it or the reader does.
pub(crate) fn css(faults: &[Rgb]) -> String {
    let (light, dark) = (properties(Theme::Light, faults), properties(Theme::Dark, faults));
    format!(
        ":root{{color-scheme:light;{light}}}\n\
         @media screen{{:root[data-theme=\"dark\"]{{color-scheme:dark;{dark}}}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root:not([data-theme=\"light\"]){{color-scheme:dark;{dark}}}}}\n"
    )
}

fn properties(theme: Theme, faults: &[Rgb]) -> String {
    let palette = Palette::of(theme);
    let mut css = String::new();
    let mut property = |name: &str, color: Rgb| {
        let _ = write!(css, "--{name}:#{:02x}{:02x}{:02x};", color.0, color.1, color.2);
    };
    property("paper", palette.paper);
    property("ink", palette.ink);
    property("quiet", palette.quiet);
    property("hair", palette.hair);
    property("guide", palette.guide);
    property("shade", palette.shade);
    property("load", palette.load);
    property("plan", palette.plan);
    property("plan-text", palette.plan_text);
    property("hot", palette.hot);
    property("hot-text", mix(palette.hot, palette.ink, if theme == Theme::Light { 11 } else { 15 }));
    property("hot-soft", mix(palette.hot, palette.paper, 5));
    property("saved", palette.saved);
    property("saved-soft", mix(palette.saved, palette.paper, 5));
    property("belief", palette.belief);
    for (index, color) in palette.ttft.into_iter().enumerate() {
        property(&format!("ttft-{index}"), color);
    }
    for index in 0..palette.providers.len() {
        let color = palette.provider(index);
        property(&format!("provider-{index}"), color);
        // An area of it behind lines and letters.
        property(&format!("provider-{index}-soft"), mix(color, palette.paper, 6));
        // Another endpoint of the same provider.
        property(&format!("provider-{index}-softer"), mix(color, palette.paper, 4));
    }
    for (index, color) in palette.faults.into_iter().enumerate() {
        property(&format!("hue-{index}"), color);
    }
    for (index, color) in faults.iter().copied().enumerate() {
        let color = match theme {
            Theme::Light => color,
            // Chosen for white paper: lifted until they stand out from black.
            Theme::Dark => mix(color, palette.ink, 10),
        };
        property(&format!("fault-{index}"), color);
    }
    css
}

/// `parts` of 16 of one colour, the rest of another.
fn mix(color: Rgb, other: Rgb, parts: u16) -> Rgb {
    // A mean of two bytes is a byte.
    let mix = |a: u8, b: u8| ((u16::from(a) * parts + u16::from(b) * (16 - parts) + 8) / 16) as u8;
    (mix(color.0, other.0), mix(color.1, other.1), mix(color.2, other.2))
}
