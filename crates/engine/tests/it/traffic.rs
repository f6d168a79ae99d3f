//! Sources of requests, as a run meets them.
//!
//! Tolerances are z-intervals: with n and the standard deviation in the comment, at 99.9 % (3.29 standard deviations).

use sandbox_engine::{EventKind, EventRecord};
use sandbox_scenario::Resolved;

use crate::support::{fallback, run_logged};

/// One workload with these keys instead of `arrivals: Poisson(…)`, for so long.
pub(crate) fn scenario(arrivals: &str, more: &str, duration: &'static str) -> Resolved {
    let mut small = fallback("", "");
    small.duration = duration;
    small.workloads = format!(
        r#"(name: "w", region: "here", entry: "router", plan: "plan", arrivals: {arrivals},
            input: Constant(100), output: Constant(3), {more}),"#
    );
    small.resolve()
}

/// When requests arrived [s].
pub(crate) fn arrivals(log: &[EventRecord]) -> Vec<f64> {
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
