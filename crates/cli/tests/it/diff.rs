//! `sandbox diff`: what it says of two runs, and when it does not call them a pair.

use std::fs;

use serde_json::Value;

use crate::bench::Bench;

fn json(bench: &Bench, runs: &str) -> (Value, String) {
    let ended = bench.sandbox(&format!("diff {runs} --format json --out figure")).expect(0);
    (serde_json::from_str(&ended.out).expect("one object"), ended.err)
}

#[test]
fn two_routers_on_the_same_weather() {
    let bench = Bench::new();
    bench.quick("a", "--router hybrid");
    bench.quick("b", "--router clairvoyant");
    let ended = bench.sandbox("diff a b").expect(0);
    assert!(ended.out.starts_with("With `clairvoyant` instead of `hybrid`: "), "{}", ended.out);
    assert!(ended.out.contains("paired       yes"), "{}", ended.out);
    assert!(ended.out.ends_with("\nwrote out/diff-a-b/diff.png, out/diff-a-b/diff.svg\n"), "{}", ended.out);
    assert!(!ended.out.contains('\x1b'));
    assert_eq!(ended.err, "");
    assert_eq!(bench.list("out/diff-a-b"), ["diff.png", "diff.svg"]);
    let svg = bench.read("out/diff-a-b/diff.svg");
    assert!(svg.contains("A: a (quick)") && svg.contains("B: b (quick)"), "both runs are named");
    assert!(fs::read(bench.path("out/diff-a-b/diff.png")).expect("a PNG").starts_with(b"\x89PNG"));

    let (diff, err) = json(&bench, "a b");
    let (a, b) = (bench.summary("a"), bench.summary("b"));
    let leaked = diff["numbers"].as_array().expect("numbers").iter().find(|n| n["name"] == "leaked");
    let leaked = leaked.expect("leaked");
    assert_eq!(leaked["a"], a.requests.leaked);
    assert_eq!(leaked["b"], b.requests.leaked);
    assert_eq!(leaked["change"].as_i64(), Some(b.requests.leaked as i64 - a.requests.leaked as i64));
    assert_eq!(diff["changes"].as_array().map(Vec::len), Some(1), "{}", diff["changes"]);
    assert_eq!(diff["changes"][0]["path"], "workloads.cn-chat.entry");
    assert_eq!((&diff["paired"]["arrivals"], &diff["paired"]["outages"]), (&true.into(), &true.into()));
    assert_eq!(err, "");

    let markdown = bench.sandbox("diff a b --format markdown").expect(0).out;
    assert!(
        markdown.starts_with("### `b` against `a`\n\nWith `clairvoyant` instead of `hybrid`: "),
        "{markdown}"
    );
}

#[test]
fn a_run_beside_itself() {
    let bench = Bench::new();
    bench.quick("a", "");
    let (diff, _) = json(&bench, "a a");
    assert_eq!(diff["sentence"], "With nothing changed: the runs are the same, event by event.");
    assert_eq!(diff["changes"], Value::Array(Vec::new()));
}

#[test]
fn other_outages_or_other_arrivals_are_no_pair() {
    let bench = Bench::new();
    bench.quick("a", "");
    bench.sandbox("script quick.ron --out outages.ron").expect(0);
    bench.edit("outages.ron", "until: \"14m\"", "until: \"12m\"");
    bench.quick("shorter", "--script outages.ron");
    let (diff, err) = json(&bench, "a shorter");
    assert_eq!((&diff["paired"]["arrivals"], &diff["paired"]["outages"]), (&true.into(), &false.into()));
    assert_eq!(diff["outages"]["only_a"].as_array().map(Vec::len), Some(1), "{}", diff["outages"]);
    assert_eq!(diff["outages"]["only_b"].as_array().map(Vec::len), Some(1), "{}", diff["outages"]);
    assert!(err.starts_with("warning: not paired: "), "{err}");
    assert!(diff["sentence"].as_str().is_some_and(|s| s.starts_with("Under other outages: ")), "{diff}");

    bench.sandbox("run quick.ron --out more --set workloads.cn-chat.arrivals.rate=4/s --format quiet");
    let (diff, _) = json(&bench, "a more");
    assert_eq!((&diff["paired"]["arrivals"], &diff["paired"]["outages"]), (&false.into(), &true.into()));
    let text = bench.sandbox("diff a more").expect(0).out;
    assert!(text.contains("✗ NOT PAIRED  the arrivals differ"), "{text}");

    bench.quick("seed", "--seed 2");
    let (diff, _) = json(&bench, "a seed");
    assert_eq!((&diff["paired"]["arrivals"], &diff["paired"]["outages"]), (&false.into(), &false.into()));
}

#[test]
fn no_line_is_wider_than_80_columns() {
    let bench = Bench::new();
    bench.quick("a", "");
    bench.quick("seed", "--seed 2");
    bench.sandbox("run quick.ron --out direct --router direct-only --format quiet").expect(4);
    for runs in ["a seed", "a direct", "direct seed"] {
        let out = bench.sandbox(&format!("diff {runs}")).expect(0).out;
        for line in out.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn what_is_no_run_is_told() {
    let bench = Bench::new();
    bench.quick("a", "");
    let ended = bench.sandbox("diff a nowhere").expect(1);
    assert!(ended.err.contains("hint"), "{}", ended.err);
    bench.sandbox("diff a").expect(2);
    assert_eq!(bench.list("."), ["a", "quick.ron"]);
}
