//! What a prefix cache does to bills: cached prompt tokens have their own price, and moving elsewhere loses them.

use sandbox_core::Span;
use sandbox_engine::EventKind;

use crate::support::{Small, endpoint, fallback, fault, run, run_logged};

/// Six requests a minute of 100 prompt and 51 answer tokens; half of each prompt is the same. The plan caches it.
fn scenario(faults: &str) -> Small {
    let priced = |name: &str, provider: &str, more: &str| {
        let usual = endpoint(name, provider, more, "", "$1/M");
        usual.replace(r#"input: "$1/M""#, r#"input: "$1/M", cached: "$0.10/M""#)
    };
    let mut small = fallback("", faults);
    small.endpoints = priced("plan", "a", r#"prefix_cache: "1h","#) + &priced("spare", "b", "");
    small.workloads =
        r#"(name: "w", region: "here", entry: "router", plan: "plan", arrivals: Poisson(rate: "6/min"),
        input: Constant(100), output: Constant(51), cacheable: 0.5),"#
            .to_owned();
    small
}

const FULL: i128 = 100_000_000 + 51_000_000;
const CACHED: i128 = 50_000_000 + 5_000_000 + 51_000_000;

#[test]
fn cached_prompt_tokens_are_billed_at_their_own_price() {
    let (output, log) = run_logged(&scenario("").resolve());
    let requests = i128::from(output.summary.requests.arrived);
    assert!(requests > 30 && output.summary.requests.in_flight == 0);
    // Those that reach the plan before it has made the last token of the first answer find nothing: 600 ms later.
    let delivered: Vec<_> = log.iter().filter(|r| r.kind == EventKind::Deliver).map(|r| r.at).collect();
    let first_answer = delivered[0] + Span::from_millis(600);
    let early = delivered.iter().filter(|&&at| at < first_answer).count() as i128;
    assert_eq!(output.ledger.total().pico(), early * FULL + (requests - early) * CACHED);
}

#[test]
fn the_premium_of_a_leak_counts_the_cache_that_it_missed() {
    let output = run(&scenario(&fault("plan", "Down()", "5m", "9m")).resolve());
    let leaks = &output.summary.leak.by_cause["outage"];
    assert!(leaks.requests > 10);
    // The spare has the plan's prices and no cache: each loses what 50 tokens cost less from the plan's.
    let lost = i128::from(leaks.requests) * (FULL - CACHED);
    let premium: sandbox_model::Usd = format!("${}", leaks.premium_usd).parse().expect("an amount");
    assert_eq!(premium.pico(), lost);
}
