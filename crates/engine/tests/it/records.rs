//! What is recorded of a run one by one, held against what the run says of itself.

use std::sync::{Arc, Mutex};

use sandbox_core::Span;
use sandbox_engine::output::FlowEnd;
use sandbox_engine::records::{AttemptRecord, BeliefRecord, Records, RequestRecord};
use sandbox_engine::{Explanation, Outcome, RunOptions, RunOutput};
use sandbox_model::{NodeId, Usd};
use sandbox_scenario::Resolved;

use crate::support::{fallback, fault, run_logged};

/// All records of a run.
#[derive(Default)]
pub(crate) struct Recorded {
    requests: Vec<RequestRecord>,
    attempts: Vec<AttemptRecord>,
    beliefs: Vec<BeliefRecord>,
}

/// A sink that can be read when the run is over.
#[derive(Clone, Default)]
pub(crate) struct Shared(pub(crate) Arc<Mutex<Recorded>>);

impl Records for Shared {
    fn request(&mut self, record: &RequestRecord) {
        self.0.lock().unwrap().requests.push(*record);
    }

    fn attempt(&mut self, record: &AttemptRecord) {
        self.0.lock().unwrap().attempts.push(*record);
    }

    fn belief(&mut self, record: &BeliefRecord) {
        self.0.lock().unwrap().beliefs.push(*record);
    }
}

/// What must hold of any run.
pub(crate) fn hold(resolved: &Resolved, output: &RunOutput, recorded: &Recorded) {
    let Recorded { requests, attempts, beliefs } = recorded;
    let summary = &output.summary;
    let counted = || requests.iter().filter(|record| record.counted);
    let all = summary.requests;
    for (outcome, expected) in [
        (Some(Outcome::Plan), all.served_by_plan),
        (Some(Outcome::Leak), all.leaked),
        (Some(Outcome::Failed), all.failed),
        (Some(Outcome::Shed), all.shed),
        (None, all.in_flight),
    ] {
        assert_eq!(
            counted().filter(|record| record.outcome == outcome).count() as u64,
            expected,
            "{outcome:?}"
        );
    }
    for record in requests {
        assert_eq!(record.ended.is_some(), record.outcome.is_some());
        let (first, end) =
            (record.first_token.unwrap_or(record.arrived), record.ended.unwrap_or(sandbox_core::Time::MAX));
        assert!(record.arrived <= first && first <= end, "{record:?}");
        assert_eq!(record.endpoint.is_some(), matches!(record.outcome, Some(Outcome::Plan | Outcome::Leak)));
    }
    // Attempts of entry routers.
    for (w, workload) in resolved.scenario.workloads.iter().enumerate() {
        let entry = resolved.workloads[w].entry;
        let of_entry =
            |record: &&AttemptRecord| record.counted && record.workload == w && record.router == Some(entry);
        let attempts = attempts.iter().filter(of_entry).count() as u64;
        assert_eq!(attempts, summary.workloads[&workload.name].attempts.total, "{}", workload.name);
        let by_request = counted().filter(|record| record.workload == w);
        assert_eq!(attempts, by_request.map(|record| u64::from(record.attempts)).sum::<u64>());
    }
    // Money.
    let in_attempts = |part: fn(&AttemptRecord) -> Usd| -> String {
        attempts.iter().filter(|record| record.counted).map(part).sum::<Usd>().decimal()
    };
    assert_eq!(in_attempts(|record| record.billed), summary.cost_usd.total);
    assert_eq!(in_attempts(|record| record.wasted), summary.cost_usd.wasted);
    let served =
        output.flow.lines.iter().filter(|line| matches!(line.end, FlowEnd::Plan(_) | FlowEnd::Leak(_)));
    let (billed, premium) = served.fold((Usd::ZERO, Usd::ZERO), |(b, p), l| (b + l.billed, p + l.premium));
    assert_eq!(counted().map(|record| record.billed).sum::<Usd>(), billed);
    assert_eq!(counted().map(|record| record.premium).sum::<Usd>(), premium);
    for record in attempts {
        assert!(record.began <= record.ended && record.wasted <= record.billed, "{record:?}");
    }
    // Beliefs.
    let bucket = output.timeline.bucket;
    for (lane, name) in output.timeline.lanes.iter().enumerate() {
        let node = resolved.nodes.iter().position(|node| node.name == *name);
        let of_lane = |belief: &&BeliefRecord| node == Some(belief.target.index());
        for (index, row) in output.timeline.rows.iter().enumerate() {
            let end = row.at.saturating_add(bucket);
            let last = index + 1 == output.timeline.rows.len();
            let within = beliefs.iter().filter(of_lane).map(|belief| {
                let until = if last { belief.until } else { belief.until.min(end) };
                until.saturating_since(belief.from.max(row.at))
            });
            assert_eq!(
                within.fold(Span::ZERO, Span::saturating_add),
                row.believed_down[lane],
                "{name} at {}",
                row.at
            );
        }
    }
    // The worst: all requests by how long they waited.
    let end = sandbox_core::Time::ZERO + resolved.scenario.duration;
    let mut waits: Vec<_> = counted()
        .map(|record| {
            let until = record.first_token.or(record.ended).unwrap_or(end);
            (std::cmp::Reverse(until.since(record.arrived)), record.arrived, record.workload, record.number)
        })
        .collect();
    waits.sort();
    let worst: Vec<_> = output.worst.iter().map(|story| (story.workload.clone(), story.number)).collect();
    let expected = waits
        .iter()
        .take(WORST)
        .map(|&(.., workload, number)| (resolved.scenario.workloads[workload].name.clone(), number));
    assert_eq!(worst, expected.collect::<Vec<_>>());
}

