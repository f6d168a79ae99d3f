//! Spans as text: `250ms`, `1h 30m`, `9h 31m 12.345678901s`. Exact both ways, integers only.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{Span, Time};

/// Units from long to short: the name printed first, then the other spellings, and the length [ns].
const UNITS: [(&[&str], u64); 7] = [
    (&["d"], 86_400_000_000_000),
    (&["h"], 3_600_000_000_000),
    (&["m", "min"], 60_000_000_000),
    (&["s"], 1_000_000_000),
    (&["ms"], 1_000_000),
    (&["us", "µs", "μs"], 1_000),
    (&["ns"], 1),
];

/// Why a text is not a [`Span`], with a hint where there is an obvious one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanParseError {
    /// Nothing but spaces.
    #[error("an empty span (hint: write \"0s\" for none)")]
    Empty,
    /// A number without its unit.
    #[error("`{number}` has no unit (hint: \"{number}s\" for seconds; units are d, h, m, s, ms, us, ns)")]
    MissingUnit {
        /// The number as written.
        number: String,
    },
    /// A unit that is none of ours.
    #[error("unknown unit `{unit}` (hint: \"{hint}\"; units are d, h, m, s, ms, us, ns)")]
    UnknownUnit {
        /// The unit as written.
        unit: String,
        /// The number with the nearest unit there is.
        hint: String,
    },
    /// Something else where a number should begin or go on.
    #[error("expected a number at `{rest}` (hint: spans look like \"250ms\" or \"1h 30m\")")]
    ExpectedNumber {
        /// The text from there on.
        rest: String,
    },
    /// Units must go from long to short, each at most once: it catches slips such as `5s 3s`.
    #[error("unit `{unit}` after `{before}`: write units from long to short, each once")]
    Order {
        /// The unit that came too late.
        unit: &'static str,
        /// The unit before it.
        before: &'static str,
    },
    /// Finer than a nanosecond, so it would have to be rounded.
    #[error("`{text}` is not a whole number of nanoseconds")]
    TooFine {
        /// The number and unit as written.
        text: String,
    },
    /// Longer than [`Span::MAX`].
    #[error("`{text}` is longer than the longest span, about 584 years")]
    TooLong {
        /// The whole text.
        text: String,
    },
}

impl FromStr for Span {
    type Err = SpanParseError;

    /// Reads numbers with units (`d h m min s ms us µs ns`), from long to short, decimals allowed where they come
    /// to a whole nanosecond: `"1.5h"`, `"1h30m"`, `"84.5 us"`.
    fn from_str(text: &str) -> Result<Span, SpanParseError> {
        let too_long = || SpanParseError::TooLong { text: text.trim().to_owned() };
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(SpanParseError::Empty);
        }
        let mut total: u64 = 0;
        let mut before: Option<usize> = None;
        while !rest.is_empty() {
            let (number, after) = split_where(rest, |c| !c.is_ascii_digit() && c != '.');
            let (unit, next) = split_where(after.trim_start(), |c| !c.is_alphabetic());
            let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
            if whole.is_empty() || number.ends_with('.') || fraction.contains('.') {
                return Err(SpanParseError::ExpectedNumber { rest: rest.to_owned() });
            }
            if unit.is_empty() {
                return Err(match next.chars().next() {
                    Some(c) if !c.is_ascii_digit() => {
                        SpanParseError::ExpectedNumber { rest: next.to_owned() }
                    }
                    _ => SpanParseError::MissingUnit { number: number.to_owned() },
                });
            }
            let index = UNITS
                .iter()
                .position(|(names, _)| names.contains(&unit))
                .ok_or_else(|| unknown_unit(number, unit))?;
            if let Some(before) = before.filter(|&before| before >= index) {
                return Err(SpanParseError::Order { unit: UNITS[index].0[0], before: UNITS[before].0[0] });
            }
            before = Some(index);
            let nanos = scale(whole, fraction, UNITS[index].1).map_err(|problem| match problem {
                Scale::TooFine => SpanParseError::TooFine { text: format!("{number}{unit}") },
                Scale::TooLong => too_long(),
            })?;
            total = total.checked_add(nanos).ok_or_else(too_long)?;
            rest = next.trim_start();
        }
        Ok(Span::from_nanos(total))
    }
}

fn split_where(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(stop).unwrap_or(text.len()))
}

enum Scale {
    TooFine,
    TooLong,
}

/// `whole.fraction` units of `unit` nanoseconds each; both are digits only.
fn scale(whole: &str, fraction: &str, unit: u64) -> Result<u64, Scale> {
    let mut nanos: u64 = 0;
    for digit in whole.bytes() {
        nanos = nanos
            .checked_mul(10)
            .and_then(|n| n.checked_add(u64::from(digit - b'0')))
            .ok_or(Scale::TooLong)?;
    }
    nanos = nanos.checked_mul(unit).ok_or(Scale::TooLong)?;
    let digits = fraction.trim_end_matches('0');
    // The longest unit, a day, is 2^18 times odd numbers: no 19th decimal of any unit is whole.
    if digits.len() > 18 {
        return Err(Scale::TooFine);
    }
    let (numerator, denominator) =
        digits.bytes().fold((0_u128, 1_u128), |(n, d), digit| (n * 10 + u128::from(digit - b'0'), d * 10));
    let part = numerator * u128::from(unit);
    if part % denominator != 0 {
        return Err(Scale::TooFine);
    }
    // Less than one unit, so it fits.
    nanos.checked_add((part / denominator) as u64).ok_or(Scale::TooLong)
}

