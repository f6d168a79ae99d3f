//! A gateway that hears from its other customers: it knows what none of our requests has told it, late and in samples.

use super::stage::{Played, Stage};

/// Two endpoints, the first so cheap that nearly all requests go there unless it is believed down; it is down from
/// 60 s to 120 s. The gateway under test is the grid behind `router`, which passes everything on.
fn grid(fleet: &str, requests: impl IntoIterator<Item = u64>) -> Vec<Played> {
    let mut stage = Stage::new(&["cheap", "dear"], r#"Single(target: "grid")"#, 0)
        .requests_at(requests)
        .fails("cheap", "Down(status: 503)", "60s", "120s");
    stage.endpoints[0].1 = 0.001;
    stage.routers = format!(
        r#"(name: "grid", region: "here", {fleet} strategy: OpenRouterLegacy(targets: ["cheap", "dear"])),"#
    );
    stage.play()
}

/// Whom a request at this second asks; but for one at 0 it is alone, so that nothing is learnt from our own.
fn alone(fleet: &str, seconds: u64) -> String {
    grid(fleet, [0, 1_000 * seconds])[1].order()
}

const FLEET: &str = r#"fleet: (rate: "20/s", every: "1s", lag: "5s"),"#;

#[test]
fn an_outage_that_others_met_is_known_after_the_lag() {
    // Failures are heard from 65 s on, and are half of the last 30 s from about 80 s on.
    for (second, with, without) in [
        (59, "cheap", "cheap"),
        (64, "cheap,dear", "cheap,dear"),
        (70, "cheap,dear", "cheap,dear"),
        (84, "dear", "cheap,dear"),
        (119, "dear", "cheap,dear"),
        // The last failures are of 119 s, heard at 124 s; they count for 30 s.
        (153, "dear", "cheap"),
        (155, "cheap", "cheap"),
    ] {
        assert_eq!(alone(FLEET, second), with, "{second} s, with a feed");
        assert_eq!(alone("", second), without, "{second} s, without");
    }
}

/// At 0.02 requests a second hardly anyone else is there to meet the outage: it takes three failures in 30 s, where
/// 0.6 are expected; Poisson(0.6) reaches 3 with a chance of 2.3 % in any one window.
#[test]
fn a_thin_sample_misses_an_outage() {
    assert_eq!(alone(r#"fleet: (rate: "0.02/s"),"#, 80), "cheap,dear");
}

/// Half of the others' requests fail: the feed shows it in samples, and 90 % stays above the threshold of one half.
#[test]
fn the_feed_counts_failures_and_not_only_outages() {
    for (share, order) in [("0.9", "dear"), ("0.1", "cheap")] {
        let mut stage = Stage::new(&["cheap", "dear"], r#"Single(target: "grid")"#, 0)
            .requests_at([0, 110_000])
            .fails("cheap", &format!("Errors(share: {share}, status: 500)"), "60s", "100s");
        stage.endpoints[0].1 = 0.001;
        stage.routers = format!(
            r#"(name: "grid", region: "here", {FLEET} strategy: OpenRouterLegacy(targets: ["cheap", "dear"])),"#
        );
        assert_eq!(stage.play()[1].order(), order, "{share}");
    }
}

/// Detection is told of the routers that requests can come to: behind `router` the gateway counts, beside it it does not.
#[test]
fn a_gateway_that_nobody_enters_sees_no_outage() {
    for (router, seen) in [(r#"Single(target: "grid")"#, true), (r#"Single(target: "cheap")"#, false)] {
        let mut stage = Stage::new(&["cheap", "dear"], router, 0).requests_at([0, 110_000]).fails(
            "cheap",
            "Down(status: 503)",
            "60s",
            "120s",
        );
        stage.routers = format!(
            r#"(name: "grid", region: "here", {FLEET} strategy: OpenRouterLegacy(targets: ["cheap", "dear"])),"#
        );
        let faults = stage.play_with_output().1.summary.faults;
        assert_eq!(faults[0].detection_lag_s.is_some(), seen, "{router}");
    }
}
