//! Simulated requests a second on the flagship scenario, its control twin included.
//!
//! `cargo bench -p sandbox-engine --bench flagship`. The baseline of the ratio is in the same run: the time it takes to
//! draw the flagship's requests and to do nothing with them (arrivals, lengths and their noise), which no engine can
//! go below.

mod peak;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use peak::{ROUTED, flagship};
use sandbox_core::dist::{Lognormal, PoissonProcess};
use sandbox_core::{Seed, Span, Time};
use sandbox_engine::RunOptions;
use sandbox_scenario::Resolved;
use sandbox_scenario::resolved::ResolvedArrivals;

/// Draws every arrival and its lengths twice, for the run and for its twin.
fn draw_only(resolved: &Resolved) -> u64 {
    let end = Time::ZERO + resolved.scenario.duration;
    let mut sum = 0;
    for round in 0..2 {
        for (index, workload) in resolved.workloads.iter().enumerate() {
            let ResolvedArrivals::Drawn { rate } = &workload.arrivals else { continue };
            let process = PoissonProcess::new(rate.max() * 1.001).expect("the scenario was checked");
            let length = Lognormal::from_median_sigma(500.0, 0.9).expect("constants");
            let mut stream = Seed::new(round).stream(&resolved.scenario.workloads[index].name);
            let mut at = Time::ZERO;
            while let Some(next) = process.next_until(at, end, &mut stream, |t| rate.at(t)) {
                at = next;
                sum += (length.sample(&mut stream) + length.sample(&mut stream)) as u64;
            }
        }
    }
    sum
}

fn bench(criterion: &mut Criterion) {
    let resolved = flagship("2h", &[]);
    let run = || sandbox_engine::run(&resolved, RunOptions::default()).expect("no law is broken");
    let requests = run().summary.simulated_requests;
    assert!(resolved.scenario.duration == Span::from_hours(2) && requests > 100_000);
    let mut group = criterion.benchmark_group("flagship");
    group.sample_size(10).throughput(Throughput::Elements(requests));
    group.bench_function("run and twin", |b| b.iter(run));
    let routed = flagship("2h", ROUTED);
    group.bench_function("run and twin, LiteLLM and OpenRouter's measured balancer", |b| {
        b.iter(|| sandbox_engine::run(&routed, RunOptions::default()).expect("no law is broken"));
    });
    group.bench_function("baseline: draw the requests", |b| b.iter(|| draw_only(&resolved)));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
