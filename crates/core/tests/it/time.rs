//! Spans and instants: exact arithmetic, exact text.

use proptest::prelude::*;
use sandbox_core::{Span, SpanError, SpanParseError, Time};

#[test]
fn text_is_canonical() {
    let cases = [
        (0, "0s"),
        (1, "1ns"),
        (999, "999ns"),
        (84_500, "84.5us"),
        (1_000, "1us"),
        (250_000_000, "250ms"),
        (250_000_001, "250.000001ms"),
        (1_000_000_000, "1s"),
        (1_500_000_000, "1.5s"),
        (60_000_000_000, "1m"),
        (5_400_000_000_000, "1h 30m"),
        (34_272_345_678_901, "9h 31m 12.345678901s"),
        (86_400_000_000_001, "1d 0.000000001s"),
        (u64::MAX, "213503d 23h 34m 33.709551615s"),
    ];
    for (nanos, text) in cases {
        let span = Span::from_nanos(nanos);
        assert_eq!(span.to_string(), text);
        assert_eq!(text.parse(), Ok(span));
        assert_eq!(format!("{span:?} {:?}", Time::from_nanos(nanos)), format!("{text} {text}"));
    }
    assert_eq!(format!("{:>8}|{:<8}|", Span::from_secs(3), Span::from_secs(3)), "      3s|3s      |");
}

#[test]
fn reads_what_people_write() {
    let cases = [
        ("1.5h", Span::from_mins(90)),
        ("1h30m", Span::from_mins(90)),
        (" 1 h 30 min ", Span::from_mins(90)),
        ("90min", Span::from_mins(90)),
        ("0.25s", Span::from_millis(250)),
        ("84.5 µs", Span::from_nanos(84_500)),
        ("84.5μs", Span::from_nanos(84_500)),
        ("2d", Span::from_hours(48)),
        ("0.000000001s", Span::from_nanos(1)),
        ("1.0000000000000000000000000s", Span::from_secs(1)),
        ("0s", Span::ZERO),
        ("18446744073709551615ns", Span::MAX),
    ];
    for (text, span) in cases {
        assert_eq!(text.parse(), Ok(span), "{text}");
    }
}

#[test]
fn says_what_is_wrong_and_how_to_mend_it() {
    let message = |text: &str| text.parse::<Span>().expect_err(text).to_string();
    assert_eq!(message(""), "an empty span (hint: write \"0s\" for none)");
    assert_eq!(
        message("30"),
        "`30` has no unit (hint: \"30s\" for seconds; units are d, h, m, s, ms, us, ns)"
    );
    assert_eq!(
        message("1h 30"),
        "`30` has no unit (hint: \"30s\" for seconds; units are d, h, m, s, ms, us, ns)"
    );
    assert_eq!(message("30 sec"), "unknown unit `sec` (hint: \"30s\"; units are d, h, m, s, ms, us, ns)");
    assert_eq!(message("5MS"), "unknown unit `MS` (hint: \"5ms\"; units are d, h, m, s, ms, us, ns)");
    assert_eq!(message("5s 3s"), "unit `s` after `s`: write units from long to short, each once");
    assert_eq!(message("5s 3h"), "unit `h` after `s`: write units from long to short, each once");
    assert_eq!(message("0.5ns"), "`0.5ns` is not a whole number of nanoseconds");
    assert_eq!(message("0.0000000001s"), "`0.0000000001s` is not a whole number of nanoseconds");
    assert_eq!(
        message("18446744073709551616ns"),
        "`18446744073709551616ns` is longer than the longest span, about 584 years"
    );
    for text in ["-5s", "s", ".5s", "5.s", "1.2.3s", "5s,", "5%", "five seconds"] {
        assert!(matches!(text.parse::<Span>(), Err(SpanParseError::ExpectedNumber { .. })), "{text}");
    }
}

#[test]
fn serde_uses_the_same_text() {
    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Window {
        from: Time,
        length: Span,
    }
    let window = Window { from: Time::ZERO + Span::from_hours(9), length: Span::from_millis(250) };
    let json = r#"{"from":"9h","length":"250ms"}"#;
    assert_eq!(serde_json::to_string(&window).expect("serialises"), json);
    assert_eq!(serde_json::from_str::<Window>(json).expect("reads"), window);
    assert_eq!(ron::from_str::<Window>("(from: \"9h\", length: \"250ms\")").expect("reads"), window);
    let message = ron::from_str::<Span>("30").expect_err("a bare number").to_string();
    assert!(message.contains("a span in quotes with its unit"), "{message}");
    let message = ron::from_str::<Span>("\"30\"").expect_err("no unit").to_string();
    assert!(message.contains("`30` has no unit"), "{message}");
}

