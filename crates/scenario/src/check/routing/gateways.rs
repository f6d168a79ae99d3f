//! Numbers of the presets of gateways.

use sandbox_core::Span;
use sandbox_routers::preset::portkey::Mode;
use sandbox_routers::preset::{Bifrost, Kong, Portkey, TensorZero};

use super::{Report, retries, weighted};
use crate::syntax::Path;

/// Shortest cooldown of Portkey's breaker.
const COOLDOWN_MIN: Span = Span::from_secs(30);

/// Most retries of a target at Portkey.
const ATTEMPTS_MAX: u32 = 5;

pub(super) fn portkey(path: &Path, portkey: &Portkey, report: &mut Report<'_>) {
    let n = portkey.targets.len();
    if let Mode::LoadBalance(weights) = &portkey.mode
        && !weights.is_empty()
    {
        weighted(&path.key("mode"), weights, n, report);
    }
    if portkey.retry.attempts > ATTEMPTS_MAX {
        let message = format!("Portkey makes at most 5 retries, not {}", portkey.retry.attempts);
        report.say(&path.key("retry").key("attempts"), message, "write 5 or fewer");
    }
    if let Some(timeout) = portkey.request_timeout {
        report.positive(&path.key("request_timeout"), timeout, "30s");
    }
    let Some(breaker) = &portkey.circuit_breaker else { return };
    let path = path.key("circuit_breaker");
    if breaker.failure_threshold.is_none() && breaker.failure_threshold_percentage.is_none() {
        let hint = "write failure_threshold: 5 or failure_threshold_percentage: 50.0";
        report.say(&path, "nothing would open this breaker", hint);
    }
    if let Some(percentage) = breaker.failure_threshold_percentage {
        report.within(&path.key("failure_threshold_percentage"), percentage, 0.0, 100.0);
    }
    if breaker.cooldown_interval < COOLDOWN_MIN {
        let message = format!("{} is shorter than Portkey allows", breaker.cooldown_interval);
        report.say(&path.key("cooldown_interval"), message, "write \"30s\" or more");
    }
    report.positive(&path.key("window"), breaker.window, "60s");
}

pub(super) fn bifrost(path: &Path, bifrost: &Bifrost, report: &mut Report<'_>) {
    lists(&path.key("providers"), &bifrost.providers, "a provider needs a key", report);
    retries(&path.key("max_retries"), bifrost.max_retries, report);
    if !bifrost.weights.is_empty() {
        weighted(&path.key("weights"), &bifrost.weights, bifrost.providers.concat().len(), report);
    }
}

pub(super) fn tensorzero(path: &Path, tensorzero: &TensorZero, report: &mut Report<'_>) {
    lists(&path.key("variants"), &tensorzero.variants, "a variant needs a provider", report);
    retries(&path.key("retries"), tensorzero.retries, report);
}

pub(super) fn kong(path: &Path, kong: &Kong, report: &mut Report<'_>) {
    retries(&path.key("retries"), kong.retries, report);
    report.positive(&path.key("fail_timeout"), kong.fail_timeout, "10s");
}

/// No list is empty.
fn lists(path: &Path, lists: &[Vec<String>], message: &str, report: &mut Report<'_>) {
    for (i, list) in lists.iter().enumerate() {
        if list.is_empty() {
            report.say(&path.at(i), message, "name at least one endpoint or router, or remove the list");
        }
    }
}
