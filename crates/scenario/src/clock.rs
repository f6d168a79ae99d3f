//! Wall clocks: where virtual time lies on a calendar, in a named zone.
//!
//! Zones come from the IANA database that is compiled in, never from the machine, so the same scenario means
//! the same instants everywhere. Where clocks are put back, a local time means the first of its two instants;
//! where they are put forward, a time that is skipped means the same time after the change.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::{self, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use sandbox_core::{Span, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::problem::nearest;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone of the IANA database.
#[derive(Clone, PartialEq, Debug)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

impl Zone {
    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The instant at which clocks here show `local`; `None` outside the years that can be told.
    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        self.rules.to_timestamp(local).ok()
    }
}

/// Why a text is not a time or a zone; the message carries its hint.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}; hint: {hint}")]
pub struct ClockParseError {
    message: String,
    hint: String,
}

impl ClockParseError {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

impl FromStr for Zone {
    type Err = ClockParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        match ZONES.get(text) {
            Ok(rules) if text != "Factory" => {
                let name = rules.iana_name().unwrap_or(text).to_owned();
                Ok(Self { name, rules })
            }
            _ => {
                let names: Vec<String> = ZONES.available().map(|name| name.as_str().to_owned()).collect();
                let all = || names.iter().map(String::as_str);
                // People know their city; Beijing and its kind keep the clock of another one.
                let city = match text.rsplit('/').next().unwrap_or(text).to_lowercase().as_str() {
                    "beijing" | "cst" | "shenzhen" | "guangzhou" | "hangzhou" => Some("Asia/Shanghai"),
                    "bangalore" | "mumbai" | "delhi" | "ist" => Some("Asia/Kolkata"),
                    "pst" | "pdt" | "pt" | "san_francisco" | "seattle" => Some("America/Los_Angeles"),
                    "edt" | "et" | "boston" | "washington" => Some("America/New_York"),
                    "z" | "gmt+0" => Some("UTC"),
                    city => {
                        all().find(|name| name.rsplit('/').next().is_some_and(|c| c.to_lowercase() == city))
                    }
                };
                let hint = match city.or_else(|| nearest(text, all())) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        "write an IANA name, like `Asia/Shanghai`, `America/New_York` or `UTC`".to_owned()
                    }
                };
                Err(ClockParseError::new(format!("no time zone is called `{text}`"), hint))
            }
        }
    }
}

/// A local date and time in a zone, `2026-11-18 00:00 Asia/Shanghai`: where a scenario starts.
#[derive(Clone, PartialEq, Debug)]
pub struct WallClock {
    local: DateTime,
    zone: Zone,
    instant: Timestamp,
}

impl WallClock {
    /// The instant.
    pub(crate) fn instant(&self) -> Timestamp {
        self.instant
    }

    /// The zone in which it is written.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// How long after midnight UTC it is.
    #[must_use]
    pub fn after_utc_midnight(&self) -> Span {
        Span::from_nanos(self.instant.as_nanosecond().rem_euclid(86_400_000_000_000) as u64)
    }

    /// The local date and time `at` after this one, here.
    fn local(&self, at: Time) -> DateTime {
        self.local_in(&self.zone, at)
    }

    /// The local date and time `at` after this one, in another zone.
    fn local_in(&self, zone: &Zone, at: Time) -> DateTime {
        let instant = self.instant.saturating_add(duration(at)).unwrap_or(Timestamp::MAX);
        zone.rules.to_datetime(instant)
    }

    /// What clocks show `at` after the start: `09:30`; with seconds if they are not zero.
    #[must_use]
    pub fn local_label(&self, at: Time) -> String {
        let time = self.local(at).time();
        match time.second() {
            0 => format!("{:02}:{:02}", time.hour(), time.minute()),
            s => format!("{:02}:{:02}:{s:02}", time.hour(), time.minute()),
        }
    }

    /// The local date `at` after the start: `2026-11-18`.
    #[must_use]
    pub fn local_date(&self, at: Time) -> String {
        self.local(at).date().to_string()
    }

