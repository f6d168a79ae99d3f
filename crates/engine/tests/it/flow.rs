//! Where requests went, and the steps from the twin's bill to the run's.

use sandbox_engine::RunOutput;
use sandbox_engine::output::summary::WaterfallStep;
use sandbox_engine::output::{FlowEnd, FlowLine};
use sandbox_model::{Cause, Usd};

use crate::support::{Small, endpoint, fallback, fault, workload};

const STEPS: [&str; 9] = [
    "base",
    "not_served",
    "unavoidable",
    "detection_lag",
    "failback_lag",
    "by_design",
    "retries_and_hedges",
    "other_prices",
    "total",
];

fn usd(decimal: &str) -> Usd {
    let text = decimal.strip_prefix('-').map_or(format!("${decimal}"), |rest| format!("-${rest}"));
    text.parse().unwrap_or_else(|_| panic!("`{decimal}` is no amount"))
}

fn step<'a>(output: &'a RunOutput, name: &str) -> &'a WaterfallStep {
    output.summary.waterfall.iter().find(|step| step.step == name).expect("all steps are there")
}

fn requests(output: &RunOutput, of: impl Fn(&FlowLine) -> bool) -> u64 {
    output.flow.lines.iter().filter(|line| of(line)).map(|line| line.requests).sum()
}

fn is_leak(line: &FlowLine) -> bool {
    matches!(line.end, FlowEnd::Leak(_))
}

/// What must hold of any run.
pub(crate) fn hold(output: &RunOutput) {
    let (summary, flow) = (&output.summary, &output.flow);
    let all = summary.requests;
    for (end, expected) in
        [(FlowEnd::Failed, all.failed), (FlowEnd::Shed, all.shed), (FlowEnd::InFlight, all.in_flight)]
    {
        assert_eq!(requests(output, |line| line.end == end), expected, "{end:?}");
    }
    assert_eq!(requests(output, |line| matches!(line.end, FlowEnd::Plan(_))), all.served_by_plan);
    assert_eq!(requests(output, is_leak), all.leaked);
    for (name, workload) in &summary.workloads {
        assert_eq!(requests(output, |line| line.workload == *name), workload.requests.arrived, "{name}");
    }
    assert_eq!(flow.lines.iter().map(|line| line.billed).sum::<Usd>(), output.ledger.total());
    for line in &flow.lines {
        assert!(line.requests > 0 || matches!(line.end, FlowEnd::Wasted(_)), "{line:?}");
        assert!(is_leak(line) || !line.avoidable, "{line:?}");
        assert!(!is_leak(line) || line.cause.is_some(), "{line:?}");
        assert!(line.first.is_some() || !matches!(line.end, FlowEnd::Plan(_) | FlowEnd::Leak(_)), "{line:?}");
        // Each line once.
        let key = |l: &FlowLine| {
            (l.workload.clone(), l.first.clone(), l.cause, l.avoidable, l.tried_plan, l.end.clone())
        };
        assert_eq!(flow.lines.iter().filter(|other| key(other) == key(line)).count(), 1, "{line:?}");
    }
    // The waterfall.
    let names: Vec<&str> = summary.waterfall.iter().map(|step| step.step.as_str()).collect();
    assert_eq!(names, STEPS);
    assert_eq!(step(output, "base").usd, summary.cost_usd.twin);
    assert_eq!(step(output, "total").usd, summary.cost_usd.total);
    let between: Usd = summary.waterfall[1..8].iter().map(|step| usd(&step.usd)).sum();
    assert_eq!(between, usd(&summary.cost_usd.premium));
    assert_eq!(step(output, "not_served").requests, all.failed + all.shed + all.in_flight);
    let leaks: u64 = summary.waterfall[2..7].iter().map(|step| step.requests).sum();
    assert_eq!(leaks, all.leaked);
}

