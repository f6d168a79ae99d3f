//! The classes of times to first token in the timeline.

use sandbox_engine::RunOutput;
use sandbox_engine::output::TTFT_CLASSES;

use crate::support::{endpoint, fallback, fault, run_logged};

/// The class that a time falls into.
fn class_of(ttft: sandbox_core::Span) -> usize {
    TTFT_CLASSES.iter().position(|&end| ttft <= end).unwrap_or(TTFT_CLASSES.len())
}

/// What must hold of any run: in each row, the class in which the count passes a percentile's rank is the percentile's.
pub(crate) fn hold(output: &RunOutput) {
    assert_eq!(output.timeline.ttft_classes, TTFT_CLASSES);
    for row in &output.timeline.rows {
        let all: u64 = row.ttft_counts.iter().sum();
        assert_eq!(row.ttft_counts.len(), TTFT_CLASSES.len() + 1);
        // Whoever was served got a first token; who failed may have got one before.
        assert!(row.served_by_plan + row.leaked <= all && all <= row.arrived - row.shed, "{row:?}");
        let Some(ttft) = row.ttft else {
            assert_eq!(all, 0);
            continue;
        };
        for (percent, ttft) in [50.0, 95.0, 99.0].into_iter().zip(ttft) {
            let rank = (percent / 100.0 * all as f64).ceil().max(1.0) as u64;
            let mut so_far = 0;
            let passed = row.ttft_counts.iter().position(|&n| {
                so_far += n;
                so_far >= rank
            });
            assert_eq!(passed, Some(class_of(ttft)), "p{percent} {ttft} of {row:?}");
        }
    }
}

#[test]
fn classes_agree_with_percentiles_and_with_the_requests() {
    let faults = fault("a", "Brownout(slowdown: 30.0)", "1m", "3m")
        + &fault("a", "StreamCut(share: 0.5, after: 20)", "4m", "6m")
        + &fault("a", "Down()", "7m", "8m");
    let small = crate::support::Small {
        endpoints: endpoint("plan", "a", "queue: 3", "", "$1/M") + &endpoint("spare", "b", "", "", "$3/M"),
        ..fallback(r#"cooldown: (failures: 3, within: "10s", length: "15s")"#, &faults)
    };
    let (output, _) = run_logged(&small.resolve());
    hold(&output);
    let counted: u64 = output.timeline.rows.iter().flat_map(|row| &row.ttft_counts).sum();
    let requests = output.summary.requests;
    assert!(requests.failed > 10, "some of them got a first token and no answer");
    assert!(counted > requests.served_by_plan + requests.leaked, "{counted} {requests:?}");
    // 20 ms of round trip, 100 ms of prefill, and 20 ms more of a new connection.
    let calm = &output.timeline.rows[0].ttft_counts;
    assert_eq!(calm.iter().position(|&n| n > 0), Some(class_of(sandbox_core::Span::from_millis(130))));
}
