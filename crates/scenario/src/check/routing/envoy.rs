//! Numbers of Envoy: outlier detection, priority levels, and what bounds retries.

use sandbox_routers::parts::Concurrent;
use sandbox_routers::preset::Envoy;
use sandbox_routers::{Ejection, Pick, Priorities};

use super::{Report, backoff, by_target, pick, retries};
use crate::syntax::Path;

pub(super) fn envoy(path: &Path, envoy: &Envoy, report: &mut Report<'_>) {
    if let Some(rule) = &envoy.outlier_detection {
        ejection(&path.key("outlier_detection"), rule, report);
    }
    factors(path, envoy.overprovisioning, envoy.panic, report);
    within(&path.key("lb_policy"), &envoy.lb_policy, envoy.targets.len(), report);
    levels(path, envoy, report);
    together(&path.key("max_requests"), envoy.max_requests, report);
    if let Some(policy) = &envoy.retry_policy {
        let path = path.key("retry_policy");
        retries(&path.key("num_retries"), policy.num_retries, report);
        backoff(&path.key("retry_back_off"), &policy.retry_back_off, report);
        concurrent(&path.key("concurrent"), policy.concurrent, report);
        attempts(&path, policy.attempts_per_priority, report);
    }
    if envoy.timeout.is_some_and(|timeout| timeout.is_zero()) {
        report.say(&path.key("timeout"), "every request would time out at once", "write None for no timer");
    }
}

/// Every target has one level.
fn levels(path: &Path, envoy: &Envoy, report: &mut Report<'_>) {
    if envoy.priorities.is_empty() {
        return;
    }
    for target in &envoy.targets {
        let times = envoy.priorities.iter().flatten().filter(|&name| name == target).count();
        if times != 1 {
            let message = match times {
                0 => format!("`{target}` has no level"),
                _ => format!("`{target}` has {times} levels"),
            };
            report.say(&path.key("priorities"), message, "name every target once, in the list of its level");
        }
    }
}

pub(super) fn ejection(path: &Path, rule: &Ejection, report: &mut Report<'_>) {
    report.positive(&path.key("interval"), rule.interval, "10s");
    report.positive(&path.key("base_ejection_time"), rule.base_ejection_time, "30s");
    if rule.max_ejection_time < rule.base_ejection_time {
        let message = format!(
            "the longest time, {}, is below the shortest, {}",
            rule.max_ejection_time, rule.base_ejection_time
        );
        report.say(&path.key("max_ejection_time"), message, "write base_ejection_time or more");
    }
    for (key, percent) in [
        ("max_ejection_percent", rule.max_ejection_percent),
        ("failure_percentage_threshold", rule.failure_percentage_threshold),
    ] {
        if percent > 100 {
            report.say(&path.key(key), format!("{percent} % is above 100 %"), "write 0 to 100, in percent");
        }
    }
    for (key, percent) in [
        ("enforcing_consecutive_5xx", rule.enforcing_consecutive_5xx),
        ("enforcing_consecutive_gateway_failure", rule.enforcing_consecutive_gateway_failure),
        ("enforcing_success_rate", rule.enforcing_success_rate),
        ("enforcing_failure_percentage", rule.enforcing_failure_percentage),
    ] {
        if percent != 0 && percent != 100 {
            let message = format!("{percent} % of the cases cannot be drawn here");
            report.say(&path.key(key), message, "write 100 to eject, or 0 not to");
        }
    }
}

pub(super) fn priorities(path: &Path, rule: &Priorities, targets: usize, report: &mut Report<'_>) {
    by_target(&path.key("levels"), rule.levels.len(), targets, report);
    for (i, &level) in rule.levels.iter().enumerate() {
        if level as usize >= targets {
            let message = format!("level {level} with {targets} targets leaves levels empty");
            report.say(&path.key("levels").at(i), message, "count levels from 0");
        }
    }
    factors(path, rule.overprovisioning, rule.panic, report);
    within(&path.key("within"), &rule.within, targets, report);
    attempts(path, rule.attempts_per_priority, report);
}

fn factors(path: &Path, overprovisioning: f64, panic: f64, report: &mut Report<'_>) {
    report.within(&path.key("overprovisioning"), overprovisioning, 1.0, 100.0);
    report.within(&path.key("panic"), panic, 0.0, 1.0);
}

fn within(path: &Path, inner: &Pick, targets: usize, report: &mut Report<'_>) {
    if matches!(inner, Pick::Priorities(_)) {
        report.say(path, "levels within a level", "write another pick, like RoundRobin");
    } else {
        pick(path, inner, targets, report);
    }
}

fn attempts(path: &Path, attempts: Option<u32>, report: &mut Report<'_>) {
    if attempts == Some(0) {
        let hint = "write 1 or more, or leave the key out";
        report.say(&path.key("attempts_per_priority"), "no attempt would be made", hint);
    }
}

pub(super) fn concurrent(path: &Path, concurrent: Concurrent, report: &mut Report<'_>) {
    report.within(&path.key("share"), concurrent.share, 0.0, 1.0);
}

pub(super) fn together(path: &Path, most: u32, report: &mut Report<'_>) {
    if most == 0 {
        report.say(path, "no attempt would be made", "write 1 or more");
    }
}
