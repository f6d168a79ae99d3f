//! From scripts that are bad to one that may be worse.
//!
//! The weather's own moves are small steps near the edges that routers count in: what breaks something lies there. What
//! costs most lies elsewhere: long windows of the right fault, at the right time of the day, with the budget used up.
//! So windows are also moved far and stretched here.

use sandbox_core::{Rng, Span, Time, below, chance, uniform};
use sandbox_model::{Fault, OutageScript};

use crate::Weather;

/// Windows that are stretched have no finer edges.
const GRAIN: u64 = 1_000_000;
/// The shortest window that is left when time goes from one fault to another.
const SHORTEST: u64 = 1_000_000_000;

/// A script that was bred from one (and another), with something of a fresh one. It is within the budget.
pub(super) fn child<R: Rng + ?Sized>(
    weather: &Weather,
    one: &OutageScript,
    other: &OutageScript,
    fresh: &OutageScript,
    rng: &mut R,
) -> OutageScript {
    let mut script = match below(rng, 4) {
        0 => weather.mutate(one, rng),
        1 => weather.cross(one, other, rng),
        _ => {
            let mut script = one.clone();
            step(weather, &mut script.faults, fresh, rng);
            // Sometimes a second one.
            if chance(rng, 0.4) {
                step(weather, &mut script.faults, fresh, rng);
            }
            script
        }
    };
    if chance(rng, 0.5) {
        fill(weather, &mut script.faults);
    }
    weather.fit(&mut script.faults);
    script.sort();
    if script.faults.is_empty() { fresh.clone() } else { script }
}

/// One change, not yet within the budget.
fn step<R: Rng + ?Sized>(weather: &Weather, faults: &mut Vec<Fault>, fresh: &OutageScript, rng: &mut R) {
    let any = |faults: &[Fault], rng: &mut R| below(rng, faults.len() as u64) as usize;
    if faults.is_empty() {
        faults.clone_from(&fresh.faults);
        return;
    }
    let (at, mate) = (any(faults, rng), any(faults, rng));
    let (from, len) = (faults[at].from.as_nanos(), length(&faults[at]));
    let (open, close) = weather.open_and_close();
    match below(rng, 9) {
        // Elsewhere in time, by seconds or by hours.
        0 | 1 => {
            let decade = 10_u64.pow(below(rng, 4) as u32) as f64;
            let by = (decade * (1.0 + 9.0 * uniform(rng)) * 1e9) as u64 / GRAIN * GRAIN;
            let from = if chance(rng, 0.5) { from.saturating_add(by) } else { from.saturating_sub(by) };
            place(weather, &mut faults[at], from, len);
        }
        // Anywhere.
        2 => {
            let room = close.saturating_since(open).as_nanos().saturating_sub(len);
            let from = open.as_nanos() + below(rng, (room / GRAIN).max(1)) * GRAIN;
            place(weather, &mut faults[at], from, len);
        }
        // Longer or shorter, from where it begins or to where it ends.
        3 => {
            let new = (len as f64 * (0.25 + 3.75 * uniform(rng))) as u64 / GRAIN * GRAIN;
            let new = new.clamp(GRAIN, weather.downtime_max().as_nanos().max(GRAIN));
            let until = faults[at].until.as_nanos();
            let from = if chance(rng, 0.5) { from } else { until.saturating_sub(new) };
            place(weather, &mut faults[at], from, new);
        }
        // Time goes from one to another.
        4 => {
            let given = (length(&faults[mate]) as f64 * uniform(rng)) as u64 / GRAIN * GRAIN;
            let left = length(&faults[mate]).saturating_sub(given);
            if at != mate && left >= SHORTEST {
                place(weather, &mut faults[at], from, len + given);
                let from = faults[mate].from.as_nanos();
                place(weather, &mut faults[mate], from, left);
            }
        }
        // A fresh fault in its window.
        5 if !fresh.faults.is_empty() => {
            faults[at] = fresh.faults[any(&fresh.faults, rng)].clone();
            place(weather, &mut faults[at], from, len);
        }
        // A fresh one besides, or instead.
        6 if !fresh.faults.is_empty() => {
            let new = fresh.faults[any(&fresh.faults, rng)].clone();
            if faults.len() < weather.faults_max() {
                faults.push(new);
            } else {
                faults[at] = new;
            }
        }
        // With another, or right after it.
        7 => {
            let (theirs, until) = (faults[mate].from.as_nanos(), faults[mate].until.as_nanos());
            if chance(rng, 0.5) {
                let len = length(&faults[mate]);
                place(weather, &mut faults[at], theirs, len);
            } else {
                place(weather, &mut faults[at], until, len);
            }
        }
        // One less: what it had goes to the others when the budget is used up.
        _ => {
            if faults.len() > 1 {
                faults.remove(at);
            }
        }
    }
}

/// Makes all windows longer by the same factor, until together they are as long as they may be.
fn fill(weather: &Weather, faults: &mut [Fault]) {
    let now: u128 = faults.iter().map(|fault| u128::from(length(fault))).sum();
    let total = u128::from(weather.downtime_max().as_nanos());
    for fault in faults.iter_mut().filter(|_| now > 0 && now < total) {
        // Down to whole milliseconds, so that the sum stays below.
        let len = u64::try_from(u128::from(length(fault)) * total / now).unwrap_or(u64::MAX) / GRAIN * GRAIN;
        let from = fault.from.as_nanos();
        place(weather, fault, from, len.max(length(fault)));
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
