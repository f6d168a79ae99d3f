//! What charts are drawn with: roles of the [palette](crate::palette), pure or mixed with paper. All is opaque: what lies over
//! something else is mixed beforehand, so that both backends agree.

use plotters::style::RGBColor;

use crate::look::Hue;
use crate::palette::Palette;

/// A colour by its role, in whatever theme.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tone {
    role: Role,
    /// Of 16; the rest is paper.
    parts: u8,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Role {
    Paper,
    Ink,
    Quiet,
    Hair,
    Guide,
    Shade,
    Load,
    Plan,
    PlanText,
    Hot,
    Saved,
    Belief,
    Ttft(u8),
    Fault(Hue),
    Provider(u8),
}

pub(crate) const PAPER: Tone = Tone::of(Role::Paper);
/// Text and the lines that matter.
pub(crate) const INK: Tone = Tone::of(Role::Ink);
/// Text that explains.
pub(crate) const QUIET: Tone = Tone::of(Role::Quiet);
/// Grid lines and baselines.
pub(crate) const HAIR: Tone = Tone::of(Role::Hair);
/// Onsets of faults, through all panels.
pub(crate) const GUIDE: Tone = Tone::of(Role::Guide);
/// The warm-up.
pub(crate) const SHADE: Tone = Tone::of(Role::Shade);
/// Load: ours and other tenants'.
pub(crate) const LOAD: Tone = Tone::of(Role::Load);
/// What goes as planned.
pub(crate) const PLAN: Tone = Tone::of(Role::Plan);
/// Text about what goes as planned.
pub(crate) const PLAN_TEXT: Tone = Tone::of(Role::PlanText);
/// Leak and money lost: the one hot colour.
pub(crate) const HOT: Tone = Tone::of(Role::Hot);
/// Money saved.
pub(crate) const SAVED: Tone = Tone::of(Role::Saved);
/// Belief.
pub(crate) const BELIEF: Tone = Tone::of(Role::Belief);
/// Percentiles, from the median to the tail.
pub(crate) const TTFT: [Tone; 3] =
    [Tone::of(Role::Ttft(0)), Tone::of(Role::Ttft(1)), Tone::of(Role::Ttft(2))];
/// Answers 429.
pub(crate) const LIMIT: Tone = fault(Hue::Limit);

/// A family of faults.
pub(crate) const fn fault(hue: Hue) -> Tone {
    Tone::of(Role::Fault(hue))
}

/// A provider, by its place in the scenario.
pub(crate) fn provider(index: usize) -> Tone {
    // Those beyond the last share a colour.
    Tone::of(Role::Provider(u8::try_from(index).unwrap_or(u8::MAX)))
}

impl Tone {
    const fn of(role: Role) -> Self {
        Self { role, parts: 16 }
    }

    /// `parts` of 16 of this on paper.
    pub(crate) const fn tint(self, parts: u8) -> Self {
        Self { parts, ..self }
    }

    /// The colour in a theme.
    pub(crate) fn color(self, palette: &Palette) -> RGBColor {
        let (red, green, blue) = match self.role {
            Role::Paper => palette.paper,
            Role::Ink => palette.ink,
            Role::Quiet => palette.quiet,
            Role::Hair => palette.hair,
            Role::Guide => palette.guide,
            Role::Shade => palette.shade,
            Role::Load => palette.load,
            Role::Plan => palette.plan,
            Role::PlanText => palette.plan_text,
            Role::Hot => palette.hot,
            Role::Saved => palette.saved,
            Role::Belief => palette.belief,
            Role::Ttft(index) => palette.ttft[usize::from(index)],
            Role::Provider(index) => palette.provider(usize::from(index)),
            Role::Fault(hue) => palette.fault(hue),
        };
        let parts = u32::from(self.parts.min(16));
        // A mean of two bytes is a byte.
        let mix = |value: u8, paper: u8| {
            ((u32::from(value) * parts + u32::from(paper) * (16 - parts) + 8) / 16) as u8
        };
        let paper = palette.paper;
        RGBColor(mix(red, paper.0), mix(green, paper.1), mix(blue, paper.2))
    }
}
