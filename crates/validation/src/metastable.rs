//! The four cases of Huang et al. (OSDI'22): a database whose primary loses most of its CPU for ten seconds.
//!
//! One server, first in, first out, with deterministic service; a client in an open loop at a fixed interval, that gives up on an
//! attempt after 3 s and sends it again at once, up to four times. The server does the work of attempts that nobody waits for.
//! Rates are a hundredth of the original's, which leaves every ratio as it is: load, trigger and timeout.
//!
//! Fitted: the service rate, and on the baseline case alone, as the lowest at which it recovers. Predicted: the other three.

use crate::check::{Check, Finding};
use crate::scenario::{OneServer, Seconds, run_by_second};

const GROUP: &str = "Metastable failures";

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    vec![Check::new("four-cases", GROUP, four_cases).slow()]
}

#[derive(Copy, Clone)]
struct Case {
    name: &'static str,
    /// Between requests, a hundred times the original's [ms].
    interval_ms: f64,
    trigger_s: u32,
    /// CPU that is left of 2.0.
    quota: f64,
    recovers: bool,
}

const BASELINE: Case =
    Case { name: "75 us, 10 s, 0.45", interval_ms: 7.5, trigger_s: 10, quota: 0.45, recovers: true };
const PREDICTED: [Case; 3] = [
    Case { name: "75 us, 10 s, 0.40", interval_ms: 7.5, trigger_s: 10, quota: 0.40, recovers: false },
    Case { name: "75 us, 9 s, 0.40", interval_ms: 7.5, trigger_s: 9, quota: 0.40, recovers: true },
    Case { name: "100 us, 10 s, 0.40", interval_ms: 10.0, trigger_s: 10, quota: 0.40, recovers: true },
];

/// Requests answered in the last 30 of 180 s, as a share of those sent, where service takes so long [us].
fn answered_at_the_end(case: Case, service_us: u32) -> f64 {
    let Case { interval_ms, trigger_s, quota, .. } = case;
    let resolved = OneServer {
        duration: "180s",
        serving: &format!(
            r#"prefill_base: "{service_us}us", prefill_per_token: "0s", step_base: "1ms", sequences: 1, queue: 1000000"#
        ),
        fallback: r#"retries: 4, backoff: (base: "0s", jitter: None), timeouts: (total: "3s")"#,
        arrivals: &format!(r#"Renewal(rate: "{}/s", cv: 0.01)"#, 1e3 / interval_ms),
        output: "Constant(1)",
        script: &format!(
            r#"(target: "server", kind: Brownout(slowdown: {:?}), from: "60s", until: "{}s")"#,
            2.0 / quota,
            60 + trigger_s
        ),
        clients: 1,
    }
    .resolve();
    let (_, seconds) = run_by_second(&resolved, "server");
    Seconds::mean(&seconds.answered, 150, 180) * interval_ms / 1e3
}

fn recovers(case: Case, service_us: u32) -> bool {
    answered_at_the_end(case, service_us) > 0.9
}

/// The longest service at which a case recovers, to 10 us; at 7.5 ms the baseline's load would be 100 %.
fn longest_service(case: Case) -> u32 {
    let (mut good, mut bad) = (50, 750);
    while bad - good > 1 {
        let middle = (good + bad) / 2;
        if recovers(case, 10 * middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    10 * good
}

fn four_cases() -> Finding {
    let good = longest_service(BASELINE);
    let load = f64::from(good) / (BASELINE.interval_ms * 1e3);
    let outcomes = PREDICTED.map(|case| (case, answered_at_the_end(case, good)));
    let told = outcomes.map(|(case, share)| {
        let word = if share > 0.9 {
            "recovers"
        } else if share < 0.1 {
            "never recovers"
        } else {
            "half recovers"
        };
        format!("{}: {word} ({:.0} % answered)", case.name, 100.0 * share)
    });
    Finding {
        what: "Four cases of a retry storm, named by interval between requests, length of the trigger and CPU left of 2.0. The service rate is fitted on the \
               baseline (75 us, 10 s, 0.45: recovers) alone, as the lowest at which it recovers; the other three are predicted"
            .to_owned(),
        expected: PREDICTED
            .map(|case| format!("{}: {}", case.name, if case.recovers { "recovers" } else { "never recovers" }))
            .join("; "),
        source: "Huang et al., OSDI'22, artifact lexiangh/Metastability, Retry_Metastability".to_owned(),
        measured: format!(
            "{}; fitted service {:.1} us, a load of {:.1} %. Each by itself would recover up to {} us",
            told.join("; "),
            f64::from(good) / 100.0,
            100.0 * load,
            PREDICTED.map(|case| format!("{:.1}", f64::from(longest_service(case)) / 100.0)).join(", ")
        ),
        interval: "recovers: more than 90 % answered in the last 30 of the 110 s after the trigger; never: less than 10 %; rates are a hundredth \
                   of the original's, and gaps between requests vary by 1 %"
            .to_owned(),
        holds: outcomes
            .iter()
            .all(|&(case, share)| if case.recovers { share > 0.9 } else { share < 0.1 }),
    }
}
