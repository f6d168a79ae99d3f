//! The composition that presets are built from: see [`parts`](crate::parts).

use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Status};

use crate::budget::Budget;
use crate::contract::{Call, Decision, Exclusion, Fleet, Reason, Seen, Strategy, TargetView, Tried};
use crate::guards::Spending;
use crate::memory::{Memory, members};
use crate::note::{Note, Then};
use crate::parts::{At, Failed, Parts, WhenAllOut};
use crate::selection::{Choice, Selection};
use crate::sticky::Sticking;

/// A router made of parts.
#[derive(Clone, Debug)]
pub struct Composed {
    parts: Parts,
    memory: Vec<Memory>,
    selection: Selection,
    spending: Vec<Spending>,
    budget: Option<Budget>,
    sticking: Option<Sticking>,
    /// Targets that share a group with another.
    several: u64,
}

/// Which targets of a group are left at each step.
#[derive(Copy, Clone, Debug)]
struct Left {
    /// That the filters let pass.
    filtered: u64,
    /// And the request's residency and the guards, too.
    unguarded: u64,
    /// And that this request has not used up.
    untried: u64,
    /// And that a selection picks from.
    pool: u64,
}

impl Composed {
    /// A router of these parts that has seen nothing yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let several = parts.groups.iter().filter(|group| group.count_ones() > 1).fold(0, |all, g| all | g);
        Self {
            memory: parts.memory.iter().map(|rule| Memory::new(rule.clone(), parts.targets)).collect(),
            selection: Selection::new(parts.pick.clone(), parts.targets),
            spending: parts.guards.spend.iter().cloned().map(Spending::new).collect(),
            budget: parts.retry.budget.map(|budget| Budget::new(budget.per_call, budget.cap)),
            sticking: parts.sticky.map(Sticking::new),
            several,
            parts,
        }
    }

    /// What it is made of.
    #[must_use]
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The targets of `mask` that no guard forbids: neither the request's residency, nor the price, nor a cap.
    #[inline]
    fn unguarded(&self, mask: u64, call: &Call<'_>, targets: &[TargetView]) -> u64 {
        let mut left = mask & call.allowed;
        if let Some((input, output)) = self.parts.filters.max_price {
            left = retain(left, |t| targets[t].input_price <= input && targets[t].output_price <= output);
        }
        for spending in &self.spending {
            left &= !spending.forbids(call.now);
        }
        let caps = &self.parts.guards.in_flight;
        if !caps.is_empty() {
            left = retain(left, |t| caps[t].is_none_or(|most| targets[t].in_flight < most));
        }
        left
    }

    #[inline]
    fn keeps_out(&self, target: usize, now: Time) -> bool {
        self.memory.iter().any(|memory| memory.keeps_out(target, now))
    }

    #[inline]
    fn rank(&self, target: usize, now: Time) -> u8 {
        self.memory.iter().map(|memory| memory.rank(target, now)).max().unwrap_or(0)
    }

    /// Which targets of a group are left for a request that has used up those in `used`.
    #[inline]
    fn left(&self, group: u64, used: u64, call: &Call<'_>, targets: &[TargetView]) -> Left {
        let filtered = group & self.parts.filters.only;
        let unguarded = self.unguarded(filtered, call, targets);
        let untried = unguarded & !used;
        let mut pool = untried;
        if !self.memory.is_empty() {
            pool = retain(untried, |t| !self.keeps_out(t, call.now));
            if pool == 0 && self.parts.when_all_out == WhenAllOut::Try {
                pool = untried;
            }
            pool = lowest(pool, |t| u32::from(self.rank(t, call.now)));
        }
        if !self.parts.order.is_empty() {
            pool = lowest(pool, |t| self.parts.order[t]);
        }
        Left { filtered, unguarded, untried, pool }
    }

    /// The targets that this request has used up in its group: those that failed in a way after which another is
    /// tried.
    fn used(&self, note: &Note, call: &Call<'_>) -> u64 {
        let group = self.parts.groups[usize::from(note.group)];
        call.attempts[usize::from(note.first)..]
            .iter()
            .filter(|tried| {
                let rule = tried.answer.and_then(|answer| self.rule(answer, group));
                tried.answer.is_none() || rule == Some(At::Other)
            })
            .fold(0, |mask, tried| mask | 1 << tried.target)
    }

    fn rule(&self, answer: Answer, group: u64) -> Option<At> {
        self.rule_in_full(answer, group).map(|rule| rule.at)
    }

    fn rule_in_full(&self, answer: Answer, group: u64) -> Option<&crate::parts::RetryRule> {
        let (status, size) = (answer.status(), group.count_ones());
        self.parts.retry.rules.iter().find(|rule| rule.on.has(status) && rule.when.holds(size))
    }

    /// What follows a failure, and after which wait. A retry is paid for here, before the wait.
    fn after(&mut self, answer: Answer, note: &Note, call: &Call<'_>, targets: &[TargetView]) -> (Then, Span) {
        let group = self.parts.groups[usize::from(note.group)];
        let leave = match &self.parts.falls_back_on {
            Some(statuses) if !statuses.has(answer.status()) => Then::GiveUp,
            _ => Then::Leave,
        };
        let Some(rule) = self.rule_in_full(answer, group) else { return (leave, Span::ZERO) };
        let (at, waits) = (rule.at, rule.waits.holds(group.count_ones()));
        let failed = call.attempts.last().map_or(0, |tried| tried.target);
        let there = match at {
            At::Same => self.left(group & 1 << failed, 0, call, targets).pool,
            At::Any | At::Other => self.left(group, self.used(note, call), call, targets).pool,
        };
        let retry = &self.parts.retry;
        let again = u32::from(if there == 0 { note.round } else { note.retries });
        let wait = || {
            let asked = answer.retry_after();
            retry.backoff.wait(again, asked, call.noise, call.request, call.attempts.len() as u64)
        };
        if there == 0 {
            let another_round = at == At::Other && u32::from(note.round) < retry.rounds;
            return if another_round { (Then::Round, wait()) } else { (leave, Span::ZERO) };
        }
        let wait = if waits { wait() } else { Span::ZERO };
        if u32::from(note.retries) >= retry.retries {
            let last = retry.waits_after_last && retry.retries > 0;
            return (leave, if last { wait } else { Span::ZERO });
        }
        if self.budget.as_mut().is_some_and(|budget| !budget.take()) {
            return (leave, Span::ZERO);
        }
        (if at == At::Same { Then::Same } else { Then::Again }, wait)
    }

    /// The wait that [`Composed::after`] found, once more.
    fn wait_of(&self, answer: Answer, note: &Note, call: &Call<'_>) -> Span {
        let retry = &self.parts.retry;
        let group = self.parts.groups[usize::from(note.group)];
        let Some(rule) = self.rule_in_full(answer, group) else { return Span::ZERO };
        let again = match note.then {
            Then::Same | Then::Again if rule.waits.holds(group.count_ones()) => note.retries,
            Then::Round => note.round,
            _ => return Span::ZERO,
        };
        let asked = answer.retry_after();
        retry.backoff.wait(u32::from(again), asked, call.noise, call.request, call.attempts.len() as u64)
    }

    fn decide(&mut self, note: &mut Note, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        if call.attempts.iter().any(|tried| tried.answer.is_none()) {
            return self.hedge(note, call, targets);
        }
        let mut reason = None;
        if let Some(&Tried { target, answer: Some(answer), at }) = call.attempts.last() {
            reason = Some(Reason::Failed);
            let attempts = call.attempts.len();
            if usize::from(note.decided) != attempts {
                let (then, wait) = self.after(answer, note, call, targets);
                note.decided = attempts as u16;
                note.then = then;
                let until = at.saturating_add(wait);
                if until > call.now {
                    return Decision::Wait { until };
                }
            } else {
                // Asked too early? Then the wait goes on.
                let until = at.saturating_add(self.wait_of(answer, note, call));
                if until > call.now {
                    return Decision::Wait { until };
                }
            }
            match note.then {
                Then::GiveUp => return self.give_up(call, targets),
                Then::Leave => note.leave(attempts),
                Then::Round => {
                    note.round += 1;
                    note.first = attempts as u16;
                }
                Then::Again => note.retries = note.retries.saturating_add(1),
                Then::Same => {
                    let group = self.parts.groups[usize::from(note.group)];
                    if self.left(group & 1 << target, 0, call, targets).pool == 0 {
                        note.leave(attempts);
                    } else {
                        note.retries = note.retries.saturating_add(1);
                        return Decision::Try { target, reason: Reason::Failed };
                    }
                }
            }
        }
        let tried = call.attempts.iter().fold(0_u64, |mask, tried| mask | 1 << tried.target);
        let may_widen = tried.count_ones() < self.parts.most_targets;
        while let Some(&group) = self.parts.groups.get(usize::from(note.group)) {
            let left = self.left(group, self.used(note, call), call, targets);
            let pool = if may_widen { left.pool } else { left.pool & tried };
            if pool == 0 {
                reason = reason.or(Some(if left.unguarded == 0 { Reason::Guarded } else { Reason::Avoids }));
                note.leave(call.attempts.len());
                continue;
            }
            if let Some(target) = self.sticking.as_ref().and_then(|sticking| sticking.target(call, targets))
                && pool >> target & 1 == 1
            {
                let by_design = if self.selection.spreads() { Reason::Spread } else { Reason::Choice };
                return Decision::Try { target, reason: reason.unwrap_or(by_design) };
            }
            let choice = Choice { pool, group: left.untried };
            let target = self.selection.pick(choice, call, targets);
            let reason = reason.unwrap_or_else(|| self.reason(target, pool, &left, call, targets));
            return Decision::Try { target, reason };
        }
        self.give_up(call, targets)
    }

    /// Why a first attempt goes to `target`: the most wanted one, had the memory and the guards not spoken.
    #[inline]
    fn reason(
        &self,
        target: usize,
        pool: u64,
        left: &Left,
        call: &Call<'_>,
        targets: &[TargetView],
    ) -> Reason {
        let wanted = |mask: u64| {
            let front = if self.parts.order.is_empty() { mask } else { lowest(mask, |t| self.parts.order[t]) };
            self.selection.pick(Choice { pool: front, group: mask }, call, targets)
        };
        if pool != left.untried && wanted(left.untried) != target {
            Reason::Avoids
        } else if left.unguarded != left.filtered && wanted(left.filtered) != target {
            Reason::Guarded
        } else if self.selection.spreads() {
            Reason::Spread
        } else {
            Reason::Choice
        }
    }

    /// While an attempt runs: another one, if it is time.
    fn hedge(&mut self, note: &Note, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        let never = Decision::Wait { until: Time::MAX };
        let Some(hedge) = self.parts.hedge else { return never };
        let running = call.attempts.iter().filter(|tried| tried.answer.is_none());
        let Some(newest) = running.clone().map(|tried| tried.at).max() else { return never };
        if running.count() as u32 > hedge.most {
            return never;
        }
        let until = newest.saturating_add(hedge.after);
        if until > call.now {
            return Decision::Wait { until };
        }
        let tried = call.attempts.iter().fold(0_u64, |mask, tried| mask | 1 << tried.target);
        if tried.count_ones() >= self.parts.most_targets {
            return never;
        }
        for &group in &self.parts.groups[usize::from(note.group)..] {
            let left = self.left(group, tried, call, targets);
            if left.pool != 0 {
                let choice = Choice { pool: left.pool, group: left.untried };
                let target = self.selection.pick(choice, call, targets);
                return Decision::Try { target, reason: Reason::Hedge };
            }
        }
        never
    }

    fn give_up(&self, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        let gives_up = &self.parts.gives_up;
        let answers = || call.attempts.iter().filter_map(|tried| tried.answer);
        let plain = |answer: Answer| match answer {
            Answer::Failed { .. } => answer,
            // What a router saw as a timeout or a cut it reports as a status.
            other => Answer::failed(other.status()),
        };
        let Some(last) = answers().next_back() else {
            let all = self.parts.groups.iter().fold(0, |all, group| all | group & self.parts.filters.only);
            let nothing = self.unguarded(all, call, targets) == 0;
            return Decision::GiveUp(Answer::failed(if nothing {
                gives_up.nothing_allowed
            } else {
                gives_up.all_out
            }));
        };
        Decision::GiveUp(match gives_up.failed {
            Failed::Last => plain(last),
            Failed::First => plain(answers().next().unwrap_or(last)),
            Failed::As(status) => Answer::failed(status),
            Failed::OpenRouter => {
                let limited = |answer: Answer| answer.status() == Status::TOO_MANY_REQUESTS;
                let transient = |answer: Answer| answer.status().is_retryable() || answer == Answer::Cut;
                if answers().all(limited) {
                    let retry_after = answers().filter_map(Answer::retry_after).min();
                    Answer::Failed { status: Status::TOO_MANY_REQUESTS, retry_after }
                } else if answers().all(transient) {
                    Answer::failed(Status::UNAVAILABLE)
                } else {
                    last
                }
            }
        })
    }
}

