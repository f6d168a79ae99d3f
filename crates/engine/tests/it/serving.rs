//! Memory, chunks, replicas and lost capacity at an endpoint of the engine, worked out by hand.
//!
//! As in [`exact`](crate::exact): a round trip takes 20 ms. The first request is 50 ms on its way (TCP, TLS), the others 10 ms, so
//! that those which arrive at 0, 40, 40 … are delivered together. A prefill takes 100 ms and an answer has 51 tokens.

use std::io::Write as _;

use sandbox_core::Time;
use sandbox_engine::{EventKind, EventRecord, RunOutput};
use sandbox_model::{Answer, Status};

use crate::support::{Small, fault, run_logged};

/// Requests that arrive at these instants [ms], 100 prompt tokens each, to one endpoint.
fn requests(at: &[u32], serving: &str, faults: &str) -> (RunOutput, Vec<EventRecord>) {
    let mut trace = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut rows = String::from("TIMESTAMP,ContextTokens,GeneratedTokens\n");
    for ms in at {
        rows += &format!("2026-01-01 00:00:{:02}.{:03}0000,100,51\n", ms / 1_000, ms % 1_000);
    }
    trace.write_all(rows.as_bytes()).expect("a temporary file can be written");
    let per_token = if serving.contains("prefill_per_token") { "" } else { r#"prefill_per_token: "0s","# };
    let small = Small {
        duration: "5m",
        endpoints: format!(
            r#"(name: "plan", provider: "a", price: (input: "$1/M", output: "$1/M"),
                serving: (prefill_base: "100ms", {per_token} step_base: "10ms", {serving})),"#
        ),
        routers: r#"(name: "router", strategy: Single(target: "plan")),"#.to_owned(),
        workloads: format!(
            r#"(name: "w", region: "here", entry: "router", plan: "plan", deadline: "60s",
                arrivals: Trace(file: "{}")),"#,
            trace.path().display()
        ),
        faults: faults.to_owned(),
    };
    run_logged(&small.resolve())
}

/// By request: when it was delivered, when its answer came back [ms], and the answer.
fn ends(log: &[EventRecord]) -> Vec<(u64, u64, Answer)> {
    let millis = |at: Time| at.as_nanos() / 1_000_000;
    let of = |kind, number| log.iter().find(move |r| r.kind == kind && r.request == Some((0, number)));
    (0..)
        .map_while(|number| {
            let (there, back) = (of(EventKind::Deliver, number)?, of(EventKind::Return, number)?);
            Some((millis(there.at), millis(back.at), back.answer.expect("a return has an answer")))
        })
        .collect()
}

fn refused() -> Answer {
    Answer::failed(Status::UNAVAILABLE)
}

/// Three that come together to two replicas: the first and the third share one, the second has the other. A token
/// takes 10 ms for each sequence that decodes.
#[test]
fn a_request_goes_to_the_replica_with_the_fewest_inside() {
    let serving = r#"step_per_sequence: "10ms", sequences: 8, replicas: 2, "#;
    let (_, log) = requests(&[0, 40, 40], serving, "");
    let ends: Vec<u64> = ends(&log).iter().map(|&(there, back, _)| back - there).collect();
    // Step base 10 ms as in the others: (10 + 10 · B) a token; all three are delivered at 50 ms.
    assert_eq!(ends, [100 + 50 * 30 + 10, 100 + 50 * 20 + 10, 100 + 50 * 30 + 10]);
}

