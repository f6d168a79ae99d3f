//! Envoy on stage: priority levels, panic, ejections, retries and what bounds them.

use super::stage::{CHI_SQUARE_999, Played, Stage, chi_square};

/// Names of the hosts of each level: `a0`, `a1`, … `b0`, …
fn hosts(level: usize, all: usize) -> Vec<String> {
    (0..all).map(|n| format!("{}{n}", (b'a' + level as u8) as char)).collect()
}

/// Requests, 10 ms apart, that meet levels of so many healthy and other hosts.
///
/// A host that has answered 401 is out for good, one that has answered 503 for a minute. At first all hosts fail, those
/// that shall be healthy with 503; once they are back all would answer.
fn with_levels(levels: &[(usize, usize)], panic: f64, requests: u64) -> Vec<Played> {
    let names: Vec<String> =
        levels.iter().enumerate().flat_map(|(level, &(_, all))| hosts(level, all)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let of: Vec<usize> =
        levels.iter().enumerate().flat_map(|(level, &(_, all))| std::iter::repeat_n(level, all)).collect();
    let strategy = format!(
        r#"Composed(targets: {names:?}, gives_up: (all_out: 503),
            memory: [Cooldown(failures: 0, at_once: ["401"], length: "48h"),
                     Cooldown(failures: 0, at_once: ["503"], length: "1m")],
            pick: Priorities(levels: {of:?}, panic: {panic:?}))"#
    );
    const WARM_UP: u64 = 4_000;
    let times = (0..WARM_UP).map(|n| 10 * n).chain((0..requests).map(|n| 200_000 + 10 * n));
    let mut stage = Stage::new(&names, &strategy, 0).requests_at(times);
    stage.duration = "1h";
    for (level, &(healthy, all)) in levels.iter().enumerate() {
        for (n, host) in hosts(level, all).iter().enumerate() {
            let status = if n < healthy { 503 } else { 401 };
            stage = stage.fails(host, &format!("Down(status: {status})"), "0s", "45s");
        }
    }
    stage.play().split_off(WARM_UP as usize)
}

/// How often each of these was asked.
fn asked<T: AsRef<str>>(played: &[Played], hosts: &[T]) -> Vec<u64> {
    let of = |host: &T| played.iter().filter(|p| p.order() == host.as_ref()).count() as u64;
    hosts.iter().map(of).collect()
}

fn by_level(played: &[Played], levels: &[(usize, usize)]) -> Vec<u64> {
    let level = |(level, &(_, all)): (usize, &(usize, usize))| asked(played, &hosts(level, all)).iter().sum();
    levels.iter().enumerate().map(level).collect()
}

/// T33, 72/72: nothing for the second level. And 71/71, which is 17 of 24 here: 99/1 (chi-square, df 1, n 10 000).
#[test]
fn t33_a_level_sheds_load_below_72_percent() {
    let levels = [(18, 25), (18, 25)];
    assert_eq!(by_level(&with_levels(&levels, 0.5, 2_000), &levels), [2_000, 0]);
    let levels = [(17, 24), (17, 24)];
    let counts = by_level(&with_levels(&levels, 0.5, 10_000), &levels);
    assert!(chi_square(&counts, &[0.99, 0.01]) < CHI_SQUARE_999[0], "{counts:?}");
}

/// T33, 5/65: the first level panics, the second does not (chi-square, df 1, n 20 000; 8/92 would be at 31).
#[test]
fn t33_a_level_panics_when_health_is_short() {
    let levels = [(1, 20), (13, 20)];
    let played = with_levels(&levels, 0.5, 20_000);
    let counts = by_level(&played, &levels);
    assert!(chi_square(&counts, &[0.07, 0.93]) < CHI_SQUARE_999[0], "{counts:?}");
    // In turn: within a level counts differ by one at most.
    let even = |counts: &[u64]| counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1;
    let (first, second) = (asked(&played, &hosts(0, 20)), asked(&played, &hosts(1, 20)));
    assert!(even(&first) && first[19] > 0, "all of a level that panics: {first:?}");
    assert!(even(&second[..13]) && second[13..] == [0; 7], "the healthy of one that does not: {second:?}");
}

/// T33, 25/25/100 (chi-square, df 2, n 10 000): no panic, for together they are healthy.
#[test]
fn t33_three_levels_share() {
    let levels = [(5, 20), (5, 20), (20, 20)];
    let played = with_levels(&levels, 0.5, 10_000);
    let counts = by_level(&played, &levels);
    assert!(chi_square(&counts, &[0.35, 0.35, 0.30]) < CHI_SQUARE_999[1], "{counts:?}");
    assert_eq!(asked(&played, &hosts(0, 20)[5..]), [0; 15], "nobody panics");
}

