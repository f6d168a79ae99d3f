//! One slot for each pending event: where [`EventId`](super::EventId)s point, and how stale entries are told apart.
//!
//! Invariants:
//! - A slot's generation changes when its event runs or is cancelled: an old id finds nothing.
//! - A slot's version changes when its entry in the queue goes stale: an entry belongs to its slot's event exactly if
//!   it has its slot's version.
//! - An event moved to later without its entry has the slot's moved bit set. Until then `time` is `lies_at`.

use std::num::NonZeroU32;

use super::Class;

/// What is known of a pending event apart from its entry.
#[derive(Clone)]
pub(super) struct Slot<E> {
    /// When it runs [ns].
    pub(super) time: u64,
    /// The time in its entry [ns], never later: it says in which bucket to find that.
    pub(super) lies_at: u64,
    /// Its turn among events of equal time and class: grows with each scheduling and moving.
    pub(super) sequence: u64,
    pub(super) event: E,
    pub(super) class: Class,
}

/// What an entry is worth.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// Its event runs at the entry's time.
    Current,
    /// Its event runs, but at the slot's time and in the slot's turn.
    Moved,
    /// Its event was cancelled or has another entry.
    Stale,
}

/// What ids and entries are checked against. Apart from the events: a pop and a sweep need no more than this, and
/// eight to a cache line it stays in the cache.
#[derive(Copy, Clone)]
struct Stamp {
    /// The version, an even number; the lowest bit says that the event has moved without its entry.
    version: u32,
    generation: NonZeroU32,
}

#[derive(Clone)]
pub(super) struct Slots<E> {
    stamps: Vec<Stamp>,
    slots: Vec<Slot<E>>,
    /// Last freed, first used: it is still in the cache.
    free: Vec<u32>,
    /// Of the last event scheduled or moved.
    sequence: u64,
}

/// The bit of a stamp's version for an event that has moved without its entry.
const MOVED: u32 = 1;

impl<E: Copy> Slots<E> {
    /// As many slots as an entry can tell apart.
    pub(super) const MAX: usize = 1 << 29;

    pub(super) fn with_capacity(slots: usize) -> Self {
        Slots {
            stamps: Vec::with_capacity(slots),
            slots: Vec::with_capacity(slots),
            free: Vec::new(),
            sequence: 0,
        }
    }

    /// Slot, version and generation for a new event.
    #[inline]
    pub(super) fn occupy(&mut self, time: u64, class: Class, event: E) -> (u32, u32, NonZeroU32) {
        self.sequence += 1;
        let slot = Slot { time, lies_at: time, sequence: self.sequence, event, class };
        if let Some(index) = self.free.pop() {
            self.slots[index as usize] = slot;
            let stamp = self.stamps[index as usize];
            (index, stamp.version, stamp.generation)
        } else {
            let index = self.slots.len();
            assert!(index < Self::MAX, "more than 2^29 events are pending");
            self.slots.push(slot);
            self.stamps.push(Stamp { version: 0, generation: NonZeroU32::MIN });
            (index as u32, 0, NonZeroU32::MIN)
        }
    }

    #[inline]
    pub(super) fn get(&self, index: u32, generation: NonZeroU32) -> Option<&Slot<E>> {
        let stamp = self.stamps.get(index as usize)?;
        if stamp.generation == generation { Some(&self.slots[index as usize]) } else { None }
    }

    /// Ends the slot's event. A slot that has served 2^32 events is retired, so that no id comes twice.
    #[inline]
    pub(super) fn release(&mut self, index: u32) {
        let stamp = &mut self.stamps[index as usize];
        stamp.generation = stamp.generation.saturating_add(1);
        if stamp.generation != NonZeroU32::MAX {
            self.free.push(index);
        }
    }

    pub(super) fn release_all(&mut self) {
        self.free.clear();
        for index in (0..self.slots.len() as u32).rev() {
            self.stamps[index as usize].version &= !MOVED;
            self.release(index);
        }
    }

    /// Moves the slot's event in time, to a new entry; returns the version for that.
    #[inline]
    pub(super) fn move_to(&mut self, index: u32, time: u64) -> u32 {
        self.sequence += 1;
        let slot = &mut self.slots[index as usize];
        (slot.time, slot.lies_at, slot.sequence) = (time, time, self.sequence);
        self.stamps[index as usize].version
    }

    /// Moves the slot's event in time, to the time of its entry or later, and leaves that where it lies. Whether it
    /// is the first such move since the entry came there.
    #[inline]
    pub(super) fn move_without_entry(&mut self, index: u32, time: u64) -> bool {
        self.sequence += 1;
        let slot = &mut self.slots[index as usize];
        (slot.time, slot.sequence) = (time, self.sequence);
        let version = &mut self.stamps[index as usize].version;
        let first = *version & MOVED == 0;
        *version |= MOVED;
        first
    }

    /// The time of an event whose entry now follows it there.
    #[inline]
    pub(super) fn follow(&mut self, index: u32) -> u64 {
        self.stamps[index as usize].version &= !MOVED;
        let slot = &mut self.slots[index as usize];
        slot.lies_at = slot.time;
        slot.time
    }

    /// Makes the slot's entry stale.
    #[inline]
    pub(super) fn outdate(&mut self, index: u32) {
        let stamp = &mut self.stamps[index as usize];
        stamp.version = (stamp.version | MOVED).wrapping_add(1);
    }

    #[inline]
    pub(super) fn version_is_last(&self, index: u32) -> bool {
        self.stamps[index as usize].version | MOVED == u32::MAX
    }

    #[inline]
    pub(super) fn standing(&self, index: u32, version: u32) -> Standing {
        match self.stamps[index as usize].version ^ version {
            0 => Standing::Current,
            MOVED => Standing::Moved,
            _ => Standing::Stale,
        }
    }

    /// Whether the entry of this version is the slot's, moved or not.
    #[inline]
    pub(super) fn is_live(&self, index: u32, version: u32) -> bool {
        self.stamps[index as usize].version ^ version <= MOVED
    }

    #[inline]
    pub(super) fn time(&self, index: u32) -> u64 {
        self.slots[index as usize].time
    }

    #[inline]
    pub(super) fn sequence(&self, index: u32) -> u64 {
        self.slots[index as usize].sequence
    }

    /// Puts every free slot at its last version, to test what happens then without 2^32 cancellations.
    #[cfg(test)]
    pub(super) fn age_free_slots(&mut self) {
        for &index in &self.free {
            self.stamps[index as usize].version = !MOVED;
        }
    }

    /// Puts every free slot at its last generation but one.
    #[cfg(test)]
    pub(super) fn wear_out_free_slots(&mut self) {
        for &index in &self.free {
            self.stamps[index as usize].generation = NonZeroU32::new(u32::MAX - 1).expect("not zero");
        }
    }
}
