//! Tables of GitHub flavoured Markdown.

/// A table under construction.
pub(super) struct Table<const N: usize> {
    text: String,
}

/// Where the cells of a column stand.
#[derive(Copy, Clone)]
pub(super) enum Align {
    Left,
    Right,
}

impl<const N: usize> Table<N> {
    pub(super) fn new(head: [(&str, Align); N]) -> Self {
        let mut table = Self { text: String::new() };
        table.row(head.map(|(name, _)| name.to_owned()));
        table.row(head.map(|(_, align)| match align {
            Align::Left => "---".to_owned(),
            Align::Right => "--:".to_owned(),
        }));
        table
    }

    /// Adds a row of cells that are escaped already.
    pub(super) fn row(&mut self, cells: [String; N]) {
        self.text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}
