//! `sandbox explain`: what it tells, and what it answers to mistakes.

use serde_json::Value;

use crate::bench::Bench;

/// Endpoints in one place, all alike but for the price; a request each ten seconds. Chinese residency leaves out `us`.
fn scenario(routers: &str, faults: &str, workload: &str) -> String {
    let serving =
        r#"serving: (prefill_base: "100ms", prefill_per_token: "0s", step_base: "10ms", sequences: 64)"#;
    let endpoint = |(name, price): (&str, &str)| {
        format!(
            r#"(name: "{name}", provider: "of {name}", {serving}, price: (input: "{price}", output: "{price}")),"#
        )
    };
    let provider = |(name, region): (&str, &str)| format!(r#"(name: "of {name}", region: "{region}"),"#);
    let endpoints = [("p", "$1/M"), ("f", "$2/M"), ("dear", "$9/M"), ("us", "$1/M")].map(endpoint).concat();
    let providers =
        [("p", "cn-east"), ("f", "cn-east"), ("dear", "cn-east"), ("us", "us-west")].map(provider).concat();
    format!(
        r#"(name: "explained", start: "2026-11-18 09:00 Asia/Shanghai", duration: "5m", bucket: "1m",
            links: [(from: "cn-east", to: "us-west", rtt: "160ms", jitter: 0.0)],
            providers: [{providers}], endpoints: [{endpoints}], routers: [{routers}],
            workloads: [(name: "w", region: "cn-east", entry: "router", plan: "p", deadline: "60s",
                arrivals: Trace(file: "trace.jsonl"), {workload})],
            weather: (script: [{faults}]))"#
    )
}

fn bench(routers: &str, faults: &str, workload: &str) -> Bench {
    let bench = Bench::new();
    let row =
        |n: u64| format!("{{\"timestamp\":{},\"input_length\":100,\"output_length\":11}}\n", 10_000 * n);
    bench.write("trace.jsonl", &(0..5).map(row).collect::<String>());
    bench.write("explained.ron", &scenario(routers, faults, workload));
    bench.sandbox("run explained.ron --out run").expect(0);
    bench
}

/// The text for one request; no line is wider than a terminal of 80 columns.
fn told(bench: &Bench, request: &str) -> String {
    let text = bench.sandbox(&format!("explain run --request {request}")).expect(0).out;
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    text
}

