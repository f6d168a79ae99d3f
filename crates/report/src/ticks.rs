//! Ticks of a time axis in local clock time, shared by charts and page.

use sandbox_core::{Span, Time};

use crate::figure::Clock;

/// A tick of the time axis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tick {
    pub(crate) at: Time,
    /// `09:00`, or `09:00:30` where ticks are closer than a minute; none where they are whole days apart.
    pub(crate) time: Option<String>,
    /// The date, where a new one begins.
    pub(crate) date: Option<String>,
}

const DAY_S: u64 = 86_400;

/// Distances between ticks that people count in, in seconds.
const STEPS: [u64; 22] = [
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1_800,
    3_600,
    7_200,
    10_800,
    21_600,
    43_200,
    DAY_S,
    2 * DAY_S,
    5 * DAY_S,
    10 * DAY_S,
    30 * DAY_S,
];

/// At most about `most` ticks, at round local times.
pub(crate) fn ticks(clock: &Clock, horizon: Span, most: u64) -> Vec<Tick> {
    let horizon_s = horizon.as_nanos() / 1_000_000_000;
    let step = STEPS.into_iter().find(|step| horizon_s / step <= most).unwrap_or(365 * DAY_S);
    let start = u64::from(clock.start_second_of_day);
    let mut ticks: Vec<Tick> = Vec::new();
    let mut local = start.div_ceil(step) * step;
    // Steps of several days count from the first midnight.
    if step > DAY_S {
        local = start.div_ceil(DAY_S) * DAY_S;
    }
    let mut day_before = None;
    while local - start <= horizon_s {
        let (day, second) = (local / DAY_S, local % DAY_S);
        let seconds = if step < 60 { format!(":{:02}", second % 60) } else { String::new() };
        let date = (day_before != Some(day)).then(|| date(&clock.date, day));
        day_before = Some(day);
        ticks.push(Tick {
            at: Time::from_nanos((local - start) * 1_000_000_000),
            time: (step < DAY_S).then(|| format!("{:02}:{:02}{seconds}", second / 3_600, second / 60 % 60)),
            date,
        });
        local += step;
    }
    ticks
}

/// The local time of an instant, `21:40`, with the date if it is not the first.
pub(crate) fn moment(clock: &Clock, at: Time) -> String {
    let local = u64::from(clock.start_second_of_day) + at.as_nanos() / 1_000_000_000;
    let (day, second) = (local / DAY_S, local % DAY_S);
    let time = format!("{:02}:{:02}", second / 3_600, second / 60 % 60);
    if day == 0 {
        return time;
    }
    let date = date(&clock.date, day);
    // Without the weekday: room is scarce where this goes.
    let short = WEEKDAYS.iter().find_map(|name| date.strip_prefix(name)).unwrap_or(&date).trim_start();
    format!("{short} {time}")
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// `days` after a date like `Wed 18 Nov 2026`; later dates go without the year.
fn date(first: &str, days: u64) -> String {
    if days == 0 {
        return first.to_owned();
    }
    later(first, days).unwrap_or_else(|| format!("day {}", days + 1))
}

fn later(first: &str, days: u64) -> Option<String> {
    let mut words = first.split_whitespace();
    let weekday = words.next()?;
    let weekday = WEEKDAYS.iter().position(|name| *name == weekday)?;
    let mut day: u64 = words.next()?.parse().ok()?;
    let month = words.next()?;
    let mut month = MONTHS.iter().position(|name| *name == month)?;
    let mut year: u64 = words.next()?.parse().ok()?;
    for _ in 0..days {
        day += 1;
        if day > days_in(month, year) {
            day = 1;
            month += 1;
        }
        if month == 12 {
            month = 0;
            year += 1;
        }
    }
    // The remainder of a division by 7 is an index.
    let weekday = (weekday as u64 + days) % 7;
    Some(format!("{} {day} {}", WEEKDAYS[weekday as usize], MONTHS[month]))
}

const fn days_in(month: usize, year: u64) -> u64 {
    match month {
        1 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(date: &str, start_second_of_day: u32) -> Clock {
        Clock { zone: "Asia/Shanghai".to_owned(), date: date.to_owned(), start_second_of_day }
    }

    #[test]
    fn ticks_are_at_round_local_times() {
        let ticks = ticks(&clock("Wed 18 Nov 2026", 8 * 3_600 + 900), Span::from_hours(24), 9);
        let shown: Vec<_> = ticks.iter().filter_map(|tick| tick.time.as_deref()).collect();
        assert_eq!(shown, ["09:00", "12:00", "15:00", "18:00", "21:00", "00:00", "03:00", "06:00"]);
        assert_eq!(ticks[0].at, Time::from_nanos(2_700_000_000_000));
        assert_eq!(ticks[0].date.as_deref(), Some("Wed 18 Nov 2026"));
        assert_eq!(ticks[5].date.as_deref(), Some("Thu 19 Nov"));
        assert!(ticks[6].date.is_none());
    }

    #[test]
    fn dates_pass_months_leap_days_and_years() {
        assert_eq!(date("Wed 28 Feb 2024", 1), "Thu 29 Feb");
        assert_eq!(date("Thu 31 Dec 2026", 1), "Fri 1 Jan");
        assert_eq!(date("Mon 30 Nov 2026", 31), "Thu 31 Dec");
        assert_eq!(date("tomorrow", 2), "day 3");
    }

    #[test]
    fn every_horizon_has_few_ticks() {
        for seconds in [1, 60, 600, 3_600, 86_400, 30 * 86_400, 400 * 86_400] {
            let count = ticks(&clock("Wed 18 Nov 2026", 3_599), Span::from_secs(seconds), 9).len();
            assert!((1..=11).contains(&count), "{seconds}: {count}");
        }
    }
}
