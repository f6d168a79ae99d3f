//! Each documented exit code, and what comes with it.

use std::fs;

use crate::bench::{Bench, repository};

#[test]
fn a_run_that_keeps_its_promises_ends_with_0() {
    let bench = Bench::new();
    let ended = bench.sandbox("run quick.ron --out run").expect(0);
    assert!(ended.out.contains("objectives: 4 of 4 met"), "{}", ended.out);
    assert_eq!(ended.err, "");
}

#[test]
fn a_missed_objective_ends_with_4_and_leaves_the_run() {
    let bench = Bench::new();
    bench.edit("quick.ron", "leak_share <= 40%", "leak_share <= 1%");
    let ended = bench.sandbox("run quick.ron --out run").expect(4);
    assert!(ended.out.contains("missed  leak_share <= 1%"), "{}", ended.out);
    assert!(bench.summary("run").objectives.iter().any(|objective| !objective.met));
    bench.sandbox("replay run").expect(0);
}

#[test]
fn a_missed_objective_of_one_router_of_several_ends_with_4() {
    let bench = Bench::new();
    bench.sandbox("run quick.ron --out runs --router direct-only --router clairvoyant").expect(4);
    assert_eq!(bench.list("runs"), ["clairvoyant", "direct-only"]);
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let bench = Bench::new();
    for arguments in [
        "",
        "rum quick.ron",
        "run",
        "run quick.ron --sede 1",
        "run quick.ron --seed x",
        "plot",
        "plot x --width 1",
    ] {
        let ended = bench.sandbox(arguments).expect(2);
        assert_eq!(ended.out, "", "{arguments}: mistakes are told on standard error");
        assert!(!ended.err.is_empty(), "{arguments}");
    }
}

#[test]
fn every_invalid_fixture_ends_with_3_and_an_error() {
    let bench = Bench::new();
    let mut seen = 0;
    for entry in fs::read_dir(repository().join("fixtures/invalid")).expect("fixtures") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "ron") {
            continue;
        }
        seen += 1;
        for command in ["validate", "run --out run", "script"] {
            let ended = bench.sandbox(&format!("{command} {}", path.display())).expect(3);
            assert!(ended.err.starts_with("error"), "{}: {}", path.display(), ended.err);
            assert_eq!(ended.out, "");
        }
        assert_eq!(bench.list("."), ["quick.ron"], "an invalid scenario leaves nothing behind");
    }
    assert!(seen > 20, "only {seen} fixtures");
}

#[test]
fn a_script_a_router_or_an_override_that_does_not_fit_ends_with_3() {
    let bench = Bench::new();
    bench.write("typo.ron", r#"(faults: [(target: "silicnflow", kind: Down(), from: "1m", until: "2m")])"#);
    let hints = [
        ("--script typo.ron", "did you mean `siliconflow`?"),
        ("--router hybird", "did you mean `hybrid`?"),
        ("--router direct-only=hybrid", "workloads here: cn-chat"),
        ("--set workloads.cn-chat.deadlin=30s", "deadline"),
    ];
    for (argument, hint) in hints {
        let ended = bench.sandbox(&format!("run quick.ron --out run {argument}")).expect(3);
        assert!(ended.err.starts_with("error") && ended.err.contains(hint), "{argument}: {}", ended.err);
        assert_eq!(bench.list("."), ["quick.ron", "typo.ron"], "{argument}");
    }
}

#[test]
fn a_file_that_cannot_be_read_ends_with_1_and_a_hint() {
    let bench = Bench::new();
    let ended = bench.sandbox("run quik.ron").expect(1);
    assert!(ended.err.starts_with("error: cannot be read"), "{}", ended.err);
    assert!(ended.err.contains("= hint:") && ended.err.contains("quick.ron"), "{}", ended.err);
    let ended = bench.sandbox("replay quick").expect(1);
    assert!(ended.err.contains("is not a run directory") && ended.err.contains("= hint:"), "{}", ended.err);
    assert_eq!(bench.list("."), ["quick.ron"]);
}

#[test]
fn validate_says_what_it_has_seen() {
    let bench = Bench::new();
    let ended = bench.sandbox("validate quick.ron").expect(0);
    assert!(ended.out.starts_with("quick.ron is valid: quick for 30m"), "{}", ended.out);
    assert_eq!(bench.list("."), ["quick.ron"]);
}
