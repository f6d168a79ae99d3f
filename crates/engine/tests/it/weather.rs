//! What no router can change, and what a script does.

use sandbox_engine::{EventKind, EventRecord, weather};
use sandbox_model::OutageScript;
use sandbox_scenario::{Resolved, Script};

use crate::support::{run, run_logged};

/// The flagship, an hour of it.
fn flagship() -> Resolved {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/asia-peak-overflow.ron");
    let sets = [
        "duration=1h".to_owned(),
        "start=2026-11-18 20:00 Asia/Shanghai".to_owned(),
        "weather.script=[]".to_owned(),
    ];
    Resolved::load(path.as_ref(), &sets).unwrap_or_else(|invalid| panic!("{invalid}"))
}

fn arrivals(log: &[EventRecord]) -> Vec<(u64, Option<(u16, u64)>)> {
    let of_clients = log.iter().filter(|record| record.kind == EventKind::Arrival);
    of_clients.map(|record| (record.at.as_nanos(), record.request)).collect()
}

#[test]
fn another_router_moves_no_arrival_no_token_and_no_outage() {
    let resolved = flagship();
    let (hybrid, hybrid_log) = run_logged(&resolved);
    for router in ["cn-chat=direct-only", "cn-chat=clairvoyant"] {
        let other = resolved.clone().with_entry(router).expect("it reaches the plan");
        let (output, log) = run_logged(&other);
        assert_ne!(output.summary.fingerprint, hybrid.summary.fingerprint, "the routers do differ");
        assert_eq!(arrivals(&log), arrivals(&hybrid_log));
        assert_eq!(output.script, hybrid.script);
        let row = |output: &sandbox_engine::RunOutput| {
            let rows = output.timeline.rows.iter();
            rows.map(|row| (row.arrived, row.competing.clone())).collect::<Vec<_>>()
        };
        assert_eq!(row(&output), row(&hybrid));
        // Tokens: the twin of a router that fails nobody bills every token once, at the plan's price for cn-chat.
        assert_eq!(output.twin.cost_usd.total, hybrid.twin.cost_usd.total);
    }
}

#[test]
fn a_drawn_script_fed_back_gives_the_same_run() {
    let resolved = flagship();
    let drawn = run(&resolved);
    assert!(!drawn.script.faults.is_empty(), "an hour of evening peak draws a micro-outage");
    let again =
        resolved.with_script(Script::from(drawn.script.clone()), "drawn").expect("drawn scripts are valid");
    assert_eq!(again.scenario.weather.processes, []);
    assert_eq!(run(&again).summary, drawn.summary);
}

#[test]
fn an_edited_script_gives_another_run_of_the_same_traffic() {
    let resolved = flagship();
    let drawn = run(&resolved);
    let mut script: OutageScript = drawn.script.clone();
    script.faults.clear();
    let calm = run(&resolved.with_script(Script::from(script), "edited").expect("no faults are valid"));
    assert_eq!(calm.summary.requests.arrived, drawn.summary.requests.arrived);
    assert_ne!(calm.summary.fingerprint, drawn.summary.fingerprint);
    assert!(
        calm.summary.requests.failed + calm.summary.requests.shed
            < drawn.summary.requests.failed + drawn.summary.requests.shed
    );
}

#[test]
fn seeds_draw_different_weather_and_the_same_seed_the_same() {
    let script = |seed| weather::outage_script(&flagship().with_seed(seed));
    assert_eq!(script(3), script(3));
    assert_ne!(script(3), script(4));
}

#[test]
fn runs_that_differ_differ_first_where_their_scripts_do() {
    let resolved = flagship();
    let script = weather::outage_script(&resolved);
    let mut later = script.clone();
    later.faults[0].until = later.faults[0].until.saturating_add(sandbox_core::Span::from_secs(1));
    assert_eq!(sandbox_engine::replay::first_difference(&resolved, &script, &script), None);
    let difference =
        sandbox_engine::replay::first_difference(&resolved, &script, &later).expect("they differ");
    let first = difference.first.expect("the run goes on");
    assert_eq!((first.kind, first.at), (EventKind::FaultEnd, script.faults[0].until));
}
