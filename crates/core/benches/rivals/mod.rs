//! What the queue is measured against, and the two loads: HOLD and timeout churn. Shared by the benchmark and the
//! `queue_ratios` example.

#![allow(dead_code, unreachable_pub, missing_docs)]
#![expect(clippy::disallowed_types, reason = "the rival is what most engines do, a HashSet of cancelled ids")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use sandbox_core::dist::Exponential;
use sandbox_core::{EventId, EventQueue, Seed, Span, Time};

const SECOND: u64 = 1_000_000_000;
const TIMEOUT: u64 = 30 * SECOND;

/// 2^16 exponential increments [ns] with the mean given.
pub fn increments(mean_ns: f64) -> Vec<u64> {
    let mean = Exponential::new(mean_ns).expect("the mean is positive");
    let mut rng = Seed::new(1).stream("increments");
    (0..1 << 16).map(|_| mean.sample(&mut rng) as u64 + 1).collect()
}

/// Walks a table round and round.
pub struct Table {
    values: Vec<u64>,
    at: usize,
}

impl Table {
    pub fn new(values: Vec<u64>) -> Self {
        Table { values, at: 0 }
    }

    #[inline]
    pub fn draw(&mut self) -> u64 {
        self.at = (self.at + 1) & (self.values.len() - 1);
        self.values[self.at]
    }
}

/// HOLD: `n` events pending; a step pops the first and schedules it again. Increments average `n` microseconds.
pub struct HoldOurs {
    queue: EventQueue<u64>,
    table: Table,
}

impl HoldOurs {
    pub fn new(n: u64) -> Self {
        let mut load = HoldOurs {
            queue: EventQueue::with_capacity(n as usize),
            table: Table::new(increments(n as f64 * 1e3)),
        };
        for event in 0..n {
            let delay = load.table.draw();
            load.queue.schedule(Time::from_nanos(delay), 0, event);
        }
        load
    }

    #[inline]
    pub fn steps(&mut self, steps: u64) -> u64 {
        let mut hash = 0;
        for _ in 0..steps {
            let fired = self.queue.pop().expect("n events are pending");
            hash = mix(hash, fired.event);
            self.queue.schedule_after(Span::from_nanos(self.table.draw()), 0, fired.event);
        }
        hash
    }
}

/// HOLD on the heap that nearly every engine uses: (time, sequence, payload).
pub struct HoldHeap {
    heap: BinaryHeap<Reverse<(u64, u64, u64)>>,
    sequence: u64,
    table: Table,
}

impl HoldHeap {
    pub fn new(n: u64) -> Self {
        let mut load = HoldHeap {
            heap: BinaryHeap::with_capacity(n as usize + 1),
            sequence: n,
            table: Table::new(increments(n as f64 * 1e3)),
        };
        for event in 0..n {
            let time = load.table.draw();
            load.heap.push(Reverse((time, event, event)));
        }
        load
    }

    #[inline]
    pub fn steps(&mut self, steps: u64) -> u64 {
        let mut hash = 0;
        for _ in 0..steps {
            let Reverse((now, _, event)) = self.heap.pop().expect("n events are pending");
            hash = mix(hash, event);
            self.sequence += 1;
            self.heap.push(Reverse((now + self.table.draw(), self.sequence, event)));
        }
        hash
    }
}

#[inline]
fn mix(hash: u64, event: u64) -> u64 {
    (hash.rotate_left(5) ^ event).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// Churn: `live` requests, each with a completion after exp(1 s) and a timeout of 30 s that is moved on every
/// completion. A step is one completion.
pub struct ChurnOurs {
    queue: EventQueue<u32>,
    timeouts: Vec<EventId>,
    table: Table,
}

/// Payload of a timeout; a completion carries its request's number.
const TIMEOUT_OF: u32 = 1 << 31;

impl ChurnOurs {
    pub fn new(live: u32) -> Self {
        let (mut queue, mut table) = (EventQueue::new(), Table::new(increments(1e9)));
        let timeouts = (0..live)
            .map(|request| {
                queue.schedule(Time::from_nanos(table.draw()), 0, request);
                queue.schedule(Time::from_nanos(TIMEOUT), 1, TIMEOUT_OF | request)
            })
            .collect();
        ChurnOurs { queue, timeouts, table }
    }

    pub fn steps(&mut self, completions: u64) -> u64 {
        let mut hash = 0;
        let mut left = completions;
        while left > 0 {
            let fired = self.queue.pop().expect("requests are live");
            hash = mix(hash, u64::from(fired.event));
            let request = fired.event & !TIMEOUT_OF;
            if fired.event & TIMEOUT_OF == 0 {
                self.queue.schedule_after(Span::from_nanos(self.table.draw()), 0, request);
                left -= 1;
            }
            let (id, at) = (self.timeouts[request as usize], fired.time + Span::from_nanos(TIMEOUT));
            if !self.queue.reschedule(id, at) {
                self.timeouts[request as usize] = self.queue.schedule(at, 1, TIMEOUT_OF | request);
            }
        }
        hash
    }

    pub fn pending(&self) -> usize {
        self.queue.len()
    }
}

/// Churn on a binary heap with a set of cancelled ids that are dropped when they surface.
pub struct ChurnHeap {
    heap: BinaryHeap<Reverse<(u64, u64, u32)>>,
    cancelled: HashSet<u64>,
    timeouts: Vec<u64>,
    sequence: u64,
    table: Table,
}

impl ChurnHeap {
    pub fn new(live: u32) -> Self {
        let mut load = ChurnHeap {
            heap: BinaryHeap::new(),
            cancelled: HashSet::new(),
            timeouts: Vec::new(),
            sequence: 0,
            table: Table::new(increments(1e9)),
        };
        for request in 0..live {
            let completion = load.table.draw();
            load.push(completion, request);
            let timeout = load.push(TIMEOUT, TIMEOUT_OF | request);
            load.timeouts.push(timeout);
        }
        load
    }

    fn push(&mut self, time: u64, event: u32) -> u64 {
        self.sequence += 1;
        self.heap.push(Reverse((time, self.sequence, event)));
        self.sequence
    }

    pub fn steps(&mut self, completions: u64) -> u64 {
        let mut hash = 0;
        let mut left = completions;
        while left > 0 {
            let Reverse((now, id, event)) = self.heap.pop().expect("requests are live");
            if self.cancelled.remove(&id) {
                continue;
            }
            hash = mix(hash, u64::from(event));
            let request = event & !TIMEOUT_OF;
            if event & TIMEOUT_OF == 0 {
                let delay = self.table.draw();
                self.push(now + delay, request);
                self.cancelled.insert(self.timeouts[request as usize]);
                left -= 1;
            }
            self.timeouts[request as usize] = self.push(now + TIMEOUT, TIMEOUT_OF | request);
        }
        hash
    }

    pub fn pending(&self) -> usize {
        self.heap.len()
    }
}
