//! [`Figure`]: everything that a timeline picture shows, as plain data.
//!
//! It is built from the results of a run, or from the files of a run directory (`summary.json`, `timeline.csv`,
//! and the faults of `outages.ron` resolved to lanes), without simulating again.

use sandbox_core::{Span, Time};
use sandbox_engine::output::summary::{FaultReport, Percentiles};
use sandbox_engine::output::{Summary, Timeline};
use sandbox_model::{Fault, FaultKind, Usd};

use crate::error::ReportError;
use crate::human;

mod cut;

/// The wall clock at the start of the scenario, with a fixed offset from UTC for its whole length.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clock {
    /// Name of the zone, as shown once on the time axis: `Asia/Shanghai`.
    pub zone: String,
    /// Local date at the start: `Wed 18 Nov 2026` or `Wednesday 2026-11-18`. Later dates are counted from it; a date in another form is
    /// shown as it is, and later days as `day 2`, `day 3` and so on.
    pub date: String,
    /// Local time of day at the start, in seconds since midnight.
    pub start_second_of_day: u32,
}

/// Everything that a timeline picture shows.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// First line: the scenario's name.
    pub title: String,
    /// Second line: seed, version and fingerprint.
    pub subtitle: String,
    /// The command that makes the run again.
    pub repro: String,
    /// Wall clock at the start.
    pub clock: Clock,
    /// Seed of the weather.
    pub seed: u64,
    /// Length of the run.
    pub horizon: Span,
    /// What is shown of it.
    pub shown: (Time, Time),
    /// Whether that is only a part: totals are then of this part.
    pub is_cut: bool,
    /// Billed before what is shown, here and in the control twin.
    pub before: (Usd, Usd),
    /// Requests that arrived before this are not counted in [`Figure::totals`].
    pub warm_up: Span,
    /// One lane a target, in the timeline's order.
    pub lanes: Vec<Lane>,
    /// What happened, by bucket.
    pub timeline: Timeline,
    /// Numbers of the whole run, for direct labels.
    pub totals: Totals,
}

/// One target that can fail and be believed failed; what routers believed is in [`Timeline`], column by column.
#[derive(Clone, PartialEq, Debug)]
pub struct Lane {
    /// Name of the target.
    pub name: String,
    /// Whether any router keeps in mind how it is: if none does, nothing is ever believed down.
    pub watched: bool,
    /// What was really wrong, in order of onset; windows may overlap.
    pub truth: Vec<Window>,
}

/// One fault on one lane.
#[derive(Clone, PartialEq, Debug)]
pub struct Window {
    /// What went wrong.
    pub kind: FaultKind,
    /// Onset.
    pub from: Time,
    /// End.
    pub until: Time,
    /// Seconds from onset until a router believed it, if one ever did.
    pub detection_lag_s: Option<f64>,
    /// Seconds from the end until the last router believed it over, if it was ever detected.
    pub failback_lag_s: Option<f64>,
}

/// Numbers of the whole run, warm-up not counted: shares are 0 to 1 and of the arrivals, money is in US dollars.
#[derive(Copy, Clone, PartialEq, Default, Debug)]
pub struct Totals {
    /// Requests that arrived.
    pub arrived: u64,
    /// Share served as planned.
    pub plan: Option<f64>,
    /// Share that leaked.
    pub leak: Option<f64>,
    /// Share that leaked though the plan was healthy and had headroom.
    pub avoidable: Option<f64>,
    /// Share that failed.
    pub failed: Option<f64>,
    /// Share that was shed.
    pub shed: Option<f64>,
    /// Attempts that entry routers made, per request that arrived.
    pub amplification: Option<f64>,
    /// 429 answers that endpoints gave.
    pub rate_limited: u64,
    /// Time to first token; unknown of a part of the run, but for [`Figure::ttft_class`].
    pub ttft_s: Percentiles,
    /// Billed.
    pub cost: f64,
    /// Billed in the control twin: the same arrivals in calm weather.
    pub twin_cost: f64,
    /// Objectives that were kept, and all.
    pub objectives: (usize, usize),
}

/// What a difference in cost means.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Gap {
    /// Dearer than in calm weather.
    Dearer,
    /// Cheaper, with about as much served.
    Cheaper,
    /// Cheaper, but less was served: that is no saving.
    LessServed,
    /// None.
    None,
}

