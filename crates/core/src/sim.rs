//! The simulation loop: pops events in order and hands each to a [`Model`].
//!
//! Not a framework: a model is one struct and one `match`, and may hold whatever it likes. Not a clock either: time
//! is the queue's.
//!
//! Invariant: no instant lasts for ever. A model that keeps scheduling at `now` ends in [`SimError::Livelock`]
//! instead of hanging.

use crate::queue::EventQueue;
use crate::time::Time;

/// What happens when an event runs.
pub trait Model {
    /// What can happen: a small `Copy` enum, see [`EventQueue`].
    type Event: Copy;

    /// Runs one event at `now`, which is `queue.now()`; it may schedule, move and cancel others.
    fn handle(&mut self, now: Time, event: Self::Event, queue: &mut EventQueue<Self::Event>);
}

/// A model and its queue. [The crate's front page](crate) shows a whole one. A copy goes on as the original would.
#[derive(Clone)]
pub struct Simulation<M: Model> {
    /// What is being simulated.
    pub model: M,
    /// What will happen. Schedule the first events here.
    pub queue: EventQueue<M::Event>,
    instant: Time,
    events_at_instant: u64,
    events_per_instant_max: u64,
}

/// Why a run stopped early.
#[derive(Copy, Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SimError {
    /// More events ran at one instant than the limit allows: the model most likely schedules at `now` for ever.
    /// A bug of the model, not of its input; the run cannot go on.
    #[error("virtual time stands still: {events} events ran at {at} and more are due")]
    Livelock {
        /// The instant that does not end.
        at: Time,
        /// How many events ran there.
        events: u64,
    },
}

impl<M: Model> Simulation<M> {
    /// How many events may run at one instant unless told otherwise.
    pub const EVENTS_PER_INSTANT_MAX: u64 = 10_000_000;

    /// A simulation at time zero with nothing scheduled.
    pub fn new(model: M) -> Self {
        Simulation {
            model,
            queue: EventQueue::new(),
            instant: Time::ZERO,
            events_at_instant: 0,
            events_per_instant_max: Self::EVENTS_PER_INSTANT_MAX,
        }
    }

    /// Sets how many events may run at one instant.
    #[must_use]
    pub fn with_events_per_instant_max(mut self, events: u64) -> Self {
        self.events_per_instant_max = events;
        self
    }

    /// Runs events of equal time and class in an order drawn from `seed`: see [`EventQueue::shuffle_ties`].
    #[must_use]
    pub fn with_tie_shuffle(mut self, seed: u64) -> Self {
        self.queue.shuffle_ties(seed);
        self
    }

    /// Runs every event up to and including `limit`; returns how many ran. Going on later with a higher limit
    /// gives the same as one run.
    ///
    /// # Errors
    /// [`SimError::Livelock`] if an instant does not end.
    pub fn run_until(&mut self, limit: Time) -> Result<u64, SimError> {
        let mut events = 0;
        while let Some(fired) = self.queue.pop_until(limit) {
            if fired.time == self.instant {
                if self.events_at_instant == self.events_per_instant_max {
                    return Err(SimError::Livelock { at: self.instant, events: self.events_at_instant });
                }
                self.events_at_instant += 1;
            } else {
                (self.instant, self.events_at_instant) = (fired.time, 1);
            }
            events += 1;
            self.model.handle(fired.time, fired.event, &mut self.queue);
        }
        Ok(events)
    }

    /// Runs until no event is pending; returns how many ran.
    ///
    /// # Errors
    /// As [`run_until`](Self::run_until). A model that never stops scheduling never returns.
    pub fn run_to_end(&mut self) -> Result<u64, SimError> {
        self.run_until(Time::MAX)
    }
}
