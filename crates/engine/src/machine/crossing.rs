//! Attempts and answers cross links: how long it takes, and what gets lost.
//!
//! Over a link that never loses anything all times are known from the round trip; [`Network`](crate::world::Network) is
//! asked about the others.

use sandbox_core::{Span, Time};
use sandbox_model::NodeId;
use sandbox_providers::LinkSpec;
use sandbox_providers::way::packets_of;

use super::Machine;

/// What a request's luck on its way decides about, numbered for `node/NAME/loss`: four of each try.
const THERE: u64 = 0;
pub(super) const FIRST_TOKEN: u64 = 1;
pub(super) const END: u64 = 2;
const FIREWALL: u64 = 3;

/// How an attempt gets to its target.
#[derive(Copy, Clone, Debug)]
pub(super) enum Crossing {
    /// In this time.
    Smooth(Span),
    /// In this time, which may be long.
    Rough(Span),
    /// Never.
    Lost,
}

impl Machine {
    /// An attempt of a request with this key and prompt sets out for `target`.
    #[expect(clippy::too_many_arguments, reason = "all of an attempt that the network sees")]
    #[inline]
    pub(super) fn cross(
        &mut self,
        key: u64,
        input: u32,
        target: NodeId,
        from: u16,
        to: u16,
        round_trip: Span,
        luck: u64,
        now: Time,
    ) -> Crossing {
        let world = &mut self.world;
        let keep_alive = world.links[from as usize * world.regions + to as usize].keep_alive;
        let pool = &mut world.connections[target.index() * world.regions + from as usize];
        let before = *pool;
        let new = pool.open(now, keep_alive);
        if world.network.is_rough() {
            let noise = world.nodes[target.index()].noise_of_loss;
            if world.network.has_firewall(from, to) {
                let mut draw = noise.at(key, 4 * luck + FIREWALL);
                if !world.network.passes((from, to), target.index(), new, now, &mut draw) {
                    // No connection came about.
                    *pool = before;
                    return Crossing::Lost;
                }
            }
            if let Some(trip) = world.network.trip(from, to, round_trip) {
                let mut draw = noise.at(key, 4 * luck + THERE);
                return Crossing::Rough(trip.request(now, new, packets_of(input), &mut draw).since(now));
            }
        }
        Crossing::Smooth(LinkSpec::there(round_trip, new))
    }

    /// When a packet of an attempt's answer arrives that is sent at `now`, if its link may lose it. `message` is
    /// [`FIRST_TOKEN`] or [`END`].
    #[inline]
    pub(super) fn rough_way_back(&self, id: u32, message: u64, now: Time) -> Option<Time> {
        if !self.world.network.is_rough() {
            return None;
        }
        let attempt = &self.attempts[id];
        let node = &self.world.nodes[attempt.target.index()];
        let trip = self.world.network.trip(attempt.from, node.region?, attempt.round_trip)?;
        let key = self.requests[attempt.request].key;
        Some(trip.answer(now, &mut node.noise_of_loss.at(key, 4 * attempt.luck + message)))
    }
}
