//! Other tools' files to pieces of a scenario.

use crate::bench::Bench;

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
