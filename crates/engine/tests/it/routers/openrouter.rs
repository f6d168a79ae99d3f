//! OpenRouter's vectors on stage: its documented examples, and what its fields do.
//!
//! Drawn choices are held against documented shares by chi-square at 99.9 %.

use std::collections::BTreeMap;

use sandbox_core::{Span, Time};
use sandbox_engine::EventKind;
use sandbox_model::{Answer, Status};

use super::stage::{CHI_SQUARE_999, Played, Stage, chi_square, first_choices};
use crate::support::{Small, fault, run_logged};

const SHARES: [f64; 3] = [36.0 / 49.0, 9.0 / 49.0, 4.0 / 49.0];

/// A, B and C at $1, $2 and $3.
fn three(strategy: &str) -> Stage {
    let mut stage = Stage::new(&["a", "b", "c"], strategy, 1);
    for (i, endpoint) in stage.endpoints.iter_mut().enumerate() {
        endpoint.1 = (i + 1) as f64;
    }
    stage
}

fn legacy(more: &str) -> String {
    format!(r#"OpenRouterLegacy(targets: ["a", "b", "c"], {more})"#)
}

/// B is out for the first second. Of 6,000 requests in it a fifth asks B first, so B is demoted within its first ten
/// milliseconds or so; 12 s later A and C share 9 to 1, and 31 s later all do again.
fn after_an_outage_of_b(from: u64) -> Vec<Played> {
    let stage = three(&legacy("")).fails("b", "Down(status: 503)", "0s", "1s");
    let outage = 0..1_000_u64;
    let stage = stage.requests_at(outage.chain((0..6_000).map(|n| from + n)));
    stage.play().split_off(1_000)
}

/// Chi-square with 1 degree of freedom, 6,000 requests.
#[test]
fn t1_an_outage_12_s_ago_leaves_nine_to_one() {
    let counts = first_choices(&after_an_outage_of_b(12_000), &["a", "b", "c"]);
    assert_eq!((counts[1], counts.iter().sum()), (0, 6_000));
    let statistic = chi_square(&[counts[0], counts[2]], &[0.9, 0.1]);
    assert!(statistic < CHI_SQUARE_999[0], "{counts:?}: {statistic}");
}

/// Chi-square with 2 degrees of freedom, 6,000 requests.
#[test]
fn t1_thirty_seconds_later_all_share_again() {
    let counts = first_choices(&after_an_outage_of_b(32_000), &["a", "b", "c"]);
    let statistic = chi_square(&counts, &SHARES);
    assert!(statistic < CHI_SQUARE_999[1], "{counts:?}: {statistic}");
    // The other shares would be refused.
    assert!(chi_square(&[counts[0], counts[2]], &[0.8, 0.2]) > CHI_SQUARE_999[0]);
}

/// After B's outage A and C fail: B is asked last, and serves.
#[test]
fn t1_the_demoted_one_comes_last() {
    let stage = three(&legacy("")).fails("b", "Down(status: 503)", "0s", "1s");
    let stage =
        stage.fails("a", "Down(status: 503)", "12s", "13s").fails("c", "Down(status: 503)", "12s", "13s");
    let played = stage.requests_at((0..1_000).chain([12_500])).play();
    let last = played.last().unwrap();
    assert!(["a,c,b", "c,a,b"].contains(&last.order().as_str()), "{}", last.order());
    assert_eq!(last.status(), 200);
}

#[test]
fn t2_order_goes_on_to_the_others_or_ends() {
    for (fallbacks, order, status) in [(true, "c,a", 200), (false, "c", 503)] {
        let strategy = legacy(&format!(r#"order: ["c"], allow_fallbacks: {fallbacks}"#));
        let stage = three(&strategy).always("c", 503);
        for played in stage.requests_at((0..20).map(|n| 1_000 * n)).play() {
            assert_eq!((played.order().as_str(), played.status()), (order, status));
        }
    }
    // A setup error is passed on as it is.
    let only = three(&legacy(r#"order: ["c"], allow_fallbacks: false"#)).always("c", 401).play();
    assert_eq!(only[0].status(), 401);
    // Without an order it means one endpoint.
    let stage = three(&legacy("allow_fallbacks: false")).always("a", 503).always("b", 503).always("c", 503);
    for played in stage.requests_at(0..50).play() {
        assert_eq!((played.attempts.len(), played.status()), (1, 503));
    }
}

#[test]
fn t3_a_max_price_below_all_is_404_without_an_attempt() {
    let strategy = legacy(r#"max_price: (input: "$0.99/M", output: "$99/M")"#);
    let played = three(&strategy).play();
    assert_eq!((played[0].order().as_str(), played[0].status()), ("", 404));
    let strategy = legacy(r#"max_price: (input: "$1/M", output: "$1/M")"#);
    for played in three(&strategy).always("a", 503).requests_at(0..50).play() {
        assert_eq!((played.order().as_str(), played.status()), ("a", 503));
    }
}

#[test]
fn only_and_ignore_leave_the_rest_or_404() {
    for (fields, left) in [
        (r#"only: ["a", "c"], ignore: ["a"]"#, "c"),
        (r#"ignore: ["a", "c"]"#, "b"),
        (r#"only: ["b"], ignore: ["b"]"#, ""),
    ] {
        for preset in ["OpenRouterLegacy", "OpenRouterMeasured"] {
            let strategy = format!(r#"{preset}(targets: ["a", "b", "c"], {fields})"#);
            for played in three(&strategy).requests_at(0..20).play() {
                assert_eq!(played.order(), left);
                assert_eq!(played.status(), if left.is_empty() { 404 } else { 200 });
            }
        }
    }
}

/// Endpoints that are slower for the whole time: 100 ms to the first token and 100 tokens/s before.
fn with_faults(strategy: &str, faults: &[(&str, &str)]) -> Stage {
    faults.iter().fold(three(strategy), |stage, (name, kind)| stage.fails(name, kind, "0s", "24h"))
}

/// All three endpoints take 3 s to the first token and should take 2 at p90: they are served in turn as if nothing were
/// wished, by 1/price² of equal prices. Chi-square with 2 degrees of freedom, 3,000 requests.
#[test]
fn t4_wishes_that_nobody_meets_move_nobody() {
    let strategy = legacy(r#"preferred_max_latency: (p90: "2s")"#);
    let slow = "SlowFirstToken(slowdown: 30.0)";
    let mut stage = with_faults(&strategy, &[("a", slow), ("b", slow), ("c", slow)]);
    stage.endpoints.iter_mut().for_each(|endpoint| endpoint.1 = 1.0);
    let stage = stage.requests_at((0..3_000).map(|n| 100 * n));
    let played = stage.play();
    assert!(played.iter().all(|p| p.status() == 200 && p.attempts.len() == 1));
    let counts = first_choices(&played[200..], &["a", "b", "c"]);
    let statistic = chi_square(&counts, &[1.0 / 3.0; 3]);
    assert!(statistic < CHI_SQUARE_999[1], "{counts:?}: {statistic}");
}

/// A is slower than wished: last, but not out.
#[test]
fn slower_than_wished_comes_last() {
    for wish in [r#"preferred_max_latency: (p50: "2s")"#, "preferred_min_throughput: (p50: 50.0)"] {
        let slow = [("a", "Brownout(slowdown: 30.0)")];
        let stage = with_faults(&legacy(wish), &slow).requests_at((0..600).map(|n| 100 * n));
        let played = stage.play();
        assert_eq!(first_choices(&played[200..], &["a"]), [0], "{wish}");
        assert!(first_choices(&played[..200], &["a"])[0] > 0, "{wish}");
        let stage =
            stage.fails("b", "Down(status: 503)", "50s", "2m").fails("c", "Down(status: 503)", "50s", "2m");
        let last = stage.play().pop().unwrap();
        assert!(last.order().ends_with(",a"), "{}", last.order());
        assert_eq!(last.status(), 200);
    }
}

#[test]
fn sorts_put_endpoints_in_order() {
    // A is half as fast at decoding, and B late with first tokens: A 200 ms and 50 tokens/s, B 400 ms and 100, C 300 ms
    // and 33.
    let faults = [
        ("a", "Brownout(slowdown: 2.0)"),
        ("b", "SlowFirstToken(slowdown: 4.0)"),
        ("c", "Brownout(slowdown: 3.0)"),
    ];
    for (sort, order) in [("Price", "a,b,c"), ("Latency", "a,c,b"), ("Throughput", "b,a,c")] {
        let stage = with_faults(&legacy(&format!("sort: {sort}")), &faults);
        let dead = ["a", "b", "c"]
            .into_iter()
            .fold(stage, |stage, name| stage.fails(name, "Down(status: 503)", "100s", "200s"));
        // Four requests are enough to know all three.
        let played = dead.requests_at([0, 10_000, 20_000, 30_000, 150_000]).play();
        assert_eq!(played[4].order(), order, "{sort}");
    }
}

/// `requests` of which A fails the last `failures`, as B does at that time; then who is asked when all is well, and when
/// B fails. B has too few results for a bucket.
fn bucket(failures: u64, requests: u64) -> [String; 2] {
    let strategy = r#"Composed(targets: ["a", "b"], memory: [Uptime()],
        retry: (retries: 9, rules: [(on: ["5xx"], at: Other, waits: Never)]))"#;
    let stage = Stage::new(&["a", "b"], strategy, 0);
    let stage = stage.requests_at((0..requests).map(|n| 1_000 * n).chain([300_000, 400_000]));
    let from = format!("{}ms", (1_000 * (requests - failures)).saturating_sub(500));
    let until = format!("{requests}s");
    let stage =
        stage.fails("a", "Down(status: 503)", &from, &until).fails("b", "Down(status: 503)", &from, &until);
    let played = stage.fails("b", "Down(status: 503)", "350s", "500s").play();
    assert!(played[..requests as usize].iter().all(|p| p.order().contains('a')), "A gets all of them");
    [played[requests as usize].order(), played[requests as usize + 1].order()]
}

#[test]
fn t5_buckets_are_normal_or_behind() {
    assert_eq!(bucket(10, 200), ["a", "a"], "95.0 %: normal");
    assert_eq!(bucket(12, 200), ["b", "b,a"], "94.0 %: degraded, behind B and not out");
    assert_eq!(bucket(42, 200), ["b", "b,a"], "79 %: down, and still a fallback");
    // The one at 300 s is the hundredth.
    assert_eq!(bucket(99, 99), ["a", "b,a"], "99 requests are too few, and then they are enough");
}

#[test]
fn t7_all_rate_limited_is_429_with_the_least_retry_after() {
    let stage = three(&legacy(""))
        .fails("a", r#"Down(status: 429, retry_after: "30s")"#, "0s", "1h")
        .fails("b", r#"Down(status: 429, retry_after: "12s")"#, "0s", "1h")
        .fails("c", "Down(status: 429)", "0s", "1h");
    for played in stage.requests_at((0..50).map(|n| 1_000 * n)).play() {
        assert_eq!(played.attempts.len(), 3);
        let twelve = Some(Span::from_secs(12));
        let expected = Answer::Failed { status: Status::TOO_MANY_REQUESTS, retry_after: twelve };
        assert_eq!(played.answer.unwrap().0, expected);
    }
}

#[test]
fn t8_before_the_first_token_the_next_is_asked_and_after_it_nobody() {
    let strategy = legacy(r#"order: ["a", "b"]"#);
    let (before, output) = three(&strategy).always("a", 502).play_with_output();
    assert_eq!((before[0].order().as_str(), before[0].status()), ("a,b", 200));
    // 111 tokens at $2/M: the failed one is not billed.
    assert_eq!(output.summary.cost_usd.total, "0.000222");
    let cut = three(&strategy).fails("a", "StreamCut(after: 5)", "0s", "1h");
    let (after, output) = cut.play_with_output();
    assert_eq!((after[0].order().as_str(), after[0].answer.unwrap().0), ("a", Answer::Cut));
    assert_eq!(output.summary.cost_usd.total, "0");
}

/// Conversations with a turn every `think`, at three endpoints alike of which each caches: by conversation, who was asked
/// at each turn. Turns are told by their times: nobody else's are `think` apart to the nanosecond.
fn conversations(think: Span, faults: &str) -> Vec<Vec<Vec<String>>> {
    let endpoint = |name: &str| {
        format!(
            r#"(name: "{name}", provider: "a", price: (input: "$1/M", output: "$1/M", cached: "$0.1/M"),
                serving: (prefill_base: "100ms", prefill_per_token: "0s", step_base: "10ms", sequences: 100000,
                    prefix_cache: "24h")),"#
        )
    };
    let small = Small {
        duration: "24h",
        endpoints: ["x", "y", "z"].map(endpoint).concat(),
        routers: r#"(name: "router", region: "here", strategy: OpenRouterLegacy(targets: ["x", "y", "z"], sticky: ())),"#
            .to_owned(),
        workloads: format!(
            r#"(name: "w", region: "here", entry: "router", plan: "x", arrivals: Poisson(rate: "0.1/s"),
                input: Constant(100), output: Constant(11),
                conversations: (turns: 5.0, think: Constant("{think}"))),"#
        ),
        faults: faults.to_owned(),
    };
    let resolved = small.resolve();
    let (_, log) = run_logged(&resolved);
    let mut requests: Vec<(Time, Vec<String>)> = Vec::new();
    for record in log {
        let Some((_, number)) = record.request else { continue };
        match (record.kind, record.node) {
            (EventKind::Arrival, _) => requests.push((record.at, Vec::new())),
            (EventKind::Deliver, Some(node)) => {
                let name = &resolved.nodes[node.index()].name;
                if ["x", "y", "z"].contains(&name.as_str()) {
                    requests[number as usize].1.push(name.clone());
                }
            }
            _ => {}
        }
    }
    let mut conversations: BTreeMap<Time, Vec<Vec<String>>> = BTreeMap::new();
    for (at, asked) in requests {
        let before = Time::from_nanos(at.as_nanos().saturating_sub(think.as_nanos()));
        let mut turns = conversations.remove(&before).unwrap_or_default();
        turns.push(asked);
        conversations.insert(at, turns);
    }
    conversations.into_values().collect()
}

/// By runs of three turns whose first two were at one endpoint, so that the second used its cache: how often the third
/// was there first, and elsewhere.
fn third_turns(conversations: &[Vec<Vec<String>>], second: impl Fn(&[String]) -> bool) -> [u64; 2] {
    let mut counts = [0; 2];
    for turns in conversations.iter().flat_map(|turns| turns.windows(3)) {
        if turns[0].len() == 1 && turns[1][0] == turns[0][0] && second(&turns[1]) {
            counts[usize::from(turns[2][0] != turns[1][0])] += 1;
        }
    }
    counts
}

/// 9:59 after its last success a conversation is still where its cache is; at 10:01 it is drawn anew, a third each.
/// Chi-square with 1 degree of freedom.
#[test]
fn t9_conversations_stay_for_ten_minutes() {
    let [stay, leave] = third_turns(&conversations(Span::from_secs(599), ""), |second| second.len() == 1);
    assert!(stay > 1_000 && leave == 0, "{stay} {leave}");
    let counts = third_turns(&conversations(Span::from_secs(601), ""), |second| second.len() == 1);
    let statistic = chi_square(&counts, &[1.0 / 3.0, 2.0 / 3.0]);
    assert!(counts[0] > 300 && statistic < CHI_SQUARE_999[0], "{counts:?}: {statistic}");
}

/// After an error the next request may move.
#[test]
fn t9_an_error_lets_a_conversation_move() {
    let faults = ["x", "y", "z"].map(|name| fault(name, "Errors(share: 0.1)", "0s", "24h")).concat();
    let played = conversations(Span::from_secs(60), &faults);
    let [stay, leave] = third_turns(&played, |second| second.len() > 1);
    assert!(leave > 50, "{stay} {leave}");
}

/// The second model answers when every endpoint of the first fails, and is what is paid.
#[test]
fn t10_the_model_that_answers_is_billed() {
    let models = r#"models: [["a", "b"], ["c"]]"#;
    for preset in ["OpenRouterLegacy", "OpenRouterMeasured"] {
        for status in [503, 400, 429, 404] {
            let strategy = format!(r#"{preset}(targets: ["a", "b", "c"], {models})"#);
            let stage = three(&strategy).always("a", status).always("b", status);
            let (played, output) = stage.play_with_output();
            let order = played[0].order();
            assert!(["a,b,c", "b,a,c"].contains(&order.as_str()), "{order}");
            assert_eq!(played[0].status(), 200);
            // 111 tokens at $3/M.
            assert_eq!(output.summary.cost_usd.total, "0.000333");
            let last = stage.always("c", 418).play();
            assert_eq!(last[0].status(), 418, "the last error is returned");
        }
    }
}

/// With `partition: None` the endpoints of all models are sorted together.
#[test]
fn models_are_sorted_apart_or_together() {
    for (partition, order) in [("Model", "b,c,a"), ("None", "a,b,c")] {
        let fields = format!(r#"models: [["b", "c"], ["a"]], sort: Price, partition: {partition}"#);
        let stage = three(&legacy(&fields)).always("a", 503).always("b", 503).always("c", 503);
        assert_eq!(stage.play()[0].order(), order);
    }
}

/// $344 of the month's allowance are left; of two requests of $222 the second is $100 above it, and pays 5 % of that.
#[test]
fn t11_own_keys_pay_above_the_allowance() {
    let mut stage = Stage::new(&["a"], r#"Single(target: "grid")"#, 2);
    // 111 tokens.
    stage.endpoints[0].1 = 2e6;
    stage.routers = r#"(name: "grid", region: "here", strategy: OpenRouterMeasured(targets: ["a"]),
        fees: (credit: 0.055, byok: 0.05, byok_targets: ["a"], byok_free: "$344")),"#
        .to_owned();
    let (played, output) = stage.play_with_output();
    assert!(played.iter().all(|p| p.status() == 200));
    assert_eq!((output.summary.cost_usd.fees.as_str(), output.summary.cost_usd.total.as_str()), ("5", "449"));
}

/// A is dead from the start: after ten failures it is paused, a minute later explored, and when it is well again it gets
/// its traffic back.
#[test]
fn measured_pauses_explores_and_returns() {
    let strategy = r#"OpenRouterMeasured(targets: ["a", "b", "c"])"#;
    let mut stage = three(strategy).fails("a", "Down(status: 503)", "0s", "10m");
    stage.endpoints.iter_mut().for_each(|endpoint| endpoint.1 = 1.0);
    // Ten a second for half an hour.
    let played = stage.requests_at((0..18_000).map(|n| 100 * n)).play();
    assert!(played.iter().all(|p| p.status() == 200), "somebody is always well");
    let share = |from: usize, until: usize| {
        first_choices(&played[from..until], &["a"])[0] as f64 / (until - from) as f64
    };
    assert!(share(0, 30) > 0.0);
    assert!((0.0..0.02).contains(&share(600, 6_000)) && share(600, 6_000) > 0.0, "{}", share(600, 6_000));
    assert!(share(15_000, 18_000) > 0.2, "{}", share(15_000, 18_000));
}

/// Nothing is measured yet and all are alike: thirds. Chi-square with 2 degrees of freedom, 6,000 requests at once.
#[test]
fn measured_starts_with_even_shares_of_even_prices() {
    let mut stage = three(r#"OpenRouterMeasured(targets: ["a", "b", "c"])"#);
    stage.endpoints.iter_mut().for_each(|endpoint| endpoint.1 = 1.0);
    let counts = first_choices(&stage.requests_at(std::iter::repeat_n(0, 6_000)).play(), &["a", "b", "c"]);
    let statistic = chi_square(&counts, &[1.0 / 3.0; 3]);
    assert!(statistic < CHI_SQUARE_999[1], "{counts:?}: {statistic}");
}

/// A $1 and a $2 endpoint as fast as each other, charged as listed: the shape says how they share, of what is measured
/// so far. Chi-square with 1 degree of freedom, 10,000 requests after 2,000.
#[test]
fn measured_shares_follow_the_shape() {
    let strategy = r#"OpenRouterMeasured(targets: ["a", "b"], measured: (ttft_cost: 0.0))"#;
    let mut stage = Stage::new(&["a", "b"], strategy, 0);
    stage.endpoints[1].1 = 2.0;
    let played = stage.requests_at((0..12_000).map(|n| 50 * n)).play();
    let counts = first_choices(&played[2_000..], &["a", "b"]);
    let excess = libm::pow(2.0, 1.935) - 1.0;
    let raw = libm::exp(-0.742 * excess);
    let dear = 0.005 + 0.99 * raw / (1.0 + raw);
    let statistic = chi_square(&counts, &[1.0 - dear, dear]);
    assert!(statistic < CHI_SQUARE_999[0], "{counts:?} {dear}: {statistic}");
}
