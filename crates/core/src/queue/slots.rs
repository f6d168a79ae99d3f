//! One slot for each pending event: where [`EventId`](super::EventId)s point, and how stale entries are told apart.
//!
//! Invariants:
//! - A slot's generation changes when its event runs or is cancelled: an old id finds nothing.
//! - A slot's version changes when its entry in the queue goes stale: an entry is current exactly if its version
//!   is its slot's.

use std::num::NonZeroU32;

use super::Class;

/// What is known of a pending event apart from its place in a bucket.
pub(super) struct Slot<E> {
    /// When it runs [ns].
    pub(super) time: u64,
    pub(super) event: E,
    pub(super) class: Class,
}

/// What ids and entries are checked against. Apart from the events: a pop and a sweep need no more than this, and
/// eight to a cache line it stays in the cache.
#[derive(Copy, Clone)]
struct Stamp {
    version: u32,
    generation: NonZeroU32,
}

pub(super) struct Slots<E> {
    stamps: Vec<Stamp>,
    slots: Vec<Slot<E>>,
    /// Last freed, first used: it is still in the cache.
    free: Vec<u32>,
}

impl<E: Copy> Slots<E> {
    /// As many slots as an entry can tell apart.
    pub(super) const MAX: usize = 1 << 29;

    pub(super) fn with_capacity(slots: usize) -> Self {
        Slots { stamps: Vec::with_capacity(slots), slots: Vec::with_capacity(slots), free: Vec::new() }
    }

    /// Slot, version and generation for a new event.
    #[inline]
    pub(super) fn occupy(&mut self, time: u64, class: Class, event: E) -> (u32, u32, NonZeroU32) {
        if let Some(index) = self.free.pop() {
            self.slots[index as usize] = Slot { time, event, class };
            let stamp = self.stamps[index as usize];
            (index, stamp.version, stamp.generation)
        } else {
            let index = self.slots.len();
            assert!(index < Self::MAX, "more than 2^29 events are pending");
            self.slots.push(Slot { time, event, class });
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
            self.release(index);
        }
    }

    /// Moves the slot's event in time; returns the version for its new entry.
    #[inline]
    pub(super) fn move_to(&mut self, index: u32, time: u64) -> u32 {
        self.slots[index as usize].time = time;
        self.stamps[index as usize].version
    }

    /// Makes the slot's entry stale.
    #[inline]
    pub(super) fn outdate(&mut self, index: u32) {
        let stamp = &mut self.stamps[index as usize];
        stamp.version = stamp.version.wrapping_add(1);
    }

    #[inline]
    pub(super) fn version_is_last(&self, index: u32) -> bool {
        self.stamps[index as usize].version == u32::MAX
    }

    #[inline]
    pub(super) fn is_current(&self, index: u32, version: u32) -> bool {
        self.stamps[index as usize].version == version
    }

    /// Puts every free slot at its last version, to test what happens then without 2^32 cancellations.
    #[cfg(test)]
    pub(super) fn age_free_slots(&mut self) {
        for &index in &self.free {
            self.stamps[index as usize].version = u32::MAX;
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
