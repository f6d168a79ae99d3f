//! What `sandbox run` writes, and what it never touches.

use crate::bench::{Bench, FILES};

#[test]
fn a_run_writes_exactly_the_documented_files() {
    let bench = Bench::new();
    bench.quick("run", "");
    assert_eq!(bench.list("run"), FILES);
    bench.quick("traced", "--trace");
    let mut with_events = FILES.to_vec();
    with_events.insert(0, "events.csv");
    assert_eq!(bench.list("traced"), with_events);
    assert_eq!(bench.list("."), ["quick.ron", "run", "traced"], "nothing else is left lying about");
}

#[test]
fn without_out_a_run_goes_to_out_scenario_seed() {
    let bench = Bench::new();
    let ended = bench.sandbox("run quick.ron --seed 9 --set duration=20m").expect(0);
    assert_eq!(bench.list("out/quick-9"), FILES);
    assert!(ended.out.ends_with("wrote out/quick-9/ (look at report.html)\n"), "{}", ended.out);
}

#[test]
fn two_runs_are_equal_to_the_byte() {
    let bench = Bench::new();
    bench.quick("first", "");
    bench.quick("second", "");
    let (first, second) = (bench.bytes("first"), bench.bytes("second"));
    for name in FILES {
        assert!(first[name] == second[name], "{name} differs");
    }
    bench.quick("third", "--seed 2");
    assert_ne!(bench.summary("first").fingerprint, bench.summary("third").fingerprint);
}

#[test]
fn the_event_log_changes_nothing_else() {
    let bench = Bench::new();
    bench.quick("plain", "");
    bench.quick("traced", "--trace");
    let (plain, mut traced) = (bench.bytes("plain"), bench.bytes("traced"));
    traced.remove("events.csv");
    assert!(plain == traced);
}

#[test]
fn an_existing_run_is_replaced_as_a_whole() {
    let bench = Bench::new();
    bench.quick("run", "--trace");
    bench.quick("run", "--seed 2");
    assert_eq!(bench.summary("run").seed, 2);
    assert_eq!(bench.list("run"), FILES, "the old event log is gone");
    assert_eq!(bench.list("."), ["quick.ron", "run"]);
    bench.sandbox("replay run").expect(0);
}

#[test]
fn a_directory_that_is_no_run_is_left_alone() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("thesis")).expect("it is not there yet");
    bench.write("thesis/chapter-1.txt", "years of work");
    bench.write("file", "a file, not a directory");
    for out in ["thesis", "file"] {
        let ended = bench.sandbox(&format!("run quick.ron --out {out}")).expect(2);
        assert!(ended.err.starts_with("error: ") && ended.err.contains("= hint:"), "{}", ended.err);
    }
    assert_eq!(bench.list("thesis"), ["chapter-1.txt"]);
    assert_eq!(bench.read("thesis/chapter-1.txt"), "years of work");
    assert_eq!(bench.list("."), ["file", "quick.ron", "thesis"]);
    std::fs::create_dir(bench.path("empty")).expect("it is not there yet");
    bench.quick("empty", "");
}

#[test]
fn an_invalid_scenario_does_not_touch_the_run_before() {
    let bench = Bench::new();
    bench.quick("run", "");
    let before = bench.bytes("run");
    bench.edit("quick.ron", "duration", "duraton");
    bench.sandbox("run quick.ron --out run").expect(3);
    bench.sandbox("run quick.ron --out other").expect(3);
    assert!(bench.bytes("run") == before);
    assert_eq!(bench.list("."), ["quick.ron", "run"]);
}

#[test]
fn several_routers_get_a_directory_each() {
    let bench = Bench::new();
    bench.sandbox("run quick.ron --out runs --router hybrid --router cn-chat=clairvoyant").expect(0);
    assert_eq!(bench.list("runs"), ["cn-chat-clairvoyant", "hybrid"]);
    bench.quick("alone", "--router clairvoyant");
    let (several, alone) = (bench.bytes("runs/cn-chat-clairvoyant"), bench.bytes("alone"));
    // Summary and pictures carry the command that makes them again, which is another one.
    for name in ["ledger.csv", "outages.ron", "scenario.ron", "timeline.csv"] {
        assert!(several[name] == alone[name], "{name} differs");
    }
    assert_eq!(bench.summary("runs/cn-chat-clairvoyant").fingerprint, bench.summary("alone").fingerprint);
    bench.sandbox("replay runs/hybrid").expect(0);
}

