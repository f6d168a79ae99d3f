//! Kong's AI proxy-advanced.

use super::stage::{Played, Stage};

const EVERYTHING: &str =
    "failover_criteria: [Error, Timeout, Http403, Http404, Http429, Http500, Http502, Http503, Http504]";

fn orders(played: &[Played]) -> Vec<String> {
    played.iter().map(Played::order).collect()
}

/// Failures at 0, 4 and 8 s, successes at 2 and 6 s: out from the third failure on, for 10 s.
#[test]
fn t32_failures_count_in_total_and_not_in_a_row() {
    let strategy = format!(r#"Kong(targets: ["p"], retries: 0, max_fails: 3, {EVERYTHING})"#);
    let down = "Down(status: 503)";
    let stage = Stage::new(&["p"], &strategy, 0)
        .fails("p", down, "0s", "1s")
        .fails("p", down, "4s", "5s")
        .fails("p", down, "8s", "9s")
        .requests_at([0, 2_000, 4_000, 6_000, 8_000, 9_500, 17_900, 18_000, 18_500]);
    let played = stage.play();
    let statuses: Vec<u16> = played.iter().map(Played::status).collect();
    // All unhealthy is a 500 of its own, without an attempt.
    assert_eq!(statuses, [503, 200, 503, 200, 503, 500, 500, 200, 200]);
    assert_eq!(orders(&played), ["p", "p", "p", "p", "p", "", "", "p", "p"]);
}

/// The same with a success 10 s after the last failure: the count is at nought, and three more are needed.
#[test]
fn a_success_after_the_timeout_resets_the_count() {
    let strategy = format!(r#"Kong(targets: ["p"], retries: 0, max_fails: 3, {EVERYTHING})"#);
    let stage = Stage::new(&["p"], &strategy, 0)
        .fails("p", "Down(status: 503)", "0s", "5s")
        .fails("p", "Down(status: 503)", "15s", "60s")
        .requests_at([0, 4_000, 14_000, 15_000, 16_000, 17_000, 18_000]);
    assert_eq!(orders(&stage.play()), ["p", "p", "p", "p", "p", "p", ""]);
}

/// Still down after 10 s: one attempt finds out, and it is out for as long again. What arrives while that attempt runs is
/// kept out.
#[test]
fn one_attempt_decides() {
    let strategy = format!(r#"Kong(targets: ["p", "f"], max_fails: 1, {EVERYTHING})"#);
    let stage = Stage::new(&["p", "f"], &strategy, 0)
        .fails("p", "Down(status: 503)", "0s", "15s")
        .requests_at([0, 1_000, 10_000, 10_001, 20_000, 20_050, 20_300, 20_400]);
    assert_eq!(orders(&stage.play()), ["p,f", "f", "p,f", "f", "p", "f", "p", "f"]);
}

/// The same without another target to take the turn: who is kept out gets the plugin's own 500.
#[test]
fn while_one_attempt_decides_the_others_are_kept_out() {
    let strategy = format!(r#"Kong(targets: ["p"], max_fails: 1, {EVERYTHING})"#);
    let stage = Stage::new(&["p"], &strategy, 0)
        .fails("p", "Down(status: 503)", "0s", "15s")
        .requests_at([0, 1_000, 10_000, 10_001, 20_000, 20_050, 20_300]);
    let played = stage.play();
    assert_eq!(orders(&played), ["p", "", "p", "", "p", "", "p"]);
    let statuses: Vec<u16> = played.iter().map(|played| played.status()).collect();
    assert_eq!(statuses, [503, 500, 503, 500, 200, 500, 200]);
}

#[test]
fn a_403_or_404_goes_on_and_never_counts() {
    for status in [403, 404] {
        let strategy = format!(r#"Kong(targets: ["p", "f"], max_fails: 1, {EVERYTHING})"#);
        // Within `fail_timeout` of each other, so that a failure that counted would show.
        let stage = Stage::new(&["p", "f"], &strategy, 0).requests_at((0..6).map(|n| 1_000 * n));
        let played = stage.always("p", status).play();
        // In turn: after p and f it is p's turn again, and so on.
        assert_eq!(orders(&played), ["p,f"; 6]);
    }
}

/// Six attempts in all, at once, and no target twice before the other had its turn. Without a check nobody is ever out.
#[test]
fn five_retries_take_turns() {
    let strategy = format!(r#"Kong(targets: ["p", "f"], {EVERYTHING})"#);
    for played in Stage::new(&["p", "f"], &strategy, 10).always("p", 503).always("f", 429).play() {
        assert_eq!(
            (played.order().as_str(), played.times(), played.status()),
            ("p,f,p,f,p,f", vec![0.0; 6], 429)
        );
    }
}

/// By default only broken connections and timeouts are failures: 60 s for a hang, and a 503 is the caller's.
#[test]
fn by_default_a_503_is_passed_on_and_a_hang_is_left_after_60_s() {
    let strategy = r#"Kong(targets: ["p", "f"])"#;
    let played = Stage::new(&["p", "f"], strategy, 4).always("p", 503).play();
    assert_eq!(orders(&played), ["p", "f", "p", "f"]);
    assert_eq!(played.iter().map(Played::status).collect::<Vec<_>>(), [503, 200, 503, 200]);
    let played = Stage::new(&["p", "f"], strategy, 1).fails("p", "Blackhole", "0s", "24h").play();
    assert_eq!(
        (played[0].order().as_str(), played[0].times(), played[0].status()),
        ("p,f", vec![0.0, 60.0], 200)
    );
}
