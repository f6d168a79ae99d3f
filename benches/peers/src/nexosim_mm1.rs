//! M/M/1 on NeXosim, single-threaded, one model that schedules itself.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

use crate::Customers;

/// The result leaves by this side door, so that no port is paid for.
static SOJOURN_NS: AtomicU64 = AtomicU64::new(0);

#[derive(Serialize, Deserialize)]
pub struct Server {
    gaps: Vec<u64>,
    services: Vec<u64>,
    arrived: usize,
    served: usize,
    present: VecDeque<MonotonicTime>,
    sojourn_ns: u64,
}

#[Model]
impl Server {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        self.next_arrival(cx);
    }

    fn next_arrival(&self, cx: &Context<Self>) {
        if let Some(gap) = self.gaps.get(self.arrived) {
            cx.schedule_event(Duration::from_nanos(*gap), schedulable!(Self::arrive), ())
                .expect("later than now");
        }
    }

    fn begin(&self, cx: &Context<Self>) {
        let service = Duration::from_nanos(self.services[self.served]);
        cx.schedule_event(service, schedulable!(Self::depart), ()).expect("later than now");
    }

    #[nexosim(schedulable)]
    fn arrive(&mut self, _: (), cx: &Context<Self>) {
        self.arrived += 1;
        self.present.push_back(cx.time());
        if self.present.len() == 1 {
            self.begin(cx);
        }
        self.next_arrival(cx);
    }

    #[nexosim(schedulable)]
    fn depart(&mut self, _: (), cx: &Context<Self>) {
        let arrived = self.present.pop_front().expect("the head was in service");
        self.sojourn_ns += cx.time().duration_since(arrived).as_nanos() as u64;
        self.served += 1;
        if self.served == self.services.len() {
            SOJOURN_NS.store(self.sojourn_ns, Ordering::Relaxed);
        }
        if !self.present.is_empty() {
            self.begin(cx);
        }
    }
}

/// Total time in system [ns].
pub fn run(customers: Customers) -> u64 {
    let server = Server {
        gaps: customers.gaps,
        services: customers.services,
        arrived: 0,
        served: 0,
        present: VecDeque::new(),
        sojourn_ns: 0,
    };
    let mut sim = SimInit::with_num_threads(1)
        .add_model(server, Mailbox::new(), "server")
        .init(MonotonicTime::EPOCH)
        .expect("the bench is sound");
    sim.run().expect("the simulation ends");
    SOJOURN_NS.swap(0, Ordering::Relaxed)
}
