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

/// A histogram over the week: when incidents began.
#[derive(Debug)]
struct Starts {
    /// Shares by hour of the day, UTC.
    hours: [f64; 24],
    /// Shares by day of the week, Monday first.
    days: [f64; 7],
}

/// Re-analysis of `incident_stages_all.csv` of FAILS (arXiv 2503.12185): 373 incidents.
const OPENAI_STARTS: Starts = Starts {
    hours: [
        0.046, 0.034, 0.017, 0.029, 0.019, 0.017, 0.019, 0.024, 0.022, 0.012, 0.012, 0.015, 0.019, 0.041,
        0.048, 0.056, 0.060, 0.075, 0.080, 0.109, 0.070, 0.051, 0.070, 0.056,
    ],
    days: [0.130, 0.186, 0.239, 0.186, 0.186, 0.048, 0.024],
};

/// The same: 191 incidents.
const ANTHROPIC_STARTS: Starts = Starts {
    hours: [
        0.031, 0.044, 0.053, 0.031, 0.022, 0.013, 0.018, 0.004, 0.022, 0.022, 0.009, 0.036, 0.013, 0.040,
        0.071, 0.058, 0.084, 0.080, 0.071, 0.058, 0.058, 0.058, 0.067, 0.036,
    ],
    days: [0.191, 0.231, 0.156, 0.209, 0.133, 0.053, 0.027],
};

impl Starts {
    fn of(profile: &Profile) -> Option<&'static Self> {
        match profile {
            Profile::OpenAiIncidents => Some(&OPENAI_STARTS),
            Profile::AnthropicIncidents => Some(&ANTHROPIC_STARTS),
            _ => None,
        }
    }

    /// Relative to the mean over a week.
    fn at(&self, hour: usize, day: usize) -> f64 {
        let share = |values: &[f64], i: usize| values[i] * values.len() as f64 / values.iter().sum::<f64>();
        share(&self.hours, hour) * share(&self.days, day)
    }
}

/// The greatest value of a named week relative to its mean.
pub(crate) fn starts_peak(profile: &Profile) -> f64 {
    let peak = |starts: &Starts| {
        let hours = (0..24).flat_map(|hour| (0..7).map(move |day| starts.at(hour, day)));
        hours.fold(0.0, f64::max)
    };
    Starts::of(profile).map_or(1.0, peak)
}

/// The greatest value of [`Profile::DeepSeekDay`] relative to its mean.
pub(crate) fn deepseek_peak() -> f64 {
    DEEPSEEK_DAY.iter().copied().fold(0.0, f64::max) / (DEEPSEEK_DAY.iter().sum::<f64>() / 24.0)
}

impl Profile {
    /// This shape times `mean`, from the start of the scenario to its end. The profile was checked.
    pub(crate) fn curve(&self, mean: f64, start: &WallClock, duration: Span) -> Curve {
        if let Some(starts) = Starts::of(self) {
            let Ok(zone) = "UTC".parse::<Zone>() else { return Curve::constant(mean) };
            let step = knot_step(start, &zone);
            let knots = duration.as_nanos().div_ceil(step.as_nanos());
            let at = |knot| {
                let (minute, day) = start.minute_of_day(&zone, Time::ZERO + step * knot);
                mean * starts.at((minute / 60.0) as usize % 24, day)
            };
            return Curve::stairs(step, (0..=knots).map(at).collect());
        }
        let (zone, hours, days) = match self {
            Self::Flat | Self::OpenAiIncidents | Self::AnthropicIncidents => return Curve::constant(mean),
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
    fn the_named_weeks_have_mean_one_and_their_shares() {
        // A Monday, at an odd time in a zone with half an hour.
        let start: WallClock = "2026-11-16 05:30 Asia/Kolkata".parse().unwrap();
        for profile in [Profile::OpenAiIncidents, Profile::AnthropicIncidents] {
            let curve = profile.curve(1.0, &start, Span::from_hours(7 * 24));
            let week = |at: &dyn Fn(u64) -> bool| {
                (0..168).filter(|h| at(*h)).map(|h| curve.at(hours(h))).sum::<f64>()
            };
            assert!((week(&|_| true) - 168.0).abs() < 1e-9);
            let starts = Starts::of(&profile).unwrap();
            let total: f64 = starts.hours.iter().sum();
            assert!((week(&|h| h % 24 == 19) / 168.0 - starts.hours[19] / total).abs() < 1e-12);
            assert!(
                (week(&|h| h / 24 == 6) / 168.0 - starts.days[6] / starts.days.iter().sum::<f64>()).abs()
                    < 1e-12
            );
            assert_eq!(curve.max(), starts_peak(&profile));
            // Stairs: the same until the hour is over.
            assert_eq!(curve.at(hours(20) - Span::from_nanos(1)), curve.at(hours(19)));
        }
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
