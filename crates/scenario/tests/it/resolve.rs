//! What resolving yields, and the variants of a resolved scenario.

use sandbox_core::{Span, Time};
use sandbox_model::{FaultKind, Status};
use sandbox_scenario::file::FaultEntry;
use sandbox_scenario::resolved::{NodeKind, ResolvedArrivals};
use sandbox_scenario::{Script, When};

use crate::parse;

#[test]
fn names_become_indices_and_shapes_become_curves() {
    let r = parse(&[]).unwrap_or_else(|e| panic!("{e}"));
    let names: Vec<&str> = r.nodes.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["sf-v3.1", "sf-grid", "di-v3", "hybrid", "openrouter", "direct"]);
    assert_eq!(r.nodes[3].targets.iter().map(|t| t.index()).collect::<Vec<_>>(), [0, 4]);
    assert!(matches!(r.nodes[4].kind, NodeKind::Router { index: 1 }));
    assert_eq!(r.regions, ["cn-east", "us-west", "us-east"]);
    assert_eq!((r.topology.node_count(), r.topology.edge_count()), (6, 5));
    assert_eq!(r.links[0][2].as_ref().unwrap().rtt, Span::from_millis(210));
    assert_eq!(r.links[2][0], r.links[0][2]);
    assert_eq!(r.links[0][1], None);
    assert_eq!(r.links[0][0].as_ref().unwrap().rtt, Span::from_millis(2));
    assert_eq!(r.bucket, Span::from_mins(1));
    assert!(r.providers[0].competing.as_ref().unwrap().max() < 0.65 && r.providers[1].competing.is_none());
    let ResolvedArrivals::Drawn { rate } = &r.workloads[0].arrivals else { panic!() };
    let day: f64 = (0..24).map(|h| rate.at(Time::ZERO + Span::from_hours(h))).sum();
    assert!((day / 24.0 - 40.0).abs() < 1e-9, "{day}");
    let faults: Vec<String> =
        r.script.faults.iter().map(|f| format!("{} {}-{}", f.target, f.from, f.until)).collect();
    assert_eq!(faults, ["siliconflow 9h 30m-10h", "openrouter 12h-13h"]);
    assert_eq!(r.fault_targets("siliconflow").len(), 2);
    assert_eq!(r.objectives.len(), 3);
    assert_eq!(r.process_speed.len(), 1);
}

#[test]
fn a_script_replaces_faults_and_processes() {
    let fault = |target: &str| FaultEntry {
        target: target.to_owned(),
        kind: FaultKind::Down { status: Status::UNAVAILABLE, retry_after: None },
        from: "1h".parse::<When>().unwrap(),
        until: "02:00 Asia/Shanghai".parse().unwrap(),
    };
    let r = parse(&[])
        .unwrap()
        .with_script(Script { found: None, faults: vec![fault("di-v3")] }, "drawn")
        .unwrap();
    assert_eq!((r.script.faults.len(), r.scenario.weather.processes.len(), r.process_speed.len()), (1, 0, 0));
    assert_eq!(r.script.faults[0].until, Time::ZERO + Span::from_hours(2));
    let error = r
        .with_script(Script { found: None, faults: vec![fault("di-v4")] }, "drawn.ron")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("faults[0].target")
            && error.contains("did you mean `di-v3`")
            && error.contains("--> drawn.ron"),
        "{error}"
    );
}

#[test]
fn a_script_file_is_told_with_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outages.ron");
    std::fs::write(
        &path,
        "(faults: [\n  (target: \"di-v3\", kind: Down(), from: \"2h\", until: \"1h\"),\n])",
    )
    .unwrap();
    assert_eq!(sandbox_scenario::load_script(&path).unwrap().faults.len(), 1);
    let error = parse(&[]).unwrap().with_script_file(&path).unwrap_err().to_string();
    assert!(error.contains("outages.ron:2:") && error.contains("faults[0].until"), "{error}");
    assert!(sandbox_scenario::load_script(&folder.path().join("outage.ron")).unwrap_err().unreadable);
}

#[test]
fn another_entry_must_reach_the_plan() {
    let r = parse(&[]).unwrap().with_entry("cn-chat=direct").unwrap();
    assert_eq!(r.nodes[r.workloads[0].entry.index()].name, "direct");
    assert_eq!(r.nodes[r.workloads[1].entry.index()].name, "openrouter");
    let error = parse(&[]).unwrap().with_entry("direct").unwrap_err().to_string();
    assert!(error.contains("workloads.us-batch.plan") && error.contains("--router direct"), "{error}");
    let error = parse(&[]).unwrap().with_entry("hybird").unwrap_err().to_string();
    assert!(error.contains("did you mean `hybrid`"), "{error}");
}

#[test]
fn another_seed_changes_nothing_else() {
    let (a, b) = (parse(&[]).unwrap(), parse(&[]).unwrap().with_seed(99));
    assert_eq!(b.scenario.seed, 99);
    assert_eq!(a.workloads, b.workloads);
}
