//! Every preset under the same hour of trouble: the table of `docs/routers.md`.
//!
//! `scenarios/router-gallery.ron` is run once for each of its routers that no other router has for a target. All of them
//! meet the same arrivals and the same faults.

use std::fmt::Write as _;

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
        let RunOutput { summary, .. } =
            sandbox_engine::run(&entering, RunOptions::default()).expect("no law is broken");
        Exhibit { router, summary }
    };
    routers(&scenario).into_iter().map(run).collect()
}

/// The table as Markdown.
#[must_use]
pub fn table(exhibits: &[Exhibit]) -> String {
    let mut text = "| router | served | leaked | of it avoidable | leak premium | wasted | attempts per request | TTFT p95 | outage seen after | back after |\n\
                    |---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for Exhibit { router, summary } in exhibits {
        let requests = &summary.requests;
        let ended = (requests.arrived - requests.in_flight).max(1) as f64;
        let percent = |count: u64| format!("{:.2} %", 100.0 * count as f64 / ended);
        let avoidable = summary.leak.avoidable_share.unwrap_or(0.0) * requests.arrived as f64;
        let seconds = |value: Option<f64>| value.map_or("–".to_owned(), |s| format!("{s:.1} s"));
        let dollars = |text: &str| text.parse::<f64>().map_or(text.to_owned(), |usd| format!("${usd:.2}"));
        let outage = summary.faults.iter().find(|fault| fault.target == PLAN);
        let _ = writeln!(
            text,
            "| `{router}` | {} | {} | {} | {} | {} | {:.2} | {} | {} | {} |",
            percent(requests.served_by_plan + requests.leaked),
            percent(requests.leaked),
            percent((avoidable + 0.5) as u64),
            dollars(&summary.leak.premium_usd),
            dollars(&summary.cost_usd.wasted),
            summary.attempts.total as f64 / requests.arrived.max(1) as f64,
            seconds(summary.ttft_s.p95),
            seconds(outage.and_then(|fault| fault.detection_lag_s)),
            seconds(outage.and_then(|fault| fault.failback_lag_s)),
        );
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
