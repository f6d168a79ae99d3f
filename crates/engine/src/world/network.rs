//! Links that lose packets: their directions over the whole scenario, and firewalls with a memory.
//!
//! A scenario whose links lose nothing never looks in here: [`Network::is_rough`] is asked first.

use sandbox_core::{Rng, Span, Time, uniform};
use sandbox_model::{Cause, FaultKind, OutageScript};
use sandbox_providers::{Friction, Trip, Way};
use sandbox_scenario::Resolved;

/// What happens on the way between regions, beyond taking time.
#[derive(Clone)]
pub(crate) struct Network {
    rough: bool,
    regions: usize,
    /// Directions of links: `ways[from * regions + to]`.
    ways: Vec<Way>,
    /// Firewalls, by the same index.
    firewalls: Vec<Option<Firewall>>,
    /// Until when new connections may be blocked, by node and region of the caller: `blocked[node * regions + from]`.
    blocked: Vec<Time>,
}

/// A residual block: see `sandbox_scenario::file::ResidualBlock`.
#[derive(Copy, Clone, Debug)]
struct Firewall {
    chance: f64,
    share: f64,
    length: Span,
}

impl Network {
    pub(super) fn new(resolved: &Resolved) -> Self {
        let regions = resolved.regions.len();
        let (mut ways, mut firewalls) = (Vec::new(), Vec::new());
        for index in 0..regions * regions {
            let (from, to) = (&resolved.regions[index / regions], &resolved.regions[index % regions]);
            let written = resolved.scenario.links.iter().position(|link| link.joins(from, to));
            let Some(number) = written else {
                ways.push(Way::new(0.0, None));
                firewalls.push(None);
                continue;
            };
            let link = &resolved.scenario.links[number];
            let friction = link.friction.as_ref().filter(|friction| friction.toward == *to);
            let friction = friction.zip(resolved.friction[number].as_ref()).map(|(friction, shape)| {
                Friction { loss: friction.loss, delay: friction.delay, shape: shape.clone() }
            });
            ways.push(Way::new(link.loss, friction));
            firewalls.push(link.residual_block.as_ref().map(|block| Firewall {
                chance: block.chance,
                share: block.share,
                length: block.length,
            }));
        }
        let blocked = vec![Time::ZERO; resolved.nodes.len() * regions];
        let mut network = Self { rough: false, regions, ways, firewalls, blocked };
        network.settle();
        network
    }

    fn settle(&mut self) {
        self.rough = self.ways.iter().any(Way::is_rough) || self.firewalls.iter().any(Option::is_some);
    }

    /// Lays the script's faults of links along the ways.
    pub(crate) fn set_faults(&mut self, resolved: &Resolved, script: &OutageScript) {
        let mut windows: Vec<Vec<(Time, Time, f64)>> = vec![Vec::new(); self.ways.len()];
        for fault in &script.faults {
            let share = match fault.kind {
                FaultKind::Loss { share } => share,
                FaultKind::Partition => 1.0,
                _ => continue,
            };
            for (from, to) in resolved.fault_ways(&fault.target) {
                windows[from * self.regions + to].push((fault.from, fault.until, share));
            }
        }
        for (way, windows) in self.ways.iter_mut().zip(&windows) {
            way.set_faults(windows);
        }
        self.settle();
    }

    /// A calm sky: friction at its daily minimum, and firewalls that are never set off.
    pub(crate) fn calm_down(&mut self) {
        self.ways.iter_mut().for_each(Way::calm_down);
        self.firewalls.fill(None);
        self.settle();
    }

    /// Whether any link ever loses anything.
    #[inline]
    pub(crate) fn is_rough(&self) -> bool {
        self.rough
    }

    /// Both directions between two regions, if something may get lost on them.
    pub(crate) fn trip(&self, from: u16, to: u16, round_trip: Span) -> Option<Trip<'_>> {
        let (there, back) = self.both(from, to);
        (there.is_rough() || back.is_rough()).then_some(Trip { there, back, round_trip })
    }

    fn both(&self, from: u16, to: u16) -> (&Way, &Way) {
        let (from, to) = (from as usize, to as usize);
        (&self.ways[from * self.regions + to], &self.ways[to * self.regions + from])
    }

    /// What is wrong at `now` between callers in `from` and a target at `to`.
    pub(crate) fn trouble(&self, from: u16, to: u16, target: usize, now: Time) -> Option<Cause> {
        if !self.rough {
            return None;
        }
        let (there, back) = self.both(from, to);
        if there.is_closed(now) || back.is_closed(now) || self.is_blocked(from, target, now) {
            Some(Cause::Outage)
        } else {
            (there.is_troubled(now) || back.is_troubled(now)).then_some(Cause::Slow)
        }
    }

    fn is_blocked(&self, from: u16, target: usize, now: Time) -> bool {
        self.blocked[target * self.regions + from as usize] > now
    }

    /// A request passes the firewall between two regions: whether it is let through, with its own luck.
    pub(crate) fn passes(
        &mut self,
        (from, to): (u16, u16),
        target: usize,
        new_connection: bool,
        now: Time,
        draw: &mut impl Rng,
    ) -> bool {
        let Some(firewall) = self.firewalls[from as usize * self.regions + to as usize] else { return true };
        let (sets_off, hit) = (uniform(draw) < firewall.chance, uniform(draw) < firewall.share);
        if new_connection && hit && self.is_blocked(from, target, now) {
            return false;
        }
        if sets_off {
            let blocked = &mut self.blocked[target * self.regions + from as usize];
            *blocked = (*blocked).max(now.saturating_add(firewall.length));
        }
        true
    }

    /// Whether a firewall stands between two regions.
    pub(crate) fn has_firewall(&self, from: u16, to: u16) -> bool {
        self.firewalls[from as usize * self.regions + to as usize].is_some()
    }
}