/// Envoy's docs, 25/25/20: the shares are scaled to 36/36/28 (chi-square, df 2, n 10 000). With panic on every level
/// panics, and uses all its hosts; the shares are the same.
#[test]
fn levels_that_all_panic_keep_their_shares() {
    let levels = [(5, 20), (5, 20), (2, 10)];
    for (panic, all) in [(0.0, false), (0.5, true)] {
        let played = with_levels(&levels, panic, 10_000);
        let counts = by_level(&played, &levels);
        assert!(chi_square(&counts, &[0.36, 0.36, 0.28]) < CHI_SQUARE_999[1], "{counts:?}");
        let sick: u64 = asked(&played, &hosts(0, 20)[5..]).iter().sum();
        assert_eq!(sick > 0, all, "panic {panic}");
    }
}

/// Nobody is healthy: the first level has all of it, and its hosts take turns; without panic nobody is asked.
#[test]
fn when_all_are_dead_the_first_level_is_asked() {
    let levels = [(0, 2), (0, 3)];
    let played = with_levels(&levels, 0.5, 1_000);
    assert_eq!(by_level(&played, &levels), [1_000, 0]);
    assert_eq!(asked(&played, &hosts(0, 2)), [500, 500]);
    let played = with_levels(&levels, 0.0, 100);
    assert!(played.iter().all(|p| p.order().is_empty() && p.status() == 503));
}

/// Seconds at which a host was asked.
fn seconds(played: &[Played], requests: &[u64], host: &str) -> Vec<u64> {
    let met = played.iter().zip(requests).filter(|(p, _)| p.order().split(',').any(|asked| asked == host));
    met.map(|(_, ms)| ms / 1_000).collect()
}

const TWO_LEVELS: &str = r#"Envoy(targets: ["p", "f"], priorities: [["p"], ["f"]],
    outlier_detection: (max_ejection_percent: 100))"#;

/// Each ejection is 30 s longer, up to 300 s, and ends at the next sweep; meanwhile the other level has everything.
#[test]
fn ejections_last_30_60_90_and_up_to_300_seconds() {
    let stage = Stage::new(&["p", "f"], TWO_LEVELS, 0).requests_at((0..2_500).map(|n| 1_000 * n));
    let played = stage.clone().always("p", 503).play();
    // The fifth failure ejects 4 s after the return.
    let mut back = vec![0];
    for length in [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300] {
        let over: u64 = back.last().unwrap() + 4 + length;
        back.push(over.div_ceil(10) * 10);
    }
    let expected: Vec<u64> = back.iter().flat_map(|back| *back..back + 5).filter(|&s| s < 2_500).collect();
    assert_eq!(seconds(&played, &stage.requests, "p"), expected);
    assert!(played.iter().all(|p| p.status() == if p.order() == "p" { 503 } else { 200 }));
}

/// Two ejections make the next 90 s long; two sweeps in health, the first of them an interval after the return, make
/// it 60 s again after one, 30 s after both.
#[test]
fn health_wears_an_ejection_time_off() {
    // Back at 110 s with two ejections in a row; sweeps at 120 and 130 s take one off each.
    for (fails_from, back) in [(114, 210), (124, 190), (134, 170)] {
        let stage = Stage::new(&["p", "f"], TWO_LEVELS, 0)
            .requests_at((0..300).map(|n| 1_000 * n))
            .fails("p", "Down(status: 503)", "0s", "45s")
            .fails("p", "Down(status: 503)", &format!("{fails_from}s"), &format!("{}s", fails_from + 6));
        let ejected = fails_from + 4;
        let expected: Vec<u64> = (0..5).chain(40..45).chain(110..=ejected).chain(back..300).collect();
        assert_eq!(seconds(&stage.play(), &stage.requests, "p"), expected, "from {fails_from} s");
    }
}

