//! Selections that learn, and Helicone's gateway, on stage.

use super::stage::{Stage, first_choices};

/// LiteLLM's latency-based routing with its default cooldown for two deployments: 5 failures, more than half, within a
/// minute that begins with the first of them; out for 5 s.
const LATENCY_BASED: &str = r#"Composed(
    targets: ["a", "b"],
    pick: LowestLatency(),
    memory: [ErrorRatio(moves: Tumbling, window: "60s", above: 0.5, at_least: 5, spares_alone: true, length: "5s")],
)"#;

/// Times in tenths of a second [ms].
fn every_tenth(tenths: std::ops::Range<u64>) -> impl Iterator<Item = u64> {
    tenths.map(|tenth| 100 * tenth)
}

#[test]
fn v15_an_instant_500_is_asked_again_and_again_until_five_failures_cool_it() {
    // Fifty requests within a minute, and b is known from the start: by the dice of this seed it is asked first.
    let mut stage = Stage::new(&["a", "b"], LATENCY_BASED, 0).always("a", 500);
    stage = stage.requests_at((0..50).map(|n| 1_100 * n));
    stage.seed = (1..).find(|&seed| Stage { seed, ..stage.clone() }.play()[0].order() == "b").unwrap();
    let order: Vec<String> = stage.play().iter().map(|played| played.order()).collect();
    // Then a, which has answered nothing yet: the fifth failure, at 5.5 s, cools it until 10.5 s. One more in the same
    // minute is enough to cool it again, and so on: every fifth request falls into the hole.
    let falls = |n: u32| (1..=5).contains(&n) || n > 5 && n.is_multiple_of(5);
    let expected = (0..50).map(|n| if falls(n) { "a" } else { "b" });
    assert_eq!(order, expected.collect::<Vec<_>>());
}