/// The members of a mask that keep something.
#[inline]
fn retain(mask: u64, keep: impl Fn(usize) -> bool) -> u64 {
    members(mask).filter(|&t| keep(t)).fold(0, |kept, t| kept | 1 << t)
}

/// The members of a mask with the lowest number.
#[inline]
fn lowest(mask: u64, number: impl Fn(usize) -> u32) -> u64 {
    let least = members(mask).map(&number).min();
    retain(mask, |t| Some(number(t)) == least)
}

impl Strategy for Composed {
    fn next(&mut self, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        for memory in &mut self.memory {
            memory.advance(call.now);
        }
        let mut note = Note::unpack(call.note.get());
        if !note.known {
            note.known = true;
            if let Some(budget) = &mut self.budget {
                budget.deposit();
            }
        }
        let decision = self.decide(&mut note, call, targets);
        call.note.set(note.pack());
        if let Decision::Try { target, .. } = decision {
            for memory in &mut self.memory {
                memory.choose(target, call.now);
            }
            self.selection.choose(target, call);
        }
        decision
    }

    fn observe(&mut self, seen: &Seen) {
        for memory in &mut self.memory {
            memory.advance(seen.now);
        }
        let out = self.keeps_out(seen.target, seen.now);
        let several = self.several >> seen.target & 1 == 1;
        for memory in &mut self.memory {
            memory.observe(seen, several, out);
        }
        self.selection.observe(seen);
        if let Some(sticking) = &mut self.sticking {
            sticking.observe(seen);
        }
        for spending in &mut self.spending {
            spending.bill(seen.now, seen.target, seen.billed);
        }
    }

