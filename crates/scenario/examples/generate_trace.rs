//! Prints a small trace in the format of the Azure LLM inference traces: bursts of requests over 55 minutes.
//!
//! `cargo run -p sandbox-scenario --example generate_trace > fixtures/traces/azure-format-sample.csv`
//!
//! The numbers are drawn, not recorded: bursts arrive as a Poisson process and hold a geometric number of requests
//! close together; lengths are lognormal with the medians and spreads of the public conversation trace (Patel et al.,
//! Splitwise, ISCA 2024: prompts mu 6.63, sigma 0.99; answers mu 5.02, sigma 0.86).
#![expect(clippy::print_stdout, reason = "printing the trace is what it is for")]

use sandbox_core::dist::{Exponential, Lognormal};
use sandbox_core::{Seed, chance};

fn main() {
    const MINUTES: f64 = 55.0;
    let mut stream = Seed::new(2026).stream("azure-format-sample");
    let checked = "these parameters are constants";
    let between_bursts = Exponential::new(8.0).expect(checked);
    let within_burst = Exponential::new(0.4).expect(checked);
    let prompt = Lognormal::from_median_sigma(libm::exp(6.63), 0.99).expect(checked);
    let answer = Lognormal::from_median_sigma(libm::exp(5.02), 0.86).expect(checked);
    println!("TIMESTAMP,ContextTokens,GeneratedTokens");
    let (mut burst, mut rows) = (0.0, Vec::new());
    loop {
        burst += between_bursts.sample(&mut stream);
        if burst > MINUTES * 60.0 {
            break;
        }
        let mut at = burst;
        loop {
            let tokens =
                |law: &Lognormal, draw: f64| (draw.min(32_000.0) as u32).max(law.median() as u32 / 100);
            let input = tokens(&prompt, prompt.sample(&mut stream));
            let output = tokens(&answer, answer.sample(&mut stream)).max(1);
            rows.push((at, input, output));
            if chance(&mut stream, 0.4) {
                break;
            }
            at += within_burst.sample(&mut stream);
        }
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (at, input, output) in rows {
        // Azure's time-stamps have a resolution of 100 ns.
        let ticks = (at * 1e7) as u64;
        let (seconds, part) = (ticks / 10_000_000, ticks % 10_000_000);
        println!("2026-01-05 09:{:02}:{:02}.{part:07},{input},{output}", seconds / 60, seconds % 60);
    }
}