    /// The weekday at the start: `Wednesday`.
    #[must_use]
    pub fn weekday(&self) -> &'static str {
        const NAMES: [&str; 7] =
            ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        NAMES[weekday(self.local)]
    }

    /// The zone's offset from UTC at the start: `UTC+08:00`.
    #[must_use]
    pub fn utc_offset(&self) -> String {
        let seconds = self.zone.rules.to_offset(self.instant).seconds();
        let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
        format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// The times up to `end` at which clocks here show a full hour that is a multiple of `every`, with their labels:
    /// ticks for a time axis.
    #[must_use]
    pub fn local_hour_knots(&self, end: Time, every: u32) -> Vec<(Time, String)> {
        let minute = Span::from_mins(1);
        let second = u64::try_from(self.local.second()).unwrap_or(0);
        let mut at = Time::ZERO + Span::from_secs((60 - second) % 60);
        let mut knots = Vec::new();
        while at <= end {
            let time = self.local(at).time();
            let hour = u32::try_from(time.hour()).unwrap_or(0);
            if time.minute() == 0 && hour % every.max(1) == 0 {
                knots.push((at, self.local_label(at)));
            }
            // Straight to the next quarter of an hour: all zones of this century change by such steps.
            let to_quarter = 15 - u64::try_from(time.minute()).unwrap_or(0) % 15;
            at += minute * to_quarter;
        }
        knots
    }

    /// Minute of the day and weekday (0 = Monday) that clocks in `zone` show `at` after the start.
    pub(crate) fn minute_of_day(&self, zone: &Zone, at: Time) -> (f64, usize) {
        let local = self.local_in(zone, at);
        let seconds =
            i32::from(local.hour()) * 3600 + i32::from(local.minute()) * 60 + i32::from(local.second());
        (f64::from(seconds) / 60.0, weekday(local))
    }
}

impl WallClock {
    /// The local date in `zone` at the start.
    pub(crate) fn date_in(&self, zone: &Zone) -> civil::Date {
        self.local_in(zone, Time::ZERO).date()
    }

    /// Nanoseconds from this clock's instant until clocks in `zone` show `time` on `date`.
    pub(crate) fn nanos_until(&self, zone: &Zone, date: civil::Date, time: TimeOfDay) -> Option<i128> {
        let instant = zone.instant(date.to_datetime(time.0))?;
        Some(instant.as_nanosecond() - self.instant.as_nanosecond())
    }

    /// Nanoseconds from this clock's instant to another's.
    pub(crate) fn nanos_to(&self, other: &Self) -> i128 {
        other.instant.as_nanosecond() - self.instant.as_nanosecond()
    }
}

/// A time of day without a date or a zone: `16:30`.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TimeOfDay(civil::Time);

impl FromStr for TimeOfDay {
    type Err = ClockParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_time(text.trim()).map(Self).ok_or_else(|| {
            ClockParseError::new(
                format!("`{text}` is not a time of day"),
                "write hour and minute, like \"16:30\"; the end of a day is \"00:00\"",
            )
        })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_time(f, self.0)
    }
}

fn weekday(local: DateTime) -> usize {
    usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0)
}

fn duration(at: Time) -> SignedDuration {
    let nanos = at.as_nanos();
    // The remainder is below 10⁹, and 2⁶⁴ ns are fewer than 2³⁵ s.
    SignedDuration::new((nanos / 1_000_000_000) as i64, (nanos % 1_000_000_000) as i32)
}

impl FromStr for WallClock {
    type Err = ClockParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const HINT: &str = "write date, time and zone, like \"2026-11-18 09:30 Asia/Shanghai\"";
        let error = |why: &str| ClockParseError::new(format!("`{text}` {why}"), HINT);
        let mut words = text.split_whitespace();
        let (Some(date), Some(time)) = (words.next(), words.next()) else {
            return Err(error("is not a date, a time and a zone"));
        };
        let (zone, more) = (words.next(), words.next());
        let date: civil::Date = date.parse().map_err(|_| error("does not begin with a date"))?;
        let time = parse_time(time).ok_or_else(|| error("has no time after its date"))?;
        let zone = zone.ok_or_else(|| error("names no time zone"))?;
        if more.is_some() {
            return Err(error("goes on after its zone"));
        }
        let zone: Zone = zone.parse()?;
        let local = date.to_datetime(time);
        let instant = zone.instant(local).ok_or_else(|| error("lies outside the calendar"))?;
        Ok(Self { local, zone, instant })
    }
}