/// Half of two replicas: the second is gone with the stream it served, the first goes on, and what comes meanwhile is
/// served there. Afterwards the second is back.
#[test]
fn lost_capacity_takes_whole_replicas_with_what_they_serve() {
    let serving = r#"step_per_sequence: "10ms", sequences: 8, replicas: 2, "#;
    let faults = fault("plan", "CapacityLoss(share: 0.5)", "500ms", "10s");
    let (output, log) = requests(&[0, 40, 3_000, 3_000, 12_000, 12_000], serving, &faults);
    let ends = ends(&log);
    assert_eq!(ends[0], (50, 50 + 100 + 50 * 20 + 10, Answer::Ok));
    // Cut at 500 ms, in the middle of its stream.
    assert_eq!(ends[1], (50, 510, Answer::Cut));
    // Both at the first replica: a token takes 30 ms.
    assert_eq!(ends[2].1 - ends[2].0, 100 + 50 * 30 + 10);
    assert_eq!(ends[3].1 - ends[3].0, 100 + 50 * 30 + 10);
    // One each.
    assert_eq!(ends[4].1 - ends[4].0, 100 + 50 * 20 + 10);
    assert_eq!(ends[5].1 - ends[5].0, 100 + 50 * 20 + 10);
    assert_eq!(output.summary.requests.arrived, 6);
}

/// What has no token yet, prefilling or waiting, is refused when its replica goes.
#[test]
fn lost_capacity_refuses_what_waits() {
    let serving = r#"sequences: 1, queue: 1, replicas: 2, "#;
    // First, second and third, fourth wait for first and second; the loss comes during the prefills.
    let faults = fault("plan", "CapacityLoss(share: 0.5)", "100ms", "10s");
    let (_, log) = requests(&[0, 40, 40, 40], serving, &faults);
    let answers: Vec<Answer> = ends(&log).iter().map(|&(.., answer)| answer).collect();
    assert_eq!(answers, [Answer::Ok, refused(), Answer::Ok, refused()]);
    assert_eq!(ends(&log)[1].1, 110);
    assert_eq!(ends(&log)[3].1, 110);
}

/// Half of one replica: nothing breaks off, four of eight slots remain.
#[test]
fn lost_capacity_of_a_part_of_a_replica_breaks_nothing_off() {
    let faults = fault("plan", "CapacityLoss(share: 0.5)", "300ms", "400ms");
    let (output, log) = requests(&[0, 40, 40, 40, 40, 320, 2_000], "sequences: 8, ", &faults);
    let answers: Vec<Answer> = ends(&log).iter().map(|&(.., answer)| answer).collect();
    let mut expected = [Answer::Ok; 7];
    expected[5] = refused();
    assert_eq!(answers, expected);
    assert_eq!(output.summary.requests.arrived, 7);
}

/// All of it: refused at once, and back when the fault ends.
#[test]
fn all_capacity_lost_refuses_everything() {
    let faults = fault("plan", "CapacityLoss(share: 1.0)", "1s", "5s");
    let (_, log) = requests(&[0, 2_000, 6_000], "sequences: 8, replicas: 3, ", &faults);
    let answers: Vec<Answer> = ends(&log).iter().map(|&(.., answer)| answer).collect();
    assert_eq!(answers, [Answer::Ok, refused(), Answer::Ok]);
}

/// A tenth of ten replicas is one of them, though 1 - 0.9 is less than a tenth in binary.
#[test]
fn shares_of_replicas_are_counted_without_binary_crumbs() {
    let faults = fault("plan", "CapacityLoss(share: 0.1)", "300ms", "10s");
    let (_, log) =
        requests(&[0, 40, 40, 40, 40, 40, 40, 40, 40, 40], "sequences: 1, replicas: 10, ", &faults);
    let answers: Vec<Answer> = ends(&log).iter().map(|&(.., answer)| answer).collect();
    let mut expected = [Answer::Ok; 10];
    expected[9] = Answer::Cut;
    assert_eq!(answers, expected);
}

/// Memory for two of them (151 tokens each): the third waits until the first two end, though there are slots. A request
/// that could never fit is refused at once.
#[test]
fn requests_wait_for_memory() {
    let (_, log) = requests(&[0, 40, 40], "sequences: 8, kv_tokens: 302, queue: 1, ", "");
    let ends_of: Vec<u64> = ends(&log).iter().map(|&(there, back, _)| back - there).collect();
    assert_eq!(ends_of, [610, 610, 1_210]);
    let (_, log) = requests(&[0], "sequences: 8, kv_tokens: 150, queue: 1, ", "");
    assert_eq!(ends(&log), [(50, 60, refused())]);
}