/// How many of the worst requests are told of where [`hold`] looks.
pub(crate) const WORST: usize = 5;

#[test]
fn the_worst_requests_have_the_stories_that_explain_tells() {
    let faults = fault("a", "Blackhole", "2m", "3m") + &fault("b", "Brownout(slowdown: 50.0)", "2m30s", "7m");
    let resolved = fallback(r#"timeouts: (first_token: "5s")"#, &faults).resolve();
    let (output, _) = run_logged(&resolved);
    assert_eq!(output.worst.len(), WORST);
    for story in &output.worst {
        let options = RunOptions { explain: Some((0, story.number)), ..RunOptions::default() };
        let explained = sandbox_engine::run(&resolved, options).expect("no law is broken");
        assert_eq!(explained.summary, output.summary);
        assert_eq!(explained.explanation, Some(Explanation::Story(Box::new(story.clone()))));
        // What is written reads back.
        let text = serde_json::to_string(story).expect("a story is plain data");
        assert_eq!(
            &serde_json::from_str::<sandbox_engine::explain::Story>(&text).expect("it was just written"),
            story
        );
    }
}

#[test]
fn attempts_are_told_with_who_sent_them_and_why_they_left_the_plan() {
    let resolved = fallback("", &fault("a", "Down()", "2m", "4m")).resolve();
    let shared = Shared::default();
    let options = RunOptions { records: Some(Box::new(shared.clone())), ..RunOptions::default() };
    let output = sandbox_engine::run(&resolved, options).expect("no law is broken");
    let recorded = shared.0.lock().unwrap();
    let of = |name: &str| NodeId(resolved.nodes.iter().position(|node| node.name == name).unwrap() as u16);
    for record in &recorded.attempts {
        assert_eq!(record.router, Some(of("router")));
        assert_eq!(record.leak.is_some(), record.target == of("spare"));
        assert_eq!(record.place, u16::from(record.target == of("spare")));
    }
    let refused =
        recorded.attempts.iter().filter(|record| record.answer.is_some_and(|answer| !answer.is_ok()));
    assert_eq!(refused.count() as u64, output.summary.requests.leaked);
    assert!(output.worst.is_empty(), "nobody asked for it");
}
