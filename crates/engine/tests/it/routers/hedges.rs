//! Two attempts at once, on stage. Over a new connection a request reaches an endpoint that is 200 ms away after 500 ms
//! (two round trips of handshakes and half of one); its first token is made 100 ms later and takes 100 ms back.

use sandbox_engine::RunOutput;
use sandbox_model::Answer;

use super::stage::{Played, Stage};

/// One request, hedged after a time at `f`, which is here. `p` is 200 ms away.
fn duel(after: &str) -> Stage {
    let strategy = format!(r#"TtftHedge(targets: ["p", "f"], after: "{after}")"#);
    Stage { far: Some(("p", "200ms")), ..Stage::new(&["p", "f"], &strategy, 1) }
}

/// How each endpoint treats what is abandoned.
fn abandoned(mut stage: Stage, then: &str, billed: &str) -> Stage {
    stage.serving = format!("when_abandoned: {then}");
    for (_, _, more) in &mut stage.endpoints {
        *more = format!("billing: (abandoned: {billed}),");
    }
    stage
}

fn one(stage: &Stage) -> (Played, RunOutput) {
    let (played, output) = stage.play_with_output();
    assert_eq!(played.len(), 1);
    (played.into_iter().next().expect("there is one"), output)
}

/// What an endpoint billed, and how much of it nobody got [µ$]: a token costs one.
fn bill(output: &RunOutput, endpoint: &str) -> (u32, u32) {
    let micro = |usd: &str| (usd.parse::<f64>().expect("an amount") * 1e6).round() as u32;
    let cost = &output.summary.endpoints[endpoint].cost_usd;
    (micro(&cost.total), micro(&cost.wasted))
}

#[test]
fn the_loser_is_billed_as_its_endpoint_bills_abandoned_work() {
    // `p` makes its tokens at 0.60, 0.61 and so on; `f`'s first one is there at 0.675, after eight of them.
    for (then, billed, loser) in [
        ("Stops", "Made", 108),
        ("Stops", "Prompt", 100),
        ("Stops", "Nothing", 0),
        ("RunsOn", "Made", 111),
        ("RunsOn", "Prompt", 100),
        ("RunsOn", "Nothing", 0),
    ] {
        let (played, output) = one(&abandoned(duel("575ms"), then, billed));
        assert_eq!((played.order().as_str(), played.times()), ("p,f", vec![0.5, 0.575]));
        assert_eq!(played.answer, Some((Answer::Ok, 0.775)));
        assert_eq!(bill(&output, "p"), (loser, loser), "{then} {billed}");
        assert_eq!(bill(&output, "f"), (111, 0), "{then} {billed}");
        let leak = &output.summary.workloads["w"].leak.by_cause["hedge"];
        assert_eq!((leak.requests, leak.avoidable_requests), (1, 1), "nothing was wrong with the plan");
        assert_eq!(
            output.summary.workloads["w"].attempts.hedges, 0,
            "the client's own router does not hedge"
        );
        assert_eq!(output.summary.routers["router"].attempts.hedges, 1);
    }
}

#[test]
fn losers_that_are_not_cancelled_are_served_to_the_end_and_billed_in_full() {
    let run_on = |after: &str, targets: &str, then: &str, billed: &str| {
        let mut stage = abandoned(duel("1s"), then, billed);
        stage.strategy = format!(r#"TtftHedge(targets: {targets}, after: "{after}", losers: RunOn)"#);
        one(&stage)
    };
    for (then, billed) in [("Stops", "Made"), ("Stops", "Nothing"), ("RunsOn", "Prompt")] {
        // As it makes its first tokens; before it has made one; and on its way there.
        let (played, output) = run_on("575ms", r#"["p", "f"]"#, then, billed);
        assert_eq!(played.answer, Some((Answer::Ok, 0.775)));
        assert_eq!((bill(&output, "p"), bill(&output, "f")), ((111, 111), (111, 0)), "{then} {billed}");
        let (played, output) = run_on("650ms", r#"["p", "f"]"#, then, billed);
        assert_eq!(played.answer, Some((Answer::Ok, 0.8)));
        assert_eq!((bill(&output, "p"), bill(&output, "f")), ((111, 0), (111, 111)), "{then} {billed}");
        let (played, output) = run_on("50ms", r#"["f", "p"]"#, then, billed);
        assert_eq!(played.answer, Some((Answer::Ok, 0.2)));
        assert_eq!((bill(&output, "p"), bill(&output, "f")), ((111, 111), (111, 0)), "{then} {billed}");
        let requests = &output.summary.endpoints["p"].requests;
        assert_eq!((requests.arrived, requests.failed, requests.in_flight), (1, 1, 0));
    }
}

#[test]
fn a_hedge_that_is_too_late_loses_and_has_made_nothing() {
    let (played, output) = one(&abandoned(duel("650ms"), "Stops", "Made"));
    assert_eq!(played.answer, Some((Answer::Ok, 0.8)));
    assert_eq!((bill(&output, "p"), bill(&output, "f")), ((111, 0), (0, 0)));
    assert_eq!(output.summary.requests.leaked, 0);
}

#[test]
fn two_answers_that_are_both_complete_before_either_arrives_are_both_billed_and_one_wins() {
    // Whole answers: `p` has made its own at 0.70 and it arrives at 0.80; `f`'s is made and there at 0.75. (Once the
    // second to complete was taken for the loser, and its request hung.)
    for billed in ["Made", "Nothing"] {
        let mut stage = abandoned(duel("550ms"), "Stops", billed);
        stage.workload = "stream: false,".to_owned();
        let (played, output) = one(&stage);
        assert_eq!(played.answer, Some((Answer::Ok, 0.75)));
        // It is complete: nothing of it is abandoned work.
        assert_eq!((bill(&output, "p"), bill(&output, "f")), ((111, 111), (111, 0)));
        let requests = &output.summary.endpoints["p"].requests;
        assert_eq!((requests.served_by_plan, requests.failed), (1, 0));
    }
}

#[test]
fn first_tokens_at_the_same_instant_have_one_winner() {
    for whole in ["stream: false,", ""] {
        let mut stage = abandoned(duel("600ms"), "Stops", "Made");
        stage.workload = whole.to_owned();
        let (played, output) = one(&stage);
        assert_eq!(played.answer, Some((Answer::Ok, 0.8)));
        let bills = [bill(&output, "p"), bill(&output, "f")];
        assert_eq!(bills.iter().filter(|&&bill| bill == (111, 0)).count(), 1, "{bills:?}");
        let requests = output.summary.requests;
        assert_eq!((requests.arrived, requests.served_by_plan + requests.leaked), (1, 1));
    }
}

#[test]
fn a_winner_that_breaks_off_is_the_end() {
    let stage = abandoned(duel("575ms"), "Stops", "Made").fails("f", "StreamCut(after: 5)", "0s", "1h");
    let (played, output) = one(&stage);
    // Its first token came at 0.675, and the loser was abandoned then; five tokens later the stream ends.
    let (answer, at) = played.answer.expect("it ends");
    assert_eq!(answer.status(), Answer::Cut.status());
    assert!((0.7..0.73).contains(&at), "{at}");
    assert_eq!(played.order(), "p,f");
    assert_eq!((bill(&output, "p"), bill(&output, "f").0), ((108, 108), 0));
}

#[test]
fn a_stream_that_breaks_off_before_it_wins_is_tried_elsewhere_and_one_after_is_not() {
    // `p` breaks off after its first token, which wins: `f` was to be asked at 0.9.
    let stage = duel("900ms").fails("p", "StreamCut(after: 1)", "0s", "1h");
    let (played, _) = one(&stage);
    assert_eq!((played.order().as_str(), played.status()), ("p", Answer::Cut.status().0));
}

#[test]
fn when_both_fail_each_was_tried_once_and_the_caller_gets_the_last() {
    let stage = Stage::new(&["p", "f"], r#"TtftHedge(targets: ["p", "f"], after: "1s")"#, 1)
        .fails("p", "SlowFail(hold: \"3s\", status: 500)", "0s", "1h")
        .fails("f", "SlowFail(hold: \"3s\", status: 502)", "0s", "1h");
    let (played, output) = one(&stage);
    assert_eq!((played.order().as_str(), played.times()), ("p,f", vec![0.0, 1.0]));
    assert_eq!((played.status(), played.answer.expect("it ends").1), (502, 4.0));
    assert_eq!(output.summary.requests.failed, 1);
}

#[test]
fn a_failure_while_a_hedge_runs_makes_room_for_another_and_one_that_is_due_goes_at_once() {
    let stage = Stage::new(&["p", "f", "g"], r#"TtftHedge(targets: ["p", "f", "g"], after: "1s")"#, 1)
        .fails("p", "SlowFail(hold: \"2500ms\")", "0s", "1h")
        .fails("f", "Blackhole", "0s", "1h");
    let (played, _) = one(&stage);
    // At most one beside the first: `g`'s turn comes when `p` fails, 1.5 s after `f` was asked.
    assert_eq!((played.order().as_str(), played.times()), ("p,f,g", vec![0.0, 1.0, 2.5]));
    assert_eq!(played.answer, Some((Answer::Ok, 2.7)));
}

#[test]
fn more_hedges_follow_one_another() {
    let strategy = r#"TtftHedge(targets: ["p", "f", "g"], after: "1s", most: 2)"#;
    let stage = Stage::new(&["p", "f", "g"], strategy, 1).fails("p", "Blackhole", "0s", "1h").fails(
        "f",
        "Blackhole",
        "0s",
        "1h",
    );
    let (played, _) = one(&stage);
    assert_eq!((played.order().as_str(), played.times()), ("p,f,g", vec![0.0, 1.0, 2.0]));
    assert_eq!(played.answer, Some((Answer::Ok, 2.2)));
}

#[test]
fn attempt_timers_run_for_each_of_two() {
    let strategy = r#"TtftHedge(targets: ["p", "f"], after: "1s", timeouts: (first_token: "3s"))"#;
    let mut stage = Stage::new(&["p", "f"], strategy, 1).fails("p", "Blackhole", "0s", "1h");
    let (played, _) = one(&stage);
    assert_eq!(played.answer, Some((Answer::Ok, 1.2)), "the winner's timer is off");
    stage = stage.fails("f", "Blackhole", "0s", "1h");
    let (played, output) = one(&stage);
    assert_eq!((played.status(), played.answer.expect("it ends").1), (408, 4.0));
    assert_eq!(output.summary.routers["router"].requests.failed, 1);
}

#[test]
fn a_deadline_ends_both() {
    let stage = Stage::new(&["p", "f"], r#"TtftHedge(targets: ["p", "f"], after: "1s")"#, 1)
        .fails("p", "Blackhole", "0s", "1h")
        .fails("f", "Blackhole", "0s", "1h");
    let (played, output) = one(&stage);
    assert_eq!((played.order().as_str(), played.answer), ("p,f", None));
    assert_eq!((output.summary.requests.failed, output.summary.requests.in_flight), (1, 0));
}

#[test]
fn a_hedge_respects_residency() {
    let strategy = r#"TtftHedge(targets: ["f", "p"], after: "1s")"#;
    let mut stage = Stage { far: Some(("p", "200ms")), ..Stage::new(&["f", "p"], strategy, 1) };
    stage.workload = r#"residency: ["here"],"#.to_owned();
    let (played, output) = one(&stage.fails("f", "Blackhole", "0s", "1h"));
    assert_eq!(played.order(), "f");
    assert_eq!(output.summary.endpoints["p"].requests.arrived, 0);
}

#[test]
fn hedges_above_and_below_each_other_leave_nothing_behind() {
    // Both grids hedge inside, and the router hedges between them: `a` and `b` hang, then `c` hangs and `d` serves.
    let mut stage =
        Stage::new(&["a", "b", "c", "d"], r#"TtftHedge(targets: ["one", "two"], after: "2500ms")"#, 3);
    stage.routers = r#"(name: "one", region: "here", strategy: TtftHedge(targets: ["a", "b"], after: "1s")),
        (name: "two", region: "here", strategy: TtftHedge(targets: ["c", "d"], after: "1s")),"#
        .to_owned();
    for hangs in ["a", "b", "c"] {
        stage = stage.fails(hangs, "Blackhole", "0s", "1h");
    }
    let (played, output) = stage.play_with_output();
    for played in played {
        assert_eq!((played.order().as_str(), played.times()), ("a,b,c,d", vec![0.0, 1.0, 2.5, 3.5]));
        assert_eq!(played.answer, Some((Answer::Ok, 3.7)));
    }
    for (router, failed) in [("one", 3), ("two", 0), ("router", 0)] {
        let requests = &output.summary.routers[router].requests;
        assert_eq!((requests.arrived, requests.failed, requests.in_flight), (3, failed, 0), "{router}");
    }
}

#[test]
fn a_complete_answer_below_an_abandoned_grid_is_wasted_once() {
    // Whole answers again, but `p` stands behind a grid: the grid's answer is on its way when `f` wins.
    let strategy = r#"TtftHedge(targets: ["grid", "f"], after: "550ms")"#;
    let mut stage = Stage { far: Some(("p", "200ms")), ..Stage::new(&["p", "f"], strategy, 1) };
    stage.routers = r#"(name: "grid", region: "here", strategy: Single(target: "p")),"#.to_owned();
    stage.workload = "stream: false,".to_owned();
    let (played, output) = one(&stage);
    assert_eq!(played.answer, Some((Answer::Ok, 0.75)));
    assert_eq!((bill(&output, "p"), bill(&output, "f")), ((111, 111), (111, 0)));
    let grid = &output.summary.routers["grid"].requests;
    assert_eq!((grid.arrived, grid.failed, grid.in_flight), (1, 1, 0));
}