/// `09:30` or `09:30:15`.
fn parse_time(text: &str) -> Option<civil::Time> {
    let mut parts = text.split(':').map(|part| part.parse::<i8>().ok().filter(|_| part.len() <= 2));
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        Some(second) => second?,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    civil::Time::new(hour, minute, second, 0).ok()
}

fn write_time(f: &mut fmt::Formatter<'_>, time: civil::Time) -> fmt::Result {
    write!(f, "{:02}:{:02}", time.hour(), time.minute())?;
    if time.second() != 0 {
        write!(f, ":{:02}", time.second())?;
    }
    Ok(())
}

impl fmt::Display for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.local.date())?;
        write_time(f, self.local.time())?;
        write!(f, " {}", self.zone.name)
    }
}

/// A time in a scenario: an offset from its start, or a wall clock.
#[derive(Clone, PartialEq, Debug)]
pub enum When {
    /// Since the start: `"9h 30m"`.
    Offset(Time),
    /// When clocks in a zone next show this: `"09:30 Asia/Shanghai"`.
    Clock(civil::Time, Zone),
    /// One instant: `"2026-11-18 09:30 Asia/Shanghai"`.
    Full(WallClock),
}

impl When {
    /// The offset from `start`. A clock without a date means its first time at or after `after`, or after it if
    /// `strictly`.
    ///
    /// # Errors
    /// What is wrong and what to write instead, if it lies before the start or outside the calendar.
    pub fn resolve(&self, start: &WallClock, after: Time, strictly: bool) -> Result<Time, ClockParseError> {
        let outside =
            || ClockParseError::new(format!("`{self}` lies outside the calendar"), "give an offset instead");
        match self {
            Self::Offset(at) => Ok(*at),
            Self::Full(clock) => since(start, clock.instant).ok_or_else(|| {
                let message = format!("`{self}` is before the start of the scenario, {start}");
                ClockParseError::new(message, "faults begin at or after the start; move one of the two")
            }),
            Self::Clock(time, zone) => {
                let mut date = start.local_in(zone, after).date();
                // Yesterday's may still be to come where clocks are put back over midnight; three days hold one.
                for _ in 0..3 {
                    let instant = zone.instant(date.to_datetime(*time)).ok_or_else(outside)?;
                    if let Some(at) =
                        since(start, instant).filter(|&at| at > after || (at == after && !strictly))
                    {
                        return Ok(at);
                    }
                    date = date.tomorrow().map_err(|_| outside())?;
                }
                Err(outside())
            }
        }
    }
}

/// The time from `start` to `instant`, unless that is before it or more than 584 years after.
fn since(start: &WallClock, instant: Timestamp) -> Option<Time> {
    let nanos = instant.as_nanosecond() - start.instant.as_nanosecond();
    u64::try_from(nanos).ok().map(Time::from_nanos)
}

impl FromStr for When {
    type Err = ClockParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const HINT: &str = "write an offset (\"9h 30m\") or a clock with its zone (\"09:30 Asia/Shanghai\")";
        let text = text.trim();
        if !text.contains(':') {
            let offset = text.parse::<Time>().map_err(|error| {
                let (message, hint) = crate::problem::split_hint(&error.to_string());
                let hint = hint.map_or_else(
                    || HINT.to_owned(),
                    |hint| format!("{hint}; or a clock, \"09:30 Asia/Shanghai\""),
                );
                ClockParseError::new(message, hint)
            })?;
            return Ok(Self::Offset(offset));
        }
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or_default();
        if !first.contains(':') {
            return text.parse().map(Self::Full);
        }
        let time = parse_time(first)
            .ok_or_else(|| ClockParseError::new(format!("`{first}` is not a time of day"), HINT))?;
        match (words.next(), words.next()) {
            (Some(zone), None) => Ok(Self::Clock(time, zone.parse()?)),
            (None, _) => Err(ClockParseError::new(
                format!("`{text}` names no time zone"),
                format!("write \"{text} Asia/Shanghai\" for clocks there, or an offset such as \"9h 30m\""),
            )),
            (Some(_), Some(_)) => Err(ClockParseError::new(format!("`{text}` goes on after its zone"), HINT)),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offset(at) => at.fmt(f),
            Self::Full(clock) => clock.fmt(f),
            Self::Clock(time, zone) => {
                write_time(f, *time)?;
                write!(f, " {}", zone.name)
            }
        }
    }
}

