//! One script: which kinds are on, how many faults, of what shape, and then the windows.

use sandbox_core::{Rng, Span, Time, below, chance};
use sandbox_model::{Fault, FaultKind, OutageScript};

use super::kinds::{self, KINDS, pick};
use super::reach::{Place, Sort};
use super::{Reach, Weather, downtime};

/// How the faults of a script belong together.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Shape {
    /// There is one fault.
    Alone,
    /// They have nothing to do with each other.
    Apart,
    /// They have one cause.
    Common,
    /// One begins or ends where a router's memory of another does.
    Edges,
    /// One fault, again and again.
    Flaps,
    /// What is left for the plan fails while the plan does.
    Elsewhere,
}

/// Weights of the shapes of several faults.
const SHAPES: [(Shape, u64); 5] =
    [(Shape::Apart, 4), (Shape::Common, 4), (Shape::Edges, 5), (Shape::Flaps, 3), (Shape::Elsewhere, 4)];

const MILLI: Span = Span::from_millis(1);

/// A script, and the shape that it has.
pub(super) fn script<R: Rng + ?Sized>(weather: &Weather, rng: &mut R) -> (Shape, OutageScript) {
    let on = kinds_on(weather.on, rng);
    let count = number(weather.faults_min, weather.faults_max, rng);
    let shape = if count == 1 { Shape::Alone } else { shape(rng) };
    let mut case = Case { weather, on, rng };
    let mut faults = case.faults(shape, count);
    weather.fit(&mut faults);
    let mut script = OutageScript { faults };
    script.sort();
    (shape, script)
}

/// Swarm: each case has its own few kinds, so that some have one alone, and some a pair that is rare together.
fn kinds_on<R: Rng + ?Sized>(all: u16, rng: &mut R) -> u16 {
    let one = |rng: &mut R| nth(all, below(rng, u64::from(all.count_ones())));
    let on = match below(rng, 3) {
        0 => one(rng),
        1 => all & rng.next_u64() as u16 & (rng.next_u64() >> 16) as u16,
        _ => all & rng.next_u64() as u16,
    };
    if on == 0 { one(rng) } else { on }
}

/// The `n`th bit that is set.
fn nth(mut mask: u16, n: u64) -> u16 {
    for _ in 0..n {
        mask &= mask - 1;
    }
    1 << mask.trailing_zeros()
}

/// `n` with a weight of `1/n`.
fn number<R: Rng + ?Sized>(least: usize, most: usize, rng: &mut R) -> usize {
    let weight = |n: usize| 1.0 / n as f64;
    let mut left = sandbox_core::uniform(rng) * (least..=most).map(weight).sum::<f64>();
    for n in least..most {
        left -= weight(n);
        if left < 0.0 {
            return n;
        }
    }
    most
}

fn shape<R: Rng + ?Sized>(rng: &mut R) -> Shape {
    let mut left = below(rng, SHAPES.iter().map(|(_, weight)| weight).sum());
    for (shape, weight) in SHAPES {
        if left < weight {
            return shape;
        }
        left -= weight;
    }
    unreachable!("the weights are all there is")
}

/// A case in the making. Also used to add to a script that there is.
pub(super) struct Case<'w, R: ?Sized> {
    pub(super) weather: &'w Weather,
    /// Kinds that are on, of those that may be.
    pub(super) on: u16,
    pub(super) rng: &'w mut R,
}

