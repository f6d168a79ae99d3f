//! `sandbox init`: what it writes runs, and it never takes another file's place.

use crate::bench::Bench;

#[test]
fn the_starter_runs_and_keeps_every_promise() {
    let bench = Bench::new();
    let ended = bench.sandbox("init").expect(0);
    assert_eq!(ended.out, "wrote my-outage.ron\nnext: sandbox run my-outage.ron\n");
    assert_eq!(ended.err, "");
    let run = bench.sandbox("run my-outage.ron").expect(0);
    assert!(run.out.contains("objectives: 4 of 4 met"), "{}", run.out);
    let summary = bench.summary("out/my-outage-1");
    assert_eq!(summary.scenario, "my-outage");
    assert!(summary.requests.leaked > 0, "an outage without leak teaches nothing");
    // One written, the others drawn.
    assert!(summary.faults.len() > 1);
}

#[test]
fn what_the_comments_suggest_works() {
    let bench = Bench::new();
    bench.sandbox("init").expect(0);
    bench.sandbox("validate my-outage.ron").expect(0);
    bench.sandbox("run my-outage.ron --out calm").expect(0);
    bench.sandbox("run my-outage.ron --router clairvoyant --out best").expect(0);
    let (ours, best) = (bench.summary("calm"), bench.summary("best"));
    assert_eq!(ours.requests.arrived, best.requests.arrived);
    assert!(best.requests.leaked < ours.requests.leaked, "the cooldown leaks after the outage");
    bench.edit("my-outage.ron", "rpm: 600", "rpm: 150");
    bench.sandbox("run my-outage.ron --out limited --format quiet");
    let causes = bench.summary("limited").leak.by_cause;
    assert!(causes.contains_key("rate_limit_requests"), "{:?}", causes.keys());
    bench.edit(
        "my-outage.ron",
        "            // (target: \"deepinfra\"",
        "            (target: \"deepinfra\"",
    );
    bench.sandbox("validate my-outage.ron").expect(0);
}

#[test]
fn a_name_goes_into_the_file_and_the_scenario() {
    let bench = Bench::new();
    for name in ["tuesday", "tuesday-2.ron", "周二"] {
        let ended = bench.sandbox(&format!("init {name}")).expect(0);
        let stem = name.trim_end_matches(".ron");
        assert!(ended.out.starts_with(&format!("wrote {stem}.ron\n")), "{}", ended.out);
        let text = bench.read(&format!("{stem}.ron"));
        assert!(text.contains(&format!("name: \"{stem}\"")) && !text.contains("my-outage"), "{stem}");
        bench.sandbox(&format!("validate {stem}.ron")).expect(0);
    }
}

#[test]
fn a_file_that_is_there_is_left_alone() {
    let bench = Bench::new();
    let before = bench.read("quick.ron");
    let ended = bench.sandbox("init quick").expect(2);
    assert!(ended.err.starts_with("error: quick.ron is there already") && ended.err.contains("= hint:"));
    assert_eq!(ended.out, "");
    assert_eq!(bench.read("quick.ron"), before);
    for name in ["../x", "a/b", ".hidden", "a:b", "-- -x", ".ron"] {
        let ended = bench.sandbox(&format!("init {name}")).expect(2);
        assert!(ended.err.contains("hint"), "{name}: {}", ended.err);
    }
    assert_eq!(bench.list("."), ["quick.ron"]);
}
