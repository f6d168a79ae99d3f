//! From scripts that are bad to one that may be worse.
//!
//! The weather's own moves are small steps near the edges that routers count in: what breaks something lies there. What
//! costs most is elsewhere: a fault that works, again and again, as far apart as what it sets off lasts, with the budget
//! used up. So here windows are moved far, stretched and shared out anew, and what works is copied.

use sandbox_core::{Rng, Span, Time, below, chance, uniform};
use sandbox_model::{Fault, FaultKind, OutageScript};

use crate::Weather;

/// Windows that are stretched have no finer edges.
const GRAIN: u64 = 1_000_000;

/// What is done to a script.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Move {
    /// A small step of the weather's own.
    Small,
    /// Some faults of each of two.
    Cross,
    /// One fault elsewhere in time, by seconds or by hours.
    Shift,
    /// One fault anywhere.
    Anywhere,
    /// One longer or shorter, from where it begins or to where it ends.
    Stretch,
    /// Time goes from one to another.
    Give,
    /// Other parameters of its kind for one, or for all that are alike.
    Redraw,
    /// Another target for one, or for all that are alike.
    Retarget,
    /// What a fresh one is, in the window of one.
    Fresh,
    /// A fresh one besides, or instead.
    More,
    /// One of another bad script, with its window, besides or instead.
    Donor,
    /// One becomes what another is, in its own window.
    Kin,
    /// One once more: as much later or earlier as a router remembers it.
    Again,
    /// One again and again, instead of all.
    Tile,
    /// One at the same time as another, or right after it.
    Beside,
    /// Something else goes wrong as well, while one lasts or while what it set off does.
    Meanwhile,
    /// One less.
    Less,
}

impl Move {
    /// Those that find out what of a script works: it alone, again and again, or with other parameters.
    pub(super) const FIRST: [Self; 4] = [Self::Tile, Self::Tile, Self::Redraw, Self::Meanwhile];
    pub(super) const ALL: [Self; 17] = [
        Self::Small,
        Self::Cross,
        Self::Shift,
        Self::Anywhere,
        Self::Stretch,
        Self::Give,
        Self::Redraw,
        Self::Retarget,
        Self::Fresh,
        Self::More,
        Self::Donor,
        Self::Kin,
        Self::Again,
        Self::Tile,
        Self::Beside,
        Self::Meanwhile,
        Self::Less,
    ];
}

/// What a script is made from.
pub(super) struct Stock<'s> {
    pub(super) weather: &'s Weather,
    /// Which is changed.
    pub(super) one: &'s OutageScript,
    /// Another that is bad.
    pub(super) other: &'s OutageScript,
    /// As the weather draws it.
    pub(super) fresh: &'s OutageScript,
    /// What has been tried least: a target and a kind.
    pub(super) rare: &'s (String, FaultKind),
}

