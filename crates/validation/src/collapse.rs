//! Brooker's metastable collapse at his own numbers: the shipped scenario, with and without backoff, against the same law written once
//! more without the engine ([`mod@reference`]); and the same endpoint with everybody slowed by whoever comes.

use sandbox_scenario::Resolved;

use crate::check::{Check, Finding};
use crate::reference::{self, Delays, Wait};
use crate::scenario::{Seconds, parse, run_by_second};
use crate::statistics::{Estimate, Sample, shares_differ};

const GROUP: &str = "Metastable failures";
const SCENARIO: &str = include_str!("../../../scenarios/metastable-collapse.ron");
const SOURCE: &str = "the law: Brooker, simulator_example, simple_collapse_sim at bbfe3946, written once more in `crates/validation/src/reference.rs` with \
                      the scenario's network; his figures: mean of 4 runs, with exponential delays of 0.1 s each way";

/// Runs of each program. Whether one collapses is a matter of chance, also in the original.
const RUNS: u64 = 600;

/// Seconds of the published figures.
pub const WINDOWS: [(usize, usize); 5] = [(10, 20), (20, 25), (25, 30), (30, 40), (60, 80)];

/// Answers a second of the published simulator in [`WINDOWS`], without backoff.
pub const WITHOUT_BACKOFF: [f64; 5] = [39.5, 51.6, 25.4, 0.3, 0.0];

/// The same with exponential backoff and full jitter.
pub const WITH_BACKOFF: [f64; 5] = [40.6, 51.9, 26.2, 52.0, 40.6];

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    vec![
        Check::new("collapse-hasty", GROUP, hasty),
        Check::new("collapse-patient", GROUP, patient),
        Check::new("collapse-shared", GROUP, shared),
    ]
}

/// Runs of the engine, seeds 1, 2, 3 …
fn played(text: &str, router: &str, runs: u64) -> Vec<Seconds> {
    let resolved: Resolved = parse(text).with_entry(router).expect("the scenario has this router");
    (1..=runs).map(|seed| run_by_second(&resolved.clone().with_seed(seed), "server").1).collect()
}

/// Runs without the engine.
fn written(wait: Wait, delays: Delays, runs: u64) -> Vec<Seconds> {
    (1..=runs).map(|seed| reference::run(seed, wait, delays)).collect()
}

/// Answers a second in one window, of each run.
fn window(runs: &[Seconds], (from, until): (usize, usize)) -> Sample {
    let figures: Vec<f64> = runs.iter().map(|run| Seconds::mean(&run.answered, from, until)).collect();
    Sample::of(&figures)
}

fn windows(runs: &[Seconds]) -> [Sample; 5] {
    WINDOWS.map(|of| window(runs, of))
}

/// What the first answers more than the second, in each of the windows.
fn differences(first: &[Seconds], second: &[Seconds]) -> [Estimate; 5] {
    WINDOWS.map(|of| window(first, of).less(&window(second, of)))
}

fn all_agree(differences: [Estimate; 5]) -> bool {
    differences.iter().all(|difference| difference.contains(0.0, 0.0))
}

fn told(runs: &[Seconds]) -> String {
    listed(windows(runs).map(|window| window.mean))
}

fn listed(figures: [f64; 5]) -> String {
    figures.map(|figure| format!("{figure:.1}")).join(", ")
}

fn intervals(differences: [Estimate; 5]) -> String {
    differences.map(|difference| format!("{:+.2} ± {:.2}", difference.mean, difference.half)).join(", ")
}

fn collapsed(runs: &[Seconds]) -> Vec<Seconds> {
    runs.iter().filter(|run| Seconds::mean(&run.answered, 60, 80) < 1.0).cloned().collect()
}

/// Runs that answer more than 85 % of the 40/s at the end. The count of those 20 s has a standard deviation of 3.5 % of it
/// (Poisson, 800 expected): four below all of them.
fn recovered(runs: &[Seconds]) -> usize {
    runs.iter().filter(|run| Seconds::mean(&run.answered, 60, 80) > 0.85 * 40.0).count()
}

fn percent(part: &[Seconds], whole: &[Seconds]) -> f64 {
    100.0 * part.len() as f64 / whole.len() as f64
}

