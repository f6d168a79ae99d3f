//! Rate limits of one account: whichever is reached first refuses.
//!
//! Allowances are exact integers (`bucket`). A refused request takes nothing.

mod bucket;
#[cfg(test)]
mod tests;

use bucket::{Back, Bucket, DAY, HOUR, MINUTE, ONE, Unit};
use sandbox_core::{Span, Time};
use sandbox_model::LimitKind;

/// How a per-minute allowance comes back.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub enum Refill {
    /// Continuously; the bucket holds one quantum's worth.
    #[default]
    Continuous,
    /// All at once, at the start of each quantum of virtual time.
    Window,
}

/// What tokens are charged, and when.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub enum Charge {
    /// Prompt and answer on admission, as if the answer's length were known. Nothing comes back.
    #[default]
    Actual,
    /// Prompt and the most that the answer may have on admission; what was not used comes back at the end.
    Estimate,
    /// Nothing on admission, for which any allowance is enough; what was used at the end, into debt if need be.
    Afterwards,
}

/// The limits; `None` means unlimited. Limits above 10^12 count as that.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct LimitSpec {
    /// Requests per minute.
    pub rpm: Option<u32>,
    /// Requests per hour of UTC.
    pub rph: Option<u32>,
    /// Requests per day of UTC.
    pub rpd: Option<u32>,
    /// Tokens per minute, prompt and answer.
    pub tpm: Option<u64>,
    /// Tokens per day of UTC, prompt and answer.
    pub tpd: Option<u64>,
    /// Prompt tokens per minute.
    pub itpm: Option<u64>,
    /// Answer tokens per minute.
    pub otpm: Option<u64>,
    /// Requests in flight.
    pub concurrency: Option<u32>,
    /// How allowances per minute come back.
    pub refill: Refill,
    /// How much time's worth of a minute's allowance is there at once; the length of a window. At most a minute.
    pub quantum: Span,
    /// What tokens are charged, and when.
    pub charge: Charge,
    /// Share of [`LimitSpec::concurrency`] that competing load of one would take.
    pub narrows: f64,
    /// How long after midnight UTC virtual time begins.
    pub after_midnight: Span,
}

impl Default for LimitSpec {
    fn default() -> Self {
        Self {
            rpm: None,
            rph: None,
            rpd: None,
            tpm: None,
            tpd: None,
            itpm: None,
            otpm: None,
            concurrency: None,
            refill: Refill::default(),
            quantum: Span::from_mins(1),
            charge: Charge::default(),
            narrows: 0.0,
            after_midnight: Span::ZERO,
        }
    }
}

/// What a request needs.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// Tokens of its prompt.
    pub prompt: u64,
    /// Tokens that its answer will have.
    pub answer: u64,
    /// Tokens that its answer may have.
    pub most: u64,
}

impl Ask {
    /// A request of `tokens`, all of them prompt.
    #[must_use]
    pub const fn tokens(tokens: u64) -> Self {
        Self { prompt: tokens, answer: 0, most: 0 }
    }
}

/// What a request that has ended has used.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Used {
    /// Tokens of the prompt: all of them or none.
    pub prompt: u64,
    /// Tokens of the answer that were made.
    pub answer: u64,
}

/// Why a request was refused, and when the same request could be taken if nobody else asked.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The limit that was reached.
    pub limit: LimitKind,
    /// Its key in a scenario: `rpm`, `tpd`, `concurrency` …
    pub key: &'static str,
    /// Until this limit would let it in; `None` if that is not a matter of time.
    pub wait: Option<Span>,
}

/// The state of the limits. Tell it the time with every call; times must not decrease.
#[derive(Clone, Debug)]
pub struct Limiter {
    /// In the order in which they are checked, with their keys.
    buckets: Vec<(&'static str, Bucket)>,
    concurrency: Option<u32>,
    charge: Charge,
    narrows: f64,
    scale: i128,
    /// What competing load leaves of the concurrency [millionths].
    open: i128,
    in_flight: u32,
    refilled: Time,
}

impl Limiter {
    /// Full allowances.
    #[must_use]
    pub fn new(spec: LimitSpec) -> Self {
        let hold = spec.quantum.as_nanos().clamp(1, MINUTE);
        let back = match spec.refill {
            Refill::Continuous => Back::Steadily,
            Refill::Window => Back::InWindows,
        };
        let calendar = Back::ByCalendar(spec.after_midnight.as_nanos());
        let few = |limit: Option<u32>| limit.map(u64::from);
        let all = [
            ("rpm", few(spec.rpm), Unit::Requests, MINUTE, hold, back),
            ("rph", few(spec.rph), Unit::Requests, HOUR, HOUR, calendar),
            ("rpd", few(spec.rpd), Unit::Requests, DAY, DAY, calendar),
            ("tpm", spec.tpm, Unit::Tokens, MINUTE, hold, back),
            ("tpd", spec.tpd, Unit::Tokens, DAY, DAY, calendar),
            ("itpm", spec.itpm, Unit::Prompt, MINUTE, hold, back),
            ("otpm", spec.otpm, Unit::Answer, MINUTE, hold, back),
        ];
        let bucket = |(key, limit, unit, period, hold, back): (_, Option<u64>, _, _, _, _)| {
            limit.map(|limit| (key, Bucket::new(unit, limit, period, hold, back)))
        };
        Self {
            buckets: all.into_iter().filter_map(bucket).collect(),
            concurrency: spec.concurrency,
            charge: spec.charge,
            narrows: spec.narrows,
            scale: ONE,
            open: ONE,
            in_flight: 0,
            refilled: Time::ZERO,
        }
    }