/// 151 tokens cost $0.000151 on plan, and $0.000302 more at the spare.
#[test]
fn each_leak_is_in_one_step_and_flat_prices_leave_nothing_over() {
    let faults = fault("a", "Down()", "2m", "4m") + &fault("b", "Down()", "3m", "3m30s");
    let output = fallback(r#"cooldown: (failures: 3, within: "10s", length: "15s")"#, &faults).run();
    hold(&output);
    let (plan, premium) = (151_000_000, 302_000_000);
    let leaks = |cause, avoidable, tried| {
        requests(&output, |l| {
            is_leak(l) && l.cause == Some(cause) && (l.avoidable, l.tried_plan) == (avoidable, tried)
        })
    };
    let unavoidable = leaks(Cause::Outage, false, false);
    let detected = leaks(Cause::Outage, false, true) + leaks(Cause::Outage, true, true);
    let late = leaks(Cause::Cooldown, true, false);
    assert_eq!(unavoidable + detected + late, output.summary.requests.leaked);
    // Three failures in ten seconds start it; then after each cooldown of 15 s three more, at one a second.
    assert!(unavoidable > 40 && detected > 10 && late > 3, "{unavoidable} {detected} {late}");
    for (name, n) in [("unavoidable", unavoidable), ("detection_lag", detected), ("failback_lag", late)] {
        let step = step(&output, name);
        assert_eq!((step.requests, usd(&step.usd).pico()), (n, i128::from(n) * premium), "{name}");
    }
    let lost = output.summary.requests;
    let (lost, calm) = (lost.failed + lost.shed, output.twin.requests);
    assert!(lost > 10 && (calm.failed, calm.shed) == (0, 0));
    assert_eq!(usd(&step(&output, "not_served").usd).pico(), -plan * i128::from(lost));
    for name in ["by_design", "retries_and_hedges", "other_prices"] {
        assert_eq!((step(&output, name).requests, step(&output, name).usd.as_str()), (0, "0"), "{name}");
    }
    // All that the plan got first, it got from the router; the rest began elsewhere or was never sent.
    let first = |name: Option<&str>| requests(&output, |line| line.first.as_deref() == name);
    assert_eq!(first(Some("plan")) + first(Some("spare")) + first(None), output.summary.requests.arrived);
    assert_eq!(first(None), output.summary.requests.shed);
}

/// Hedges at the spare after 200 ms: a plan that is slow for a while is billed for what nobody takes.
#[test]
fn wasted_work_stands_under_the_first_target_and_in_its_own_step() {
    let output = Small {
        endpoints: endpoint("plan", "a", "when_abandoned: RunsOn", "", "$1/M") + &endpoint("spare", "b", "", "", "$3/M"),
        routers: r#"(name: "router", strategy: Fallback(targets: ["plan", "spare"], retries: 0, timeouts: (first_token: "1s"))),"#
            .to_owned(),
        workloads: workload("router", "plan", "1/s"),
        faults: fault("a", "Brownout(slowdown: 30.0)", "2m", "4m"),
        ..fallback("", "")
    }
    .run();
    hold(&output);
    let wasted: Vec<&FlowLine> =
        output.flow.lines.iter().filter(|line| matches!(line.end, FlowEnd::Wasted(_))).collect();
    let [line] = wasted[..] else { panic!("one line of wasted work: {wasted:?}") };
    assert_eq!((line.first.as_deref(), &line.end), (Some("plan"), &FlowEnd::Wasted("plan".to_owned())));
    assert!(line.billed.pico() > 50 * 151_000_000, "{line:?}");
    assert_eq!(usd(&step(&output, "retries_and_hedges").usd), line.billed);
    assert_eq!(step(&output, "other_prices").usd, "0");
    // Each of them had tried the plan, which was slow, and soon full.
    let tried = |cause| requests(&output, |l| is_leak(l) && l.cause == Some(cause) && l.tried_plan);
    let (slow, full) = (tried(Cause::Slow), tried(Cause::Overload));
    assert!(slow > 20 && full > 20, "{slow} {full}");
    assert_eq!(slow + full, output.summary.requests.leaked);
    assert_eq!(step(&output, "detection_lag").requests, slow + full);
}

#[test]
fn a_plan_that_gets_dearer_is_a_price_and_no_leak() {
    let output = fallback("", &fault("a", "PriceChange(factor: 2.0)", "2m", "4m")).run();
    hold(&output);
    let dearer = usd(&output.summary.cost_usd.premium);
    assert!(dearer.pico() > 80 * 151_000_000);
    assert_eq!(usd(&step(&output, "other_prices").usd), dearer);
    assert_eq!(step(&output, "other_prices").requests, 0);
}

#[test]
fn what_calm_weather_does_too_is_in_the_base() {
    // A tenth of all goes to the spare by design, with and without faults.
    let output = Small {
        routers: r#"(name: "router", strategy: OpenRouterLegacy(targets: ["plan", "spare"])),"#.to_owned(),
        ..fallback("", "")
    }
    .run();
    hold(&output);
    assert_eq!(step(&output, "by_design").requests, output.summary.requests.leaked);
    assert!(output.summary.requests.leaked > 30);
    for step in &output.summary.waterfall[1..8] {
        assert_eq!(step.usd, "0", "{step:?}");
    }
}
