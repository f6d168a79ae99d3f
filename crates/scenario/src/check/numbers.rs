//! Numbers that cannot be: shares above one, times of zero, profiles of the wrong length, prices of nothing.

use sandbox_core::Span;

use super::{DURATION_MAX, Report};
use crate::clock::Zone;
use crate::file::{
    Arrivals, Congestion, Endpoint, Jitter, Length, PriceList, Profile, Router, Scenario, SpanDist, Strategy,
    Timeouts, Workload,
};
use crate::syntax::Path;

/// Most buckets of a timeline.
const BUCKETS_MAX: u64 = 20_000;
/// Other tenants must leave something: more than this at their peak leaves nothing worth simulating.
const COMPETING_MAX: f64 = 0.95;
/// Standard deviations of a logarithm above this are slips: e^5 is a factor of 148.
const SIGMA_MAX: f64 = 5.0;

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
        let path = root("links").at(i);
        report.within(&path.key("jitter"), link.jitter, 0.0, SIGMA_MAX);
    }
    for (i, provider) in s.providers.iter().enumerate() {
        if let Some(c) = &provider.congestion {
            congestion(&root("providers").at(i).key("congestion"), c, report);
        }
    }
    for (i, e) in s.endpoints.iter().enumerate() {
        endpoint(&root("endpoints").at(i), e, report);
    }
    for (i, r) in s.routers.iter().enumerate() {
        router(&root("routers").at(i).key("strategy"), r, report);
    }
    for (i, w) in s.workloads.iter().enumerate() {
        workload(&root("workloads").at(i), w, report);
    }
    for (i, p) in s.weather.processes.iter().enumerate() {
        let path = root("weather").key("processes").at(i);
        span_dist(&path.key("between"), &p.between, report);
        span_dist(&path.key("lasting"), &p.lasting, report);
        profile(&path.key("profile"), &p.profile, report);
    }
    let lists =
        [("endpoints", s.endpoints.len()), ("routers", s.routers.len()), ("workloads", s.workloads.len())];
    for (key, _) in lists.into_iter().filter(|(_, count)| *count == 0) {
        report.say(&root(key), format!("a scenario needs {key}"), format!("add at least one to `{key}`"));
    }
}

fn congestion(path: &Path, c: &Congestion, report: &mut Report<'_>) {
    let fine = report.within(&path.key("mean"), c.mean, 0.0, 1.0);
    report.within(&path.key("noise"), c.noise, 0.0, SIGMA_MAX);
    report.positive(&path.key("memory"), c.memory, "15m");
    if profile(&path.key("profile"), &c.profile, report) && fine {
        let peak = c.mean * c.profile.peak();
        if peak > COMPETING_MAX {
            let message =
                format!("other tenants would take {:.0}% of the batch at their daily peak", peak * 100.0);
            let most = COMPETING_MAX / c.profile.peak();
            let hint =
                format!("with this profile the mean can be at most {:.2}", (most * 100.0).floor() / 100.0);
            report.say(&path.key("mean"), message, hint);
        }
    }
}

fn profile(path: &Path, profile: &Profile, report: &mut Report<'_>) -> bool {
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
    fn peak(&self) -> f64 {
        let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
        match self {
            Self::Flat => 1.0,
            Self::DeepSeekDay => crate::profile::deepseek_peak(),
            Self::Hourly { hours, days, .. } => most(hours) / (hours.iter().sum::<f64>() / 24.0) * most(days),
        }
    }
}

fn endpoint(path: &Path, e: &Endpoint, report: &mut Report<'_>) {
    let serving = path.key("serving");
    if e.serving.sequences == 0 {
        report.say(
            &serving.key("sequences"),
            "no sequence could ever run",
            "write 1 or more; a few dozen is usual",
        );
    }
    if e.serving.step_base.is_zero() && e.serving.step_per_sequence.is_zero() {
        let hint = "give step_base (like \"12ms\"), or step_per_sequence, or both";
        report.say(&serving.key("step_base"), "tokens would take no time: both step times are zero", hint);
    }
    report.within(&serving.key("prefill_noise"), e.serving.prefill_noise, 0.0, SIGMA_MAX);
    let limits = path.key("limits");
    let zero = [
        ("rpm", e.limits.rpm == Some(0)),
        ("tpm", e.limits.tpm == Some(0)),
        ("concurrency", e.limits.concurrency == Some(0)),
    ];
    for (key, _) in zero.into_iter().filter(|(_, zero)| *zero) {
        report.say(&limits.key(key), "a limit of zero refuses everything", "leave the key out for no limit");
    }
    if is_free(&e.price) {
        let hint = "an unknown price is not zero: look it up, or leave the endpoint out; for one that is really free \
                    write a tiny amount, like \"$0.000001/M\"";
        report.say(&path.key("price"), "input and output both cost nothing", hint);
    }
}

