//! M/M/1 with a million customers: `sandbox-core` against NeXosim 1.0. See README.md.

mod nexosim_mm1;
mod ours;

use std::time::Instant;

use sandbox_core::dist::Exponential;
use sandbox_core::{Seed, Span};

const CUSTOMERS: usize = 1_000_000;
const RHO: f64 = 0.9;
const ROUNDS: usize = 5;

/// What both engines read: gap before and service time of each customer [ns].
#[derive(Clone)]
pub struct Customers {
    /// From the arrival before to this one's.
    pub gaps: Vec<u64>,
    /// In service.
    pub services: Vec<u64>,
}

impl Customers {
    fn draw() -> Self {
        let draw = |name: &str, mean: f64| {
            let dist = Exponential::new(mean).expect("the mean is positive");
            let mut stream = Seed::new(1).stream(name);
            // At least a nanosecond: NeXosim refuses to schedule at the present instant.
            let span = |secs: f64| Span::from_secs_f64_saturating(secs).as_nanos().max(1);
            (0..CUSTOMERS).map(|_| span(dist.sample(&mut stream))).collect()
        };
        Customers { gaps: draw("gaps", 1.0 / RHO), services: draw("services", 1.0) }
    }
}

fn main() {
    let customers = Customers::draw();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (seconds, sojourn) = timed(ours::run, &customers);
        let (peer_seconds, peer_sojourn) = timed(nexosim_mm1::run, &customers);
        assert_eq!(sojourn, peer_sojourn, "both simulate the same");
        ours.push(seconds);
        theirs.push(peer_seconds);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let per_event = |seconds: f64| seconds * 1e9 / (2 * CUSTOMERS) as f64;
    println!("M/M/1, {CUSTOMERS} customers, CPU time, median of {ROUNDS}");
    println!("  sandbox-core  {ours:.3} s  {:6.1} ns/event", per_event(ours));
    println!("  nexosim 1.0   {theirs:.3} s  {:6.1} ns/event", per_event(theirs));
    println!("sandbox-core is {:.1} times faster (target: at least 5)", theirs / ours);
}

/// CPU seconds, and the total time in system [ns].
fn timed(run: impl Fn(Customers) -> u64, customers: &Customers) -> (f64, u64) {
    let customers = customers.clone();
    let start = cpu_seconds();
    let sojourn = run(customers);
    (cpu_seconds() - start, sojourn)
}

/// CPU time of all threads so far [s]; wall time where Linux's accounts are missing.
fn cpu_seconds() -> f64 {
    thread_local!(static START: Instant = Instant::now());
    let nanos = std::fs::read_dir("/proc/self/task").ok().and_then(|tasks| {
        tasks
            .map(|task| {
                let account = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
                account.split(' ').next()?.parse::<u64>().ok()
            })
            .sum::<Option<u64>>()
    });
    nanos.map_or_else(|| START.with(|start| start.elapsed().as_secs_f64()), |nanos| nanos as f64 / 1e9)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
