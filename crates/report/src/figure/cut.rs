//! A stretch of a run's time: reading what people write for its ends, and cutting a figure to it.

use sandbox_core::{Span, Time};
use sandbox_engine::output::summary::Percentiles;

use super::{Clock, Figure, Totals};
use crate::error::ReportError;

impl Clock {
    /// The instant that a person means: time since the start (`9h30m`), or wall clock (`20:15`, `20:15:30`,
    /// `2026-11-18 20:15`). A time of day without a date is the first such one at or after `after`.
    ///
    /// # Errors
    /// [`ReportError::Moment`] if it is none of these, or before the start.
    pub fn read(&self, text: &str, after: Time) -> Result<Time, ReportError> {
        let text = text.trim();
        let wrong =
            |problem: &str| ReportError::Moment { text: text.to_owned(), problem: problem.to_owned() };
        let (date, time) = match text.split_once([' ', 'T']) {
            Some((date, time)) if date.contains('-') => (Some(date), time),
            _ => (None, text),
        };
        let start = u64::from(self.start_second_of_day);
        let Some(second) = second_of_day(time) else {
            if date.is_none() && !text.contains(':') {
                let span: Span = text.parse().map_err(|_| wrong("is not a time"))?;
                return Ok(Time::ZERO.saturating_add(span));
            }
            return Err(wrong("is not a time"));
        };
        let day = match date {
            Some(date) => self.day(date).ok_or_else(|| wrong("is not a day of the run"))?,
            None => (start + after.as_nanos().div_ceil(1_000_000_000)).saturating_sub(second).div_ceil(DAY_S),
        };
        let since = (day * DAY_S + second).checked_sub(start).ok_or_else(|| wrong("is before the start"))?;
        Ok(Time::from_nanos(since.saturating_mul(1_000_000_000)))
    }

    /// Days from the first date to one like `2026-11-18`, of a year's length at most.
    fn day(&self, date: &str) -> Option<u64> {
        let mut parts = date.split('-').map(|part| part.parse::<u64>().ok());
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        let month = crate::ticks::MONTHS.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
        let wanted = format!("{day} {month} {year}");
        (0..=366)
            .find(|&days| crate::ticks::later_with_year(&self.date, days).is_some_and(|date| date == wanted))
    }
}

const DAY_S: u64 = 86_400;

/// `20:15` or `20:15:30` as seconds since midnight.
fn second_of_day(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    let two_digits =
        |part: &&str| part.len() <= 2 && !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !parts.iter().all(two_digits) {
        return None;
    }
    let number = |index: usize| parts.get(index).map_or(Some(0), |part| part.parse::<u64>().ok());
    let (hour, minute, second) = (number(0)?, number(1)?, number(2)?);
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3_600 + minute * 60 + second)
}

impl Figure {
    /// Only the buckets that lie in a stretch of time, as a whole or in part. Totals are then of these buckets, as far as
    /// they can be told from them; warm-up is still not counted.
    ///
    /// # Errors
    /// [`ReportError::Stretch`] if nothing is left.
    pub fn cut(&self, from: Time, until: Time) -> Result<Self, ReportError> {
        let bucket = self.timeline.bucket;
        let end = |at: Time| at.saturating_add(bucket);
        let inside: Vec<usize> = (0..self.timeline.rows.len())
            .filter(|&index| {
                let at = self.timeline.rows[index].at;
                at < until && end(at) > from
            })
            .collect();
        let (Some(&first), Some(&last)) = (inside.first(), inside.last()) else {
            let clock = &self.clock;
            let moment = |at| crate::ticks::moment(clock, at);
            return Err(ReportError::Stretch {
                from: moment(from),
                until: moment(until),
                start: moment(Time::ZERO),
                end: moment(Time::ZERO.saturating_add(self.horizon)),
            });
        };
        let mut cut = self.clone();
        cut.timeline.rows = self.timeline.rows[first..=last].to_vec();
        let horizon = Time::ZERO.saturating_add(self.horizon);
        cut.shown = (cut.timeline.rows[0].at, end(self.timeline.rows[last].at).min(horizon));
        if cut.shown == self.shown {
            return Ok(self.clone());
        }
        cut.before = first.checked_sub(1).map_or(self.before, |index| {
            let row = &self.timeline.rows[index];
            (row.cost, row.twin_cost)
        });
        cut.is_cut = true;
        for lane in &mut cut.lanes {
            lane.truth.retain(|window| window.from < cut.shown.1 && window.until > cut.shown.0);
        }
        cut.totals = cut.totals_shown();
        Ok(cut)
    }

    /// Sums over the rows that are there and counted.
    fn totals_shown(&self) -> Totals {
        let warm_up = Time::ZERO.saturating_add(self.warm_up);
        let counted = || self.timeline.rows.iter().filter(|row| row.at >= warm_up);
        let arrived: u64 = counted().map(|row| row.arrived).sum();
        let share = |n: u64| (arrived > 0).then(|| n as f64 / arrived as f64);
        let base = self
            .timeline
            .rows
            .iter()
            .take_while(|row| row.at < warm_up)
            .last()
            .map_or(self.before, |row| (row.cost, row.twin_cost));
        let last = counted().next_back().map_or(base, |row| (row.cost, row.twin_cost));
        Totals {
            arrived,
            plan: share(counted().map(|row| row.served_by_plan).sum()),
            leak: share(counted().map(|row| row.leaked).sum()),
            // By bucket it is not known.
            avoidable: None,
            failed: share(counted().map(|row| row.failed).sum()),
            shed: share(counted().map(|row| row.shed).sum()),
            amplification: share(counted().map(|row| row.attempts).sum()),
            rate_limited: counted().map(|row| row.rate_limited).sum(),
            ttft_s: Percentiles::default(),
            cost: (last.0 - base.0).as_f64(),
            twin_cost: (last.1 - base.1).as_f64(),
            objectives: self.totals.objectives,
        }
    }

