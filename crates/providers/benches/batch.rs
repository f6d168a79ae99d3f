//! One request's way through an endpoint (offer, first token, last token) with n others inside, in steady state.
//! `cargo bench -p sandbox-providers --bench batch`. Ratios: the example `batch_ratios`.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

#[path = "steady/mod.rs"]
mod steady;

use steady::{Features, Steady};

fn cycle(c: &mut Criterion) {
    for features in [Features::Plain, Features::Kv, Features::KvAndChunk] {
        let mut group = c.benchmark_group(format!("cycle/{features:?}"));
        for n in [100, 1_000, 10_000, 100_000] {
            let mut endpoint = Steady::new(n, features);
            group.bench_function(BenchmarkId::from_parameter(n), |b| b.iter(|| endpoint.cycles(1)));
        }
        group.finish();
    }
}

criterion_group!(benches, cycle);
criterion_main!(benches);
