//! M/M/1 through the whole core, against theory: Lindley's recursion event by event, the mean wait, Little's law.

use std::collections::VecDeque;

use sandbox_core::dist::Exponential;
use sandbox_core::{EventQueue, Model, Seed, SimError, Simulation, Span, Stream, Time};

const RHO: f64 = 0.8;
const SERVICE_S: f64 = 1.0;

#[derive(Copy, Clone)]
enum Event {
    Arrival,
    Departure,
}

/// One server, customers in order of arrival. Departures go before arrivals at the same instant.
struct Mm1 {
    left: u64,
    gap: Exponential,
    service: Exponential,
    gaps: Stream,
    services: Stream,
    waiting: VecDeque<(Time, Span)>,
    busy: bool,
    /// Wait of each customer before service, in order.
    waits: Vec<Span>,
    sojourn_total: Span,
    /// Integral of the number present over time [customers x ns], and when it was last brought up to date.
    area: u128,
    present: u64,
    updated: Time,
}

impl Mm1 {
    fn new(seed: u64, customers: u64) -> Self {
        Mm1 {
            left: customers,
            gap: Exponential::new(SERVICE_S / RHO).expect("positive"),
            service: Exponential::new(SERVICE_S).expect("positive"),
            gaps: Seed::new(seed).stream("gaps"),
            services: Seed::new(seed).stream("services"),
            waiting: VecDeque::new(),
            busy: false,
            waits: Vec::new(),
            sojourn_total: Span::ZERO,
            area: 0,
            present: 0,
            updated: Time::ZERO,
        }
    }

    fn draw_gap(&mut self) -> Span {
        Span::from_secs_f64_saturating(self.gap.sample(&mut self.gaps))
    }

    fn draw_service(&mut self) -> Span {
        Span::from_secs_f64_saturating(self.service.sample(&mut self.services))
    }

    fn count(&mut self, now: Time) {
        self.area += u128::from(self.present) * u128::from(now.since(self.updated).as_nanos());
        self.updated = now;
    }

    fn start(&mut self, now: Time, arrived: Time, service: Span, queue: &mut EventQueue<Event>) {
        self.busy = true;
        self.waits.push(now - arrived);
        self.sojourn_total += now - arrived + service;
        queue.schedule_after(service, 0, Event::Departure);
    }
}

impl Model for Mm1 {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, queue: &mut EventQueue<Event>) {
        self.count(now);
        match event {
            Event::Arrival => {
                self.present += 1;
                let service = self.draw_service();
                if self.busy {
                    self.waiting.push_back((now, service));
                } else {
                    self.start(now, now, service, queue);
                }
                self.left -= 1;
                if self.left > 0 {
                    let gap = self.draw_gap();
                    queue.schedule_after(gap, 1, Event::Arrival);
                }
            }
            Event::Departure => {
                self.present -= 1;
                self.busy = false;
                if let Some((arrived, service)) = self.waiting.pop_front() {
                    self.start(now, arrived, service, queue);
                }
            }
        }
    }
}

fn run(seed: u64, customers: u64) -> Simulation<Mm1> {
    let mut sim = Simulation::new(Mm1::new(seed, customers));
    let first = sim.model.draw_gap();
    sim.queue.schedule_after(first, 1, Event::Arrival);
    let events = sim.run_to_end().expect("time moves on");
    assert_eq!(events, 2 * customers);
    sim
}

#[test]
fn waits_follow_lindleys_recursion_to_the_nanosecond() {
    let customers = 50_000;
    let sim = run(1, customers);
    let mut twin = Mm1::new(1, customers);
    twin.draw_gap();
    let mut wait = Span::ZERO;
    for (customer, seen) in sim.model.waits.iter().enumerate() {
        assert_eq!(*seen, wait, "customer {customer}");
        // W' = max(0, W + S - A)
        wait = (wait + twin.draw_service()).saturating_sub(twin.draw_gap());
    }
}

#[test]
fn mean_wait_is_rho_over_mu_minus_lambda() {
    // Replications are independent, and their means nearly normal. Each starts empty and forgets it within about
    // 1 / (1 - sqrt(rho))^2 = 90 services of its 20,000: a bias of at most 4 * 90 / 20,000 = 0.018, a tenth of the
    // half-width.
    let replications = 40;
    let means: Vec<f64> = (0..replications)
        .map(|seed| {
            let sim = run(100 + seed, 20_000);
            sim.model.waits.iter().map(|wait| wait.as_secs_f64()).sum::<f64>() / 20_000.0
        })
        .collect();
    let n = means.len() as f64;
    let mean = means.iter().sum::<f64>() / n;
    let sd = (means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / (n - 1.0)).sqrt();
    let expected = RHO * SERVICE_S / (1.0 - RHO);
    // Student's t with 39 degrees of freedom at 99.9 %: 3.558.
    let half_width = 3.558 * sd / n.sqrt();
    assert!((mean - expected).abs() < half_width, "{mean} +- {half_width}, expected {expected}");
    assert!(half_width < 0.25, "the interval says something: +- {half_width}");
}

#[test]
fn littles_law_holds_exactly() {
    let sim = run(2, 50_000);
    assert_eq!(sim.model.area, u128::from(sim.model.sojourn_total.as_nanos()));
    assert_eq!(sim.model.present, 0);
}

#[test]
fn split_runs_equal_one_run() {
    let whole = run(3, 5_000);
    let mut split = Simulation::new(Mm1::new(3, 5_000));
    let first = split.model.draw_gap();
    split.queue.schedule_after(first, 1, Event::Arrival);
    let mut events = 0;
    for second in 0..10_000 {
        events += split.run_until(Time::ZERO + Span::from_secs(second)).expect("time moves on");
    }
    assert_eq!(events, 10_000);
    assert_eq!(split.model.waits, whole.model.waits);
}

#[test]
fn ties_do_not_matter_here() {
    let mut shuffled = Simulation::new(Mm1::new(1, 5_000)).with_tie_shuffle(9);
    let first = shuffled.model.draw_gap();
    shuffled.queue.schedule_after(first, 1, Event::Arrival);
    shuffled.run_to_end().expect("time moves on");
    assert_eq!(shuffled.model.waits, run(1, 5_000).model.waits);
}

/// Schedules two for each one that runs, at the same instant.
struct Standstill;

impl Model for Standstill {
    type Event = ();

    fn handle(&mut self, _: Time, (): (), queue: &mut EventQueue<()>) {
        queue.schedule_after(Span::ZERO, 0, ());
    }
}

#[test]
fn a_standstill_ends_in_an_error() {
    let mut sim = Simulation::new(Standstill).with_events_per_instant_max(1000);
    let at = Time::ZERO + Span::from_secs(7);
    sim.queue.schedule(at, 0, ());
    let error = sim.run_to_end().expect_err("time stands still");
    assert_eq!(error, SimError::Livelock { at, events: 1000 });
    assert_eq!(error.to_string(), "virtual time stands still: 1000 events ran at 7s and more are due");
}
