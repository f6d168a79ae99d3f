//! Files of other tools, imported, edited and run.

use crate::bench::Bench;

const PAGE: &str = include_str!("../../../../fixtures/statuspage/incidents.json");

#[test]
fn a_status_page_becomes_a_script_that_can_be_edited_and_run() {
    let bench = Bench::new();
    bench.write("page.json", PAGE);
    let import = "import statuspage page.json --target API=siliconflow --from 2026-01-05 --out page.ron";
    let ended = bench.sandbox(import).expect(0);
    assert_eq!(ended.out, "");
    assert!(ended.err.lines().all(|line| line.starts_with("note: ")), "{}", ended.err);
    assert!(ended.err.contains("component `Console` has no --target"), "{}", ended.err);

    bench.edit("page.ron", "from: \"13h 20m\"", "from: \"5m\"");
    bench.edit("page.ron", "until: \"13h 58m\"", "until: \"9m\"");
    // The quick scenario lasts half an hour: what lies beyond it is cut by hand.
    let kept: Vec<String> = bench
        .read("page.ron")
        .lines()
        .filter(|l| !l.contains("from: \"1d") && !l.contains("from: \"3d"))
        .map(str::to_owned)
        .collect();
    bench.write("page.ron", &kept.join("\n"));
    let run = bench.quick("run", "--script page.ron");
    assert!(run.requests.leaked > 0, "four minutes without the plan");
    assert!(bench.read("run/outages.ron").contains("from: \"5m\", until: \"9m\""));
}

#[test]
fn a_page_without_targets_ends_with_3_and_names_the_components() {
    let bench = Bench::new();
    bench.write("page.json", PAGE);
    let ended = bench.sandbox("import statuspage page.json").expect(3);
    assert!(ended.err.contains("components of this page: API, Console"), "{}", ended.err);
    bench.write("page.json", "{}");
    bench.sandbox("import statuspage page.json --target API=x").expect(3);
    bench.sandbox("import statuspage nothing.json --target API=x").expect(1);
    bench.sandbox("import statuspage page.json --target API").expect(2);
    bench.sandbox("import statuspage page.json --kind minor=Broken").expect(2);
}

#[test]
fn a_trace_becomes_a_workload_that_runs() {
    let bench = Bench::new();
    // Two requests a second, in pairs: gaps of 0.2 s and 0.8 s.
    let mut trace = String::from("TIMESTAMP,ContextTokens,GeneratedTokens\n");
    for second in 0..600 {
        for (part, tokens) in [(0, 50 + second), (2, 700)] {
            let (minute, rest) = (second / 60, second % 60);
            trace += &format!("2023-11-16 18:{minute:02}:{rest:02}.{part},{tokens},{}\n", 1 + second % 9);
        }
    }
    bench.write("trace.csv", &trace);
    for (form, active) in [("fitted", "Renewal("), ("trace", "Trace(")] {
        let told = bench.sandbox(&format!("import trace trace.csv --as {form} --out entry.ron")).expect(0);
        assert!(told.err.contains("note: measured: 1200 requests in 599 s, 2.00"), "{}", told.err);
        assert!(told.err.contains("gaps have a CV of 0.6"), "{}", told.err);
        let entry = bench.read("entry.ron");
        assert!(entry.lines().any(|line| line.starts_with(&format!("    arrivals: {active}"))), "{entry}");
        // Names put in, it takes the place of a workload.
        let entry = entry.replace("REGION", "cn-east").replace("ROUTER", "hybrid");
        let entry = entry.replace("ENDPOINT", "siliconflow-direct");
        let quick = bench.read("quick.ron");
        let (before, rest) = quick.split_once("workloads: [").expect("a scenario has workloads");
        bench.write("with.ron", &format!("{before}workloads: [{entry}{rest}"));
        bench.sandbox("validate with.ron").expect(0);
    }
    bench.write("short.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:00:00,1,1\n");
    assert!(bench.sandbox("import trace short.csv").expect(3).err.contains("too few to measure"));
}

