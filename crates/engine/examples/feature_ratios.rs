//! Measures the flagship with each optional feature switched on by itself against the plain flagship, in turn in one
//! process, and prints the ratios of requests a second.
//! `cargo run --release -p sandbox-engine --example feature_ratios`
//!
//! A feature changes what happens, not only how long it takes to work out: attempts and events per request stand
//! beside the ratio.

#![expect(clippy::print_stdout, reason = "it is what the example is for")]

#[path = "../benches/peak/mod.rs"]
mod peak;

use peak::{ROUTED, flagship};
use sandbox_engine::{RunOptions, run};
use sandbox_scenario::Resolved;

const ROUNDS: usize = 5;

/// A feature, and what switches it on for the workload, the endpoint or the router that carries most of the load.
const FEATURES: [(&str, &[&str]); 20] = [
    ("LiteLLM, OpenRouter's measured balancer", ROUTED),
    (
        "renewal arrivals",
        &[r#"workloads.cn-chat.arrivals=Renewal(rate: "12/s", cv: 1.5, profile: DeepSeekDay)"#],
    ),
    (
        "burst trains",
        &[
            r#"workloads.cn-chat.arrivals=Bursts(rate: "12/s", pace: "0.39/s", lasting: "40s", profile: DeepSeekDay)"#,
        ],
    ),
    (
        "arrivals by client",
        &[
            r#"workloads.cn-chat.arrivals=Clients(rate: "12/s", cv: 1.5, profile: DeepSeekDay)"#,
            "workloads.cn-chat.clients=(count: 1000, skew: 1.1)",
        ],
    ),
    (
        "lengths by quantiles",
        &["workloads.cn-chat.output=Quantiles([20, 82, 117, 151, 188, 230, 282, 350, 451, 641, 1500])"],
    ),
    (
        "conversations and prefix cache",
        &[
            r#"workloads.cn-chat.conversations=(turns: 4.0, think: Exponential(mean: "40s"), context_max: 4000)"#,
            r#"endpoints.siliconflow-direct.serving.prefix_cache=5m"#,
        ],
    ),
    ("KV memory", &["endpoints.siliconflow-direct.serving.kv_tokens=1200000"]),
    ("step time by context", &["endpoints.siliconflow-direct.serving.step_per_kv_token=10ns"]),
    (
        "chunked prefill",
        &[
            "endpoints.siliconflow-direct.serving.prefill_base=1ms",
            "endpoints.siliconflow-direct.serving.prefill_per_token=5us",
            "endpoints.siliconflow-direct.serving.prefill_chunk=8192",
        ],
    ),
    (
        "four replicas",
        &[
            "endpoints.siliconflow-direct.serving.replicas=4",
            "endpoints.siliconflow-direct.serving.sequences=155",
        ],
    ),
    (
        "estimated limits, by minute and day",
        &[
            "endpoints.siliconflow-direct.limits=(rpm: 2000, tpm: 3000000, rpd: 2000000, tpd: 4000000000, charge: Estimate)",
        ],
    ),
    (
        "limits that narrow",
        &["endpoints.siliconflow-direct.limits=(rpm: 2000, tpm: 3000000, concurrency: 600, narrows: 0.5)"],
    ),
    ("loss on a link", &[r#"links[0]=(from: "cn-east", to: "cn-north", rtt: "28ms", loss: 0.001)"#]),
    (
        "friction on a link",
        &[
            r#"links[1]=(from: "cn-east", to: "us-west", rtt: "165ms", jitter: 0.2, friction: (toward: "cn-east"))"#,
        ],
    ),
    ("residency", &[r#"workloads.us-agent.residency=["us-west", "us-east"]"#]),
    (
        "price windows, steps and surge",
        &[
            r#"endpoints.siliconflow-direct.price=(input: "$0.27/M", output: "$1.10/M", cached: "$0.07/M", surge: 0.2,
            steps: [(above: 16000, input: "$0.54/M", output: "$2.20/M")],
            windows: [(from: "00:00", until: "08:00", zone: "Asia/Shanghai", factor: 0.5)])"#,
        ],
    ),
    ("gateway fees", &["routers.openrouter.fees=(credit: 0.055)"]),
    (
        "gray failure",
        &[r#"weather.script=[(target: "siliconflow", kind: Gray(share: 0.05), from: "1m", until: "119m")]"#],
    ),
    (
        "all faults at once, mild",
        &[r#"weather.script=[
            (target: "siliconflow", kind: Errors(share: 0.01), from: "1m", until: "119m"),
            (target: "siliconflow", kind: Gray(share: 0.01), from: "1m", until: "119m"),
            (target: "siliconflow", kind: SlowFail(share: 0.001), from: "1m", until: "119m"),
            (target: "siliconflow", kind: StreamCut(share: 0.01, after: 50), from: "1m", until: "119m"),
            (target: "siliconflow", kind: Brownout(slowdown: 1.01), from: "1m", until: "119m"),
            (target: "siliconflow", kind: SlowFirstToken(slowdown: 1.1), from: "1m", until: "119m"),
            (target: "siliconflow", kind: CapacityLoss(share: 0.01), from: "1m", until: "119m"),
            (target: "siliconflow", kind: PriceChange(factor: 1.1), from: "1m", until: "119m"),
            (target: "cn-east <-> cn-north", kind: Loss(share: 0.001), from: "1m", until: "119m"),
        ]"#],
    ),
    ("incidents on record", &["weather.incidents=[(target: \"siliconflow\", like: SiliconFlow)]"]),
];

fn main() {
    let plain = flagship("2h", &[]);
    println!("{:<36} {:>7} {:>13} {:>15}", "feature", "ratio", "events/req", "attempts/req");
    for (name, sets) in FEATURES {
        let with = flagship("2h", sets);
        let (mut plain_ns, mut with_ns) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            plain_ns.push(nanos_per_request(&plain));
            with_ns.push(nanos_per_request(&with));
        }
        let ratio = median(plain_ns) / median(with_ns);
        let summary = run(&with, RunOptions::default()).expect("no law is broken").summary;
        let events = summary.events as f64 / summary.simulated_requests as f64;
        let attempts = summary.attempts.total as f64 / summary.requests.arrived as f64;
        println!("{name:<36} {ratio:>7.2} {events:>13.1} {attempts:>15.2}");
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the wall clock")]
fn nanos_per_request(resolved: &Resolved) -> f64 {
    let start = std::time::Instant::now();
    let summary = run(resolved, RunOptions::default()).expect("no law is broken").summary;
    start.elapsed().as_nanos() as f64 / summary.simulated_requests as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
