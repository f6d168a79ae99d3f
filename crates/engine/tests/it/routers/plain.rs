//! Ordered fallback on stage.

use super::stage::Stage;

#[test]
fn a_dead_primary_is_tried_as_often_as_retries_say_and_then_the_fallback() {
    let strategy = r#"Fallback(targets: ["p", "f"], backoff: (base: "1s", jitter: None))"#;
    for played in Stage::new(&["p", "f"], strategy, 5).always("p", 503).play() {
        assert_eq!(played.order(), "p,p,p,f");
        assert_eq!(played.times(), [0.0, 1.0, 3.0, 3.0]);
        // 100 ms of prefill and ten steps.
        assert_eq!((played.status(), played.answer.unwrap().1), (200, 3.2));
    }
}

#[test]
fn a_hedge_asks_another_and_leaves_the_loser() {
    let strategy = r#"Composed(targets: ["p", "f"], hedge: (after: "1s"))"#;
    let stage = Stage::new(&["p", "f"], strategy, 3).fails("p", "Blackhole", "0s", "15s");
    let played = stage.play();
    for hedged in &played[..2] {
        assert_eq!((hedged.order().as_str(), hedged.times()), ("p,f", vec![0.0, 1.0]));
        assert_eq!((hedged.status(), hedged.answer.unwrap().1), (200, 1.2));
    }
    assert_eq!(played[2].order(), "p");
}
