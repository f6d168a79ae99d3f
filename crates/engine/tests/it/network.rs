//! Links that lose packets, friction, partitions and firewalls, as requests meet them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_engine::{EventKind, EventRecord, RunOutput};
use sandbox_scenario::Resolved;

use crate::support::{endpoint, fault, run, run_logged};

/// Callers in China, a plan and a grid in the US, a spare at home; `link` goes into the link to the US.
fn scenario(link: &str, faults: &[String]) -> Resolved {
    let endpoints = endpoint("plan", "far", "sequences: 64,", "", "$1/M").replacen("sequences: 8, ", "", 1)
        + &endpoint("spare", "near", "sequences: 64,", "", "$3/M").replacen("sequences: 8, ", "", 1)
        + &endpoint("up", "far", "sequences: 64,", "", "$2/M").replacen("sequences: 8, ", "", 1);
    let text = format!(
        r#"(name: "small", start: "2026-11-18 00:00 UTC", duration: "20m",
            links: [(from: "cn", to: "us", rtt: "160ms", jitter: 0.0, {link})],
            providers: [(name: "far", region: "us"), (name: "near", region: "cn")],
            endpoints: [{endpoints}],
            routers: [
                (name: "hybrid", strategy: Fallback(targets: ["plan", "grid", "spare"], retries: 0,
                    timeouts: (first_token: "2s"))),
                (name: "grid", region: "us", strategy: OpenRouterLegacy(targets: ["up"])),
                (name: "single", strategy: Single(target: "plan")),
                (name: "two", strategy: Fallback(targets: ["plan", "spare"], retries: 0, timeouts: (first_token: "2s"))),
                (name: "clairvoyant", strategy: Clairvoyant(targets: ["plan", "grid", "spare"],
                    timeouts: (first_token: "2s"))),
            ],
            workloads: [(name: "w", region: "cn", entry: "two", plan: "plan", arrivals: Poisson(rate: "2/s"),
                input: Constant(100), output: Constant(51), deadline: "60s")],
            weather: (script: [{}]))"#,
        faults.concat()
    );
    Resolved::parse("small.ron", &text, None, &[]).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

fn under(resolved: &Resolved, router: &str) -> Resolved {
    resolved.clone().with_entry(router).expect("the router reaches the plan")
}

/// For each request, from its arrival to its delivery and from its last token to its return [us].
fn ways(log: &[EventRecord]) -> BTreeMap<u64, (u64, u64)> {
    let mut arrivals = BTreeMap::new();
    let mut deliveries = BTreeMap::new();
    let mut ways = BTreeMap::new();
    let micros = |span: Span| span.as_nanos() / 1_000;
    for record in log {
        let Some((_, number)) = record.request else { continue };
        match record.kind {
            EventKind::Arrival => drop(arrivals.insert(number, record.at)),
            EventKind::Deliver => drop(deliveries.insert(number, record.at)),
            // The prefill takes 100 ms and each of the other 50 tokens 10 ms.
            EventKind::Return => {
                let served = deliveries[&number] + Span::from_millis(600);
                let there = micros(deliveries[&number].since(arrivals[&number]));
                ways.insert(number, (there, micros(record.at.since(served))));
            }
            _ => {}
        }
    }
    ways
}

/// Half a round trip [us].
const HALF: u64 = 80_000;

