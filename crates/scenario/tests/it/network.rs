//! Links, the table of regions, and residency, from a text to a scenario that can run.

use std::io::Write as _;

use sandbox_core::{Span, Time};
use sandbox_scenario::regions::known_rtt;
use sandbox_scenario::{Resolved, scenario_to_text};

/// Callers in one region, a plan in another; `links` and more of the workload as given.
fn scenario(here: &str, there: &str, links: &str, more: &str, faults: &str) -> String {
    format!(
        r#"(name: "small", start: "2026-11-18 00:00 Asia/Shanghai", duration: "1h", links: [{links}],
            providers: [(name: "a", region: "{there}")],
            endpoints: [(name: "plan", provider: "a", price: (input: "$1/M", output: "$1/M"),
                serving: (prefill_base: "1ms", prefill_per_token: "0s", step_base: "1ms", sequences: 1))],
            routers: [(name: "r", strategy: Single(target: "plan"))],
            workloads: [(name: "w", region: "{here}", entry: "r", plan: "plan", arrivals: Poisson(rate: "1/s"), {more})],
            weather: (script: [{faults}]))"#
    )
}

fn parse(text: &str) -> Resolved {
    Resolved::parse("small.ron", text, None, &[]).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

#[test]
fn known_regions_need_no_link_and_the_resolved_scenario_writes_it_out() {
    let resolved = parse(&scenario("cn-east", "us-west-2", "", "", ""));
    assert_eq!(resolved.scenario.links.len(), 1);
    assert_eq!(resolved.links[0][1].as_ref().unwrap().rtt, Span::from_millis(165));
    let text = scenario_to_text(&resolved.scenario);
    assert!(text.contains(r#"rtt: "165ms""#), "{text}");
    assert_eq!(parse(&text).scenario, resolved.scenario);
    // What is written counts, in either order.
    let written = r#"(from: "us-west-2", to: "cn-east", rtt: "300ms")"#;
    let resolved = parse(&scenario("cn-east", "us-west-2", written, "", ""));
    assert_eq!((resolved.scenario.links.len(), resolved.scenario.links[0].rtt), (1, Span::from_millis(300)));
}

#[test]
fn a_link_with_everything_reads_back_as_itself() {
    let link = r#"(from: "x", to: "y", rtt: "100ms", loss: 0.01,
        friction: (toward: "y", loss: 0.2, delay: "90ms", profile: ChinaSlowHours), residual_block: (chance: 0.001))"#;
    let resolved = parse(&scenario("x", "y", link, r#"residency: ["y"]"#, ""));
    let block = resolved.scenario.links[0].residual_block.as_ref().unwrap();
    assert_eq!((block.share, block.length), (0.75, Span::from_secs(90)));
    assert_eq!(parse(&scenario_to_text(&resolved.scenario)).scenario, resolved.scenario);
    // The shape has height 1, from 09:30 to 21:30 above a half, over a day at least.
    let shape = resolved.friction[0].as_ref().unwrap();
    let at = |minutes| shape.at(Time::ZERO + Span::from_mins(minutes));
    assert_eq!((at(9 * 60), at(10 * 60), at(21 * 60), at(22 * 60)), (0.0, 1.0, 1.0, 0.0));
    assert!((at(9 * 60 + 30) - 0.5).abs() < 1e-12 && (at(21 * 60 + 30) - 0.5).abs() < 1e-12);
    let slow = (0..24 * 60).filter(|&minute| at(minute) >= 0.5).count();
    assert_eq!(slow, 12 * 60 + 1);
}

#[test]
fn faults_of_links_name_directions() {
    let fault = |target: &str| format!(r#"(target: "{target}", kind: Partition, from: "1m", until: "2m")"#);
    let link = r#"(from: "x", to: "y", rtt: "100ms")"#;
    for (target, ways) in [
        ("x <-> y", vec![(0, 1), (1, 0)]),
        ("y<->x", vec![(1, 0), (0, 1)]),
        ("x -> y", vec![(0, 1)]),
        ("y ->x", vec![(1, 0)]),
        ("y <-> y", vec![(1, 1)]),
    ] {
        let resolved = parse(&scenario("y", "x", link, "", &fault(target)));
        assert_eq!(resolved.regions, ["x", "y"]);
        assert_eq!(resolved.fault_ways(target), ways, "{target}");
        assert!(resolved.fault_targets(target).is_empty());
    }
}

#[test]
fn residency_permits_what_is_inside_and_what_leads_there() {
    let link = r#"(from: "x", to: "y", rtt: "100ms")"#;
    let resolved = parse(&scenario("x", "y", link, r#"residency: ["y"]"#, ""));
    // A library is where its caller is: outside, and permitted.
    assert_eq!(resolved.workloads[0].permitted, [true, true]);
    let text = scenario("x", "y", link, r#"residency: ["x"]"#, "");
    let error = Resolved::parse("small.ron", &text, None, &[]).unwrap_err().to_string();
    assert!(
        error.contains("outside this workload's residency") && error.contains("no target of `r`"),
        "{error}"
    );
}

#[test]
fn the_table_agrees_with_the_file_that_it_was_made_from() {
    let file = crate::workspace("../shared/data/aws-rtt/aws_rtt_ms.tsv");
    let Ok(text) = std::fs::read_to_string(&file) else {
        // Past the test runner's capture: this must be seen in a green run.
        let _ = writeln!(std::io::stderr(), "SKIPPED: no {}: the RTT table was NOT compared", file.display());
        return;
    };
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let millis = |row: usize, column: usize| rows[row][column].parse::<u64>().unwrap();
    for a in 1..rows.len() {
        for b in (1..rows.len()).filter(|&b| b != a) {
            let mean = (millis(a, b) + millis(b, a)) / 2;
            assert_eq!(
                known_rtt(rows[a][0], rows[b][0]),
                Some(Span::from_millis(mean)),
                "{} {}",
                rows[a][0],
                rows[b][0]
            );
        }
    }
    assert_eq!(rows.len(), 22);
}