    /// The class in which a share (0 to 1) of the shown requests' times to first token ends: its ends, the upper none if it has no
    /// end. `None` if there are no classes or no requests.
    #[must_use]
    pub fn ttft_class(&self, share: f64) -> Option<(Span, Option<Span>)> {
        let classes = &self.timeline.ttft_classes;
        let warm_up = Time::ZERO.saturating_add(self.warm_up);
        let count = |class: usize| -> u64 {
            let counted = self.timeline.rows.iter().filter(|row| row.at >= warm_up);
            counted.filter_map(|row| row.ttft_counts.get(class)).sum()
        };
        let counts: Vec<u64> = (0..=classes.len()).map(count).collect();
        let all: u64 = counts.iter().sum();
        if classes.is_empty() || all == 0 {
            return None;
        }
        // Nearest rank.
        let rank = libm::ceil(share * all as f64).max(1.0) as u64;
        let mut sum = 0;
        let class = counts.iter().position(|&n| {
            sum += n;
            sum >= rank
        })?;
        let lower = class.checked_sub(1).map_or(Span::ZERO, |below| classes[below]);
        Some((lower, classes.get(class).copied()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::day;

    fn clock() -> Clock {
        Clock {
            zone: "Asia/Shanghai".to_owned(),
            date: "Thu 31 Dec 2026".to_owned(),
            start_second_of_day: 8 * 3_600,
        }
    }

    fn at(s: u64) -> Time {
        Time::from_nanos(s * 1_000_000_000)
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        let cases = [
            ("9h30m", 34_200),
            ("0s", 0),
            ("20:15", 12 * 3_600 + 900),
            ("20:15:30", 12 * 3_600 + 930),
            // Before the start's time of day: the next day's.
            ("07:00", 23 * 3_600),
            ("2026-12-31 20:15", 12 * 3_600 + 900),
            ("2027-01-01 20:15", 36 * 3_600 + 900),
            ("2027-01-02T08:00", 48 * 3_600),
        ];
        for (text, seconds) in cases {
            assert_eq!(clock().read(text, Time::ZERO), Ok(at(seconds)), "{text}");
        }
        // The first one after.
        assert_eq!(clock().read("09:00", at(2 * 3_600)), Ok(at(25 * 3_600)));
        assert_eq!(clock().read("10:00", at(2 * 3_600)), Ok(at(2 * 3_600)));
    }

    #[test]
    fn what_is_no_moment_is_refused_with_a_hint() {
        for text in
            ["", "soon", "25:00", "9:60", "1:2:3:4", "2026-12-30 20:15", "2026-12-31", "2026-12-31 07:00"]
        {
            let error = clock().read(text, Time::ZERO).expect_err(text).to_string();
            assert!(error.contains("hint: "), "{text}: {error}");
        }
    }

    #[test]
    fn a_cut_counts_what_it_shows() {
        let run = day().run();
        let figure = run.data().figure().expect("lanes for all faults");
        // From within the bucket of 09:30 to within that of 10:00.
        let cut = figure.cut(at(34_230), at(36_001)).expect("within the day");
        assert_eq!(cut.shown, (at(34_200), at(36_120)));
        let rows: Vec<_> =
            figure.timeline.rows.iter().filter(|row| row.at >= at(34_200) && row.at < at(36_120)).collect();
        assert_eq!(cut.timeline.rows.len(), rows.len());
        assert_eq!(cut.totals.arrived, rows.iter().map(|row| row.arrived).sum::<u64>());
        let leaked: u64 = rows.iter().map(|row| row.leaked).sum();
        assert_eq!(cut.totals.leak, Some(leaked as f64 / cut.totals.arrived as f64));
        let before = figure.timeline.rows.iter().rfind(|row| row.at < at(34_200)).expect("earlier rows");
        let last = rows.last().expect("some rows");
        assert_eq!(cut.totals.cost, (last.cost - before.cost).as_f64());
        // One outage of an hour with many seconds around it: only what is in the stretch.
        assert!(cut.lanes[0].truth.iter().all(|w| w.from < at(36_120) && w.until > at(34_200)));
        assert!(!cut.lanes[0].truth.is_empty());
        // A cut of everything is no cut.
        assert_eq!(figure.cut(Time::ZERO, at(86_400)), Ok(figure.clone()));
        let error = figure.cut(at(90_000), at(91_000)).expect_err("after the end").to_string();
        assert!(error.contains("hint: "), "{error}");
    }

    #[test]
    fn percentiles_of_a_stretch_are_known_by_class() {
        let mut figure = day().run().data().figure().expect("lanes for all faults");
        figure.timeline.ttft_classes = vec![Span::from_secs(1), Span::from_secs(2)];
        for row in &mut figure.timeline.rows {
            row.ttft_counts = vec![0, 0, 0];
        }
        assert_eq!(figure.ttft_class(0.5), None);
        figure.timeline.rows[500].ttft_counts = vec![5, 4, 1];
        assert_eq!(figure.ttft_class(0.5), Some((Span::ZERO, Some(Span::from_secs(1)))));
        assert_eq!(figure.ttft_class(0.51), Some((Span::from_secs(1), Some(Span::from_secs(2)))));
        assert_eq!(figure.ttft_class(0.95), Some((Span::from_secs(2), None)));
    }
}
