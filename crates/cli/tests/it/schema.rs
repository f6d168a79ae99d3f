//! `sandbox schema`: what a run writes is what its schema says.

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::bench::Bench;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn validator(bench: &Bench, of: &str) -> Validator {
    let schema = json(&bench.sandbox(&format!("schema {of}")).expect(0).out);
    jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{error}"))
}

fn hold(validator: &Validator, value: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// A probe beside the traffic, so that all keys of a summary are there.
fn probed(bench: &Bench) {
    let quick = bench.read("quick.ron");
    let end = quick.trim_end().strip_suffix(')').expect("a scenario is a tuple");
    let probes = r#"probes: [(name: "ping", target: "siliconflow-direct", every: "30s")],"#;
    bench.write("quick.ron", &format!("{end}{probes})"));
}

#[test]
fn what_a_run_writes_is_what_its_schema_says() {
    let bench = Bench::new();
    let (summary, worst) = (validator(&bench, "summary"), validator(&bench, "worst"));
    bench.quick("plain", "");
    probed(&bench);
    bench.quick("probed", "");
    for run in ["plain", "probed"] {
        hold(&summary, &json(&bench.read(&format!("{run}/summary.json"))));
        hold(&worst, &json(&bench.read(&format!("{run}/worst.json"))));
    }
    let probes = &json(&bench.read("probed/summary.json"))["probes"];
    assert_eq!(probes.as_array().map(Vec::len), Some(1));
    let stories = json(&bench.read("plain/worst.json"));
    assert_eq!(stories.as_array().map(Vec::len), Some(10));
}

#[test]
fn a_schema_refuses_what_is_wrong_or_missing() {
    let bench = Bench::new();
    let validator = validator(&bench, "");
    bench.quick("run", "");
    let good = json(&bench.read("run/summary.json"));
    let with = |pointer: &str, value: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = value;
        bad
    };
    for (pointer, value) in [
        ("/requests/arrived", json!("12")),
        ("/requests/arrived", json!(-1)),
        ("/cost_usd/total", json!(0.5)),
        ("/ttft_s/p50", json!("fast")),
        ("/waterfall/0", json!({ "step": "base" })),
        ("/workloads", json!([])),
    ] {
        assert!(!validator.is_valid(&with(pointer, value)), "{pointer}");
    }
    assert!(validator.is_valid(&with("/ttft_s/p50", Value::Null)), "nothing to measure");
    let mut bad = good.clone();
    bad.as_object_mut().expect("it is an object").remove("waterfall");
    assert!(!validator.is_valid(&bad));
}
