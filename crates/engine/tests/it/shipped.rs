//! The scenarios of this repository: their fingerprints, their promises, and real traces through the flagship's routers.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sandbox_scenario::Resolved;

use crate::support::run;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn scenario(name: &str, sets: &[String]) -> Resolved {
    Resolved::load(&root().join("scenarios").join(name), sets).unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// Fingerprints under seed 1 are pinned: a change that moves one says why in its commit. To write them anew:
/// `UPDATE_FINGERPRINTS=1 cargo test -p sandbox-engine shipped`.
#[test]
fn shipped_scenarios_keep_their_promises_and_their_fingerprints() {
    let pins = root().join("fixtures/fingerprints.ron");
    let mut seen = BTreeMap::new();
    let mut files: Vec<_> = std::fs::read_dir(root().join("scenarios"))
        .expect("the repository has scenarios")
        .map(|entry| entry.expect("a readable folder").file_name().into_string().expect("names are ASCII"))
        .collect();
    files.sort();
    for file in files {
        let resolved = scenario(&file, &[]).with_seed(1);
        let output = run(&resolved);
        for objective in &output.summary.objectives {
            assert!(objective.met, "{file}: {objective:?}");
        }
        // The twin leaks nothing and flips nothing: calm weather is within every shipped scenario's means.
        assert_eq!((output.twin.requests.leaked, output.twin.flips.requests), (0, 0), "{file}");
        seen.insert(file, output.summary.fingerprint);
    }
    if std::env::var_os("UPDATE_FINGERPRINTS").is_some() {
        let text =
            ron::ser::to_string_pretty(&seen, ron::ser::PrettyConfig::new()).expect("a map of strings");
        std::fs::write(&pins, text + "\n").expect("the repository can be written");
        return;
    }
    let text = std::fs::read_to_string(&pins).expect("fixtures/fingerprints.ron is part of the repository");
    let pinned: BTreeMap<String, String> = ron::from_str(&text).expect("it is a map of strings");
    assert_eq!(seen, pinned, "fingerprints moved: if that is meant, see this test's comment");
}

/// The published matrix: time to first token from mainland China to SiliconFlow 150 to 300 ms and to OpenRouter 800 to
/// 2 500 ms, from US West 600 to 1 200 ms and 100 to 250 ms. The scenario states each cell as its 5th and 95th percentile.
#[test]
fn the_latency_matrix_emerges_from_network_queue_and_prefill() {
    for seed in 1..=3 {
        let output = run(&scenario("latency-matrix.ron", &["duration=2h".to_owned()]).with_seed(seed));
        assert_eq!(output.summary.objectives.len(), 8);
        for objective in &output.summary.objectives {
            assert!(objective.met, "seed {seed}: {objective:?}");
        }
    }
}

/// Real traces, where they are: beside the repository, and never inside it.
#[test]
fn real_traces_pass_through_the_flagships_routers_and_every_request_is_accounted_for() {
    let data = root().join("../shared/data");
    if !data.is_dir() {
        // Past the test runner's capture: this must be seen in a green run.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: no traces at {}: the Azure and Mooncake replays were NOT tested",
            data.display()
        );
        return;
    }
    let traces = [
        ("azure-llm-2023/AzureLLMInferenceTrace_code.csv.gz", "0s", 8_819),
        ("azure-llm-2023/AzureLLMInferenceTrace_conv.csv.gz", "0s", 19_366),
        ("mooncake/conversation_trace.jsonl.gz", "3s", 12_031),
    ];
    for (file, quantum, rows) in traces {
        let sets = [
            format!("workloads.replayed.arrivals.file={}", data.join(file).display()),
            format!("workloads.replayed.arrivals.quantum={quantum}"),
        ];
        let requests = run(&scenario("trace-replay.ron", &sets)).summary.requests;
        assert_eq!(requests.arrived, rows, "{file}");
        let accounted =
            requests.served_by_plan + requests.leaked + requests.failed + requests.shed + requests.in_flight;
        assert_eq!(accounted, rows, "{file}");
        assert!(requests.leaked > 0 && requests.served_by_plan > 0, "{file}: {requests:?}");
    }
}
