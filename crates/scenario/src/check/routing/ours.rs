//! Numbers of routers that no vendor has.

use sandbox_routers::parts::Hedge;
use sandbox_routers::preset::{AdaptiveSpill, AsymmetricHybrid, BreakerFallback, PriceGuard, TtftHedge};
use sandbox_routers::{Breaker, Spill};

use super::{backoff, by_target, caps, hedge, retries};
use crate::check::Report;
use crate::syntax::Path;

pub(super) fn breaker_fallback(path: &Path, preset: &BreakerFallback, report: &mut Report<'_>) {
    breaker(&path.key("breaker"), &preset.breaker, report);
    retries(&path.key("retries"), preset.retries, report);
    backoff(&path.key("backoff"), &preset.backoff, report);
}

pub(super) fn ttft_hedge(path: &Path, preset: &TtftHedge, report: &mut Report<'_>) {
    hedge(path, Hedge { after: preset.after, most: preset.most, losers: preset.losers }, report);
    perhaps(path, preset.breaker.as_ref(), report);
}

pub(super) fn price_guard(path: &Path, preset: &PriceGuard, report: &mut Report<'_>) {
    caps(&path.key("spend"), &preset.spend, report);
    retries(&path.key("retries"), preset.retries, report);
    backoff(&path.key("backoff"), &preset.backoff, report);
    perhaps(path, preset.breaker.as_ref(), report);
}

pub(super) fn adaptive_spill(path: &Path, preset: &AdaptiveSpill, report: &mut Report<'_>) {
    spill(&path.key("spill"), &preset.spill, report);
    by_target(&path.key("in_flight"), preset.in_flight.len(), preset.targets.len(), report);
    perhaps(path, preset.breaker.as_ref(), report);
}

pub(super) fn hybrid(path: &Path, preset: &AsymmetricHybrid, report: &mut Report<'_>) {
    breaker(&path.key("breaker"), &preset.breaker, report);
    report.positive(&path.key("per"), preset.per, "1h");
    if preset.in_flight == Some(0) {
        let message = "the primary would never be asked";
        report.say(&path.key("in_flight"), message, "write 1 or more, or leave the key out for no cap");
    }
}

fn perhaps(path: &Path, breaker: Option<&Breaker>, report: &mut Report<'_>) {
    if let Some(rule) = breaker {
        self::breaker(&path.key("breaker"), rule, report);
    }
}

pub(super) fn breaker(path: &Path, breaker: &Breaker, report: &mut Report<'_>) {
    report.positive(&path.key("window"), breaker.window, "30s");
    report.positive(&path.key("length"), breaker.length, "30s");
    report.within(&path.key("share"), breaker.share, 0.0, 1.0);
    report.within(&path.key("growth"), breaker.growth, 1.0, 100.0);
    report.within(&path.key("ramp_from"), breaker.ramp_from, 0.0, 1.0);
    for (key, number, nothing) in [
        ("failures", breaker.failures, "an opening needs a failure"),
        ("probes", breaker.probes, "without a probe it would never close again"),
        ("successes", breaker.successes, "closing needs a probe that passed"),
    ] {
        if number == 0 {
            report.say(&path.key(key), nothing, "write 1 or more");
        }
    }
}

pub(super) fn spill(path: &Path, spill: &Spill, report: &mut Report<'_>) {
    for (key, share) in [("start", spill.start), ("floor", spill.floor), ("cut", spill.cut)] {
        report.within(&path.key(key), share, 0.0, 1.0);
    }
    report.within(&path.key("per_success"), spill.per_success, 0.0, 1.0);
    report.within(&path.key("per_second"), spill.per_second, 0.0, 1.0);
    if spill.per_second <= 0.0 && (spill.per_success <= 0.0 || spill.floor <= 0.0) {
        let message = "a share that has fallen might never rise again";
        report.say(path, message, "write per_second: 0.01, or per_success and a floor above 0");
    }
}
