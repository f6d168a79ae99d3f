//! The composition that presets are built from: see [`parts`](crate::parts).

use sandbox_core::{Span, Time, uniform};
use sandbox_model::{Answer, Status};

use crate::budget::Budget;
use crate::contract::{Call, Decision, Exclusion, Fleet, Reason, Seen, Strategy, TargetView, Tried};
use crate::guards::Spending;
use crate::memory::{Memory, Rule, members};
use crate::note::{Note, Then};
use crate::parts::{At, Failed, Parts, WhenAllOut};
use crate::selection::{Choice, Selection};
use crate::sticky::Sticking;

/// Draws of a request that decide whether a target is let ramp up begin here: far from those of choices and waits.
const RAMP: u64 = 1 << 40;

/// A router made of parts.
#[derive(Clone, Debug)]
pub struct Composed {
    parts: Parts,
    memory: Vec<Memory>,
    selection: Selection,
    spending: Vec<Spending>,
    budget: Option<Budget>,
    /// When the waits end that were granted to retries, if their number is bounded.
    waiting: Vec<Time>,
    sticking: Option<Sticking>,
    /// Targets that share a group with another.
    several: u64,
    /// Whether a memory lets in some requests and not others.
    admits: bool,
}

/// Which targets of a group are left at each step.
#[derive(Copy, Clone, Debug)]
struct Left {
    /// That the filters let pass.
    filtered: u64,
    /// And the request's residency, the guards and the selection's own limits, too.
    unguarded: u64,
    /// And that this request has not used up.
    untried: u64,
    /// And that the memory believes up and puts in front.
    up: u64,
    /// And that a selection picks from.
    pool: u64,
}

/// One look at a group while a decision is made, for explanations.
#[derive(Copy, Clone, Debug)]
struct Look {
    /// The group, or the part of it that was looked at.
    group: u64,
    /// Those that the request has used up.
    used: u64,
    left: Left,
    /// Those that could be chosen in the end.
    pool: u64,
}