#[test]
fn seconds_round_half_to_even_once() {
    let nanos = |secs: f64| Span::try_from_secs_f64(secs).map(Span::as_nanos);
    assert_eq!(nanos(0.0), Ok(0));
    assert_eq!(nanos(-0.0), Ok(0));
    assert_eq!(nanos(0.5e-9), Ok(0));
    assert_eq!(nanos(1.5e-9), Ok(2));
    assert_eq!(nanos(2.5e-9), Ok(2));
    assert_eq!(nanos(0.3), Ok(300_000_000));
    assert_eq!(nanos(-1e-12), Err(SpanError::Negative(-1e-12)));
    assert_eq!(nanos(f64::NAN), Err(SpanError::NotANumber));
    assert_eq!(nanos(1e11), Err(SpanError::TooLong(1e11)));
    assert_eq!(nanos(f64::INFINITY), Err(SpanError::TooLong(f64::INFINITY)));
    assert_eq!(Span::from_secs_f64_saturating(f64::NAN), Span::ZERO);
    assert_eq!(Span::from_secs_f64_saturating(-3.0), Span::ZERO);
    assert_eq!(Span::from_secs_f64_saturating(f64::INFINITY), Span::MAX);
    assert_eq!(Span::from_millis(1_500).as_secs_f64(), 1.5);
}

#[test]
fn overflow_panics_with_a_reason() {
    let message = |run: fn()| {
        let panic = std::panic::catch_unwind(run).expect_err("panics");
        panic
            .downcast_ref::<String>()
            .map_or_else(|| panic.downcast_ref::<&str>().expect("text").to_string(), Clone::clone)
    };
    fn ignore<T>(_: T) {}
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let messages = [
        message(|| ignore(Time::MAX + Span::from_nanos(1))),
        message(|| ignore(Time::ZERO - Span::from_nanos(1))),
        message(|| ignore(Time::ZERO - Time::MAX)),
        message(|| ignore(Span::MAX + Span::from_nanos(1))),
        message(|| ignore(Span::ZERO - Span::from_nanos(1))),
        message(|| ignore(Span::MAX * 2)),
        message(|| ignore(Span::MAX / 0)),
        message(|| ignore(Span::from_hours(u64::MAX))),
    ];
    std::panic::set_hook(quiet);
    let expected = [
        "past the end",
        "before the start",
        "earlier instant is later",
        "longer",
        "longer",
        "longer",
        "zero",
        "longer",
    ];
    for (message, expected) in messages.iter().zip(expected) {
        assert!(message.contains(expected), "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn text_comes_back_to_the_nanosecond(bits in any::<u64>(), shift in 0..64_u32, unit in 0..6_u32) {
        // Every magnitude, round values too.
        let nanos = bits >> shift;
        let round = nanos / 1000_u64.pow(unit) * 1000_u64.pow(unit);
        for span in [Span::from_nanos(nanos), Span::from_nanos(round)] {
            prop_assert_eq!(span.to_string().parse(), Ok(span));
            prop_assert_eq!(span.to_string().replace(' ', "").parse(), Ok(span));
        }
    }

    #[test]
    fn reading_never_panics(text in "[0-9.dhmsun µ\\-]{0,24}") {
        let _ = text.parse::<Span>();
    }

    #[test]
    fn both_conversions_from_seconds_agree(secs in 0.0..1.8e10_f64, scale in 0..12_i32) {
        let secs = secs / 10_f64.powi_exact(scale);
        prop_assert_eq!(Span::try_from_secs_f64(secs), Ok(Span::from_secs_f64_saturating(secs)));
    }
}

trait PowiExact {
    fn powi_exact(self, power: i32) -> f64;
}

impl PowiExact for f64 {
    /// `powi` is not for us: its precision is unspecified.
    fn powi_exact(self, power: i32) -> f64 {
        (0..power).fold(1.0, |product, _| product * self)
    }
}
