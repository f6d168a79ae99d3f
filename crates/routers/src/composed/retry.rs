//! What follows a failure: another attempt in the group, after which wait, or the next group.

use sandbox_core::{Span, Time};
use sandbox_model::Answer;

use super::Composed;
use crate::contract::{Call, TargetView};
use crate::note::{Note, Then};
use crate::parts::At;

impl Composed {
    /// How many targets a request's group is part of.
    pub(super) fn size(&self, note: &Note) -> u32 {
        let position = usize::from(note.group);
        self.parts.whole.get(position).unwrap_or(&self.parts.groups[position]).count_ones()
    }

    pub(super) fn rule(&self, answer: Answer, note: &Note) -> Option<&crate::parts::RetryRule> {
        let (status, size) = (answer.status(), self.size(note));
        self.parts.retry.rules.iter().find(|rule| rule.on.has(status) && rule.when.holds(size))
    }

    /// What follows a failure, and after which wait. A retry is paid for here, before the wait.
    pub(super) fn after(
        &mut self,
        answer: Answer,
        note: &Note,
        call: &Call<'_>,
        targets: &[TargetView],
    ) -> (Then, Span) {
        let group = self.parts.groups[usize::from(note.group)];
        let leave = match &self.parts.falls_back_on {
            Some(statuses) if !statuses.has(answer.status()) => Then::GiveUp,
            _ => Then::Leave,
        };
        let Some(rule) = self.rule(answer, note) else { return (leave, Span::ZERO) };
        let (at, waits) = (rule.at, rule.waits.holds(self.size(note)));
        let failed = call.attempts.last().map_or(0, |tried| tried.target);
        let there = match at {
            At::Same => self.left(group & 1 << failed, 0, call, targets).pool,
            At::Any | At::Other | At::OtherIfAny | At::Next => self.left_here(note, call, targets).1.pool,
        };
        let retry = &self.parts.retry;
        let none = (leave, Span::ZERO);
        if there == 0 {
            let another_round = at == At::Other && u32::from(note.round) < retry.rounds;
            let wait = if another_round { self.wait(answer, note.round, note, call) } else { None };
            return wait.map_or(none, |wait| (Then::Round, wait));
        }
        let wait = if waits { self.wait(answer, note.retries, note, call) } else { Some(Span::ZERO) };
        let Some(wait) = wait else { return none };
        let first = call.attempts.get(usize::from(note.first)).and_then(|tried| tried.answer);
        let of = |answer: Answer| retry.retries_of.iter().find(|of| of.on.has(answer.status()));
        let retries = first.and_then(of).map_or(retry.retries, |of| of.retries);
        if u32::from(note.retries) >= retries {
            let last = retry.waits_after_last && retries > 0;
            return (leave, if last { wait } else { Span::ZERO });
        }
        if !self.has_room(call.now, targets) || self.budget.as_mut().is_some_and(|budget| !budget.take()) {
            return none;
        }
        if retry.concurrent.is_some() && wait > Span::ZERO {
            self.waiting.retain(|&until| until > call.now);
            self.waiting.push(call.now.saturating_add(wait));
        }
        (if at == At::Same { Then::Same } else { Then::Again }, wait)
    }

    /// The wait before a further attempt, `again` having been made before; none if a Retry-After forbids one.
    pub(super) fn wait(&self, answer: Answer, again: u8, note: &Note, call: &Call<'_>) -> Option<Span> {
        let (retry, heeds) = (&self.parts.retry, &self.parts.retry.retry_after);
        let attempts = call.attempts.len();
        let backoff =
            |asked| retry.backoff.wait(u32::from(again), asked, call.noise, call.request, attempts as u64);
        let asks = |answer: Answer| {
            answer.retry_after().filter(|&asked| asked > Span::ZERO && heeds.on.has(answer.status()))
        };
        let waited = || {
            let earlier = call.attempts[usize::from(note.first)..attempts - 1].iter();
            let waits = earlier.filter_map(|tried| tried.answer.and_then(asks));
            waits
                .filter(|&asked| asked <= retry.backoff.retry_after_max)
                .fold(Span::ZERO, Span::saturating_add)
        };
        let Some(asked) = asks(answer) else {
            let at_once = heeds.then_at_once && waited() > Span::ZERO;
            return Some(if at_once { Span::ZERO } else { backoff(None) });
        };
        let too_long = asked > retry.backoff.retry_after_max
            || heeds.together.is_some_and(|most| waited().saturating_add(asked) > most);
        if too_long && heeds.longer_ends {
            None
        } else if too_long {
            Some(backoff(None))
        } else {
            Some(if heeds.exact { asked } else { backoff(Some(asked)) })
        }
    }

    /// Whether there may be one more retry at once.
    pub(super) fn has_room(&self, now: Time, targets: &[TargetView]) -> bool {
        let Some(limit) = self.parts.retry.concurrent else { return true };
        // A wait that is over has become an attempt, or its caller is gone.
        let waiting = self.waiting.iter().filter(|&&until| until > now).count() as u32;
        let retries = waiting + targets.iter().map(|target| target.retries).sum::<u32>();
        // This request is active, too, and has nothing in flight.
        let active = 1 + waiting + targets.iter().map(|target| target.in_flight).sum::<u32>();
        retries < limit.least || f64::from(retries) + 1.0 <= limit.share * f64::from(active)
    }
}
