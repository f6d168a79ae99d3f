//! Numbers as a person wants to read them: rounded, with units, and never rounded to a claim that is not true
//! (99.996 % is not 100 %, and a little is not zero).

use sandbox_core::Span;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A share (0 to 1) in percent, without the sign: `12.3`, `0.20`, `99.98`, `<0.01`, `100`.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let size = percent.abs();
    let sign = if percent < 0.0 { "-" } else { "" };
    if size == 0.0 {
        "0".to_owned()
    } else if size < 0.01 {
        format!("{}<0.01", sign)
    } else if size < 0.995 {
        format!("{sign}{size:.2}")
    } else if size > 99.0 && size < 100.0 {
        // Cut, not rounded: a promise of 100 % is not met by 99.996 %.
        format!("{sign}{:.2}", libm::floor(size * 100.0) / 100.0)
    } else if (size - 100.0).abs() < 1e-9 {
        format!("{sign}100")
    } else if size < 99.95 {
        format!("{sign}{size:.1}")
    } else {
        format!("{sign}{size:.0}")
    }
}

/// A duration in seconds with two or three digits: `450ms`, `1.2s`, `25s`, `31m`, `9h 31m`, `3d 4h`.
pub(crate) fn seconds(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let s = seconds.abs();
    let whole = |x: f64| libm::round(x) as u64;
    let text = if s == 0.0 {
        "0s".to_owned()
    } else if s < 0.000_5 {
        "<1ms".to_owned()
    } else if s < 0.999_5 {
        format!("{}ms", whole(s * 1e3))
    } else if s < 9.95 {
        trim_zero(format!("{s:.1}"), "s")
    } else if s < 59.5 {
        format!("{}s", whole(s))
    } else if s < 3_600.0 - 0.5 {
        pair(whole(s), 60, "m", 1, "s")
    } else if s < 86_400.0 - 30.0 {
        pair(whole(s / 60.0), 60, "h", 1, "m")
    } else {
        pair(whole(s / 3_600.0), 24, "d", 1, "h")
    };
    format!("{sign}{text}")
}

/// As [`seconds`].
pub(crate) fn span(span: Span) -> String {
    seconds(span.as_secs_f64())
}

fn pair(total: u64, per_large: u64, large: &str, per_small: u64, small: &str) -> String {
    let (a, b) = (total / per_large, total % per_large / per_small);
    if b == 0 { format!("{a}{large}") } else { format!("{a}{large} {b}{small}") }
}

fn trim_zero(number: String, unit: &str) -> String {
    format!("{}{unit}", number.strip_suffix(".0").unwrap_or(&number))
}

/// Dollars with as many decimals as carry meaning: `$1,234`, `$123.45`, `$0.0123`, `-$3.20`, `$0`.
pub(crate) fn dollars(amount: f64) -> String {
    let sign = if amount < 0.0 { "-" } else { "" };
    let size = amount.abs();
    if size == 0.0 {
        "$0".to_owned()
    } else if size >= 999.995 {
        format!("{sign}${}", count(libm::round(size) as u64))
    } else if size >= 0.1 {
        format!("{sign}${size:.2}")
    } else if size >= 0.000_1 {
        format!("{sign}${size:.4}")
    } else if amount < 0.0 {
        // Between this and nothing.
        ">-$0.0001".to_owned()
    } else {
        "<$0.0001".to_owned()
    }
}

/// Dollars with a sign in front, also where it is a plus.
pub(crate) fn dollars_signed(amount: f64) -> String {
    match dollars(amount) {
        // `<` says already on which side of nothing it is.
        text if amount > 0.0 && !text.starts_with('<') => format!("+{text}"),
        text => text,
    }
}

/// `change / base` with a sign, in percent: `+25.1`; `None` where there is no base.
pub(crate) fn change(change: f64, base: f64) -> Option<String> {
    if base <= 0.0 {
        return None;
    }
    let share = change / base;
    let text = percent(share);
    Some(if share > 0.0 { format!("+{text}") } else { text })
}

/// A count with separators: `43,200,000`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count in at most seven characters: `999,999`, `43.2M`.
pub(crate) fn count_short(n: u64) -> String {
    match n {
        0..1_000_000 => count(n),
        1_000_000..999_950_000 => format!("{:.1}M", n as f64 / 1e6),
        _ => format!("{:.1}G", n as f64 / 1e9),
    }
}

/// A rate or count with three digits: `0.42`, `3.4`, `127`.
pub(crate) fn number(x: f64) -> String {
    let size = x.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if size < 0.01 {
        format!("{x:.4}")
    } else if size < 1.0 {
        format!("{x:.2}")
    } else if size < 100.0 {
        let text = format!("{x:.1}");
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    } else if x > 0.0 {
        count(libm::round(x) as u64)
    } else {
        format!("{x:.0}")
    }
}

/// At most `width` columns of a terminal, the rest cut with an ellipsis. What a terminal would obey is replaced.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let clean = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    if columns(text) <= width {
        return text.chars().map(clean).collect();
    }
    let mut cut = String::new();
    let mut taken = 1;
    for c in text.chars().map(clean) {
        taken += c.width().unwrap_or(0);
        if taken > width {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

/// How many columns of a terminal a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// Cut or filled up with blanks to so many columns.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let mut text = cut(text, width);
    text.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(&text))));
    text
}

/// A decimal string of dollars as a float; 0 if it is not a number.
pub(crate) fn decimal(text: &str) -> f64 {
    text.parse().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_never_claim_more_than_is_true() {
        let cases = [
            (0.0, "0"),
            (0.000_001, "<0.01"),
            (0.002, "0.20"),
            (0.123, "12.3"),
            (0.9876, "98.8"),
            (0.999_96, "99.99"),
            (1.0, "100"),
            (2.5, "250"),
            (-0.051, "-5.1"),
        ];
        for (share, text) in cases {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let cases = [
            (0.0, "0s"),
            (0.45, "450ms"),
            (1.0, "1s"),
            (1.25, "1.2s"),
            (25.2, "25s"),
            (60.0, "1m"),
            (61.0, "1m 1s"),
            (34_260.0, "9h 31m"),
            (86_400.0, "1d"),
            (273_600.0, "3d 4h"),
            (-12.0, "-12s"),
        ];
        for (s, text) in cases {
            assert_eq!(seconds(s), text);
        }
    }

    #[test]
    fn small_money_keeps_its_digits() {
        let cases = [
            (0.0, "$0"),
            (0.0123, "$0.0123"),
            (1.5, "$1.50"),
            (123.456, "$123.46"),
            (-3.2, "-$3.20"),
            (1_234.4, "$1,234"),
            (0.000_001, "<$0.0001"),
            (-0.000_001, ">-$0.0001"),
        ];
        for (amount, text) in cases {
            assert_eq!(dollars(amount), text);
        }
        assert_eq!(change(25.0, 100.0).as_deref(), Some("+25.0"));
        assert_eq!(change(1.0, 0.0), None);
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count_short(43_200_000), "43.2M");
        assert_eq!(cut("siliconflow", 6), "silic…");
    }

    #[test]
    fn texts_are_cut_by_columns_and_cannot_steer_the_terminal() {
        assert_eq!(cut("硅基流动", 8), "硅基流动");
        assert_eq!(cut("硅基流动", 6), "硅基…", "half a character cannot be shown");
        assert_eq!(padded("硅基流动", 7), "硅基流…");
        assert_eq!(padded("sf", 4), "sf  ");
        assert_eq!(cut("tab\tand\u{1b}[31m", 20), "tab\u{fffd}and\u{fffd}[31m");
    }
}
