//! What is billed, to the pico-dollar: windows, steps, currencies, price changes, broken work, fees.
//!
//! A request has 100 prompt and 51 answer tokens. It reaches its endpoint after 50 ms; its first token is made 100 ms
//! later, each of the others after 10 ms more.

use std::io::Write as _;

use sandbox_engine::RunOutput;
use sandbox_engine::output::Work;
use sandbox_model::Usd;
use sandbox_scenario::Resolved;

use crate::support::{endpoint, fault, run};

const SINGLE: &str = r#"(name: "router", strategy: Single(target: "plan")),"#;

/// A scenario that starts on Wednesday, 18 Nov 2026, at midnight UTC.
struct Case<'a> {
    /// Top-level keys.
    top: &'a str,
    endpoints: String,
    routers: &'a str,
    plan: &'a str,
    /// Second of arrival, prompt and answer tokens.
    requests: &'a [(u32, u32, u32)],
    faults: String,
    deadline: &'a str,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            top: "",
            endpoints: priced("plan", r#"input: "$1/M", output: "$1/M""#, ""),
            routers: SINGLE,
            plan: "plan",
            requests: &[(0, 100, 51)],
            faults: String::new(),
            deadline: "60s",
        }
    }
}

impl Case<'_> {
    fn run(&self) -> RunOutput {
        let mut trace = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut rows = "TIMESTAMP,ContextTokens,GeneratedTokens\n".to_owned();
        for (second, input, output) in self.requests {
            let (h, m, s) = (second / 3_600, second / 60 % 60, second % 60);
            rows += &format!("2026-01-01 {h:02}:{m:02}:{s:02}.0000000,{input},{output}\n");
        }
        trace.write_all(rows.as_bytes()).expect("a temporary file can be written");
        let Self { top, endpoints, routers, plan, faults, deadline, .. } = self;
        let text = format!(
            r#"(name: "money", start: "2026-11-18 00:00 UTC", duration: "4h", {top}
                links: [(from: "here", to: "here", rtt: "20ms", jitter: 0.0)],
                providers: [(name: "a", region: "here"), (name: "b", region: "here"),
                    (name: "busy", region: "here", congestion: (mean: 0.5, profile: Flat))],
                endpoints: [{endpoints}], routers: [{routers}],
                workloads: [(name: "w", region: "here", entry: "router", plan: "{plan}", deadline: "{deadline}",
                    arrivals: Trace(file: "{}"))],
                weather: (script: [{faults}]))"#,
            trace.path().display()
        );
        run(&Resolved::parse("money.ron", &text, None, &[]).unwrap_or_else(|e| panic!("{e}\n{text}")))
    }

    /// The bill in pico-dollars.
    fn billed(&self) -> i128 {
        self.run().ledger.total().pico()
    }
}

