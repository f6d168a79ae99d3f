//! Cases a second, on ten minutes of 20 requests a second (`ten-minutes.ron`).
//!
//! `cargo bench -p sandbox-testkit --bench cases`. The baseline is in the same run: the same scripts, one after the
//! other, each by [`sandbox_engine::run`] from its start to its end. Objectives take whole runs, so that they are
//! measured apart.

use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sandbox_engine::RunOptions;
use sandbox_scenario::{Objective, Resolved};
use sandbox_testkit::properties::{self, Subject};
use sandbox_testkit::search::{self, Check, MemoryJournal, draw};
use sandbox_testkit::weather::Weather;

const CASES: u64 = 400;

fn check(jobs: usize, objectives: &[Objective]) -> Check {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/ten-minutes.ron");
    let resolved = Resolved::load(&file, &[]).expect("it is a scenario");
    Check {
        weather: Weather::new(&resolved),
        subject: Subject::new(resolved),
        properties: properties::ALL.to_vec(),
        objectives: objectives.to_vec(),
        cases: CASES,
        seed: 1,
        jobs,
        corpus: Vec::new(),
        all: false,
    }
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cases");
    group.sample_size(10).throughput(Throughput::Elements(CASES));
    let one = check(1, &[]);
    group.bench_function("each run from its start", |bencher| {
        let scripts = (0..CASES).map(|case| draw(&one.weather, one.seed, case));
        let runs: Vec<Resolved> = scripts
            .map(|script| {
                one.subject.resolved.clone().with_script(script.into(), "drawn").expect("it is valid")
            })
            .collect();
        bencher.iter(|| {
            for run in &runs {
                sandbox_engine::run(run, RunOptions::default()).expect("no law is broken");
            }
        });
    });
    // One that is always met: availability is never below nothing.
    let objective = Objective::parse("availability >= 0%", &[]).expect("it is an objective");
    for (name, check) in [
        ("properties, one job", one),
        ("properties, two jobs", check(2, &[])),
        ("and an objective, one job", check(1, std::slice::from_ref(&objective))),
        ("and an objective, two jobs", check(2, &[objective])),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let found = search::check(&check, &mut MemoryJournal::default(), &mut |_| {});
                let found = found.expect("no law is broken");
                // A search that stops early would be measured as a fast one.
                assert_eq!(found.counterexamples, []);
                assert_eq!(found.coverage.cases, CASES);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
