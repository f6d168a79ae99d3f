//! One allowance: so many requests or tokens a minute, an hour or a day.
//!
//! Exact integers: a unit costs `period` nanoseconds' worth of refill times a million, so that a bucket refills by
//! `limit · scale` each nanosecond. The level falls below zero where more is taken than it holds (see
//! [`Bucket::need`]); what comes back pays that off first.

use sandbox_core::{Span, Time};

use super::Ask;

pub(super) const MINUTE: i128 = 60_000_000_000;
pub(super) const HOUR: i128 = 60 * MINUTE;
pub(super) const DAY: i128 = 24 * HOUR;
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
    ByCalendar(i128),
}

/// An allowance.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub(super) unit: Unit,
    /// Units per period.
    limit: i128,
    /// Minute, hour or day [ns].
    period: i128,
    /// How much time's worth it holds; the length of a window [ns].
    hold: i128,
    back: Back,
    /// What is left [units · period in ns · millionths].
    level: i128,
    /// What a scale below one keeps of a calendar's allowance; the same unit.
    withheld: i128,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(unit: Unit, limit: u64, period: i128, hold: i128, back: Back) -> Self {
        let limit = i128::from(limit.min(LIMIT_MAX));
        Self { unit, limit, period, hold, back, level: limit * hold * ONE, withheld: 0 }
    }

    /// What a scale takes from a minute's bucket is gone; a calendar's comes back when the scale does.
    const fn is_calendar(&self) -> bool {
        matches!(self.back, Back::ByCalendar(_))
    }

    /// What it holds at most.
    fn capacity(&self, scale: i128) -> i128 {
        self.limit * self.hold * if self.is_calendar() { ONE } else { scale }
    }

    pub(super) fn refill(&mut self, from: Time, to: Time, scale: i128) {
        let (from, to) = (i128::from(from.as_nanos()), i128::from(to.as_nanos()));
        let windows = |shift: i128| ((to + shift) / self.hold - (from + shift) / self.hold) * self.hold;
        let came = match self.back {
            Back::Steadily => (to - from) * scale,
            Back::InWindows => windows(0) * scale,
            Back::ByCalendar(shift) => windows(shift) * ONE,
        };
        self.level = (self.level + self.limit * came).min(self.capacity(scale));
    }

    pub(super) fn rescale(&mut self, scale: i128) {
        if self.is_calendar() {
            self.withheld = self.limit * self.hold * (ONE - scale);
        } else {
            self.level = self.level.min(self.capacity(scale));
        }
    }

    pub(super) const fn cost(&self, units: u64) -> i128 {
        // More than the greatest limit is as good as any.
        let units = if units > LIMIT_MAX { LIMIT_MAX + 1 } else { units };
        units as i128 * self.period * ONE
    }

    /// The level at which `units` may be taken: their cost, or a full bucket if it holds less than that, which then
    /// goes below zero. `None` if they are more than a whole period allows.
    pub(super) fn need(&self, units: u64, scale: i128) -> Option<i128> {
        let cost = self.cost(units);
        (cost <= self.limit * self.period * scale).then(|| cost.min(self.limit * self.hold * scale))
    }

    /// The level at which anything may be taken: above zero.
    pub(super) fn some(&self, scale: i128) -> Option<i128> {
        (self.limit * scale > 0).then_some(1)
    }

    pub(super) const fn has(&self, need: i128) -> bool {
        self.level - self.withheld >= need
    }

    pub(super) const fn take(&mut self, units: u64) {
        self.level -= self.cost(units);
    }

    /// Gives back what `asked` was charged for and `used` does not need.
    pub(super) fn settle(&mut self, asked: u64, used: u64, scale: i128) {
        self.level = (self.level + self.cost(asked) - self.cost(used)).min(self.capacity(scale));
    }

    /// Until the level is `need`, if nobody takes anything; `None` if it never will be.
    pub(super) fn wait(&self, now: Time, need: i128, scale: i128) -> Option<Span> {
        if self.limit * scale == 0 {
            return None;
        }
        let lacks = (need - self.level + self.withheld).max(0);
        let now = i128::from(now.as_nanos());
        let in_windows = |shift: i128, scale: i128| {
            let windows = div_ceil(lacks, self.limit * self.hold * scale);
            windows * self.hold - (now + shift) % self.hold
        };
        let nanos = match self.back {
            Back::Steadily => div_ceil(lacks, self.limit * scale),
            Back::InWindows => in_windows(0, scale),
            Back::ByCalendar(shift) => in_windows(shift, ONE),
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
