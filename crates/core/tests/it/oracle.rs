//! The slow, obvious queue that the fast one must agree with: a binary heap with tombstones.

#![expect(clippy::disallowed_types, reason = "sets looked up by id only, never walked")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Events by (time, class, order of scheduling). An event is named by the number under which it was first scheduled.
#[derive(Default)]
pub(crate) struct Oracle {
    pub(crate) now: u64,
    heap: BinaryHeap<Reverse<(u64, u8, u64, u64)>>,
    /// Event -> (sequence of its current entry, time, class).
    alive: HashMap<u64, (u64, u64, u8)>,
    sequence: u64,
}

impl Oracle {
    pub(crate) fn schedule(&mut self, time: u64, class: u8, event: u64) {
        self.sequence += 1;
        self.heap.push(Reverse((time, class, self.sequence, event)));
        self.alive.insert(event, (self.sequence, time, class));
    }

    pub(crate) fn cancel(&mut self, event: u64) -> bool {
        self.alive.remove(&event).is_some()
    }

    pub(crate) fn reschedule(&mut self, event: u64, time: u64) -> bool {
        let Some(&(_, _, class)) = self.alive.get(&event) else { return false };
        self.schedule(time, class, event);
        true
    }

    pub(crate) fn time_of(&self, event: u64) -> Option<u64> {
        self.alive.get(&event).map(|&(_, time, _)| time)
    }

    pub(crate) fn len(&self) -> usize {
        self.alive.len()
    }

    pub(crate) fn peek(&mut self) -> Option<u64> {
        while let Some(&Reverse((time, _, sequence, event))) = self.heap.peek() {
            if self.alive.get(&event).is_some_and(|alive| alive.0 == sequence) {
                return Some(time);
            }
            self.heap.pop();
        }
        None
    }

    pub(crate) fn pop_until(&mut self, limit: u64) -> Option<(u64, u8, u64)> {
        let time = self.peek().filter(|time| *time <= limit)?;
        let Reverse((_, class, _, event)) = self.heap.pop()?;
        self.alive.remove(&event);
        self.now = time;
        Some((time, class, event))
    }

    pub(crate) fn clear(&mut self) {
        self.alive.clear();
        self.heap.clear();
    }
}
