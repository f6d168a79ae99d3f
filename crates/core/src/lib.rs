#![forbid(unsafe_code)]
//! The deterministic core of a discrete-event simulator: virtual time, an event queue, a simulation loop, random
//! numbers and samplers. It knows no provider and no router.
//!
//! The promise: the same seed gives the same bits, in debug and release, on x86-64, aarch64 and wasm32. So there are no
//! clocks, threads, hash maps or I/O in here; time is integers, and floats are computed by `libm` alone.
//!
//! # A whole simulation: one server, one queue
//!
//! A model is a struct and one `match`. Its randomness comes from named streams, so that changing one part of a model
//! does not reshuffle the rest.
//!
//! ```
//! use std::collections::VecDeque;
//! use sandbox_core::dist::Exponential;
//! use sandbox_core::{EventQueue, Model, Seed, Simulation, Span, Stream, Time};
//!
//! #[derive(Copy, Clone)]
//! enum Event { Departure, Arrival }
//!
//! /// M/M/1: arrivals at random, served one at a time. The head of `queue` is in service.
//! struct Server { gap: Exponential, service: Exponential, gaps: Stream, services: Stream,
//!                 queue: VecDeque<Time>, served: u64, sojourn: Span }
//!
//! impl Server {
//!     fn begin(&mut self, events: &mut EventQueue<Event>) {
//!         let service = Span::from_secs_f64_saturating(self.service.sample(&mut self.services));
//!         events.schedule_after(service, 0, Event::Departure); // class 0: before arrivals at the same instant
//!     }
//! }
//!
//! impl Model for Server {
//!     type Event = Event;
//!
//!     fn handle(&mut self, now: Time, event: Event, events: &mut EventQueue<Event>) {
//!         match event {
//!             Event::Arrival => {
//!                 self.queue.push_back(now);
//!                 if self.queue.len() == 1 { self.begin(events); }
//!                 let gap = Span::from_secs_f64_saturating(self.gap.sample(&mut self.gaps));
//!                 events.schedule_after(gap, 1, Event::Arrival);
//!             }
//!             Event::Departure => {
//!                 let arrived = self.queue.pop_front().expect("the head was in service");
//!                 (self.served, self.sojourn) = (self.served + 1, self.sojourn + (now - arrived));
//!                 if !self.queue.is_empty() { self.begin(events); }
//!             }
//!         }
//!     }
//! }
//!
//! let seed = Seed::new(1);
//! let mut sim = Simulation::new(Server {
//!     gap: Exponential::new(2.0)?, service: Exponential::new(1.0)?,
//!     gaps: seed.stream("gaps"), services: seed.stream("services"),
//!     queue: VecDeque::new(), served: 0, sojourn: Span::ZERO,
//! });
//! sim.queue.schedule(Time::ZERO, 1, Event::Arrival);
//! sim.run_until(Time::ZERO + Span::from_hours(24))?;
//!
//! // Theory: 1 / (mu - lambda) = 2 s.
//! let mean = sim.model.sojourn.as_secs_f64() / sim.model.served as f64;
//! assert!((1.9..2.1).contains(&mean), "{mean}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The rooms
//!
//! - [`time`]: [`Time`] and [`Span`], whole nanoseconds, exact as text.
//! - [`queue`]: [`EventQueue`]: schedule, cancel and move events in O(1); ordered by (time, class, order of
//!   scheduling).
//! - [`sim`]: [`Model`] and [`Simulation`], the loop, with a guard against instants that never end.
//! - [`random`]: [`Seed`], from which come [`Stream`]s (long sequences) and [`Noise`] (draws by occasion).
//! - [`dist`]: samplers whose bits are pinned.
//! - [`fingerprint`]: [`Fingerprint`], to tell whether two runs did the same.
//!
//! # What panics, what errs
//!
//! What a program can meet returns an error: a parameter out of range, a text that is no span, a model that stands still.
//! What only a bug can cause panics, in release too: scheduling in the past, time running over.

pub mod dist;
pub mod fingerprint;
pub mod queue;
pub mod random;
pub mod sim;
pub mod time;

pub use fingerprint::{Fingerprint, FingerprintParseError};
pub use queue::{CLASSES, Class, EventId, EventQueue, Fired};
pub use rand_core::Rng;
pub use random::{Draw, Noise, Seed, Stream, below, chance, hash_name, uniform, uniform_open};
pub use sim::{Model, SimError, Simulation};
pub use time::{Span, SpanError, SpanParseError, Time};
