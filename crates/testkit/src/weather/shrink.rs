//! Simpler scripts than a given one, and a [tree](ScriptTree) that goes down them.
//!
//! What is simpler is told by a [`Measure`]. The candidates come in this order:
//!
//! 1. fewer faults: without a half, a quarter and so on, then without one; or two at one target as one
//! 2. one target instead of several: an endpoint instead of its provider, one direction of a link
//! 3. a simpler kind, and its own status and waits
//! 4. shorter, by whole seconds: by as much as can be first
//! 5. later, by whole minutes: by as much as can be first
//! 6. milder: the mildest first
//! 7. rounder: whole minutes, 10 s, 5 s, 1 s, 100 ms, 1 ms
//!
//! Whoever takes the first that still fails, and goes on from there until none does, arrives at a script of which every
//! part is needed. That takes at most some hundred steps down and some ten thousand tries from 8 faults over a day, whatever
//! fails (a test tosses coins), and far fewer where faults can be left out.

use proptest::strategy::ValueTree;
use sandbox_core::{Span, Time};
use sandbox_model::{Fault, OutageScript};

pub use super::measure::Measure;
use super::measure::{ROUND, SECOND, seconds};
use super::{Weather, downtime, milder};

/// Scripts that are simpler than `script` and valid, in the order in which they should be tried. They are within the budget
/// of the weather, or go no further beyond it than `script` does.
#[must_use]
pub fn candidates(script: &OutageScript, weather: &Weather) -> Candidates {
    let mut script = script.clone();
    script.sort();
    let ends = script.faults.iter().map(|fault| fault.until);
    let starts = script.faults.iter().map(|fault| fault.from);
    Candidates {
        measure: Measure::of(&script, weather),
        open: starts.min().unwrap_or(Time::ZERO).min(weather.reach.open),
        close: ends.max().unwrap_or(Time::ZERO).max(weather.reach.close),
        downtime_max: downtime(&script.faults).max(weather.downtime_max),
        weather: weather.clone(),
        script,
        stage: 0,
        ready: Vec::new().into_iter(),
    }
}

/// Simpler scripts: see [`candidates`].
#[derive(Clone, Debug)]
pub struct Candidates {
    script: OutageScript,
    weather: Weather,
    measure: Measure,
    open: Time,
    close: Time,
    downtime_max: Span,
    /// The next of [`STAGES`].
    stage: usize,
    ready: std::vec::IntoIter<Vec<Fault>>,
}

type Stage = fn(&Candidates) -> Vec<Vec<Fault>>;

const STAGES: [Stage; 7] = [
    Candidates::fewer,
    Candidates::narrower,
    Candidates::simpler,
    Candidates::shorter,
    Candidates::later,
    Candidates::milder,
    Candidates::rounder,
];

impl Iterator for Candidates {
    type Item = OutageScript;

    fn next(&mut self) -> Option<OutageScript> {
        loop {
            for faults in self.ready.by_ref() {
                let mut script = OutageScript { faults };
                let valid = !script.faults.is_empty()
                    && downtime(&script.faults) <= self.downtime_max
                    && script.faults.iter().all(|fault| {
                        self.open <= fault.from && fault.from < fault.until && fault.until <= self.close
                    });
                if valid && Measure::of(&script, &self.weather) < self.measure {
                    script.sort();
                    return Some(script);
                }
            }
            let stage = STAGES.get(self.stage)?;
            self.stage += 1;
            self.ready = stage(self).into_iter();
        }
    }
}

