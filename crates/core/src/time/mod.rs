//! Virtual time: [`Time`] is an instant, [`Span`] a duration, both whole nanoseconds in a `u64` (584 years).
//!
//! Not for wall-clock time: nothing here reads a clock, and a `Time` means only "since the scenario began".
//!
//! Invariants:
//! - Arithmetic is exact. Operators panic on overflow, in release builds too; the `checked_` and `saturating_`
//!   forms say what else may happen.
//! - Floats meet integers at one border only: [`Span::try_from_secs_f64`] and
//!   [`Span::from_secs_f64_saturating`], which round half to even once.
//! - Text is exact: what `Display` prints, `FromStr` reads back to the same nanosecond (see [`SpanParseError`]).

mod text;

use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Sub, SubAssign};

pub use text::SpanParseError;

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// An instant: nanoseconds since the start of the scenario.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(u64);

/// A duration in nanoseconds, never negative.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(u64);

impl Time {
    /// The start of the scenario.
    pub const ZERO: Time = Time(0);
    /// The last instant that can be told, some 584 years in. Also serves as "never".
    pub const MAX: Time = Time(u64::MAX);

    /// The instant `nanos` nanoseconds after the start.
    #[inline]
    pub const fn from_nanos(nanos: u64) -> Time {
        Time(nanos)
    }

    /// Nanoseconds since the start.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start, rounded to the nearest `f64`: for summaries, never to compute another `Time`.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        Span(self.0).as_secs_f64()
    }

    /// `self + span`, or `None` past [`Time::MAX`].
    #[inline]
    pub const fn checked_add(self, span: Span) -> Option<Time> {
        match self.0.checked_add(span.0) {
            Some(nanos) => Some(Time(nanos)),
            None => None,
        }
    }

    /// `self + span`, at most [`Time::MAX`].
    #[inline]
    pub const fn saturating_add(self, span: Span) -> Time {
        Time(self.0.saturating_add(span.0))
    }

    /// The span from `earlier` to `self`.
    ///
    /// # Panics
    /// If `earlier` is later than `self`.
    #[inline]
    #[track_caller]
    pub const fn since(self, earlier: Time) -> Span {
        match self.0.checked_sub(earlier.0) {
            Some(nanos) => Span(nanos),
            None => panic!("Time::since: the earlier instant is later than this one"),
        }
    }

    /// The span from `earlier` to `self`, zero if `earlier` is later.
    #[inline]
    pub const fn saturating_since(self, earlier: Time) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// Why a number of seconds is not a [`Span`].
#[derive(Copy, Clone, Debug, PartialEq, thiserror::Error)]
pub enum SpanError {
    /// Not a number, so no length at all.
    #[error("a span of NaN seconds")]
    NotANumber,
    /// Spans are lengths: they have no sign.
    #[error("a span of {0} s is negative")]
    Negative(f64),
    /// Longer than [`Span::MAX`].
    #[error("a span of {0} s is longer than the longest, about 584 years")]
    TooLong(f64),
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// The longest span, some 584 years.
    pub const MAX: Span = Span(u64::MAX);

    /// `nanos` nanoseconds.
    #[inline]
    pub const fn from_nanos(nanos: u64) -> Span {
        Span(nanos)
    }

    /// `micros` microseconds. Panics on overflow, as do all the constructors below.
    #[inline]
    #[track_caller]
    pub const fn from_micros(micros: u64) -> Span {
        Span::of(micros, 1_000)
    }

    /// `millis` milliseconds.
    #[inline]
    #[track_caller]
    pub const fn from_millis(millis: u64) -> Span {
        Span::of(millis, 1_000_000)
    }

    /// `secs` seconds.
    #[inline]
    #[track_caller]
    pub const fn from_secs(secs: u64) -> Span {
        Span::of(secs, NANOS_PER_SEC)
    }

    /// `mins` minutes of 60 s.
    #[inline]
    #[track_caller]
    pub const fn from_mins(mins: u64) -> Span {
        Span::of(mins, 60 * NANOS_PER_SEC)
    }

    /// `hours` hours of 3600 s.
    #[inline]
    #[track_caller]
    pub const fn from_hours(hours: u64) -> Span {
        Span::of(hours, 3_600 * NANOS_PER_SEC)
    }

    #[inline]
    #[track_caller]
    const fn of(count: u64, unit_nanos: u64) -> Span {
        match count.checked_mul(unit_nanos) {
            Some(nanos) => Span(nanos),
            None => panic!("Span: longer than the longest, about 584 years"),
        }
    }

    /// The span nearest to `secs` seconds, halves to even.
    ///
    /// # Errors
    /// [`SpanError`] if `secs` is NaN, below zero (`-0.0` is zero) or past [`Span::MAX`].
    pub fn try_from_secs_f64(secs: f64) -> Result<Span, SpanError> {
        if secs.is_nan() {
            return Err(SpanError::NotANumber);
        }
        if secs < 0.0 {
            return Err(SpanError::Negative(secs));
        }
        let nanos = libm::rint(secs * 1e9);
        // 2^64 as f64 is exact, and the largest f64 below it still fits.
        if nanos >= 18_446_744_073_709_551_616.0 {
            return Err(SpanError::TooLong(secs));
        }
        Ok(Span(nanos as u64))
    }

