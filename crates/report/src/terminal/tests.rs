use super::*;
use crate::synthetic::{self, Shape, cases};

fn empty() -> RunData {
    let shape =
        Shape { peak_per_minute: 0, faults: Vec::new(), buckets: 10, warm_up_s: 0, ..synthetic::day() };
    let mut run = shape.run().data();
    run.summary.objectives.clear();
    run
}

#[test]
fn a_run_with_everything_in_it_reads_without_colour() {
    insta::assert_snapshot!(run_text(&synthetic::day().run().data(), Paint::Plain));
}

#[test]
fn a_run_without_traffic_or_faults_is_still_complete() {
    insta::assert_snapshot!(run_text(&empty(), Paint::Plain));
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let run = synthetic::day().run().data();
    let painted = run_text(&run, Paint::Ansi);
    assert!(painted.contains('\u{1b}'));
    let mut bare = String::new();
    let mut pieces = painted.split('\u{1b}');
    bare.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        bare.push_str(piece.split_once('m').map_or("", |(_, rest)| rest));
    }
    assert_eq!(bare, run_text(&run, Paint::Plain));
}

#[track_caller]
fn fits(name: &str, text: &str) {
    for line in text.lines().filter(|line| !line.starts_with("repro")) {
        assert!(human::columns(line) <= WIDTH, "{name}: {} columns: {line}", human::columns(line));
    }
}

#[test]
fn no_line_but_the_repro_line_is_wider_than_80_columns() {
    for (name, shape) in cases::all() {
        fits(name, &run_text(&shape.run().data(), Paint::Plain));
    }
    let mut run = synthetic::day().run().data();
    let summary = &mut run.summary;
    let huge = summary.workloads.values().next().cloned().unwrap_or_default();
    summary.workloads.insert("a-workload-with-a-name-that-goes-on-and-on".to_owned(), huge.clone());
    summary.workloads.insert("硅基流动硅基流动硅基流动硅基流动".to_owned(), huge);
    summary.objectives[0].expression =
        "workload(a-workload-with-a-name-that-goes-on).availability >= 99.9%".to_owned();
    summary.requests.arrived = 43_200_000;
    summary.cost_usd.total = "1234567.89".to_owned();
    summary.faults[0].target = "a-target-with-a-name-that-goes-on-and-on-and-on-and-on".to_owned();
    summary.faults[0].kind = "wrong_status with an explanation that goes on and on and on".to_owned();
    summary.faults[1].target = "硅基流动/硅基流动/硅基流动/硅基流动".to_owned();
    fits("long", &run_text(&run, Paint::Plain));
}

#[test]
fn a_percent_sign_stays_with_its_number() {
    assert_eq!(fold("of all 12.5 % leaked", 11), ["of all", "12.5 %", "leaked"]);
    assert_eq!(fold("", 10), [""]);
}

#[test]
fn every_edge_case_reads_without_colour() {
    for (name, shape) in cases::all() {
        // The month has the same parts as the day, and `lanes` as well.
        if !["day", "month", "lanes"].contains(&name) {
            insta::assert_snapshot!(format!("run-{name}"), run_text(&shape.run().data(), Paint::Plain));
        }
    }
}

#[test]
fn the_worst_faults_are_listed_and_the_others_counted() {
    let text = run_text(&synthetic::day().run().data(), Paint::Plain);
    let at = text.lines().position(|line| line.starts_with("faults")).expect("faults");
    let lines: Vec<&str> = text.lines().skip(at).collect();
    // The count, the heading, eight faults, the rest.
    assert_eq!(lines.len(), 11, "{text}");
    // Ten minutes of failback are the longest that routers were wrong.
    assert!(lines[2].contains("09:31:00") && lines[2].contains("10m 10s"), "{}", lines[2]);
    assert_eq!(lines[10], "  and 13 more: summary.json has them all");
}

#[test]
fn a_fault_that_nobody_saw_counts_with_its_whole_length() {
    let mut run = synthetic::day().run().data();
    let unseen = run.summary.faults.last_mut().expect("a fault");
    (unseen.until, unseen.detection_lag_s, unseen.failback_lag_s) = (unseen.from + 3_600.0, None, None);
    let target = "unseen".to_owned();
    unseen.target.clone_from(&target);
    let text = run_text(&run, Paint::Plain);
    let first = text.lines().skip_while(|line| !line.starts_with("faults")).nth(2).unwrap_or_default();
    assert!(first.contains(&target) && first.ends_with("–         –"), "{first}");
}

#[test]
fn faults_of_links_are_not_among_those_that_routers_could_see() {
    let mut run = synthetic::day().run().data();
    let lines = |summary: &Summary| {
        let run = RunData { summary: summary.clone(), ..synthetic::day().run().data() };
        let text = run_text(&run, Paint::Plain);
        text.lines().filter(|line| line.starts_with("faults")).collect::<Vec<_>>().join("|")
    };
    let summary = &mut run.summary;
    summary.faults.truncate(2);
    assert_eq!(lines(summary), "faults       2, of which 2 were seen by a router");
    let mut link = summary.faults[0].clone();
    (link.target, link.detection_lag_s, link.failback_lag_s) = ("cn-east <-> us-west".to_owned(), None, None);
    summary.faults.push(link.clone());
    assert_eq!(lines(summary), "faults       2, of which 2 were seen by a router; 1 of links");
    summary.faults = vec![link];
    assert_eq!(lines(summary), "faults       1 of links");
}

#[test]
fn fees_are_told_where_there_are_any() {
    let mut run = synthetic::day().run().data();
    assert!(!run_text(&run, Paint::Plain).contains("\nfees"));
    let cost = &mut run.summary.cost_usd;
    (cost.total, cost.fees) = ("105.5".to_owned(), "5.5".to_owned());
    assert!(
        run_text(&run, Paint::Plain).contains("\nfees         $5.50 of the $105.50, added by gateways\n")
    );
}
