//! Providers: a rate limiter's published messages, and DeepSeek's published day.

use sandbox_core::Time;
use sandbox_providers::{Ask, LimitSpec, Limiter};

use crate::check::{Check, Finding};
use crate::scenario::{parse, run_watched};

const GROUP: &str = "Providers";

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    vec![
        Check::new("groq-5289", GROUP, || groq(11_972, 5.289)),
        Check::new("groq-2961", GROUP, || groq(11_390, 2.961)),
        Check::new("deepseek-nodes", GROUP, deepseek_nodes),
        Check::new("deepseek-work", GROUP, deepseek_work),
        Check::new("deepseek-day", GROUP, deepseek_day).slow(),
    ]
}

/// "Limit 15000, Used …, Requested 4351. Please try again in …s."
fn groq(used: u64, said: f64) -> Finding {
    let mut limiter = Limiter::new(LimitSpec { tpm: Some(15_000), ..LimitSpec::default() });
    limiter.take(Time::ZERO, Ask::tokens(used)).expect("a full bucket has this much");
    let refusal = limiter.take(Time::ZERO, Ask::tokens(4_351)).expect_err("the bucket has less than this");
    let waits = refusal.wait.expect("a matter of time").as_secs_f64();
    Finding {
        what: format!(
            "The rate limiter's wait at a limit of 15,000 tokens a minute with {used} used and 4,351 asked for"
        ),
        expected: format!("{said} s"),
        source: "error messages of Groq quoted in public issues".to_owned(),
        measured: format!("{waits:.3} s"),
        interval: "within 5 ms: the message is written some milliseconds after the bucket was read"
            .to_owned(),
        holds: (waits - said).abs() < 0.005,
    }
}

/// Nodes of 8 H800 over the day in UTC+8: from this hour on.
pub const NODES: [(f64, f64); 11] = [
    (0.0, 218.0),
    (1.25, 188.0),
    (2.0, 158.0),
    (2.75, 128.0),
    (3.0, 98.0),
    (3.5, 68.0),
    (6.5, 98.0),
    (7.0, 128.0),
    (7.5, 188.0),
    (8.0, 218.0),
    (8.5, 278.0),
];
/// Demand by hour relative to its mean, the figures of `DeepSeekDay`.
pub const DEMAND: [f64; 24] = [
    0.93, 0.77, 0.56, 0.34, 0.27, 0.27, 0.34, 0.58, 0.99, 1.26, 1.30, 1.28, 1.16, 1.22, 1.30, 1.32, 1.30,
    1.19, 1.15, 1.26, 1.31, 1.32, 1.33, 1.27,
];
const SOURCE: &str = "DeepSeek, open-infra-index, day 6 (Feb 2025; CC0)";

/// Mean nodes between two hours of the day.
fn nodes(from: f64, until: f64) -> f64 {
    let ends = NODES.iter().skip(1).map(|&(hour, _)| hour).chain([24.0]);
    let area: f64 = NODES
        .iter()
        .zip(ends)
        .map(|(&(start, nodes), end)| nodes * (end.min(until) - start.max(from)).max(0.0))
        .sum();
    area / (until - from)
}

fn deepseek_nodes() -> Finding {
    let mean = nodes(0.0, 24.0);
    Finding {
        what: "Mean of the node steps that these rows use (278 at the peak, 68 from 03:30 to 06:30)"
            .to_owned(),
        expected: "226.75".to_owned(),
        source: SOURCE.to_owned(),
        measured: format!("{mean:.2}"),
        interval: "exact".to_owned(),
        holds: (mean - 226.75).abs() < 1e-9,
    }
}

/// Node-days of prefill and of decoding, at the published tokens a second of a node.
fn work() -> (f64, f64) {
    (608e9 / 86_400.0 / 73_700.0, 168e9 / 86_400.0 / 14_800.0)
}

fn deepseek_work() -> Finding {
    let (prefill, decode) = work();
    Finding {
        what: "Arithmetic on the published figures: 608 billion tokens in at 73.7k/s a prefill node and 168 billion out at 14.8k/s a decode node, in node-days"
            .to_owned(),
        expected: "the published 226.75 nodes".to_owned(),
        source: SOURCE.to_owned(),
        measured: format!("{prefill:.1} + {decode:.1} = {:.1}", prefill + decode),
        interval: "within 0.5 %: the rates are published to three digits".to_owned(),
        holds: ((prefill + decode) / 226.75 - 1.0).abs() < 0.005,
    }
}

