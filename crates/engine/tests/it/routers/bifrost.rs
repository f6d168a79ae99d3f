//! Bifrost.

use super::stage::{CHI_SQUARE_999, Played, Stage, chi_square, fills, first_choices, ranges};

const RETRYING: &str = r#"Bifrost(providers: [["p"], ["f"]], max_retries: 2)"#;

/// 0, 0.4–0.6 and 1.2–1.8 s, the fallback at once after the last. 2,000 requests miss an outer hundredth of a uniform
/// range with probability 0.99²⁰⁰⁰ = 2·10⁻⁹; the last time is the sum of two draws, and its outer tenths are missed with
/// about the same probability.
#[test]
fn a_dead_primary_is_tried_three_times_within_a_fifth() {
    let played = Stage::new(&["p", "f"], RETRYING, 2_000).always("p", 503).play();
    let seen = ranges(&played, "p,p,p,f");
    assert_eq!(seen[0], (0.0, 0.0));
    fills(seen[1], 0.4, 0.6, 0.01);
    fills(seen[2], 1.2, 1.8, 0.1);
    assert!(played.iter().all(|played| played.times()[2] == played.times()[3] && played.status() == 200));
    // failoverbench S04 (12 Sep 2026): 0, 0.51, 1.60 s, fallback at 1.60 s.
    let near = |played: &Played| {
        let times = played.times();
        (times[1] - 0.51).abs() < 0.02 && (times[2] - 1.60).abs() < 0.03
    };
    assert!(played.iter().any(near), "none of 2,000 requests is like the measured one");
}

/// failoverbench S15 (12 Sep 2026): 45 attempts at the primary over 15 requests, for nothing is remembered.
#[test]
fn failoverbench_s15_every_request_pays_for_the_dead_primary() {
    let played = Stage::new(&["p", "f"], RETRYING, 15).always("p", 503).play();
    let at_p: usize = played.iter().map(|played| played.order().matches('p').count()).sum();
    assert_eq!((at_p, played.iter().filter(|played| played.status() == 200).count()), (45, 15));
}

#[test]
fn t28_each_fallback_has_its_full_budget_and_the_primarys_error_is_returned() {
    let strategy = r#"Bifrost(providers: [["a"], ["b"], ["c"]], max_retries: 3)"#;
    for played in
        Stage::new(&["a", "b", "c"], strategy, 20).always("a", 503).always("b", 503).always("c", 503).play()
    {
        assert_eq!((played.order().as_str(), played.status()), ("a,a,a,a,b,b,b,b,c,c,c,c", 503));
    }
    let stage = Stage::new(&["a", "b", "c"], strategy, 20).always("a", 500).always("b", 503).always("c", 400);
    for played in stage.play() {
        assert_eq!((played.order().as_str(), played.status()), ("a,a,a,a,b,b,b,b,c", 500));
    }
}

