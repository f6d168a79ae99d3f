//! Brooker's metastable collapse: the shipped scenario, with and without backoff, and the reference's own numbers.

use sandbox_scenario::Resolved;

use crate::check::{Check, Finding};
use crate::scenario::{Seconds, parse, run_by_second};
use crate::statistics::{Estimate, REPLICATIONS};

const GROUP: &str = "Metastable failures";
const SCENARIO: &str = include_str!("../../../scenarios/metastable-collapse.ron");
const SOURCE: &str = "Brooker, simulator_example, simple_collapse_sim at bbfe3946, mean of 4 runs";

/// Seconds of the reference's table.
const WINDOWS: [(usize, usize); 5] = [(10, 20), (20, 25), (25, 30), (30, 40), (60, 80)];

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    vec![
        Check::new("collapse-reference", GROUP, reference).slow(),
        Check::new("collapse-hasty", GROUP, hasty).slow(),
        Check::new("collapse-patient", GROUP, patient).slow(),
    ]
}

/// The shipped scenario is at ten times the reference's rates.
const SCALE: f64 = 10.0;

fn played(text: &str, router: &str, scale: f64) -> Vec<Seconds> {
    let resolved: Resolved = parse(text);
    let one = |seed| {
        let resolved =
            resolved.clone().with_seed(seed).with_entry(router).expect("the scenario has this router");
        let mut seconds = run_by_second(&resolved, "server").1;
        seconds.answered.iter_mut().chain(&mut seconds.delivered).for_each(|count| *count /= scale);
        seconds
    };
    (1..=REPLICATIONS).map(one).collect()
}

fn windows(runs: &[Seconds]) -> String {
    let mean = |(from, until)| {
        runs.iter().map(|run| Seconds::mean(&run.answered, from, until)).sum::<f64>() / runs.len() as f64
    };
    WINDOWS.map(|window| format!("{:.1}", mean(window))).join(", ")
}

fn collapsed(runs: &[Seconds]) -> usize {
    runs.iter().filter(|run| Seconds::mean(&run.answered, 40, 80) < 1.0).count()
}

/// Seeds that answer more than nine tenths of the 40/s at the end, and the latest second from which on they do: five-second
/// means above 70 % of that, four standard deviations of Poisson arrivals at the reference's rate below it.
fn recovered(runs: &[Seconds]) -> (usize, usize) {
    let well = |run: &Seconds, second| Seconds::mean(&run.answered, second, second + 5) > 0.7 * 0.9 * 40.0;
    let from = |run: &Seconds| (25..=75).rev().take_while(|&second| well(run, second)).last();
    let good = |run: &&Seconds| Seconds::mean(&run.answered, 60, 80) > 0.9 * 40.0;
    let from: Vec<usize> = runs.iter().filter(good).filter_map(from).collect();
    (from.len(), from.iter().copied().max().unwrap_or(0))
}

/// The reference's own rates, slope and spike.
fn reference() -> Finding {
    let changes = [
        ("step_per_sequence: \"10us\"", "step_per_sequence: \"100us\""),
        ("rate: \"400/s\"", "rate: \"40/s\""),
        ("rate: \"800/s\"", "rate: \"80/s\""),
        ("from: \"23.5s\"", "from: \"25s\""),
    ];
    let text = changes.iter().fold(SCENARIO.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the scenario no longer says {from}");
        text.replace(from, to)
    });
    let (hasty, patient) = (played(&text, "hasty", 1.0), played(&text, "patient", 1.0));
    let before = Estimate::of_replications(|seed| Seconds::mean(&hasty[seed as usize - 1].answered, 10, 20));
    Finding {
        what: format!(
            "`scenarios/metastable-collapse.ron` with the reference's own numbers (40/s, 80/s in seconds 20 to 25, 1 s + 10 ms a request), three tries without \
             waits: answers a second in seconds 10–20, 20–25, 25–30, 30–40, 60–80; {REPLICATIONS} seeds"
        ),
        expected: "39.5, 51.6, 25.4, 0.3, 0.0: collapses for good".to_owned(),
        source: SOURCE.to_owned(),
        measured: format!(
            "{}; {} of {REPLICATIONS} collapse. Not reproduced at these numbers: with backoff the reference recovers and only {} of \
             {REPLICATIONS} do here, where each further request slows all in progress and the same spike goes deeper",
            windows(&hasty),
            collapsed(&hasty),
            recovered(&patient).0
        ),
        interval: format!(
            "seconds 10–20 ± {:.2} (t, n = {REPLICATIONS}); collapse: less than 1 answer a second in seconds 40 to 80, in every seed",
            before.half
        ),
        holds: before.contains(39.5, 0.0) && collapsed(&hasty) == hasty.len(),
    }
}

fn hasty() -> Finding {
    let runs = played(SCENARIO, "hasty", SCALE);
    let offered =
        runs.iter().map(|run| Seconds::mean(&run.delivered, 60, 80)).sum::<f64>() / runs.len() as f64;
    Finding {
        what: format!(
            "`scenarios/metastable-collapse.ron` as shipped (spike of 3.5 s; ten times the rates and a tenth of the slope, divided by ten again here), without \
             waits: the same windows; {REPLICATIONS} seeds"
        ),
        expected: "collapses for good".to_owned(),
        source: SOURCE.to_owned(),
        measured: format!(
            "{}; {} of {REPLICATIONS} collapse; {offered:.0} attempts/s reach the server at the end (3 · 40 = 120)",
            windows(&runs),
            collapsed(&runs)
        ),
        interval: "collapse: less than 1 answer a second in seconds 40 to 80, in every seed".to_owned(),
        holds: collapsed(&runs) == runs.len(),
    }
}

fn patient() -> Finding {
    let runs = played(SCENARIO, "patient", SCALE);
    let (good, latest) = recovered(&runs);
    Finding {
        what: format!(
            "the same with exponential backoff and full jitter (10 s, doubling); {REPLICATIONS} seeds"
        ),
        expected: "40.6, 51.9, 26.2, 52.0, 40.6 with the reference's spike of 5 s: back by second 30".to_owned(),
        source: SOURCE.to_owned(),
        measured: format!(
            "{}; {good} of {REPLICATIONS} recover, the last at second {latest}",
            windows(&runs)
        ),
        interval: "recovery: in every seed more than 90 % of the 40/s offered are answered in seconds 60 to 80, and from second 30 at the latest no five seconds \
                   fall below 70 % of that"
            .to_owned(),
        holds: good == runs.len() && latest <= 30,
    }
}
