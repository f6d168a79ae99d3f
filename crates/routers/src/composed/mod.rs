//! The composition that presets are built from: see [`parts`](crate::parts).
//!
//! * this file – the router, and its decisions in order
//! * `pool` – which targets of a group a request may be sent to
//! * `retry` – what follows a failure
//! * `ending` – what the caller gets when nothing is left
//! * `explain` – why targets were not tried

mod ending;
mod explain;
mod pool;
mod retry;

use std::sync::Arc;

use sandbox_core::Time;

use crate::budget::Budget;
use crate::contract::{Call, Decision, Exclusion, Fleet, Reason, Seen, Strategy, TargetView, Tried};
use crate::guards::Spending;
use crate::memory::{Memory, Rule};
use crate::note::{Note, Then};
use crate::parts::{Losers, Parts};
use crate::promises::Promises;
use crate::selection::{Choice, Selection};
use crate::sticky::Sticking;
use explain::Look;
use pool::{Left, lowest};

/// A router made of parts.
#[derive(Clone, Debug)]
pub struct Composed {
    /// Copies share them.
    parts: Arc<Parts>,
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
    /// Whether a memory puts some targets behind others.
    ranks: bool,
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
            ranks: parts.memory.iter().any(Rule::ranks),
            parts: Arc::new(parts),
        }
    }

    /// What it is made of.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
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
            }
            // Decided now, or before a wait that is over: nobody is asked earlier than that.
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
        } else if self.selection.spreads() && left.filtered.count_ones() > 1 {
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

    fn cancels_losers(&self) -> bool {
        self.parts.hedge.is_none_or(|hedge| hedge.losers == Losers::Cancelled)
    }

    fn sweeps(&self) -> bool {
        self.memory.iter().any(Memory::sweeps)
    }

    fn down_until(&self, target: usize) -> Time {
        let paused = self.selection.down_until(target);
        self.memory.iter().map(|memory| memory.down_until(target)).fold(paused, Time::max)
    }

    fn promises(&self) -> Promises {
        self.parts.promises()
    }

    fn exclusions(&self, call: &Call<'_>, targets: &[TargetView]) -> Vec<Exclusion> {
        self.explain(call, targets)
    }
}