/// Two calls at once, then 502, or the fallback. A change of key is a retry: without one the first 401 is the end.
#[test]
fn t29_dead_keys_are_left_at_once_and_all_dead_is_a_502() {
    for status in [401, 402, 403] {
        let alone = r#"Bifrost(providers: [["k1", "k2"]], max_retries: 5)"#;
        for played in Stage::new(&["k1", "k2"], alone, 20).always("k1", status).always("k2", status).play() {
            assert!(["k1,k2", "k2,k1"].contains(&played.order().as_str()), "{}", played.order());
            assert_eq!((played.times(), played.status()), (vec![0.0, 0.0], 502));
        }
    }
    let fallback = r#"Bifrost(providers: [["k1", "k2"], ["f"]], max_retries: 1)"#;
    let stage = Stage::new(&["k1", "k2", "f"], fallback, 20).always("k1", 401).always("k2", 403);
    for played in stage.clone().play() {
        assert!(["k1,k2,f", "k2,k1,f"].contains(&played.order().as_str()), "{}", played.order());
        assert_eq!((played.times(), played.status()), (vec![0.0; 3], 200));
    }
    // The primary's error is still the 502 when the fallback fails, too.
    assert!(stage.always("f", 429).play().iter().all(|played| played.status() == 502));
    let without = r#"Bifrost(providers: [["k1", "k2"]])"#;
    for played in Stage::new(&["k1", "k2"], without, 20).always("k1", 401).always("k2", 401).play() {
        assert_eq!((played.attempts.len(), played.status()), (1, 401));
    }
    let single = Stage::new(&["k1"], r#"Bifrost(providers: [["k1"]])"#, 1).always("k1", 401).play();
    assert_eq!((single[0].attempts.len(), single[0].status()), (1, 502));
}

/// A dead key is gone for one request only.
#[test]
fn the_next_request_knows_nothing_of_a_dead_key() {
    let strategy = r#"Bifrost(providers: [["k1", "k2"]], max_retries: 1)"#;
    let played = Stage::new(&["k1", "k2"], strategy, 2_000).always("k1", 401).play();
    let counts = first_choices(&played, &["k1", "k2"]);
    assert!(chi_square(&counts, &[0.5; 2]) < CHI_SQUARE_999[0], "{counts:?}");
    for played in &played {
        assert!(["k1,k2", "k2"].contains(&played.order().as_str()) && played.status() == 200);
    }
}

/// Three keys and five retries: each key twice, with waits, and none a second time before all had their turn.
#[test]
fn a_rate_limit_changes_the_key_after_a_wait() {
    let strategy = r#"Bifrost(providers: [["k1", "k2", "k3"], ["f"]], max_retries: 5)"#;
    let stage = Stage::new(&["k1", "k2", "k3", "f"], strategy, 200)
        .always("k1", 429)
        .always("k2", 429)
        .always("k3", 429);
    for played in stage.play() {
        let order = played.order();
        let keys: Vec<&str> = order.split(',').collect();
        for cycle in keys[..6].chunks(3) {
            let mut cycle = cycle.to_vec();
            cycle.sort_unstable();
            assert_eq!(cycle, ["k1", "k2", "k3"], "{order}");
        }
        assert_eq!((keys[6], played.status()), ("f", 200));
        for (waited, base) in played.times().windows(2).zip([0.5, 1.0, 2.0, 4.0, 5.0]) {
            let waited = waited[1] - waited[0];
            assert!((base * 0.8 - 1e-5..=base * 1.2 + 1e-5).contains(&waited), "{waited} of {base}");
        }
    }
    let lone = Stage::new(&["p", "f"], RETRYING, 20).always("p", 429).play();
    assert_eq!(ranges(&lone, "p,p,p,f").len(), 4);
}

/// A dead key among limited ones: its turn is over, theirs come again.
#[test]
fn limited_keys_come_again_and_dead_ones_do_not() {
    let strategy = r#"Bifrost(providers: [["k1", "k2", "k3"]], max_retries: 6)"#;
    let stage =
        Stage::new(&["k1", "k2", "k3"], strategy, 200).always("k1", 429).always("k2", 401).always("k3", 429);
    for played in stage.play() {
        let order = played.order();
        assert_eq!((order.matches("k2").count(), order.split(',').count()), (1, 7), "{order}");
        assert!(order.matches("k1").count() >= 2 && order.matches("k3").count() >= 2, "{order}");
        assert_eq!(played.status(), 429);
    }
}

/// Weights 2, 1 and 1 for the keys of one provider (2 degrees of freedom, 4,000 requests).
#[test]
fn keys_are_drawn_by_weight() {
    let strategy = r#"Bifrost(providers: [["k1", "k2", "k3"], ["f"]], weights: [2.0, 1.0, 1.0, 1.0])"#;
    let played = Stage::new(&["k1", "k2", "k3", "f"], strategy, 4_000).play();
    let counts = first_choices(&played, &["k1", "k2", "k3"]);
    assert!(chi_square(&counts, &[0.5, 0.25, 0.25]) < CHI_SQUARE_999[1], "{counts:?}");
}

/// 400, 404 and 422 are not tried again; the fallback gets them (failoverbench S12 and S13: one attempt at each).
#[test]
fn what_is_no_use_retrying_goes_to_the_fallback() {
    for status in [400, 404, 422] {
        let played = Stage::new(&["p", "f"], RETRYING, 1).always("p", status).play();
        assert_eq!((played[0].order().as_str(), played[0].times()), ("p,f", vec![0.0, 0.0]), "{status}");
    }
}

/// p says to come back in 50 s: ignored (failoverbench S01: 0.6 s).
#[test]
fn a_retry_after_is_ignored() {
    let mut stage = Stage::new(&["p", "f"], RETRYING, 2).requests_at([0, 10_000]);
    stage.endpoints[0].2 = "limits: (rpm: 1, refill: Window, retry_after: true)".to_owned();
    let played = stage.play();
    assert_eq!(played[1].order(), "p,p,p,f");
    assert!((0.4..=0.6).contains(&played[1].times()[1]));
}

/// failoverbench S07 (12 Sep 2026).
#[test]
fn t43_a_first_token_after_20_s_is_waited_for() {
    let stage = Stage::new(&["p", "f"], RETRYING, 3).fails("p", "SlowFirstToken(slowdown: 200)", "0s", "24h");
    for played in stage.play() {
        assert_eq!((played.order().as_str(), played.status()), ("p", 200));
        assert!((20.0..20.5).contains(&played.answer.unwrap().1));
    }
}
