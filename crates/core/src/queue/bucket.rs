//! Runs of entries in order of arrival, some of them stale: a [`Bucket`] of the wheel, a [`Lane`] of one class.
//!
//! Invariant: a run whose entries are all stale is emptied at once, and one that is three quarters stale is swept,
//! so "not empty" means "has an event" and memory follows the events.

use std::collections::VecDeque;

use super::Class;
use super::slots::Slots;
use crate::random::{mul_high, splitmix64};

/// Runs shorter than this are not worth sweeping.
const SWEEP_FROM: usize = 16;

/// A pending event as it lies in a bucket: 16 bytes and the payload.
#[derive(Copy, Clone)]
pub(super) struct Entry<E> {
    /// When it runs [ns].
    pub(super) time: u64,
    /// The slot's version when this entry was made: another one now means stale.
    pub(super) version: u32,
    /// Slot in the upper 29 bits, class in the lower 3.
    slot_and_class: u32,
    pub(super) event: E,
}

impl<E> Entry<E> {
    #[inline]
    pub(super) fn new(time: u64, slot: u32, version: u32, class: Class, event: E) -> Self {
        Entry { time, version, slot_and_class: slot << 3 | u32::from(class), event }
    }

    #[inline]
    pub(super) fn slot(&self) -> u32 {
        self.slot_and_class >> 3
    }

    #[inline]
    pub(super) fn class(&self) -> Class {
        (self.slot_and_class & 7) as Class
    }
}

impl<E: Copy> Entry<E> {
    #[inline]
    fn is_current(&self, slots: &Slots<E>) -> bool {
        slots.is_current(self.slot(), self.version)
    }
}

/// Events of a stretch of time.
pub(super) struct Bucket<E> {
    entries: Vec<Entry<E>>,
    /// How many entries are stale.
    stale: usize,
    /// At most the least time among the current entries [ns]; exactly that while none is stale.
    least: u64,
}

impl<E: Copy> Bucket<E> {
    pub(super) fn new() -> Self {
        Bucket { entries: Vec::new(), stale: 0, least: u64::MAX }
    }

    #[inline]
    pub(super) fn push(&mut self, entry: Entry<E>) {
        self.least = self.least.min(entry.time);
        self.entries.push(entry);
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.stale = 0;
        self.least = u64::MAX;
    }

    /// The least time of an event [ns], after sweeping if that is needed to know it.
    #[inline]
    pub(super) fn least_swept(&mut self, slots: &Slots<E>) -> u64 {
        if self.stale > 0 {
            self.sweep(slots);
        }
        self.least
    }

    /// The least time of an event [ns], moving nothing.
    pub(super) fn least(&self, slots: &Slots<E>) -> u64 {
        if self.stale == 0 {
            return self.least;
        }
        let current = self.entries.iter().filter(|entry| entry.is_current(slots));
        current.map(|entry| entry.time).min().expect("a bucket with a bit set has an event")
    }

    /// The entry, if there is just one, which then is an event; it is taken out.
    #[inline]
    pub(super) fn take_only(&mut self) -> Option<Entry<E>> {
        if self.entries.len() != 1 {
            return None;
        }
        self.least = u64::MAX;
        self.entries.pop()
    }

    /// Everything in it, and how many of these are stale. Hand the emptied `Vec` back with `put_back`.
    #[inline]
    pub(super) fn take_all(&mut self) -> (Vec<Entry<E>>, usize) {
        let stale = std::mem::take(&mut self.stale);
        self.least = u64::MAX;
        (std::mem::take(&mut self.entries), stale)
    }

    /// Whether the next push would have to allocate a first time.
    #[inline]
    pub(super) fn has_no_room(&self) -> bool {
        self.entries.capacity() == 0
    }

    /// Gives an empty bucket room to fill.
    #[inline]
    pub(super) fn furnish(&mut self, entries: Vec<Entry<E>>) {
        debug_assert!(self.is_empty() && entries.is_empty(), "only room changes hands");
        self.entries = entries;
    }

    /// Takes an empty bucket's room away, for another one to fill.
    #[inline]
    pub(super) fn strip(&mut self) -> Vec<Entry<E>> {
        debug_assert!(self.is_empty(), "only room changes hands");
        std::mem::take(&mut self.entries)
    }

    /// Accounts for an entry of this bucket that has just gone stale.
    #[inline]
    pub(super) fn one_went_stale(&mut self, slots: &Slots<E>) {
        self.stale += 1;
        if self.stale == self.entries.len() {
            self.clear();
        } else if self.entries.len() >= SWEEP_FROM && self.stale > self.entries.len() / 4 * 3 {
            self.sweep(slots);
        }
    }

    #[cfg(test)]
    pub(super) fn entries_held(&self) -> usize {
        self.entries.len()
    }

    /// Drops the stale entries, keeping the order of the others.
    ///
    /// Every entry is copied and nothing branches on whether it is stale: that is as good as random, and a wrong guess
    /// would wait for the stamp to come from memory before the next can be fetched.
    pub(super) fn sweep(&mut self, slots: &Slots<E>) {
        let mut least = u64::MAX;
        let mut kept = 0;
        for at in 0..self.entries.len() {
            let entry = self.entries[at];
            let current = entry.is_current(slots);
            self.entries[kept] = entry;
            kept += usize::from(current);
            least = least.min(if current { entry.time } else { u64::MAX });
        }
        self.entries.truncate(kept);
        self.stale = 0;
        self.least = least;
    }
}

/// Events of one class at the present instant.
pub(super) struct Lane<E> {
    entries: VecDeque<Entry<E>>,
    /// How many entries are stale.
    stale: usize,
}

impl<E: Copy> Lane<E> {
    pub(super) fn new() -> Self {
        Lane { entries: VecDeque::new(), stale: 0 }
    }

    #[inline]
    pub(super) fn push(&mut self, entry: Entry<E>) {
        self.entries.push_back(entry);
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.stale = 0;
    }

    /// The first event. Panics if there is none.
    #[inline]
    pub(super) fn pop_front(&mut self, slots: &Slots<E>) -> Entry<E> {
        loop {
            let entry = self.entries.pop_front().expect("a lane with its bit set has an event");
            if self.stale == 0 {
                return entry;
            }
            if entry.is_current(slots) {
                self.clear_if_all_stale();
                return entry;
            }
            self.stale -= 1;
        }
    }

    /// Brings an event drawn from `state` to the front.
    pub(super) fn shuffle_front(&mut self, state: &mut u64, slots: &Slots<E>) {
        self.sweep(slots);
        let pick = mul_high(splitmix64(state), self.entries.len() as u64) as usize;
        self.entries.swap(0, pick);
    }

    /// Accounts for an entry of this lane that has just gone stale.
    #[inline]
    pub(super) fn one_went_stale(&mut self, slots: &Slots<E>) {
        self.stale += 1;
        self.clear_if_all_stale();
        if self.entries.len() >= SWEEP_FROM && self.stale > self.entries.len() / 4 * 3 {
            self.sweep(slots);
        }
    }

    #[inline]
    fn clear_if_all_stale(&mut self) {
        if self.stale == self.entries.len() {
            self.clear();
        }
    }

    /// Drops the stale entries, keeping the order of the others.
    pub(super) fn sweep(&mut self, slots: &Slots<E>) {
        if self.stale > 0 {
            self.entries.retain(|entry| entry.is_current(slots));
            self.stale = 0;
        }
    }
}
