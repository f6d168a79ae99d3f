//! Retries against a server that fails each call by a coin: plain ones, and ones that a token bucket pays for.
//!
//! The set-up of Brooker's `retry_sim`: 100 clients, each with a bucket of its own, 10 calls a second each for 60 s.

use sandbox_engine::output::summary::Scope;

use crate::chain::{self, Expected};
use crate::check::{Check, Finding};
use crate::scenario::{OneServer, run};
use crate::statistics::{Estimate, NORMAL};

const GROUP: &str = "Retries";
const SOURCE: &str =
    "closed form; Brooker, simulator_example, retry_sim at bbfe3946 (60 s, seed 1), in brackets";
const CLIENTS: u32 = 100;
/// Student's t with 99 degrees of freedom, 99.9 % two-sided.
const STUDENT_CLIENTS: f64 = 3.392;

/// Load and success of the reference's own run, by failure rate: with three retries, and with the bucket.
pub const REFERENCE: [(f64, Expected, Expected); 6] = [
    (0.05, of(1.0528, 1.0000), of(1.0532, 0.9997)),
    (0.1, of(1.1127, 0.9999), of(1.0947, 0.9848)),
    (0.2, of(1.2498, 0.9983), of(1.1058, 0.8841)),
    (0.3, of(1.4215, 0.9918), of(1.1066, 0.7698)),
    (0.5, of(1.8725, 0.9382), of(1.1070, 0.5508)),
    (0.75, of(2.7319, 0.6846), of(1.1072, 0.2782)),
];

const fn of(load: f64, success: f64) -> Expected {
    Expected { load, success }
}

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    let plain = REFERENCE.map(|(p, reference, _)| {
        Check::new(format!("retries-{p:.2}"), GROUP, move || {
            let what = format!("three retries without waits, each attempt fails with probability {p}");
            compare(&what, p, "", |_| chain::plain(p, 3), reference)
        })
        .slow()
    });
    let bucket = REFERENCE.map(|(p, _, reference)| {
        Check::new(format!("retry-budget-{p:.2}"), GROUP, move || {
            let what = format!("the same at {p}, and a retry budget of 0.1 a call, at most 5");
            compare(&what, p, "retry_budget: ()", |calls| chain::budgeted(p, 3, 50, calls), reference)
        })
        .slow()
    });
    plain.into_iter().chain(bucket).collect()
}

fn compare(
    what: &str,
    p: f64,
    budget: &str,
    theory: impl Fn(&[u64]) -> Expected,
    reference: Expected,
) -> Finding {
    let resolved = OneServer {
        duration: "70s",
        serving: r#"prefill_base: "0s", prefill_per_token: "0s", step_base: "1ms", sequences: 100000"#,
        fallback: &format!(r#"retries: 3, backoff: (base: "0s", jitter: None), {budget}"#),
        arrivals: r#"Steps(steps: [(from: "0s", rate: "10/s"), (from: "60s", rate: "0/s")])"#,
        output: "Constant(1)",
        script: &format!(r#"(target: "server", kind: Errors(share: {p:?}), from: "0s", until: "70s")"#),
        clients: CLIENTS,
    }
    .resolve();
    let summary = run(&resolved).summary;
    let of_clients = |figure: &dyn Fn(&Scope) -> f64| {
        let figures: Vec<f64> = summary.workloads.values().map(figure).collect();
        let n = figures.len() as f64;
        let mean = figures.iter().sum::<f64>() / n;
        let variance = figures.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        STUDENT_CLIENTS * (variance / n).sqrt()
    };
    let by_client: Vec<u64> = summary.workloads.values().map(|scope| scope.requests.arrived).collect();
    let theory = theory(&by_client);
    let calls = summary.requests.arrived;
    assert_eq!(summary.requests.in_flight, 0, "ten quiet seconds let all calls end");
    let load = Estimate {
        mean: summary.attempts.total as f64 / calls as f64,
        half: of_clients(&|scope| scope.attempts.total as f64 / scope.requests.arrived as f64),
    };
    let share = |scope: &Scope| scope.requests.served_by_plan as f64 / scope.requests.arrived as f64;
    let coins = Estimate::of_share(summary.requests.served_by_plan, calls);
    let success = Estimate { half: of_clients(&share).max(coins.half), ..coins };
    // The reference is a sample of the same size.
    let root = std::f64::consts::SQRT_2;
    let near = |estimate: Estimate, value: f64| {
        Estimate { half: root * estimate.half, ..estimate }.contains(value, 5e-5)
    };
    Finding {
        what: format!(
            "{what}; {CLIENTS} clients, {calls} calls: attempts a call, and share of calls that succeed"
        ),
        expected: format!(
            "{:.4}, {:.4} [{:.4}, {:.4}]",
            theory.load, theory.success, reference.load, reference.success
        ),
        source: SOURCE.to_owned(),
        measured: format!("{:.4}, {:.4}", load.mean, success.mean),
        interval: format!(
            "± {:.4}, ± {:.4} (t over {CLIENTS} clients, at least that of {calls} coins, z = {NORMAL}); √2 times that for the reference, itself a sample of this size",
            load.half, success.half
        ),
        holds: load.contains(theory.load, 0.0)
            && success.contains(theory.success, 0.0)
            && near(load, reference.load)
            && near(success, reference.success),
    }
}
