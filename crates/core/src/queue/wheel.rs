//! The wheel under the queue: where entries lie, and how they come down to the present instant.
//!
//! Invariants:
//! - A pending event's entry lies in a lane if it is for `now`, otherwise in the bucket of [`place`].
//! - The bits of a bucket and its level are set exactly while it has the entry of an event.
//! - Buckets of one level, and the levels, follow one another in time: the first bucket has the next event, or else
//!   only events that have moved on.

use super::bucket::{DISORDERED, Entry, MOVED};
use super::slots::Standing;
use super::{Class, EventQueue, Fired};
use crate::time::Time;

/// Bits of a base-64 digit, and how many digits make a `u64`.
const DIGIT_BITS: u32 = 6;
pub(super) const DIGITS: usize = 1 << DIGIT_BITS;
pub(super) const LEVELS: usize = 64_usize.div_ceil(DIGIT_BITS as usize);

/// Entries an empty bucket keeps room for; more goes to the next bucket of its level.
const ROOM_TO_KEEP: usize = 64;

impl<E: Copy> EventQueue<E> {
    #[inline]
    pub(super) fn fire(&mut self, entry: Entry<E>) -> Fired<E> {
        self.slots.release(entry.slot());
        self.live -= 1;
        Fired { time: Time::from_nanos(entry.time), class: entry.class(), event: entry.event }
    }

    /// Puts an entry where its time belongs, as seen from `now`.
    ///
    /// Inlined always: passed through memory, an entry just written field by field stalls its own copying.
    #[inline(always)]
    pub(super) fn insert(&mut self, entry: Entry<E>, marks: u8) {
        if entry.time == self.now {
            let class = entry.class();
            self.lane_mask |= 1 << class;
            self.lanes_disordered |= u8::from(marks & DISORDERED != 0) << class;
            self.lanes[usize::from(class)].push(entry);
        } else {
            let (level, index) = place(self.now, entry.time);
            self.level_mask |= 1 << level;
            self.bucket_masks[level] |= 1 << (index % DIGITS);
            let bucket = &mut self.buckets[index];
            if bucket.has_no_room()
                && let Some(room) = self.spare[level].pop()
            {
                bucket.furnish(room);
            }
            bucket.push(entry, marks);
        }
    }

    /// The least time of an event in the wheel, and the level and index of its bucket, the first one.
    #[inline]
    pub(super) fn first_time(&mut self) -> Option<(u64, usize, usize)> {
        loop {
            let (level, index) = self.first_bucket()?;
            if let Some(time) = self.buckets[index].least() {
                return Some((time, level, index));
            }
            self.level_and_bucket_off(level, index);
            self.spread(level, index);
        }
    }

    /// Empties a bucket, whose bits are off already, and puts its events where their times belong, as seen from
    /// `now`: into the lanes and lower levels if `now` is its first event's time, otherwise back and, those that have
    /// moved, further on.
    pub(super) fn spread(&mut self, level: usize, index: usize) {
        let (mut entries, stale, marks) = self.buckets[index].take_all();
        if stale == 0 && marks & MOVED == 0 {
            for entry in &entries {
                self.insert(*entry, marks & DISORDERED);
            }
        } else {
            for entry in &entries {
                match entry.standing(&self.slots) {
                    Standing::Current => self.insert(*entry, marks & DISORDERED),
                    Standing::Moved => {
                        let time = self.slots.follow(entry.slot());
                        self.insert(entry.at(time), DISORDERED);
                    }
                    Standing::Stale => {}
                }
            }
        }
        entries.clear();
        self.keep_room(level, index, entries);
        while self.lanes_disordered != 0 {
            let class = self.lanes_disordered.trailing_zeros();
            self.lanes_disordered &= !(1 << class);
            self.lanes[class as usize].sort(&self.slots);
        }
    }

    /// Accounts for the entry of an event, at `lies_at`, that has just become stale.
    #[inline]
    pub(super) fn forget(&mut self, lies_at: u64, class: Class) {
        if lies_at == self.now {
            let lane = &mut self.lanes[usize::from(class)];
            lane.one_went_stale(&self.slots);
            if lane.is_empty() {
                self.lane_mask &= !(1 << class);
            }
        } else {
            let (level, index) = place(self.now, lies_at);
            let bucket = &mut self.buckets[index];
            bucket.one_went_stale(lies_at, &self.slots);
            if bucket.is_empty() {
                let room = bucket.strip();
                self.keep_room(level, index, room);
                self.level_and_bucket_off(level, index);
            }
        }
    }

    /// Makes the entry of this slot stale. Versions are 32 bits: before one comes round again, every stale entry
    /// is swept, so that none can pass for current.
    #[inline]
    pub(super) fn outdate(&mut self, slot: u32) {
        if self.slots.version_is_last(slot) {
            self.lanes.iter_mut().for_each(|lane| lane.sweep(&self.slots));
            self.buckets.iter_mut().for_each(|bucket| bucket.sweep(&self.slots));
        }
        self.slots.outdate(slot);
    }

    /// Puts an emptied bucket's room where it is used next: a little stays, much goes round.
    #[inline]
    pub(super) fn keep_room(&mut self, level: usize, index: usize, room: Vec<Entry<E>>) {
        if room.capacity() <= ROOM_TO_KEEP && self.buckets[index].has_no_room() {
            self.buckets[index].furnish(room);
        } else {
            self.spare[level].push(room);
        }
    }

    #[inline]
    pub(super) fn first_bucket(&self) -> Option<(usize, usize)> {
        if self.level_mask == 0 {
            return None;
        }
        let level = self.level_mask.trailing_zeros() as usize;
        Some((level, level * DIGITS + self.bucket_masks[level].trailing_zeros() as usize))
    }

    #[inline]
    pub(super) fn level_and_bucket_off(&mut self, level: usize, index: usize) {
        self.bucket_masks[level] &= !(1 << (index % DIGITS));
        if self.bucket_masks[level] == 0 {
            self.level_mask &= !(1 << level);
        }
    }
}

/// Level and bucket of a time later than `now`: the highest digit in which they differ, and its value.
///
/// Stays right while `now` grows towards `time`: they keep agreeing in all higher digits, and they come to agree
/// in this one only when an event of the same bucket is popped, which empties it.
#[inline]
pub(super) fn place(now: u64, time: u64) -> (usize, usize) {
    let level = (63 - (now ^ time).leading_zeros()) / DIGIT_BITS;
    let digit = (time >> (level * DIGIT_BITS)) as usize % DIGITS;
    (level as usize, level as usize * DIGITS + digit)
}
