//! Files of single requests: `run --trace-format`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::bench::{Bench, FILES};

fn trace(bench: &Bench, run: &str) -> Value {
    let file = std::fs::read(bench.path(&format!("{run}/trace.json.gz"))).expect("a trace");
    let mut text = String::new();
    GzDecoder::new(file.as_slice()).read_to_string(&mut text).expect("gzip");
    serde_json::from_str(&text).expect("JSON")
}

/// The slices of a kind: those with arguments, as what is inside them has none.
fn slices<'a>(trace: &'a Value, kind: &str) -> Vec<&'a Value> {
    let events = trace["traceEvents"].as_array().expect("a list").iter();
    events
        .filter(|e| (e["ph"] == "b" || e["ph"] == "B") && e["cat"] == kind && e.get("args").is_some())
        .collect()
}

#[test]
fn a_trace_holds_every_request_and_attempt_and_changes_nothing_else() {
    let bench = Bench::new();
    bench.quick("plain", "");
    let summary = bench.quick("traced", "--trace-format perfetto");
    let (plain, mut traced) = (bench.bytes("plain"), bench.bytes("traced"));
    traced.remove("trace.json.gz").expect("a trace");
    assert!(plain == traced);
    assert_eq!(bench.list("."), ["plain", "quick.ron", "traced"], "nothing else is left lying about");

    let trace = trace(&bench, "traced");
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    let requests = slices(&trace, "request");
    for request in requests.iter().filter(|request| request["args"]["counted"] == true) {
        *outcomes.entry(request["args"]["outcome"].as_str().expect("an outcome")).or_default() += 1;
    }
    let told = summary.requests;
    assert!(told.leaked > 0);
    let expected = [
        ("failed", told.failed),
        ("in_flight", told.in_flight),
        ("leaked", told.leaked),
        ("served_by_plan", told.served_by_plan),
        ("shed", told.shed),
    ];
    assert_eq!(outcomes, expected.into_iter().filter(|(_, n)| *n > 0).collect());
    let attempts = slices(&trace, "attempt");
    for (router, scope) in &summary.routers {
        let sent =
            attempts.iter().filter(|a| a["args"]["router"] == **router && a["args"]["counted"] == true);
        assert_eq!(sent.count() as u64, scope.attempts.total, "{router}");
    }
    assert_eq!(slices(&trace, "truth").len(), summary.faults.len());
    assert!(!slices(&trace, "belief").is_empty());
    assert_eq!(trace["otherData"]["fingerprint"], summary.fingerprint);
}

#[test]
fn a_sample_is_told_of_and_a_long_run_gets_one_by_itself() {
    let bench = Bench::new();
    let run = "run quick.ron --trace-format perfetto --set duration=15m --set objectives=[]";
    let ended = bench.sandbox(&format!("{run} --out sample --trace-sample 1/10")).expect(0);
    assert!(ended.err.contains("trace.json.gz tells of 1 of 10 requests: "), "{}", ended.err);
    let sample = trace(&bench, "sample");
    assert_eq!(sample["otherData"]["sampling"], "1 of 10 requests");
    let kept = slices(&sample, "request").len();
    // Some 2,700 requests: binomial, five standard deviations.
    assert!((kept as f64 - 270.0).abs() < 5.0 * 16.5, "{kept}");

    // 150 requests a second for a quarter of an hour are 135,000, most of them refused.
    let busy = format!("{run} --out busy --set workloads.cn-chat.arrivals.rate=150/s");
    bench.sandbox(&busy).expect(0);
    assert_eq!(trace(&bench, "busy")["otherData"]["sampling"], "1 of 2 requests");
}

#[test]
fn several_formats_at_once_and_wrong_ones() {
    let bench = Bench::new();
    bench.quick("both", "--trace-format csv --trace-format perfetto");
    let mut files = FILES.to_vec();
    files.extend(["events.csv", "trace.json.gz"]);
    files.sort_unstable();
    assert_eq!(bench.list("both"), files);
    bench.quick("events", "--trace");
    assert!(bench.bytes("both")["events.csv"] == bench.bytes("events")["events.csv"]);

    let sampled = bench.sandbox("run quick.ron --trace-sample 1/10").expect(2);
    assert!(sampled.err.contains("hint: add `--trace-format perfetto`"), "{}", sampled.err);
    assert!(bench.sandbox("run quick.ron --trace-sample 10").expect(2).err.contains("1/100"));
    #[cfg(not(feature = "parquet"))]
    {
        let refused = bench.sandbox("run quick.ron --trace-format parquet").expect(2);
        assert!(refused.err.contains("--features parquet"), "{}", refused.err);
    }
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_tables_are_written_beside_the_rest() {
    let bench = Bench::new();
    bench.quick("tables", "--trace-format parquet");
    let mut files = FILES.to_vec();
    files.extend(sandbox_parquet::FILES);
    files.sort_unstable();
    assert_eq!(bench.list("tables"), files);
    let magic = |bytes: &[u8]| bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1");
    let tables = bench.bytes("tables");
    assert!(sandbox_parquet::FILES.iter().all(|name| magic(&tables[*name])));
    bench.quick("again", "--trace-format parquet");
    assert!(tables == bench.bytes("again"), "the same bytes again");
}

/// A run that is killed leaves no part of its files.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing() {
    let bench = Bench::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sandbox"))
        .args([
            "run",
            "quick.ron",
            "--out",
            "run",
            "--trace-format",
            "perfetto",
            "--trace",
            "--set",
            "duration=30d",
        ])
        .current_dir(bench.path("."))
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the command starts");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(child.try_wait().expect("a child").is_none(), "it runs still");
    child.kill().expect("it can be ended");
    child.wait().expect("it has ended");
    assert_eq!(bench.list("."), ["quick.ron"]);
}
