//! The event queue against the oracle, and what ties and looking ahead promise.

use proptest::prelude::*;
use sandbox_core::{EventId, EventQueue, Seed, Span, Time, below};

use crate::oracle::Oracle;

/// One thing done to both queues. Delays are drawn so that every level of the wheel is met, ties and zero above all.
#[derive(Clone, Debug)]
enum Step {
    Schedule {
        delay: u64,
        class: u8,
    },
    Cancel {
        pick: u16,
    },
    Reschedule {
        pick: u16,
        delay: u64,
    },
    /// Later than, or at, its own time.
    Postpone {
        pick: u16,
        by: u64,
    },
    /// To the time of another event.
    Join {
        pick: u16,
        other: u16,
    },
    Pop,
    PopUntil {
        delay: u64,
    },
    PopAll {
        at_most: u8,
    },
    Clear,
}

fn delay() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => Just(0_u64),
        6 => 0..8_u64,
        4 => 0..200_u64,
        3 => (0..64_u32, 0..4_u64).prop_map(|(bits, extra)| (1_u64 << bits).saturating_add(extra)),
        2 => any::<u64>(),
        1 => Just(u64::MAX),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        60 => (delay(), 0..8_u8).prop_map(|(delay, class)| Step::Schedule { delay, class }),
        20 => any::<u16>().prop_map(|pick| Step::Cancel { pick }),
        20 => (any::<u16>(), delay()).prop_map(|(pick, delay)| Step::Reschedule { pick, delay }),
        30 => (any::<u16>(), delay()).prop_map(|(pick, by)| Step::Postpone { pick, by }),
        15 => (any::<u16>(), any::<u16>()).prop_map(|(pick, other)| Step::Join { pick, other }),
        25 => Just(Step::Pop),
        15 => delay().prop_map(|delay| Step::PopUntil { delay }),
        2 => (0..40_u8).prop_map(|at_most| Step::PopAll { at_most }),
        1 => Just(Step::Clear),
    ]
}

/// Both queues, fed the same steps; every answer is compared.
#[derive(Default)]
struct Twins {
    fast: EventQueue<u64>,
    slow: Oracle,
    ids: Vec<EventId>,
}

impl Twins {
    fn run(&mut self, step: &Step) {
        match *step {
            Step::Schedule { delay, class } => {
                let (time, event) = (self.slow.now.saturating_add(delay), self.ids.len() as u64);
                self.ids.push(self.fast.schedule(Time::from_nanos(time), class, event));
                self.slow.schedule(time, class, event);
            }
            Step::Cancel { pick } => {
                if let Some((event, id)) = self.pick(pick) {
                    let cancelled = self.slow.cancel(event).then_some(event);
                    assert_eq!(self.fast.cancel(id), cancelled);
                    assert!(!self.fast.contains(id));
                }
            }
            Step::Reschedule { pick, delay } => {
                self.reschedule(pick, self.slow.now.saturating_add(delay));
            }
            Step::Postpone { pick, by } => {
                let time = self.pick(pick).and_then(|(event, _)| self.slow.time_of(event));
                self.reschedule(pick, time.unwrap_or(self.slow.now).saturating_add(by));
            }
            Step::Join { pick, other } => {
                let time = self.pick(other).and_then(|(event, _)| self.slow.time_of(event));
                self.reschedule(pick, time.unwrap_or(self.slow.now));
            }
            Step::Pop => self.pop_until(u64::MAX),
            Step::PopUntil { delay } => self.pop_until(self.slow.now.saturating_add(delay)),
            Step::PopAll { at_most } => (0..at_most).for_each(|_| self.pop_until(u64::MAX)),
            Step::Clear => {
                self.fast.clear();
                self.slow.clear();
            }
        }
        assert_eq!(self.fast.len(), self.slow.len());
        assert_eq!(self.fast.is_empty(), self.slow.len() == 0);
        assert_eq!(self.fast.peek_time().map(Time::as_nanos), self.slow.peek());
        assert_eq!(self.fast.now().as_nanos(), self.slow.now);
    }

