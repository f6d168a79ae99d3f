//! What sections share: names, swatches, buttons, embedded tables, places of numbers.

use std::fmt::Write as _;

use crate::html::embedded;
use crate::html::number::{data, escape};
use crate::run_data::RunData;

/// A name from the scenario: marked, so that digits in it are no numbers of the page.
pub(crate) fn name(name: &str) -> String {
    format!("<code class=\"name\">{}</code>", escape(name))
}

/// The colour of an endpoint's provider, as a custom property.
pub(crate) fn provider_color(run: &RunData, endpoint: &str) -> String {
    match run.provider_of(endpoint) {
        // There are nine; those beyond are told apart by their labels.
        Some(index @ 0..=8) => format!("var(--provider-{index})"),
        _ => "var(--quiet)".to_owned(),
    }
}

/// An endpoint with the colour of its provider in front.
pub(crate) fn endpoint(run: &RunData, endpoint: &str) -> String {
    let color = provider_color(run, endpoint);
    format!("<span class=\"spot\" style=\"background:{color}\"></span>{}", name(endpoint))
}

/// A button that saves a file of the page.
pub(crate) fn csv_button(file: &str) -> String {
    format!(
        "<button type=\"button\" class=\"csv\" data-file=\"{file}\" aria-label=\"Save {file}\">CSV</button>"
    )
}

/// A file in the page, for [`csv_button`] to save: one line a record, the first with the names of the columns.
pub(crate) fn embed(file: &str, records: &[Vec<String>]) -> String {
    embedded::file(file, &crate::csv::table(records))
}

/// A float as `summary.json` has it.
pub(crate) fn raw(x: f64) -> String {
    format!("{x:?}")
}

/// A float of `summary.json`, or a dash where there is none.
pub(crate) fn measured(pointer: &str, value: Option<f64>, text: impl Fn(f64) -> String) -> String {
    match value {
        Some(value) => data(&format!("summary.json#{pointer}"), &raw(value), &text(value)),
        None => "<span class=\"none\">–</span>".to_owned(),
    }
}

/// Row numbers as [`crate::html::number`] writes them: `0,3-7`.
pub(crate) fn rows(rows: &[usize]) -> String {
    let mut text = String::new();
    let mut at = 0;
    while at < rows.len() {
        let from = at;
        while at + 1 < rows.len() && rows[at + 1] == rows[at] + 1 {
            at += 1;
        }
        if !text.is_empty() {
            text.push(',');
        }
        // Writing to a String cannot fail.
        let _ = match at - from {
            0 => write!(text, "{}", rows[from]),
            _ => write!(text, "{}-{}", rows[from], rows[at]),
        };
        at += 1;
    }
    text
}

/// A length or position in a drawing: a tenth of a pixel is below what anyone sees.
pub(crate) fn px(x: f64) -> String {
    let tenths = libm::round(x * 10.0);
    // No `-0`.
    let text = format!("{:.1}", if tenths == 0.0 { 0.0 } else { tenths / 10.0 });
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A share (0 to 1) of a drawing's width, in percent.
pub(crate) fn pct(share: f64) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    format!("{:.2}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_a_line_are_a_range() {
        assert_eq!(rows(&[0, 3, 4, 5, 7, 8]), "0,3-5,7-8");
        assert_eq!(rows(&[]), "");
        assert_eq!(rows(&[2]), "2");
    }

    #[test]
    fn nothing_embedded_ends_its_script() {
        let page = embed("x.csv", &[vec!["a,b".to_owned(), "</script>\"".to_owned()]]);
        assert_eq!(
            page,
            "<script type=\"text/csv\" data-file=\"x.csv\">\"a,b\",\"\\u003c/script>\"\"\"\n</script>\n"
        );
    }

    #[test]
    fn pixels_have_a_decimal_at_most() {
        assert_eq!([px(1.0), px(-0.01), px(2.26), px(-3.5)], ["1", "0", "2.3", "-3.5"]);
    }
}