/// One decode GPU under the day's demand for each node that is on.
fn deepseek_day() -> Finding {
    let (prefill, decode) = work();
    let decode_gpus = decode / (prefill + decode) * 8.0;
    // Answer tokens a second for one decode GPU, by hour.
    let per_gpu: Vec<f64> = (0..24)
        .map(|hour| {
            let share = DEMAND[hour] / (DEMAND.iter().sum::<f64>() / 24.0);
            168e9 / 86_400.0 * share / (nodes(hour as f64, hour as f64 + 1.0) * decode_gpus)
        })
        .collect();
    const TOKENS: u32 = 1_000;
    let steps: Vec<String> = per_gpu
        .iter()
        .enumerate()
        .map(|(hour, rate)| format!(r#"(from: "{hour}h", rate: "{}/min")"#, 60.0 * rate / f64::from(TOKENS)))
        .collect();
    let resolved = parse(&format!(
        r#"(name: "check", start: "2025-02-27 00:00 Asia/Shanghai", duration: "24h",
            links: [(from: "here", to: "here", rtt: "1us", jitter: 0.0)],
            providers: [(name: "deepseek", region: "here")],
            endpoints: [(name: "gpu", provider: "deepseek", price: (input: "$0.55/M", output: "$2.19/M"),
                serving: (prefill_base: "0s", prefill_per_token: "0s", step_base: "25ms", step_per_sequence: "255682ns",
                    sequences: 10000))],
            routers: [(name: "direct", strategy: Single(target: "gpu"))],
            workloads: [(name: "w", region: "here", entry: "direct", plan: "gpu", arrivals: Steps(steps: [{}]),
                output: Constant({}))])"#,
        steps.join(", "),
        TOKENS + 1
    ));
    let node = resolved.node("gpu").expect("the scenario has it");
    // By request: when it reached the GPU; by hour: answers and seconds in the batch.
    let start = (Vec::<Time>::new(), [(0_u64, 0.0_f64); 24]);
    let (_, (_, by_hour)) = run_watched(&resolved, start, move |seen, record| {
        let Some((_, number)) = record.request else { return };
        let number = number as usize;
        if record.node == Some(node) && record.kind == sandbox_engine::EventKind::Deliver {
            seen.0.resize(seen.0.len().max(number + 1), record.at);
            seen.0[number] = record.at;
        }
        if record.node == Some(node) && record.kind == sandbox_engine::EventKind::Return {
            let hour = (seen.0[number].as_nanos() / 3_600_000_000_000) as usize;
            seen.1[hour].0 += 1;
            seen.1[hour].1 += record.at.since(seen.0[number]).as_secs_f64();
        }
    });
    let (answers, seconds) = by_hour.iter().fold((0, 0.0), |(n, s), &(m, t)| (n + m, s + t));
    let tpot = |answers: u64, seconds: f64| 1e3 * seconds / (answers as f64 * f64::from(TOKENS));
    let (mean_tpot, concurrency) = (tpot(answers, seconds), seconds / 86_400.0);
    let (least, most) = by_hour
        .iter()
        .map(|&(n, s)| tpot(n, s))
        .fold((f64::MAX, 0.0_f64), |(least, most), ms| (least.min(ms), most.max(ms)));
    Finding {
        what: format!(
            "One decode GPU over the day: the published demand by hour, divided by the nodes that are on. Fitted: a step takes 25 ms + 0.256 ms a sequence, so that 88 \
             sequences take 47.5 ms (the split is an assumption). The means then follow from Little's law; predicted is how little they move in a day \
             on which demand moves fivefold. Prefill and decode nodes are taken to stay in proportion; {answers} answers of {TOKENS} \
             tokens"
        ),
        expected: "88 sequences per GPU (705 per node), 45 to 50 ms per token (20 to 22 tokens/s), as means of the day".to_owned(),
        source: format!("{SOURCE}: 14.8k tokens/s a decode node, 20 to 22 tokens/s a user"),
        measured: format!(
            "{concurrency:.1} sequences, {mean_tpot:.1} ms ({:.1} tokens/s); by hour {least:.1} to {most:.1} ms",
            1e3 / mean_tpot
        ),
        interval: "45 to 50 ms; every hour within 40 to 55 ms; sequences within 5 % of 88".to_owned(),
        holds: (45.0..=50.0).contains(&mean_tpot) && (concurrency / 88.0 - 1.0).abs() < 0.05
            && least >= 40.0
            && most <= 55.0,
    }
}