    fn reschedule(&mut self, pick: u16, time: u64) {
        let Some((event, id)) = self.pick(pick) else { return };
        assert_eq!(self.fast.reschedule(id, Time::from_nanos(time)), self.slow.reschedule(event, time));
        assert_eq!(self.fast.time_of(id).map(Time::as_nanos), self.slow.time_of(event));
        assert_eq!(self.fast.contains(id), self.slow.time_of(event).is_some());
    }

    /// An event of the past or present, the recent ones more often.
    fn pick(&self, pick: u16) -> Option<(u64, EventId)> {
        let count = self.ids.len();
        let back = usize::from(pick) % count.clamp(1, if pick.is_multiple_of(3) { count.max(1) } else { 12 });
        let event = count.checked_sub(1 + back)?;
        Some((event as u64, self.ids[event]))
    }

    fn pop_until(&mut self, limit: u64) {
        let fired = self.fast.pop_until(Time::from_nanos(limit));
        let fired = fired.map(|fired| (fired.time.as_nanos(), fired.class, fired.event));
        assert_eq!(fired, self.slow.pop_until(limit));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn agrees_with_a_binary_heap(steps in prop::collection::vec(step(), 1..300)) {
        let mut twins = Twins::default();
        for step in &steps {
            twins.run(step);
        }
        while !twins.fast.is_empty() {
            twins.run(&Step::Pop);
        }
    }
}

/// Long enough for sweeps of big buckets, retired versions and reused slots, as timeouts make them.
#[test]
fn agrees_with_a_binary_heap_under_timeout_churn() {
    let mut rng = Seed::new(3).stream("churn");
    let mut twins = Twins::default();
    for _ in 0..40_000 {
        let delay = below(&mut rng, 1_000_000);
        let step = match below(&mut rng, 10) {
            0..=2 => Step::Schedule { delay, class: 2 },
            3 | 4 => Step::Schedule { delay: 30_000_000 + delay % 3, class: 3 },
            5..=7 => Step::Reschedule { pick: below(&mut rng, 1 << 16) as u16 / 3 * 3, delay: 30_000_000 },
            8 => Step::Cancel { pick: below(&mut rng, 1 << 16) as u16 / 3 * 3 },
            _ => Step::PopUntil { delay: 100_000 },
        };
        twins.run(&step);
    }
    while !twins.fast.is_empty() {
        twins.run(&Step::Pop);
    }
}

/// Few instants and much moving: most events meet others at the time they are moved to, in buckets of every size.
#[test]
fn agrees_with_a_binary_heap_when_ties_are_moved() {
    let mut rng = Seed::new(4).stream("moved ties");
    for grain in [1, 64, 4096, 1 << 20] {
        let mut twins = Twins::default();
        for _ in 0..8_000 {
            let delay = below(&mut rng, 40) * grain;
            let (pick, other) = (below(&mut rng, 1 << 16) as u16, below(&mut rng, 1 << 16) as u16 / 3 * 3);
            let step = match below(&mut rng, 20) {
                0..=5 => Step::Schedule { delay, class: (delay / grain % 2) as u8 },
                6..=9 => Step::Postpone { pick: other, by: delay / 8 },
                10..=12 => Step::Join { pick, other },
                13 => Step::Reschedule { pick, delay },
                14 => Step::Cancel { pick: other },
                15 => Step::PopUntil { delay: grain },
                _ => Step::Pop,
            };
            twins.run(&step);
        }
        while !twins.fast.is_empty() {
            twins.run(&Step::Pop);
        }
    }
}

#[test]
fn looking_ahead_leaves_the_time_between_open() {
    let mut queue = EventQueue::new();
    let far = Time::ZERO + Span::from_hours(5);
    queue.schedule(far, 0, "far");
    assert_eq!(queue.peek_time(), Some(far));
    assert_eq!(queue.pop_until(Time::ZERO + Span::from_hours(4)), None);
    queue.schedule_after(Span::from_nanos(1), 0, "near");
    assert_eq!(queue.pop().map(|fired| fired.event), Some("near"));
    assert_eq!(queue.pop().map(|fired| fired.event), Some("far"));
}

#[test]
fn equal_events_run_in_the_order_scheduled_whatever_the_way_there() {
    let mut queue = EventQueue::new();
    let at = Time::ZERO + Span::from_secs(1);
    queue.schedule(at, 3, 0);
    queue.schedule(Time::from_nanos(10), 0, 90);
    queue.schedule(at, 3, 1);
    assert_eq!(queue.pop().map(|fired| fired.event), Some(90));
    queue.schedule(at, 3, 2);
    queue.schedule(at - Span::from_nanos(1), 3, 91);
    assert_eq!(queue.pop().map(|fired| fired.event), Some(91));
    queue.schedule(at, 3, 3);
    queue.schedule(at, 2, 92);
    let order: Vec<i32> = std::iter::from_fn(|| queue.pop()).map(|fired| fired.event).collect();
    assert_eq!(order, [92, 0, 1, 2, 3]);
}

#[test]
fn a_moved_event_takes_its_turn_by_when_it_was_moved() {
    let mut queue = EventQueue::new();
    let at = |seconds| Time::ZERO + Span::from_secs(seconds);
    let moved: Vec<EventId> = (0..3).map(|event| queue.schedule(at(10 + event), 0, event)).collect();
    queue.schedule(at(100), 0, 10);
    queue.reschedule(moved[1], at(100));
    queue.schedule(at(100), 0, 11);
    queue.reschedule(moved[0], at(100));
    queue.reschedule(moved[2], at(12)); // to where it is
    queue.schedule(at(12), 0, 12);
    queue.schedule(at(100), 0, 13);
    assert_eq!(queue.peek_time(), Some(at(12)));
    assert_eq!(queue.pop_until(at(11)), None);
    queue.schedule(at(1), 0, 14);
    let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|fired| fired.event).collect();
    assert_eq!(order, [14, 2, 12, 10, 1, 11, 0, 13]);
}

