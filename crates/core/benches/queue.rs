//! The event queue against a binary heap: HOLD and timeout churn. One group a load, so that criterion's report sets
//! the two side by side; `examples/queue_ratios.rs` prints the ratios alone.

#![allow(missing_docs, reason = "criterion's macros write undocumented functions")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

mod rivals;
use rivals::{ChurnHeap, ChurnOurs, HoldHeap, HoldOurs};

/// Steps per iteration: enough to drown the call.
const STEPS: u64 = 10_000;

fn hold(criterion: &mut Criterion) {
    for n in [100, 10_000, 1_000_000] {
        let mut group = criterion.benchmark_group(format!("hold/{n}"));
        group.throughput(Throughput::Elements(STEPS));
        let mut heap = HoldHeap::new(n);
        heap.steps(2 * n);
        group.bench_function("binary_heap", |bencher| bencher.iter(|| black_box(heap.steps(STEPS))));
        let mut ours = HoldOurs::new(n);
        ours.steps(2 * n);
        group.bench_function("event_queue", |bencher| bencher.iter(|| black_box(ours.steps(STEPS))));
    }
}

fn churn(criterion: &mut Criterion) {
    for live in [1_000, 50_000] {
        let mut group = criterion.benchmark_group(format!("timeout_churn/{live}"));
        group.throughput(Throughput::Elements(STEPS));
        // Past the first 30 s, when the heap carries its usual load of cancelled timeouts.
        let warm_up = u64::from(live) * 35;
        let mut heap = ChurnHeap::new(live);
        heap.steps(warm_up);
        group.bench_function("binary_heap_and_set", |bencher| bencher.iter(|| black_box(heap.steps(STEPS))));
        let mut ours = ChurnOurs::new(live);
        ours.steps(warm_up);
        group.bench_function("event_queue", |bencher| bencher.iter(|| black_box(ours.steps(STEPS))));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = hold, churn
}
criterion_main!(benches);
