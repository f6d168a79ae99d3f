//! Sources of requests, as a run meets them.
//!
//! Tolerances are z-intervals: with n and the standard deviation in the comment, at 99.9 % (3.29 standard deviations).

use std::io::Write as _;
use std::path::Path;

use sandbox_core::{Seed, Span, Time};
use sandbox_engine::{EventKind, EventRecord};
use sandbox_providers::arrivals::{Bursts, Pace};
use sandbox_scenario::Resolved;
use sandbox_scenario::import::trace::Measured;
use sandbox_scenario::import::trace::fit::bursts_dispersion;
use sandbox_scenario::import::trace::measure::{dispersion, gap_cv};

use crate::support::{fallback, fault, run_logged};

/// One workload with these keys instead of `arrivals: Poisson(…)`, for so long.
fn scenario(arrivals: &str, more: &str, duration: &'static str) -> Resolved {
    let mut small = fallback("", "");
    small.duration = duration;
    small.workloads = format!(
        r#"(name: "w", region: "here", entry: "router", plan: "plan", arrivals: {arrivals},
            input: Constant(100), output: Constant(3), {more}),"#
    );
    small.resolve()
}

/// When requests arrived [s].
fn arrivals(log: &[EventRecord]) -> Vec<f64> {
    let arrivals = log.iter().filter(|record| record.kind == EventKind::Arrival);
    arrivals.map(|record| record.at.as_secs_f64()).collect()
}

#[test]
fn load_steps_have_their_rates_between_their_times() {
    let steps = r#"Steps(steps: [
        (from: "0s", rate: "40/s"), (from: "100s", rate: "80/s"), (from: "200s", rate: "0/s"), (from: "250s", rate: "40/s"),
    ])"#;
    let at = arrivals(&run_logged(&scenario(steps, "", "300s")).1);
    let count = |from: f64, to: f64| at.iter().filter(|&&t| from <= t && t < to).count() as f64;
    for (from, to, expected) in [(0.0, 100.0, 4_000.0), (100.0, 200.0, 8_000.0), (250.0, 300.0, 2_000.0_f64)]
    {
        // A Poisson count: its standard deviation is the root of its mean.
        let off = (count(from, to) - expected).abs();
        assert!(off < 3.29 * expected.sqrt(), "{} from {from} to {to}", count(from, to));
    }
    assert_eq!(count(200.0, 250.0), 0.0);
}

/// Times of a source over so many seconds, by seed.
fn bursts(rate: f64, pace: f64, lasting_ms: u64, seconds: u64, seed: u64) -> Vec<Time> {
    let end = Time::ZERO + Span::from_secs(seconds);
    let mut bursts = Bursts::new(Pace::Constant(rate), pace, Span::from_millis(lasting_ms));
    let mut stream = Seed::new(seed).stream("arrivals");
    std::iter::from_fn(|| bursts.next(end, &mut stream).map(|(at, _)| at)).collect()
}

#[test]
fn bursts_have_the_dispersion_of_the_formula() {
    for (rate, pace, lasting_ms) in [(2.57, 12.2, 7_600), (5.53, 0.39, 40_000)] {
        let runs: Vec<Vec<Time>> = (0..20).map(|seed| bursts(rate, pace, lasting_ms, 36_000, seed)).collect();
        for window in [1.0, 60.0] {
            let found: Vec<f64> = runs.iter().map(|at| dispersion(at, window)).collect();
            let mean = found.iter().sum::<f64>() / 20.0;
            let variance = found.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 19.0;
            let theory = bursts_dispersion(pace, lasting_ms as f64 / 1e3, window);
            // Student's t with 19 degrees of freedom at 99.9 %. A sample of 600 windows that are correlated over τ
            // underrates the variance by about 2 τ / 36,000 s, less than 0.3 %.
            let bound = 3.88 * (variance / 20.0).sqrt() + 0.003 * theory;
            assert!((mean - theory).abs() < bound, "{pace} at {window} s: {mean} {theory} +- {bound}");
        }
    }
}

#[test]
fn azure_s_spread_lies_among_that_of_the_bursts_fitted_to_it() {
    // Our measurement of the traces of 2023 against 200 hours of each generator as documented: inside their central 95 %.
    for (rate, pace, lasting_ms, measured) in
        [(2.57, 12.2, 7_600, [13.2, 13.2, 164.0]), (5.53, 0.39, 40_000, [1.09, 1.39, 16.1])]
    {
        let mut found = [const { Vec::new() }; 3];
        for seed in 0..200 {
            let at = bursts(rate, pace, lasting_ms, 3_440, seed);
            for (list, value) in
                found.iter_mut().zip([gap_cv(&at), dispersion(&at, 1.0), dispersion(&at, 60.0)])
            {
                list.push(value);
            }
        }
        for (list, measured) in found.iter_mut().zip(measured) {
            list.sort_by(f64::total_cmp);
            let (low, median, high) = (list[5], list[100], list[194]);
            assert!(low < measured && measured < high, "{measured}: {low} {median} {high}");
            // And the generator's middle is not far: within a quarter.
            assert!((median / measured - 1.0).abs() < 0.25, "{measured}: {low} {median} {high}");
        }
    }
}

