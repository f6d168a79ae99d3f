//! How long `report.html` takes for a day of minutes and ten endpoints, and for a month of minutes; beside it, as a measure of
//! the machine, what writing the day's `timeline.csv` alone takes.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use sandbox_report::{Clock, RunData, Setting, csv, html};

#[path = "../examples/synthetic/mod.rs"]
#[expect(dead_code, reason = "the gallery uses more of it")]
mod synthetic;

fn run(days: u64) -> RunData {
    let lanes = (0..10).map(|i| format!("provider-{i}/deepseek-v3")).collect();
    let horizon_s = days * 86_400;
    synthetic::Shape { lanes, horizon_s, buckets: days * 1_440, ..synthetic::day() }.run().data()
}

fn pages(criterion: &mut Criterion) {
    let (day, month) = (run(1), run(30));
    let mut group = criterion.benchmark_group("page");
    group.sample_size(10);
    group.bench_function("timeline.csv of a day", |b| {
        b.iter(|| csv::timeline_csv(black_box(&day.timeline), &day.faults))
    });
    group.bench_function("day", |b| b.iter(|| html::render(black_box(&day))));
    group.bench_function("month", |b| b.iter(|| html::render(black_box(&month))));
    group.finish();
}

criterion_group!(benches, pages);
criterion_main!(benches);
