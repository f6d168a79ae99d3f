//! Cases a second, on ten minutes of 20 requests a second (`ten-minutes.ron`), and what they cost beside each other.
//!
//! `cargo bench -p sandbox-testkit --bench cases`. The baseline is in the same run: the same scripts, one after the
//! other, each by [`sandbox_engine::run`] from its start to its end. All take turns in one process, and medians are told:
//! by the clock on the wall, and, where the system tells it (Linux), by processor time, which other work on the machine
//! moves less. Objectives take whole runs, so that they are measured apart. Another scenario is measured if its path
//! follows `--`.

#![expect(clippy::print_stdout, reason = "it is what a benchmark is for")]

use std::path::{Path, PathBuf};

use sandbox_engine::RunOptions;
use sandbox_scenario::{Objective, Resolved};
use sandbox_testkit::properties::{self, Property, Sort, Subject};
use sandbox_testkit::search::{self, Check, MemoryJournal, draw};
use sandbox_testkit::weather::Weather;

const CASES: u64 = 400;
const ROUNDS: usize = 5;

fn check(properties: Vec<Property>, objectives: &[Objective], jobs: usize, cases: u64) -> Check {
    let of_ours = || Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/ten-minutes.ron");
    let given = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let file = given.map_or_else(of_ours, PathBuf::from);
    let resolved = Resolved::load(&file, &[]).expect("it is a scenario");
    let (weather, subject) = (Weather::new(&resolved), Subject::new(resolved));
    Check {
        // As `sandbox check` draws.
        weather: weather.with_calm_after(subject.settles_after_most()),
        subject,
        properties,
        objectives: objectives.to_vec(),
        cases,
        seed: 1,
        jobs,
        corpus: Vec::new(),
        all: false,
    }
}

fn search(check: &Check) {
    let found = search::check(check, &mut MemoryJournal::default(), &mut |_| {}).expect("no law is broken");
    // A search that stops early would be measured as a fast one.
    assert_eq!(found.counterexamples, []);
    assert_eq!(found.coverage.cases, check.cases);
}

fn main() {
    // As a test (`cargo test --benches`) it only has to work.
    let (cases, rounds) = if std::env::args().any(|arg| arg == "--test") { (4, 1) } else { (CASES, ROUNDS) };
    // What `sandbox check` judges by unless it is told otherwise.
    let watched = || -> Vec<Property> {
        properties::ALL.iter().copied().filter(|property| property.sort != Sort::Metamorphic).collect()
    };
    // One that is always met: availability is never below nothing.
    let objective = [Objective::parse("availability >= 0%", &[]).expect("it is an objective")];
    let checks = [
        ("nothing watched, one job", check(Vec::new(), &[], 1, cases)),
        ("properties, one job", check(watched(), &[], 1, cases)),
        ("properties, two jobs", check(watched(), &[], 2, cases)),
        ("and an objective, one job", check(watched(), &objective, 1, cases)),
        ("and an objective, two jobs", check(watched(), &objective, 2, cases)),
    ];
    let (_, any) = &checks[0];
    let runs: Vec<Resolved> = (0..cases)
        .map(|case| draw(&any.weather, any.seed, case).into())
        .map(|script| any.subject.resolved.clone().with_script(script, "drawn").expect("it is valid"))
        .collect();
    let each_run = || {
        for run in &runs {
            sandbox_engine::run(run, RunOptions::default()).expect("no law is broken");
        }
    };
    let mut times = vec![(Vec::new(), Vec::new()); 1 + checks.len()];
    for _ in 0..rounds {
        let mut note = |line: usize, (wall, cpu): (f64, f64)| {
            times[line].0.push(wall / cases as f64);
            times[line].1.push(cpu / cases as f64);
        };
        note(0, timed(each_run));
        for (line, (_, check)) in checks.iter().enumerate() {
            note(line + 1, timed(|| search(check)));
        }
    }
    let names = ["each run from its start"].into_iter().chain(checks.iter().map(|(name, _)| *name));
    println!(
        "{:<28} {:>9} {:>14} {:>11} {:>14}",
        "", "cases/s", "of the first", "cases/cpu-s", "of the first"
    );
    let mut first = None;
    for (name, (walls, cpus)) in names.zip(times) {
        let (wall, cpu) = (median(walls), median(cpus));
        let (wall_first, cpu_first) = *first.get_or_insert((wall, cpu));
        println!(
            "{name:<28} {:>9.0} {:>14.2} {:>11.0} {:>14.2}",
            1.0 / wall,
            wall_first / wall,
            1.0 / cpu,
            cpu_first / cpu
        );
    }
}

/// How long it takes by the clock, and how much processor time [s].
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the wall clock")]
fn timed(what: impl FnOnce()) -> (f64, f64) {
    let (start, used) = (std::time::Instant::now(), cpu_seconds());
    what();
    (start.elapsed().as_secs_f64(), cpu_seconds() - used)
}

/// Processor time of this process so far, if Linux tells it; else not a number.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name, which is in brackets: user and system time are the 12th and 13th field, in hundredths of a second.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>());
    ticks
        .collect::<Result<Vec<f64>, _>>()
        .ok()
        .filter(|ticks| ticks.len() == 2)
        .map_or(f64::NAN, |ticks| ticks.iter().sum::<f64>() / 100.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
