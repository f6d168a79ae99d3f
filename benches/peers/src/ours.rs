//! M/M/1 on `sandbox-core`.

use std::collections::VecDeque;

use sandbox_core::{EventQueue, Model, Simulation, Span, Time};

use crate::Customers;

#[derive(Copy, Clone)]
enum Event {
    Departure,
    Arrival,
}

struct Server {
    customers: Customers,
    arrived: usize,
    served: usize,
    present: VecDeque<Time>,
    sojourn_ns: u64,
}

impl Server {
    fn next_arrival(&self, queue: &mut EventQueue<Event>) {
        if let Some(gap) = self.customers.gaps.get(self.arrived) {
            queue.schedule_after(Span::from_nanos(*gap), 1, Event::Arrival);
        }
    }

    fn begin(&self, queue: &mut EventQueue<Event>) {
        queue.schedule_after(Span::from_nanos(self.customers.services[self.served]), 0, Event::Departure);
    }
}

impl Model for Server {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, queue: &mut EventQueue<Event>) {
        match event {
            Event::Arrival => {
                self.arrived += 1;
                self.present.push_back(now);
                if self.present.len() == 1 {
                    self.begin(queue);
                }
                self.next_arrival(queue);
            }
            Event::Departure => {
                let arrived = self.present.pop_front().expect("the head was in service");
                self.sojourn_ns += (now - arrived).as_nanos();
                self.served += 1;
                if !self.present.is_empty() {
                    self.begin(queue);
                }
            }
        }
    }
}

/// Total time in system [ns].
pub fn run(customers: Customers) -> u64 {
    let server = Server { customers, arrived: 0, served: 0, present: VecDeque::new(), sojourn_ns: 0 };
    let mut sim = Simulation::new(server);
    sim.model.next_arrival(&mut sim.queue);
    sim.run_to_end().expect("time moves on");
    sim.model.sojourn_ns
}
