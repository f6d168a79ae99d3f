//! The event queue: what happens next, and in which order.
//!
//! For a discrete-event simulation, where nothing is ever scheduled before the event being run. Not a general
//! priority queue: keys only grow, and that is what makes it fast.
//!
//! Invariants:
//! - **Order**: events run by (time, class, order of scheduling). Equal keys are first in, first out.
//! - **Monotone**: [`EventQueue::now`] is the time of the last event popped and never falls; scheduling before it
//!   panics. Looking ahead ([`EventQueue::peek_time`], a [`EventQueue::pop_until`] that finds nothing) moves nothing.
//! - **Cancelled is gone**: [`EventQueue::len`] counts what will run. What a cancelled event leaves in memory is
//!   swept before it outweighs the living three to one: memory follows `len`, not the number of cancellations.
//! - An [`EventId`] is never used twice.
//!
//! How: a radix wheel in base 64, eleven levels of 64 buckets. An event's level is the highest digit in which its
//! time differs from `now`, its bucket the value of that digit, so all events of one instant share a bucket and a
//! bucket kept in order of arrival keeps ties in order. Popping empties the first bucket into lower levels, and the
//! events of the new instant into eight lanes, one a class; an event scheduled at `now` goes straight to its lane.
//! Each event moves down at most once a level and buckets are plain `Vec`s that stream through the cache, so the cost
//! stays flat from a hundred to a million pending events where a binary heap's grows twenty-fold.
//!
//! Cancelling frees the event's slot at once but only marks its bucket entry: the slot's version moves on, and the
//! entry, now stale, stays until its bucket is three quarters stale and swept, or comes up. Every entry swept past is
//! one look at an 8-byte stamp, at most four for three cancelled: O(1) amortised, while one cancellation in a big bucket
//! may pay for the whole bucket.
//!
//! Moving an event to its entry's time or later leaves the entry where it is and writes the slot only, however often:
//! O(1), no new entry. When the bucket comes up, the entry follows to where the event now belongs, once for any number
//! of moves, and descends from there. It may arrive behind events scheduled after the move, so that bucket and those
//! it empties into are marked, and events of one instant that come from a marked bucket are sorted by the slots'
//! sequence numbers: O(n log n) for n such events of one class. Moving an event to before its entry, or out of the
//! present instant, costs as much as cancelling and scheduling it.
//!
//! With a 30 s timeout on each of 50,000 live requests, moved on every completion, a request costs about a
//! twentieth of what it costs a binary heap with a set of cancelled ids, and most of that is waiting for memory:
//! a thousand live cost us less than half (`examples/queue_ratios.rs`).

mod bucket;
mod slots;
mod wheel;

use std::fmt;
use std::num::NonZeroU32;

use crate::time::{Span, Time};
use bucket::{Bucket, Entry, Lane};
use slots::Slots;
use wheel::{DIGITS, LEVELS, place};

/// Rank among events of one instant, 0 to 7: lower runs first.
pub type Class = u8;

/// How many classes there are.
pub const CLASSES: usize = 8;

/// Names a scheduled event, in 8 bytes, `Option<EventId>` too. Never names another one later.
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub struct EventId {
    slot: u32,
    generation: NonZeroU32,
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventId({}.{})", self.slot, self.generation)
    }
}

/// An event whose time has come.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Fired<E> {
    /// When it runs: equal to [`EventQueue::now`] until the next pop.
    pub time: Time,
    /// Its rank among events of that instant.
    pub class: Class,
    /// What was scheduled.
    pub event: E,
}

