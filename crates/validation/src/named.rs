//! Scenarios that replay outages on record: what a run shows of them against what was published.

use std::collections::BTreeMap;

use sandbox_core::{Span, Time};
use sandbox_engine::EventKind;
use sandbox_model::Answer;
use sandbox_scenario::Resolved;

use crate::check::{Check, Finding};
use crate::scenario::{parse, run_watched};
use crate::statistics::{Estimate, NORMAL};

const GROUP: &str = "Outages on record";

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    vec![
        Check::new("openai-december", GROUP, openai),
        Check::new("anthropic-august", GROUP, anthropic),
        Check::new("cloudflare-november", GROUP, cloudflare),
        Check::new("deepseek-january", GROUP, deepseek),
    ]
}

/// An attempt whose answer came back to a caller who waited.
#[derive(Copy, Clone)]
struct Attempt {
    request: (u16, u64),
    delivered: Time,
    back: Time,
    failed: bool,
}

/// All attempts at one endpoint, in the order in which their answers came.
fn attempts(scenario: &str, endpoint: &str) -> Vec<Attempt> {
    let resolved: Resolved = parse(scenario);
    let node = resolved.node(endpoint).expect("the scenario has this endpoint");
    let start = (BTreeMap::new(), Vec::new());
    run_watched(&resolved, start, move |(delivered, attempts), record| {
        let Some(request) = record.request.filter(|_| record.node == Some(node)) else { return };
        match record.kind {
            EventKind::Deliver => {
                delivered.insert(request, record.at);
            }
            EventKind::Return => {
                let delivered = delivered.get(&request).copied().unwrap_or(record.at);
                let failed = record.answer != Some(Answer::Ok);
                attempts.push(Attempt { request, delivered, back: record.at, failed });
            }
            _ => {}
        }
    })
    .1
    .1
}

fn within(attempts: &[Attempt], from: Span, until: Span) -> impl Iterator<Item = &Attempt> {
    let (from, until) = (Time::ZERO + from, Time::ZERO + until);
    attempts.iter().filter(move |attempt| attempt.delivered >= from && attempt.back < until)
}

/// Share of the attempts that failed.
fn failed(attempts: &[Attempt], from: Span, until: Span) -> Estimate {
    let (failed, all) =
        within(attempts, from, until).fold((0, 0), |(f, n), attempt| (f + u64::from(attempt.failed), n + 1));
    Estimate::of_share(failed, all)
}

/// Minutes from the first failure to the last.
fn length(attempts: &[Attempt]) -> f64 {
    let mut failures = attempts.iter().filter(|attempt| attempt.failed).map(|attempt| attempt.back);
    match (failures.next(), failures.next_back()) {
        (Some(first), Some(last)) => last.since(first).as_secs_f64() / 60.0,
        _ => 0.0,
    }
}

fn percent(share: Estimate) -> String {
    format!("{:.1} %", 100.0 * share.mean)
}

fn openai() -> Finding {
    let all = attempts(include_str!("../../../scenarios/openai-december-2024.ron"), "gpt-4o");
    // From 14:30.
    let height = failed(&all, Span::from_mins(51), Span::from_mins(186));
    let length = length(&all);
    Finding {
        what: "`scenarios/openai-december-2024.ron`: minutes from the first failure to the last; share that fails from 15:21 to 17:36"
            .to_owned(),
        expected: "262 min (15:16 to 19:38 PST); all of it until the recovery at 17:36".to_owned(),
        source: "OpenAI, incident ctrsv3lwd797".to_owned(),
        measured: format!("{length:.1} min; {}", percent(height)),
        interval: "within 1 min; all".to_owned(),
        holds: (length - 262.0).abs() < 1.0 && height.mean == 1.0,
    }
}

fn anthropic() -> Finding {
    let all = attempts(include_str!("../../../scenarios/anthropic-august-2025.ron"), "sonnet-4");
    // Of the workload that only retries, each request once: its attempts share their fate.
    let of = |from: u64, until: u64| {
        let mut requests = BTreeMap::new();
        for attempt in within(&all, Span::from_hours(from), Span::from_hours(until)) {
            if attempt.request.0 == 1 {
                requests.insert(attempt.request, attempt.failed);
            }
        }
        let failed = requests.values().filter(|&&failed| failed).count();
        100.0 * failed as f64 / requests.len() as f64
    };
    let (before, height) = (of(0, 17), of(56, 68));
    // 1,000 clients, each hit or not, and each as busy as any other.
    let half = |share: f64| 100.0 * NORMAL * (share * (1.0 - share) / 1_000.0).sqrt();
    Finding {
        what: "`scenarios/anthropic-august-2025.ron`: share of the requests that fail for who only retries, before 29 August 17:00 UTC and in \
               the worst hours of 31 August"
            .to_owned(),
        expected: "0.8 %, 16 %".to_owned(),
        source: "Anthropic's post-mortem of September 2025 (figures second-hand)".to_owned(),
        measured: format!("{before:.2} %, {height:.1} %"),
        interval: format!("± {:.2} %, ± {:.1} % (1,000 clients)", half(0.008), half(0.16)),
        holds: (before - 0.8).abs() < half(0.008) && (height - 16.0).abs() < half(0.16),
    }
}

fn cloudflare() -> Finding {
    let text = include_str!("../../../scenarios/cloudflare-november-2025.ron");
    let (gpt, claude) = (attempts(text, "gpt"), attempts(text, "claude"));
    let minutes = length(&gpt);
    // From 10:30.
    let both = [&gpt, &claude].map(|all| failed(all, Span::from_mins(51), Span::from_mins(240)));
    Finding {
        what: "`scenarios/cloudflare-november-2025.ron`: minutes from the first failure to the last at OpenAI; shares that fail at OpenAI and at \
               Anthropic from 11:21 to 14:30"
            .to_owned(),
        expected: "346 min (11:20 to 17:06 UTC); both fail at once (90 % in the scenario, an assumption)".to_owned(),
        source: "Cloudflare's outage of 18 November 2025, times second-hand".to_owned(),
        measured: format!("{minutes:.1} min; {}, {}", percent(both[0]), percent(both[1])),
        interval: format!(
            "within 1 min; ± {:.1} %, ± {:.1} % (Agresti–Coull)",
            100.0 * both[0].half,
            100.0 * both[1].half
        ),
        holds: (minutes - 346.0).abs() < 1.0 && both.iter().all(|share| share.contains(0.9, 0.0)),
    }
}

fn deepseek() -> Finding {
    let all = attempts(include_str!("../../../scenarios/deepseek-january-2025.ron"), "deepseek-v3");
    let mut held: Vec<f64> = all
        .iter()
        .filter(|attempt| attempt.failed)
        .map(|attempt| attempt.back.since(attempt.delivered).as_secs_f64())
        .collect();
    held.sort_by(f64::total_cmp);
    let (least, median, most) = (held[0], held[held.len() / 2], held[held.len() - 1]);
    Finding {
        what: "`scenarios/deepseek-january-2025.ron`: how long a request is held that fails, for a caller who waits (least, median, most)"
            .to_owned(),
        expected: "60 s, then a blank response".to_owned(),
        source: "DeepSeek-V3, issue 450".to_owned(),
        measured: format!("{least:.2} s, {median:.2} s, {most:.2} s; n = {}", held.len()),
        interval: "within 0.3 s".to_owned(),
        holds: least >= 60.0 && most < 60.3 && held.len() > 1_000,
    }
}
