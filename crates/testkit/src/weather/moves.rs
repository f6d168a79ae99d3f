//! A script that is a little different, and one of two: the steps of a search.

use sandbox_core::{Rng, Span, Time, below, chance};
use sandbox_model::{Fault, OutageScript};

use super::draw::Case;
use super::kinds::{self, pick};
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
        6 => {
            let sort = kinds::index(&faults[one].kind);
            faults[one].kind = kinds::draw(sort, weather.spans(), case.rng);
        }
        7 => {
            if let Some(kind) = case.kind_for(&faults[one].target) {
                faults[one].kind = kind;
            }
        }
        8 => {
            let scope = faults[one].kind.scope();
            let takes: Vec<&str> = weather
                .reach
                .places
                .iter()
                .filter(|place| place.takes(scope))
                .map(|place| place.name.as_str())
                .collect();
            if !takes.is_empty() {
                pick(&takes, case.rng).clone_into(&mut faults[one].target);
            }
        }
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
