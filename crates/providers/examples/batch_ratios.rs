//! What a request costs at an endpoint with n others inside, beside what it costs with 100, in turn in one process.
//! `cargo run --release -p sandbox-providers --example batch_ratios`
//!
//! A heap of n marks is log n deep: with 1,000 times as many, log 100,000 / log 100 = 2.5 times the comparisons. What is
//! beyond that is memory: a hundred thousand sequences do not fit a cache.

#![expect(clippy::print_stdout, reason = "it is what the example is for")]

#[path = "../benches/steady/mod.rs"]
mod steady;

use std::hint::black_box;

use steady::{Features, Steady};

const ROUNDS: usize = 7;
const SIZES: [u32; 4] = [100, 1_000, 10_000, 100_000];

fn main() {
    println!(
        "{:<12} {:>9} {:>10} {:>9} {:>9} {:>9}",
        "features", "n", "cycle [ns]", "to n=100", "log n", "to plain"
    );
    let mut plain = [0.0; SIZES.len()];
    for features in [Features::Plain, Features::Kv, Features::KvAndChunk] {
        let mut endpoints = SIZES.map(|n| Steady::new(n, features));
        let mut nanos = SIZES.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            for (endpoint, nanos) in endpoints.iter_mut().zip(&mut nanos) {
                nanos.push(nanos_per_cycle(endpoint, 100_000));
            }
        }
        let medians = nanos.map(median);
        if features == Features::Plain {
            plain = medians;
        }
        for ((n, nanos), plain) in SIZES.into_iter().zip(medians).zip(plain) {
            let deeper = libm::log(f64::from(n)) / libm::log(100.0);
            println!(
                "{:<12} {n:>9} {nanos:>10.1} {:>9.2} {deeper:>9.2} {:>9.2}",
                format!("{features:?}"),
                nanos / medians[0],
                nanos / plain
            );
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the wall clock")]
fn nanos_per_cycle(endpoint: &mut Steady, cycles: u64) -> f64 {
    let start = std::time::Instant::now();
    black_box(endpoint.cycles(cycles));
    start.elapsed().as_nanos() as f64 / cycles as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
