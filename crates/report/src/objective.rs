//! The unit of an objective: what its value, limit and margin count.

use crate::human;

/// What the numbers of an objective count. The summary carries base numbers; the unit follows from how the
/// limit was written, and where it has none, from the metric's name.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    Share,
    Seconds,
    Dollars { per_hour: bool },
    Count,
}

impl Unit {
    pub(crate) fn of(expression: &str) -> Self {
        let limit_at = expression.rfind(['<', '>', '=']).map_or(0, |at| at + 1);
        let (metric, limit) = expression.split_at(limit_at);
        let limit = limit.trim();
        if limit.contains('%') {
            return Self::Share;
        }
        if limit.contains('$') {
            return Self::Dollars { per_hour: limit.contains('/') };
        }
        if limit.ends_with(|c: char| c.is_alphabetic()) {
            return Self::Seconds;
        }
        let names = |words: &[&str]| words.iter().any(|word| metric.contains(word));
        if names(&["share", "availability", "ratio"]) {
            Self::Share
        } else if names(&["ttft", "lag", "latency"]) {
            Self::Seconds
        } else if names(&["cost", "premium", "usd"]) {
            Self::Dollars { per_hour: false }
        } else {
            Self::Count
        }
    }

    pub(crate) fn show(self, x: f64) -> String {
        match self {
            Self::Share => format!("{}%", human::percent(x)),
            Self::Seconds => human::seconds(x),
            Self::Dollars { per_hour } => {
                format!("{}{}", human::dollars(x), if per_hour { "/h" } else { "" })
            }
            Self::Count => human::number(x),
        }
    }

    /// A difference: with its sign, and percentage points are not percent.
    pub(crate) fn show_margin(self, x: f64) -> String {
        let sign = if x > 0.0 { "+" } else { "" };
        match self {
            Self::Share => format!("{sign}{} pp", human::percent(x)),
            _ => format!("{sign}{}", self.show(x)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_follows_from_how_the_limit_is_written() {
        let cases = [
            ("availability >= 99.9%", Unit::Share),
            ("ttft_p95 <= 2s", Unit::Seconds),
            ("failback_lag_max <= 2min", Unit::Seconds),
            ("leak_premium <= $5/h", Unit::Dollars { per_hour: true }),
            ("cost <= $40", Unit::Dollars { per_hour: false }),
            ("leak_share <= 0.2", Unit::Share),
            ("retries < 100", Unit::Count),
        ];
        for (expression, unit) in cases {
            assert_eq!(Unit::of(expression), unit, "{expression}");
        }
    }
}
