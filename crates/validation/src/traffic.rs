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
    /// Coefficient of variation of the gaps.
    pub cv: f64,
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
        cv: 13.2,
        by_second: 13.2,
        by_minute: 164.0,
        arrivals: r#"Bursts(rate: "2.57/s", pace: "12.2/s", lasting: "7.6s")"#,
    },
    Trace {
        name: "conversation",
        rate: 5.53,
        cv: 1.09,
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

/// Coefficient of variation of the gaps.
fn gap_cv(arrivals: &[Time]) -> f64 {
    let gaps: Vec<f64> = arrivals.windows(2).map(|pair| pair[1].since(pair[0]).as_secs_f64()).collect();
    let n = gaps.len() as f64;
    let mean = gaps.iter().sum::<f64>() / n;
    (gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / (n - 1.0)).sqrt() / mean
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
    let runs: Vec<([f64; 3], f64)> = (1..=REPLICATIONS)
        .map(|seed| {
            let (_, arrivals) =
                run_watched(&resolved.clone().with_seed(seed), Vec::new(), |arrivals, record| {
                    if record.kind == EventKind::Arrival {
                        arrivals.push(record.at);
                    }
                });
            let cv = gap_cv(&arrivals);
            (dispersion(arrivals.into_iter(), HOURS * 60), cv)
        })
        .collect();
    let of = |figure: usize| Estimate::of_replications(|seed| runs[seed as usize - 1].0[figure]);
    let found = [of(0), of(1), of(2)];
    let mut cvs: Vec<f64> = runs.iter().map(|run| run.1).collect();
    cvs.sort_by(f64::total_cmp);
    let (low, high) = (cvs[0], cvs[cvs.len() - 1]);
    let published = [trace.rate, trace.by_second, trace.by_minute];
    let told = found.map(|estimate| format!("{:.2}", estimate.mean)).join(", ");
    let halves = found.map(|estimate| format!("± {:.2}", estimate.half)).join(", ");
    Finding {
        what: format!(
            "`{}`, fitted to Azure's {} trace: rate, index of dispersion of counts by second and by minute, CV of gaps (not fitted); {REPLICATIONS} seeds of {HOURS} h",
            trace.arrivals, trace.name
        ),
        expected: format!("{}/s, {}, {}; {}", trace.rate, trace.by_second, trace.by_minute, trace.cv),
        source: "own computation on Azure LLM inference traces, Nov 2023 (CC-BY 4.0); a test repeats it where the trace is".to_owned(),
        measured: format!("{told}; median {:.2}", cvs[cvs.len() / 2]),
        interval: format!("{halves} (t, n = {REPLICATIONS}); the fit is rounded: 5 % more is allowed; CV from {low:.2} to {high:.2} over the seeds"),
        holds: found.iter().zip(published).all(|(estimate, value)| estimate.contains(value, 0.05 * value))
            && low < trace.cv
            && trace.cv < high,
    }
}