#[test]
fn a_litellm_config_becomes_a_scenario_that_runs_as_it_is() {
    let bench = Bench::new();
    for name in ["balanced", "fallback", "latency"] {
        let path = crate::bench::repository().join(format!("fixtures/litellm/{name}.yaml"));
        bench.write("config.yaml", &std::fs::read_to_string(path).expect("a fixture"));
        let told = bench.sandbox("import litellm config.yaml --out imported.ron").expect(0);
        assert_eq!(told.out, "");
        for part in ["mapped (", "not modelled (", "irrelevant to routing (", "note: PRICES NOT KNOWN of "] {
            assert!(told.err.contains(part), "{part}:\n{}", told.err);
        }
        bench.sandbox(&format!("run imported.ron --out {name}")).expect(0);
        let summary = bench.summary(name);
        assert!(summary.requests.arrived > 3_000, "an hour at one a second");
        let written = bench.read(&format!("{name}/scenario.ron"));
        assert!(!format!("{}{}{written}", told.err, bench.read("imported.ron")).contains("this-is-a-secret"));
        if name == "fallback" {
            // Ten minutes of an hour without the plan: the fallback group has them.
            assert!(summary.requests.leaked > 400, "{:?}", summary.requests);
        }
    }
    let path = crate::bench::repository().join("fixtures/litellm/balanced.yaml");
    bench.write("config.yaml", &std::fs::read_to_string(path).expect("a fixture"));
    let only = bench.sandbox("import litellm config.yaml --model claude").expect(0);
    assert!(only.out.contains("\"litellm-claude\"") && only.err.contains("are left out"), "{}", only.err);
}

#[test]
fn a_broken_litellm_config_ends_with_3_and_shows_no_values() {
    let bench = Bench::new();
    bench.write(
        "config.yaml",
        "model_list:\n- model_name: a\n  litellm_params: {model: b, api_key: sk-secret, rpm: many}\n",
    );
    let ended = bench.sandbox("import litellm config.yaml").expect(3);
    assert!(
        ended.err.contains("config.yaml:3:") && ended.err.contains("hint: write a whole number"),
        "{}",
        ended.err
    );
    assert!(!ended.err.contains("secret") && ended.out.is_empty(), "{}", ended.err);
    bench.write("config.yaml", "");
    assert!(bench.sandbox("import litellm config.yaml").expect(3).err.contains("is empty"));
    bench.write("config.yaml", "model_list: [{model_name: gpt, litellm_params: {model: b}}]");
    let ended = bench.sandbox("import litellm config.yaml --model gtp").expect(3);
    assert!(ended.err.contains("did you mean `gpt`?"), "{}", ended.err);
    bench.sandbox("import litellm nothing.yaml").expect(1);
}

const MADE_UP: &str = include_str!("../../../../fixtures/serving/made-up.csv");

#[test]
fn measurements_become_a_serving_block_that_a_scenario_takes() {
    let bench = Bench::new();
    bench.write("perf.csv", MADE_UP);
    let ended = bench.sandbox("import serving perf.csv --model made-up --hardware gpu --tp 8").expect(0);
    assert!(ended.out.starts_with("serving: ("), "{}", ended.out);
    assert!(ended.err.contains("note: prefill: ") && ended.err.contains("R²"), "{}", ended.err);
    bench.sandbox("import serving perf.csv --model made-up --hardware gpu --tp 8 --out block.ron").expect(0);
    assert_eq!(bench.read("block.ron"), ended.out);
    let quick = bench.read("quick.ron");
    let (from, to) = (quick.find("serving: (").unwrap(), quick.find("limits: (rpm: 600)").unwrap());
    bench.write("quick.ron", &format!("{}{},\n{}", &quick[..from], ended.out.trim_end(), &quick[to..]));
    bench.sandbox("validate quick.ron").expect(0);
}

#[test]
fn a_machine_that_was_not_measured_is_invalid_and_the_hint_says_which_were() {
    let bench = Bench::new();
    bench.write("perf.csv", MADE_UP);
    let ended = bench.sandbox("import serving perf.csv --model nobody --hardware gpu --tp 8").expect(3);
    assert!(ended.err.contains("--model made-up --hardware gpu --tp 8"), "{}", ended.err);
    bench.write("perf.csv", "model,hardware\na,b\n");
    let ended = bench.sandbox("import serving perf.csv --model a --hardware b --tp 8").expect(3);
    assert!(ended.err.contains("perf.csv:1:1"), "{}", ended.err);
    bench.sandbox("import serving nothing.csv --model a --hardware b --tp 8").expect(1);
}
