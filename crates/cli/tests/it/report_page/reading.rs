//! Reads the texts of numbers back, as a person would: what is meant, and how exactly it is said.

/// What a text says.
#[derive(Copy, Clone, PartialEq, Debug)]
pub(crate) enum Said {
    /// A value, and the worth of one in its last digit.
    About { value: f64, unit: f64 },
    /// As that, but the digits behind are cut off: 99.99 % may be up to 100 %, never 100 % itself.
    Cut { value: f64, unit: f64 },
    /// Between nothing and this.
    Within(f64),
}

impl Said {
    /// Whether this may be said of a value.
    pub(crate) fn is_true_of(self, value: f64) -> bool {
        // Halves are rounded either way, and decimals are not exact in binary.
        let slack = 1e-9 * value.abs().max(1e-3);
        match self {
            Self::About { value: said, unit } => (value - said).abs() <= unit / 2.0 + slack,
            Self::Cut { value: said, unit } => {
                let more = (value.abs() - said.abs()) * if value * said < 0.0 { -1.0 } else { 1.0 };
                -slack <= more && more < unit - slack
            }
            Self::Within(bound) => value != 0.0 && (value / bound) > 0.0 && (value / bound) < 1.0,
        }
    }
}

/// Units behind a number; the longer before those that they end with.
const UNITS: [(&str, f64); 7] =
    [(" %", 0.01), ("%", 0.01), (" points", 0.01), (" pp", 0.01), ("/h", 1.0), ("M", 1e6), ("G", 1e9)];
/// Units of time, large first, with the worth of the next smaller one, which is left out where there is none of it.
const TIMES: [(&str, f64, f64); 4] =
    [("d", 86_400.0, 3_600.0), ("h", 3_600.0, 60.0), ("m", 60.0, 1.0), ("s", 1.0, 1.0)];

/// `None` if nobody could say what it means.
pub(crate) fn read(text: &str) -> Option<Said> {
    let text = text.trim();
    let (text, bound) = match text.chars().next()? {
        '<' => (&text[1..], true),
        '>' => (&text[1..], true),
        _ => (text, false),
    };
    let (text, sign) = match (text.strip_prefix('+'), text.strip_prefix(['-', '−'])) {
        (Some(rest), _) => (rest, 1.0),
        (_, Some(rest)) => (rest, -1.0),
        _ => (text, 1.0),
    };
    let (text, bound) = text.strip_prefix('<').map_or((text, bound), |rest| (rest, true));
    let (value, unit, percent) = match time(text) {
        Some((value, unit)) => (value, unit, false),
        None => {
            let text = text.strip_prefix('$').unwrap_or(text);
            let (digits, unit) = UNITS
                .iter()
                .find_map(|(suffix, unit)| text.strip_suffix(suffix).map(|digits| (digits, *unit)))
                .unwrap_or((text, 1.0));
            let (value, last) = digits_of(digits)?;
            (value * unit, last * unit, unit == 0.01)
        }
    };
    Some(match (bound, percent && value > 0.99 && value < 1.0) {
        (true, _) => Said::Within(sign * value),
        (_, true) => Said::Cut { value: sign * value, unit },
        _ => Said::About { value: sign * value, unit },
    })
}

/// `13ms`, `1.2s`, `55m 38s`, in seconds.
fn time(text: &str) -> Option<(f64, f64)> {
    if let Some(digits) = text.strip_suffix("ms") {
        return digits_of(digits).map(|(value, last)| (value / 1e3, last / 1e3));
    }
    let (mut value, mut unit) = (0.0, 0.0);
    for part in text.split(' ') {
        let (digits, worth, smaller) = TIMES
            .iter()
            .find_map(|(name, worth, smaller)| Some((part.strip_suffix(name)?, worth, smaller)))?;
        let (number, last) = digits_of(digits)?;
        value += number * worth;
        unit = if *worth == 1.0 { last } else { *smaller };
    }
    // After a second part nothing smaller is left out.
    let parts: Vec<&str> = text.split(' ').collect();
    if let [_, last] = parts[..] {
        unit = TIMES.iter().find(|(name, ..)| last.ends_with(name))?.1;
    }
    Some((value, unit))
}

/// `1,035` or `11.7`: the number, and the worth of one in its last digit. Separators stand between three digits each.
fn digits_of(text: &str) -> Option<(f64, f64)> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let groups: Vec<&str> = whole.split(',').collect();
    let right =
        groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !right || whole.is_empty() || !groups.iter().all(|group| digits(group)) || !digits(part) {
        return None;
    }
    let value = format!("{}.{part}0", groups.concat()).parse().ok()?;
    Some((value, format!("1e-{}", part.len()).parse().ok()?))
}

#[test]
fn texts_are_read_as_what_they_mean() {
    let about = |value, unit| Some(Said::About { value, unit });
    let cases = [
        ("$1,035", about(1035.0, 1.0)),
        ("55m 38s", about(3338.0, 1.0)),
        ("9h", about(32_400.0, 60.0)),
        ("1.5s", about(1.5, 0.1)),
        ("+$0.75/h", about(0.75, 0.01)),
        ("-$3.25", about(-3.25, 0.01)),
        ("<0.01 %", Some(Said::Within(0.0001))),
        (">-$0.0001", Some(Said::Within(-0.0001))),
        ("1,03", None),
        ("12 apples", None),
        ("", None),
    ];
    for (text, said) in cases {
        assert_eq!(read(text), said, "{text}");
    }
    let said = |text, value| read(text).is_some_and(|said| said.is_true_of(value));
    assert!(said("11.7 %", 0.117_4) && !said("11.7 %", 0.117_6) && !said("11.7 %", -0.117));
    assert!(said("99.99 %", 0.999_96) && !said("99.99 %", 1.0) && !said("99.99 %", 0.999_8));
    assert!(said("<0.01 %", 1e-6) && !said("<0.01 %", 0.0) && !said("<0.01 %", 0.001));
    assert!(said("1.3G", 1_334_006_144.0) && said("13ms", 0.012_594) && !said("13ms", 0.013_6));
    assert!(said(">-$0.0001", -1e-6) && !said(">-$0.0001", 1e-6));
}
