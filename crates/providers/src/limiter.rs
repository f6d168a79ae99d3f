//! Rate limits of one account at one endpoint: whichever is reached first refuses.
//!
//! Allowances are exact integers: a request costs one minute's worth of refill per request or token allowed, so
//! that a bucket refills by the limit itself each nanosecond. A refused request takes nothing.

use sandbox_core::{Span, Time};
use sandbox_model::LimitKind;

const MINUTE: u128 = 60_000_000_000;
/// Limits are scaled in steps of one millionth.
const SCALE_ONE: u128 = 1_000_000;

/// How a per-minute allowance comes back.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub enum Refill {
    /// Continuously; the bucket holds one minute's worth.
    #[default]
    Continuous,
    /// All at once, at each full minute of virtual time.
    Window,
}

/// The limits; `None` means unlimited.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct LimitSpec {
    /// Requests per minute.
    pub rpm: Option<u32>,
    /// Tokens per minute.
    pub tpm: Option<u64>,
    /// Requests in flight.
    pub concurrency: Option<u32>,
    /// How allowances come back.
    pub refill: Refill,
}

/// Why a request was refused, and when the same request could be taken if nobody else asked.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The limit that was reached.
    pub limit: LimitKind,
    /// Until there is allowance again; `None` if that is not a matter of time.
    pub wait: Option<Span>,
}

/// An allowance per minute.
#[derive(Copy, Clone, Debug)]
struct Bucket {
    /// Units per minute.
    limit: u128,
    /// What is left [units · minutes in ns · millionths].
    level: u128,
}

impl Bucket {
    fn new(limit: u64) -> Self {
        let limit = u128::from(limit);
        Self { limit, level: limit * MINUTE * SCALE_ONE }
    }

    fn capacity(&self, scale: u128) -> u128 {
        self.limit * MINUTE * scale
    }

    fn refill(&mut self, elapsed: u128, full: bool, scale: u128) {
        let capacity = self.capacity(scale);
        self.level = if full { capacity } else { (self.level + self.limit * scale * elapsed).min(capacity) };
    }

    const fn cost(units: u64) -> u128 {
        units as u128 * MINUTE * SCALE_ONE
    }

    fn has(&self, units: u64) -> bool {
        self.level >= Self::cost(units)
    }

    /// Until the bucket holds `units`; `None` if it never will.
    fn wait(&self, units: u64, scale: u128) -> Option<Span> {
        let cost = Self::cost(units);
        if cost > self.capacity(scale) {
            return None;
        }
        let nanos = (cost - self.level.min(cost)).div_ceil(self.limit * scale);
        Some(Span::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }
}

/// The state of the limits. Tell it the time with every call; times must not decrease.
#[derive(Clone, Debug)]
pub struct Limiter {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    concurrency: Option<u32>,
    refill: Refill,
    scale: u128,
    in_flight: u32,
    refilled: Time,
}

impl Limiter {
    /// Full allowances.
    #[must_use]
    pub fn new(spec: LimitSpec) -> Self {
        Self {
            requests: spec.rpm.map(|n| Bucket::new(u64::from(n))),
            tokens: spec.tpm.map(Bucket::new),
            concurrency: spec.concurrency,
            refill: spec.refill,
            scale: SCALE_ONE,
            in_flight: 0,
            refilled: Time::ZERO,
        }
    }

    /// Takes a request of `tokens` in, or says which limit it met. Requests are checked first, then tokens, then
    /// requests in flight. What was taken in must be [released](Self::release).
    ///
    /// # Errors
    /// The limit that was reached.
    pub fn take(&mut self, now: Time, tokens: u64) -> Result<(), Refusal> {
        self.check(now, tokens)?;
        if let Some(bucket) = &mut self.requests {
            bucket.level -= Bucket::cost(1);
        }
        if let Some(bucket) = &mut self.tokens {
            bucket.level -= Bucket::cost(tokens);
        }
        self.in_flight += 1;
        Ok(())
    }

    /// Whether [`Limiter::take`] would take a request of `tokens` now.
    ///
    /// # Errors
    /// The limit that would be reached.
    pub fn check(&mut self, now: Time, tokens: u64) -> Result<(), Refusal> {
        if self.requests.is_some() || self.tokens.is_some() {
            self.fill_up(now);
        }
        if let Some(bucket) = self.requests.as_ref().filter(|bucket| !bucket.has(1)) {
            return Err(Refusal { limit: LimitKind::Requests, wait: self.wait(now, bucket, 1) });
        }
        if let Some(bucket) = self.tokens.as_ref().filter(|bucket| !bucket.has(tokens)) {
            return Err(Refusal { limit: LimitKind::Tokens, wait: self.wait(now, bucket, tokens) });
        }
        if let Some(limit) = self.concurrency {
            let limit = u128::from(limit) * self.scale / SCALE_ONE;
            if u128::from(self.in_flight) >= limit {
                return Err(Refusal { limit: LimitKind::Concurrency, wait: None });
            }
        }
        Ok(())
    }

    /// A request that was taken in has ended.
    ///
    /// # Panics
    /// If none is in flight.
    pub fn release(&mut self) {
        assert!(self.in_flight > 0, "more requests ended than were taken in");
        self.in_flight -= 1;
    }

    /// Shrinks every limit to a share of itself (0 to 1) until told otherwise. Allowance above a shrunk limit is lost.
    pub fn set_scale(&mut self, now: Time, share: f64) {
        self.fill_up(now);
        self.scale = (share.clamp(0.0, 1.0) * SCALE_ONE as f64) as u128;
        let scale = self.scale;
        for bucket in [&mut self.requests, &mut self.tokens].into_iter().flatten() {
            bucket.level = bucket.level.min(bucket.capacity(scale));
        }
    }

