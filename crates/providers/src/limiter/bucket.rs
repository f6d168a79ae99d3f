//! One allowance: so many requests or tokens a minute, an hour or a day.
//!
//! Exact integers: a unit costs `period` nanoseconds' worth of refill times a million, so that a bucket refills by
//! `limit · scale` each nanosecond. The level falls below zero where more is taken than it holds (see
//! [`Bucket::need`]); what comes back pays that off first.

use sandbox_core::{Span, Time};

use super::Ask;

pub(super) const MINUTE: u64 = 60_000_000_000;
pub(super) const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;
/// Scales are in steps of one millionth.
pub(super) const ONE: i128 = 1_000_000;
/// Greatest limit: with it, ten years' refill of a day's allowance fits 128 bits.
const LIMIT_MAX: u64 = 1_000_000_000_000;

/// What an allowance counts.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    Requests,
    /// Prompt and answer.
    Tokens,
    Prompt,
    Answer,
}

impl Unit {
    /// How many of these are `prompt` and `answer` tokens of one request.
    pub(super) const fn of(self, prompt: u64, answer: u64) -> u64 {
        match self {
            Self::Requests => 1,
            Self::Tokens => prompt.saturating_add(answer),
            Self::Prompt => prompt,
            Self::Answer => answer,
        }
    }
}

/// How an allowance comes back.
#[derive(Copy, Clone, Debug)]
pub(super) enum Back {
    /// All the time.
    Steadily,
    /// What comes back in `hold`, all at once at the start of each.
    InWindows,
    /// The same, with windows at full hours or days of UTC: the scenario starts so many nanoseconds after midnight.
    ByCalendar(u64),
}

/// An allowance. Levels are in units · period in ns · millionths.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub(super) unit: Unit,
    /// Units per period.
    limit: i128,
    /// How much time's worth it holds; the length of a window [ns].
    hold: u64,
    back: Back,
    level: i128,
    /// What a scale below one keeps of a calendar's allowance.
    withheld: i128,
    /// What one unit costs.
    one: i128,
    /// What comes back in a nanosecond, at the present scale.
    rate: i128,
    /// What comes back in a period, at the present scale: nothing that costs more is ever let in.
    whole: i128,
    /// What may be taken from a full one, at the present scale.
    full: i128,
    /// The highest level.
    capacity: i128,
}

impl Bucket {
    /// A full one, of so many units in `period` nanoseconds.
    pub(super) fn new(unit: Unit, limit: u64, period: u64, hold: u64, back: Back) -> Self {
        let limit = i128::from(limit.min(LIMIT_MAX));
        let (rate, one) = (limit * ONE, i128::from(period) * ONE);
        let full = rate * i128::from(hold);
        let whole = rate * i128::from(period);
        Self { unit, limit, hold, back, level: full, withheld: 0, one, rate, whole, full, capacity: full }
    }

    /// Shrinks it to `scale` millionths. What that takes from a minute's bucket is gone; a calendar's comes back when the
    /// scale does.
    pub(super) fn rescale(&mut self, scale: i128) {
        self.rate = self.limit * scale;
        self.whole = self.rate * (self.one / ONE);
        self.full = self.rate * i128::from(self.hold);
        if let Back::ByCalendar(_) = self.back {
            self.withheld = self.capacity - self.full;
        } else {
            self.capacity = self.full;
            self.level = self.level.min(self.capacity);
        }
    }

    pub(super) fn refill(&mut self, from: Time, to: Time) {
        let (from, to) = (from.as_nanos(), to.as_nanos());
        let windows = |shift: u64| i128::from((to + shift) / self.hold - (from + shift) / self.hold);
        let came = match self.back {
            Back::Steadily => self.rate * i128::from(to - from),
            Back::InWindows => windows(0) * self.capacity,
            Back::ByCalendar(shift) => windows(shift) * self.capacity,
        };
        self.level = (self.level + came).min(self.capacity);
    }

    const fn cost(&self, units: u64) -> i128 {
        // More than the greatest limit is as good as any.
        let units = if units > LIMIT_MAX { LIMIT_MAX + 1 } else { units };
        units as i128 * self.one
    }

    /// The level at which `units` may be taken: their cost, or a full bucket if it holds less than that, which then
    /// goes below zero. `None` if they are more than a whole period allows.
    pub(super) fn need(&self, units: u64) -> Option<i128> {
        let cost = self.cost(units);
        (cost <= self.whole).then(|| cost.min(self.full))
    }

    /// The level at which anything may be taken: above zero.
    pub(super) fn some(&self) -> Option<i128> {
        (self.rate > 0).then_some(1)
    }

    pub(super) const fn has(&self, need: i128) -> bool {
        self.level - self.withheld >= need
    }

    pub(super) const fn take(&mut self, units: u64) {
        self.level -= self.cost(units);
    }

    /// Gives back what `asked` was charged for and `used` does not need.
    pub(super) fn settle(&mut self, asked: u64, used: u64) {
        self.level = (self.level + self.cost(asked) - self.cost(used)).min(self.capacity);
    }

    /// Until the level is `need`, if nobody takes anything; `None` if it never will be.
    pub(super) fn wait(&self, now: Time, need: i128) -> Option<Span> {
        if self.rate == 0 {
            return None;
        }
        let lacks = (need - self.level + self.withheld).max(0);
        let in_windows = |shift: u64| {
            let into = (now.as_nanos() + shift) % self.hold;
            div_ceil(lacks, self.capacity) * i128::from(self.hold) - i128::from(into)
        };
        let nanos = match self.back {
            Back::Steadily => div_ceil(lacks, self.rate),
            Back::InWindows => in_windows(0),
            Back::ByCalendar(shift) => in_windows(shift),
        };
        Some(Span::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }
}

/// Of two numbers that are not negative.
const fn div_ceil(a: i128, b: i128) -> i128 {
    (a + b - 1) / b
}

impl Ask {
    /// What is asked for up front.
    pub(super) const fn units(&self, unit: Unit, estimated: bool) -> u64 {
        unit.of(self.prompt, if estimated { self.most } else { self.answer })
    }
}
