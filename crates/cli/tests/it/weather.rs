//! Weather is independent of routing: another router sees the same arrivals, lengths and outages.

use crate::bench::{Bench, rows};

/// The lines of an event log whose event is one of `kinds`.
fn events(bench: &Bench, run: &str, kinds: &[&str]) -> Vec<String> {
    let log = bench.read(&format!("{run}/events.csv"));
    let of_kind = |line: &&str| line.split(',').nth(1).is_some_and(|kind| kinds.contains(&kind));
    log.lines().filter(of_kind).map(str::to_owned).collect()
}

/// Moments and requests without the router that they enter.
fn without_node(lines: Vec<String>) -> Vec<String> {
    let first_four = |line: String| line.split(',').take(4).collect::<Vec<_>>().join(",");
    lines.into_iter().map(first_four).collect()
}

#[test]
fn another_router_moves_no_arrival_and_no_outage() {
    let bench = Bench::new();
    bench.edit("quick.ron", "availability >= 97%", "availability >= 50%");
    bench.quick("hybrid", "--trace");
    for router in ["direct-only", "clairvoyant"] {
        bench.quick(router, &format!("--trace --router {router}"));
        assert_eq!(bench.read("hybrid/outages.ron"), bench.read(&format!("{router}/outages.ron")));
        let arrivals = |run: &str| without_node(events(&bench, run, &["arrival"]));
        assert!(arrivals("hybrid").len() > 1_000, "there is something to compare");
        assert!(arrivals("hybrid") == arrivals(router), "arrivals move with {router}");
        let weather = |run: &str| events(&bench, run, &["fault_begin", "fault_end", "congestion"]);
        assert!(weather("hybrid") == weather(router), "faults or congestion move with {router}");
        let competing = |run: &str| -> Vec<String> {
            let timeline = bench.read(&format!("{run}/timeline.csv"));
            rows(&timeline).iter().map(|row| row["competing:siliconflow"].to_owned()).collect()
        };
        assert!(competing("hybrid") == competing(router), "competing load moves with {router}");
        assert_ne!(bench.summary("hybrid").fingerprint, bench.summary(router).fingerprint);
        assert_eq!(bench.summary("hybrid").requests.arrived, bench.summary(router).requests.arrived);
    }
}

/// Token counts are seen in the ledger alone, so everything must be served: all arrivals come in the first of two
/// hours, and a fault that refuses everything (without breaking off what runs) is met with fallbacks.
#[test]
fn another_router_changes_no_token_count() {
    let bench = Bench::new();
    let zeros = ["0.0"; 23].join(", ");
    bench.edit(
        "quick.ron",
        r#"Poisson(rate: "3/s")"#,
        &format!(r#"Poisson(rate: "0.05/s", profile: Hourly(zone: "Asia/Shanghai", hours: [1.0, {zeros}]))"#),
    );
    bench.edit("quick.ron", "2026-11-18 19:00", "2026-11-18 00:00");
    bench.write(
        "refusals.ron",
        r#"(faults: [(target: "siliconflow", kind: Errors(share: 1.0), from: "10m", until: "25m")])"#,
    );
    let tokens = |router: &str| {
        let summary =
            bench.quick(router, &format!("--set duration=2h --script refusals.ron --router {router}"));
        assert_eq!(
            summary.requests.failed + summary.requests.shed + summary.requests.in_flight,
            0,
            "{router}"
        );
        let ledger = bench.read(&format!("{router}/ledger.csv"));
        let lines = rows(&ledger);
        let sum = |column: &str| {
            lines.iter().map(|line| line[column].parse::<u64>().expect("a count")).sum::<u64>()
        };
        (ledger.clone(), (sum("requests"), sum("input_tokens"), sum("output_tokens")))
    };
    let (hybrid, clairvoyant) = (tokens("hybrid"), tokens("clairvoyant"));
    assert!(hybrid.1.0 > 1_000, "there is something to compare");
    assert_eq!(hybrid.1, clairvoyant.1);
    assert_ne!(hybrid.0, clairvoyant.0, "the routers do differ");
}
