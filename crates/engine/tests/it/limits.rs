//! Limits as requests meet them: accounts, estimates, answers that are cut to size.

use sandbox_model::Status;

use crate::support::{Small, endpoint, fault, run, run_logged, workload};

/// Two workloads with a model each, or the same, at two endpoints of one account.
fn two_keys(models: [&str; 2], limits: &str, faults: &str) -> [u64; 2] {
    let one = |name: &str, model: &str| {
        endpoint(name, "a", "queue: 1000", &format!(r#"model: "{model}", limits: ({limits}),"#), "$1/M")
    };
    let small = Small {
        duration: "10m",
        endpoints: one("first", models[0]) + &one("second", models[1]),
        routers: r#"(name: "to-first", strategy: Single(target: "first")),
            (name: "to-second", strategy: Single(target: "second")),"#
            .to_owned(),
        workloads: workload("to-first", "first", "1/s")
            + &workload("to-second", "second", "1/s").replace("\"w\"", "\"v\""),
        faults: faults.to_owned(),
    };
    let output = small.run();
    ["w", "v"].map(|name| output.summary.workloads[name].requests.served_by_plan)
}

/// SiliconFlow (T37 of the decision vectors): limits are the account's, not the key's, and each model has its own.
#[test]
fn keys_of_one_account_share_limits_and_models_do_not() {
    let limits = r#"rpm: 20, account: "acme""#;
    // A full bucket of 20 and 20 a minute for ten minutes: 219 or 220 each for two models, or for both together.
    let apart = two_keys(["v3", "r1"], limits, "");
    assert!(apart.iter().all(|served| (218..=220).contains(served)), "{apart:?}");
    let together: u64 = two_keys(["v3", "v3"], limits, "").iter().sum();
    assert!((218..=220).contains(&together), "{together}");
}

#[test]
fn a_spike_at_one_endpoint_is_the_accounts_and_one_at_its_provider_counts_once() {
    let limits = r#"rpm: 20, account: "acme""#;
    let half = |target: &str| fault(target, "RateLimitSpike(scale: 0.5)", "0s", "10m");
    for target in ["first", "a"] {
        // Ten at once and ten a minute.
        let served: u64 = two_keys(["v3", "v3"], limits, &half(target)).iter().sum();
        assert!((108..=110).contains(&served), "{target}: {served}");
    }
}

/// 100 prompt tokens and 51 of answer; at most 500 may be asked for.
fn estimating(charge: &str) -> Small {
    let limits = format!("limits: (tpd: 30000, charge: {charge}),");
    Small {
        duration: "10m",
        endpoints: endpoint("plan", "a", "", &limits, "$1/M"),
        routers: r#"(name: "router", strategy: Single(target: "plan", timeouts: (total: "5s"))),"#.to_owned(),
        workloads: workload("router", "plan", "1/s").replace("deadline", "max_tokens: 500, deadline"),
        faults: String::new(),
    }
}

/// What was used, and not what was estimated, is what counts in the end.
#[test]
fn an_estimate_that_is_trued_up_serves_as_many_as_the_actual_lengths() {
    let served = |small: &Small| small.run().summary.requests.served_by_plan;
    // 30,000 / 151.
    assert_eq!(served(&estimating("Actual")), 198);
    // Near the end an estimate of 600 does not fit any more: 600 above what is used, 4 at once at most.
    let estimate = served(&estimating("Estimate"));
    assert!(((30_000 - 4 * 600) / 151..=198).contains(&estimate), "{estimate}");
    // Any allowance is enough: one more, and those in flight meanwhile.
    let afterwards = served(&estimating("Afterwards"));
    assert!((199..=206).contains(&afterwards), "{afterwards}");
}

/// Requests that met the limit, and all that were answered.
fn refused(small: &Small) -> (usize, usize) {
    let (_, log) = run_logged(&small.resolve());
    let answers: Vec<_> = log.iter().filter_map(|record| record.answer).collect();
    let limited = answers.iter().filter(|answer| answer.status() == Status::TOO_MANY_REQUESTS);
    (limited.count(), answers.len())
}

#[test]
fn a_stream_that_breaks_off_gives_back_what_it_did_not_make() {
    let mut small = estimating("Estimate");
    // 101 are used of 600 that were asked for.
    small.faults = fault("plan", "StreamCut(after: 1)", "0s", "10m");
    let (limited, all) = refused(&small);
    let let_in = all - limited;
    assert!(((30_000 - 2 * 600) / 101..=30_000 / 101).contains(&let_in), "{let_in}");
}

/// Prefill never ends: callers leave after 5 s, the endpoint stops what they left, and refuses for want of a slot what is
/// more than 8. Nothing is used, and no more than 9 times 600 is ever charged.
#[test]
fn what_is_abandoned_or_finds_no_slot_gives_back_all() {
    let mut small = estimating("Estimate");
    small.endpoints =
        endpoint("plan", "a", "when_abandoned: Stops", "limits: (tpd: 5400, charge: Estimate),", "$1/M");
    small.faults = fault("plan", "SlowFirstToken(slowdown: 1000.0)", "0s", "10m");
    let (limited, all) = refused(&small);
    assert_eq!(limited, 0);
    // Some did find no slot.
    assert!(all > 0);
}

#[test]
fn max_tokens_ends_an_answer() {
    let mut small = estimating("Actual");
    small.endpoints = endpoint("plan", "a", "", "", "$1/M");
    small.workloads = small.workloads.replace("max_tokens: 500", "max_tokens: 20");
    let summary = small.run().summary;
    // 100 prompt and 20 answer tokens each, at a micro-dollar.
    let total = format!("0.{:06}", summary.requests.served_by_plan * 120);
    assert_eq!(summary.cost_usd.total, total.trim_end_matches('0'));
    assert_eq!(summary.requests.failed, 0);
}

#[test]
fn concurrency_narrows_when_other_tenants_press() {
    let served = |narrows: &str| {
        let limits = format!("limits: (concurrency: 4, narrows: {narrows}),");
        let small = Small {
            duration: "10m",
            endpoints: endpoint("plan", "a", "", &limits, "$1/M"),
            routers: r#"(name: "router", strategy: Single(target: "plan")),"#.to_owned(),
            workloads: workload("router", "plan", "8/s"),
            faults: String::new(),
        };
        let text = small.text().replace(
            r#"(name: "a", region: "here")"#,
            r#"(name: "a", region: "here", congestion: (mean: 0.5, profile: Flat))"#,
        );
        let resolved = sandbox_scenario::Resolved::parse("small.ron", &text, None, &[]).unwrap();
        run(&resolved).summary.requests.served_by_plan
    };
    let (wide, narrow, least) = (served("0.0"), served("0.5"), served("1.0"));
    // 4, 3 and 2 at once.
    assert!(wide > narrow && narrow > least && least > 0, "{wide} {narrow} {least}");
}
