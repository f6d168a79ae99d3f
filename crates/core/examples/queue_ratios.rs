//! Measures the event queue against a binary heap, both in turn in one process, and prints the ratios beside their
//! targets. `cargo run --release -p sandbox-core --example queue_ratios`
//!
//! Ratios, not nanoseconds: on a shared machine only the former mean much.

#![expect(clippy::print_stdout, reason = "it is what the example is for")]

#[path = "../benches/rivals/mod.rs"]
mod rivals;

use std::hint::black_box;

use rivals::{ChurnHeap, ChurnOurs, HoldHeap, HoldOurs};

const ROUNDS: usize = 7;

fn main() {
    println!("{:<34} {:>9} {:>9} {:>7} {:>7}", "load", "heap [ns]", "ours [ns]", "ratio", "target");
    // At a million pending, 2^30 ns or 1,073,742 steps go by between two times that the wheel empties its largest
    // bucket: a round takes in one.
    let holds = [(100, 300_000, None), (10_000, 300_000, Some(0.6)), (1_000_000, 1_073_742, Some(0.3))];
    for (n, steps, target) in holds {
        let (mut ours, mut heap) = (HoldOurs::new(n), HoldHeap::new(n));
        // Once round, so that neither is measured in its freshly filled state, which is a sorted heap's best case.
        assert_eq!(ours.steps(n * 2), heap.steps(n * 2), "both run the same events in the same order");
        let (ours, heap) = interleaved(steps, |steps| ours.steps(steps), |steps| heap.steps(steps));
        report(&format!("hold, {n} pending"), heap, ours, target);
    }
    for (live, steps, target) in [(1_000, 100_000, None), (50_000, 200_000, Some(0.05))] {
        let (mut ours, mut heap) = (ChurnOurs::new(live), ChurnHeap::new(live));
        // Past the first 30 s, so that the heap carries its usual load of cancelled timeouts.
        let warm_up = u64::from(live) * 35;
        assert_eq!(ours.steps(warm_up), heap.steps(warm_up), "both run the same events in the same order");
        let pending = (ours.pending(), heap.pending());
        let (ours, heap) = interleaved(steps, |steps| ours.steps(steps), |steps| heap.steps(steps));
        report(&format!("timeout churn, {live} live"), heap, ours, target);
        println!("    entries held: ours {}, heap {}", pending.0, pending.1);
    }
}

/// Median ns per step of both, measured in turn.
fn interleaved(steps: u64, mut ours: impl FnMut(u64) -> u64, mut heap: impl FnMut(u64) -> u64) -> (f64, f64) {
    let (mut ours_ns, mut heap_ns) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours_ns.push(nanos_per_step(steps, &mut ours));
        heap_ns.push(nanos_per_step(steps, &mut heap));
    }
    (median(ours_ns), median(heap_ns))
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the wall clock")]
fn nanos_per_step(steps: u64, run: &mut impl FnMut(u64) -> u64) -> f64 {
    let start = std::time::Instant::now();
    black_box(run(steps));
    start.elapsed().as_nanos() as f64 / steps as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn report(load: &str, heap: f64, ours: f64, target: Option<f64>) {
    let target = target.map_or_else(String::new, |target| format!("<= {target}"));
    println!("{load:<34} {heap:>9.1} {ours:>9.1} {:>7.3} {target:>7}", ours / heap);
}
