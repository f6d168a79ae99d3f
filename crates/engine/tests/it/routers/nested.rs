//! Routers below routers, four levels of them: `router` over `middle` over `inner` over endpoints; before it, the client's
//! own, which tries once.

use super::stage::Stage;

/// `router` as given, over `middle` and `spare`; `middle` as given, over `inner`; `inner` as given, over `a` and `b`.
fn levels(router: &str, middle: &str, inner: &str, requests: usize) -> Stage {
    let mut stage =
        Stage::new(&["a", "b", "spare"], &router.replace('@', r#"targets: ["middle", "spare"]"#), requests);
    let middle = middle.replace('@', r#"targets: ["inner"]"#);
    let inner = inner.replace('@', r#"targets: ["a", "b"]"#);
    stage.routers = format!(
        r#"(name: "middle", region: "here", strategy: {middle}), (name: "inner", region: "here", strategy: {inner}),"#
    );
    stage
}

const ONCE: &str = "Fallback(@, retries: 0)";
const ORDERED: &str = r#"OpenRouterLegacy(@, order: ["a", "b"])"#;

#[test]
fn a_grid_whose_upstreams_are_all_limited_says_so_with_the_least_wait_and_those_above_act_on_it() {
    let cooling = r#"Fallback(@, retries: 0, cooldown: (at_once: ["429"], retry_after: true))"#;
    let mut stage =
        levels(cooling, ONCE, ORDERED, 0).requests_at([0, 1_000, 2_000, 3_000, 20_000, 29_900, 31_000]);
    // `a` has one request a minute and `b` two: at 3 s `a` is due at 60 s and `b`, taken from at 1 s first, at 31 s.
    stage.endpoints[0].2 = "limits: (rpm: 1, retry_after: true),".to_owned();
    stage.endpoints[1].2 = "limits: (rpm: 2, retry_after: true),".to_owned();
    let orders: Vec<String> = stage.play().iter().map(super::stage::Played::order).collect();
    assert_eq!(orders, ["a", "a,b", "a,b", "a,b,spare", "spare", "spare", "a,b"]);
}

#[test]
fn each_layer_says_what_it_would_really_say() {
    // Both 5xx: OpenRouter's own answer is 503; not all transient: the last error. The library above passes it on.
    for (a, b, status) in
        [(500, 502, 503), (429, 502, 503), (429, 429, 429), (500, 400, 400), (400, 500, 500)]
    {
        let stage = levels("Single(target: \"middle\")", ONCE, ORDERED, 1).always("a", a).always("b", b);
        let stage = Stage { endpoints: stage.endpoints[..2].to_vec(), ..stage };
        let played = &stage.play()[0];
        assert_eq!((played.order().as_str(), played.status()), ("a,b", status), "{a} {b}");
    }
}

#[test]
fn a_stream_fails_over_before_its_first_token_and_at_no_layer_after() {
    let before = levels(ONCE, ONCE, ORDERED, 1).always("a", 503).always("b", 503);
    assert_eq!((before.play()[0].order().as_str(), before.play()[0].status()), ("a,b,spare", 200));
    let after = levels(ONCE, ONCE, ORDERED, 1).fails("a", "StreamCut(after: 3)", "0s", "1h");
    let played = &after.play()[0];
    // 100 ms of prefill and two steps, and one that never comes.
    assert_eq!(played.order(), "a");
    assert_eq!(played.status(), sandbox_model::Answer::Cut.status().0);
    let whole = Stage { workload: "stream: false,".to_owned(), ..after };
    assert_eq!((whole.play()[0].order().as_str(), whole.play()[0].status()), ("a,b", 200));
}

#[test]
fn timers_nest() {
    let patient = |first: u32| format!("Fallback(@, retries: 0, timeouts: (first_token: \"{first}s\"))");
    let inner = r#"OpenRouterLegacy(@, order: ["a", "b"], timeouts: (first_token: "3s"))"#;
    let play = |router: u32, middle: u32| {
        let stage = levels(&patient(router), &patient(middle), inner, 1);
        let stage = stage.fails("a", "Blackhole", "0s", "1h").fails("b", "Blackhole", "0s", "1h");
        let played = stage.play().remove(0);
        (played.order(), played.times())
    };
    // The innermost asks `b` after 3 s and says 503 after 6; whoever is less patient goes on before.
    assert_eq!(play(20, 20), ("a,b,spare".to_owned(), vec![0.0, 3.0, 6.0]));
    assert_eq!(play(20, 4), ("a,b,spare".to_owned(), vec![0.0, 3.0, 4.0]));
    assert_eq!(play(2, 20), ("a,spare".to_owned(), vec![0.0, 2.0]));
    assert_eq!(play(5, 4), ("a,b,spare".to_owned(), vec![0.0, 3.0, 4.0]));
}

#[test]
fn retries_at_every_layer_multiply() {
    let twice = "Fallback(@, retries: 1, backoff: (base: \"1s\", jitter: None))";
    let mut stage = levels(twice, twice, twice, 1);
    stage.strategy = stage.strategy.replace(r#"["middle", "spare"]"#, r#"["middle"]"#);
    stage.endpoints.pop();
    let (played, output) = stage.always("a", 503).always("b", 503).play_with_output();
    // Two tries at each of `a` and `b`, twice at `middle`, twice at `router`.
    assert_eq!(played[0].order(), "a,a,b,b".repeat(4).replace("ba", "b,a"));
    assert_eq!(played[0].status(), 503);
    let attempts = |router: &str| {
        let attempts = &output.summary.routers[router].attempts;
        (attempts.total, attempts.retries, attempts.fallbacks)
    };
    assert_eq!(
        (attempts("router"), attempts("middle"), attempts("inner")),
        ((2, 1, 0), (4, 2, 0), (16, 8, 4))
    );
    // One wait of a second in each call.
    let waits: Vec<f64> = played[0].times();
    assert_eq!(waits[15], 8.0 + 2.0 + 1.0);
}