fn hasty() -> Finding {
    let runs = [
        played(SCENARIO, "hasty", RUNS),
        written(Wait::No, Delays::Lognormal, RUNS),
        written(Wait::No, Delays::Exponential, RUNS),
    ];
    let ends = runs.each_ref().map(|runs| collapsed(runs));
    let [engine, law, original] = [0, 1, 2].map(|i| (told(&ends[i]), percent(&ends[i], &runs[i])));
    let share = shares_differ((ends[0].len(), runs[0].len()), (ends[1].len(), runs[1].len()));
    let (all, collapsing) = (differences(&runs[0], &runs[1]), differences(&ends[0], &ends[1]));
    let at_the_end = |runs: &[Seconds]| {
        let figures: Vec<f64> = runs.iter().map(|run| Seconds::mean(&run.delivered, 60, 80)).collect();
        Sample::of(&figures)
    };
    let attempts = ends.each_ref().map(|runs| at_the_end(runs));
    let attempts_differ = attempts[0].less(&attempts[1]);
    Finding {
        what: format!(
            "`scenarios/metastable-collapse.ron`, three tries without waits, against the same law without the engine, {RUNS} seeds each: \
             answers a second in seconds 10–20, 20–25, 25–30, 30–40, 60–80 of the runs that collapse, their share, and attempts a second \
             that reach the server at their end"
        ),
        expected: format!(
            "{}; {:.1} %; {:.1}. Published: {} (4 runs, all collapse); the same law with the delays of those: {}; {:.1} %",
            law.0,
            law.1,
            attempts[1].mean,
            listed(WITHOUT_BACKOFF),
            original.0,
            original.1
        ),
        source: SOURCE.to_owned(),
        measured: format!("{}; {:.1} %; {:.1}", engine.0, engine.1, attempts[0].mean),
        interval: format!(
            "engine less law (Welch's t, each window): {}; share {:+.1} ± {:.1} % (two-proportion z); attempts {:+.2} ± {:.2}; answers of all \
             runs {}; and most runs collapse, as published: less than 1 a second in seconds 60 to 80",
            intervals(collapsing),
            100.0 * share.mean,
            100.0 * share.half,
            attempts_differ.mean,
            attempts_differ.half,
            intervals(all)
        ),
        holds: all_agree(collapsing)
            && all_agree(all)
            && share.contains(0.0, 0.0)
            && attempts_differ.contains(0.0, 0.0)
            && 2 * ends[0].len() > runs[0].len(),
    }
}

fn patient() -> Finding {
    let runs = [
        played(SCENARIO, "patient", RUNS),
        written(Wait::Backoff, Delays::Lognormal, RUNS),
        written(Wait::Backoff, Delays::Exponential, RUNS),
    ];
    let [engine, law, original] = runs.each_ref().map(|runs| (told(runs), recovered(runs)));
    let differences = differences(&runs[0], &runs[1]);
    Finding {
        what: format!(
            "the same with exponential backoff and full jitter (up to 20 s, then up to 40 s): all of {RUNS} runs each"
        ),
        expected: format!(
            "{}; {} of {RUNS} recover. Published: {} (4 runs, all recover); the same law with the delays of those: {}; {} of {RUNS}",
            law.0,
            law.1,
            listed(WITH_BACKOFF),
            original.0,
            original.1
        ),
        source: SOURCE.to_owned(),
        measured: format!("{}; {} of {RUNS} recover", engine.0, engine.1),
        interval: format!(
            "engine less law (Welch's t, each window): {}; and every run recovers, as published: more than 85 % of the 40/s in seconds 60 \
             to 80 (a count of 800 expected, sd 3.5 %)",
            intervals(differences)
        ),
        holds: all_agree(differences) && engine.1 == runs[0].len(),
    }
}

/// Seeds where nothing is compared closely.
const SHARED_RUNS: u64 = 200;

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
    let [hasty, patient] = ["hasty", "patient"].map(|router| played(&text, router, SHARED_RUNS));
    let alone = written(Wait::No, Delays::Lognormal, SHARED_RUNS);
    let sooner = window(&hasty, WINDOWS[1]).less(&window(&alone, WINDOWS[1]));
    Finding {
        what: format!(
            "the same where each that comes slows all in progress, as decoding does (100 steps of 10 ms + 0.1 ms a sequence), without waits; \
             {SHARED_RUNS} seeds"
        ),
        expected: "collapses, and sooner: the spike also lengthens what began before it".to_owned(),
        source: "reasoning; no published figure".to_owned(),
        measured: format!(
            "{}; {} of {SHARED_RUNS} collapse; with backoff {} of {SHARED_RUNS} recover",
            told(&hasty),
            collapsed(&hasty).len(),
            recovered(&patient)
        ),
        interval: format!(
            "collapse: as above, all of them; sooner: fewer answers in seconds 20 to 25 than the law of `collapse-hasty` gives, by more than \
             the interval: {:+.2} ± {:.2} (Welch's t)",
            sooner.mean, sooner.half
        ),
        holds: collapsed(&hasty).len() == hasty.len() && sooner.mean < -sooner.half,
    }
}
