use super::*;
use crate::synthetic::{self, Shape};

fn empty() -> Summary {
    let shape =
        Shape { peak_per_minute: 0, faults: Vec::new(), buckets: 10, warm_up_s: 0, ..synthetic::day() };
    let mut summary = shape.run().summary;
    summary.objectives.clear();
    summary
}

#[test]
fn a_run_with_everything_in_it_reads_without_colour() {
    insta::assert_snapshot!(summary_text(&synthetic::day().run().summary, Paint::Plain));
}

#[test]
fn a_run_without_traffic_or_faults_is_still_complete() {
    insta::assert_snapshot!(summary_text(&empty(), Paint::Plain));
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let summary = synthetic::day().run().summary;
    let painted = summary_text(&summary, Paint::Ansi);
    assert!(painted.contains('\u{1b}'));
    let mut bare = String::new();
    let mut pieces = painted.split('\u{1b}');
    bare.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        bare.push_str(piece.split_once('m').map_or("", |(_, rest)| rest));
    }
    assert_eq!(bare, summary_text(&summary, Paint::Plain));
}

#[test]
fn no_line_but_the_repro_line_is_wider_than_80_columns() {
    let mut summary = synthetic::day().run().summary;
    let huge = summary.workloads.values().next().cloned().unwrap_or_default();
    summary.workloads.insert("a-workload-with-a-name-that-goes-on-and-on".to_owned(), huge);
    summary.objectives[0].expression =
        "workload(a-workload-with-a-name-that-goes-on).availability >= 99.9%".to_owned();
    summary.requests.arrived = 43_200_000;
    summary.cost_usd.total = "1234567.89".to_owned();
    summary.faults[0].target = "a-target-with-a-name-that-goes-on-and-on-and-on-and-on".to_owned();
    for line in summary_text(&summary, Paint::Plain).lines().filter(|line| !line.starts_with("repro")) {
        assert!(line.chars().count() <= WIDTH, "{} columns: {line}", line.chars().count());
    }
}

#[test]
fn faults_of_links_are_not_among_those_that_routers_could_see() {
    let mut summary = synthetic::day().run().summary;
    let lines = |summary: &Summary| {
        let text = summary_text(summary, Paint::Plain);
        text.lines().filter(|line| line.starts_with("faults")).collect::<Vec<_>>().join("|")
    };
    summary.faults.truncate(2);
    assert_eq!(lines(&summary), "faults       2, of which 2 were seen by a router");
    let mut link = summary.faults[0].clone();
    (link.target, link.detection_lag_s, link.failback_lag_s) = ("cn-east <-> us-west".to_owned(), None, None);
    summary.faults.push(link.clone());
    assert_eq!(lines(&summary), "faults       2, of which 2 were seen by a router; 1 of links");
    summary.faults = vec![link];
    assert_eq!(lines(&summary), "faults       1 of links");
}

#[test]
fn fees_are_told_where_there_are_any() {
    let mut summary = synthetic::day().run().summary;
    assert!(!summary_text(&summary, Paint::Plain).contains("\nfees"));
    (summary.cost_usd.total, summary.cost_usd.fees) = ("105.5".to_owned(), "5.5".to_owned());
    assert!(
        summary_text(&summary, Paint::Plain)
            .contains("\nfees         $5.50 of the $105.50, added by gateways\n")
    );
}
