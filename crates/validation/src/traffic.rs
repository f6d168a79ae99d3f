//! Generated arrivals against measured traffic.

use sandbox_core::Time;
use sandbox_engine::EventKind;

use crate::check::{Check, Finding};
use crate::scenario::{OneServer, run_watched};
use crate::statistics::{Estimate, REPLICATIONS};

const GROUP: &str = "Traffic";
const HOURS: u64 = 2;

/// A published trace and the generator fitted to it.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Trace {
    /// Short name.
    pub name: &'static str,
    /// Requests a second.
    pub rate: f64,
    /// Index of dispersion (variance over mean) of counts by second.
    pub by_second: f64,
    /// The same of counts by minute.
    pub by_minute: f64,
    /// The generator.
    pub arrivals: &'static str,
}

/// Azure's LLM inference traces of November 2023.
pub const AZURE: [Trace; 2] = [
    Trace {
        name: "code",
        rate: 2.57,
        by_second: 13.2,
        by_minute: 164.0,
        arrivals: r#"Bursts(rate: "2.57/s", pace: "12.2/s", lasting: "7.6s")"#,
    },
    Trace {
        name: "conversation",
        rate: 5.53,
        by_second: 1.39,
        by_minute: 16.1,
        arrivals: r#"Bursts(rate: "5.53/s", pace: "0.39/s", lasting: "40s")"#,
    },
];

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    AZURE.map(|trace| Check::new(format!("azure-{}", trace.name), GROUP, move || bursts(trace)).slow()).into()
}

/// Rate, and indices of dispersion of the counts in windows of a second and of a minute, over so many whole minutes.
#[must_use]
pub fn dispersion(arrivals: impl Iterator<Item = Time>, minutes: u64) -> [f64; 3] {
    let (mut seconds, mut whole) = (vec![0.0; minutes as usize * 60], vec![0.0; minutes as usize]);
    for at in arrivals {
        let second = (at.as_nanos() / 1_000_000_000) as usize;
        if let Some(count) = seconds.get_mut(second) {
            *count += 1.0;
            whole[second / 60] += 1.0;
        }
    }
    let index = |counts: &[f64]| {
        let n = counts.len() as f64;
        let mean = counts.iter().sum::<f64>() / n;
        counts.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0) / mean
    };
    [seconds.iter().sum::<f64>() / seconds.len() as f64, index(&seconds), index(&whole)]
}

fn bursts(trace: Trace) -> Finding {
    let resolved = OneServer {
        duration: &format!("{HOURS}h"),
        serving: r#"prefill_base: "0s", prefill_per_token: "0s", step_base: "1ms", sequences: 100000"#,
        fallback: "retries: 0",
        arrivals: trace.arrivals,
        output: "Constant(1)",
        script: "",
        clients: 1,
    }
    .resolve();
    let runs: Vec<[f64; 3]> = (1..=REPLICATIONS)
        .map(|seed| {
            let (_, arrivals) =
                run_watched(&resolved.clone().with_seed(seed), Vec::new(), |arrivals, record| {
                    if record.kind == EventKind::Arrival {
                        arrivals.push(record.at);
                    }
                });
            dispersion(arrivals.into_iter(), HOURS * 60)
        })
        .collect();
    let of = |figure: usize| Estimate::of_replications(|seed| runs[seed as usize - 1][figure]);
    let found = [of(0), of(1), of(2)];
    let published = [trace.rate, trace.by_second, trace.by_minute];
    let told = found.map(|estimate| format!("{:.2}", estimate.mean)).join(", ");
    let halves = found.map(|estimate| format!("± {:.2}", estimate.half)).join(", ");
    Finding {
        what: format!(
            "`{}`, fitted to Azure's {} trace: rate, index of dispersion of counts by second and by minute; {REPLICATIONS} seeds of {HOURS} h",
            trace.arrivals, trace.name
        ),
        expected: format!("{}/s, {}, {}", trace.rate, trace.by_second, trace.by_minute),
        source: "own computation on Azure LLM inference traces, Nov 2023 (CC-BY 4.0); a test repeats it where the trace is".to_owned(),
        measured: told,
        interval: format!("{halves} (t, n = {REPLICATIONS}); the fit is rounded: 5 % more is allowed"),
        holds: found.iter().zip(published).all(|(estimate, value)| estimate.contains(value, 0.05 * value)),
    }
}