/// Events pending, by (time, class, order of scheduling). See the [module](self) for the rules.
///
/// An event is copied about a few times on its way: keep `E` small, 16 bytes or so.
///
/// ```
/// use sandbox_core::{EventQueue, Span, Time};
///
/// let mut queue = EventQueue::new();
/// queue.schedule(Time::from_nanos(5), 1, "late");
/// let timeout = queue.schedule_after(Span::from_secs(30), 0, "timeout");
/// queue.schedule(Time::from_nanos(5), 0, "early");
///
/// assert_eq!(queue.pop().unwrap().event, "early"); // class 0 before class 1
/// assert_eq!(queue.cancel(timeout), Some("timeout"));
/// assert_eq!(queue.pop().unwrap().event, "late");
/// assert!(queue.pop().is_none());
/// ```
#[derive(Clone)]
pub struct EventQueue<E: Copy> {
    /// Time of the last event popped [ns]; the bucket of every pending event is relative to it.
    now: u64,
    /// Events that will run.
    live: usize,
    slots: Slots<E>,
    /// Events of this instant, by class, and a bit for each lane that has any.
    lanes: [Lane<E>; CLASSES],
    lane_mask: u8,
    /// A bit for each lane to be sorted, which [`spread`](Self::spread) does.
    lanes_disordered: u8,
    /// A bit for each level that has any event, and in each level for each bucket.
    level_mask: u16,
    bucket_masks: [u64; LEVELS],
    buckets: Vec<Bucket<E>>,
    /// Room of emptied buckets, by level, for the next one there to fill: memory just read is still in the cache, and
    /// a level's buckets fill alike.
    spare: [Vec<Vec<Entry<E>>>; LEVELS],
    /// State of the tie shuffle, if it is on.
    shuffle: Option<u64>,
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        EventQueue::new()
    }
}

impl<E: Copy> EventQueue<E> {
    /// An empty queue at [`Time::ZERO`].
    pub fn new() -> Self {
        EventQueue::with_capacity(0)
    }

    /// An empty queue with room for `events` pending at once before it has to grow.
    pub fn with_capacity(events: usize) -> Self {
        EventQueue {
            now: 0,
            live: 0,
            slots: Slots::with_capacity(events),
            lanes: std::array::from_fn(|_| Lane::new()),
            lane_mask: 0,
            lanes_disordered: 0,
            level_mask: 0,
            bucket_masks: [0; LEVELS],
            buckets: (0..LEVELS * DIGITS).map(|_| Bucket::new()).collect(),
            spare: std::array::from_fn(|_| Vec::new()),
            shuffle: None,
        }
    }

    /// Runs events of equal time and class in random order from now on, drawn from `seed`.
    ///
    /// A race detector for tests: a model whose results change with the seed depends on the order in which it
    /// happened to schedule. Costs nothing while off.
    pub fn shuffle_ties(&mut self, seed: u64) {
        self.shuffle = Some(seed);
    }

    /// Time of the last event popped, [`Time::ZERO`] before the first.
    #[inline]
    pub fn now(&self) -> Time {
        Time::from_nanos(self.now)
    }

    /// How many events are pending.
    #[inline]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether no event is pending.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Schedules `event` at `at`, after all that are scheduled there in the same class. O(1).
    ///
    /// # Panics
    /// If `at` lies before [`now`](Self::now), `class` is above 7, or 2^29 events are pending: broken invariants
    /// of the caller all.
    #[inline]
    #[track_caller]
    pub fn schedule(&mut self, at: Time, class: Class, event: E) -> EventId {
        let time = at.as_nanos();
        if time < self.now {
            in_the_past(at, self.now());
        }
        assert!(usize::from(class) < CLASSES, "event classes go from 0 to 7");
        self.live += 1;
        let (slot, version, generation) = self.slots.occupy(time, class, event);
        self.insert(Entry::new(time, slot, version, class, event), 0);
        EventId { slot, generation }
    }

    /// Schedules `event` a `delay` from [`now`](Self::now); zero means later in this instant.
    ///
    /// # Panics
    /// As [`schedule`](Self::schedule), and if the delay leads past [`Time::MAX`].
    #[inline]
    #[track_caller]
    pub fn schedule_after(&mut self, delay: Span, class: Class, event: E) -> EventId {
        self.schedule(self.now() + delay, class, event)
    }

    /// Takes an event back: its payload, or `None` if it has run or was cancelled. O(1), amortised over the
    /// sweeps.
    #[inline]
    pub fn cancel(&mut self, id: EventId) -> Option<E> {
        let slot = self.slots.get(id.slot, id.generation)?;
        let (lies_at, class, event) = (slot.lies_at, slot.class, slot.event);
        self.outdate(id.slot);
        self.slots.release(id.slot);
        self.live -= 1;
        self.forget(lies_at, class);
        Some(event)
    }