impl Stock<'_> {
    /// The script after these moves. It is within the budget.
    pub(super) fn child<R: Rng + ?Sized>(&self, moves: &[Move], rng: &mut R) -> OutageScript {
        let mut script = self.one.clone();
        for &how in moves {
            match how {
                Move::Small => script = self.weather.mutate(&script, rng),
                Move::Cross => script = self.weather.cross(&script, self.other, rng),
                _ if script.faults.is_empty() => script = self.fresh.clone(),
                _ => self.step(how, &mut script.faults, rng),
            }
        }
        self.weather.unstack(&mut script.faults);
        if chance(rng, 0.75) {
            scale(self.weather, &mut script.faults);
        }
        self.weather.fit(&mut script.faults);
        script.sort();
        if script.faults.is_empty() { self.fresh.clone() } else { script }
    }

    /// One change, not yet within the budget.
    fn step<R: Rng + ?Sized>(&self, how: Move, faults: &mut Vec<Fault>, rng: &mut R) {
        let weather = self.weather;
        let (at, mate) = (any(faults, rng), any(faults, rng));
        let (from, len) = (faults[at].from.as_nanos(), length(&faults[at]));
        match how {
            Move::Small | Move::Cross => {}
            Move::Shift => {
                let decade = 10_u64.pow(below(rng, 4) as u32) as f64;
                let by = (decade * (1.0 + 9.0 * uniform(rng)) * 1e9) as u64 / GRAIN * GRAIN;
                let from = if chance(rng, 0.5) { from.saturating_add(by) } else { from.saturating_sub(by) };
                place(weather, &mut faults[at], from, len);
            }
            Move::Anywhere => {
                let from = anywhere(weather, len, rng);
                place(weather, &mut faults[at], from, len);
            }
            Move::Stretch => {
                let new = (len as f64 * (0.25 + 3.75 * uniform(rng))) as u64 / GRAIN * GRAIN;
                let new = new.clamp(GRAIN, weather.downtime_max().as_nanos().max(GRAIN));
                let until = faults[at].until.as_nanos();
                let from = if chance(rng, 0.5) { from } else { until.saturating_sub(new) };
                place(weather, &mut faults[at], from, new);
            }
            Move::Give => {
                let given = (length(&faults[mate]) as f64 * uniform(rng)) as u64 / GRAIN * GRAIN;
                let left = length(&faults[mate]).saturating_sub(given);
                if at != mate && left >= GRAIN {
                    place(weather, &mut faults[at], from, len + given);
                    let from = faults[mate].from.as_nanos();
                    place(weather, &mut faults[mate], from, left);
                }
            }
            Move::Redraw | Move::Retarget => {
                let before = faults[at].clone();
                let after = match how {
                    Move::Retarget => weather.retargeted(&before, rng),
                    _ if chance(rng, 0.5) => weather.tweaked(&before, rng),
                    _ => weather.redrawn(&before, rng),
                };
                let all = chance(rng, 0.5);
                for (number, fault) in faults.iter_mut().enumerate() {
                    if number == at || all && fault.kind == before.kind && fault.target == before.target {
                        fault.target.clone_from(&after.target);
                        fault.kind = after.kind;
                    }
                }
            }
            Move::Fresh if !self.fresh.faults.is_empty() => {
                let fresh = &self.fresh.faults[any(&self.fresh.faults, rng)];
                faults[at] = Fault { from: faults[at].from, until: faults[at].until, ..fresh.clone() };
            }
            Move::More if !self.fresh.faults.is_empty() => {
                let new = self.fresh.faults[any(&self.fresh.faults, rng)].clone();
                self.add(faults, at, new);
            }
            Move::Donor if !self.other.faults.is_empty() => {
                let new = self.other.faults[any(&self.other.faults, rng)].clone();
                self.add(faults, at, new);
            }
            Move::Fresh | Move::More | Move::Donor => {}
            Move::Kin => {
                faults[at] = Fault { from: faults[at].from, until: faults[at].until, ..faults[mate].clone() };
            }
            Move::Again => {
                let mut new = faults[at].clone();
                let by = self.lasts(&new, rng).as_nanos();
                // From end to onset, or from onset to onset.
                let by = if chance(rng, 0.5) { by.saturating_add(len) } else { by };
                let from = if chance(rng, 0.75) { from.saturating_add(by) } else { from.saturating_sub(by) };
                place(weather, &mut new, from, len);
                self.add(faults, mate, new);
            }
            Move::Tile => *faults = self.tiled(&faults[at], rng),
            Move::Beside => {
                let (theirs, until) = (faults[mate].from.as_nanos(), faults[mate].until.as_nanos());
                if chance(rng, 0.5) {
                    let len = length(&faults[mate]);
                    place(weather, &mut faults[at], theirs, len);
                } else {
                    place(weather, &mut faults[at], until, len);
                }
            }
            Move::Meanwhile => {
                let (target, kind) = self.rare.clone();
                let lasts = self.lasts(&faults[at], rng).as_nanos();
                let len = if chance(rng, 0.5) { len } else { lasts.min(weather.downtime_max().as_nanos()) };
                let mut new = Fault { target, kind, ..faults[at].clone() };
                place(weather, &mut new, from, len);
                self.add(faults, mate, new);
            }
            Move::Less => {
                if faults.len() > 1 {
                    faults.remove(at);
                }
            }
        }
    }

    /// A fault besides; if there are as many as may be, instead of one.
    fn add(&self, faults: &mut Vec<Fault>, instead: usize, new: Fault) {
        if faults.len() < self.weather.faults_max() {
            faults.push(new);
        } else {
            faults[instead] = new;
        }
    }

    /// How long what a fault sets off may last: what it tells callers to wait, or a span of the routers; sometimes anything
    /// up to a thousand seconds.
    fn lasts<R: Rng + ?Sized>(&self, fault: &Fault, rng: &mut R) -> Span {
        let asked = match fault.kind {
            FaultKind::Down { retry_after, .. } | FaultKind::Errors { retry_after, .. } => retry_after,
            _ => None,
        };
        let spans = self.weather.spans();
        match (asked.filter(|asked| !asked.is_zero()), below(rng, 4)) {
            (Some(asked), 0 | 1) => asked,
            (_, 1 | 2) if !spans.is_empty() => spans[below(rng, spans.len() as u64) as usize],
            _ => {
                let decade = 10_u64.pow(below(rng, 3) as u32) as f64;
                Span::from_nanos((decade * (1.0 + 9.0 * uniform(rng)) * 1e9) as u64 / GRAIN * GRAIN)
            }
        }
    }

    /// One fault again and again: as often as may be or less, one period apart, the downtime shared out.
    fn tiled<R: Rng + ?Sized>(&self, fault: &Fault, rng: &mut R) -> Vec<Fault> {
        let weather = self.weather;
        let most = weather.faults_max() as u64;
        let count = if chance(rng, 0.5) { most } else { 1 + below(rng, most) };
        let len = (weather.downtime_max().as_nanos() / count).max(1);
        let len = if chance(rng, 0.5) { len } else { length(fault).min(len) };
        let (open, close) = weather.open_and_close();
        let all = close.saturating_since(open).as_nanos();
        let (first, period) = if chance(rng, 0.5) {
            let period = self.lasts(fault, rng).as_nanos().max(len);
            (fault.from.as_nanos().saturating_sub(period.saturating_mul(below(rng, count))), period)
        } else {
            (open.as_nanos(), (all / count).max(len))
        };
        let tile = |number: u64| {
            let mut fault = fault.clone();
            let from = first.max(open.as_nanos()).saturating_add(period.saturating_mul(number));
            place(weather, &mut fault, from / GRAIN * GRAIN, len);
            fault
        };
        (0..count).map(tile).collect()
    }
}