macro_rules! serde_as_text {
    ($type:ty, $what:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($what)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}

serde_as_text!(WallClock, "a wall clock in quotes, like \"2026-11-18 00:00 Asia/Shanghai\"");
serde_as_text!(TimeOfDay, "a time of day in quotes, like \"16:30\"");
serde_as_text!(When, "a time in quotes, like \"9h 30m\" or \"09:30 Asia/Shanghai\"");

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(text: &str) -> WallClock {
        text.parse().unwrap()
    }

    fn at(text: &str, start: &str, after: &str) -> String {
        let when: When = text.parse().unwrap();
        when.resolve(&clock(start), after.parse().unwrap(), true)
            .map_or_else(|e| e.to_string(), |t| t.to_string())
    }

    #[test]
    fn labels_follow_the_zone() {
        let start = clock("2026-11-18 00:00 Asia/Shanghai");
        assert_eq!(start.local_label(Time::ZERO + Span::from_mins(570)), "09:30");
        assert_eq!((start.weekday(), start.utc_offset().as_str()), ("Wednesday", "UTC+08:00"));
        assert_eq!(start.to_string(), "2026-11-18 00:00 Asia/Shanghai");
        assert_eq!(clock("2026-11-18 09:30:05 asia/kolkata").to_string(), "2026-11-18 09:30:05 Asia/Kolkata");
        assert_eq!(start.local_date(Time::ZERO + Span::from_hours(24)), "2026-11-19");
    }

    #[test]
    fn a_day_that_loses_an_hour_has_its_ticks_an_hour_earlier() {
        let start = clock("2027-03-14 00:30 America/New_York");
        let knots = start.local_hour_knots(Time::ZERO + Span::from_hours(6), 1);
        let text: Vec<String> = knots.iter().map(|(t, l)| format!("{t}={l}")).collect();
        assert_eq!(
            text,
            ["30m=01:00", "1h 30m=03:00", "2h 30m=04:00", "3h 30m=05:00", "4h 30m=06:00", "5h 30m=07:00"]
        );
    }

    #[test]
    fn clocks_mean_their_next_time() {
        let start = "2026-11-18 08:00 Asia/Shanghai";
        assert_eq!(at("9h 30m", start, "0s"), "9h 30m");
        assert_eq!(at("09:30 Asia/Shanghai", start, "0s"), "1h 30m");
        assert_eq!(at("07:00 Asia/Shanghai", start, "0s"), "23h");
        assert_eq!(at("00:00 UTC", start, "0s"), "1d");
        assert_eq!(at("09:30 Asia/Shanghai", start, "1h 30m"), "1d 1h 30m");
        assert_eq!(at("2026-11-18 02:00 UTC", start, "0s"), "2h");
        assert!(at("2026-11-17 02:00 UTC", start, "0s").contains("before the start"));
    }

    #[test]
    fn what_is_not_a_time_says_how_to_write_one() {
        let error = |text: &str| text.parse::<When>().unwrap_err().to_string();
        assert!(error("09:30").contains("09:30 Asia/Shanghai"));
        assert!(error("09:30 Asia/Shangai").contains("`Asia/Shanghai`"), "{}", error("09:30 Asia/Shangai"));
        assert!(error("09:30 Shanghai").contains("`Asia/Shanghai`"));
        assert!(error("25:30 UTC").contains("not a time of day"));
        assert!(error("5 minutos").contains("\"5m"), "{}", error("5 minutos"));
        assert!("2026-11-18".parse::<WallClock>().is_err());
        assert!("2026-11-18 00:00".parse::<WallClock>().unwrap_err().to_string().contains("no time zone"));
        assert!("2026-13-18 00:00 UTC".parse::<WallClock>().is_err());
        for text in ["9h 30m", "09:30 Asia/Shanghai", "09:30:10 UTC", "2026-11-18 09:30 Asia/Shanghai"] {
            assert_eq!(text.parse::<When>().unwrap().to_string(), text);
        }
    }
}
