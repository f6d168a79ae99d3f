//! Runs of entries in order of arrival, some of them stale: a [`Bucket`] of the wheel, a [`Lane`] of one class.
//!
//! Invariant: a run whose entries are all stale is emptied at once, and one that is three quarters stale is swept,
//! so "not empty" means "has an event" and memory follows the events.

use std::collections::VecDeque;
use std::ops::Range;

use super::{Class, DIGITS, LEVELS, Place, ROOM_TO_KEEP};
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

/// What a bucket can hold for an event.
pub(super) trait Held<E>: Copy {
    fn is_current(self, slots: &Slots<E>) -> bool;

    /// When it runs [ns], if it is current.
    fn time(self, slots: &Slots<E>) -> u64;

    /// All of it, if it is current.
    fn entry(self, slots: &Slots<E>) -> Entry<E>;
}

impl<E: Copy> Held<E> for Entry<E> {
    #[inline]
    fn is_current(self, slots: &Slots<E>) -> bool {
        slots.is_current(self.slot(), self.version)
    }

    #[inline]
    fn time(self, _: &Slots<E>) -> u64 {
        self.time
    }

    #[inline]
    fn entry(self, _: &Slots<E>) -> Entry<E> {
        self
    }
}

/// A pending event as it lies in a bucket far off: 8 bytes that point to its slot.
#[derive(Copy, Clone)]
pub(super) struct Ticket {
    slot: u32,
    version: u32,
}

impl<E: Copy> From<Entry<E>> for Ticket {
    #[inline]
    fn from(entry: Entry<E>) -> Self {
        Ticket { slot: entry.slot(), version: entry.version }
    }
}

impl<E: Copy> Held<E> for Ticket {
    #[inline]
    fn is_current(self, slots: &Slots<E>) -> bool {
        slots.is_current(self.slot, self.version)
    }

    #[inline]
    fn time(self, slots: &Slots<E>) -> u64 {
        slots.at(self.slot).time
    }

    #[inline]
    fn entry(self, slots: &Slots<E>) -> Entry<E> {
        let slot = slots.at(self.slot);
        Entry::new(slot.time, self.slot, self.version, slot.class, slot.event)
    }
}

/// Events of a stretch of time.
pub(super) struct Bucket<T> {
    entries: Vec<T>,
    /// How many entries are stale.
    stale: usize,
    /// At most the least time among the current entries [ns]; exactly that while none is stale.
    least: u64,
}

impl<T: Copy> Bucket<T> {
    pub(super) fn new() -> Self {
        Bucket { entries: Vec::new(), stale: 0, least: u64::MAX }
    }

    #[inline]
    pub(super) fn push(&mut self, entry: T, time: u64) {
        self.least = self.least.min(time);
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
    pub(super) fn least_swept<E>(&mut self, slots: &Slots<E>) -> u64
    where
        T: Held<E>,
    {
        if self.stale > 0 {
            self.sweep(slots);
        }
        self.least
    }

    /// The least time of an event [ns], moving nothing.
    pub(super) fn least<E>(&self, slots: &Slots<E>) -> u64
    where
        T: Held<E>,
    {
        if self.stale == 0 {
            return self.least;
        }
        let current = self.entries.iter().filter(|entry| entry.is_current(slots));
        current.map(|entry| entry.time(slots)).min().expect("a bucket with a bit set has an event")
    }

    /// The entry, if there is just one, which then is an event; it is taken out.
    #[inline]
    pub(super) fn take_only(&mut self) -> Option<T> {
        if self.entries.len() != 1 {
            return None;
        }
        self.least = u64::MAX;
        self.entries.pop()
    }

    /// Everything in it, and how many of these are stale. Hand the emptied `Vec` back with `put_back`.
    #[inline]
    pub(super) fn take_all(&mut self) -> (Vec<T>, usize) {
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
    pub(super) fn furnish(&mut self, entries: Vec<T>) {
        debug_assert!(self.is_empty() && entries.is_empty(), "only room changes hands");
        self.entries = entries;
    }

    /// Takes an empty bucket's room away, for another one to fill.
    #[inline]
    pub(super) fn strip(&mut self) -> Vec<T> {
        debug_assert!(self.is_empty(), "only room changes hands");
        std::mem::take(&mut self.entries)
    }

    /// Accounts for an entry of this bucket that has just gone stale.
    #[inline]
    pub(super) fn one_went_stale<E>(&mut self, slots: &Slots<E>)
    where
        T: Held<E>,
    {
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
    pub(super) fn sweep<E>(&mut self, slots: &Slots<E>)
    where
        T: Held<E>,
    {
        let mut least = u64::MAX;
        let mut kept = 0;
        for at in 0..self.entries.len() {
            let entry = self.entries[at];
            let current = entry.is_current(slots);
            self.entries[kept] = entry;
            kept += usize::from(current);
            least = least.min(if current { entry.time(slots) } else { u64::MAX });
        }
        self.entries.truncate(kept);
        self.stale = 0;
        self.least = least;
    }
}

/// Buckets of some levels of the wheel.
pub(super) struct Tier<T> {
    first_level: usize,
    pub(super) buckets: Vec<Bucket<T>>,
    /// Room of emptied buckets, by level, for the next one there to fill: memory just read is still in the cache, and
    /// a level's buckets fill alike.
    spare: [Vec<Vec<T>>; LEVELS],
}

impl<T: Copy> Tier<T> {
    pub(super) fn new(levels: Range<usize>) -> Self {
        Tier {
            first_level: levels.start,
            buckets: (0..levels.len() * DIGITS).map(|_| Bucket::new()).collect(),
            spare: std::array::from_fn(|_| Vec::new()),
        }
    }

    #[inline]
    pub(super) fn bucket(&self, (level, digit): Place) -> &Bucket<T> {
        &self.buckets[(level - self.first_level) * DIGITS + digit]
    }

    #[inline]
    pub(super) fn bucket_mut(&mut self, (level, digit): Place) -> &mut Bucket<T> {
        &mut self.buckets[(level - self.first_level) * DIGITS + digit]
    }

    #[inline(always)]
    pub(super) fn push(&mut self, place: Place, item: T, time: u64) {
        let bucket = &mut self.buckets[(place.0 - self.first_level) * DIGITS + place.1];
        if bucket.has_no_room()
            && let Some(room) = self.spare[place.0].pop()
        {
            bucket.furnish(room);
        }
        bucket.push(item, time);
    }

    /// Keeps an empty bucket's room, for itself if it is small.
    pub(super) fn keep_room(&mut self, place: Place, room: Vec<T>) {
        if room.capacity() <= ROOM_TO_KEEP {
            self.bucket_mut(place).furnish(room);
        } else {
            self.spare[place.0].push(room);
        }
    }

    /// Accounts for an item of this bucket that has just gone stale; whether the bucket is empty now.
    #[inline]
    pub(super) fn one_went_stale<E>(&mut self, place: Place, slots: &Slots<E>) -> bool
    where
        E: Copy,
        T: Held<E>,
    {
        let bucket = self.bucket_mut(place);
        bucket.one_went_stale(slots);
        let empty = bucket.is_empty();
        if empty {
            let room = bucket.strip();
            self.keep_room(place, room);
        }
        empty
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