    fn hear(&mut self, report: &Fleet) {
        for memory in &mut self.memory {
            memory.advance(report.now);
            memory.hear(report);
        }
        self.selection.hear(report);
    }

    fn hedges(&self) -> bool {
        self.parts.hedge.is_some()
    }

    fn sweeps(&self) -> bool {
        self.memory.iter().any(Memory::sweeps)
    }

    fn down_until(&self, target: usize) -> Time {
        let paused = self.selection.down_until(target);
        self.memory.iter().map(|memory| memory.down_until(target)).fold(paused, Time::max)
    }

    fn exclusions(&self, call: &Call<'_>, targets: &[TargetView]) -> Vec<Exclusion> {
        let note = Note::unpack(call.note.get());
        let group = self.parts.groups.get(usize::from(note.group)).copied().unwrap_or(0);
        let used = if group == 0 { 0 } else { self.used(&note, call) };
        let left = self.left(group, used, call, targets);
        let rule = |t: usize| {
            let bit = 1 << t;
            let memory = || self.memory.iter().find(|memory| memory.down_until(t) > call.now);
            if self.parts.filters.only & bit == 0 {
                "not among those that may be used".to_owned()
            } else if call.allowed & bit == 0 {
                "the request's residency".to_owned()
            } else if self.unguarded(bit, call, targets) == 0 {
                let within = self.parts.filters.max_price.is_none_or(|(input, output)| {
                    targets[t].input_price <= input && targets[t].output_price <= output
                });
                if within { "a cap on spending or on attempts in flight" } else { "max price" }.to_owned()
            } else if used & bit != 0 {
                "failed this request already".to_owned()
            } else if group & bit == 0 {
                "in another fallback group".to_owned()
            } else if let Some(memory) = memory() {
                match memory.down_until(t) {
                    Time::MAX => memory.name().to_owned(),
                    until => format!("{} until {}", memory.name(), until.since(Time::ZERO)),
                }
            } else if let Some(memory) = self.memory.iter().find(|memory| memory.rank(t, call.now) > 0) {
                memory.name().to_owned()
            } else {
                "others come first by order".to_owned()
            }
        };
        (0..targets.len())
            .filter(|&t| left.pool >> t & 1 == 0)
            .map(|target| Exclusion { target, rule: rule(target) })
            .collect()
    }
}
