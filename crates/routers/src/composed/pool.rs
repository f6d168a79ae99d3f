//! Which targets of a group a request may be sent to.

use sandbox_core::{Time, uniform};

use super::Composed;
use crate::contract::{Call, TargetView};
use crate::memory::members;
use crate::note::Note;
use crate::parts::{At, WhenAllOut};

/// Draws of a request that decide whether a target is let ramp up begin here: far from those of choices and waits.
const RAMP: u64 = 1 << 40;

/// Which targets of a group are left at each step.
#[derive(Copy, Clone, Debug)]
pub(super) struct Left {
    /// That the filters let pass.
    pub(super) filtered: u64,
    /// And the request's residency, the guards and the selection's own limits, too.
    pub(super) unguarded: u64,
    /// And that this request has not used up.
    pub(super) untried: u64,
    /// And that the memory believes up and puts in front.
    pub(super) up: u64,
    /// And that a selection picks from.
    pub(super) pool: u64,
}

impl Composed {
    /// The targets of `mask` that no guard forbids: neither the request's residency, nor the price, nor a cap.
    #[inline]
    pub(super) fn unguarded(&self, mask: u64, call: &Call<'_>, targets: &[TargetView]) -> u64 {
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
    pub(super) fn keeps_out(&self, target: usize, now: Time) -> bool {
        self.memory.iter().any(|memory| memory.keeps_out(target, now))
    }

    /// Whether the memories let this request in at a target that they do not keep out.
    pub(super) fn admits(&self, target: usize, call: &Call<'_>, targets: &[TargetView]) -> bool {
        let luck = || uniform(&mut call.noise.at(call.request, RAMP + target as u64));
        self.memory.iter().all(|memory| memory.admits(target, call.now, targets[target].in_flight, luck))
    }

    #[inline]
    pub(super) fn rank(&self, target: usize, now: Time) -> u8 {
        self.memory.iter().map(|memory| memory.rank(target, now)).max().unwrap_or(0)
    }

    /// Which targets of a group are left for a request that has used up those in `used`.
    #[inline]
    pub(super) fn left(&self, group: u64, used: u64, call: &Call<'_>, targets: &[TargetView]) -> Left {
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
            if self.ranks {
                pool = lowest(pool, |t| u32::from(self.rank(t, call.now)));
            }
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
    pub(super) fn ignores_memory(&self, call: &Call<'_>, targets: &[TargetView]) -> bool {
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
    pub(super) fn used(&self, note: &Note, call: &Call<'_>) -> (u64, u64) {
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
    pub(super) fn left_here(&self, note: &Note, call: &Call<'_>, targets: &[TargetView]) -> (u64, Left) {
        let (used, rather_not) = self.used(note, call);
        let mut left = self.left(self.parts.groups[usize::from(note.group)], used, call, targets);
        if left.pool & !rather_not != 0 {
            left.pool &= !rather_not;
        }
        (used, left)
    }
}

/// The members of a mask that keep something.
#[inline]
fn retain(mask: u64, keep: impl Fn(usize) -> bool) -> u64 {
    members(mask).filter(|&t| keep(t)).fold(0, |kept, t| kept | 1 << t)
}

/// The members of a mask with the lowest number.
#[inline]
pub(super) fn lowest(mask: u64, number: impl Fn(usize) -> u32) -> u64 {
    if mask & mask.wrapping_sub(1) == 0 {
        return mask;
    }
    let (mut least, mut kept) = (u32::MAX, 0);
    for target in members(mask) {
        let number = number(target);
        if number < least {
            (least, kept) = (number, 0);
        }
        if number == least {
            kept |= 1 << target;
        }
    }
    kept
}
