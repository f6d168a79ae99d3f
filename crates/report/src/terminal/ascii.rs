//! Text for terminals that cannot show more than ASCII.

/// The same in ASCII, column by column where that is possible: marks and the blocks of sparklines have stand-ins, all other
/// characters become `?`. Files and pipes always get UTF-8: this is only for a terminal whose locale says otherwise.
#[must_use]
pub fn ascii(text: &str) -> String {
    text.chars().map(stand_in).collect()
}

const fn stand_in(c: char) -> char {
    match c {
        '✓' => '+',
        '✗' => 'x',
        '–' | '−' => '-',
        '…' => '~',
        '·' => ' ',
        '→' => '>',
        '▁' => '_',
        '▂' => '.',
        '▃' => ':',
        '▄' => '-',
        '▅' => '=',
        '▆' => '+',
        '▇' => '*',
        '█' => '#',
        c if c.is_ascii() => c,
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::cases;
    use crate::terminal::{Paint, run_text};

    #[test]
    fn nothing_but_ascii_is_left_and_columns_stay() {
        for (name, shape) in cases::all() {
            let text = run_text(&shape.run().data(), Paint::Plain);
            let plain = ascii(&text);
            assert!(plain.is_ascii(), "{name}: {plain}");
            assert_eq!(plain.chars().count(), text.chars().count());
        }
    }

    #[test]
    fn levels_of_a_sparkline_stay_apart() {
        let levels = ascii("·▁▂▃▄▅▆▇█");
        let apart: std::collections::BTreeSet<char> = levels.chars().collect();
        assert_eq!(apart.len(), 9, "{levels}");
    }
}