    /// Moves an event to `at`, behind all that are scheduled there in its class, as if cancelled and scheduled
    /// anew, except that `id` stays valid. `false`, and nothing moved, if it has run or was cancelled. O(1), amortised;
    /// cheapest to later and later times.
    ///
    /// # Panics
    /// If `at` lies before [`now`](Self::now).
    #[inline]
    #[track_caller]
    pub fn reschedule(&mut self, id: EventId, at: Time) -> bool {
        let Some(slot) = self.slots.get(id.slot, id.generation) else { return false };
        let time = at.as_nanos();
        if time < self.now {
            in_the_past(at, self.now());
        }
        let (lies_at, class, event) = (slot.lies_at, slot.class, slot.event);
        if lies_at <= time && lies_at != self.now {
            if self.slots.move_without_entry(id.slot, time) {
                self.buckets[place(self.now, lies_at).1].one_moved(lies_at);
            }
        } else {
            self.outdate(id.slot);
            self.forget(lies_at, class);
            let version = self.slots.move_to(id.slot, time);
            self.insert(Entry::new(time, id.slot, version, class, event), 0);
        }
        true
    }

    /// Whether the event is still to run.
    #[inline]
    pub fn contains(&self, id: EventId) -> bool {
        self.slots.get(id.slot, id.generation).is_some()
    }

    /// When the event will run; `None` if it has run or was cancelled.
    #[inline]
    pub fn time_of(&self, id: EventId) -> Option<Time> {
        self.slots.get(id.slot, id.generation).map(|slot| Time::from_nanos(slot.time))
    }

    /// When the next event runs. Moves nothing: scheduling between now and then stays legal.
    ///
    /// O(1), except that after the first event of the next bucket was cancelled or moved it walks that bucket, until
    /// the next pop; and further ones, while all events of a bucket have moved to later ones.
    pub fn peek_time(&self) -> Option<Time> {
        if self.lane_mask != 0 {
            return Some(self.now());
        }
        let mut least = None;
        for level in (0..LEVELS).filter(|level| self.level_mask >> level & 1 != 0) {
            for digit in (0..DIGITS).filter(|digit| self.bucket_masks[level] >> digit & 1 != 0) {
                let bucket = &self.buckets[level * DIGITS + digit];
                let time = bucket.least().unwrap_or_else(|| bucket.least_by_walking(&self.slots));
                let time = least.map_or(time, |least: u64| least.min(time));
                if place(self.now, time) <= (level, level * DIGITS + digit) {
                    return Some(Time::from_nanos(time));
                }
                least = Some(time);
            }
        }
        least.map(Time::from_nanos)
    }

    /// The next event, and moves [`now`](Self::now) to its time.
    #[inline]
    pub fn pop(&mut self) -> Option<Fired<E>> {
        self.pop_until(Time::MAX)
    }

    /// The next event if its time is at most `limit`; otherwise `None`, and nothing moved.
    #[inline]
    pub fn pop_until(&mut self, limit: Time) -> Option<Fired<E>> {
        if self.lane_mask == 0 {
            let (time, level, index) = self.first_time()?;
            if time > limit.as_nanos() {
                return None;
            }
            self.now = time;
            self.level_and_bucket_off(level, index);
            if let Some(entry) = self.buckets[index].take_only() {
                return Some(self.fire(entry));
            }
            self.spread(level, index);
        }
        if self.now > limit.as_nanos() {
            return None;
        }
        let class = self.lane_mask.trailing_zeros() as usize;
        let lane = &mut self.lanes[class];
        if let Some(state) = &mut self.shuffle {
            lane.shuffle_front(state, &self.slots);
        }
        let entry = lane.pop_front(&self.slots);
        if lane.is_empty() {
            self.lane_mask &= !(1 << class);
        }
        Some(self.fire(entry))
    }

    /// Forgets all pending events. [`now`](Self::now) stays.
    pub fn clear(&mut self) {
        self.lanes.iter_mut().for_each(Lane::clear);
        self.buckets.iter_mut().for_each(Bucket::clear);
        (self.lane_mask, self.level_mask, self.bucket_masks) = (0, 0, [0; LEVELS]);
        self.live = 0;
        self.slots.release_all();
    }
}

impl<E: Copy> fmt::Debug for EventQueue<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventQueue")
            .field("now", &self.now())
            .field("len", &self.live)
            .field("next", &self.peek_time())
            .finish_non_exhaustive()
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn in_the_past(at: Time, now: Time) -> ! {
    panic!("an event was scheduled at {at}, before now ({now})")
}

#[cfg(test)]
mod tests;
