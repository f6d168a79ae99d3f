//! Of which lanes anybody could tell that they are down.

use sandbox_engine::watched_lanes;

use crate::support::{Small, endpoint, fallback, fault, workload};

#[test]
fn a_lane_is_watched_if_a_router_that_is_entered_remembers_failures() {
    let small = |routers: &str, entry: &str| {
        let small = Small {
            endpoints: endpoint("plan", "a", "", "", "$1/M")
                + &endpoint("spare", "b", "", "", "$1/M")
                + &endpoint("other", "c", "", "", "$1/M"),
            routers: routers.to_owned(),
            workloads: workload(entry, "plan", "1/s"),
            faults: fault("here <-> here", "Loss(share: 0.1)", "1m", "2m"),
            ..fallback("", "")
        };
        let resolved = small.resolve();
        let output = crate::support::run(&resolved);
        let watched = watched_lanes(&resolved, &resolved.script);
        assert_eq!(watched.len(), output.timeline.lanes.len());
        // Whoever is believed down is watched.
        for row in &output.timeline.rows {
            assert!(row.believed_down.iter().zip(&watched).all(|(span, &watched)| watched || span.is_zero()));
        }
        let names = output.timeline.lanes.iter().zip(watched).filter(|(_, watched)| *watched);
        names.map(|(name, _)| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    let memory = r#"cooldown: (failures: 1, within: "10s", length: "60s")"#;
    let forgetful = r#"(name: "forgetful", strategy: Fallback(targets: ["plan", "grid"])),"#;
    let entry = format!(r#"(name: "entry", strategy: Fallback(targets: ["plan", "grid"], {memory})),"#);
    let grid = format!(
        r#"(name: "grid", region: "here", strategy: Fallback(targets: ["spare", "plan"], {memory})),"#
    );
    let blind = r#"(name: "grid", region: "here", strategy: Clairvoyant(targets: ["spare", "plan"])),"#;
    let elsewhere =
        format!(r#"(name: "elsewhere", strategy: Fallback(targets: ["other", "plan"], {memory})),"#);
    let with = |routers: &[&str]| routers.concat();
    assert_eq!(small(&with(&[&entry, &grid, &elsewhere]), "entry"), ["plan", "spare", "grid"]);
    assert_eq!(small(&with(&[forgetful, &grid, &elsewhere]), "forgetful"), ["plan", "spare"]);
    assert_eq!(small(&with(&[forgetful, blind, &elsewhere]), "forgetful"), [""; 0]);
    assert_eq!(small(&with(&[&entry, blind]), "entry"), ["plan", "grid"]);
}