#[test]
fn shuffled_ties_keep_time_and_class_and_depend_on_the_seed_alone() {
    let order = |seed: Option<u64>| {
        let mut queue = EventQueue::new();
        if let Some(seed) = seed {
            queue.shuffle_ties(seed);
        }
        for event in 0..60_u64 {
            queue.schedule(Time::from_nanos(event % 2), (event / 2 % 3) as u8, event);
        }
        let cancelled = queue.schedule(Time::from_nanos(1), 1, 99);
        queue.cancel(cancelled);
        let fired: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert!(fired.is_sorted_by_key(|fired| (fired.time, fired.class)));
        fired.iter().map(|fired| fired.event).collect::<Vec<u64>>()
    };
    let (plain, first, second) = (order(None), order(Some(1)), order(Some(2)));
    assert_eq!(first, order(Some(1)));
    assert!(plain != first && first != second && second != plain);
    let sorted = |mut events: Vec<u64>| {
        events.sort_unstable();
        events
    };
    assert_eq!(sorted(first), sorted(plain));
}

/// Each of the 6 orders of 3 events, by chi-square.
#[test]
fn shuffled_ties_come_in_every_order_alike() {
    let mut counts = [0_u32; 27];
    for seed in 0..6_000 {
        let mut queue = EventQueue::new();
        queue.shuffle_ties(seed);
        for event in 0..3 {
            queue.schedule(Time::ZERO, 0, event);
        }
        let order = std::iter::from_fn(|| queue.pop()).fold(0, |order, fired| order * 3 + fired.event);
        counts[order] += 1;
    }
    let seen: Vec<f64> = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count)).collect();
    assert_eq!(seen.len(), 6);
    let chi_square: f64 = seen.iter().map(|count| (count - 1000.0) * (count - 1000.0) / 1000.0).sum();
    // 5 degrees of freedom, level 0.001.
    assert!(chi_square < 20.515, "{chi_square}");
}
