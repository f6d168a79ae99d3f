//! Every preset under the same hour of trouble: the table of `docs/routers.md`.
//!
//! `scenarios/router-gallery.ron` is run once for each of its routers that no other router has for a target. All of them
//! meet the same arrivals and the same faults.

use std::fmt::Write as _;

use sandbox_core::Time;
use sandbox_engine::output::summary::FaultReport;
use sandbox_engine::{RunOptions, RunOutput, Summary};
use sandbox_scenario::Resolved;

/// Lines between which the table stands.
const BEGIN: &str = "<!-- written by `cargo validation`: begin -->";
const END: &str = "<!-- written by `cargo validation`: end -->";

/// Whose first trouble the table tells of.
const PLAN: &str = "siliconflow-direct";

/// The numbers of one router.
#[derive(Clone, PartialEq, Debug)]
pub struct Exhibit {
    /// Its name in the scenario.
    pub router: String,
    /// What the run said.
    pub summary: Summary,
    /// Of the requests that arrived in each trouble of the plan, the share that was not served.
    pub failed: Vec<f64>,
    /// The same of all other requests.
    pub failed_otherwise: f64,
}

/// The scenario of the gallery.
///
/// # Panics
/// If it is not valid.
#[must_use]
pub fn scenario() -> Resolved {
    let text = include_str!("../../../scenarios/router-gallery.ron");
    Resolved::parse("scenarios/router-gallery.ron", text, None, &[])
        .unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// Its routers that no other router has for a target, in order.
#[must_use]
pub fn routers(scenario: &Resolved) -> Vec<String> {
    let routers = &scenario.scenario.routers;
    let inner: Vec<String> = routers.iter().flat_map(|router| router.strategy.targets()).collect();
    routers.iter().map(|router| router.name.clone()).filter(|name| !inner.contains(name)).collect()
}

/// Runs all of them.
///
/// # Panics
/// If a run breaks a law.
#[must_use]
pub fn exhibits(mut progress: impl FnMut(&str)) -> Vec<Exhibit> {
    let scenario = scenario();
    let run = |router: String| {
        progress(&router);
        let entering = scenario.clone().with_entry(&router).unwrap_or_else(|invalid| panic!("{invalid}"));
        let output = sandbox_engine::run(&entering, RunOptions::default()).expect("no law is broken");
        let (failed, failed_otherwise) = failed(&output);
        Exhibit { router, summary: output.summary, failed, failed_otherwise }
    };
    routers(&scenario).into_iter().map(run).collect()
}

/// Shares of requests that were not served: of those that arrived in each trouble of the plan, and of the others.
fn failed(output: &RunOutput) -> (Vec<f64>, f64) {
    let troubles = troubles(&output.summary);
    // Not served, and arrived.
    let mut counts = vec![(0, 0); troubles.len() + 1];
    for row in &output.timeline.rows {
        let at = (row.at - Time::ZERO).as_secs_f64();
        let trouble = troubles.iter().position(|fault| fault.from <= at && at < fault.until);
        let (lost, arrived) = &mut counts[trouble.unwrap_or(troubles.len())];
        *lost += row.failed + row.shed;
        *arrived += row.arrived - row.in_flight;
    }
    let mut shares: Vec<f64> =
        counts.iter().map(|&(lost, arrived)| lost as f64 / arrived.max(1) as f64).collect();
    let others = shares.pop().unwrap_or_default();
    (shares, others)
}

fn troubles(summary: &Summary) -> Vec<&FaultReport> {
    summary.faults.iter().filter(|fault| fault.target == PLAN).collect()
}

/// Two tables as Markdown: the whole hour, and what failed in each trouble.
#[must_use]
pub fn table(exhibits: &[Exhibit]) -> String {
    let mut text =
        "| router | served | leaked | avoidably | leak premium | attempts per request | TTFT p50 | TTFT p95 | outage seen after | back after |\n\
         |---|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for Exhibit { router, summary, .. } in exhibits {
        let requests = &summary.requests;
        let ended = (requests.arrived - requests.in_flight).max(1) as f64;
        let percent = |count: u64| format!("{:.1} %", 100.0 * count as f64 / ended);
        let avoidable = summary.leak.avoidable_share.unwrap_or(0.0) * requests.arrived as f64;
        let seconds = |value: Option<f64>| value.map_or("–".to_owned(), |s| format!("{s:.1} s"));
        let first_token = |value: Option<f64>| value.map_or("–".to_owned(), |s| format!("{s:.2} s"));
        let dollars = |text: &str| text.parse::<f64>().map_or(text.to_owned(), |usd| format!("${usd:.2}"));
        let outage = troubles(summary).first().copied();
        let _ = writeln!(
            text,
            "| `{router}` | {} | {} | {} | {} | {:.2} | {} | {} | {} | {} |",
            percent(requests.served_by_plan + requests.leaked),
            percent(requests.leaked),
            percent((avoidable + 0.5) as u64),
            dollars(&summary.leak.premium_usd),
            summary.attempts.total as f64 / requests.arrived.max(1) as f64,
            first_token(summary.ttft_s.p50),
            first_token(summary.ttft_s.p95),
            seconds(outage.and_then(|fault| fault.detection_lag_s)),
            seconds(outage.and_then(|fault| fault.failback_lag_s)),
        );
    }
    let Some(first) = exhibits.first() else { return text };
    text += "\n| not served of what arrived in |";
    for fault in troubles(&first.summary) {
        let lasts = fault.until - fault.from;
        let (number, unit) = if lasts < 60.0 { (lasts, "s") } else { (lasts / 60.0, "min") };
        let _ = write!(text, " {}, {number:.0} {unit} |", fault.kind);
    }
    text += " other times |\n|---|";
    text += &"---|".repeat(first.failed.len() + 1);
    text.push('\n');
    for exhibit in exhibits {
        let _ = write!(text, "| `{}` |", exhibit.router);
        for share in exhibit.failed.iter().chain([&exhibit.failed_otherwise]) {
            let _ = write!(text, " {:.1} % |", 100.0 * share);
        }
        text.push('\n');
    }
    text
}

/// The document with a fresh table; none if it has no place for one.
#[must_use]
pub fn document(stored: &str, exhibits: &[Exhibit]) -> Option<String> {
    let (before, rest) = stored.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n{END}{after}", table(exhibits)))
}