fn unknown_unit(number: &str, unit: &str) -> SpanParseError {
    let lower = unit.to_lowercase();
    let nearest = match lower.as_str() {
        "d" | "day" | "days" => "d",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "mins" | "minute" | "minutes" => "m",
        "sec" | "secs" | "second" | "seconds" => "s",
        "msec" | "msecs" | "milli" | "millis" | "millisecond" | "milliseconds" => "ms",
        "usec" | "usecs" | "micro" | "micros" | "microsecond" | "microseconds" => "us",
        "nsec" | "nsecs" | "nano" | "nanos" | "nanosecond" | "nanoseconds" => "ns",
        // By the first letter, else seconds: short units leave little room for anything cleverer.
        other => UNITS
            .iter()
            .map(|(names, _)| names[0])
            .find(|name| *name == other)
            .or_else(|| UNITS.iter().map(|(names, _)| names[0]).find(|name| other.starts_with(name)))
            .unwrap_or("s"),
    };
    SpanParseError::UnknownUnit { unit: unit.to_owned(), hint: format!("{number}{nearest}") }
}

impl fmt::Display for Span {
    /// Canonical: below a second one unit with decimals (`84.5us`), from there on days to seconds without the
    /// parts that are zero (`1h 30m`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.as_nanos();
        let mut text = Buffer { bytes: [0; 48], len: 0 };
        match nanos {
            0 => text.push("0s"),
            1..1_000 => text.decimal(nanos, 1, "ns"),
            1_000..1_000_000 => text.decimal(nanos, 1_000, "us"),
            1_000_000..1_000_000_000 => text.decimal(nanos, 1_000_000, "ms"),
            _ => {
                let mut rest = nanos;
                for (names, unit) in &UNITS[..3] {
                    if rest >= *unit {
                        text.gap();
                        text.decimal(rest / unit * unit, *unit, names[0]);
                        rest %= unit;
                    }
                }
                if rest > 0 {
                    text.gap();
                    text.decimal(rest, 1_000_000_000, "s");
                }
            }
        }
        f.pad(text.as_str())
    }
}

/// The longest text, `213503d 23h 34m 33.709551615s`, fits several times over: no allocation, and `f.pad` can
/// honour widths.
struct Buffer {
    bytes: [u8; 48],
    len: usize,
}

impl Buffer {
    fn push(&mut self, text: &str) {
        self.bytes[self.len..self.len + text.len()].copy_from_slice(text.as_bytes());
        self.len += text.len();
    }

    fn gap(&mut self) {
        if self.len > 0 {
            self.push(" ");
        }
    }

    /// `nanos / unit` exactly, without trailing zeros. `unit` is a power of ten or divides `nanos`.
    fn decimal(&mut self, nanos: u64, unit: u64, name: &str) {
        self.digits(nanos / unit, 1);
        let (mut fraction, mut width) = (nanos % unit, unit.ilog10() as usize);
        if fraction > 0 {
            while fraction % 10 == 0 {
                fraction /= 10;
                width -= 1;
            }
            self.push(".");
            self.digits(fraction, width);
        }
        self.push(name);
    }

    fn digits(&mut self, mut value: u64, width: usize) {
        let mut reversed = [b'0'; 20];
        let mut count = 0;
        while value > 0 || count < width {
            reversed[count] = b'0' + (value % 10) as u8;
            value /= 10;
            count += 1;
        }
        for &digit in reversed[..count].iter().rev() {
            self.bytes[self.len] = digit;
            self.len += 1;
        }
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).expect("only ASCII was pushed")
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Time {
    /// The offset from the start, as a [`Span`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Span::from_nanos(self.as_nanos()), f)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Time {
    type Err = SpanParseError;

    /// Reads the offset from the start, as a [`Span`].
    fn from_str(text: &str) -> Result<Time, SpanParseError> {
        text.parse::<Span>().map(|offset| Time::from_nanos(offset.as_nanos()))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        // `any`, where the format allows it, so that a bare `30` is answered with what we expect and not just with
        // "expected string".
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(SpanVisitor)
        } else {
            deserializer.deserialize_str(SpanVisitor)
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        Span::deserialize(deserializer).map(|offset| Time::from_nanos(offset.as_nanos()))
    }
}

struct SpanVisitor;

impl Visitor<'_> for SpanVisitor {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a span in quotes with its unit, such as \"250ms\" or \"1h 30m\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
        text.parse().map_err(E::custom)
    }
}
