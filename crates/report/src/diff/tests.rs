use super::*;
use crate::human;
use crate::synthetic::{Shape, cases, day};
use crate::terminal::{Paint, diff_text};

/// The day, and the same day under a router that leaks less.
fn pair() -> (RunData, RunData) {
    let a = day().run().data();
    let mut b = a.clone();
    b.summary.fingerprint = "0123456789abcdef".to_owned();
    let (requests, leak) = (&mut b.summary.requests, &mut b.summary.leak);
    let fewer = leak.by_cause.remove("cooldown").expect("the day has it").requests;
    (requests.leaked, requests.served_by_plan) = (requests.leaked - fewer, requests.served_by_plan + fewer);
    leak.share = Some(requests.leaked as f64 / requests.arrived as f64);
    leak.avoidable_share = Some(0.0);
    b.summary.cost_usd.total = "1036.5".to_owned();
    b.summary.objectives[2].met = true;
    b.summary.objectives[0].met = false;
    (a, b)
}

fn entry(a: &str, b: &str) -> Change {
    Change {
        path: "workloads.cn-chat.entry".to_owned(),
        a: Some(format!("\"{a}\"")),
        b: Some(format!("\"{b}\"")),
    }
}

fn setup(changes: Vec<Change>) -> Setup {
    Setup { changes, outages: Outages::default(), same_arrivals: true }
}

fn diff(a: &RunData, b: &RunData, setup: Setup) -> Diff {
    Diff::new(Side { name: "out/hybrid", run: a }, Side { name: "out/clairvoyant", run: b }, setup)
}

#[test]
fn a_pair_is_what_it_was() {
    let (a, b) = pair();
    let diff = diff(&a, &b, setup(vec![entry("hybrid", "clairvoyant")]));
    insta::assert_snapshot!("text", diff_text(&diff, Paint::Plain));
    insta::assert_snapshot!("json", serde_json::to_string_pretty(&diff).expect("plain data"));
    insta::assert_snapshot!("markdown", crate::markdown::diff_markdown(&diff));
}

#[test]
fn a_run_against_itself_says_so() {
    let a = day().run().data();
    let diff = diff(&a, &a, setup(Vec::new()));
    assert_eq!(diff.sentence, "With nothing changed: the runs are the same, event by event.");
    assert!(diff.numbers.iter().all(Number::is_same) && diff.causes.is_empty() && diff.workloads.is_empty());
}

#[test]
fn what_was_changed_is_told_in_the_fewest_words() {
    let (a, b) = pair();
    let change = |path: &str, a: Option<&str>, b: Option<&str>| Change {
        path: path.to_owned(),
        a: a.map(str::to_owned),
        b: b.map(str::to_owned),
    };
    let rate = "workloads.cn-chat.arrivals.rate";
    let cases = [
        (vec![entry("x", "y"), entry("x", "y")], "With `y` instead of `x`: "),
        (vec![entry("x", "y"), entry("x", "z")], "With other routers: "),
        (
            vec![change(rate, Some("3/s"), Some("6/s"))],
            "With `workloads.cn-chat.arrivals.rate` `6/s` instead of `3/s`: ",
        ),
        (vec![change("probes.p", None, Some("()"))], "With `probes.p` `()`: "),
        (vec![change("probes.p", Some("()"), None)], "Without `probes.p`: "),
        (vec![entry("x", "y"), change("seed", Some("1"), Some("2"))], "With 2 changes to the scenario: "),
        (vec![change("objectives.0", Some("a"), Some("b"))], "With nothing changed: "),
    ];
    for (changes, begins) in cases {
        let sentence = diff(&a, &b, setup(changes)).sentence;
        assert!(sentence.starts_with(begins), "{sentence}");
        assert!(sentence.contains(", on the same weather; `availability"), "{sentence}");
    }
}

#[test]
fn runs_on_other_weather_are_not_called_paired() {
    let (a, b) = pair();
    let other = Setup {
        outages: Outages { only_a: vec!["(…)".to_owned()], only_b: Vec::new() },
        ..setup(Vec::new())
    };
    let diff_outages = diff(&a, &b, other);
    assert!(diff_outages.sentence.starts_with("Under other outages: "), "{}", diff_outages.sentence);
    assert!(diff_outages.sentence.contains("not paired"));
    assert!(diff_text(&diff_outages, Paint::Plain).contains("✗ NOT PAIRED  the outages differ"));

    // Whatever the scenarios say: other numbers of arrivals are no pair.
    let mut more = Shape { peak_per_minute: 2_500, ..day() }.run().data();
    more.summary.fingerprint = "0123456789abcdef".to_owned();
    let diff_arrivals = diff(&a, &more, setup(Vec::new()));
    assert!(!diff_arrivals.paired.arrivals && diff_arrivals.paired.outages);
    assert!(diff_arrivals.sentence.contains("leaked instead of"), "{}", diff_arrivals.sentence);
    let neither = diff(&a, &b, Setup { same_arrivals: false, ..setup(Vec::new()) });
    assert!(!neither.paired.is_full());
}

#[test]
fn every_pair_of_edge_cases_fits_80_columns() {
    let runs: Vec<RunData> = cases::all().into_iter().map(|(_, shape)| shape.run().data()).collect();
    for b in &runs {
        let diff =
            diff(&runs[0], b, setup(vec![entry("hybrid", "a-router-with-a-long-long-long-long-name")]));
        for line in diff_text(&diff, Paint::Plain).lines() {
            assert!(human::columns(line) <= 80, "{line}");
        }
    }
}

#[test]
fn workloads_are_told_apart_where_there_are_several() {
    let (mut a, mut b) = pair();
    let scope = a.summary.workloads["cn-chat"].clone();
    for run in [&mut a, &mut b] {
        run.summary.workloads.insert("us-agent".to_owned(), scope.clone());
    }
    b.summary.workloads.get_mut("us-agent").expect("it was put there").requests.leaked += 7;
    let diff = diff(&a, &b, setup(Vec::new()));
    let [of] = &diff.workloads[..] else { panic!("{:?}", diff.workloads) };
    assert_eq!((of.workload.as_str(), of.numbers.len()), ("us-agent", 1));
    assert_eq!(of.numbers[0].change, Some(Quantity::Count(7)));
}
