//! Numbers of selections that learn, and of the preset that is made of them.

use sandbox_core::Span;
use sandbox_routers::preset::Helicone;
use sandbox_routers::selection::{LowestLatency, UsageBased};

use super::{Report, backoff, by_target, retries};
use crate::syntax::Path;

/// Most latencies that a target's mean is taken over: each choice adds them up.
const SAMPLES_MAX: u32 = 1_000;

pub(super) fn peak_ewma(path: &Path, decay: Span, start: Span, report: &mut Report<'_>) {
    report.positive(&path.key("decay"), decay, "30s");
    report.positive(&path.key("start"), start, "250ms");
}

pub(super) fn lowest_latency(path: &Path, rule: &LowestLatency, report: &mut Report<'_>) {
    report.within(&path.key("buffer"), rule.buffer, 0.0, 1e6);
    if rule.samples == 0 || rule.samples > SAMPLES_MAX {
        let message = format!("a mean of the last {} latencies", rule.samples);
        report.say(&path.key("samples"), message, "write 1 to 1000; LiteLLM keeps 10");
    }
    report.positive(&path.key("ttl"), rule.ttl, "1h");
}

pub(super) fn usage_based(path: &Path, rule: &UsageBased, targets: usize, report: &mut Report<'_>) {
    for (key, limits) in [("rpm", &rule.rpm), ("tpm", &rule.tpm)] {
        by_target(&path.key(key), limits.len(), targets, report);
        for (i, _) in limits.iter().enumerate().filter(|(_, limit)| **limit == Some(0)) {
            let hint = "write 1 or more, or None for no limit";
            report.say(&path.key(key).at(i), "this target would never get anything", hint);
        }
    }
}

pub(super) fn helicone(path: &Path, helicone: &Helicone, report: &mut Report<'_>) {
    let latency = path.key("latency");
    peak_ewma(&latency, helicone.latency.decay, helicone.latency.start, report);
    report.within(&path.key("error_threshold"), helicone.error_threshold, 0.0, 1.0);
    report.positive(&path.key("window"), helicone.window, "60s");
    report.positive(&path.key("interval"), helicone.interval, "5s");
    retries(&path.key("retries"), helicone.retries, report);
    backoff(&path.key("backoff"), &helicone.backoff, report);
}
