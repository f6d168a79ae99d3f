//! What the simulation loop costs: M/M/1 with a million customers through [`Simulation`], against a loop written by
//! hand over the same queue, with the same samplers and streams. Target: at most 1.4 times the hand-written loop.

#![allow(missing_docs, reason = "criterion's macros write undocumented functions")]

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sandbox_core::dist::Exponential;
use sandbox_core::{EventQueue, Model, Seed, Simulation, Span, Stream, Time};

const CUSTOMERS: u64 = 1_000_000;
const RHO: f64 = 0.9;

#[derive(Copy, Clone)]
enum Event {
    Departure,
    Arrival,
}

struct Draws {
    gap: Exponential,
    service: Exponential,
    gaps: Stream,
    services: Stream,
}

impl Draws {
    fn new() -> Self {
        let seed = Seed::new(1);
        Draws {
            gap: Exponential::new(1.0 / RHO).expect("positive"),
            service: Exponential::new(1.0).expect("positive"),
            gaps: seed.stream("gaps"),
            services: seed.stream("services"),
        }
    }

    #[inline]
    fn gap(&mut self) -> Span {
        Span::from_secs_f64_saturating(self.gap.sample(&mut self.gaps))
    }

    #[inline]
    fn service(&mut self) -> Span {
        Span::from_secs_f64_saturating(self.service.sample(&mut self.services))
    }
}

struct Server {
    draws: Draws,
    present: VecDeque<Time>,
    left: u64,
    sojourn_ns: u128,
}

impl Model for Server {
    type Event = Event;

    #[inline]
    fn handle(&mut self, now: Time, event: Event, queue: &mut EventQueue<Event>) {
        match event {
            Event::Arrival => {
                self.present.push_back(now);
                if self.present.len() == 1 {
                    queue.schedule_after(self.draws.service(), 0, Event::Departure);
                }
                self.left -= 1;
                if self.left > 0 {
                    queue.schedule_after(self.draws.gap(), 1, Event::Arrival);
                }
            }
            Event::Departure => {
                let arrived = self.present.pop_front().expect("the head was in service");
                self.sojourn_ns += u128::from((now - arrived).as_nanos());
                if !self.present.is_empty() {
                    queue.schedule_after(self.draws.service(), 0, Event::Departure);
                }
            }
        }
    }
}

fn through_the_core() -> u128 {
    let server = Server { draws: Draws::new(), present: VecDeque::new(), left: CUSTOMERS, sojourn_ns: 0 };
    let mut sim = Simulation::new(server);
    sim.queue.schedule(Time::ZERO, 1, Event::Arrival);
    sim.run_to_end().expect("time moves on");
    sim.model.sojourn_ns
}

fn by_hand() -> u128 {
    let (mut draws, mut queue, mut present) = (Draws::new(), EventQueue::new(), VecDeque::new());
    let (mut left, mut sojourn_ns) = (CUSTOMERS, 0);
    queue.schedule(Time::ZERO, 1, Event::Arrival);
    while let Some(fired) = queue.pop() {
        if let Event::Arrival = fired.event {
            present.push_back(fired.time);
            if present.len() == 1 {
                queue.schedule_after(draws.service(), 0, Event::Departure);
            }
            left -= 1;
            if left > 0 {
                queue.schedule_after(draws.gap(), 1, Event::Arrival);
            }
        } else {
            let arrived = present.pop_front().expect("the head was in service");
            sojourn_ns += u128::from((fired.time - arrived).as_nanos());
            if !present.is_empty() {
                queue.schedule_after(draws.service(), 0, Event::Departure);
            }
        }
    }
    sojourn_ns
}

fn mm1(criterion: &mut Criterion) {
    assert_eq!(through_the_core(), by_hand());
    let mut group = criterion.benchmark_group("mm1/1M customers");
    // An arrival and a departure each.
    group.throughput(Throughput::Elements(2 * CUSTOMERS));
    group.bench_function("by_hand", |bencher| bencher.iter(|| black_box(by_hand())));
    group.bench_function("simulation", |bencher| bencher.iter(|| black_box(through_the_core())));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = mm1
}
criterion_main!(benches);