impl<R: Rng + ?Sized> Case<'_, R> {
    fn faults(&mut self, shape: Shape, count: usize) -> Vec<Fault> {
        match shape {
            Shape::Alone => vec![self.first()],
            Shape::Apart => self.apart(count),
            Shape::Common => self.common(count),
            Shape::Edges => {
                let mut faults = vec![self.first()];
                while faults.len() < count {
                    let next = self.on_an_edge(&faults);
                    faults.push(next);
                }
                faults
            }
            Shape::Flaps => self.flaps(count),
            Shape::Elsewhere => self.elsewhere(count),
        }
    }

    /// A fault at the start of the episode.
    pub(super) fn first(&mut self) -> Fault {
        let (target, kind) = self.what();
        let from = self.start();
        let until = from.saturating_add(self.length());
        Fault { target, kind, from, until }
    }

    fn apart(&mut self, count: usize) -> Vec<Fault> {
        let start = self.start();
        let spread = (self.weather.reach.close.since(start)).min(Span::from_mins(5)).as_nanos();
        let mut faults = Vec::new();
        for index in 0..count {
            let (target, kind) = self.what();
            let later = if index == 0 { Span::ZERO } else { self.grained_below(spread) };
            let from = start.saturating_add(later);
            faults.push(Fault { target, kind, from, until: from.saturating_add(self.length()) });
        }
        faults
    }

    /// Endpoints of one provider first, then the provider, then whatever there is.
    fn common(&mut self, count: usize) -> Vec<Fault> {
        let first = self.first();
        let places = &self.weather.reach.places;
        let at = |name: &str| places.iter().position(|place| place.name == name);
        let mine = at(&first.target);
        let home = places.iter().find(|place| {
            place.sort == Sort::Provider && mine.is_some_and(|mine| place.inside.contains(&mine))
        });
        let mut others: Vec<usize> = Vec::new();
        if let Some(home) = home.or_else(|| self.weather.place(&first.target)) {
            others.extend(home.inside.iter().filter(|&&place| Some(place) != mine));
        }
        let mut faults = vec![first];
        while faults.len() < count {
            let place = if others.is_empty() { None } else { Some(&places[others.remove(0)]) };
            let kind = faults[0].kind;
            let (target, kind) = match place {
                Some(place) if place.takes(kind.scope()) => (place.name.clone(), kind),
                _ => self.what(),
            };
            let (mut from, mut until) = (faults[0].from, faults[0].until);
            // In half of the cases the news travels.
            if chance(self.rng, 0.5) {
                let later = self.grained_below(10_000_000_000);
                from = from.saturating_add(later).min(until - Span::from_nanos(1));
                until = until.saturating_add(later);
            }
            faults.push(Fault { target, kind, from, until });
        }
        faults
    }

    /// A fault that begins or ends at an edge of one that there is.
    pub(super) fn on_an_edge(&mut self, faults: &[Fault]) -> Fault {
        let other = &faults[below(self.rng, faults.len() as u64) as usize];
        // Half of the time it is the same target again: a failure during failback.
        let (target, kind) = if chance(self.rng, 0.5) {
            (other.target.clone(), self.kind_for(&other.target).unwrap_or(other.kind))
        } else {
            self.what()
        };
        let edge = self.edge_of(other);
        let length = self.length();
        if chance(self.rng, 0.5) {
            Fault { target, kind, from: edge, until: edge.saturating_add(length) }
        } else {
            let from = Time::from_nanos(edge.as_nanos().saturating_sub(length.as_nanos()));
            Fault { target, kind, from, until: edge }
        }
    }

    /// The onset (one in three) or end of a fault, or a span of the routers later (three in four): met or just missed.
    pub(super) fn edge_of(&mut self, fault: &Fault) -> Time {
        let event = if chance(self.rng, 1.0 / 3.0) { fault.from } else { fault.until };
        let span = if chance(self.rng, 0.75) { self.span().unwrap_or(Span::ZERO) } else { Span::ZERO };
        self.beside(event.saturating_add(span))
    }

    fn flaps(&mut self, count: usize) -> Vec<Fault> {
        let first = self.first();
        let span = self.span().unwrap_or(Span::from_secs(10));
        let span = self.beside(Time::ZERO.saturating_add(span)).since(Time::ZERO).max(Span::from_nanos(2));
        // By onsets the fault is a part of the period; by gaps it keeps its own length.
        let by_onsets = chance(self.rng, 0.5);
        let length = if by_onsets {
            let part = Span::from_nanos((span.as_nanos() / 4 * (1 + below(self.rng, 3))).max(1));
            if part < MILLI { part } else { whole(part, MILLI) }
        } else {
            first.until.since(first.from)
        };
        let period = if by_onsets { span } else { length.saturating_add(span) };
        let flap = |n: usize| {
            let from = first.from.saturating_add(period.saturating_mul(n as u64));
            Fault { target: first.target.clone(), kind: first.kind, from, until: from.saturating_add(length) }
        };
        (0..count).map(flap).collect()
    }

    fn elsewhere(&mut self, count: usize) -> Vec<Fault> {
        let places = &self.weather.reach.places;
        let mut plan = self.first();
        let plans: Vec<usize> = (0..places.len()).filter(|&place| places[place].plan).collect();
        if !plans.is_empty() {
            let place = &places[pick(&plans, self.rng)];
            if let Some(kind) = self.kind_for(&place.name) {
                plan = Fault { target: place.name.clone(), kind, ..plan };
            }
        }
        let rest: Vec<usize> = (0..places.len())
            .filter(|&place| !places[place].plan && places[place].name != plan.target)
            .collect();
        let mut faults = vec![plan];
        while faults.len() < count {
            let (mut target, mut kind) = self.what();
            if !rest.is_empty() {
                let place = &places[pick(&rest, self.rng)];
                if let Some(theirs) = self.kind_for(&place.name) {
                    (target, kind) = (place.name.clone(), theirs);
                }
            }
            let meanwhile = faults[0].until.since(faults[0].from).as_nanos();
            let later = self.grained_below(meanwhile);
            let from = faults[0].from.saturating_add(later);
            faults.push(Fault { target, kind, from, until: from.saturating_add(self.length()) });
        }
        faults
    }

    /// A kind that is on, and a target that can suffer it.
    pub(super) fn what(&mut self) -> (String, FaultKind) {
        let kind = self.one_of(self.on);
        let takes = |place: &&Place| place.takes(kinds::scope(kind));
        let all = self.weather.reach.places.iter().filter(takes);
        let plans = all.clone().filter(|place| place.plan).count();
        let place = if plans > 0 && chance(self.rng, 0.5) {
            all.filter(|place| place.plan).nth(below(self.rng, plans as u64) as usize)
        } else {
            let count = all.clone().count() as u64;
            all.clone().nth(below(self.rng, count) as usize)
        };
        let target = place.expect("kinds that nothing suffers are never on").name.clone();
        (target, kinds::draw(kind, &self.weather.reach.spans, self.rng))
    }

    /// A kind that a target can suffer: one that is on, or else one that may be.
    pub(super) fn kind_for(&mut self, target: &str) -> Option<FaultKind> {
        let place = self.weather.place(target)?;
        let suffers = (0..KINDS.len())
            .filter(|&kind| place.takes(kinds::scope(kind)))
            .fold(0_u16, |mask, kind| mask | 1 << kind);
        let on = [self.on & suffers, self.weather.on & suffers].into_iter().find(|mask| *mask != 0)?;
        let kind = self.one_of(on);
        Some(kinds::draw(kind, &self.weather.reach.spans, self.rng))
    }

    fn one_of(&mut self, mask: u16) -> usize {
        nth(mask, below(self.rng, u64::from(mask.count_ones()))).trailing_zeros() as usize
    }

    fn start(&mut self) -> Time {
        let Reach { open, late, .. } = *self.weather.reach;
        let range = late.saturating_since(open).as_nanos();
        let drawn = open.as_nanos() + below(self.rng, range.max(1));
        let grain = self.grain().as_nanos();
        let whole = drawn / grain * grain;
        Time::from_nanos(if whole < open.as_nanos() { drawn } else { whole })
    }

    /// How long a fault lasts.
    pub(super) fn length(&mut self) -> Span {
        let Reach { open, close, .. } = *self.weather.reach;
        let longest = (close.since(open) / 2).min(self.weather.downtime_max).as_nanos();
        let second = 1_000_000_000;
        let length = match below(self.rng, 8) {
            0 | 1 => match self.span() {
                Some(span) => return self.beside(Time::ZERO.saturating_add(span)).since(Time::ZERO),
                None => Span::from_secs(10).as_nanos(),
            },
            2 => pick(&[1, 1_000_000, 10_000_000, 100_000_000, second / 2, second, 2 * second], self.rng),
            3..=6 => {
                let octave = (2 * second) << below(self.rng, 5);
                self.grained(octave, octave).as_nanos()
            }
            _ => {
                let least = 64 * second;
                self.grained(least, longest.saturating_sub(least)).as_nanos()
            }
        };
        Span::from_nanos(length.clamp(1, longest.max(1)))
    }

    pub(super) fn span(&mut self) -> Option<Span> {
        let spans = &self.weather.reach.spans;
        (!spans.is_empty()).then(|| pick(spans, self.rng))
    }

    /// In half of the cases the time itself, else 1 ns or 1 ms before or after it.
    pub(super) fn beside(&mut self, time: Time) -> Time {
        let nanos = time.as_nanos();
        let beside = match below(self.rng, 8) {
            0..=3 => nanos,
            4 => nanos.saturating_sub(1),
            5 => nanos.saturating_add(1),
            6 => nanos.saturating_sub(1_000_000),
            _ => nanos.saturating_add(1_000_000),
        };
        Time::from_nanos(beside.max(1))
    }

    fn grain(&mut self) -> Span {
        match below(self.rng, 4) {
            0 => MILLI,
            1 | 2 => Span::from_secs(1),
            _ => Span::from_secs(5),
        }
    }

    fn grained_below(&mut self, range: u64) -> Span {
        self.grained(0, range)
    }

    /// From `least` on and below `least + range` [ns], rounded down to a grain that is drawn.
    fn grained(&mut self, least: u64, range: u64) -> Span {
        let span = Span::from_nanos(least + below(self.rng, range.max(1)));
        let grain = self.grain();
        whole(span, if span < grain { MILLI } else { grain })
    }
}

