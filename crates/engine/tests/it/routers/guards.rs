//! Caps on spending and on attempts in flight, on stage. A request costs 111 tokens at a dollar per million.

use super::stage::{Played, Stage};

fn orders(played: &[Played]) -> Vec<String> {
    played.iter().map(Played::order).collect()
}

/// `p` and `f` in order; `p` may bill 500 µ$ in each hour: five answers.
fn capped(per: &str, minutes: impl IntoIterator<Item = u64>) -> Stage {
    let strategy = format!(
        r#"PriceGuard(targets: ["p", "f"], spend: [(targets: ["p"], usd: "$0.0005", per: "{per}")])"#
    );
    Stage::new(&["p", "f"], &strategy, 0).requests_at(minutes.into_iter().map(|minute| minute * 60_000))
}

#[test]
fn a_cap_holds_until_the_next_hour_of_utc_whenever_the_scenario_starts() {
    // 35 minutes before the hour, in two ways to write it; the request of minute 35 is in the next hour.
    for start in ["2026-11-18 00:25 UTC", "2026-11-18 05:55 Asia/Kolkata"] {
        let stage = Stage { start, ..capped("1h", (0..21).map(|n| 5 * n)) };
        let (played, output) = stage.play_with_output();
        let expected = ["p,p,p,p,p", "f,f", "p,p,p,p,p", "f,f,f,f,f,f,f", "p,p"].join(",");
        assert_eq!(orders(&played).join(","), expected, "{start}");
        let guard = &output.summary.leak.by_cause["guard"];
        assert_eq!((guard.requests, output.summary.requests.leaked), (9, 9));
    }
}

#[test]
fn the_hour_begins_on_the_second() {
    let stage = Stage { start: "2026-11-18 00:59:50 UTC", ..capped("1h", []) };
    let mut at: Vec<u64> = (0..6).map(|n| 1_000 * n).collect();
    // Answers take 200 ms: at the hour nothing runs.
    at.extend([9_999, 10_000, 10_300]);
    let expected = ["p", "p", "p", "p", "p", "f", "f", "p", "p"];
    assert_eq!(orders(&stage.requests_at(at).play()), expected);
}

#[test]
fn a_day_is_a_day_of_utc() {
    let stage = Stage {
        start: "2026-11-18 22:00 UTC",
        duration: "30h",
        ..capped("24h", [0, 1, 2, 3, 4, 5, 119, 120, 121, 122, 123, 124, 125])
    };
    assert_eq!(orders(&stage.play()).join(""), "pppppffpppppf");
}

#[test]
fn what_runs_is_let_run_and_counts_when_it_is_answered() {
    // Ten at once: nothing is billed yet when they are sent.
    let stage = Stage { start: "2026-11-18 00:00 UTC", ..capped("1h", []) };
    let played = stage.requests_at((0..10).chain([300])).play();
    assert_eq!(orders(&played).join(""), "ppppppppppf");
}

#[test]
fn a_cap_of_nothing_forbids_in_every_hour() {
    let strategy = r#"PriceGuard(targets: ["p", "f"], spend: [(targets: ["p"], usd: "$0", per: "1h")])"#;
    let played = Stage::new(&["p", "f"], strategy, 0).requests_at([0, 3_700_000, 9_000_000]).play();
    assert_eq!(orders(&played).join(""), "fff");
}

#[test]
fn a_cap_on_everything_leaves_a_refusal() {
    let strategy = r#"PriceGuard(targets: ["p", "f"], spend: [(usd: "$0.0002", per: "1h")])"#;
    let (played, output) = Stage::new(&["p", "f"], strategy, 4).play_with_output();
    assert_eq!(played.iter().map(Played::status).collect::<Vec<_>>(), [200, 200, 403, 403]);
    assert_eq!(output.summary.routers["router"].requests.shed, 2);
}

#[test]
fn a_price_above_the_most_is_not_paid_while_it_lasts() {
    let strategy = r#"PriceGuard(targets: ["p", "f"], max_price: (input: "$2/M", output: "$2/M"))"#;
    let stage = Stage::new(&["p", "f"], strategy, 4).fails("p", "PriceChange(factor: 3.0)", "15s", "25s");
    assert_eq!(orders(&stage.play()), ["p", "p", "f", "p"]);
}

#[test]
fn at_most_so_many_are_in_flight() {
    let strategy = r#"Composed(targets: ["p", "f"], in_flight: [2, None])"#;
    // 200 ms each: the third comes too soon, the fourth when the first is done.
    let (played, output) =
        Stage::new(&["p", "f"], strategy, 0).requests_at([0, 100, 150, 201, 250, 301]).play_with_output();
    assert_eq!(orders(&played).join(""), "ppfpfp");
    assert_eq!(output.summary.leak.by_cause["guard"].requests, 2);
}

#[test]
fn retries_keep_to_a_cap_too() {
    // The first fails after 300 ms and would be tried again after a second; by then two others are there.
    let strategy = r#"Composed(targets: ["p", "f"], groups: [["p"], ["f"]], in_flight: [2, None],
        retry: (retries: 1, backoff: (base: "1s", jitter: None)))"#;
    let stage = Stage::new(&["p", "f"], strategy, 0).requests_at([0, 1_250, 1_260]).fails(
        "p",
        "SlowFail(hold: \"300ms\")",
        "0s",
        "1s",
    );
    assert_eq!(orders(&stage.play()), ["p,f", "p", "p"]);
}