fn is_free(price: &PriceList) -> bool {
    price.input.pico_per_token() == 0 && price.output.pico_per_token() == 0
}

fn router(path: &Path, r: &Router, report: &mut Report<'_>) {
    match &r.strategy {
        Strategy::Single { timeouts, .. } | Strategy::Clairvoyant { timeouts, .. } => {
            timers(path, timeouts, report)
        }
        Strategy::Fallback { retries, backoff, cooldown, timeouts, .. } => {
            timers(path, timeouts, report);
            if *retries > 100 {
                report.say(
                    &path.key("retries"),
                    format!("{retries} tries on one target are too many"),
                    "write 100 or fewer; 2 is usual",
                );
            }
            if let Jitter::Scaled(low, high) = backoff.jitter {
                let path = path.key("backoff").key("jitter");
                if report.within(&path, low, 0.0, 100.0)
                    && report.within(&path, high, 0.0, 100.0)
                    && low > high
                {
                    report.say(
                        &path,
                        format!("{low} is above {high}"),
                        format!("write the lower one first: Scaled({high}, {low})"),
                    );
                }
            }
            if let Some(cooldown) = cooldown {
                let path = path.key("cooldown");
                if cooldown.failures == 0 {
                    report.say(
                        &path.key("failures"),
                        "no failure would start a cooldown",
                        "write 1 or more, or leave the cooldown out",
                    );
                }
                report.positive(&path.key("within"), cooldown.within, "60s");
                report.positive(&path.key("length"), cooldown.length, "5s");
            }
        }
        Strategy::OpenRouterLegacy { demotion, timeouts, max_price, .. } => {
            timers(path, timeouts, report);
            let path_d = path.key("demotion");
            report.positive(&path_d.key("window"), demotion.window, "30s");
            report.within(&path_d.key("share"), demotion.share, 0.0, 1.0);
            if demotion.failures == 0 {
                report.say(&path_d.key("failures"), "an outage needs a failure", "write 1 or more");
            }
            if max_price.as_ref().is_some_and(is_free) {
                report.say(
                    &path.key("max_price"),
                    "no endpoint is this cheap",
                    "leave the key out for any price",
                );
            }
        }
    }
}

fn timers(path: &Path, timeouts: &Timeouts, report: &mut Report<'_>) {
    let path = path.key("timeouts");
    for (key, value) in [("first_token", timeouts.first_token), ("total", timeouts.total)] {
        if value == Some(Span::ZERO) {
            report.say(
                &path.key(key),
                "every attempt would time out at once",
                "leave the key out for no timer",
            );
        }
    }
}

fn workload(path: &Path, w: &Workload, report: &mut Report<'_>) {
    report.positive(&path.key("deadline"), w.deadline, "10m");
    length(&path.key("input"), &w.input, report);
    length(&path.key("output"), &w.output, report);
    let path = path.key("arrivals");
    match &w.arrivals {
        Arrivals::Poisson { rate, profile: shape } => {
            let per_second = rate.as_per_second();
            if per_second <= 0.0 {
                report.say(
                    &path.key("rate"),
                    "nothing would ever arrive",
                    "write a rate above zero, or remove the workload",
                );
            } else if per_second > 1e6 {
                report.say(
                    &path.key("rate"),
                    "more than a million requests a second",
                    "check its unit: \"600/min\", \"40/s\"",
                );
            }
            profile(&path.key("profile"), shape, report);
        }
        Arrivals::Trace { file, speed, .. } => {
            if file.trim().is_empty() {
                report.say(
                    &path.key("file"),
                    "names no file",
                    "write a path, like \"traces/azure-code.csv.gz\"",
                );
            }
            report.within(&path.key("speed"), *speed, 1e-6, 1e6);
        }
    }
}

fn length(path: &Path, length: &Length, report: &mut Report<'_>) {
    match length {
        Length::Constant(0) => {
            report.say(path, "a request has at least one token", "write Constant(1) or more")
        }
        Length::Constant(_) => {}
        Length::Lognormal { median, sigma, max } => {
            if !(*median > 0.0 && median.is_finite()) {
                report.say(
                    &path.key("median"),
                    format!("`{median}` is not above zero"),
                    "write the median number of tokens, like 800.0",
                );
            }
            report.within(&path.key("sigma"), *sigma, 0.0, SIGMA_MAX);
            if *max == 0 {
                report.say(
                    &path.key("max"),
                    "a request has at least one token",
                    "leave the key out for 1,000,000",
                );
            }
        }
        Length::Empirical(values) if values.is_empty() => {
            report.say(path, "the list is empty", "write token counts, like Empirical([120, 800, 4000])");
        }
        Length::Empirical(values) => {
            if values.contains(&0) {
                report.say(path, "a request has at least one token", "replace the zeros by 1");
            }
        }
    }
}

fn span_dist(path: &Path, dist: &SpanDist, report: &mut Report<'_>) {
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