/// Rounded down.
fn whole(span: Span, grain: Span) -> Span {
    Span::from_nanos(span.as_nanos() / grain.as_nanos() * grain.as_nanos())
}

impl Weather {
    /// Cuts faults down to what is within the budget and the time in which there may be faults. What already is stays as
    /// it is to the nanosecond.
    pub(crate) fn fit(&self, faults: &mut Vec<Fault>) {
        let Reach { open, close, .. } = *self.reach;
        let least = Span::from_nanos(1);
        faults.retain(|fault| self.suffers(fault));
        faults.truncate(self.faults_max);
        for fault in faults.iter_mut() {
            if fault.from >= close {
                // As long as it was, as late as may be.
                let length = fault.until.saturating_since(fault.from).min(close.since(open)).max(least);
                fault.from = close - length;
                fault.until = close;
            }
            fault.from = fault.from.max(open);
            fault.until = fault.until.min(close).max(fault.from.saturating_add(least));
        }
        let mut over = downtime(faults).saturating_sub(self.downtime_max);
        while !over.is_zero() {
            let length = |fault: &Fault| fault.until.since(fault.from);
            let Some(longest) = faults.iter_mut().max_by_key(|fault| length(fault)) else { return };
            let cut = over.min(length(longest).saturating_sub(least));
            longest.until = longest.until - cut;
            over = over.saturating_sub(cut);
            if cut.is_zero() {
                // More faults than nanoseconds.
                faults.pop();
                over = downtime(faults).saturating_sub(self.downtime_max);
            }
        }
    }
}
