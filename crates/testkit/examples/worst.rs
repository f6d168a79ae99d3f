//! Guided search for the worst against random search, at equal runs: what `docs/worst-case.md` reports.
//!
//! `cargo run --release -p sandbox-testkit --example worst -- SCENARIO METRIC FAULTS DOWNTIME RUNS SEEDS [KEY=VALUE]…`
#![expect(clippy::print_stdout, reason = "it reports")]

use std::path::Path;

use sandbox_core::Span;
use sandbox_scenario::{Metric, Resolved};
use sandbox_testkit::search::{MemoryJournal, Method, Worst, worst};
use sandbox_testkit::weather::Weather;
use sandbox_testkit::{properties::Subject, search::WorstFound};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [scenario, metric, faults, downtime, runs, seeds, sets @ ..] = &args[..] else {
        return Err("give SCENARIO METRIC FAULTS DOWNTIME RUNS SEEDS [KEY=VALUE]…".into());
    };
    let resolved = Resolved::load(Path::new(scenario), sets)?;
    let names: Vec<&str> = resolved.scenario.workloads.iter().map(|w| w.name.as_str()).collect();
    let (metric, workload) = Metric::parse(metric, &names)?;
    let weather =
        Weather::new(&resolved).with_faults_max(faults.parse()?).with_downtime_max(downtime.parse::<Span>()?);
    let subject = Subject::new(resolved);
    let (mut guided, mut random) = (Vec::new(), Vec::new());
    for seed in 1..=seeds.parse()? {
        let search = |method| {
            let worst_of = Worst {
                subject: subject.clone(),
                metric,
                workload: workload.clone(),
                weather: weather.clone(),
                runs: runs.parse().unwrap_or(300),
                seed,
                jobs: std::thread::available_parallelism().map_or(1, usize::from),
                method,
            };
            worst(&worst_of, &mut MemoryJournal::default(), &mut |_, _| {})
        };
        let (by_guide, by_chance) = (search(Method::Guided)?, search(Method::Random)?);
        let value = |found: &WorstFound| found.best.as_ref().map_or(f64::NAN, |best| best.value);
        println!(
            "seed {seed}: guided {} random {} ({:.2}x)",
            metric.format(value(&by_guide)),
            metric.format(value(&by_chance)),
            value(&by_guide) / value(&by_chance)
        );
        println!("  guided, by run: {:?}", by_guide.curve.iter().map(|(run, _)| run).collect::<Vec<_>>());
        for fault in by_guide.shrunk.iter().flat_map(|best| &best.script.faults) {
            println!("  {} {:?} {} to {}", fault.target, fault.kind, fault.from, fault.until);
        }
        for fault in by_chance.best.iter().flat_map(|best| &best.script.faults) {
            println!("  random: {} {:?} {} to {}", fault.target, fault.kind, fault.from, fault.until);
        }
        guided.push(value(&by_guide));
        random.push(value(&by_chance));
    }
    let mut ratios: Vec<f64> = guided.iter().zip(&random).map(|(guided, random)| guided / random).collect();
    for (name, values) in [("guided", &mut guided), ("random", &mut random)] {
        values.sort_by(f64::total_cmp);
        let [low, median, high] = [0, values.len() / 2, values.len() - 1].map(|n| metric.format(values[n]));
        println!("{name}: median {median}, {low} to {high}");
    }
    ratios.sort_by(f64::total_cmp);
    let [low, median, high] = [0, ratios.len() / 2, ratios.len() - 1].map(|n| ratios[n]);
    println!("ratio of the same seed: median {median:.2}, {low:.2} to {high:.2}");
    Ok(())
}
