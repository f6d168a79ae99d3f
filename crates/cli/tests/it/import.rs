//! From other tools' files to pieces of a scenario.

use crate::bench::Bench;

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
