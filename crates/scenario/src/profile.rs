//! Shapes over the day, laid along virtual time.

use sandbox_core::{Span, Time};
use sandbox_model::Curve;

use crate::clock::{WallClock, Zone};
use crate::file::Profile;

/// Zone of [`Profile::DeepSeekDay`].
const DEEPSEEK_ZONE: &str = "Asia/Shanghai";

/// Zone of [`Profile::ChinaSlowHours`].
const CHINA_ZONE: &str = "Asia/Shanghai";

/// Slow hours on the way into mainland China, joined by straight lines: above a half from 09:30 to 21:30.
const CHINA_SLOW_HOURS: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
    1.0, 0.0, 0.0,
];

/// Demand at DeepSeek by local hour, relative to its mean (open-infra-index, day 6, 27 to 28 Feb 2025).
const DEEPSEEK_DAY: [f64; 24] = [
    0.93, 0.77, 0.56, 0.34, 0.27, 0.27, 0.34, 0.58, 0.99, 1.26, 1.30, 1.28, 1.16, 1.22, 1.30, 1.32, 1.30,
    1.19, 1.15, 1.26, 1.31, 1.32, 1.33, 1.27,
];

/// The greatest value of [`Profile::ChinaSlowHours`] relative to its mean.
pub(crate) fn china_peak() -> f64 {
    24.0 / CHINA_SLOW_HOURS.iter().sum::<f64>()
}

/// The greatest value of [`Profile::DeepSeekDay`] relative to its mean.
pub(crate) fn deepseek_peak() -> f64 {
    DEEPSEEK_DAY.iter().copied().fold(0.0, f64::max) / (DEEPSEEK_DAY.iter().sum::<f64>() / 24.0)
}

impl Profile {
    /// This shape times `mean`, from the start of the scenario to its end. The profile was checked.
    pub(crate) fn curve(&self, mean: f64, start: &WallClock, duration: Span) -> Curve {
        let (zone, hours, days) = match self {
            Self::Flat => return Curve::constant(mean),
            Self::DeepSeekDay => (DEEPSEEK_ZONE, &DEEPSEEK_DAY[..], &[1.0; 7][..]),
            Self::ChinaSlowHours => (CHINA_ZONE, &CHINA_SLOW_HOURS[..], &[1.0; 7][..]),
            Self::Hourly { zone, hours, days } => (zone.as_str(), &hours[..], &days[..]),
        };
        // A checked profile has a zone, and the other is in the compiled database (a test reads it).
        let Ok(zone) = zone.parse::<Zone>() else { return Curve::constant(mean) };
        let average = hours.iter().sum::<f64>() / 24.0;
        let at = |time: Time| {
            let (minute, day) = start.minute_of_day(&zone, time);
            let (hour, part) = ((minute / 60.0) as usize % 24, minute % 60.0 / 60.0);
            let (a, b) = (hours[hour], hours[(hour + 1) % 24]);
            mean * days[day] * (a + (b - a) * part) / average
        };
        let step = knot_step(start, &zone);
        let knots = duration.as_nanos().div_ceil(step.as_nanos());
        Curve::new(step, (0..=knots).map(|k| at(Time::ZERO + step * k)).collect())
    }
}

/// The widest step, at most half an hour, with which knots fall on local full hours.
fn knot_step(start: &WallClock, zone: &Zone) -> Span {
    let (minute, _) = start.minute_of_day(zone, Time::ZERO);
    if minute.fract() != 0.0 {
        return Span::from_mins(1);
    }
    let (mut a, mut b) = (30, minute as u64 % 60);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    Span::from_mins(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(h: u64) -> Time {
        Time::ZERO + Span::from_hours(h)
    }

    #[test]
    fn the_deepseek_day_has_its_trough_before_dawn_in_shanghai_and_mean_one() {
        let start: WallClock = "2026-11-18 00:00 Asia/Shanghai".parse().unwrap();
        let curve = Profile::DeepSeekDay.curve(1.0, &start, Span::from_hours(24));
        let mean = DEEPSEEK_DAY.iter().sum::<f64>() / 24.0;
        assert!((curve.at(hours(4)) - 0.27 / mean).abs() < 1e-12);
        let sum: f64 = (0..24).map(|h| curve.at(hours(h))).sum();
        assert!((sum - 24.0).abs() < 1e-9, "{sum}");
        // Midnight UTC is 08:00 in Shanghai.
        let utc: WallClock = "2026-11-18 00:00 UTC".parse().unwrap();
        assert_eq!(
            Profile::DeepSeekDay.curve(1.0, &utc, Span::from_hours(2)).at(Time::ZERO),
            curve.at(hours(8))
        );
    }

    #[test]
    fn half_hour_zones_odd_starts_and_weekdays_are_met() {
        let mut shape = vec![1.0; 24];
        shape[10] = 25.0;
        let days = vec![1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5];
        let profile = Profile::Hourly { zone: "Asia/Kolkata".into(), hours: shape, days };
        // 10:00 in Kolkata is 04:30 UTC; the 21st of November 2026 is a Saturday.
        let start: WallClock = "2026-11-20 00:10 UTC".parse().unwrap();
        let curve = profile.curve(2.0, &start, Span::from_hours(48));
        let peak = Time::ZERO + Span::from_mins(260);
        assert!((curve.at(peak) - 25.0).abs() < 1e-9, "{}", curve.at(peak));
        assert!((curve.at(peak + Span::from_hours(24)) - 12.5).abs() < 1e-9);
        assert_eq!(curve.max(), curve.at(peak));
    }
}
