//! The weather that a seed draws: the outage script, and the endpoints' and networks' own luck.
//!
//! All of it is a function of the scenario and the seed alone; no router can change it.

use sandbox_core::{Seed, Span, Stream, Time, chance};
use sandbox_model::{Curve, Fault, OutageScript};
use sandbox_providers::process;
use sandbox_scenario::Resolved;
use sandbox_scenario::file::{Process, SpanDist};

use crate::span_law::SpanLaw;

/// The faults of a scenario: those that are written down, and those that its processes draw from its seed, in order
/// of onset.
#[must_use]
pub fn outage_script(resolved: &Resolved) -> OutageScript {
    let seed = Seed::new(resolved.scenario.seed);
    let end = Time::ZERO + resolved.scenario.duration;
    let mut script = resolved.script.clone();
    for (process, speed) in resolved.scenario.weather.processes.iter().zip(&resolved.process_speed) {
        let windows = windows(process, speed, &seed, end);
        let fault =
            |target: &str, kind, (from, until)| Fault { target: target.to_owned(), kind, from, until };
        script.faults.extend(windows.iter().map(|&window| fault(&process.target, process.kind, window)));
        for (index, also) in process.also.iter().enumerate() {
            let coins = process::also_noise(&seed, &process.name, resolved.scenario.drawn_as(&also.target));
            let before = process.also[..index].iter().filter(|other| other.target == also.target).count();
            let kind = also.kind.unwrap_or(process.kind);
            let hit = (0_u64..)
                .zip(&windows)
                .filter(|&(number, _)| chance(&mut coins.at(number, before as u64), also.chance));
            script.faults.extend(hit.map(|(_, &window)| fault(&also.target, kind, window)));
        }
    }
    // A name that is only a name does not change which of two faults begins first at the same instant.
    let drawn_as = |target: &str| resolved.scenario.drawn_as(target).to_owned();
    script.sort_as(drawn_as);
    script
}

/// When the faults of one process are on, up to `end`, in order. What else they hit is not asked.
#[must_use]
pub fn windows(process: &Process, speed: &Curve, seed: &Seed, end: Time) -> Vec<(Time, Time)> {
    let (gaps, lengths) = process::streams(seed, &process.name);
    process::draw_windows(sampler(&process.between, gaps), sampler(&process.lasting, lengths), speed, end)
}

/// Draws seconds.
fn sampler(law: &SpanDist, mut stream: Stream) -> impl FnMut() -> f64 {
    let law = SpanLaw::new(law);
    move || law.sample(&mut stream)
}

/// Two things a scenario can be run under.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Sky {
    /// As drawn.
    Drawn,
    /// No faults, and competing load at its daily minimum: the control twin's.
    Calm,
}

/// How often the engine steps the competing load.
pub(crate) const CONGESTION_STEP: Span = sandbox_providers::Congestion::STEP;