fn library(strategy: &str) -> String {
    format!(r#"(name: "router", strategy: {strategy}),"#)
}

fn down(target: &str, status: u16) -> String {
    format!(r#"(target: "{target}", kind: Down(status: {status}), from: "0s", until: "5m"),"#)
}

#[test]
fn a_plain_success() {
    let bench = bench(&library(r#"Fallback(targets: ["p", "f"])"#), "", "");
    insta::assert_snapshot!("explain-plain", told(&bench, "w/3"));
}

#[test]
fn retries_then_a_fallback() {
    let strategy = r#"Fallback(targets: ["p", "f"], retries: 2, backoff: (base: "500ms", jitter: None))"#;
    let bench = bench(&library(strategy), &down("p", 503), "");
    insta::assert_snapshot!("explain-retries", told(&bench, "0"));
}

#[test]
fn cooldown_residency_price_and_cap() {
    let strategy = r#"Composed(targets: ["p", "us", "dear", "f"], max_price: (input: "$5/M", output: "$5/M"),
        memory: [Cooldown(failures: 1, within: "60s", length: "30s")],
        retry: (retries: 3, rules: [(on: ["5xx"], at: Other, waits: Never)]))"#;
    let bench = bench(&library(strategy), &down("p", 503), r#"residency: ["cn-east"]"#);
    insta::assert_snapshot!("explain-exclusions", told(&bench, "w/1"));
}

#[test]
fn a_grid_with_a_failing_upstream() {
    let routers = r#"
        (name: "router", strategy: Fallback(targets: ["p", "grid-with-a-name-that-is-far-too-long-for-a-column"], retries: 0)),
        (name: "grid-with-a-name-that-is-far-too-long-for-a-column", region: "us-west", strategy: Composed(
            targets: ["us", "f"], retry: (retries: 1, rules: [(on: ["5xx"], at: Other, waits: Never)]))),"#;
    let faults = down("p", 503) + &down("us", 500);
    insta::assert_snapshot!("explain-grid", told(&bench(routers, &faults, ""), "w/2"));
}

#[test]
fn a_hedge() {
    let faults = r#"(target: "p", kind: SlowFirstToken(factor: 30.0), from: "0s", until: "5m"),"#;
    let faults = faults.replace("SlowFirstToken(factor: 30.0)", "Blackhole");
    let bench = bench(&library(r#"Composed(targets: ["p", "f"], hedge: (after: "1s"))"#), &faults, "");
    insta::assert_snapshot!("explain-hedge", told(&bench, "w/0"));
}

/// The router's own 404 is told apart from one that came from a target.
#[test]
fn a_shed_request_and_a_router_below_that_sent_nothing() {
    let own = r#"Composed(targets: ["dear"], max_price: (input: "$5/M", output: "$5/M"), gives_up: (nothing_allowed: 404))"#;
    let bench1 =
        bench(&library(&own.replace(r#"["dear"]"#, r#"["p", "dear"]"#).replace("$5/M", "$0.5/M")), "", "");
    insta::assert_snapshot!("explain-shed", told(&bench1, "w/0"));
    let routers = library(r#"Fallback(targets: ["grid", "p"], retries: 0)"#)
        + &format!(r#"(name: "grid", region: "us-west", strategy: {own}),"#);
    insta::assert_snapshot!("explain-nothing-sent", told(&bench(&routers, "", ""), "w/0"));
}

#[test]
fn json_says_the_same_and_adds_up() {
    let strategy = r#"Fallback(targets: ["p", "f"], retries: 2, backoff: (base: "500ms", jitter: None))"#;
    let bench = bench(&library(strategy), &down("p", 503), "");
    let ended = bench.sandbox("explain run --request w/0 --json").expect(0);
    assert_eq!(ended.err, "");
    let story: Value = serde_json::from_str(&ended.out).expect("standard output is one story");
    let decisions = story["entry"]["decisions"].as_array().expect("decisions");
    let tried: Vec<&str> =
        decisions.iter().filter_map(|step| step["decision"]["try"]["target"].as_str()).collect();
    assert_eq!(tried, ["p", "p", "p", "f"]);
    assert_eq!((&story["end"]["outcome"], &story["end"]["cause"]), (&"leak".into(), &"outage".into()));
    // 111 tokens at two dollars a million.
    assert_eq!(story["end"]["billed"], "0.000222");
    // A wait of half a second and one of a second; the round trips within a region are far below a tenth.
    let waits = decisions.iter().filter_map(|step| {
        let until = step["decision"]["wait"]["until_s"].as_f64()?;
        Some(until - step["at_s"].as_f64()?)
    });
    let waits: Vec<u64> = waits.map(|seconds| (seconds * 1e3 + 0.5) as u64).collect();
    assert_eq!(waits, [500, 1_000]);
}

#[test]
fn mistakes_are_told_with_a_hint() {
    let bench = bench(&library(r#"Fallback(targets: ["p", "f"])"#), "", "");
    for (request, hint) in
        [("w/5", "they are numbered from 0 to 4"), ("x/0", "workloads here: w"), ("w/first", "like w/17")]
    {
        let err = bench.sandbox(&format!("explain run --request {request}")).expect(2).err;
        assert!(err.starts_with("error: ") && err.contains(hint), "{err}");
    }
    bench.edit(
        "run/outages.ron",
        "faults: [",
        r#"faults: [(target: "p", kind: Down(), from: "1m", until: "2m"),"#,
    );
    let err = bench.sandbox("explain run --request w/0").expect(6).err;
    assert!(err.contains("sandbox replay run"), "{err}");
    for gone in ["outages.ron", "scenario.ron", "summary.json"] {
        std::fs::remove_file(bench.path("run").join(gone)).expect("it was there");
        let err = bench.sandbox("explain run --request w/0").expect(1).err;
        assert!(err.contains(gone) && err.contains("= hint:"), "{err}");
    }
}
