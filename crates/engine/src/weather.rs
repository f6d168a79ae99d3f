//! The weather that a seed draws: the outage script, and the endpoints' and networks' own luck.
//!
//! All of it is a function of the scenario and the seed alone; no router can change it.

use sandbox_core::{Seed, Span, Stream, Time};
use sandbox_model::{Fault, OutageScript};
use sandbox_providers::process;
use sandbox_scenario::Resolved;
use sandbox_scenario::file::SpanDist;

use crate::span_law::SpanLaw;

/// The faults of a scenario: those that are written down, and those that its processes draw from its seed, in order
/// of onset.
#[must_use]
pub fn outage_script(resolved: &Resolved) -> OutageScript {
    let seed = Seed::new(resolved.scenario.seed);
    let end = Time::ZERO + resolved.scenario.duration;
    let mut script = resolved.script.clone();
    for (process, speed) in resolved.scenario.weather.processes.iter().zip(&resolved.process_speed) {
        let (gaps, lengths) = process::streams(&seed, &process.name);
        let windows = process::draw_windows(
            sampler(&process.between, gaps),
            sampler(&process.lasting, lengths),
            speed,
            end,
        );
        script.faults.extend(windows.into_iter().map(|(from, until)| Fault {
            target: process.target.clone(),
            kind: process.kind,
            from,
            until,
        }));
    }
    script.sort();
    script
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