    /// As [`Span::try_from_secs_f64`], for sampled values: NaN and negative become zero, too long becomes
    /// [`Span::MAX`].
    #[inline]
    pub fn from_secs_f64_saturating(secs: f64) -> Span {
        // Adding and taking away 2^52 rounds half to even below 2^52 and costs a tenth of a call to `rint`;
        // a larger f64 is whole already. `as` saturates and sends NaN to zero.
        const TWO_52: f64 = 4_503_599_627_370_496.0;
        let nanos = secs * 1e9;
        if nanos < TWO_52 {
            // Below zero the sum may round to something just above -1: `as` still gives zero.
            Span((nanos + TWO_52 - TWO_52) as u64)
        } else {
            Span(nanos as u64)
        }
    }

    /// Length in nanoseconds.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Length in seconds, rounded to the nearest `f64`.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        // One division of two exactly known integers below 2^53 (104 days): correctly rounded. Beyond, the
        // conversion rounds first, an error of at most one part in 2^52.
        self.0 as f64 / 1e9
    }

    /// The sum, or `None` past [`Span::MAX`].
    #[inline]
    pub const fn checked_add(self, other: Span) -> Option<Span> {
        match self.0.checked_add(other.0) {
            Some(nanos) => Some(Span(nanos)),
            None => None,
        }
    }

    /// The difference, or `None` if `other` is longer.
    #[inline]
    pub const fn checked_sub(self, other: Span) -> Option<Span> {
        match self.0.checked_sub(other.0) {
            Some(nanos) => Some(Span(nanos)),
            None => None,
        }
    }

    /// `factor` times this span, or `None` past [`Span::MAX`].
    #[inline]
    pub const fn checked_mul(self, factor: u64) -> Option<Span> {
        match self.0.checked_mul(factor) {
            Some(nanos) => Some(Span(nanos)),
            None => None,
        }
    }

    /// The difference, zero if `other` is longer.
    #[inline]
    pub const fn saturating_sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }

    /// The sum, at most [`Span::MAX`].
    #[inline]
    pub const fn saturating_add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }

    /// `factor` times this span, at most [`Span::MAX`].
    #[inline]
    pub const fn saturating_mul(self, factor: u64) -> Span {
        Span(self.0.saturating_mul(factor))
    }

    /// Whether this is [`Span::ZERO`].
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add<Span> for Time {
    type Output = Time;
    /// Panics past [`Time::MAX`].
    #[inline]
    #[track_caller]
    fn add(self, span: Span) -> Time {
        self.checked_add(span).expect("Time + Span: past the end of virtual time")
    }
}

impl Sub<Span> for Time {
    type Output = Time;
    /// Panics before the start of the scenario.
    #[inline]
    #[track_caller]
    fn sub(self, span: Span) -> Time {
        Time(self.0.checked_sub(span.0).expect("Time - Span: before the start of the scenario"))
    }
}

impl Sub for Time {
    type Output = Span;
    /// As [`Time::since`].
    #[inline]
    #[track_caller]
    fn sub(self, earlier: Time) -> Span {
        self.since(earlier)
    }
}

impl Add for Span {
    type Output = Span;
    /// Panics past [`Span::MAX`].
    #[inline]
    #[track_caller]
    fn add(self, other: Span) -> Span {
        self.checked_add(other).expect("Span + Span: longer than the longest span")
    }
}

impl Sub for Span {
    type Output = Span;
    /// Panics if `other` is longer.
    #[inline]
    #[track_caller]
    fn sub(self, other: Span) -> Span {
        self.checked_sub(other).expect("Span - Span: the span taken away is longer")
    }
}

impl Mul<u64> for Span {
    type Output = Span;
    /// Panics past [`Span::MAX`].
    #[inline]
    #[track_caller]
    fn mul(self, factor: u64) -> Span {
        self.checked_mul(factor).expect("Span * u64: longer than the longest span")
    }
}

impl Div<u64> for Span {
    type Output = Span;
    /// Rounds down. Panics if `divisor` is zero.
    #[inline]
    #[track_caller]
    fn div(self, divisor: u64) -> Span {
        Span(self.0.checked_div(divisor).expect("Span / u64: division by zero"))
    }
}

impl AddAssign<Span> for Time {
    #[inline]
    #[track_caller]
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl AddAssign for Span {
    #[inline]
    #[track_caller]
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}

impl SubAssign for Span {
    #[inline]
    #[track_caller]
    fn sub_assign(&mut self, other: Span) {
        *self = *self - other;
    }
}

impl Sum for Span {
    /// Panics past [`Span::MAX`].
    fn sum<I: Iterator<Item = Span>>(spans: I) -> Span {
        spans.fold(Span::ZERO, |total, span| total + span)
    }
}