/// Of so many hosts that all fail, how many get ejected: the share of hosts must not pass the percentage, the last one
/// counted. At the default of 10 % none of two or three is.
#[test]
fn few_hosts_are_ejected_only_if_the_percentage_has_room() {
    for (hosts, keys, ejected) in [
        (2, "", 0),
        (3, "", 0),
        (2, "always_eject_one_host: true,", 1),
        (3, "always_eject_one_host: true,", 1),
        (2, "max_ejection_percent: 49,", 0),
        (2, "max_ejection_percent: 50,", 1),
        (3, "max_ejection_percent: 33,", 0),
        (3, "max_ejection_percent: 34,", 1),
        (3, "max_ejection_percent: 67,", 2),
        (3, "max_ejection_percent: 100,", 3),
        (3, "max_ejection_percent: 100, enforcing_consecutive_5xx: 0,", 0),
    ] {
        let names = &["a", "b", "c"][..hosts];
        let strategy = format!(
            r#"Envoy(targets: {names:?}, panic: 0.0,
                outlier_detection: ({keys} base_ejection_time: "1h", max_ejection_time: "1h"))"#
        );
        let mut stage = Stage::new(names, &strategy, 0).requests_at((0..100).map(|n| 1_000 * n));
        for name in names {
            stage = stage.always(name, 503);
        }
        let played = stage.play().split_off(50);
        let left = asked(&played, names).iter().filter(|&&asked| asked > 0).count();
        assert_eq!(hosts - left, ejected, "{hosts} hosts, {keys}");
        // Without a healthy host the caller gets 503, too.
        assert!(played.iter().all(|p| p.status() == 503));
    }
}

/// Success rates are compared when five hosts have had 100 requests between two sweeps. One host below the others is
/// below the mean by twice the standard deviation, more than 1.9 times.
#[test]
fn a_low_success_rate_ejects_at_a_sweep() {
    let names = ["a", "b", "c", "d", "e"];
    let strategy = format!(
        r#"Envoy(targets: {names:?}, outlier_detection: (consecutive_5xx: 0, max_ejection_percent: 20))"#
    );
    for (requests, ejected) in [(499, false), (500, true)] {
        let times = (0..requests).map(|n| 15 * n).chain((0..500).map(|n| 10_000 + 100 * n));
        let stage =
            Stage::new(&names, &strategy, 0).requests_at(times).fails("b", "Errors(share: 0.5)", "0s", "9s");
        let later = stage.play().split_off(requests as usize);
        // Ejected from 10 s to 40 s: of 300 requests none, then one in five.
        let asked = [asked(&later[..300], &["b"])[0], asked(&later[300..], &["b"])[0]];
        assert_eq!(asked, if ejected { [0, 40] } else { [60, 40] }, "{requests} requests");
    }
}

const LONE: &str = r#"Envoy(targets: ["p"], retry_policy: (num_retries: 2))"#;

/// Two retries: at once to 25 ms, then up to 75 ms more (Envoy's docs). Each wait is uniform: chi-square of ten bins, df 9,
/// n 1000, 27.88 at 99.9 %.
#[test]
fn retries_wait_with_full_jitter() {
    let played = Stage::new(&["p"], LONE, 1_000).always("p", 503).play();
    let (mut first, mut second) = ([0; 10], [0; 10]);
    for played in &played {
        assert_eq!((played.order().as_str(), played.status()), ("p,p,p", 503));
        let times = played.times();
        assert!(times[0] == 0.0 && times[1] <= 0.025 && times[2] <= 0.1, "{times:?}");
        first[((times[1] / 0.0025) as usize).min(9)] += 1;
        second[(((times[2] - times[1]) / 0.0075) as usize).min(9)] += 1;
    }
    for bins in [first, second] {
        let off = chi_square(&bins, &[0.1; 10]);
        assert!(off < 27.88, "{off}: {bins:?}");
    }
}

#[test]
fn without_a_retry_policy_there_is_one_attempt() {
    let strategy = r#"Envoy(targets: ["p", "f"])"#;
    for played in Stage::new(&["p", "f"], strategy, 4).always("p", 503).play() {
        assert!(["p", "f"].contains(&played.order().as_str()), "{}", played.order());
    }
}

