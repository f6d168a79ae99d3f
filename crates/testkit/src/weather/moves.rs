//! A script that is a little different, and one of two: the steps of a search.

use sandbox_core::{Rng, Span, Time, below, chance};
use sandbox_model::{Fault, FaultKind, OutageScript};

use super::draw::Case;
use super::kinds::{self, KINDS, pick};
use super::reach::Place;
use super::{Weather, draw};

/// How far a time moves, in either direction.
const STEPS: [Span; 8] = [
    Span::from_nanos(1),
    Span::from_millis(1),
    Span::from_millis(100),
    Span::from_secs(1),
    Span::from_secs(2),
    Span::from_secs(5),
    Span::from_secs(15),
    Span::from_secs(60),
];

pub(super) fn mutate<R: Rng + ?Sized>(weather: &Weather, script: &OutageScript, rng: &mut R) -> OutageScript {
    let mut faults = script.faults.clone();
    weather.fit(&mut faults);
    if faults.is_empty() {
        return weather.draw(rng);
    }
    // A move may come to nothing (a fault that is at the edge already); then another is made.
    let before = faults.clone();
    for _ in 0..8 {
        step(weather, &mut faults, rng);
        weather.fit(&mut faults);
        if faults != before && !faults.is_empty() {
            break;
        }
    }
    finish(weather, faults, rng)
}

pub(super) fn cross<R: Rng + ?Sized>(
    weather: &Weather,
    a: &OutageScript,
    b: &OutageScript,
    rng: &mut R,
) -> OutageScript {
    let mut faults: Vec<Fault> =
        a.faults.iter().chain(&b.faults).filter(|_| chance(rng, 0.5)).cloned().collect();
    while faults.len() > weather.faults_max {
        faults.swap_remove(below(rng, faults.len() as u64) as usize);
    }
    weather.fit(&mut faults);
    if faults.is_empty() {
        return mutate(weather, if chance(rng, 0.5) { a } else { b }, rng);
    }
    finish(weather, faults, rng)
}

fn finish<R: Rng + ?Sized>(weather: &Weather, faults: Vec<Fault>, rng: &mut R) -> OutageScript {
    if faults.is_empty() {
        return draw::script(weather, rng).1;
    }
    let mut script = OutageScript { faults };
    script.sort();
    script
}

fn step<R: Rng + ?Sized>(weather: &Weather, faults: &mut Vec<Fault>, rng: &mut R) {
    let one = below(rng, faults.len() as u64) as usize;
    let room = faults.len() < weather.faults_max;
    let mut case = Case { weather, on: weather.on, rng };
    match below(case.rng, 12) {
        0 => {
            let by = pick(&STEPS, case.rng);
            let later = chance(case.rng, 0.5);
            for fault in faults.iter_mut() {
                shift(fault, by, later);
            }
        }
        1 | 2 => {
            let by = pick(&STEPS, case.rng);
            shift(&mut faults[one], by, chance(case.rng, 0.5));
        }
        3 => {
            let by = pick(&STEPS, case.rng);
            faults[one].until = moved(faults[one].until, by, chance(case.rng, 0.5));
        }
        4 => {
            let by = pick(&STEPS, case.rng);
            faults[one].from = moved(faults[one].from, by, chance(case.rng, 0.5));
        }
        5 => faults[one].until = faults[one].from.saturating_add(case.length()),
        6 => faults[one] = weather.redrawn(&faults[one], case.rng),
        7 => {
            if let Some(kind) = case.kind_for(&faults[one].target) {
                faults[one].kind = kind;
            }
        }
        8 => faults[one] = weather.retargeted(&faults[one], case.rng),
        9 if faults.len() > 1 => {
            let other = (one + 1 + below(case.rng, faults.len() as u64 - 1) as usize) % faults.len();
            let edge = case.edge_of(&faults[other]);
            let fault = &mut faults[one];
            let length = fault.until.since(fault.from);
            match below(case.rng, 3) {
                0 => (fault.from, fault.until) = (edge, edge.saturating_add(length)),
                1 => fault.from = edge,
                _ => fault.until = edge,
            }
        }
        9 | 10 if room => {
            let next = if chance(case.rng, 0.5) {
                case.on_an_edge(faults)
            } else {
                // Beside one that there is, somewhere else.
                let (target, kind) = case.what();
                Fault { target, kind, ..faults[one].clone() }
            };
            faults.push(next);
        }
        _ if faults.len() > 1 => {
            faults.swap_remove(one);
        }
        _ => faults[one] = case.first(),
    }
}

