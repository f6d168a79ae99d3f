//! Nothing gets lost: the laws of `docs/invariants.md`, read from the files alone.

use serde_json::Value;

use crate::bench::{Bench, pico, rows};

fn count(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("`{key}` is a count in {value}"))
}

fn money(value: &Value, key: &str) -> i128 {
    pico(value[key].as_str().unwrap_or_else(|| panic!("`{key}` is a decimal string in {value}")))
}

/// A run in rough weather, one that stops what is abandoned, one with warm-up, one with fees and bills for broken work,
/// one without any fallback.
const RUNS: [&str; 5] = [
    "--seed 3",
    "--seed 4 --set endpoints.siliconflow-direct.serving.when_abandoned=Stops --set workloads.cn-chat.deadline=6s",
    "--seed 5 --set warm_up=5m --set workloads.cn-chat.arrivals.rate=12/s",
    "--seed 7 --set routers.openrouter.fees=(credit:0.055) --set providers.siliconflow.billing=(failed:Prompt,cut:Made)",
    "--seed 6 --router direct-only --set workloads.cn-chat.deadline=4s",
];

fn run(bench: &Bench, more: &str) -> Value {
    let ended = bench.sandbox(&format!("run quick.ron --out run --json {more}"));
    assert!(matches!(ended.code, Some(0 | 4)), "{more}: {}", ended.err);
    serde_json::from_str(&ended.out).expect("JSON")
}

#[test]
fn requests_attempts_and_money_add_up_at_every_scope() {
    let bench = Bench::new();
    for more in RUNS {
        let json = run(&bench, more);
        let mut scopes = vec![("run".to_owned(), &json)];
        for kind in ["workloads", "routers", "endpoints"] {
            let named = json[kind].as_object().expect("a map by name");
            scopes.extend(named.iter().map(|(name, scope)| (format!("{kind}.{name}"), scope)));
        }
        for (name, scope) in &scopes {
            let requests = &scope["requests"];
            let ends = ["served_by_plan", "leaked", "failed", "shed", "in_flight"];
            let sum: u64 = ends.iter().map(|end| count(requests, end)).sum();
            assert_eq!(count(requests, "arrived"), sum, "{more}: {name}");
            let cost = &scope["cost_usd"];
            assert_eq!(money(cost, "total") - money(cost, "twin"), money(cost, "premium"), "{more}: {name}");
            assert!(money(cost, "wasted") <= money(cost, "total"), "{more}: {name}");
            let causes = scope["leak"]["by_cause"].as_object().expect("a map by cause");
            let leaked: u64 = causes.values().map(|line| count(line, "requests")).sum();
            assert_eq!(leaked, count(requests, "leaked"), "{more}: {name}");
            let premium: i128 = causes.values().map(|line| money(line, "premium_usd")).sum();
            assert_eq!(premium, money(&scope["leak"], "premium_usd"), "{more}: {name}");
        }
        for kind in ["workloads", "endpoints"] {
            let parts = json[kind].as_object().expect("a map by name").values();
            let sum: i128 = parts.map(|scope| money(&scope["cost_usd"], "total")).sum();
            assert_eq!(sum, money(&json["cost_usd"], "total"), "{more}: {kind} sum to the bill");
        }
    }
}

#[test]
fn the_ledger_sums_to_the_bill_to_the_last_pico_dollar() {
    let bench = Bench::new();
    for more in RUNS {
        let json = run(&bench, more);
        let ledger = bench.read("run/ledger.csv");
        let lines = rows(&ledger);
        let sum = |column: &str, of: &dyn Fn(&str) -> bool| -> i128 {
            lines.iter().filter(|line| of(line["work"])).map(|line| pico(line[column])).sum()
        };
        let total = money(&json["cost_usd"], "total");
        assert_eq!(sum("billed_usd", &|_| true), total, "{more}");
        assert_eq!(sum("fees_usd", &|_| true), money(&json["cost_usd"], "fees"), "{more}");
        assert_eq!(sum("billed_usd", &|work| work == "wasted"), money(&json["cost_usd"], "wasted"), "{more}");
        let wasted = lines.iter().filter(|line| line["work"] == "wasted");
        assert!(wasted.clone().all(|line| line["requests"] == "0"), "{more}");
        let requests = |work: &str| -> u64 {
            let of_work = lines.iter().filter(|line| line["work"] == work);
            of_work.map(|line| line["requests"].parse::<u64>().expect("a count")).sum()
        };
        assert_eq!(requests("plan"), count(&json["requests"], "served_by_plan"), "{more}");
        assert_eq!(requests("leak"), count(&json["requests"], "leaked"), "{more}");
    }
}

#[test]
fn the_timeline_sums_to_the_summary() {
    let bench = Bench::new();
    for more in RUNS {
        let json = run(&bench, more);
        let timeline = bench.read("run/timeline.csv");
        let lines = rows(&timeline);
        for key in ["arrived", "served_by_plan", "leaked", "failed", "shed", "in_flight"] {
            let sum: u64 = lines.iter().map(|line| line[key].parse::<u64>().expect("a count")).sum();
            assert_eq!(sum, count(&json["requests"], key), "{more}: {key}");
        }
        let last = lines.last().expect("a bucket");
        for (column, key) in [("cost_usd", "total"), ("twin_cost_usd", "twin")] {
            // What is still running at the end is billed when it is done, which it never is.
            assert_eq!(pico(last[column]), money(&json["cost_usd"], key), "{more}: {column}");
        }
    }
}

#[test]
fn calm_weather_leaks_nothing_and_costs_what_the_twin_costs() {
    let bench = Bench::new();
    bench.edit("quick.ron", "congestion: (mean: 0.5, noise: 0.05)", "");
    bench.write("calm.ron", "(faults: [])");
    let json = run(&bench, "--script calm.ron");
    assert_eq!(count(&json["requests"], "leaked") + count(&json["requests"], "failed"), 0);
    assert_eq!(money(&json["cost_usd"], "premium"), 0);
    assert_eq!(count(&json["flips"], "requests"), 0);
}
