//! The few colours, safe for the common kinds of colour blindness (after Okabe and Ito, Color Universal Design,
//! 2008). All are opaque: what lies over something else is mixed beforehand, so that both backends agree.

use plotters::style::RGBColor;
use sandbox_model::FaultKind;

pub(crate) const PAPER: RGBColor = RGBColor(255, 255, 255);
/// Text and the lines that matter.
pub(crate) const INK: RGBColor = RGBColor(34, 34, 34);
/// Text that explains.
pub(crate) const QUIET: RGBColor = RGBColor(104, 104, 104);
/// Grid lines and baselines.
pub(crate) const HAIR: RGBColor = RGBColor(228, 228, 228);
/// Onsets of faults, through all panels.
pub(crate) const GUIDE: RGBColor = RGBColor(214, 204, 204);
/// The warm-up.
pub(crate) const SHADE: RGBColor = RGBColor(244, 244, 244);
/// Load: ours and other tenants'.
pub(crate) const LOAD: RGBColor = RGBColor(203, 207, 212);
/// What goes as planned.
pub(crate) const PLAN: RGBColor = RGBColor(186, 202, 217);
/// Text about what goes as planned.
pub(crate) const PLAN_TEXT: RGBColor = RGBColor(70, 100, 130);
/// Leak and money lost: the one hot colour.
pub(crate) const HOT: RGBColor = RGBColor(213, 94, 0);
/// Money saved.
pub(crate) const SAVED: RGBColor = RGBColor(0, 158, 115);
/// Belief.
pub(crate) const BELIEF: RGBColor = RGBColor(0, 114, 178);
/// Percentiles, from the median to the tail.
pub(crate) const TTFT: [RGBColor; 3] =
    [RGBColor(0, 70, 120), RGBColor(40, 130, 190), RGBColor(120, 180, 220)];

/// The colour of a difference in cost.
pub(crate) fn gap(premium: f64) -> RGBColor {
    if premium > 0.0 {
        HOT
    } else if premium < 0.0 {
        SAVED
    } else {
        QUIET
    }
}

/// The colour of a kind of fault.
pub(crate) const fn fault(kind: &FaultKind) -> RGBColor {
    match kind {
        FaultKind::Down { .. } => RGBColor(178, 24, 43),
        FaultKind::Blackhole => RGBColor(0, 0, 0),
        FaultKind::Brownout { .. } => RGBColor(230, 159, 0),
        FaultKind::Errors { .. } => RGBColor(214, 96, 110),
        FaultKind::RateLimitSpike { .. } => RGBColor(150, 90, 170),
    }
}

/// The word for a kind of fault.
pub(crate) const fn fault_word(kind: &FaultKind) -> &'static str {
    match kind {
        FaultKind::RateLimitSpike { .. } => "rate limit",
        other => other.name(),
    }
}

/// `parts` of 16 of a colour on paper.
pub(crate) const fn tint(color: RGBColor, parts: u32) -> RGBColor {
    const fn mix(value: u8, parts: u32) -> u8 {
        // A mean of two bytes is a byte.
        ((value as u32 * parts + 255 * (16 - parts) + 8) / 16) as u8
    }
    RGBColor(mix(color.0, parts), mix(color.1, parts), mix(color.2, parts))
}
