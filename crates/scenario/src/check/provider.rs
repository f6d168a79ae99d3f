//! Numbers of providers and endpoints: shares above one, limits of nothing, prices of nothing.

use sandbox_core::Span;

use super::numbers::{SIGMA_MAX, profile};
use super::{Report, limits};
use crate::file::{Congestion, Endpoint};
use crate::syntax::Path;

/// Other tenants must leave something: more than this at their peak leaves nothing worth simulating.
const COMPETING_MAX: f64 = 0.95;

/// Prefill and step times above these are slips, and sums of them stay far from what 64 bits hold.
const STEP_MAX: Span = Span::from_hours(1);
const KV_STEP_MAX: Span = Span::from_millis(1);

/// Most replicas of an endpoint: each is an endpoint of its own to the event loop.
const REPLICAS_MAX: u32 = 1_000;
/// Longest prefill at full load, as a multiple of that of a request alone.
const LOAD_FACTOR_MAX: f64 = 1_000.0;
/// Most replicas of all endpoints.
const REPLICAS_TOTAL: u64 = 60_000;

/// All endpoints together.
pub(super) fn endpoints(path: &Path, endpoints: &[Endpoint], report: &mut Report<'_>) {
    let total: u64 = endpoints.iter().map(|e| u64::from(e.serving.replicas.min(REPLICAS_MAX))).sum();
    if total > REPLICAS_TOTAL {
        let message = format!("{total} replicas in all are more than {REPLICAS_TOTAL}");
        report.say(path, message, "give fewer replicas more sequences each");
    }
}

pub(super) fn congestion(path: &Path, c: &Congestion, report: &mut Report<'_>) {
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

pub(super) fn endpoint(path: &Path, e: &Endpoint, report: &mut Report<'_>) {
    let serving = path.key("serving");
    if e.serving.sequences == 0 {
        report.say(
            &serving.key("sequences"),
            "no sequence could ever run",
            "write 1 or more; a few dozen is usual",
        );
    }
    let s = &e.serving;
    if s.step_base.is_zero() && s.step_per_sequence.is_zero() && s.step_per_kv_token.is_zero() {
        let hint = "give step_base (like \"12ms\"), or step_per_sequence, or both";
        report.say(&serving.key("step_base"), "tokens would take no time: the step times are zero", hint);
    }
    for (key, value) in [
        ("prefill_base", s.prefill_base),
        ("step_base", s.step_base),
        ("step_per_sequence", s.step_per_sequence),
    ] {
        report.at_most(&serving.key(key), value, STEP_MAX);
    }
    if s.prefill_chunk.is_none() {
        report.at_most(&serving.key("prefill_per_token"), s.prefill_per_token, STEP_MAX);
    }
    if s.step_per_kv_token > KV_STEP_MAX {
        let message =
            format!("{} for each token of context is longer than a millisecond", s.step_per_kv_token);
        report.say(&serving.key("step_per_kv_token"), message, "check its unit; some 10 ns is usual");
    }
    if s.kv_tokens == Some(0) {
        let hint = "leave the key out for no limit; a GPU holds some hundred thousand";
        report.say(&serving.key("kv_tokens"), "without memory nothing could ever run", hint);
    }
    if s.prefill_chunk == Some(0) {
        let hint = "leave the key out for prefills that do not share; 512 to 8192 is usual";
        report.say(&serving.key("prefill_chunk"), "no prompt would ever be prefilled", hint);
    }
    if s.prefill_chunk.is_some() && s.prefill_per_token.is_zero() {
        let hint = "give prefill_per_token, or leave prefill_chunk out";
        report.say(&serving.key("prefill_chunk"), "a chunk needs a prefill time per token", hint);
    }
    if s.prefill_chunk.is_some() && s.prefill_per_token > KV_STEP_MAX * 1_000 {
        let message = format!("{} for each prompt token is longer than a second", s.prefill_per_token);
        report.say(&serving.key("prefill_per_token"), message, "check its unit");
    }
    if s.replicas == 0 || s.replicas > REPLICAS_MAX {
        let message = format!("{} replicas are outside 1 to {REPLICAS_MAX}", s.replicas);
        report.say(&serving.key("replicas"), message, "write 1 or more; for more, give each more sequences");
    }
    if let Some(cached) = s.prefix_cache {
        report.positive(&serving.key("prefix_cache"), cached, "5m");
    }
    report.within(&serving.key("prefill_noise"), e.serving.prefill_noise, 0.0, SIGMA_MAX);
    if !(1.0..=LOAD_FACTOR_MAX).contains(&s.load_factor) {
        let message = format!("{:?} is outside 1 to {LOAD_FACTOR_MAX}", s.load_factor);
        report.say(
            &serving.key("load_factor"),
            message,
            "leave the key out for no effect; 2.0 doubles prefill times at full load",
        );
    }
    limits::of(&path.key("limits"), &e.limits, report);
}