#[test]
fn no_router_moves_a_request_of_any_source() {
    for (arrivals_of, more) in [
        (r#"Renewal(rate: "5/s", cv: 3.0, law: Weibull)"#, "cacheable: 0.5"),
        (r#"Bursts(rate: "5/s", pace: "2/s", lasting: "10s")"#, "clients: (count: 10, skew: 1.0)"),
        (r#"Clients(rate: "5/s", cv: 2.0, profile: DeepSeekDay)"#, "clients: (count: 50, skew: 1.1)"),
        (r#"Steps(steps: [(from: "0s", rate: "5/s"), (from: "60s", rate: "9/s")])"#, ""),
        (r#"Poisson(rate: "5/s")"#, r#"conversations: (turns: 4.0, think: Exponential(mean: "20s"))"#),
        (
            r#"Clients(rate: "5/s", cv: 2.0)"#,
            r#"conversations: (turns: 4.0, think: Weibull(mean: "20s", shape: 0.7))"#,
        ),
    ] {
        let mut small = fallback("", &fault("a", "Gray(share: 0.5)", "1m", "4m"));
        small.duration = "5m";
        small.endpoints = small.endpoints.replace("sequences: 8", "sequences: 512");
        small.routers += r#"(name: "alone", strategy: Single(target: "plan")),"#;
        small.workloads = format!(
            r#"(name: "w", region: "here", entry: "router", plan: "plan", arrivals: {arrivals_of}, {more},
                input: Exponential(mean: 300.0), output: Mixture([(weight: 1, of: Constant(9)), (weight: 2, of: Quantiles([1, 40]))])),"#
        )
        .replace(", ,", ",");
        let one = small.resolve();
        let other = one.clone().with_entry("alone").expect("it reaches the plan");
        let ((a, a_log), (b, b_log)) = (run_logged(&one), run_logged(&other));
        let arrived = arrivals(&a_log);
        assert!(arrived.len() > 800 && arrived == arrivals(&b_log), "{arrivals_of}: {}", arrived.len());
        // The twins serve everything by the plan: equal bills are equal tokens.
        assert_eq!(a.twin.cost_usd.total, b.twin.cost_usd.total, "{arrivals_of}");
        assert_ne!(a.summary.fingerprint, b.summary.fingerprint, "the routers do differ");
    }
}

#[test]
fn conversations_keep_the_rate_of_requests() {
    let conversations = r#"conversations: (turns: 5.0, think: Exponential(mean: "10s"))"#;
    let at = arrivals(&run_logged(&scenario(r#"Poisson(rate: "5/s")"#, conversations, "90m")).1);
    // After five minutes the first conversations do not show any more. Counts of clusters of a geometric size N have
    // the variance rate * t * E[N²] / E[N] = 25,500 * (2 * 5 - 1); 3.29 standard deviations are 99.9 %.
    let count = at.iter().filter(|&&t| t >= 300.0).count() as f64;
    assert!((count - 25_500.0).abs() < 3.29 * (25_500.0_f64 * 9.0).sqrt(), "{count}");
}

#[test]
fn replayed_traces_keep_their_rate_spread_and_dispersion() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !data.is_dir() {
        // Straight to the stream: the test harness hides what is printed by a test that passes.
        writeln!(std::io::stderr(), "SKIPPED: the published traces are not at {}", data.display()).unwrap();
        return;
    }
    // Rate, CV of gaps, dispersion at 1 s and 60 s, as measured by an independent program; half a last digit and 0.2 %.
    for (file, more, expected) in [
        ("azure-llm-2023/AzureLLMInferenceTrace_code.csv.gz", "", [2.57, 13.2, 13.2, 164.0]),
        ("azure-llm-2023/AzureLLMInferenceTrace_conv.csv.gz", "", [5.53, 1.09, 1.39, 16.1]),
        ("mooncake/conversation_trace.jsonl.gz", ", quantum: \"3s\"", [3.40, f64::NAN, f64::NAN, 2.95]),
    ] {
        let source = format!("Trace(file: {:?}{more})", data.join(file).display().to_string());
        let log = run_logged(&scenario(&source, "", "1h")).1;
        let at: Vec<Time> = log.iter().filter(|r| r.kind == EventKind::Arrival).map(|r| r.at).collect();
        let m = Measured::of_times(&at, Span::ZERO);
        let found = [m.rate_per_s, m.cv, dispersion(&at, 1.0), dispersion(&at, 60.0)];
        for ((found, expected), digit) in found.into_iter().zip(expected).zip([0.005, 0.05, 0.05, 0.5]) {
            let slack = digit + 0.002 * expected;
            // What moving rows within their quantum decides is not compared; it moves the 60 s windows a little.
            let slack = if more.is_empty() { slack } else { slack + 0.1 };
            assert!(expected.is_nan() || (found - expected).abs() < slack, "{file}: {found} {expected}");
        }
    }
}
