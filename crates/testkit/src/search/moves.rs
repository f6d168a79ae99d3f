//! From scripts that are bad to scripts that may be worse.
//!
//! Targets and kinds of faults, with their parameters, are always those of a fault that the weather has drawn; windows
//! are moved freely. So a child is as valid as what the weather draws.

use sandbox_core::{Rng, Span, Time, below, chance, uniform};
use sandbox_model::{Fault, OutageScript};

use super::worst::Budget;

/// Windows have no finer edges.
const GRAIN: u64 = 1_000_000;
/// The shortest window.
const SHORTEST: u64 = 1_000_000_000;

/// Time of all faults together.
pub(super) fn downtime(script: &OutageScript) -> Span {
    Span::from_nanos(script.faults.iter().map(length).sum())
}

/// Cuts a script down to a budget: it keeps the first faults, and all windows become shorter by the same factor.
pub(super) fn cut(script: &mut OutageScript, budget: &Budget) {
    script.faults.truncate(budget.faults.max(1));
    if downtime(script) > budget.downtime {
        scale(script, budget.downtime, Time::MAX);
    }
}

/// A script that was bred from one (and another), with something of a fresh one. It fits the budget.
pub(super) fn child<R: Rng + ?Sized>(
    one: &OutageScript,
    other: &OutageScript,
    fresh: &OutageScript,
    budget: &Budget,
    end: Span,
    rng: &mut R,
) -> OutageScript {
    let mut script = one.clone();
    let end = Time::ZERO + end;
    loop {
        step(&mut script, other, fresh, budget, end, rng);
        // One step, and sometimes a few.
        if chance(rng, 0.6) {
            break;
        }
    }
    if chance(rng, 0.5) {
        scale(&mut script, budget.downtime, end);
    }
    cut(&mut script, budget);
    script.sort();
    script
}

/// One change.
fn step<R: Rng + ?Sized>(
    script: &mut OutageScript,
    other: &OutageScript,
    fresh: &OutageScript,
    budget: &Budget,
    end: Time,
    rng: &mut R,
) {
    let faults = &mut script.faults;
    let any = |of: &OutageScript, rng: &mut R| {
        (!of.faults.is_empty()).then(|| of.faults[below(rng, of.faults.len() as u64) as usize].clone())
    };
    if faults.is_empty() {
        faults.extend(any(fresh, rng));
        return;
    }
    let at = below(rng, faults.len() as u64) as usize;
    let mate = below(rng, faults.len() as u64) as usize;
    match below(rng, 10) {
        // Elsewhere in time, near or far.
        0 | 1 => {
            let by = 10_u64.pow(below(rng, 4) as u32) as f64 * 1e9 * (1.0 + 9.0 * uniform(rng));
            let (by, len) = (by as u64 / GRAIN * GRAIN, length(&faults[at]));
            let from = faults[at].from.as_nanos();
            let from = if chance(rng, 0.5) { from.saturating_add(by) } else { from.saturating_sub(by) };
            place(&mut faults[at], from, len, end);
        }
        // Anywhere in time.
        2 => {
            let len = length(&faults[at]);
            let from = below(rng, (end.as_nanos().saturating_sub(len) / GRAIN).max(1)) * GRAIN;
            place(&mut faults[at], from, len, end);
        }
        // Longer or shorter, from its beginning or to its end.
        3 => {
            let factor = 0.25 + 3.75 * uniform(rng);
            let len = ((length(&faults[at]) as f64 * factor) as u64 / GRAIN * GRAIN).max(SHORTEST);
            let len = len.min(budget.downtime.as_nanos());
            let (from, until) = (faults[at].from.as_nanos(), faults[at].until.as_nanos());
            let from = if chance(rng, 0.5) { from } else { until.saturating_sub(len) };
            place(&mut faults[at], from, len, end);
        }
        // Time goes from one fault to another.
        4 => {
            let gift = (length(&faults[mate]) as f64 * uniform(rng)) as u64 / GRAIN * GRAIN;
            if at != mate && length(&faults[mate]) > gift + SHORTEST {
                let (to, from) = (length(&faults[at]) + gift, length(&faults[mate]) - gift);
                let (to_at, from_at) = (faults[at].from.as_nanos(), faults[mate].from.as_nanos());
                place(&mut faults[at], to_at, to, end);
                place(&mut faults[mate], from_at, from, end);
            }
        }
        // Another fault in its window, or in its place.
        5 => {
            if let Some(new) = any(fresh, rng) {
                let (from, len) = (faults[at].from.as_nanos(), length(&faults[at]));
                faults[at] = new;
                if chance(rng, 0.7) {
                    place(&mut faults[at], from, len, end);
                }
            }
        }
        // One more.
        6 => {
            let new = if chance(rng, 0.5) { any(fresh, rng) } else { any(other, rng) };
            if faults.len() < budget.faults {
                faults.extend(new);
            } else if let Some(new) = new {
                faults[at] = new;
            }
        }
        // One less: what it had goes to the others when the budget is filled.
        7 => {
            if faults.len() > 1 {
                faults.remove(at);
            }
        }
        // With another, or right after it.
        8 => {
            let (from, len) = (faults[mate].from.as_nanos(), length(&faults[mate]));
            if chance(rng, 0.5) {
                place(&mut faults[at], from, len, end);
            } else {
                let own = length(&faults[at]);
                place(&mut faults[at], from + len, own, end);
            }
        }
        // The same as another, at its own time.
        _ => {
            let (target, kind) = (faults[mate].target.clone(), faults[mate].kind);
            faults[at].target = target;
            faults[at].kind = kind;
        }
    }
}

/// Makes all windows longer or shorter by the same factor, so that together they come to `total` at most.
fn scale(script: &mut OutageScript, total: Span, end: Time) {
    let now = u128::from(downtime(script).as_nanos()).max(1);
    for fault in &mut script.faults {
        let len = u128::from(length(fault)) * u128::from(total.as_nanos()) / now;
        // Down to whole milliseconds, so that the sum stays below.
        let len = (u64::try_from(len).unwrap_or(u64::MAX) / GRAIN * GRAIN).max(GRAIN);
        let from = fault.from.as_nanos();
        place(fault, from, len, end);
    }
}

/// Gives a fault a window that begins at `from` if it can, and ends before the end.
fn place(fault: &mut Fault, from: u64, len: u64, end: Time) {
    let len = len.min(end.as_nanos()).max(1);
    let from = from.min(end.as_nanos() - len);
    (fault.from, fault.until) = (Time::from_nanos(from), Time::from_nanos(from + len));
}

fn length(fault: &Fault) -> u64 {
    fault.until.saturating_since(fault.from).as_nanos()
}