/// Where what was not served is more than this part of what was not billed, the latter is no saving.
const UNSERVED: f64 = 0.1;

impl Totals {
    pub(crate) fn gap(&self) -> Gap {
        let premium = self.cost - self.twin_cost;
        let unserved = self.failed.unwrap_or(0.0) + self.shed.unwrap_or(0.0);
        if premium > 0.0 {
            Gap::Dearer
        } else if premium == 0.0 {
            Gap::None
        } else if unserved * self.twin_cost > -premium * UNSERVED {
            Gap::LessServed
        } else {
            Gap::Cheaper
        }
    }
}

impl Figure {
    /// Brings the parts of a run together. `faults` are pairs of a lane's index in [`Timeline::lanes`] and the
    /// fault that hits it; a fault on a provider comes once for each lane that it hits.
    ///
    /// # Errors
    /// [`ReportError::NoSuchLane`] if a fault's lane is not in the timeline.
    pub fn from_parts(
        summary: &Summary,
        timeline: &Timeline,
        faults: &[(usize, Fault)],
        clock: Clock,
    ) -> Result<Self, ReportError> {
        let lane = |name: &String| Lane { name: name.clone(), watched: true, truth: Vec::new() };
        let mut lanes: Vec<Lane> = timeline.lanes.iter().map(lane).collect();
        let count = lanes.len();
        for (lane, fault) in faults {
            let windows =
                &mut lanes.get_mut(*lane).ok_or(ReportError::NoSuchLane { lane: *lane, lanes: count })?.truth;
            let seen = summary.faults.iter().find(|report| is_about(report, fault));
            windows.push(Window {
                kind: fault.kind,
                from: fault.from,
                until: fault.until,
                detection_lag_s: seen.and_then(|report| report.detection_lag_s),
                failback_lag_s: seen.and_then(|report| report.failback_lag_s),
            });
        }
        for lane in &mut lanes {
            lane.truth.sort_by_key(|window| (window.from, window.until, window.kind.name()));
        }
        let requests = &summary.requests;
        let share = |n: u64| (requests.arrived > 0).then(|| n as f64 / requests.arrived as f64);
        let horizon = Span::from_secs_f64_saturating(summary.duration_s);
        let warm_up = Span::from_secs_f64_saturating(summary.warm_up_s);
        let counted = timeline.rows.iter().filter(|row| row.at >= Time::ZERO.saturating_add(warm_up));
        let met = summary.objectives.iter().filter(|objective| objective.met).count();
        Ok(Self {
            title: summary.scenario.clone(),
            subtitle: format!(
                "seed {}, {}, sandbox {}, fingerprint {}",
                summary.seed,
                human::seconds(summary.duration_s),
                summary.version,
                summary.fingerprint
            ),
            repro: summary.repro.clone(),
            clock,
            seed: summary.seed,
            horizon,
            shown: (Time::ZERO, Time::ZERO.saturating_add(horizon)),
            is_cut: false,
            before: (Usd::ZERO, Usd::ZERO),
            warm_up,
            lanes,
            timeline: timeline.clone(),
            totals: Totals {
                arrived: requests.arrived,
                plan: share(requests.served_by_plan),
                leak: share(requests.leaked),
                avoidable: summary.leak.avoidable_share,
                failed: share(requests.failed),
                shed: share(requests.shed),
                amplification: share(summary.attempts.total),
                rate_limited: counted.map(|row| row.rate_limited).sum(),
                ttft_s: summary.ttft_s,
                cost: human::decimal(&summary.cost_usd.total),
                twin_cost: human::decimal(&summary.cost_usd.twin),
                objectives: (met, summary.objectives.len()),
            },
        })
    }
}

/// Whether a line of the summary is about this fault. Several faults may share target and times; then the kind
/// decides, whose text begins with its name.
pub(crate) fn is_about(report: &FaultReport, fault: &Fault) -> bool {
    // Seconds of the summary went through a float: a millisecond is far above what that loses.
    let same = |s: f64, at: Time| (s - at.as_secs_f64()).abs() < 1e-3;
    report.target == fault.target
        && same(report.from, fault.from)
        && same(report.until, fault.until)
        && kind_word(&report.kind).starts_with(&kind_word(fault.kind.name()))
}

/// `RateLimitSpike(scale: 0.1)` and `rate_limit_spike` alike as `ratelimitspike…`.
fn kind_word(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect()
}
