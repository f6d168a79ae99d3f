//! One endpoint under Poisson arrivals: a queueing station made of the simulator's own queue, loop, streams and samplers.

use sandbox_core::dist::Exponential;
use sandbox_core::{EventId, EventQueue, Model, Seed, Simulation, Span, Stream, Time, chance};
use sandbox_providers::{Batch, BatchSpec, Job, Offer, Signal};

/// A decode step that nobody slows down.
pub(crate) const STEP: Span = Span::from_millis(1);

/// What a request asks for. Decoding owes one token less than the answer has: the first comes from the prefill.
#[derive(Copy, Clone)]
pub(crate) enum Law {
    /// Prefill alone, exponential with this mean [s].
    Exponential(f64),
    /// Prefill alone, always this long [s].
    Constant(f64),
    /// Prefill alone: `long` with this probability, else `short` [s].
    TwoKinds { short: f64, long: f64, share: f64 },
    /// Tokens alone, exponential with this mean and rounded up: geometric.
    GeometricTokens(f64),
    /// Tokens alone, always so many.
    Tokens(u32),
    /// Tokens alone: `many` with this probability, else `few`.
    TwoKindsOfTokens { few: u32, many: u32, share: f64 },
}

impl Law {
    fn draw(self, stream: &mut Stream) -> (Span, u32) {
        let exponential = |mean: f64| Exponential::new(mean).expect("checks write means above zero");
        match self {
            Self::Exponential(mean) => (Span::from_secs_f64_saturating(exponential(mean).sample(stream)), 0),
            Self::Constant(length) => (Span::from_secs_f64_saturating(length), 0),
            Self::TwoKinds { short, long, share } => {
                (Span::from_secs_f64_saturating(if chance(stream, share) { long } else { short }), 0)
            }
            Self::GeometricTokens(mean) => {
                (Span::ZERO, libm::ceil(exponential(mean).sample(stream)).max(1.0) as u32)
            }
            Self::Tokens(tokens) => (Span::ZERO, tokens),
            Self::TwoKindsOfTokens { few, many, share } => {
                (Span::ZERO, if chance(stream, share) { many } else { few })
            }
        }
    }

    /// Mean service when a token takes one [`STEP`] [s].
    pub(crate) fn mean(self) -> f64 {
        match self {
            Self::Exponential(mean) | Self::Constant(mean) => mean,
            Self::TwoKinds { short, long, share } => short * (1.0 - share) + long * share,
            Self::GeometricTokens(mean) => STEP.as_secs_f64() / (1.0 - libm::exp(-1.0 / mean)),
            Self::Tokens(tokens) => STEP.as_secs_f64() * f64::from(tokens),
            Self::TwoKindsOfTokens { few, many, share } => {
                STEP.as_secs_f64() * (f64::from(few) * (1.0 - share) + f64::from(many) * share)
            }
        }
    }
}

/// One request and what became of it.
#[derive(Copy, Clone)]
pub(crate) struct Request {
    pub(crate) arrived: Time,
    /// Tokens that decoding owes.
    pub(crate) owed: u32,
    /// When it started, if it did.
    pub(crate) started: Option<Time>,
    /// When it left, if it was let in.
    pub(crate) left: Option<Time>,
}

impl Request {
    /// From arrival to the start of decoding [s]; 0 if it did not start. Without a prefill decoding starts at admission.
    pub(crate) fn wait(&self) -> f64 {
        self.started.map_or(0.0, |started| started.since(self.arrived).as_secs_f64())
    }

    /// From arrival to leaving [s]; 0 if it was not let in.
    pub(crate) fn sojourn(&self) -> f64 {
        self.left.map_or(0.0, |left| left.since(self.arrived).as_secs_f64())
    }
}

#[derive(Copy, Clone)]
enum Event {
    Endpoint,
    Arrival,
}

struct Station {
    batch: Batch,
    law: Law,
    gap: Exponential,
    gaps: Stream,
    lengths: Stream,
    to_come: usize,
    planned: Option<EventId>,
    signals: Vec<Signal>,
    requests: Vec<Request>,
    /// Jobs inside × time [ns].
    area: u128,
    seen: Time,
}

impl Station {
    fn arrive(&mut self, now: Time, queue: &mut EventQueue<Event>) {
        let (prefill, owed) = self.law.draw(&mut self.lengths);
        let id = self.requests.len() as u32;
        let taken = self.batch.offer(now, Job { id, prefill, prompt: 0, output: owed + 1 });
        let left = (taken != Offer::Full).then_some(Time::MAX);
        self.requests.push(Request { arrived: now, owed, started: None, left });
        self.to_come -= 1;
        if self.to_come > 0 {
            let gap = Span::from_secs_f64_saturating(self.gap.sample(&mut self.gaps));
            queue.schedule_after(gap, 1, Event::Arrival);
        }
    }

    fn advance(&mut self, now: Time) {
        let mut signals = std::mem::take(&mut self.signals);
        self.batch.advance(now, &mut signals);
        for signal in signals.drain(..) {
            match signal {
                Signal::FirstToken(id) => self.requests[id as usize].started = Some(now),
                Signal::Done(id) | Signal::WaitedTooLong(id) => self.requests[id as usize].left = Some(now),
            }
        }
        self.signals = signals;
    }
}

impl Model for Station {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, queue: &mut EventQueue<Event>) {
        self.area += u128::from(self.batch.occupancy()) * u128::from(now.since(self.seen).as_nanos());
        self.seen = now;
        match event {
            Event::Arrival => self.arrive(now, queue),
            Event::Endpoint => self.advance(now),
        }
        if let Some(planned) = self.planned.take() {
            queue.cancel(planned);
        }
        self.planned = self.batch.next_event().map(|at| queue.schedule(at, 0, Event::Endpoint));
    }
}

/// One run from empty to empty.
pub(crate) struct Story {
    /// Requests in order of arrival.
    pub(crate) requests: Vec<Request>,
    /// Area under the number of jobs inside, less the sum of their times inside [ns]: Little's law makes it 0.
    pub(crate) little: i128,
}

impl Story {
    /// The requests after the first tenth: until then the station fills.
    pub(crate) fn counted(&self) -> &[Request] {
        &self.requests[self.requests.len() / 10..]
    }
}

/// `servers` that do not slow each other down.
pub(crate) fn servers(servers: u32, queue: u32) -> BatchSpec {
    BatchSpec { step_base: STEP, queue, ..BatchSpec::slots(servers) }
}

/// Plays `requests` requests at `per_second`.
pub(crate) fn play(spec: BatchSpec, law: Law, per_second: f64, requests: usize, seed: u64) -> Story {
    let seed = Seed::new(seed);
    let mut simulation = Simulation::new(Station {
        batch: Batch::new(spec),
        law,
        gap: Exponential::new(1.0 / per_second).expect("checks write rates above zero"),
        gaps: seed.stream("arrivals"),
        lengths: seed.stream("lengths"),
        to_come: requests,
        planned: None,
        signals: Vec::new(),
        requests: Vec::with_capacity(requests),
        area: 0,
        seen: Time::ZERO,
    });
    simulation.queue.schedule(Time::ZERO, 1, Event::Arrival);
    simulation.run_to_end().expect("virtual time moves");
    let station = simulation.model;
    assert_eq!((station.batch.occupancy(), station.requests.len()), (0, requests), "everybody left");
    let inside = |request: &Request| Some(u128::from(request.left?.since(request.arrived).as_nanos()));
    let sum: u128 = station.requests.iter().filter_map(inside).sum();
    Story { little: station.area as i128 - sum as i128, requests: station.requests }
}
