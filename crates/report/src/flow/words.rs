//! What a diagram of the flow says in words.

use sandbox_model::Usd;

use super::graph::Measure;
use crate::human;

/// Over the columns.
pub(crate) const HEADINGS: [&str; 4] =
    ["requests of", "tried first", "why it left the plan", "what became of it"];

/// A sum for people.
pub(crate) fn value(measure: Measure, sum: u128) -> String {
    // Requests and tokens of a run are far below 2⁶⁴, money far below 2¹²⁷ pico-dollars.
    let count = || u64::try_from(sum).unwrap_or(u64::MAX);
    match measure {
        Measure::Requests => human::count(count()),
        Measure::Tokens => human::count_short(count()),
        Measure::Money => human::dollars(usd(sum).as_f64()),
    }
}

/// A sum of pico-dollars as money.
pub(crate) fn usd(sum: u128) -> Usd {
    Usd::from_pico(i128::try_from(sum).unwrap_or(i128::MAX))
}

/// A share (0 to 1) for people.
pub(crate) fn share(share: f64) -> String {
    format!("{} %", human::percent(share))
}

/// Where there is nothing to draw.
pub(crate) const fn nothing(measure: Measure) -> &'static str {
    match measure {
        Measure::Requests => "No request arrived.",
        Measure::Tokens => "No token was billed.",
        Measure::Money => "Nothing was billed.",
    }
}

/// How its heights are to be read.
pub(crate) const SCALE: &str = "All heights are to one scale, but nothing is thinner than a hairline.";

/// Said where a bill is below zero.
pub(crate) const NEGATIVE: &str = "Bills below zero are not drawn.";
