//! Brooker's metastable collapse at his own numbers: the shipped scenario, with and without backoff, and the same endpoint with
//! everybody slowed by whoever comes.

use sandbox_scenario::Resolved;

use crate::check::{Check, Finding};
use crate::scenario::{Seconds, parse, run_by_second};
use crate::statistics::Estimate;

const GROUP: &str = "Metastable failures";
const SCENARIO: &str = include_str!("../../../scenarios/metastable-collapse.ron");
const SOURCE: &str = "Brooker, simulator_example, simple_collapse_sim at bbfe3946, mean of 4 runs";

/// Runs of each kind. Whether a run collapses is a matter of chance, also in the reference.
const RUNS: u64 = 200;

/// Seconds of the reference's figures.
pub const WINDOWS: [(usize, usize); 5] = [(10, 20), (20, 25), (25, 30), (30, 40), (60, 80)];

/// Answers a second of the published simulator in [`WINDOWS`], without backoff.
pub const WITHOUT_BACKOFF: [f64; 5] = [39.5, 51.6, 25.4, 0.3, 0.0];

/// The same with exponential backoff and full jitter.
pub const WITH_BACKOFF: [f64; 5] = [40.6, 51.9, 26.2, 52.0, 40.6];

/// Share of the runs without backoff that collapse, by a program of the same law (exponential delays, 400 runs).
const SHARE: f64 = 0.745;

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    vec![
        Check::new("collapse-hasty", GROUP, hasty),
        Check::new("collapse-patient", GROUP, patient),
        Check::new("collapse-shared", GROUP, shared),
    ]
}

fn played(text: &str, router: &str) -> Vec<Seconds> {
    let resolved: Resolved = parse(text).with_entry(router).expect("the scenario has this router");
    (1..=RUNS).map(|seed| run_by_second(&resolved.clone().with_seed(seed), "server").1).collect()
}

/// Answers a second in each of the windows.
fn windows(runs: &[Seconds]) -> [Estimate; 5] {
    WINDOWS.map(|(from, until)| {
        let figures: Vec<f64> = runs.iter().map(|run| Seconds::mean(&run.answered, from, until)).collect();
        Estimate::of_many(&figures)
    })
}

fn told(windows: [Estimate; 5]) -> String {
    windows.map(|window| format!("{:.1}", window.mean)).join(", ")
}

fn halves(windows: [Estimate; 5]) -> String {
    windows.map(|window| format!("{:.1}", window.half)).join(", ")
}

fn listed(figures: [f64; 5]) -> String {
    figures.map(|figure| format!("{figure:.1}")).join(", ")
}

/// The reference is itself a sample, of four runs: its interval is added, as wide as ours would be for four.
fn agree(windows: [Estimate; 5], reference: [f64; 5], runs: usize) -> bool {
    let of_four = (runs as f64 / 4.0).sqrt();
    windows.iter().zip(reference).all(|(window, value)| window.contains(value, of_four * window.half + 0.05))
}

fn collapsed(runs: &[Seconds]) -> Vec<Seconds> {
    runs.iter().filter(|run| Seconds::mean(&run.answered, 40, 80) < 1.0).cloned().collect()
}

/// Runs that answer more than 85 % of the 40/s at the end: four standard deviations of Poisson arrivals below all of them.
fn recovered(runs: &[Seconds]) -> usize {
    runs.iter().filter(|run| Seconds::mean(&run.answered, 60, 80) > 0.85 * 40.0).count()
}

fn hasty() -> Finding {
    let runs = played(SCENARIO, "hasty");
    let collapsed = collapsed(&runs);
    let (found, share) = (windows(&collapsed), Estimate::of_share(collapsed.len() as u64, runs.len() as u64));
    let attempts = collapsed.iter().map(|run| Seconds::mean(&run.delivered, 60, 80)).sum::<f64>()
        / collapsed.len() as f64;
    Finding {
        what: format!(
            "`scenarios/metastable-collapse.ron`, three tries without waits: answers a second in seconds 10–20, 20–25, 25–30, 30–40, 60–80 \
             of the runs that collapse, and their share of {RUNS}"
        ),
        expected: format!("{}; {} % (all of the published 4)", listed(WITHOUT_BACKOFF), 100.0 * SHARE),
        source: format!("{SOURCE}; share: own program of the same law, 400 runs"),
        measured: format!(
            "{}; {:.1} %; {attempts:.0} attempts a second reach the server at the end (3 · 40 = 120)",
            told(found),
            100.0 * share.mean
        ),
        interval: format!(
            "± {} (n = {}), and √(n/4) times that for the reference's 4 runs; ± {:.1} % (Agresti–Coull), and √2 of it for 400 and \
             {RUNS} runs; collapse: less than 1 a second in seconds 40 to 80",
            halves(found),
            collapsed.len(),
            100.0 * share.half
        ),
        holds: agree(found, WITHOUT_BACKOFF, collapsed.len()) && share.contains(SHARE, 0.42 * share.half),
    }
}

fn patient() -> Finding {
    let runs = played(SCENARIO, "patient");
    let (found, good) = (windows(&runs), recovered(&runs));
    Finding {
        what: format!(
            "the same with exponential backoff and full jitter (up to 20 s, then up to 40 s): all of {RUNS} runs"
        ),
        expected: format!("{}: back by second 30, all of them", listed(WITH_BACKOFF)),
        source: SOURCE.to_owned(),
        measured: format!("{}; {good} of {RUNS} recover", told(found)),
        interval: format!(
            "± {} (n = {RUNS}), and √50 times that for the reference's 4 runs; recovery: more than 85 % of the 40/s in seconds 60 to 80",
            halves(found)
        ),
        holds: agree(found, WITH_BACKOFF, runs.len()) && good == runs.len(),
    }
}

/// The same latency by number, but shared: whoever comes slows all that are there.
fn shared() -> Finding {
    let changes = [
        ("prefill_base: \"1010ms\"", "prefill_base: \"0s\""),
        ("load_factor: 101.0, ", ""),
        ("step_base: \"1ms\"", "step_base: \"10ms\", step_per_sequence: \"100us\""),
        ("output: Constant(1)", "output: Constant(101)"),
    ];
    let text = changes.iter().fold(SCENARIO.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the scenario no longer says {from}");
        text.replace(from, to)
    });
    let (hasty, patient) = (played(&text, "hasty"), played(&text, "patient"));
    Finding {
        what: format!(
            "the same where each that comes slows all in progress, as decoding does (100 steps of 10 ms + 0.1 ms a sequence), without waits; \
             {RUNS} seeds"
        ),
        expected: "collapses, and sooner: the spike also lengthens what began before it".to_owned(),
        source: "reasoning; no published figure".to_owned(),
        measured: format!(
            "{}; {} of {RUNS} collapse; with backoff {} of {RUNS} recover",
            told(windows(&hasty)),
            collapsed(&hasty).len(),
            recovered(&patient)
        ),
        interval:
            "collapse: as above; sooner: fewer answers in seconds 20 to 25 than the 51.6 of the reference"
                .to_owned(),
        holds: collapsed(&hasty).len() == hasty.len() && windows(&hasty)[1].mean < WITHOUT_BACKOFF[1],
    }
}
