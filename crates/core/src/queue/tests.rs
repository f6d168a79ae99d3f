//! What only the inside of the queue can show: places, versions, sweeps.

use super::*;

fn drain(queue: &mut EventQueue<u32>) -> Vec<u32> {
    std::iter::from_fn(|| queue.pop()).map(|fired| fired.event).collect()
}

#[test]
fn places_by_highest_differing_digit() {
    assert_eq!(place(0, 1), (0, 1));
    assert_eq!(place(0, 64), (1, 65));
    assert_eq!(place(63, 64), (1, 65));
    assert_eq!(place(64, 127), (0, 63));
    assert_eq!(place(0, u64::MAX), (10, 655));
}

#[test]
fn an_id_fits_eight_bytes_with_its_option() {
    assert_eq!(size_of::<Option<EventId>>(), 8);
}

#[test]
fn sweeps_before_a_version_comes_round_again() {
    let mut queue = EventQueue::new();
    // Slot 0 leaves a stale entry of version 0 among others, far from being swept.
    let ids: Vec<EventId> = (0..8).map(|i| queue.schedule(Time::from_nanos(1 << 20), 0, i)).collect();
    queue.cancel(ids[0]);
    queue.slots.age_free_slots();
    // Takes slot 0 at its last version; moving it wraps to 0, which the stale entry still bears.
    let id = queue.schedule(Time::from_nanos(1 << 30), 0, 100);
    assert_eq!(id.slot, ids[0].slot);
    assert!(queue.reschedule(id, Time::from_nanos(1 << 31)));
    assert_eq!(drain(&mut queue), [1, 2, 3, 4, 5, 6, 7, 100]);
}

#[test]
fn retires_a_slot_rather_than_reuse_an_id() {
    let mut queue = EventQueue::new();
    queue.schedule(Time::ZERO, 0, 1);
    queue.pop();
    queue.slots.wear_out_free_slots();
    let last = queue.schedule(Time::ZERO, 0, 2);
    queue.pop();
    let next = queue.schedule(Time::ZERO, 0, 3);
    assert_ne!(last.slot, next.slot);
    assert!(!queue.contains(last));
    queue.clear();
    assert!(queue.is_empty() && !queue.contains(next));
}

#[test]
fn cancelled_entries_do_not_pile_up() {
    let mut queue = EventQueue::new();
    let keep = queue.schedule(Time::from_nanos(1 << 40), 0, 0);
    for _ in 0..100_000 {
        let id = queue.schedule(Time::from_nanos(1 << 40), 0, 1);
        queue.cancel(id);
        queue.reschedule(keep, Time::from_nanos(1 << 40));
    }
    assert_eq!(queue.len(), 1);
    assert!(queue.buckets.iter().map(Bucket::entries_held).sum::<usize>() <= 16);
}

#[test]
fn a_postponed_event_has_one_entry_which_follows_it() {
    let mut queue = EventQueue::new();
    let held = |queue: &EventQueue<u32>| queue.buckets.iter().map(Bucket::entries_held).sum::<usize>();
    let id = queue.schedule(Time::from_nanos(1 << 20), 0, 7);
    for postponed in 0..100_000 {
        queue.schedule_after(Span::from_nanos(1 << 12), 0, 1);
        queue.reschedule(id, queue.now() + Span::from_nanos(1 << 25));
        assert_eq!((held(&queue), queue.pop().map(|fired| fired.event)), (2, Some(1)), "{postponed}");
    }
    assert_eq!(drain(&mut queue), [7]);
    let rooms = queue.spare.iter().map(Vec::len).sum::<usize>();
    assert!(rooms <= 16, "room for {rooms} buckets is kept, two were ever filled");
}

#[test]
fn a_slot_forgets_that_its_event_had_moved() {
    let mut queue = EventQueue::new();
    let id = queue.schedule(Time::from_nanos(10), 0, 0);
    queue.reschedule(id, Time::from_nanos(1 << 20));
    queue.clear();
    let id = queue.schedule(Time::from_nanos(10), 0, 1);
    queue.reschedule(id, Time::from_nanos(1 << 20));
    queue.cancel(id);
    queue.schedule(Time::from_nanos(10), 0, 2);
    assert_eq!(queue.peek_time(), Some(Time::from_nanos(10)));
    assert_eq!(drain(&mut queue), [2]);
}

#[test]
#[should_panic(expected = "before now (5ns)")]
fn scheduling_in_the_past_panics() {
    let mut queue = EventQueue::new();
    queue.schedule(Time::from_nanos(5), 0, 0);
    queue.pop();
    queue.schedule(Time::from_nanos(4), 0, 0);
}

#[test]
#[should_panic(expected = "classes go from 0 to 7")]
fn an_eighth_class_panics() {
    EventQueue::new().schedule(Time::ZERO, 8, 0);
}
