//! Recorded traces: a small one always, the published ones where they are at hand.

use std::io::Write;
use std::path::{Path, PathBuf};

use sandbox_scenario::Resolved;
use sandbox_scenario::resolved::{ResolvedArrivals, TraceRow};

fn rows(file: &Path, more: &str) -> Result<Vec<TraceRow>, sandbox_scenario::Invalid> {
    let arrivals = format!("Trace(file: {:?}{more})", file.display().to_string());
    let set = vec![format!("workloads.cn-chat.arrivals={arrivals}")];
    let resolved = Resolved::parse("scenario.ron", crate::SCENARIO, file.parent(), &set)?;
    match &resolved.workloads[0].arrivals {
        ResolvedArrivals::Trace(rows) => Ok(rows.to_vec()),
        _ => panic!("not a trace"),
    }
}

#[test]
fn gzip_is_recognised_and_the_path_becomes_absolute() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv.gz");
    let mut gz =
        flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::fast());
    gz.write_all(
        b"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 23:59:59.5,5,6\n2023-11-17 00:00:01,7,0\n",
    )
    .unwrap();
    gz.finish().unwrap();
    let set = ["workloads.cn-chat.arrivals=Trace(file: \"t.csv.gz\")".to_owned()];
    let resolved = Resolved::parse("s.ron", crate::SCENARIO, Some(folder.path()), &set)
        .unwrap_or_else(|e| panic!("{e}"));
    let ResolvedArrivals::Trace(rows) = &resolved.workloads[0].arrivals else { panic!() };
    assert_eq!(
        rows.iter().map(|r| (r.at.to_string(), r.input, r.output)).collect::<Vec<_>>(),
        [("0s".to_owned(), 5, 6), ("1.5s".to_owned(), 7, 1)]
    );
    let text = sandbox_scenario::scenario_to_text(&resolved.scenario);
    assert!(text.contains(&path.canonicalize().unwrap().display().to_string()), "{text}");
}

#[test]
fn a_malformed_row_is_told_with_the_trace_and_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(
        &path,
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 00:00:00,1,1\n2023-11-16 00:00:01,1,-1\n",
    )
    .unwrap();
    let error = rows(&path, "").unwrap_err().to_string();
    assert!(error.contains("t.csv:3:1") && error.contains("workloads.cn-chat.arrivals.file"), "{error}");
    std::fs::write(&path, "").unwrap();
    assert!(rows(&path, "").unwrap_err().to_string().contains("is empty"));
}

#[test]
fn published_traces_have_their_published_number_of_rows() {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !data.is_dir() {
        // Straight to the stream: the test harness hides what is printed by a test that passes.
        writeln!(std::io::stderr(), "SKIPPED: the published traces are not at {}", data.display()).unwrap();
        return;
    }
    for (file, more, count) in [
        ("azure-llm-2023/AzureLLMInferenceTrace_code.csv.gz", "", 8_819),
        ("azure-llm-2023/AzureLLMInferenceTrace_conv.csv.gz", "", 19_366),
        ("mooncake/conversation_trace.jsonl.gz", ", quantum: \"3s\"", 12_031),
    ] {
        let rows = rows(&data.join(file), more).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(rows.len(), count, "{file}");
        assert!(rows.windows(2).all(|w| w[0].at <= w[1].at), "{file}");
    }
}
