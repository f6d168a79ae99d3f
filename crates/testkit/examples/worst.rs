//! Guided search for the worst against random search, at equal runs: what `docs/worst-case.md` reports.
//!
//! `cargo run --release -p sandbox-testkit --example worst -- SCENARIO METRIC FAULTS DOWNTIME RUNS SEEDS [KEY=VALUE]…`
//!
//! `without=KIND` among the last leaves out a kind of fault. Random search is made twice: with scripts as the weather
//! draws them, many of which have few faults, and with scripts that have as many as the budget allows.
#![expect(clippy::print_stdout, reason = "it reports")]

use std::path::Path;

use sandbox_core::Span;
use sandbox_scenario::{Metric, Resolved};
use sandbox_testkit::properties::Subject;
use sandbox_testkit::search::{Best, MemoryJournal, Method, Worst, WorstFound, worst_unshrunk};
use sandbox_testkit::weather::Weather;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [scenario, metric, faults, downtime, runs, seeds, rest @ ..] = &args[..] else {
        return Err("give SCENARIO METRIC FAULTS DOWNTIME RUNS SEEDS [KEY=VALUE]…".into());
    };
    let (without, sets): (Vec<&String>, Vec<&String>) =
        rest.iter().partition(|set| set.starts_with("without="));
    let sets: Vec<String> = sets.into_iter().cloned().collect();
    let resolved = Resolved::load(Path::new(scenario), &sets)?;
    let names: Vec<&str> = resolved.scenario.workloads.iter().map(|w| w.name.as_str()).collect();
    let (metric, workload) = Metric::parse(metric, &names)?;
    let mut weather =
        Weather::new(&resolved).with_faults_max(faults.parse()?).with_downtime_max(downtime.parse::<Span>()?);
    let kinds: Vec<&str> =
        weather.kinds().filter(|kind| !without.iter().any(|set| set["without=".len()..] == **kind)).collect();
    weather = weather.only(&kinds)?;
    let full = weather.clone().with_faults_min(weather.faults_max());
    let runs: u64 = runs.parse()?;
    let subject = Subject::new(resolved);
    let methods = [(Method::Guided, &weather), (Method::Random, &weather), (Method::Random, &full)];
    let mut values = [Vec::new(), Vec::new(), Vec::new()];
    for seed in 1..=seeds.parse()? {
        for ((method, weather), values) in methods.iter().zip(&mut values) {
            let search = Worst {
                subject: subject.clone(),
                metric,
                workload: workload.clone(),
                weather: (*weather).clone(),
                runs,
                seed,
                jobs: std::thread::available_parallelism().map_or(1, usize::from),
                method: *method,
            };
            let found = worst_unshrunk(&search, &mut MemoryJournal::default(), &mut |_, _| {})?;
            values.push(show(&found, *method, metric));
        }
        let last = values.each_ref().map(|values| values.last().copied().unwrap_or(f64::NAN));
        println!("seed {seed}: {:.2}x, {:.2}x of full\n", last[0] / last[1], last[0] / last[2]);
    }
    let text = |value: f64| metric.format(value);
    println!("| guided | random | random, all faults | guided / random | guided / random, all faults |");
    let [guided, random, full] = &values;
    println!(
        "| {} | {} | {} | {} | {} |",
        median(guided, text),
        median(random, text),
        median(full, text),
        median(&ratios(guided, random), |ratio| format!("{ratio:.2}")),
        median(&ratios(guided, full), |ratio| format!("{ratio:.2}")),
    );
    Ok(())
}

/// Prints what was found; its value.
fn show(found: &WorstFound, method: Method, metric: Metric) -> f64 {
    let Some(Best { script, value }) = &found.best else { return f64::NAN };
    let climb: Vec<String> =
        found.curve.iter().map(|(run, value)| format!("{run}:{}", metric.format(*value))).collect();
    println!("{method:?} {} {}", metric.format(*value), climb.join(" "));
    for fault in &script.faults {
        println!("  {} {:?} {} to {}", fault.target, fault.kind, fault.from, fault.until);
    }
    *value
}

/// Of the same seed.
fn ratios(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a / b).collect()
}

/// The median, and from what to what.
fn median(values: &[f64], text: impl Fn(f64) -> String) -> String {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let (low, median, high) = (values[0], values[values.len() / 2], values[values.len() - 1]);
    format!("{} ({} to {})", text(median), text(low), text(high))
}
