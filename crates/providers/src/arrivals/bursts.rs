//! Bursts: a Poisson process of bursts, each of which lives an exponential time and sends as a Poisson process while it
//! lives (an M/G/∞-modulated Poisson process; shot noise).
//!
//! With pace `r`, mean length `τ` and mean rate `λ`, bursts begin at `λ / (r τ)`, and the index of dispersion of counts
//! (variance over mean) in windows of length `w` is
//! `1 + 2 r τ (1 - (1 - e^(-w/τ)) τ / w)`: it rises from 1 to `1 + 2 r τ`.

use sandbox_core::dist::{Poisson, standard_exponential};
use sandbox_core::{Rng, Span, Time, below, uniform};

use super::Pace;

/// The process, and the bursts that live.
///
/// As exponential times have no memory, it needs no clock for each burst: one draw says when any of the `n` live ones
/// does something, a second what, a third which. O(1) an event.
#[derive(Clone, PartialEq, Debug)]
pub struct Bursts {
    starts: Pace,
    pace_per_s: f64,
    lasting_s: f64,
    /// Numbers of the bursts that live, in no order.
    live: Vec<u64>,
    begun: u64,
    next_start: Option<Time>,
    at: Option<Time>,
}

impl Bursts {
    /// With this rate of all requests together, this pace of one burst [1/s] and this mean length.
    #[must_use]
    pub fn new(rate: Pace, pace_per_s: f64, lasting: Span) -> Self {
        let lasting_s = lasting.as_secs_f64();
        let starts = rate.times(1.0 / (pace_per_s * lasting_s));
        Self { starts, pace_per_s, lasting_s, live: Vec::new(), begun: 0, next_start: None, at: None }
    }

    /// The next arrival and the number of its burst, if it is before `limit`, which must be the same at each call.
    ///
    /// At the start as many bursts live as if the rate had always been what it is then.
    pub fn next<R: Rng + ?Sized>(&mut self, limit: Time, rng: &mut R) -> Option<(Time, u64)> {
        let mut at = match self.at {
            Some(at) => at,
            None => self.begin(limit, rng),
        };
        let each = self.pace_per_s + 1.0 / self.lasting_s;
        loop {
            let n = self.live.len() as u64;
            let next = match n {
                0 => Time::MAX,
                n => at.saturating_add(Span::from_secs_f64_saturating(
                    standard_exponential(rng) / (n as f64 * each),
                )),
            };
            if let Some(start) = self.next_start.filter(|&start| start <= next) {
                at = start;
                self.live.push(self.begun);
                self.begun += 1;
                self.next_start = self.starts.advance(at, standard_exponential(rng), limit);
                continue;
            }
            at = next;
            self.at = Some(at);
            if at >= limit {
                return None;
            }
            let (sends, which) = (uniform(rng) * each < self.pace_per_s, below(rng, n) as usize);
            if sends {
                return Some((at, self.live[which]));
            }
            self.live.swap_remove(which);
        }
    }

    fn begin<R: Rng + ?Sized>(&mut self, limit: Time, rng: &mut R) -> Time {
        let alive = self.starts.at(Time::ZERO) * self.lasting_s;
        self.begun = Poisson::new(alive).map_or(0, |law| law.sample(rng));
        self.live.extend(0..self.begun);
        self.next_start = self.starts.advance(Time::ZERO, standard_exponential(rng), limit);
        Time::ZERO
    }

    /// How many bursts live: what the memory grows with.
    #[must_use]
    pub fn live(&self) -> usize {
        self.live.len()
    }
}