impl Candidates {
    fn fewer(&self) -> Vec<Vec<Fault>> {
        let faults = &self.script.faults;
        let mut all = Vec::new();
        let mut chunk = faults.len() / 2;
        while chunk > 0 {
            for first in (0..faults.len()).step_by(chunk) {
                let last = (first + chunk).min(faults.len());
                all.push([&faults[..first], &faults[last..]].concat());
            }
            chunk /= 2;
        }
        for (index, one) in faults.iter().enumerate() {
            let mut later = faults.iter().enumerate().skip(index + 1);
            if let Some((other, two)) = later.find(|(_, two)| one.target == two.target) {
                // What lies between them fails too, or one is longer by the other.
                let longer = one.until.saturating_add(two.until.since(two.from));
                for (kind, until) in [one.kind, two.kind]
                    .into_iter()
                    .flat_map(|kind| [one.until.max(two.until), longer].map(|until| (kind, until)))
                {
                    let mut merged = faults.clone();
                    merged[index] = Fault { kind, until, ..one.clone() };
                    merged.remove(other);
                    all.push(merged);
                }
            }
        }
        all
    }

    fn narrower(&self) -> Vec<Vec<Fault>> {
        let places = &self.weather.reach.places;
        self.each(|fault| {
            let inside = self.weather.place(&fault.target).map_or(&[][..], |place| &place.inside);
            let inside = inside.iter().map(|&index| &places[index]);
            let takes = inside.filter(|place| place.takes(fault.kind.scope()));
            takes.map(|place| Fault { target: place.name.clone(), ..fault.clone() }).collect()
        })
    }

    fn simpler(&self) -> Vec<Vec<Fault>> {
        self.each(|fault| {
            let kinds = milder::simpler(&fault.kind).into_iter().chain(milder::plainer(&fault.kind));
            self.with_kinds(fault, kinds)
        })
    }

    fn milder(&self) -> Vec<Vec<Fault>> {
        self.each(|fault| self.with_kinds(fault, milder::milder(&fault.kind).into_iter()))
    }

    fn with_kinds(&self, fault: &Fault, kinds: impl Iterator<Item = sandbox_model::FaultKind>) -> Vec<Fault> {
        kinds
            .map(|kind| Fault { kind, ..fault.clone() })
            .filter(|simpler| simpler.kind != fault.kind && self.weather.suffers(simpler))
            .collect()
    }

    fn shorter(&self) -> Vec<Vec<Fault>> {
        let faults = &self.script.faults;
        let mut all = Vec::new();
        for (index, fault) in faults.iter().enumerate() {
            let longest = seconds(fault);
            for cut in halves(longest.saturating_sub(1)) {
                let length = Span::from_secs(longest - cut);
                let shorter = fault.until.since(fault.from).saturating_sub(length);
                // From its end, from its start, and from its end with all that follows drawn after it.
                let mut ends = faults.clone();
                ends[index].until = fault.until - shorter;
                let mut starts = faults.clone();
                starts[index].from = fault.from + shorter;
                let mut drawn = ends.clone();
                for other in drawn.iter_mut().filter(|other| other.from >= fault.until) {
                    other.from = other.from - shorter;
                    other.until = other.until - shorter;
                }
                all.extend([starts, ends, drawn]);
            }
        }
        all
    }

    fn later(&self) -> Vec<Vec<Fault>> {
        let faults = &self.script.faults;
        let room = |fault: &Fault| self.close.saturating_since(fault.until).as_nanos() / (60 * SECOND);
        let mut all = Vec::new();
        // All, all but the first, and so on; then each alone.
        let rests = (0..faults.len()).map(|first| first..faults.len());
        let alone = (0..faults.len().saturating_sub(1)).map(|one| one..one + 1);
        for moved in rests.chain(alone) {
            for minutes in halves(faults[moved.clone()].iter().map(room).min().unwrap_or(0)) {
                let mut faults = faults.clone();
                for fault in &mut faults[moved.clone()] {
                    fault.from += Span::from_mins(minutes);
                    fault.until += Span::from_mins(minutes);
                }
                all.push(faults);
            }
        }
        all
    }