/// A context of 100 + 25 tokens at 80 us each is 10 ms a step more: (10 + 10) · 50 for one alone, (10 + 20) · 50 for two.
#[test]
fn steps_take_longer_with_the_context_that_is_read() {
    let serving = r#"step_per_kv_token: "80us", sequences: 8, "#;
    let (_, log) = requests(&[0], serving, "");
    assert_eq!(ends(&log), [(50, 50 + 100 + 50 * 20 + 10, Answer::Ok)]);
    let (_, log) = requests(&[0, 40], serving, "");
    assert_eq!(ends(&log)[1].1, 50 + 100 + 50 * 30 + 10);
}

/// Chunks of 50 tokens at 1 ms: while a prompt of 100 is prefilled a step takes 10 + 50 ms and does half of it, or a quarter for
/// each of two. Work: 100 ms base and 100 · 1 ms. Alone 4 steps of 60 ms; two together 8 steps.
#[test]
fn chunked_prefills_share_a_budget_and_slow_decoding_down() {
    let serving = r#"prefill_per_token: "1ms", prefill_chunk: 50, sequences: 8, "#;
    let took = |at: &[u32]| -> Vec<u64> {
        ends(&requests(at, serving, "").1).iter().map(|&(there, back, _)| back - there).collect()
    };
    assert_eq!(took(&[0]), [4 * 60 + 50 * 10 + 10]);
    assert_eq!(took(&[0, 40]), [8 * 60 + 50 * 10 + 10; 2]);
    // The second is delivered at 410 ms, 120 ms after the first's first token, and takes 240 ms:
    // in those the first makes 4 tokens in place of 24, so it ends 200 ms later.
    assert_eq!(took(&[0, 400]), [4 * 60 + 50 * 10 + 10 + 200, 4 * 60 + 50 * 10 + 10]);
}

/// Five slots and a factor of 5: a prefill of 100 ms takes 100 ms longer for each other that is inside when it starts, whatever comes
/// later. The fourth starts when the others decode, or prefill still.
#[test]
fn prefills_take_longer_the_more_are_inside_when_they_start() {
    let serving = r#"sequences: 5, load_factor: 5.0, "#;
    let took = |at: &[u32], serving: &str| -> Vec<u64> {
        ends(&requests(at, serving, "").1).iter().map(|&(there, back, _)| back - there).collect()
    };
    let whole = |prefill: u64| prefill + 50 * 10 + 10;
    let expected = [100, 200, 300, 200].map(whole);
    // The first ends 600 ms after 50 ms, the second at 750 ms; at 690 ms the second and the third are inside, at 850 the third.
    assert_eq!(took(&[0, 40, 40, 780], serving), expected);
    assert_eq!(took(&[0, 40, 40, 780], "sequences: 5, "), [100, 100, 100, 100].map(whole));
    // One slot: the factor has no other sequence to depend on. The second waits for the first.
    assert_eq!(took(&[0, 40], "sequences: 1, queue: 1, load_factor: 5.0, "), [whole(100), whole(100) + 600]);
}

/// Two slots and a factor of 3: the third waits and starts when the first leaves, beside the second.
#[test]
fn the_load_is_counted_when_a_request_gets_its_slot() {
    let serving = r#"sequences: 2, queue: 1, load_factor: 3.0, "#;
    let (_, log) = requests(&[0, 40, 40], serving, "");
    let took: Vec<u64> = ends(&log).iter().map(|&(there, back, _)| back - there).collect();
    assert_eq!(took, [100 + 500 + 10, 300 + 500 + 10, 600 + 300 + 500 + 10]);
}
