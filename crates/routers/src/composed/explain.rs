//! Why targets were not tried: the decision once more, on a copy, with somebody watching.

use sandbox_core::Time;

use super::Composed;
use super::pool::Left;
use crate::contract::{Call, Decision, Exclusion, TargetView};
use crate::memory::{Memory, members};
use crate::note::Note;
use crate::parts::WhenAllOut;

/// One look at a group while a decision is made, for explanations.
#[derive(Copy, Clone, Debug)]
pub(super) struct Look {
    /// The group, or the part of it that was looked at.
    pub(super) group: u64,
    /// Those that the request has used up.
    pub(super) used: u64,
    pub(super) left: Left,
    /// Those that could be chosen in the end.
    pub(super) pool: u64,
}

impl Composed {
    /// Decides on a copy of itself, and tells what that decision saw: there is one path for both.
    pub(super) fn explain(&self, call: &Call<'_>, targets: &[TargetView]) -> Vec<Exclusion> {
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
            if self.unguarded(bit, call, targets) != 0 {
                return only("its limit for this minute");
            }
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
        let all_out = members(left.untried).all(|t| self.keeps_out(t, now));
        let out = self.memory.iter().find(|memory| memory.keeps_out(target, now));
        if let Some(memory) = out.filter(|_| !all_out || self.parts.when_all_out == WhenAllOut::Leave) {
            return by(memory);
        }
        if let Some(memory) = self.memory.iter().find(|memory| memory.down_until(target) > now) {
            return by(memory);
        }
        if !self.admits(target, call, targets) {
            return only("traffic is let back step by step");
        }
        if call.attempts.iter().any(|tried| tried.target == target) {
            return only("failed this request already");
        }
        let front = members(left.pool).map(|t| self.rank(t, now)).min().unwrap_or(0);
        match self.memory.iter().find(|memory| memory.rank(target, now) > front) {
            Some(memory) => by(memory),
            None => only("others come first by order"),
        }
    }
}