impl Composed {
    /// A router of these parts that has seen nothing yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let wholes = parts.groups.iter().chain(&parts.whole);
        let several = wholes.filter(|group| group.count_ones() > 1).fold(0, |all, g| all | g);
        Self {
            memory: parts.memory.iter().map(|rule| Memory::new(rule.clone(), parts.targets)).collect(),
            selection: Selection::new(&parts),
            spending: parts.guards.spend.iter().cloned().map(Spending::new).collect(),
            budget: parts.retry.budget.map(|budget| Budget::new(budget.per_call, budget.cap)),
            waiting: Vec::new(),
            sticking: parts.sticky.map(Sticking::new),
            several,
            admits: parts.memory.iter().any(|rule| matches!(rule, Rule::Breaker(_))),
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
        if let Some(most) = self.parts.guards.in_flight_together
            && targets.iter().map(|target| target.in_flight).sum::<u32>() >= most
        {
            left = 0;
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

    /// Whether the memories let this request in at a target that they do not keep out.
    fn admits(&self, target: usize, call: &Call<'_>, targets: &[TargetView]) -> bool {
        let luck = || uniform(&mut call.noise.at(call.request, RAMP + target as u64));
        self.memory.iter().all(|memory| memory.admits(target, call.now, targets[target].in_flight, luck))
    }

    #[inline]
    fn rank(&self, target: usize, now: Time) -> u8 {
        self.memory.iter().map(|memory| memory.rank(target, now)).max().unwrap_or(0)
    }

    /// Which targets of a group are left for a request that has used up those in `used`.
    #[inline]
    fn left(&self, group: u64, used: u64, call: &Call<'_>, targets: &[TargetView]) -> Left {
        let filtered = group & self.parts.filters.only;
        let unguarded = self.selection.admits(self.unguarded(filtered, call, targets), call);
        let untried = unguarded & !used;
        let mut pool = untried;
        if !self.memory.is_empty() {
            pool = retain(untried, |t| !self.keeps_out(t, call.now));
            if self.admits {
                pool = retain(pool, |t| self.admits(t, call, targets));
            }
        }
        let mut up = pool;
        if !self.memory.is_empty() {
            if pool == 0 && self.ignores_memory(call, targets) {
                pool = untried;
            }
            pool = lowest(pool, |t| u32::from(self.rank(t, call.now)));
            up &= pool;
            if self.selection.minds_health() && (up != 0 || self.selection.may_panic()) {
                pool = untried;
            }
        }
        if !self.parts.order.is_empty() {
            pool = lowest(pool, |t| self.parts.order[t]);
        }
        Left { filtered, unguarded, untried, up, pool }
    }

    /// Whether a group whose targets are all out is tried all the same.
    fn ignores_memory(&self, call: &Call<'_>, targets: &[TargetView]) -> bool {
        match self.parts.when_all_out {
            WhenAllOut::Leave => false,
            WhenAllOut::Try => true,
            WhenAllOut::TryIfAll => {
                let all =
                    self.parts.groups.iter().fold(0, |all, group| all | group & self.parts.filters.only);
                members(self.unguarded(all, call, targets)).all(|t| self.keeps_out(t, call.now))
            }
        }
    }

    /// The targets that this request has used up in its group: those that failed in a way after which another is
    /// tried, and where only fresh ones have a turn, those that it tried before. Beside them those that it would
    /// rather not try again.
    fn used(&self, note: &Note, call: &Call<'_>) -> (u64, u64) {
        let position = usize::from(note.group);
        let (before, here) = call.attempts.split_at(usize::from(note.first));
        let mut used = match self.parts.fresh.get(position) {
            Some(true) => before.iter().fold(0, |mask, tried| mask | 1 << tried.target),
            _ => 0,
        };
        let (mut in_turn, mut rather_not) = (0, 0);
        for tried in here {
            let target = 1 << tried.target;
            match tried.answer.map(|answer| self.rule(answer, note).map(|rule| rule.at)) {
                None | Some(Some(At::Other)) => used |= target,
                Some(Some(At::OtherIfAny)) => rather_not |= target,
                Some(Some(At::Next)) => in_turn |= target,
                Some(Some(At::Same | At::Any) | None) => continue,
            }
            if in_turn != 0 {
                let all = self.parts.groups[position] & self.parts.filters.only & call.allowed;
                if members(all & !(used | in_turn)).all(|t| self.keeps_out(t, call.now)) {
                    in_turn = 0;
                }
            }
        }
        (used | in_turn, rather_not)
    }

    /// Which targets of its group a request has used up, and which are left for it.
    fn left_here(&self, note: &Note, call: &Call<'_>, targets: &[TargetView]) -> (u64, Left) {
        let (used, rather_not) = self.used(note, call);
        let mut left = self.left(self.parts.groups[usize::from(note.group)], used, call, targets);
        if left.pool & !rather_not != 0 {
            left.pool &= !rather_not;
        }
        (used, left)
    }

    /// How many targets a request's group is part of.
    fn size(&self, note: &Note) -> u32 {
        let position = usize::from(note.group);
        self.parts.whole.get(position).unwrap_or(&self.parts.groups[position]).count_ones()
    }

    fn rule(&self, answer: Answer, note: &Note) -> Option<&crate::parts::RetryRule> {
        let (status, size) = (answer.status(), self.size(note));
        self.parts.retry.rules.iter().find(|rule| rule.on.has(status) && rule.when.holds(size))
    }

    /// What follows a failure, and after which wait. A retry is paid for here, before the wait.
    fn after(
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
    fn wait(&self, answer: Answer, again: u8, note: &Note, call: &Call<'_>) -> Option<Span> {
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
    fn has_room(&self, now: Time, targets: &[TargetView]) -> bool {
        let Some(limit) = self.parts.retry.concurrent else { return true };
        // A wait that is over has become an attempt, or its caller is gone.
        let waiting = self.waiting.iter().filter(|&&until| until > now).count() as u32;
        let retries = waiting + targets.iter().map(|target| target.retries).sum::<u32>();
        // This request is active, too, and has nothing in flight.
        let active = 1 + waiting + targets.iter().map(|target| target.in_flight).sum::<u32>();
        retries < limit.least || f64::from(retries) + 1.0 <= limit.share * f64::from(active)
    }

    /// The wait that [`Composed::after`] found, once more.
    fn wait_of(&self, answer: Answer, note: &Note, call: &Call<'_>) -> Span {
        let Some(rule) = self.rule(answer, note) else { return Span::ZERO };
        let again = match note.then {
            Then::Same | Then::Again if rule.waits.holds(self.size(note)) => note.retries,
            Then::Round => note.round,
            _ => return Span::ZERO,
        };
        self.wait(answer, again, note, call).unwrap_or(Span::ZERO)
    }

    /// Decides. `saw` is told of each group that was looked at.
    #[inline]
    fn decide(
        &mut self,
        note: &mut Note,
        call: &Call<'_>,
        targets: &[TargetView],
        saw: &mut impl FnMut(Look),
    ) -> Decision {
        if call.attempts.iter().any(|tried| tried.answer.is_none()) {
            return self.hedge(note, call, targets, saw);
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
                    let left = self.left(group & 1 << target, 0, call, targets);
                    saw(Look { group: group & 1 << target, used: 0, left, pool: left.pool });
                    if left.pool == 0 {
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
            let (used, left) = self.left_here(note, call, targets);
            let pool = if may_widen { left.pool } else { left.pool & tried };
            let shown = if self.selection.minds_health() { pool & left.up } else { pool };
            saw(Look { group, used, left, pool: shown });
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
            let choice = Choice { pool, group: left.untried, up: left.up };
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
            let front =
                if self.parts.order.is_empty() { mask } else { lowest(mask, |t| self.parts.order[t]) };
            self.selection.pick(Choice { pool: front, group: mask, up: mask }, call, targets)
        };
        let all_up = pool == left.untried && (left.up == pool || !self.selection.minds_health());
        if !all_up && wanted(left.untried) != target {
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
    fn hedge(
        &mut self,
        note: &Note,
        call: &Call<'_>,
        targets: &[TargetView],
        saw: &mut impl FnMut(Look),
    ) -> Decision {
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
            saw(Look { group, used: tried, left, pool: left.pool });
            if left.pool != 0 {
                let choice = Choice { pool: left.pool, group: left.untried, up: left.up };
                let target = self.selection.pick(choice, call, targets);
                return Decision::Try { target, reason: Reason::Hedge };
            }
        }
        never
    }

    /// Of the first group that was tried: the targets that its failures did not leave out, and the last failure.
    fn first_group(&self, call: &Call<'_>) -> Option<(u64, Answer)> {
        let first = call.attempts.first()?.target;
        let position = self.parts.groups.iter().position(|&group| group >> first & 1 == 1)?;
        let (group, there) = (self.parts.groups[position], Note { group: position as u8, ..Note::default() });
        let own = call.attempts.iter().take_while(|tried| group >> tried.target & 1 == 1);
        let mut left = group & self.parts.filters.only & call.allowed;
        let mut last = None;
        for (target, answer) in own.filter_map(|tried| Some((tried.target, tried.answer?))) {
            last = Some(answer);
            if self.rule(answer, &there).is_some_and(|rule| rule.at == At::Other) {
                left &= !(1 << target);
            }
        }
        last.map(|last| (left, last))
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
            Failed::First => plain(self.first_group(call).map_or(last, |(_, answer)| answer)),
            Failed::FirstOr502 => match self.first_group(call) {
                Some((0, _)) => Answer::failed(Status(502)),
                found => plain(found.map_or(last, |(_, answer)| answer)),
            },
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
                    plain(last)
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
        let decision = self.decide(&mut note, call, targets, &mut |_| {});
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
        if !(seen.by_caller && self.parts.forgives_callers) {
            for memory in &mut self.memory {
                memory.observe(seen, several, out);
            }
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

    /// Decides on a copy of itself, and tells what that decision saw: there is one path for both.
    fn exclusions(&self, call: &Call<'_>, targets: &[TargetView]) -> Vec<Exclusion> {
        let mut copy = self.clone();
        for memory in &mut copy.memory {
            memory.advance(call.now);
        }
        let mut note = Note::unpack(call.note.get());
        let mut looks = Vec::new();
        let decision = copy.decide(&mut note, call, targets, &mut |look| looks.push(look));
        let group = self.parts.groups.get(usize::from(note.group)).copied().unwrap_or(0);
        let chosen = |target: usize| matches!(decision, Decision::Try { target: it, .. } if it == target);
        let exclusion = |target: usize| {
            let bit = 1 << target;
            // The last group that was looked at and that it is in.
            let Some(look) = looks.iter().rev().find(|look| look.group & bit != 0) else {
                let outside = if matches!(decision, Decision::Wait { .. }) {
                    return None;
                } else if self.parts.filters.only & bit == 0 {
                    "not among those that may be used"
                } else if matches!(decision, Decision::GiveUp(_)) {
                    "this request gets no further attempt there"
                } else if group & bit != 0 {
                    "the request stays with the target that failed"
                } else if self.parts.groups.iter().skip(usize::from(note.group)).any(|later| later & bit != 0)
                {
                    "in a later fallback group"
                } else {
                    "in an earlier fallback group"
                };
                return Some(Exclusion { target, rule: outside.to_owned(), until: None });
            };
            (look.pool & bit == 0).then(|| copy.exclusion(target, look, call, targets))
        };
        (0..targets.len()).filter(|&target| !chosen(target)).filter_map(exclusion).collect()
    }
}

impl Composed {
    /// By which rule a target is not in the pool that a decision was made from: the first that took it out.
    fn exclusion(&self, target: usize, look: &Look, call: &Call<'_>, targets: &[TargetView]) -> Exclusion {
        let Look { used, left, .. } = look;
        let (bit, now) = (1 << target, call.now);
        let only = |rule: &str| Exclusion { target, rule: rule.to_owned(), until: None };
        let by = |memory: &Memory| {
            let until = memory.down_until(target);
            Exclusion { until: (until < Time::MAX).then_some(until), ..only(memory.name()) }
        };
        if left.filtered & bit == 0 {
            return only("not among those that may be used");
        }
        if call.allowed & bit == 0 {
            return only("the request's residency");
        }
        if left.unguarded & bit == 0 {
            let dear = self.parts.filters.max_price.is_some_and(|(input, output)| {
                targets[target].input_price > input || targets[target].output_price > output
            });
            let spent = self.spending.iter().any(|spending| spending.forbids(now) & bit != 0);
            return only(match (dear, spent) {
                (true, _) => "max price",
                (false, true) => "a cap on spending",
                (false, false) => "a cap on attempts in flight",
            });
        }
        if used & bit != 0 {
            let runs = call.attempts.iter().any(|tried| tried.target == target && tried.answer.is_none());
            return only(if runs { "is being asked already" } else { "failed this request already" });
        }
        if left.pool & bit != 0 {
            return only("no further target for one request");
        }
        if self.selection.admits(bit, call) == 0 {
            return only("its limit for this minute");
        }
        let all_out = members(left.untried).all(|t| self.keeps_out(t, now));
        let out = self.memory.iter().find(|memory| memory.keeps_out(target, now));
        if let Some(memory) = out.filter(|_| !all_out || self.parts.when_all_out == WhenAllOut::Leave) {
            return by(memory);
        }
        if let Some(memory) = self.memory.iter().find(|memory| memory.down_until(target) > now) {
            return by(memory);
        }
        let front = members(left.pool).map(|t| self.rank(t, now)).min().unwrap_or(0);
        match self.memory.iter().find(|memory| memory.rank(target, now) > front) {
            Some(memory) => by(memory),
            None => only("others come first by order"),
        }
    }
}