impl Weather {
    /// Every target with every kind that may be drawn for it: their numbers.
    pub(crate) fn pairs(&self) -> Vec<(usize, usize)> {
        let kinds = |place: &Place| {
            let suffers = |kind: &usize| self.on >> kind & 1 == 1 && place.takes(kinds::scope(*kind));
            (0..KINDS.len()).filter(suffers).collect::<Vec<_>>()
        };
        let places = self.reach.places.iter().enumerate();
        places.flat_map(|(at, place)| kinds(place).into_iter().map(move |kind| (at, kind))).collect()
    }

    /// One of [`pairs`](Self::pairs), with parameters.
    pub(crate) fn of_pair<R: Rng + ?Sized>(
        &self,
        (place, kind): (usize, usize),
        rng: &mut R,
    ) -> (String, FaultKind) {
        (self.reach.places[place].name.clone(), kinds::draw(kind, self.spans(), rng))
    }

    /// Takes away price changes of what another changes the price of at the same time. They would multiply, and the worst
    /// would be a price to the power of the number of faults.
    pub(crate) fn unstack(&self, faults: &mut Vec<Fault>) {
        let endpoints = |fault: &Fault| {
            let at = self.reach.places.iter().position(|place| place.name == fault.target);
            let mut hit = at.map_or_else(Vec::new, |at| self.reach.places[at].inside.clone());
            hit.extend(at);
            hit
        };
        let mut kept: Vec<Fault> = Vec::new();
        for fault in faults.drain(..) {
            let stacks = |other: &Fault| {
                let price = |fault: &Fault| matches!(fault.kind, FaultKind::PriceChange { .. });
                let theirs = endpoints(other);
                price(&fault)
                    && price(other)
                    && fault.from < other.until
                    && other.from < fault.until
                    && endpoints(&fault).iter().any(|hit| theirs.contains(hit))
            };
            if !kept.iter().any(stacks) {
                kept.push(fault);
            }
        }
        *faults = kept;
    }

    /// A fault with other parameters of its kind.
    pub(crate) fn redrawn<R: Rng + ?Sized>(&self, fault: &Fault, rng: &mut R) -> Fault {
        Fault { kind: kinds::draw(kinds::index(&fault.kind), self.spans(), rng), ..fault.clone() }
    }

    /// A fault with one other parameter; with what callers are told to wait, if its kind can tell them.
    pub(crate) fn tweaked<R: Rng + ?Sized>(&self, fault: &Fault, rng: &mut R) -> Fault {
        let sort = kinds::index(&fault.kind);
        let wait = |rng: &mut R| {
            let drawn = (0..8).find_map(|_| kinds::retry_after(self.spans(), rng));
            if chance(rng, 0.75) { drawn } else { None }
        };
        let mut kind = fault.kind;
        match &mut kind {
            FaultKind::Down { retry_after, .. } | FaultKind::Errors { retry_after, .. }
                if chance(rng, 0.5) =>
            {
                *retry_after = wait(rng);
            }
            FaultKind::Down { status, .. } => {
                if let FaultKind::Down { status: other, .. } | FaultKind::Errors { status: other, .. } =
                    kinds::draw(sort, self.spans(), rng)
                {
                    *status = other;
                }
            }
            FaultKind::Errors { share, status, .. } => match kinds::draw(sort, self.spans(), rng) {
                FaultKind::Errors { share: other, .. } if chance(rng, 0.5) => *share = other,
                FaultKind::Errors { status: other, .. } | FaultKind::Down { status: other, .. } => {
                    *status = other;
                }
                _ => {}
            },
            _ => kind = kinds::draw(sort, self.spans(), rng),
        }
        Fault { kind, ..fault.clone() }
    }

    /// A fault with any target that can suffer it.
    pub(crate) fn retargeted<R: Rng + ?Sized>(&self, fault: &Fault, rng: &mut R) -> Fault {
        let scope = fault.kind.scope();
        let takes: Vec<&str> = self
            .reach
            .places
            .iter()
            .filter(|place| place.takes(scope))
            .map(|place| place.name.as_str())
            .collect();
        let target = if takes.is_empty() { &fault.target } else { pick(&takes, rng) };
        Fault { target: target.to_owned(), ..fault.clone() }
    }
}

fn shift(fault: &mut Fault, by: Span, later: bool) {
    fault.from = moved(fault.from, by, later);
    fault.until = moved(fault.until, by, later);
}

fn moved(time: Time, by: Span, later: bool) -> Time {
    if later {
        time.saturating_add(by)
    } else {
        Time::from_nanos(time.as_nanos().saturating_sub(by.as_nanos()))
    }
}