    fn rounder(&self) -> Vec<Vec<Fault>> {
        let faults = &self.script.faults;
        let Some(start) = faults.first().map(|fault| fault.from) else { return Vec::new() };
        let mut all = Vec::new();
        let mut times: Vec<Time> = faults.iter().flat_map(|fault| [fault.from, fault.until]).collect();
        times.sort_unstable();
        times.dedup();
        for unit in ROUND {
            // The script as a whole.
            for to in round(start, unit) {
                all.push(faults.iter().map(|fault| shifted(fault, start, to)).collect());
            }
            // All that happens at one time.
            for &time in &times {
                for to in round(time, unit) {
                    let moved = |at: Time| if at == time { to } else { at };
                    let fault = |f: &Fault| Fault { from: moved(f.from), until: moved(f.until), ..f.clone() };
                    all.push(faults.iter().map(fault).collect());
                }
            }
            all.extend(self.each(|fault| {
                let as_it_is = round(fault.from, unit).map(|to| shifted(fault, fault.from, to));
                let from = round(fault.from, unit).map(|from| Fault { from, ..fault.clone() });
                let until = round(fault.until, unit).map(|until| Fault { until, ..fault.clone() });
                let both = round(fault.from, unit).into_iter().flat_map(|from| {
                    round(fault.until, unit).map(|until| Fault { from, until, ..fault.clone() })
                });
                as_it_is.into_iter().chain(both).chain(from).chain(until).collect()
            }));
        }
        all
    }

    /// The script with each of its faults replaced by each of those that `by` gives for it.
    fn each(&self, by: impl Fn(&Fault) -> Vec<Fault>) -> Vec<Vec<Fault>> {
        let faults = &self.script.faults;
        let replaced = |(index, fault)| {
            let with = move |fault| {
                let mut faults = faults.clone();
                faults[index] = fault;
                faults
            };
            by(fault).into_iter().map(with)
        };
        faults.iter().enumerate().flat_map(replaced).collect()
    }
}

/// `most`, half of it and so on, down to 1.
fn halves(most: u64) -> impl Iterator<Item = u64> {
    std::iter::successors((most > 0).then_some(most), |more| (*more > 1).then_some(more / 2))
}

/// The round times on both sides.
fn round(time: Time, unit: Span) -> [Time; 2] {
    let below = time.as_nanos() / unit.as_nanos() * unit.as_nanos();
    [Time::from_nanos(below), Time::from_nanos(below).saturating_add(unit)]
}

fn shifted(fault: &Fault, at: Time, to: Time) -> Fault {
    let (later, sooner) = (to.saturating_since(at), at.saturating_since(to));
    let shift = |time: Time| {
        Time::from_nanos(time.saturating_add(later).as_nanos().saturating_sub(sooner.as_nanos()))
    };
    Fault { from: shift(fault.from), until: shift(fault.until), ..fault.clone() }
}

/// A script that can be shrunk: the [candidates] of the last one that failed, one after the other.
#[derive(Clone, Debug)]
pub struct ScriptTree {
    weather: Weather,
    /// The last one that is known to fail, or the first.
    fails: OutageScript,
    /// One that is simpler, and that may fail or not.
    tried: Option<OutageScript>,
    rest: Candidates,
}

impl ScriptTree {
    /// A script to be shrunk within a weather.
    #[must_use]
    pub fn new(weather: Weather, script: OutageScript) -> Self {
        let rest = candidates(&script, &weather);
        Self { weather, fails: script, tried: None, rest }
    }

    fn next(&mut self) -> bool {
        self.tried = self.rest.next();
        self.tried.is_some()
    }
}

impl ValueTree for ScriptTree {
    type Value = OutageScript;

    fn current(&self) -> OutageScript {
        self.tried.as_ref().unwrap_or(&self.fails).clone()
    }

    fn simplify(&mut self) -> bool {
        if let Some(fails) = self.tried.take() {
            self.rest = candidates(&fails, &self.weather);
            self.fails = fails;
        }
        self.next()
    }

    /// Goes back to what failed, and to the next candidate of that.
    fn complicate(&mut self) -> bool {
        self.tried.is_some() && self.next()
    }
}