fn any<R: Rng + ?Sized>(faults: &[Fault], rng: &mut R) -> usize {
    below(rng, faults.len() as u64) as usize
}

/// Where a window of this length may begin.
fn anywhere<R: Rng + ?Sized>(weather: &Weather, len: u64, rng: &mut R) -> u64 {
    let (open, close) = weather.open_and_close();
    let room = close.saturating_since(open).as_nanos().saturating_sub(len);
    open.as_nanos() + below(rng, (room / GRAIN).max(1)) * GRAIN
}

/// Makes all windows longer or shorter by the same factor, so that together they are as long as they may be.
fn scale(weather: &Weather, faults: &mut [Fault]) {
    let now: u128 = faults.iter().map(|fault| u128::from(length(fault))).sum();
    let total = u128::from(weather.downtime_max().as_nanos());
    for fault in faults.iter_mut().filter(|_| now > 0 && now != total) {
        // Down to whole milliseconds, so that the sum stays below.
        let len = u64::try_from(u128::from(length(fault)) * total / now).unwrap_or(u64::MAX) / GRAIN * GRAIN;
        let from = fault.from.as_nanos();
        place(weather, fault, from, if now < total { len.max(length(fault)) } else { len });
    }
}

/// Gives a fault a window that begins at `from` if there is room for it.
fn place(weather: &Weather, fault: &mut Fault, from: u64, len: u64) {
    let (open, close) = weather.open_and_close();
    let len = len.min(close.saturating_since(open).as_nanos()).max(1);
    let latest = close.as_nanos().saturating_sub(len).max(open.as_nanos());
    fault.from = Time::from_nanos(from.clamp(open.as_nanos(), latest));
    fault.until = fault.from.saturating_add(Span::from_nanos(len));
}

fn length(fault: &Fault) -> u64 {
    fault.until.saturating_since(fault.from).as_nanos()
}