    fn fill_up(&mut self, now: Time) {
        let (from, to) = (u128::from(self.refilled.as_nanos()), u128::from(now.as_nanos()));
        let (elapsed, full) = match self.refill {
            // More than a minute fills any bucket.
            Refill::Continuous => ((to - from).min(MINUTE), false),
            Refill::Window => (0, to / MINUTE > from / MINUTE),
        };
        let scale = self.scale;
        for bucket in [&mut self.requests, &mut self.tokens].into_iter().flatten() {
            bucket.refill(elapsed, full, scale);
        }
        self.refilled = now;
    }

    fn wait(&self, now: Time, bucket: &Bucket, units: u64) -> Option<Span> {
        let wait = bucket.wait(units, self.scale)?;
        Some(match self.refill {
            Refill::Continuous => wait,
            Refill::Window => Span::from_nanos((MINUTE - u128::from(now.as_nanos()) % MINUTE) as u64),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Time {
        Time::ZERO + Span::try_from_secs_f64(seconds).unwrap()
    }

    fn spec() -> LimitSpec {
        LimitSpec::default()
    }

    /// Two error messages of Groq, quoted in public issues: "Limit 15000, Used 11972, Requested 4351. Please try
    /// again in 5.289s", and "Used 11390 … 2.961s". Both are continuous refill, within 5 ms.
    #[test]
    fn waits_agree_with_the_messages_that_groq_sends() {
        for (used, stated) in [(11_972, 5.289), (11_390, 2.961)] {
            let mut limiter = Limiter::new(LimitSpec { tpm: Some(15_000), ..spec() });
            limiter.take(Time::ZERO, used).unwrap();
            let refusal = limiter.take(Time::ZERO, 4_351).unwrap_err();
            assert_eq!(refusal.limit, LimitKind::Tokens);
            let wait = refusal.wait.unwrap();
            assert!((wait.as_secs_f64() - stated).abs() < 0.005, "{wait}");
            assert!(limiter.take(Time::ZERO + (wait - Span::from_nanos(1)), 4_351).is_err());
            assert!(limiter.take(Time::ZERO + wait, 4_351).is_ok());
        }
    }

    /// SiliconFlow's rule (T37 of the decision vectors): the first limit reached wins, for the account as a whole.
    #[test]
    fn the_first_limit_reached_refuses() {
        let mut limiter = Limiter::new(LimitSpec { rpm: Some(20), tpm: Some(2_000), ..spec() });
        for _ in 0..20 {
            limiter.take(Time::ZERO, 90).unwrap();
        }
        let refusal = limiter.take(Time::ZERO, 90).unwrap_err();
        assert_eq!(refusal, Refusal { limit: LimitKind::Requests, wait: Some(Span::from_secs(3)) });
        let mut limiter = Limiter::new(LimitSpec { rpm: Some(30), tpm: Some(2_000), ..spec() });
        for _ in 0..20 {
            limiter.take(Time::ZERO, 100).unwrap();
        }
        assert_eq!(limiter.take(Time::ZERO, 100).unwrap_err().limit, LimitKind::Tokens);
    }

    #[test]
    fn a_request_beyond_the_whole_allowance_has_no_wait() {
        let mut limiter = Limiter::new(LimitSpec { tpm: Some(1_000), ..spec() });
        assert_eq!(limiter.take(Time::ZERO, 1_001).unwrap_err().wait, None);
        limiter.take(Time::ZERO, 1_000).unwrap();
    }

    #[test]
    fn windows_come_back_at_full_minutes() {
        let mut limiter = Limiter::new(LimitSpec { rpm: Some(1), refill: Refill::Window, ..spec() });
        limiter.take(at(59.0), 1).unwrap();
        assert_eq!(limiter.take(at(59.5), 1).unwrap_err().wait, Some(Span::from_millis(500)));
        limiter.take(at(60.0), 1).unwrap();
        assert!(limiter.take(at(119.9), 1).is_err());
    }

    #[test]
    fn requests_in_flight_are_limited_until_released() {
        let mut limiter = Limiter::new(LimitSpec { concurrency: Some(2), ..spec() });
        limiter.take(Time::ZERO, 1).unwrap();
        limiter.take(Time::ZERO, 1).unwrap();
        assert_eq!(limiter.take(Time::ZERO, 1).unwrap_err().limit, LimitKind::Concurrency);
        limiter.release();
        limiter.take(Time::ZERO, 1).unwrap();
    }

    #[test]
    fn a_spike_shrinks_every_limit_and_its_end_restores_them() {
        let mut limiter = Limiter::new(LimitSpec { rpm: Some(10), concurrency: Some(4), ..spec() });
        limiter.set_scale(Time::ZERO, 0.5);
        for _ in 0..2 {
            limiter.take(Time::ZERO, 1).unwrap();
        }
        assert_eq!(limiter.take(Time::ZERO, 1).unwrap_err().limit, LimitKind::Concurrency);
        limiter.release();
        limiter.release();
        for _ in 0..3 {
            limiter.take(Time::ZERO, 1).unwrap();
            limiter.release();
        }
        // Five of ten a minute are gone; at half the limit the next takes 12 s.
        let refusal = limiter.take(Time::ZERO, 1).unwrap_err();
        assert_eq!(refusal, Refusal { limit: LimitKind::Requests, wait: Some(Span::from_secs(12)) });
        limiter.set_scale(Time::ZERO, 1.0);
        assert!(limiter.take(at(6.0), 1).is_ok());
        limiter.set_scale(at(6.0), 0.0);
        assert!(limiter.take(at(600.0), 1).is_err(), "a limit scaled to nothing lets nothing in");
    }
}
