//! Memory is flat in the number of requests. A binary of its own, so that no other test's memory is measured.

use std::io::Write as _;

use sandbox_engine::RunOptions;
use sandbox_scenario::Resolved;

/// Ten times the duration takes at most 1.2 times the peak (Linux only: elsewhere the peak is not read).
#[test]
fn ten_times_the_requests_take_no_more_memory() {
    let Some(_) = peak_kib() else {
        tell("SKIPPED: /proc/self/status is not there: the peak of memory was NOT measured");
        return;
    };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/asia-peak-overflow.ron");
    let peak_after = |duration: &str| {
        let sets = [
            format!("duration={duration}"),
            "start=2026-11-18 12:00 Asia/Shanghai".to_owned(),
            "weather.script=[]".to_owned(),
        ];
        let resolved = Resolved::load(path.as_ref(), &sets).unwrap_or_else(|invalid| panic!("{invalid}"));
        let output = sandbox_engine::run(&resolved, RunOptions::default()).expect("no law is broken");
        (output.summary.simulated_requests, peak_kib().unwrap_or_default())
    };
    let (few, before) = peak_after("1h");
    let (many, after) = peak_after("10h");
    assert!(many > 9 * few, "{few} {many}");
    tell(&format!("{few} requests: peak {before} KiB; {many} requests: peak {after} KiB"));
    assert!(after * 10 <= before * 12, "peak grew from {before} to {after} KiB");
}

/// Says something past the test runner's capture: it must be seen in a green run.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Greatest resident set of this process so far.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
