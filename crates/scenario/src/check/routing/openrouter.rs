//! Numbers of OpenRouter's balancers, and of the parts that came with them.

use sandbox_core::Span;
use sandbox_routers::memory::{Percentiles, Preference, Uptime};
use sandbox_routers::preset::openrouter::{Partition, Sort};
use sandbox_routers::preset::{OpenRouterLegacy, OpenRouterMeasured};
use sandbox_routers::selection::Measured;
use sandbox_routers::selection::measured::Shape;
use sandbox_routers::sticky::Sticky;

use super::demotion;
use crate::check::Report;
use crate::syntax::Path;

pub(super) fn legacy(path: &Path, legacy: &OpenRouterLegacy, report: &mut Report<'_>) {
    let OpenRouterLegacy { order, sort, partition, models, sticky: stays, uptime: up, .. } = legacy;
    fields(path, order, *sort, *partition, models, report);
    percentiles(
        path,
        ["preferred_max_latency", "preferred_min_throughput"],
        &legacy.preferred_max_latency,
        &legacy.preferred_min_throughput,
        report,
    );
    sticky(path, stays.as_ref(), report);
    if let Some(up) = up {
        uptime(&path.key("uptime"), up, report);
    }
    demotion(&path.key("demotion"), &legacy.demotion, report);
}

pub(super) fn measured(path: &Path, preset: &OpenRouterMeasured, report: &mut Report<'_>) {
    let OpenRouterMeasured { order, sort, partition, models, sticky: stays, uptime: up, .. } = preset;
    fields(path, order, *sort, *partition, models, report);
    percentiles(
        path,
        ["preferred_max_latency", "preferred_min_throughput"],
        &preset.preferred_max_latency,
        &preset.preferred_min_throughput,
        report,
    );
    sticky(path, stays.as_ref(), report);
    if let Some(up) = up {
        uptime(&path.key("uptime"), up, report);
    }
    shares(&path.key("measured"), &preset.measured, report);
}

fn fields(
    path: &Path,
    order: &[String],
    sort: Option<Sort>,
    partition: Partition,
    models: &[Vec<String>],
    report: &mut Report<'_>,
) {
    if sort.is_some() && !order.is_empty() {
        report.say(&path.key("sort"), "`order` puts the endpoints in order already", "leave one of them out");
    }
    if partition == Partition::None && sort.is_none() {
        let message = "nothing is sorted, so models cannot be sorted together";
        report.say(&path.key("partition"), message, "add sort: Price, Throughput or Latency");
    }
    for (i, model) in models.iter().enumerate() {
        if model.is_empty() {
            let hint = "name its endpoints, like [\"sf-v3\"], or leave it out";
            report.say(&path.key("models").at(i), "a model without an endpoint", hint);
        }
    }
}

/// `keys` of the two.
fn percentiles(
    path: &Path,
    keys: [&'static str; 2],
    latency: &Percentiles<Span>,
    throughput: &Percentiles<f64>,
    report: &mut Report<'_>,
) {
    let names = ["p50", "p75", "p90", "p99"];
    for (name, (_, most)) in names.into_iter().zip(latency.all()) {
        if let Some(most) = most {
            report.positive(&path.key(keys[0]).key(name), most, "2s");
        }
    }
    for (name, (_, least)) in names.into_iter().zip(throughput.all()) {
        if let Some(least) = least {
            report.within(&path.key(keys[1]).key(name), least, 0.0, 1e6);
        }
    }
}

pub(super) fn preference(path: &Path, rule: &Preference, report: &mut Report<'_>) {
    report.positive(&path.key("window"), rule.window, "5m");
    percentiles(path, ["max_latency", "min_throughput"], &rule.max_latency, &rule.min_throughput, report);
}

pub(super) fn sticky(path: &Path, rule: Option<&Sticky>, report: &mut Report<'_>) {
    if let Some(rule) = rule {
        report.positive(&path.key("sticky").key("idle"), rule.idle, "10m");
    }
}

pub(super) fn uptime(path: &Path, rule: &Uptime, report: &mut Report<'_>) {
    report.positive(&path.key("window"), rule.window, "30m");
    let Uptime { normal, degraded, .. } = *rule;
    if report.within(&path.key("normal"), normal, 0.0, 1.0)
        && report.within(&path.key("degraded"), degraded, 0.0, 1.0)
        && degraded > normal
    {
        let message = format!("{degraded} is above the {normal} of a normal target");
        report.say(&path.key("degraded"), message, "write a lower share, like 0.8");
    }
}

pub(super) fn shares(path: &Path, rule: &Measured, report: &mut Report<'_>) {
    let Shape { price_power, speed_power, steepness, floor } = rule.shape;
    let shape = path.key("shape");
    for (key, value) in [("price_power", price_power), ("speed_power", speed_power), ("steepness", steepness)]
    {
        report.within(&shape.key(key), value, 0.0, 100.0);
    }
    report.within(&shape.key("floor"), floor, 0.0, 1.0);
    for (key, value) in [
        ("ttft_cost", rule.ttft_cost),
        ("error_multiplier", rule.error_multiplier),
        ("limit_cost", rule.limit_cost),
        ("prior", rule.prior),
    ] {
        report.within(&path.key(key), value, 0.0, 1e6);
    }
    report.positive(&path.key("half_life"), rule.half_life, "5m");
    report.positive(&path.key("price_window"), rule.price_window, "30m");
    let breaker = path.key("breaker");
    report.within(&breaker.key("share"), rule.breaker.share, 0.0, 1.0);
    report.within(&breaker.key("times"), rule.breaker.times, 0.0, 1e6);
    report.within(&breaker.key("at_least"), rule.breaker.at_least, 0.0, 1e9);
    report.within(&path.key("cap").key("share"), rule.cap.share, 0.0, 1.0);
    report.positive(&path.key("cap").key("doubles"), rule.cap.doubles, "1m");
    report.within(&path.key("backoff").key("share"), rule.backoff.share, 0.0, 1.0);
    report.within(&path.key("backoff").key("jump"), rule.backoff.jump, 1.0, 1e6);
}
