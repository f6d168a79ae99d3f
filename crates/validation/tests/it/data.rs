//! Figures in code against the files that they come from. The files are not part of the repository.

use std::io::Write as _;

use sandbox_scenario::Resolved;
use sandbox_scenario::resolved::ResolvedArrivals;
use sandbox_validation::{collapse, provider, retries, traffic};

use crate::root;

/// A file beside the repository; says loudly that it is not there.
fn data(path: &str) -> Option<std::path::PathBuf> {
    let file = root("../shared/data").join(path);
    if file.is_file() {
        return Some(file);
    }
    // Past the test runner's capture: this must be seen in a green run.
    let _ = writeln!(std::io::stderr(), "SKIPPED: no {}: figures from it were NOT checked", file.display());
    None
}

fn rows(file: &std::path::Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(file).expect("it was there a moment ago");
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn the_retry_reference_is_that_of_the_published_simulator() {
    let Some(file) = data("validation-refs/retry_sim_results.csv") else { return };
    let rows = rows(&file);
    for (p, plain, bucket) in retries::REFERENCE {
        for (name, expected) in [("three_retries", plain), ("adaptive_10pct", bucket)] {
            let row =
                rows.iter().find(|row| row[0].parse() == Ok(p) && row[4] == name).expect("the file has it");
            let number = |column: usize| row[column].parse::<f64>().expect("a number");
            let (load, success) = (number(2) / number(3), number(1) / number(3));
            assert!((load - expected.load).abs() < 1e-4, "{name} {p}: {load}");
            assert!((success - expected.success).abs() < 1e-4, "{name} {p}: {success}");
        }
    }
}

#[test]
fn the_collapse_reference_is_that_of_the_published_simulator() {
    let Some(file) = data("validation-refs/collapse_sim_avg4runs.csv") else { return };
    let rows = rows(&file);
    let mean = |run: &str, from: f64, until: f64| {
        let row = |row: &&Vec<String>| {
            let at: f64 = row[0].parse().expect("a number");
            row[6] == run && at >= from && at < until
        };
        let successes: Vec<f64> =
            rows.iter().filter(row).map(|row| row[2].parse().expect("a number")).collect();
        successes.iter().sum::<f64>() / successes.len() as f64
    };
    for (run, expected) in [
        ("spike_no_backoff", collapse::WITHOUT_BACKOFF),
        ("spike_backoff_and_jitter", collapse::WITH_BACKOFF),
    ] {
        for ((from, until), expected) in collapse::WINDOWS.into_iter().zip(expected) {
            let mean = mean(run, from as f64, until as f64);
            assert!((mean - expected).abs() < 0.051, "{run} {from}: {mean}");
        }
    }
}

#[test]
fn the_node_steps_and_the_demand_are_deepseeks() {
    let Some(steps) = data("deepseek-day6/node_steps.csv") else { return };
    let number = |text: &String| text.parse::<f64>().expect("a number");
    let read: Vec<(f64, f64)> = rows(&steps).iter().map(|row| (number(&row[0]), number(&row[2]))).collect();
    assert_eq!(read, provider::NODES);
    let Some(hourly) = data("deepseek-day6/hourly.csv") else { return };
    for (row, demand) in rows(&hourly).iter().zip(provider::DEMAND) {
        assert!((number(&row[2]) - demand).abs() < 0.006, "{row:?}");
    }
}

#[test]
fn the_dispersion_of_the_traces_is_as_stated() {
    for (trace, file) in traffic::AZURE.iter().zip(["code", "conv"]) {
        let Some(file) = data(&format!("azure-llm-2023/AzureLLMInferenceTrace_{file}.csv.gz")) else {
            return;
        };
        let set = [format!("workloads.replayed.arrivals.file={}", file.display())];
        let resolved = Resolved::load(&root("scenarios/trace-replay.ron"), &set)
            .unwrap_or_else(|invalid| panic!("{invalid}"));
        let ResolvedArrivals::Trace(rows) = &resolved.workloads[0].arrivals else { panic!("it is a trace") };
        let last = rows.last().expect("it has rows").at;
        let minutes = last.as_nanos() / 60_000_000_000;
        let [rate, by_second, by_minute] = traffic::dispersion(rows.iter().map(|row| row.at), minutes);
        let close = |seen: f64, stated: f64, what: &str| {
            assert!((seen / stated - 1.0).abs() < 0.03, "{} {what}: {seen}, stated {stated}", trace.name);
        };
        close(rate, trace.rate, "rate");
        close(by_second, trace.by_second, "by second");
        close(by_minute, trace.by_minute, "by minute");
    }
}
