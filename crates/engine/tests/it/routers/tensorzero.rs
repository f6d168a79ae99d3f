//! TensorZero's gateway.

use super::stage::{Stage, fills, ranges};

/// The wait is 1 s times a draw from 1 to 2: 2,000 requests miss an outer hundredth with probability 2·10⁻⁹.
#[test]
fn t35_all_providers_then_a_wait_then_all_again() {
    let strategy = r#"TensorZero(variants: [["a", "b"]], retries: 1)"#;
    let played = Stage::new(&["a", "b"], strategy, 2_000).always("a", 503).always("b", 500).play();
    let seen = ranges(&played, "a,b,a,b");
    assert_eq!((seen[0], seen[1]), ((0.0, 0.0), (0.0, 0.0)));
    fills(seen[2], 1.0, 2.0, 0.01);
    for played in &played {
        assert_eq!(played.times()[2], played.times()[3]);
        assert_eq!(played.status(), 500);
    }
}

/// Attempts at a variant are its providers times its retries and one; then the next variant has its turn at once.
#[test]
fn fallback_variants_come_after_all_retries() {
    let strategy = r#"TensorZero(variants: [["a", "b"], ["c"]], retries: 2)"#;
    let stage = Stage::new(&["a", "b", "c"], strategy, 20).always("a", 503).always("b", 429);
    for played in stage.clone().play() {
        let times = played.times();
        assert_eq!((played.order().as_str(), played.status()), ("a,b,a,b,a,b,c", 200));
        assert_eq!(times[5], times[6]);
    }
    for played in stage.always("c", 503).play() {
        assert_eq!(played.order(), "a,b,a,b,a,b,c,c,c");
    }
}

/// Ten retries of a lone provider: no wait before jitter is above 10 s, so none is above 20 s.
#[test]
fn waits_double_up_to_ten_seconds() {
    let strategy = r#"TensorZero(variants: [["a"]], retries: 6)"#;
    for played in Stage::new(&["a"], strategy, 50).always("a", 400).play() {
        let times = played.times();
        assert_eq!(times.len(), 7, "a 400 is retried, too");
        for (waited, base) in times.windows(2).zip([1.0, 2.0, 4.0, 8.0, 10.0, 10.0]) {
            let waited = waited[1] - waited[0];
            assert!((base - 1e-5..=2.0 * base + 1e-5).contains(&waited), "{waited} of {base}");
        }
    }
}

#[test]
fn no_retries_unless_asked_for_and_no_memory() {
    let strategy = r#"TensorZero(variants: [["a", "b"]])"#;
    for played in Stage::new(&["a", "b"], strategy, 5).always("a", 401).play() {
        assert_eq!((played.order().as_str(), played.times()), ("a,b", vec![0.0, 0.0]));
    }
}
