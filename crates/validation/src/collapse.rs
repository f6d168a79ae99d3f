//! Brooker's metastable collapse: the shipped scenario, with and without backoff.

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
        Check::new("collapse-before", GROUP, before),
        Check::new("collapse-hasty", GROUP, hasty).slow(),
        Check::new("collapse-patient", GROUP, patient).slow(),
    ]
}

fn resolved(router: &str, seed: u64) -> Resolved {
    parse(SCENARIO).with_seed(seed).with_entry(router).expect("the scenario has this router")
}

fn played(router: &str) -> Vec<Seconds> {
    (1..=REPLICATIONS).map(|seed| run_by_second(&resolved(router, seed), "server").1).collect()
}

fn windows(runs: &[Seconds]) -> String {
    let mean = |(from, until)| {
        runs.iter().map(|run| Seconds::mean(&run.answered, from, until)).sum::<f64>() / runs.len() as f64
    };
    WINDOWS.map(|window| format!("{:.1}", mean(window))).join(", ")
}

/// Before the spike the two are the same, and serve what is offered.
fn before() -> Finding {
    let runs = played("hasty");
    let found = Estimate::of_replications(|seed| Seconds::mean(&runs[seed as usize - 1].answered, 10, 20));
    Finding {
        what: format!(
            "`scenarios/metastable-collapse.ron`, seconds 10 to 20, before the spike: answers a second; {REPLICATIONS} seeds"
        ),
        expected: "40 offered, 39.5 in the reference".to_owned(),
        source: SOURCE.to_owned(),
        measured: format!("{:.2}", found.mean),
        interval: format!("± {:.2} (t, n = {REPLICATIONS})", found.half),
        holds: found.contains(39.5, 0.0) && found.contains(40.0, 0.0),
    }
}

fn hasty() -> Finding {
    let runs = played("hasty");
    let collapsed = runs.iter().filter(|run| Seconds::mean(&run.answered, 40, 80) < 1.0).count();
    let offered =
        runs.iter().map(|run| Seconds::mean(&run.delivered, 60, 80)).sum::<f64>() / runs.len() as f64;
    Finding {
        what: format!(
            "80/s for seconds 20 to 25, three tries without waits: answers a second in seconds 10–20, 20–25, 25–30, 30–40, 60–80; {REPLICATIONS} seeds"
        ),
        expected: "39.5, 51.6, 25.4, 0.3, 0.0: collapses for good".to_owned(),
        source: SOURCE.to_owned(),
        measured: format!(
            "{}; {collapsed} of {} collapse; {offered:.0} attempts/s reach the server at the end (3 · 40 = 120)",
            windows(&runs),
            runs.len()
        ),
        interval: "collapse: less than 1 answer a second from second 40 on, in every seed".to_owned(),
        holds: collapsed == runs.len(),
    }
}

/// The first second from which on nine tenths of what is offered are answered, in means of five seconds.
fn recovered_at(run: &Seconds) -> Option<usize> {
    let well = |second: usize| Seconds::mean(&run.answered, second, second + 5) > 0.9 * 40.0 * 0.7;
    (25..=75).rev().take_while(|&second| well(second)).last()
}

fn patient() -> Finding {
    let runs = played("patient");
    let share = |run: &Seconds| Seconds::mean(&run.answered, 60, 80) / 40.0;
    let recovered: Vec<usize> = runs.iter().filter_map(recovered_at).collect();
    let good = runs.iter().filter(|run| share(run) > 0.9).count();
    let latest = recovered.iter().copied().max().unwrap_or(0);
    Finding {
        what: format!(
            "the same with exponential backoff and full jitter (10 s, doubling); {REPLICATIONS} seeds"
        ),
        expected: "39.9, 52.7, 26.2, 52.0, 40.6: back by second 30".to_owned(),
        source: SOURCE.to_owned(),
        measured: format!("{}; {good} of {} recover, the last at second {latest}", windows(&runs), runs.len()),
        interval: "recovery: in every seed more than 90 % of the 40/s offered are answered in seconds 60 to 80, and from second 40 at the latest \
                   every five seconds have at least 70 % of that (four standard deviations of Poisson arrivals below it)"
            .to_owned(),
        holds: good == runs.len() && recovered.len() == runs.len() && latest <= 40,
    }
}
