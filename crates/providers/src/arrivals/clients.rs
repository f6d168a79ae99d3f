//! Many senders, each with gaps of its own: the superposition of as many renewal processes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use sandbox_core::{Noise, Time};

use super::{Gap, Pace};

/// Clients that send, each with a share of the rate.
///
/// Gap `k` of client `c` is drawn for the occasion `(c, k)`: another client more, or another share, leaves every gap's
/// draw alone. O(log n) an arrival among n clients.
#[derive(Clone, Debug)]
pub struct Clients {
    gap: Gap,
    pace: Pace,
    noise: Noise,
    /// By client: its share of the rate, and how many gaps were drawn.
    clients: Vec<(f64, u64)>,
    /// The next arrival of each client that still has one.
    next: BinaryHeap<Reverse<(Time, u32)>>,
    begun: bool,
}

impl Clients {
    /// Clients with these weights. One of weight zero never sends.
    #[must_use]
    pub fn new(gap: Gap, pace: Pace, weights: &[f64], noise: Noise) -> Self {
        let sum: f64 = weights.iter().sum();
        let clients: Vec<(f64, u64)> = weights.iter().map(|weight| (weight / sum, 0)).collect();
        Self { gap, pace, noise, clients, next: BinaryHeap::new(), begun: false }
    }

    /// The next arrival and its client, if it is before `limit`, which must be the same at each call.
    pub fn next(&mut self, limit: Time) -> Option<(Time, u32)> {
        if !self.begun {
            self.begun = true;
            let first = |client| Some(Reverse((self.after(client, Time::ZERO, limit)?, client)));
            self.next = (0..self.clients.len() as u32).filter_map(first).collect();
        }
        let &Reverse((at, client)) = self.next.peek()?;
        self.clients[client as usize].1 += 1;
        let again = self.after(client, at, limit);
        if let Some(mut top) = self.next.peek_mut() {
            match again {
                Some(again) => top.0.0 = again,
                None => {
                    PeekMut::pop(top);
                }
            }
        }
        Some((at, client))
    }

    /// A client's arrival after the one at `now`.
    fn after(&self, client: u32, now: Time, limit: Time) -> Option<Time> {
        let (share, drawn) = self.clients[client as usize];
        let mut draw = self.noise.at(u64::from(client), drawn);
        let gap = if drawn == 0 { self.gap.rest(&mut draw) } else { self.gap.sample(&mut draw) };
        self.pace.advance(now, gap / share, limit)
    }
}
