//! Runs of entries in order of arrival, some of them stale: a [`Bucket`] of the wheel, a [`Lane`] of one class.
//!
//! Invariants:
//! - A run whose entries are all stale is emptied at once, and one that is three quarters stale is swept, so "not
//!   empty" means "has the entry of an event" and memory follows the events.
//! - Entries of equal time lie in the order their events were scheduled, in a bucket unless it is marked
//!   [`DISORDERED`], in a lane always.

use std::collections::VecDeque;

use super::Class;
use super::slots::{Slots, Standing};
use crate::random::{mul_high, splitmix64};

/// Runs shorter than this are not worth sweeping.
const SWEEP_FROM: usize = 16;

/// Marks of a bucket. An event of it may have moved on without its entry.
pub(super) const MOVED: u8 = 1;
/// Its entries may be out of order: one of them came here long after its event was moved.
pub(super) const DISORDERED: u8 = 2;
/// Its `least` may be too low: an event of that time has left or moved.
const VAGUE: u8 = 4;

/// A pending event as it lies in a bucket: 16 bytes and the payload.
#[derive(Copy, Clone)]
pub(super) struct Entry<E> {
    /// When it runs, unless it has moved to later [ns].
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
    /// The entry for another time.
    #[inline]
    pub(super) fn at(&self, time: u64) -> Self {
        Entry { time, ..*self }
    }

    #[inline]
    pub(super) fn standing(&self, slots: &Slots<E>) -> Standing {
        slots.standing(self.slot(), self.version)
    }

    #[inline]
    fn is_live(&self, slots: &Slots<E>) -> bool {
        slots.is_live(self.slot(), self.version)
    }
}

/// Events of a stretch of time.
#[derive(Clone)]
pub(super) struct Bucket<E> {
    entries: Vec<Entry<E>>,
    /// How many entries are stale.
    stale: usize,
    /// The least time of an event here, or less if marked [`VAGUE`] [ns].
    least: u64,
    marks: u8,
}

impl<E: Copy> Bucket<E> {
    pub(super) fn new() -> Self {
        Bucket { entries: Vec::new(), stale: 0, least: u64::MAX, marks: 0 }
    }

    #[inline]
    pub(super) fn push(&mut self, entry: Entry<E>, marks: u8) {
        self.least = self.least.min(entry.time);
        self.marks |= marks;
        self.entries.push(entry);
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        (self.stale, self.least, self.marks) = (0, u64::MAX, 0);
    }

    /// The least time of an event [ns], unless it takes a walk to know it.
    #[inline]
    pub(super) fn least(&self) -> Option<u64> {
        if self.marks & VAGUE == 0 { Some(self.least) } else { None }
    }

    /// The least time of an event that has its entry here [ns], be it one that the bucket is not for.
    pub(super) fn least_by_walking(&self, slots: &Slots<E>) -> u64 {
        let times = self.entries.iter().filter_map(|entry| match entry.standing(slots) {
            Standing::Current => Some(entry.time),
            Standing::Moved => Some(slots.time(entry.slot())),
            Standing::Stale => None,
        });
        times.min().expect("a bucket with its bit set has an event")
    }

    /// The entry, if there is just one; it is taken out. Its event is at `least`, which must be known.
    #[inline]
    pub(super) fn take_only(&mut self) -> Option<Entry<E>> {
        if self.entries.len() != 1 {
            return None;
        }
        (self.least, self.marks) = (u64::MAX, 0);
        self.entries.pop()
    }

    /// Everything in it, how many of these are stale, and its marks. Hand the emptied `Vec` back.
    #[inline]
    pub(super) fn take_all(&mut self) -> (Vec<Entry<E>>, usize, u8) {
        let (stale, marks) = (self.stale, self.marks);
        (self.stale, self.least, self.marks) = (0, u64::MAX, 0);
        (std::mem::take(&mut self.entries), stale, marks)
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

    /// Accounts for an event whose entry stays here while it moves on from `time`.
    #[inline]
    pub(super) fn one_moved(&mut self, time: u64) {
        self.marks |= MOVED | if time == self.least { VAGUE } else { 0 };
    }

    /// Accounts for an entry of this bucket, at `time`, that has just gone stale.
    #[inline]
    pub(super) fn one_went_stale(&mut self, time: u64, slots: &Slots<E>) {
        self.stale += 1;
        self.marks |= if time == self.least { VAGUE } else { 0 };
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
            let live = entry.is_live(slots);
            self.entries[kept] = entry;
            kept += usize::from(live);
            least = least.min(if live { entry.time } else { u64::MAX });
        }
        self.entries.truncate(kept);
        self.stale = 0;
        self.least = least;
        // A moved event counts at the time of its entry, which is too early.
        self.marks = if self.marks & MOVED == 0 { self.marks & !VAGUE } else { self.marks | VAGUE };
    }
}

/// Events of one class at the present instant.
#[derive(Clone)]
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
            if entry.is_live(slots) {
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

    /// Puts its events in order, none of which may be stale.
    pub(super) fn sort(&mut self, slots: &Slots<E>) {
        debug_assert!(self.stale == 0, "the slot of a stale entry is another event's");
        self.entries.make_contiguous().sort_by_key(|entry| slots.sequence(entry.slot()));
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
            self.entries.retain(|entry| entry.is_live(slots));
            self.stale = 0;
        }
    }
}
