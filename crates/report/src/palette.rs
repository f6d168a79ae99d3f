//! Colours of the page and of the charts, in a light and a dark theme; safe for the common kinds of colour blindness.
//!
//! Roles are after Okabe and Ito (Color Universal Design, 2008), providers after Paul Tol (Colour Schemes, 2021: "muted" on
//! light paper, "light" on dark). What a colour says is always said a second time: by a pattern, a label or a place.

use crate::look::Hue;

/// What the charts are drawn on.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on near-black.
    Dark,
}

/// Red, green, blue.
pub(crate) type Rgb = (u8, u8, u8);

/// The colours of a theme, by role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Palette {
    pub(crate) paper: Rgb,
    /// Text and the lines that matter.
    pub(crate) ink: Rgb,
    /// Text that explains.
    pub(crate) quiet: Rgb,
    /// Grid lines and baselines.
    pub(crate) hair: Rgb,
    /// Onsets of faults, through all panels.
    pub(crate) guide: Rgb,
    /// The warm-up.
    pub(crate) shade: Rgb,
    /// Load: ours and other tenants'.
    pub(crate) load: Rgb,
    /// What goes as planned.
    pub(crate) plan: Rgb,
    /// Text about what goes as planned.
    pub(crate) plan_text: Rgb,
    /// Leak and money lost: the one hot colour.
    pub(crate) hot: Rgb,
    /// Money saved.
    pub(crate) saved: Rgb,
    /// Belief.
    pub(crate) belief: Rgb,
    /// Percentiles, from the median to the tail.
    pub(crate) ttft: [Rgb; 3],
    /// Providers in the scenario's order; those beyond the last share the quiet colour and are told apart by their labels.
    pub(crate) providers: [Rgb; 9],
    /// Families of faults, in the order of [`Hue`](crate::look::Hue).
    pub(crate) faults: [Rgb; 10],
}

impl Palette {
    pub(crate) const fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }

    /// The colour of a family of faults.
    pub(crate) const fn fault(&self, hue: Hue) -> Rgb {
        self.faults[hue as usize]
    }

    /// The colour of a provider, by its place in the scenario.
    pub(crate) fn provider(&self, index: usize) -> Rgb {
        self.providers.get(index).copied().unwrap_or(self.quiet)
    }
}

const LIGHT: Palette = Palette {
    paper: (255, 255, 255),
    ink: (34, 34, 34),
    quiet: (104, 104, 104),
    hair: (228, 228, 228),
    guide: (214, 204, 204),
    shade: (244, 244, 244),
    load: (203, 207, 212),
    plan: (186, 202, 217),
    plan_text: (70, 100, 130),
    hot: (213, 94, 0),
    saved: (0, 158, 115),
    belief: (0, 114, 178),
    ttft: [(0, 70, 120), (40, 130, 190), (120, 180, 220)],
    providers: [
        (51, 34, 136),
        (136, 204, 238),
        (17, 119, 51),
        (221, 204, 119),
        (204, 102, 119),
        (68, 170, 153),
        (170, 68, 153),
        (153, 153, 51),
        (136, 34, 85),
    ],
    faults: [
        (178, 24, 43),
        (170, 51, 119),
        (0, 0, 0),
        (72, 61, 139),
        (150, 75, 0),
        (214, 96, 110),
        (110, 110, 110),
        (230, 159, 0),
        (150, 90, 170),
        (0, 130, 90),
    ],
};

const DARK: Palette = Palette {
    paper: (18, 20, 24),
    ink: (232, 232, 232),
    quiet: (160, 164, 170),
    hair: (48, 52, 58),
    guide: (72, 62, 62),
    shade: (28, 31, 36),
    load: (74, 80, 88),
    plan: (58, 78, 98),
    plan_text: (150, 184, 216),
    hot: (255, 140, 56),
    saved: (64, 200, 156),
    belief: (86, 180, 233),
    ttft: [(190, 224, 250), (110, 180, 232), (84, 148, 204)],
    providers: [
        (119, 170, 221),
        (153, 221, 255),
        (68, 187, 153),
        (238, 221, 136),
        (255, 170, 187),
        (187, 204, 51),
        (238, 136, 102),
        (170, 170, 0),
        (221, 221, 221),
    ],
    faults: [
        (230, 74, 86),
        (240, 120, 190),
        (246, 246, 246),
        (140, 132, 224),
        (198, 128, 62),
        (244, 144, 154),
        (150, 150, 150),
        (240, 180, 40),
        (190, 140, 215),
        (60, 190, 150),
    ],
};
