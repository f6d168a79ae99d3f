//! Numbers that a reader of the page can check: each carries its exact value and where in the run directory it stands.
//!
//! A place is `summary.json#/json/pointer`, `worst.json#/json/pointer`, or `FILE.csv#COLUMN@ROWS`: rows from 0 without the
//! header, single or as ranges (`0,3-7`), whose sum is meant. `COLUMN/COLUMN@ROWS` is a ratio of sums, and
//! `max(COLUMN)@ROWS` the largest. `COLUMN+COLUMN@ROWS` is the sum of both, `COLUMN@ROWS/COLUMN@ROWS` a ratio of sums over rows of
//! their own, `FILE.json#/pointer - /pointer` a difference, and
//! `FILE.json#/pointer / /pointer` a ratio.

use crate::human;

/// A number in text.
pub(crate) fn data(of: &str, raw: &str, text: &str) -> String {
    format!("<data value=\"{}\" data-of=\"{}\">{}</data>", escape(raw), escape(of), escape(text))
}

/// The same for an element of a drawing: attributes, with a blank in front.
pub(crate) fn attributes(of: &str, raw: &str) -> String {
    format!(" data-value=\"{}\" data-of=\"{}\"", escape(raw), escape(of))
}

/// A share (0 to 1) in percent.
pub(crate) fn share(of: &str, share: f64) -> String {
    data(of, &share.to_string(), &format!("{} %", human::percent(share)))
}

/// A duration in seconds; `raw` as the file has it.
pub(crate) fn seconds(of: &str, raw: &str) -> String {
    data(of, raw, &human::seconds(human::decimal(raw)))
}

/// Dollars; `raw` as the file has it.
pub(crate) fn dollars(of: &str, raw: &str) -> String {
    data(of, raw, &human::dollars(human::decimal(raw)))
}

/// A count.
pub(crate) fn count(of: &str, n: u64) -> String {
    data(of, &n.to_string(), &human::count(n))
}

/// Text as it may stand in HTML and SVG, in elements and in attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // No control character is allowed in XML, and none says anything.
            c if c.is_control() && c != '\n' => {}
            c => escaped.push(c),
        }
    }
    escaped
}
