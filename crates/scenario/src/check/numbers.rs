//! Numbers that cannot be: times of zero, profiles of the wrong length, laws without a mean.

use sandbox_core::Span;

use super::{DURATION_MAX, Report, network, provider, routing, traffic};
use crate::clock::Zone;
use crate::file::{Process, Profile, Scenario, SpanDist};
use crate::syntax::Path;

/// Most buckets of a timeline.
const BUCKETS_MAX: u64 = 20_000;

/// Most faults of a process: each is kept, and reported on.
const FAULTS_MAX: f64 = 1e5;

/// Standard deviations of a logarithm above this are slips: e^5 is a factor of 148.
pub(super) const SIGMA_MAX: f64 = 5.0;

pub(super) fn scenario(s: &Scenario, report: &mut Report<'_>) {
    let root = Path::root;
    report.positive(&root("duration"), s.duration, "24h");
    if s.duration > DURATION_MAX {
        report.say(&root("duration"), format!("{} is longer than ten years", s.duration), "check its unit");
    }
    if s.warm_up >= s.duration && !s.duration.is_zero() {
        let message = format!("a warm-up of {} leaves nothing of the {} to count", s.warm_up, s.duration);
        report.say(&root("warm_up"), message, "make the warm-up shorter, or the scenario longer");
    }
    if let Some(bucket) = s.bucket {
        report.positive(&root("bucket"), bucket, "1m");
        let count = s.duration.as_nanos().checked_div(bucket.as_nanos()).unwrap_or(0);
        if count > BUCKETS_MAX {
            let message = format!("{count} buckets are more than {BUCKETS_MAX}");
            report.say(
                &root("bucket"),
                message,
                "make them wider, or leave the key out for about a thousand",
            );
        }
    }
    for (i, link) in s.links.iter().enumerate() {
        network::link(&root("links").at(i), link, report);
    }
    for (i, provider) in s.providers.iter().enumerate() {
        if let Some(c) = &provider.congestion {
            provider::congestion(&root("providers").at(i).key("congestion"), c, report);
        }
    }
    for (i, e) in s.endpoints.iter().enumerate() {
        provider::endpoint(&root("endpoints").at(i), e, report);
    }
    provider::endpoints(&root("endpoints"), &s.endpoints, report);
    for (i, r) in s.routers.iter().enumerate() {
        routing::router(&root("routers").at(i), r, report);
    }
    for (i, w) in s.workloads.iter().enumerate() {
        traffic::workload(&root("workloads").at(i), w, s.duration, report);
    }
    for (i, p) in s.weather.processes.iter().enumerate() {
        let path = root("weather").key("processes").at(i);
        span_dist(&path.key("between"), &p.between, report);
        span_dist(&path.key("lasting"), &p.lasting, report);
        profile(&path.key("profile"), &p.profile, report);
        too_many(&path.key("between"), p, s.duration, report);
    }
    for (i, incidents) in s.weather.incidents.iter().enumerate() {
        let path = root("weather").key("incidents").at(i).key("rate");
        // Another rate is refused elsewhere.
        if (1e-3..=1e3).contains(&incidents.rate)
            && let Some(p) =
                incidents.processes(&incidents.target).iter().max_by(|a, b| faults(a).total_cmp(&faults(b)))
        {
            too_many(&path, p, s.duration, report);
        }
    }
    let lists =
        [("endpoints", s.endpoints.len()), ("routers", s.routers.len()), ("workloads", s.workloads.len())];
    for (key, _) in lists.into_iter().filter(|(_, count)| *count == 0) {
        report.say(&root(key), format!("a scenario needs {key}"), format!("add at least one to `{key}`"));
    }
}

/// Greatest value of a shape: sums and products of these are numbers still.
const SHAPE_MAX: f64 = 1e6;

pub(super) fn profile(path: &Path, profile: &Profile, report: &mut Report<'_>) -> bool {
    let Profile::Hourly { zone, hours, days } = profile else { return true };
    let before = report.problems.len();
    if let Err(error) = zone.parse::<Zone>() {
        let (message, hint) = crate::problem::split_hint(&error.to_string());
        report.say(&path.key("zone"), message, hint.unwrap_or_default());
    }
    for (key, values, count, what) in
        [("hours", hours, 24, "hour of the day"), ("days", days, 7, "day of the week, Monday first")]
    {
        let path = path.key(key);
        if values.len() != count {
            let message = format!("{} values where {count} are needed", values.len());
            report.say(&path, message, format!("write one for each {what}"));
        }
        for (i, value) in values.iter().enumerate() {
            if !(value.is_finite() && *value >= 0.0) {
                report.say(&path.at(i), format!("`{value}` is negative or no number"), "write zero or more");
            } else if *value > SHAPE_MAX {
                let message = format!("`{value:e}` is more than a million");
                report.say(&path.at(i), message, "a shape is relative: write numbers around 1");
            }
        }
        if !values.is_empty() && values.iter().all(|v| *v == 0.0) {
            report.say(
                &path,
                "all values are zero",
                "a shape is relative to its mean: at least one must be more",
            );
        }
    }
    report.problems.len() == before
}

impl Profile {
    /// The greatest value relative to the mean, for a checked profile.
    pub(crate) fn peak(&self) -> f64 {
        let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
        match self {
            Self::Flat => 1.0,
            Self::DeepSeekDay => crate::profile::deepseek_peak(),
            Self::ChinaSlowHours => crate::profile::china_peak(),
            Self::OpenAiIncidents | Self::AnthropicIncidents => crate::profile::starts_peak(self),
            Self::Hourly { hours, days, .. } => most(hours) / (hours.iter().sum::<f64>() / 24.0) * most(days),
        }
    }
}

/// Faults of a process in a second, roughly. No fault is shorter than a millisecond.
fn faults(p: &Process) -> f64 {
    1.0 / (typical(&p.between) + typical(&p.lasting).max(1e-3))
}

fn too_many(path: &Path, p: &Process, duration: Span, report: &mut Report<'_>) {
    if duration.as_secs_f64() * faults(p) > FAULTS_MAX {
        let message = "there would be more than a hundred thousand faults";
        report.say(path, message, "let them be rarer, or the scenario shorter");
    }
}

/// The mean, or the median where that is what is written [s].
fn typical(dist: &SpanDist) -> f64 {
    match dist {
        SpanDist::Constant(span) => span.as_secs_f64(),
        SpanDist::Exponential { mean } | SpanDist::Weibull { mean, .. } => mean.as_secs_f64(),
        SpanDist::Lognormal { median, .. } => median.as_secs_f64(),
    }
}

pub(super) fn span_dist(path: &Path, dist: &SpanDist, report: &mut Report<'_>) {
    match dist {
        SpanDist::Constant(span) => report.positive(path, *span, "12h"),
        SpanDist::Exponential { mean } => report.positive(&path.key("mean"), *mean, "12h"),
        SpanDist::Weibull { mean, shape } => {
            report.positive(&path.key("mean"), *mean, "12h");
            report.within(&path.key("shape"), *shape, 0.1, 20.0);
        }
        SpanDist::Lognormal { median, sigma } => {
            report.positive(&path.key("median"), *median, "10m");
            report.within(&path.key("sigma"), *sigma, 0.0, SIGMA_MAX);
        }
    }
}