#[test]
fn a_timeout_counts_a_thousand_seconds_and_is_not_asked_again() {
    let strategy = LATENCY_BASED.replace("pick:", r#"timeouts: (total: "2s"), pick:"#);
    let mut stage = Stage::new(&["a", "b"], &strategy, 20).fails("a", "Blackhole", "0s", "24h");
    // Answers come whole: time by token, in which a timeout is a latency.
    stage.workload = "stream: false,".to_owned();
    let played = stage.play();
    assert_eq!(first_choices(&played, &["a", "b"]), [1, 19]);
}

#[test]
fn a_target_that_has_streamed_once_is_not_thought_slower_for_its_timeouts() {
    // Both have streamed, a faster; then a hangs. Its timeouts are in the list by which streams do not go.
    let strategy = LATENCY_BASED.replace("pick:", r#"timeouts: (total: "2s"), pick:"#);
    let mut stage = Stage::new(&["a", "b"], &strategy, 30).fails("a", "Blackhole", "2m", "24h");
    stage.faults += &crate::support::fault("b", "SlowFirstToken(slowdown: 4.0)", "0s", "24h");
    let played = stage.play();
    // Unlike above, every request from then on goes to a: whenever that cools it, it is back before the next one.
    assert_eq!(first_choices(&played[12..], &["a", "b"])[1], 0);
    assert!(played[12..].iter().all(|played| played.status() != 200));
}

#[test]
fn v17_of_five_a_minute_four_are_admitted() {
    let strategy = r#"Composed(targets: ["a"], pick: UsageBased(rpm: [5]))"#;
    // Two minutes of UTC, of which the first has begun 40 s before.
    let mut stage = Stage::new(&["a"], strategy, 0).requests_at(every_tenth(0..300));
    stage.start = "2026-11-18 00:00:40 UTC";
    let served: Vec<usize> =
        stage.play().iter().enumerate().filter(|(_, p)| p.status() == 200).map(|(n, _)| n).collect();
    assert_eq!(served, [0, 1, 2, 3, 200, 201, 202, 203]);
    let refused = stage.play().swap_remove(4);
    assert_eq!((refused.order().as_str(), refused.answer.unwrap().1, refused.status()), ("", 0.0, 429));
}

#[test]
fn a_usage_limit_spills_to_the_next_order_and_then_to_the_next_group() {
    let strategy = r#"Composed(targets: ["a", "b", "c"], groups: [["a", "b"], ["c"]], order: [1, 2, 1],
        pick: UsageBased(rpm: [3, 3, None]))"#;
    let stage = Stage::new(&["a", "b", "c"], strategy, 0).requests_at(every_tenth(0..7));
    let order: Vec<String> = stage.play().iter().map(|played| played.order()).collect();
    assert_eq!(order, ["a", "a", "b", "b", "c", "c", "c"]);
}

/// A minute of a request every 100 ms, of which `a` answers none (500 at once) and `b` each within 2 s.
fn beside_a_fast_failer(pick: &str) -> [u64; 2] {
    let strategy = format!(r#"Composed(targets: ["a", "b"], pick: {pick})"#);
    let mut stage = Stage::new(&["a", "b"], &strategy, 0).always("a", 500).requests_at(every_tenth(0..600));
    stage.faults += &crate::support::fault("b", "Brownout(slowdown: 10.0)", "0s", "24h");
    let counts = first_choices(&stage.play(), &["a", "b"]);
    [counts[0], counts[1]]
}

#[test]
fn a_fast_failer_looks_idle_and_attracts_load() {
    // By turns it gets half of them.
    assert_eq!(beside_a_fast_failer("RoundRobin"), [300, 300]);
    // By load all but one: an attempt at a is over at once, so that it is never busier than b, and stands first.
    assert_eq!(beside_a_fast_failer("LeastBusy"), [600, 0]);
    // Two choices out of two are a comparison: whoever is drawn first wins a tie, so b has one attempt in flight, and
    // none more, at all times. One lasts 2 s: a thirtieth of a minute.
    let [failed, served] = beside_a_fast_failer("PowerOfTwo");
    assert!(served <= 30 && failed >= 570, "{failed} failed, {served} were served");
    // The latency estimate has the same hole: what fails at once is fast.
    let [failed, _] = beside_a_fast_failer("PeakEwma(of: All)");
    assert!(failed >= 590, "{failed} failed");
}

/// Twenty requests in two seconds to one target, the first `failures` of which meet a 503; then two every ten seconds
/// from 4.9 s on, 200 ms apart, around the looks.
fn twenty_with(failures: u64) -> Stage {
    let until = format!("{}ms", 100 * failures - 50);
    let around = (0..8).flat_map(|tens| [10_000 * tens + 4_900, 10_000 * tens + 5_100]);
    Stage::new(&["a"], r#"Helicone(targets: ["a"])"#, 0)
        .fails("a", "Down(status: 503)", "0s", &until)
        .requests_at(every_tenth(0..20).chain(around))
}

#[test]
fn t30_two_5xx_of_twenty_stay_and_three_leave_at_the_next_look_until_the_window_has_drained() {
    let stays = twenty_with(2).play();
    assert_eq!(stays.iter().filter(|played| played.status() != 200).count(), 2);
    assert!(stays.iter().all(|played| played.order() == "a"));
    let leaves = twenty_with(3).play();
    // All twenty are tried, and the one at 4.9 s; at 5 s the target leaves.
    assert!(leaves[..21].iter().all(|played| played.order() == "a"));
    let out: Vec<usize> = (21..leaves.len()).filter(|&n| leaves[n].order().is_empty()).collect();
    // 5.1 s to 55.1 s; the failures are in the first tenth of the window, which it leaves at 60 s.
    assert_eq!(out, (21..=31).collect::<Vec<_>>());
    assert!(out.iter().all(|&n| leaves[n].status() == 503 && leaves[n].answer.unwrap().1 == 0.0));
}

#[test]
fn t30_nineteen_requests_are_too_few() {
    let mut stage = twenty_with(3);
    stage.requests = (0..19).map(|n| 100 * n).chain([5_100]).collect();
    assert_eq!(stage.play()[19].order(), "a");
}

#[test]
fn a_failure_that_is_not_the_servers_fault_counts_as_a_request() {
    // 3 of 19 answered by a 503, and one 400: twenty requests.
    let mut stage = twenty_with(3).fails("a", "Down(status: 400)", "1850ms", "1950ms");
    stage.requests = (0..20).map(|n| 100 * n).chain([5_100]).collect();
    let played = stage.play();
    assert_eq!((played[19].status(), played[20].order().as_str()), (400, ""));
}

#[test]
fn helicone_leaves_a_429_for_its_retry_after_or_half_a_minute_and_half_a_minute_more() {
    let stage = Stage::new(&["a"], r#"Helicone(targets: ["a"])"#, 0)
        .fails("a", "Down(status: 429)", "0s", "1s")
        .requests_at([0, 1_000, 30_100, 59_900, 60_100]);
    let played = stage.play();
    let asked: Vec<String> = played.iter().map(|played| played.order()).collect();
    assert_eq!(asked, ["a", "", "", "", "a"]);
    assert_eq!((played[0].status(), played[1].status()), (429, 503));
}

#[test]
fn helicone_retries_server_errors_on_the_same_target_if_told_to() {
    let strategy =
        r#"Helicone(targets: ["a", "b"], retries: 2, backoff: (base: "1s", max: "30s", jitter: None))"#;
    let stage = Stage::new(&["a", "b"], strategy, 5).always("a", 503).always("b", 503);
    for played in stage.play() {
        assert!(["a,a,a", "b,b,b"].contains(&played.order().as_str()), "{}", played.order());
        assert_eq!(played.times(), [0.0, 1.0, 3.0]);
    }
}