#[test]
fn plot_draws_the_same_pictures_and_other_sizes_beside_them() {
    let bench = Bench::new();
    bench.quick("run", "");
    let before = bench.bytes("run");
    std::fs::remove_file(bench.path("run/timeline.png")).expect("it was there");
    std::fs::remove_file(bench.path("run/timeline.svg")).expect("it was there");
    let ended = bench.sandbox("plot run").expect(0);
    assert_eq!(ended.out, "", "nothing but data goes to standard output");
    assert!(bench.bytes("run") == before);

    bench.sandbox("plot run --width 2400").expect(0);
    let mut after = bench.bytes("run");
    let svg = after.remove("timeline-2400.svg").expect("an SVG");
    let png = after.remove("timeline-2400.png").expect("a PNG");
    assert!(svg.starts_with(b"<svg") && String::from_utf8_lossy(&svg).contains(r#"width="2400""#));
    // Bytes 16 to 19 of a PNG are its width.
    assert_eq!(png[16..20], 2400_u32.to_be_bytes());
    assert!(after == before);
}

#[test]
fn plot_draws_panels_and_stretches_under_names_that_say_so() {
    let bench = Bench::new();
    bench.quick("run", "");
    let picture = |flags: &str, name: &str| {
        bench.sandbox(&format!("plot run {flags}")).expect(0);
        let svg = std::fs::read_to_string(bench.path(&format!("run/{name}.svg"))).expect("an SVG");
        assert!(bench.path(&format!("run/{name}.png")).is_file(), "{name}.png");
        svg
    };
    let svg = picture("--panel share --panel ttft --theme dark", "timeline-share-ttft-dark");
    assert!(
        svg.contains("Who served") && svg.contains("Time to first token") && !svg.contains("Cost so far")
    );
    // The scenario starts at 19:00: time since the start and wall clock mean the same.
    let svg = picture("--from 10m --to 19:15", "timeline-from-10m-to-1915");
    assert!(svg.contains("19:10:00 to 19:15:00 (5m of 30m), all numbers of this part"));
    let dated = picture("--from 2026-11-18T19:10 --to 15m", "timeline-from-20261118T1910-to-15m");
    assert!(dated == svg);

    bench.sandbox("plot run --panel cost --out one.png").expect(0);
    assert!(bench.path("one.png").is_file());
    for (flags, hint) in [
        ("--from soon", "hint: write time since the start"),
        ("--from 20m --to 10m", "hint: the run goes from 19:00:00 to 19:30:00"),
        ("--out picture.jpg", "hint: give a file with one of these endings"),
        ("--fan", "hint: a fan is of three seeds or more"),
        ("--fan --panel lanes", "hint: it has share, ttft, cost, attempts"),
    ] {
        let ended = bench.sandbox(&format!("plot run {flags}")).expect(2);
        assert!(ended.err.contains(hint), "{flags}: {}", ended.err);
    }
}

#[test]
fn plot_draws_runs_beside_each_other_and_seeds_as_a_fan() {
    let bench = Bench::new();
    for seed in 1..=3 {
        bench.quick(&format!("runs/s{seed}"), &format!("--seed {seed}"));
    }
    bench.sandbox("plot runs/s1 runs/s2 runs/s3 --panel share").expect(0);
    let svg = std::fs::read_to_string(bench.path("runs/runs-share.svg")).expect("an SVG");
    for seed in 1..=3 {
        assert!(svg.contains(&format!("seed {seed}")), "{svg}");
    }
    bench.sandbox("plot runs/s3 runs/s1 runs/s2 --fan").expect(0);
    let svg = std::fs::read(bench.path("runs/fan.svg")).expect("an SVG");
    assert!(String::from_utf8_lossy(&svg).contains("only 3 seeds"));
    // In whatever order they are named.
    bench.sandbox("plot runs/s1 runs/s2 runs/s3 --fan --out again.svg").expect(0);
    assert!(std::fs::read(bench.path("again.svg")).expect("an SVG") == svg);
    let ended = bench.sandbox("plot runs/s1 runs/s2 runs/s1 --fan").expect(2);
    assert!(ended.err.contains("seed 1 comes twice"), "{}", ended.err);
}

#[test]
fn a_run_of_an_older_version_says_so() {
    let bench = Bench::new();
    for file in ["flow.csv", "worst.json"] {
        bench.quick("run", "");
        std::fs::remove_file(bench.path(&format!("run/{file}"))).expect("it was there");
        let ended = bench.sandbox("plot run").expect(1);
        let wrong = format!("error: run was written by an older version: it has no {file}\n");
        assert!(ended.err.contains(&wrong) && ended.err.contains("= hint: run it again: "), "{}", ended.err);
    }
    // The hint helps.
    bench.sandbox("run run/scenario.ron --script run/outages.ron --out again").expect(0);
    bench.sandbox("plot again").expect(0);
}
