//! Colour for terminals. It only repeats what words and marks say.

/// Whether text carries colour.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub enum Paint {
    /// None: for pipes, files and `NO_COLOR`.
    #[default]
    Plain,
    /// ANSI escape sequences.
    Ansi,
}

/// What a piece of text is, not what colour it has.
#[derive(Copy, Clone)]
pub(crate) enum Tint {
    Strong,
    Quiet,
    Good,
    Bad,
}

impl Paint {
    /// The text, in its colour if there are colours. Pad before, not after: escapes have no width.
    pub(crate) fn tint(self, tint: Tint, text: &str) -> String {
        let code = match tint {
            Tint::Strong => "1",
            Tint::Quiet => "2",
            Tint::Good => "32",
            Tint::Bad => "1;31",
        };
        match self {
            Self::Plain => text.to_owned(),
            Self::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}
