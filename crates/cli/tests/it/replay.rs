//! `sandbox replay`.

use std::fs;

use crate::bench::{Bench, FILES};

#[test]
fn a_run_replays_to_the_byte() {
    let bench = Bench::new();
    let summary = bench.quick("run", "");
    let before = bench.bytes("run");
    let ended = bench.sandbox("replay run").expect(0);
    assert!(ended.out.starts_with("the same: "), "{}", ended.out);
    assert!(ended.out.contains(&summary.fingerprint) && ended.out.contains("10 files equal to the byte"));
    assert_eq!(bench.bytes("run"), before, "replaying writes nothing");
}

#[test]
fn overrides_and_other_routers_replay_from_the_directory_alone() {
    let bench = Bench::new();
    bench.write(
        "script.ron",
        r#"(faults: [(target: "siliconflow", kind: Blackhole, from: "5m", until: "6m")])"#,
    );
    let more = "--seed 5 --router clairvoyant --set duration=20m --script script.ron";
    bench.quick("run", more);
    fs::remove_file(bench.path("quick.ron")).expect("it was there");
    fs::remove_file(bench.path("script.ron")).expect("it was there");
    bench.sandbox("replay run").expect(0);
}

#[test]
fn a_changed_number_of_a_fault_is_found_with_the_first_event_that_differs() {
    let bench = Bench::new();
    let recorded = bench.quick("run", "");
    bench.edit("run/outages.ron", r#"until: "14m""#, r#"until: "15m""#);
    let out = bench.sandbox("replay run").expect(6).out;
    assert!(out.contains("outages.ron: line "), "{out}");
    assert!(
        out.contains(
            r#"the file has `(target: "siliconflow", kind: Down(status: 503), from: "10m", until: "15m")"#
        ),
        "{out}"
    );
    assert!(out.contains("is the first that differs:"), "{out}");
    // Nothing differs before minute 14, when the fault should have ended.
    let event: u64 = number_after(&out, "as it is now, event ");
    assert!(event > 1 && event < recorded.events, "{out}");
    assert!(out.contains("replayed: 14m fault_end at siliconflow-direct"), "{out}");
}

#[test]
fn a_changed_byte_without_meaning_is_found_and_called_harmless() {
    let bench = Bench::new();
    bench.quick("run", "");
    bench.edit("run/outages.ron", ", from:", ",\tfrom:");
    let out = bench.sandbox("replay run").expect(6).out;
    assert!(out.contains("outages.ron: line "), "{out}");
    assert!(out.contains("every event would be the same"), "{out}");
    let others = FILES.iter().filter(|name| **name != "outages.ron");
    for name in others {
        assert!(!out.contains(&format!("  {name}:")), "{name} was not touched\n{out}");
    }
}

#[test]
fn a_script_that_no_longer_reads_is_told_as_such() {
    let bench = Bench::new();
    bench.quick("run", "");
    bench.edit("run/outages.ron", "siliconflow", "siliconfl0w");
    let out = bench.sandbox("replay run").expect(6).out;
    assert!(out.contains("can no longer be run") && out.contains("siliconfl0w"), "{out}");
}

#[test]
fn every_file_that_is_gone_or_changed_is_named() {
    let bench = Bench::new();
    bench.quick("run", "");
    let whole = bench.bytes("run");
    for name in FILES {
        let path = bench.path("run").join(name);
        // Without these two it is no longer a run, and that is told with code 1.
        let gone = if ["summary.json", "scenario.ron"].contains(&name) { 1 } else { 6 };
        fs::remove_file(&path).expect("it was there");
        let ended = bench.sandbox("replay run").expect(gone);
        assert!(ended.out.contains(name) || ended.err.contains(name), "{}{}", ended.out, ended.err);

        let mut longer = whole[name].clone();
        longer.push(b'\n');
        fs::write(&path, longer).expect("it can be written");
        let ended = bench.sandbox("replay run").expect(6);
        assert!(ended.out.contains(&format!("  {name}: ")), "{name}: {}", ended.out);
        fs::write(&path, &whole[name]).expect("it can be written");
    }
    bench.sandbox("replay run").expect(0);
}

fn number_after(text: &str, before: &str) -> u64 {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no `{before}` in\n{text}"));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}