    /// Takes a request in, or says which limit it met. Requests are checked first, then tokens, then requests in
    /// flight; the minute before the hour before the day. What was taken in must be [released](Self::release).
    ///
    /// # Errors
    /// The limit that was reached.
    pub fn take(&mut self, now: Time, ask: Ask) -> Result<(), Refusal> {
        self.check(now, ask)?;
        for (_, bucket) in &mut self.buckets {
            if self.charge != Charge::Afterwards || bucket.unit == Unit::Requests {
                bucket.take(ask.units(bucket.unit, self.charge == Charge::Estimate));
            }
        }
        self.in_flight += 1;
        Ok(())
    }

    /// Whether [`Limiter::take`] would take a request now.
    ///
    /// # Errors
    /// The limit that would be reached.
    pub fn check(&mut self, now: Time, ask: Ask) -> Result<(), Refusal> {
        self.fill_up(now);
        for (key, bucket) in &self.buckets {
            let need = if self.charge == Charge::Afterwards && bucket.unit != Unit::Requests {
                bucket.some()
            } else {
                bucket.need(ask.units(bucket.unit, self.charge == Charge::Estimate))
            };
            if need.is_none_or(|need| !bucket.has(need)) {
                let limit =
                    if bucket.unit == Unit::Requests { LimitKind::Requests } else { LimitKind::Tokens };
                let wait = need.and_then(|need| bucket.wait(now, need));
                return Err(Refusal { limit, key, wait });
            }
        }
        if self.most_in_flight().is_some_and(|most| i128::from(self.in_flight) >= most) {
            return Err(Refusal { limit: LimitKind::Concurrency, key: "concurrency", wait: None });
        }
        Ok(())
    }

    /// How many requests may be in flight now. However busy other tenants are, one may; a scale can leave none.
    fn most_in_flight(&self) -> Option<i128> {
        let limit = i128::from(self.concurrency?) * self.scale;
        Some((limit * self.open / (ONE * ONE)).max((limit / ONE).min(1)))
    }

    /// A request that was taken in has ended: the same `ask`, and what it used. Without tokens that are trued up or
    /// charged at the end, it only leaves.
    ///
    /// # Panics
    /// If none is in flight.
    pub fn release(&mut self, now: Time, ask: Ask, used: Used) {
        assert!(self.in_flight > 0, "more requests ended than were taken in");
        self.in_flight -= 1;
        if self.charge == Charge::Actual {
            return;
        }
        self.fill_up(now);
        for (_, bucket) in self.buckets.iter_mut().filter(|(_, bucket)| bucket.unit != Unit::Requests) {
            let asked = if self.charge == Charge::Estimate { ask.units(bucket.unit, true) } else { 0 };
            bucket.settle(asked, bucket.unit.of(used.prompt, used.answer));
        }
    }

    /// Shrinks every limit to a share of itself (0 to 1) until told otherwise. What a minute's allowance has above
    /// that is lost; an hour's or a day's is withheld for as long as the share lasts.
    pub fn set_scale(&mut self, now: Time, share: f64) {
        self.fill_up(now);
        self.scale = millionths(share);
        for (_, bucket) in &mut self.buckets {
            bucket.rescale(self.scale);
        }
    }

    /// Tells it how much competing load there is (0 to 1): the concurrency narrows by it.
    pub fn set_competing(&mut self, load: f64) {
        self.open = millionths(1.0 - self.narrows * load);
    }

    /// Whether [`Limiter::set_competing`] changes anything.
    #[must_use]
    pub fn narrows(&self) -> bool {
        self.narrows > 0.0 && self.concurrency.is_some()
    }

    fn fill_up(&mut self, now: Time) {
        if now == self.refilled {
            return;
        }
        for (_, bucket) in &mut self.buckets {
            bucket.refill(self.refilled, now);
        }
        self.refilled = now;
    }
}

/// A share between 0 and 1 in millionths.
fn millionths(share: f64) -> i128 {
    (share.clamp(0.0, 1.0) * ONE as f64) as i128
}