/// The route's timer runs for all attempts and waits together.
#[test]
fn the_route_timeout_covers_all_retries() {
    let hangs = r#"Envoy(targets: ["p"], timeouts: (total: "4s"), timeout: "10s", retry_policy: (
        num_retries: 5, retry_back_off: (base: "100ms", max: "100ms", jitter: None)))"#;
    let played = Stage::new(&["p"], hangs, 1).fails("p", "Blackhole", "0s", "1h").play().remove(0);
    assert_eq!(played.times(), [0.0, 4.1, 8.2]);
    assert_eq!((played.status(), played.answer.unwrap().1), (504, 10.0));

    let waits = r#"Envoy(targets: ["p"], timeout: "10s", retry_policy: (
        retry_back_off: (base: "60s", max: "600s", jitter: None)))"#;
    let played = Stage::new(&["p"], waits, 1).always("p", 503).play().remove(0);
    assert_eq!((played.order().as_str(), played.status(), played.answer.unwrap().1), ("p", 504, 10.0));

    // The default is 15 s, and `None` switches it off.
    for (timeout, status, after) in
        [("", 504, 15.0), ("timeout: None, timeouts: (total: \"20s\"),", 408, 20.0)]
    {
        let strategy = format!(r#"Envoy(targets: ["p"], {timeout})"#);
        let played = Stage::new(&["p"], &strategy, 1).fails("p", "Blackhole", "0s", "1h").play().remove(0);
        assert_eq!((played.status(), played.answer.unwrap().1), (status, after), "{timeout}");
    }
}

/// At most three retries wait or run at once (`max_retries` of the circuit breaker).
#[test]
fn three_retries_at_once() {
    let strategy = r#"Envoy(targets: ["p"], retry_policy: (
        retry_back_off: (base: "100ms", max: "100ms", jitter: None)))"#;
    let two_bouts = (0..10).chain((0..10).map(|n| 60_000 + n));
    let played = Stage::new(&["p"], strategy, 0).requests_at(two_bouts).always("p", 503).play();
    for bout in played.chunks(10) {
        let tries: Vec<usize> = bout.iter().map(|p| p.attempts.len()).collect();
        assert_eq!(tries, [2, 2, 2, 1, 1, 1, 1, 1, 1, 1]);
    }
}

/// Above `max_requests` attempts in flight the caller gets 503 without one.
#[test]
fn more_than_max_requests_are_refused() {
    let strategy = r#"Envoy(targets: ["p", "f"], max_requests: 3)"#;
    let played = Stage::new(&["p", "f"], strategy, 0).requests_at([0, 1, 2, 3, 4, 300]).play();
    let statuses: Vec<u16> = played.iter().map(Played::status).collect();
    assert_eq!(statuses, [200, 200, 200, 503, 503, 200]);
    assert_eq!(played[3].order(), "");
}

/// Envoy AI Gateway's fallback between providers: a level each, one attempt a level; when all were tried it begins anew.
#[test]
fn retries_leave_out_levels_that_were_tried() {
    let strategy = r#"Envoy(targets: ["a", "b", "c"], priorities: [["a"], ["b"], ["c"]], timeout: "30s",
        retry_policy: (num_retries: 5, retry_on: ["500"], attempts_per_priority: 1,
            retry_back_off: (base: "100ms", max: "10s", jitter: FullSum)))"#;
    let stage = Stage::new(&["a", "b", "c"], strategy, 20).always("a", 500).always("b", 500);
    for played in stage.clone().play() {
        assert_eq!((played.order().as_str(), played.status()), ("a,b,c", 200));
        let times = played.times();
        assert!(times[1] <= 0.1 && times[2] - times[1] <= 0.3, "{times:?}");
    }
    for played in stage.always("c", 500).play() {
        assert_eq!((played.order().as_str(), played.status()), ("a,b,c,a,b,c", 500));
    }
}

/// A timeout and a broken stream count against a host, a 429 for it: it resets the number.
#[test]
fn timeouts_count_and_a_429_resets() {
    let strategy = r#"Envoy(targets: ["p", "f"], priorities: [["p"], ["f"]], timeouts: (first_token: "1s"),
        outlier_detection: (max_ejection_percent: 100))"#;
    let stage = Stage::new(&["p", "f"], strategy, 0).requests_at((0..14).map(|n| 2_000 * n));
    let hangs = stage.clone().fails("p", "Blackhole", "0s", "1h").play();
    assert_eq!(hangs.iter().filter(|p| p.order() == "p").count(), 5);
    let cut = stage.clone().fails("p", "StreamCut(after: 2)", "0s", "1h").play();
    assert_eq!(cut.iter().filter(|p| p.order() == "p").count(), 5);
    let reset = stage
        .fails("p", "Down(status: 503)", "0s", "7s")
        .fails("p", "Down(status: 429)", "7s", "9s")
        .fails("p", "Down(status: 503)", "9s", "1h");
    // Four failures, a 429, and five more.
    assert_eq!(reset.play().iter().filter(|p| p.order() == "p").count(), 10);
}