fn priced(name: &str, price: &str, more: &str) -> String {
    let usual = endpoint(name, "a", "", more, "$1/M");
    usual.replace(r#"input: "$1/M", output: "$1/M""#, price)
}

fn usd(text: &str) -> Usd {
    text.parse().expect("an amount")
}

#[test]
fn the_price_of_a_request_is_the_one_when_it_reaches_its_endpoint() {
    let windows = r#"input: "$1/M", output: "$2/M", windows: [(from: "01:00", until: "02:00", factor: 0.5)]"#;
    let at = |second| {
        Case {
            endpoints: priced("plan", windows, ""),
            requests: &[(0, 1, 1), (second, 100, 51)],
            ..Case::default()
        }
        .billed()
            - 3_000_000
    };
    let (full, half) = (202_000_000, 101_000_000);
    // Underway before the switch, and done after it.
    assert_eq!(at(3_599), full);
    assert_eq!(at(3_600), half);
    assert_eq!(at(7_199), half);
    assert_eq!(at(7_200), full);
}

#[test]
fn the_twin_has_the_same_windows() {
    let windows = r#"input: "$1/M", output: "$2/M", windows: [(from: "01:00", until: "02:00", factor: 0.5)]"#;
    let requests = [(0, 100, 51), (4_000, 100, 51), (9_000, 100, 51)];
    let output =
        Case { endpoints: priced("plan", windows, ""), requests: &requests, ..Case::default() }.run();
    assert_eq!(output.summary.cost_usd.total, "0.000505");
    assert_eq!(output.summary.cost_usd.premium, "0");
}

#[test]
fn a_long_prompt_prices_the_whole_request() {
    let steps = r#"input: "$3/M", output: "$15/M",
        steps: [(above: 200, input: "$6/M", output: "$22.5/M"), (above: 500, input: "$9/M", output: "$30/M")]"#;
    let billed = |input| {
        Case { endpoints: priced("plan", steps, ""), requests: &[(0, input, 10)], ..Case::default() }.billed()
    };
    assert_eq!(billed(200), 200 * 3_000_000 + 10 * 15_000_000);
    assert_eq!(billed(201), 201 * 6_000_000 + 10 * 22_500_000);
    assert_eq!(billed(501), 501 * 9_000_000 + 10 * 30_000_000);
}

#[test]
fn other_currencies_are_billed_in_dollars() {
    let case = Case {
        top: r#"currencies: [(code: "CNY", usd: "$0.1398")],"#,
        endpoints: priced("plan", r#"input: "CNY 2/M", output: "¥8/M""#, ""),
        ..Case::default()
    };
    assert_eq!(case.billed(), 100 * 279_600 + 51 * 1_118_400);
}

#[test]
fn a_price_change_is_billed_and_the_twin_knows_nothing_of_it() {
    let case = Case {
        requests: &[(0, 100, 51), (1_000, 100, 51)],
        faults: fault("plan", "PriceChange(factor: 2.5)", "10m", "20m"),
        ..Case::default()
    };
    let output = case.run();
    assert_eq!(output.summary.cost_usd.total, "0.0005285");
    assert_eq!(output.summary.cost_usd.twin, "0.000302");
    assert_eq!(output.summary.requests.served_by_plan, 2);
    // It is no reason to call the plan unhealthy, and rounds each price to the pico-dollar a token.
    let odd = Case {
        endpoints: priced("plan", r#"input: "$0.000003/M", output: "$1/M""#, ""),
        faults: fault("plan", "PriceChange(factor: 0.5)", "0s", "20m"),
        ..Case::default()
    };
    assert_eq!(odd.billed(), 100 * 2 + 51 * 500_000);
}

/// A grid of two, of which the first is cheaper; it may not pay more than its limit.
fn grid(fees: &str) -> String {
    format!(
        r#"(name: "router", region: "here", {fees} strategy: OpenRouterLegacy(targets: ["plan", "spare"],
            order: ["plan"], max_price: (input: "$2/M", output: "$2/M"))),"#
    )
}

fn grid_endpoints(windows: &str) -> String {
    priced("plan", &format!(r#"input: "$1/M", output: "$1/M", {windows}"#), "")
        + &endpoint("spare", "b", "", "", "$1.5/M")
}

#[test]
fn routers_see_the_prices_of_the_hour_and_of_faults() {
    let dearer = r#"windows: [(from: "01:00", until: "02:00", factor: 3.0)]"#;
    let routers = grid("");
    let leak = |windows: &str, faults: String| {
        let case = Case {
            endpoints: grid_endpoints(windows),
            routers: &routers,
            requests: &[(0, 100, 51), (4_000, 100, 51), (8_000, 100, 51)],
            faults,
            ..Case::default()
        };
        case.run()
    };
    let calm = leak("", String::new());
    assert_eq!(calm.summary.requests.leaked, 0);
    // A window that is too dear for the guard: one request leaves, and so it does in the twin: calm weather is no flip.
    let window = leak(dearer, String::new());
    assert_eq!(window.summary.leak.by_cause["guard"].requests, 1);
    assert_eq!(window.summary.cost_usd.premium, "0");
    assert_eq!(window.summary.flips.requests, 0);
    // The spare's 1.5 against the plan's 3 of that hour.
    assert_eq!(window.summary.leak.premium_usd, "-0.0002265");
    // The same by a fault: the twin and the calm choice do not know it.
    let fault = leak("", fault("plan", "PriceChange(factor: 3.0)", "1h", "2h"));
    assert_eq!(fault.summary.leak.by_cause["guard"].requests, 1);
    assert_eq!(fault.summary.leak.premium_usd, "0.0000755");
    assert_eq!(fault.summary.cost_usd.premium, "0.0000755");
    assert_eq!((fault.summary.flips.requests, &*fault.summary.flips.premium_usd), (1, "0.0000755"));
}

#[test]
fn surge_follows_competing_load() {
    let busy = priced("plan", r#"input: "$1/M", output: "$1/M", surge: 0.3"#, "")
        .replace(r#"provider: "a""#, r#"provider: "busy""#);
    // 1 + 0.3 x 0.5.
    assert_eq!(Case { endpoints: busy, ..Case::default() }.billed(), 151 * 1_150_000);
}

/// What is wasted when the plan bills this for broken work.
fn wasted(billing: &str, faults: &str, deadline: &str) -> RunOutput {
    Case {
        endpoints: priced("plan", r#"input: "$1/M", output: "$2/M""#, &format!("billing: ({billing}),")),
        faults: faults.to_owned(),
        deadline,
        ..Case::default()
    }
    .run()
}

#[test]
fn what_breaks_is_billed_as_its_provider_says() {
    let cut = fault("plan", "StreamCut(after: 20)", "0s", "1m");
    // First token at 150 ms; at 405 ms 25 more are made.
    let down = fault("plan", "Down()", "405ms", "1m");
    let early = fault("plan", "Down()", "100ms", "1m");
    let errors = fault("plan", "Errors(share: 1.0)", "0s", "1m");
    let held = fault("plan", "SlowFail(hold: \"1s\")", "0s", "1m");
    let refused = fault("plan", "Down()", "0s", "1m");
    let prompt = 100;
    let cases: [(&str, &str, i128); 12] = [
        ("", &cut, 0),
        ("cut: Made", &cut, prompt + 2 * 20),
        ("cut: Prompt", &cut, prompt),
        ("failed: Prompt", &cut, 0),
        ("cut: Made", &down, prompt + 2 * 26),
        ("cut: Made", &early, 0),
        ("failed: Prompt", &early, prompt),
        ("", &errors, 0),
        ("failed: Prompt", &errors, prompt),
        ("failed: Made", &held, prompt),
        ("failed: Prompt", &refused, 0),
        ("abandoned: Nothing", &cut, 0),
    ];
    for (billing, faults, micro) in cases {
        let output = wasted(billing, faults, "60s");
        let pico = micro * 1_000_000;
        assert_eq!(output.ledger.total().pico(), pico, "{billing} {faults}");
        assert_eq!(usd(&format!("${}", output.summary.cost_usd.wasted)).pico(), pico, "{billing} {faults}");
        assert_eq!(output.summary.requests.failed, 1, "{billing} {faults}");
        assert!(output.ledger.lines.iter().all(|line| line.work == Work::Wasted), "{billing} {faults}");
    }
}

#[test]
fn an_abandoned_request_runs_on_and_is_billed_as_its_provider_says() {
    for (billing, micro) in [("", 100 + 2 * 51), ("abandoned: Prompt", 100), ("abandoned: Nothing", 0)] {
        let output = wasted(billing, "", "300ms");
        assert_eq!(output.ledger.total().pico(), micro * 1_000_000, "{billing}");
        assert_eq!(output.summary.requests.failed, 1, "{billing}");
    }
}

#[test]
fn an_endpoint_has_its_provider_s_billing_unless_it_has_its_own() {
    let text = |own: &str| {
        crate::support::Small {
            duration: "5m",
            endpoints: endpoint("plan", "a", "", own, "$1/M"),
            routers: SINGLE.to_owned(),
            workloads: crate::support::workload("router", "plan", "1/s"),
            faults: fault("plan", "StreamCut(after: 20)", "0s", "5m"),
        }
        .text()
        .replace(r#"(name: "a", region: "here")"#, r#"(name: "a", region: "here", billing: (cut: Made))"#)
    };
    let total = |own: &str| {
        run(&Resolved::parse("billing.ron", &text(own), None, &[]).unwrap_or_else(|e| panic!("{e}")))
            .ledger
            .total()
    };
    assert!(total("") > Usd::ZERO);
    assert_eq!(total("billing: (cut: Nothing),"), Usd::ZERO);
}

#[test]
fn fees_are_part_of_the_bill_and_shown_by_themselves() {
    let routers = grid("fees: (credit: 0.055),");
    let output = Case { endpoints: grid_endpoints(""), routers: &routers, ..Case::default() }.run();
    // 151 tokens at a micro-dollar each, and 5.5 % of that.
    assert_eq!(output.summary.cost_usd.fees, "0.000008305");
    assert_eq!(output.summary.cost_usd.total, "0.000159305");
    assert_eq!(output.ledger.fees(), usd("$0.000008305"));
    assert_eq!(output.summary.cost_usd.premium, "0", "the twin pays them too");
    assert_eq!(output.summary.endpoints["plan"].cost_usd.fees, "0.000008305");
    assert_eq!(output.summary.routers["router"].cost_usd.fees, "0.000008305");
}

#[test]
fn every_gateway_takes_its_share_of_what_passes() {
    let routers = r#"
        (name: "router", region: "here", fees: (credit: 0.1), strategy: Fallback(targets: ["plan", "grid"], retries: 0)),
        (name: "grid", region: "here", fees: (credit: 0.055), strategy: OpenRouterLegacy(targets: ["spare"])),"#;
    let endpoints = || endpoint("plan", "a", "", "", "$1/M") + &endpoint("spare", "b", "", "", "$2/M");
    let case = Case {
        endpoints: endpoints(),
        routers,
        faults: fault("plan", "Down()", "0s", "1m"),
        ..Case::default()
    };
    let output = case.run();
    // 302 micro-dollars; 16.61 for the grid; a tenth of 318.61 for the router.
    assert_eq!(output.summary.cost_usd.fees, "0.000048471");
    assert_eq!(output.summary.cost_usd.total, "0.000350471");
    // The plan passes through the router too: 151 and 15.1.
    assert_eq!(output.summary.leak.premium_usd, "0.000184371");
    assert_eq!(output.summary.cost_usd.premium, "0.000184371");
    // The outermost gateway is the grid whose choice was another.
    assert_eq!(output.summary.flips.premium_usd, "0.000184371");
}

#[test]
fn a_flip_counts_the_fees_on_it() {
    let routers = grid("fees: (credit: 0.055),");
    let output = Case {
        endpoints: grid_endpoints(""),
        routers: &routers,
        plan: "router",
        faults: fault("plan", "Down()", "0s", "1m"),
        ..Case::default()
    }
    .run();
    // Half a micro-dollar a token, and 5.5 % of it.
    assert_eq!(output.summary.flips.premium_usd, "0.0000796525");
}

#[test]
fn own_keys_pay_a_fee_above_the_allowance() {
    let byok = |more: &str| {
        let routers = grid(&format!(r#"fees: (credit: 0.055, byok: 0.05, byok_targets: ["plan"], {more}),"#));
        let requests = [(0, 1_000_000, 1), (600, 1_000_000, 1)];
        Case { endpoints: grid_endpoints(""), routers: &routers, requests: &requests, ..Case::default() }
            .run()
    };
    // Two dollars and two micro-dollars of usage.
    assert_eq!(byok("").summary.cost_usd.fees, "0.1000001");
    // The allowance covers the first request and half of the second.
    let partly = byok(r#"byok_free: "$1.500001""#);
    assert_eq!(partly.summary.cost_usd.fees, "0.02500005");
    assert_eq!(partly.summary.cost_usd.premium, "0");
    assert_eq!(partly.summary.cost_usd.total, "2.02500205");
}

#[test]
fn wasted_work_pays_fees_too() {
    let routers = r#"(name: "router", region: "here", fees: (credit: 0.055), strategy: Single(target: "plan",
        timeouts: (first_token: "100ms"))),"#;
    let output = Case { routers, ..Case::default() }.run();
    assert_eq!(output.summary.cost_usd.wasted, "0.000159305");
    assert_eq!(output.ledger.lines[0].fees, usd("$0.000008305"));
}

/// The engine holds every run against the laws of money: here are runs that try to break them.
mod under_drawn_weather {
    use proptest::prelude::*;

    use crate::support::{Small, endpoint, fault, run, workload};

    fn kind() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "Down()",
            "Errors(share: 0.5)",
            "SlowFail(share: 0.5, hold: \"3s\")",
            "StreamCut(share: 0.5, after: 20)",
            "PriceChange(factor: 1.7)",
            "Stall",
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn fees_windows_and_broken_work_break_no_law(
            faults in prop::collection::vec(
                (prop::sample::select(vec!["plan", "up1", "up2"]), kind(), 0..240_u32, 1..90_u32), 0..6),
            billing in prop::sample::select(vec![
                "()",
                "(failed: Prompt, cut: Made)",
                "(cut: Prompt, abandoned: Nothing)",
                "(failed: Made, cut: Made, abandoned: Prompt)",
            ]),
            fees in prop::sample::select(vec![
                "(credit: 0.055)",
                r#"(credit: 0.033333, byok: 0.05, byok_targets: ["up1"], byok_free: "$0.01")"#,
            ]),
            stops in any::<bool>(),
        ) {
            let stopping = if stops { "when_abandoned: Stops, queue: 3, queue_wait: \"2s\"" } else { "queue: 3" };
            let more = format!("billing: {billing},");
            let small = Small {
                duration: "5m",
                endpoints: endpoint("plan", "a", stopping, &more, "$1/M")
                    + &endpoint("up1", "b", stopping, &more, "$1.000003/M")
                    + &endpoint("up2", "c", stopping, "", "$2/M"),
                routers: format!(
                    r#"(name: "entry", region: "here", fees: (credit: 0.01), strategy: Fallback(targets: ["plan", "grid"],
                        retries: 1, timeouts: (first_token: "2s"))),
                    (name: "grid", region: "here", fees: {fees}, strategy: OpenRouterLegacy(targets: ["up1", "up2"],
                        timeouts: (first_token: "2s"))),"#
                ),
                workloads: workload("entry", "plan", "4/s"),
                faults: faults.iter().map(|&(target, kind, from, length)| {
                    fault(target, kind, &format!("{from}s"), &format!("{}s", from + length))
                }).collect(),
            };
            let windows = r#"price: (windows: [(from: "00:01", until: "00:03", factor: 0.333333)], surge: 0.1, "#;
            let text = small.text().replace("price: (", windows);
            let resolved = sandbox_scenario::Resolved::parse("drawn.ron", &text, None, &[])
                .unwrap_or_else(|e| panic!("{e}"));
            let output = run(&resolved);
            prop_assert_eq!(output.ledger.total().decimal(), output.summary.cost_usd.total.clone());
            prop_assert_eq!(output.ledger.fees().decimal(), output.summary.cost_usd.fees.clone());
            prop_assert!(output.ledger.fees() > sandbox_model::Usd::ZERO);
        }
    }
}