#[test]
fn friction_delays_and_loses_towards_one_end_only() {
    let friction =
        |toward| format!(r#"friction: (toward: "{toward}", loss: 0.3, delay: "50ms", profile: Flat)"#);
    for (toward, there) in [("us", true), ("cn", false)] {
        let (_, log) = run_logged(&under(&scenario(&friction(toward), &[]), "single"));
        let mut ways = ways(&log);
        // The first request opens the connection, which takes both directions.
        ways.remove(&0);
        let (slow, smooth): (Vec<u64>, Vec<u64>) =
            ways.values().map(|&(a, b)| if there { (a, b) } else { (b, a) }).unzip();
        assert!(ways.len() > 2_000);
        assert!(smooth.iter().all(|&way| way == HALF), "{toward}: the other direction is untouched");
        assert!(slow.iter().all(|&way| way >= HALF + 50_000), "{toward}");
        // A repetition takes 410 ms, a second one 820 ms more. A first token that is repeated twice is overtaken by the
        // end of its answer 500 ms later, which then waits for it: 0.3² of those that are not lost themselves.
        let chance = if there { 0.3 } else { 0.3 + 0.7 * 0.09 };
        // Binomial(about 2 400, chance): 3.9 standard deviations (99.99 %).
        let lost = slow.iter().filter(|&&way| way > HALF + 50_000).count() as f64;
        let n = ways.len() as f64;
        assert!(
            (lost - chance * n).abs() < 3.9 * (n * chance * (1.0 - chance)).sqrt(),
            "{toward}: {lost} of {n}"
        );
        assert!(!there || slow.iter().all(|&way| way == HALF + 50_000 || way >= HALF + 50_000 + 410_000));
    }
}

#[test]
fn friction_follows_the_hours_and_the_twin_has_its_daily_minimum() {
    // Slow from 09:30 in Shanghai, which is 01:30 UTC.
    let link = r#"friction: (toward: "cn", loss: 0.4)"#;
    let slow_at = |start: &str| {
        let resolved = scenario(link, &[]);
        let text =
            sandbox_scenario::scenario_to_text(&resolved.scenario).replace("2026-11-18 00:00 UTC", start);
        let resolved = Resolved::parse("small.ron", &text, None, &[]).expect("only the start differs");
        let (output, log) = run_logged(&under(&resolved, "single"));
        assert_eq!(output.twin.requests.failed, 0);
        ways(&log).values().filter(|(_, back)| *back > HALF).count()
    };
    assert_eq!(slow_at("2026-11-18 00:00 UTC"), 0);
    assert!(slow_at("2026-11-18 05:00 UTC") > 700);
}

#[test]
fn the_luck_of_a_packet_does_not_depend_on_the_router() {
    let resolved = scenario("loss: 0.1", &[]);
    let of = |router| ways(&run_logged(&under(&resolved, router)).1);
    let (single, two) = (of("single"), of("two"));
    let same = single.iter().filter(|(number, way)| two.get(number) == Some(way)).count();
    assert!(single.values().filter(|way| way.0 > HALF).count() > 100);
    // Those that the impatient router gives up on differ: at least four losses of 360 ms, 720 ms …, one in a hundred.
    assert!(same * 100 > single.len() * 95, "{same} of {}", single.len());
}

#[test]
fn a_partition_holds_what_is_on_its_way_and_what_is_being_served_goes_on() {
    let resolved = scenario("", &[fault("cn <-> us", "Partition", "5m", "6m")]);
    let (output, log) = run_logged(&under(&resolved, "single"));
    let at = |minutes| Time::ZERO + Span::from_mins(minutes);
    let within = |kind: EventKind, late: u64| {
        let from = at(5) + Span::from_millis(late);
        log.iter().filter(|r| r.kind == kind && from < r.at && r.at < at(6)).count()
    };
    // Half a round trip after it begins nothing arrives any more.
    assert_eq!((within(EventKind::Deliver, 80), within(EventKind::Return, 80)), (0, 0));
    assert!(within(EventKind::Endpoint, 80) > 0, "what was delivered before is served");
    // Nobody's patience of 60 s outlasts a minute of partition and a timer, and nobody else fails.
    assert!(output.summary.requests.failed > 0);
    assert!(output.summary.requests.served_by_plan > 2_000);
    assert!(log.iter().any(|r| r.kind == EventKind::FaultBegin && r.at == at(5) && r.node.is_none()));
}

#[test]
fn one_way_partitions_close_one_way() {
    for (target, kind) in [("us -> cn", EventKind::Return), ("cn -> us", EventKind::Deliver)] {
        let resolved = scenario("", &[fault(target, "Partition", "5m", "6m")]);
        let (_, log) = run_logged(&under(&resolved, "single"));
        let at = |seconds| Time::ZERO + Span::from_secs(seconds);
        let seen = |kind| log.iter().filter(|r| r.kind == kind && at(301) < r.at && r.at < at(360)).count();
        assert_eq!(seen(kind), 0, "{target}");
        let other = if kind == EventKind::Return { EventKind::Deliver } else { EventKind::Endpoint };
        assert_eq!(seen(other) > 0, kind == EventKind::Return, "{target}");
    }
}

/// Causes of leak and their requests: all, and avoidable.
fn causes(output: &RunOutput) -> BTreeMap<String, (u64, u64)> {
    let lines = output.summary.leak.by_cause.iter();
    lines.map(|(cause, line)| (cause.clone(), (line.requests, line.avoidable_requests))).collect()
}

#[test]
fn a_partitioned_plan_leaks_by_outage_and_a_lossy_one_slowly() {
    let partition = causes(&run(&scenario("", &[fault("us <-> cn", "Partition", "5m", "10m")])));
    assert_eq!(partition.keys().collect::<Vec<_>>(), ["outage"]);
    let (requests, avoidable) = partition["outage"];
    // 600 arrive in five minutes; Poisson, 3.9 standard deviations.
    assert!(requests.abs_diff(600) < 100, "{requests}");
    // Who ran out of patience after its end finds the plan healthy: those of the last two seconds.
    assert!(avoidable <= 15, "{avoidable}");
    let loss = causes(&run(&scenario("", &[fault("us <-> cn", "Loss(share: 0.5)", "5m", "10m")])));
    assert_eq!(loss.keys().collect::<Vec<_>>(), ["slow"]);
    assert!(loss["slow"].0 > 50 && loss["slow"].1 <= 15, "{loss:?}");
}

#[test]
fn a_faulty_link_has_a_lane_without_belief() {
    let faults = [
        fault("us <-> cn", "Loss(share: 0.5)", "5m", "10m"),
        fault("cn <-> us", "Partition", "12m", "13m"),
        fault("cn -> us", "Partition", "1m", "2m"),
    ];
    let output = run(&scenario("", &faults));
    assert_eq!(output.timeline.lanes, ["plan", "spare", "up", "grid", "cn <-> us", "cn -> us"]);
    let lanes: Vec<usize> = output.lane_faults.iter().map(|(lane, _)| *lane).collect();
    assert_eq!(lanes, [5, 4, 4]);
    assert!(output.timeline.rows.iter().all(|row| row.believed_down.len() == 6));
    assert!(output.timeline.rows.iter().all(|row| row.believed_down[4..] == [Span::ZERO; 2]));
    assert_eq!(output.summary.faults.len(), 3);
}

#[test]
fn a_firewall_blocks_new_connections_for_its_length_and_leaves_open_ones_alone() {
    // Every request sets it off; each opens a connection of its own.
    let block = r#"residual_block: (chance: 1.0, share: 0.75)"#;
    let output = run(&under(&scenario(&format!(r#"keep_alive: "0s", {block}"#), &[]), "two"));
    assert_eq!(causes(&output).keys().collect::<Vec<_>>(), ["outage"]);
    // All but the first are blocked with a chance of 3/4: binomial, 3.9 standard deviations of √(n · 3/16).
    let (leaked, n) = (output.summary.requests.leaked as f64, output.summary.requests.arrived as f64);
    assert!((leaked - 0.75 * n).abs() < 3.9 * (n * 3.0 / 16.0).sqrt(), "{leaked} of {n}");
    assert_eq!(output.twin.requests.leaked, 0);
    // One connection for all: nothing to block. Requests come every half a second, and it is kept for a minute.
    let output = run(&under(&scenario(block, &[]), "two"));
    assert_eq!(output.summary.requests.leaked, 0);
}

fn link_fault() -> impl Strategy<Value = String> {
    let target = prop::sample::select(vec!["cn <-> us", "us <-> cn", "cn -> us", "us -> cn", "us <-> us"]);
    let kind = prop_oneof![
        Just("Partition".to_owned()),
        (0..10_u32).prop_map(|tenths| format!("Loss(share: {}.{})", tenths / 9, tenths % 9)),
    ];
    let node = prop::sample::select(vec!["plan", "far", "grid", "up"]);
    let window = || (0..1_200_u32, 1..300_u32);
    let at = |(from, length): (u32, u32)| (format!("{}s", from.min(1_199)), format!("{}s", from + length));
    prop_oneof![
        4 => (target, kind, window()).prop_map(move |(target, kind, window)| {
            let (from, until) = at(window);
            fault(target, &kind, &from, &until)
        }),
        1 => (node, window()).prop_map(move |(node, window)| {
            let (from, until) = at(window);
            fault(node, "Down()", &from, &until)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_network_breaks_a_law_and_who_knows_it_leaks_nothing_avoidable(
        faults in prop::collection::vec(link_fault(), 0..6),
        link in prop::sample::select(vec![
            "",
            "loss: 0.05",
            r#"friction: (toward: "us", profile: Flat), keep_alive: "0s""#,
            r#"loss: 0.01, keep_alive: "1s", residual_block: (chance: 0.01)"#,
        ]),
    ) {
        let resolved = scenario(link, &faults);
        for router in ["hybrid", "two", "single"] {
            let output = run(&under(&resolved, router));
            prop_assert_eq!(output.ledger.total().decimal(), output.summary.cost_usd.total.clone());
        }
        let best = run(&under(&resolved, "clairvoyant"));
        prop_assert_eq!(best.summary.leak.avoidable_share.unwrap_or(0.0), 0.0);
    }
}
