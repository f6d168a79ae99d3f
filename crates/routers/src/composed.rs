//! The composition that presets are built from: hard filters → memory → selection → retry and backoff → give up.

use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Price, Status};

use crate::backoff::Backoff;
use crate::budget::Budget;
use crate::contract::{Call, Decision, Reason, Seen, Strategy, TargetView, Tried};
use crate::memory::Memory;
use crate::selection::{Selection, members};

/// What a router answers when it has nothing left to try.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Exhausted {
    /// The last error; 429 if nothing was tried because all targets cool down (LiteLLM 1.109.1).
    LastError,
    /// OpenRouter's: 404 if the filters leave nothing; 429 with the least Retry-After if every attempt met a rate
    /// limit; 503 if every attempt was a rate limit, a 5xx or a timeout; else the last error.
    OpenRouter,
}

/// A router made of parts.
#[derive(Clone, Debug)]
pub struct Composed {
    /// Targets that may be used at all, as a bit mask.
    pub allowed: u64,
    /// Dearest input and output price that may be used.
    pub max_price: Option<(Price, Price)>,
    /// What is remembered between requests.
    pub memory: Memory,
    /// Who is asked first.
    pub selection: Selection,
    /// Tries at one target after the first.
    pub retries: u32,
    /// Waits before those.
    pub backoff: Backoff,
    /// What pays for those tries; `None`: they cost nothing.
    pub budget: Option<Budget>,
    /// Most different targets tried for one request.
    pub most_targets: u32,
    /// What is answered in the end.
    pub exhausted: Exhausted,
}

impl Composed {
    /// The targets that no guard forbids: neither the request's residency nor the price.
    fn unguarded(&self, residency: u64, targets: &[TargetView]) -> u64 {
        let allowed = self.allowed & residency;
        let Some((input, output)) = self.max_price else { return allowed };
        members(allowed)
            .filter(|&t| targets[t].input_price <= input && targets[t].output_price <= output)
            .fold(0, |mask, t| mask | 1 << t)
    }

    fn believed_up(&self, mask: u64, now: Time) -> u64 {
        members(mask).filter(|&t| self.memory.down_until(t) <= now).fold(0, |mask, t| mask | 1 << t)
    }

    /// A further try at the target that failed last, if it is worth one: the try, or the wait before it. The guard
    /// holds for retries too: prices may have moved since the first try.
    fn retry(&mut self, call: &Call<'_>, unguarded: u64) -> Option<Decision> {
        let &Tried { target, answer: Some(answer), at } = call.attempts.last()? else { return None };
        let tries = call.attempts.iter().filter(|tried| tried.target == target).count() as u32;
        let worth = answer.status().is_retryable()
            && unguarded >> target & 1 == 1
            && tries <= self.retries
            && self.memory.down_until(target) <= call.now;
        if !worth {
            return None;
        }
        let asked = match answer {
            Answer::Failed { retry_after, .. } => retry_after,
            _ => None,
        };
        let wait = self.backoff.wait(tries - 1, asked, call.noise, call.request, call.attempts.len() as u64);
        let until = at.saturating_add(wait);
        // Paid for when it is decided: before the wait, so that a retry that was waited for does happen.
        let decided_before = wait > Span::ZERO && until <= call.now;
        if !decided_before && !self.budget.as_mut().is_none_or(Budget::take) {
            return None;
        }
        Some(if until > call.now {
            Decision::Wait { until }
        } else {
            Decision::Try { target, reason: Reason::Failed }
        })
    }

    fn give_up(&self, call: &Call<'_>, nothing_left: bool) -> Decision {
        let answers = || call.attempts.iter().filter_map(|tried| tried.answer);
        Decision::GiveUp(match (self.exhausted, answers().next_back()) {
            (Exhausted::OpenRouter, None) if nothing_left => Answer::failed(Status::NOT_FOUND),
            (Exhausted::OpenRouter, None) => Answer::failed(Status::UNAVAILABLE),
            // The library's own refusal, before anything is sent: an assumption.
            (Exhausted::LastError, None) if self.allowed & call.allowed == 0 => {
                Answer::failed(Status::FORBIDDEN)
            }
            (Exhausted::LastError, None) => Answer::failed(Status::TOO_MANY_REQUESTS),
            (Exhausted::OpenRouter, Some(last)) => {
                let limited = |answer: Answer| answer.status() == Status::TOO_MANY_REQUESTS;
                let transient = |answer: Answer| answer.status().is_retryable() || answer == Answer::Cut;
                if answers().all(limited) {
                    Answer::Failed {
                        status: Status::TOO_MANY_REQUESTS,
                        retry_after: least_retry_after(answers()),
                    }
                } else if answers().all(transient) {
                    Answer::failed(Status::UNAVAILABLE)
                } else {
                    last
                }
            }
            // What a router saw as a timeout or a cut it reports as a status.
            (Exhausted::LastError, Some(last)) => match last {
                Answer::Failed { .. } => last,
                other => Answer::failed(other.status()),
            },
        })
    }
}

fn least_retry_after(answers: impl Iterator<Item = Answer>) -> Option<Span> {
    answers
        .filter_map(|answer| match answer {
            Answer::Failed { retry_after, .. } => retry_after,
            _ => None,
        })
        .min()
}

impl Strategy for Composed {
    fn next(&mut self, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        let unguarded = self.unguarded(call.allowed, targets);
        if let (Some(budget), []) = (&mut self.budget, call.attempts) {
            budget.deposit();
        }
        if let Some(decision) = self.retry(call, unguarded) {
            return decision;
        }
        let tried = call.attempts.iter().fold(0_u64, |mask, tried| mask | 1 << tried.target);
        let left = unguarded & !tried;
        if left == 0 || tried.count_ones() >= self.most_targets {
            return self.give_up(call, unguarded == 0);
        }
        let up = self.believed_up(left, call.now);
        let pool = match up {
            0 if self.memory.only_demotes() => left,
            0 => return self.give_up(call, false),
            up => up,
        };
        let target = self.selection.pick(pool, call, targets);
        // The most wanted target, had the memory and the guard not spoken.
        let reason = if !call.attempts.is_empty() {
            Reason::Failed
        } else if pool != left && self.selection.pick(left, call, targets) != target {
            Reason::Avoids
        } else if unguarded != self.allowed && self.selection.pick(self.allowed, call, targets) != target {
            Reason::Guarded
        } else if self.selection.spreads() {
            Reason::Spread
        } else {
            Reason::Choice
        };
        Decision::Try { target, reason }
    }

    fn observe(&mut self, seen: &Seen) {
        self.memory.observe(seen);
    }

    fn down_until(&self, target: usize) -> Time {
        self.memory.down_until(target)
    }
}
