//! Numbers of routers.
//!
//! * [`openrouter`] – OpenRouter's balancers

mod openrouter;

use sandbox_core::Span;
use sandbox_routers::preset::{ByParts, Fallback};
use sandbox_routers::{Backoff, Cooldown, Demotion, ErrorRatio, Jitter, Pick, Rule};

use super::Report;
use crate::file::{Router, Strategy, Timeouts};
use crate::syntax::Path;

/// Longest processing time of a router.
const OVERHEAD_MAX: Span = Span::from_hours(1);

/// Most tries: more than the engine numbers.
const RETRIES_MAX: u32 = 100;

/// `path` is that of its strategy.
pub(super) fn router(path: &Path, overhead: &Path, r: &Router, report: &mut Report<'_>) {
    report.at_most(overhead, r.overhead, OVERHEAD_MAX);
    timers(path, &r.strategy.timeouts(), report);
    match &r.strategy {
        Strategy::Single(_) | Strategy::Clairvoyant(_) => {}
        Strategy::Fallback(fallback) => self::fallback(path, fallback, report),
        Strategy::Composed(parts) => by_parts(path, parts, report),
        Strategy::OpenRouterLegacy(legacy) => openrouter::legacy(path, legacy, report),
        Strategy::OpenRouterMeasured(measured) => openrouter::measured(path, measured, report),
    }
}

fn fallback(path: &Path, fallback: &Fallback, report: &mut Report<'_>) {
    retries(&path.key("retries"), fallback.retries, report);
    backoff(&path.key("backoff"), &fallback.backoff, report);
    if let Some(budget) = fallback.retry_budget {
        let path = path.key("retry_budget");
        report.within(&path.key("per_call"), budget.per_call, 0.0, 100.0);
        report.within(&path.key("cap"), budget.cap, 1.0, 1e6);
    }
    if let Some(rule) = &fallback.cooldown {
        cooldown(&path.key("cooldown"), rule, report);
    }
}

fn by_parts(path: &Path, parts: &ByParts, report: &mut Report<'_>) {
    let n = parts.targets.len();
    retries(&path.key("retry").key("retries"), parts.retry.retries, report);
    retries(&path.key("retry").key("rounds"), parts.retry.rounds, report);
    backoff(&path.key("retry").key("backoff"), &parts.retry.backoff, report);
    if let Some(budget) = parts.retry.budget {
        let path = path.key("retry").key("budget");
        report.within(&path.key("per_call"), budget.per_call, 0.0, 100.0);
        report.within(&path.key("cap"), budget.cap, 1.0, 1e6);
    }
    for (i, rule) in parts.memory.iter().enumerate() {
        memory(&path.key("memory").at(i), rule, report);
    }
    pick(&path.key("pick"), &parts.pick, n, report);
    openrouter::sticky(path, parts.sticky.as_ref(), report);
    by_target(&path.key("order"), parts.order.len(), n, report);
    by_target(&path.key("in_flight"), parts.in_flight.len(), n, report);
    for (i, cap) in parts.spend.iter().enumerate() {
        report.positive(&path.key("spend").at(i).key("per"), cap.per, "1h");
    }
    if let Some(hedge) = parts.hedge {
        report.positive(&path.key("hedge").key("after"), hedge.after, "2s");
        if hedge.most == 0 {
            report.say(&path.key("hedge").key("most"), "no attempt would hedge", "write 1 or more");
        }
    }
}

/// A list that goes by target has one entry for each, or none.
pub(super) fn by_target(path: &Path, entries: usize, targets: usize, report: &mut Report<'_>) {
    if entries != 0 && entries != targets {
        let message = format!("{entries} entries for {targets} targets");
        report.say(path, message, "write one for each target, in the order of `targets`");
    }
}

pub(super) fn pick(path: &Path, pick: &Pick, targets: usize, report: &mut Report<'_>) {
    match pick {
        Pick::Weighted(weights) => weighted(path, weights, targets, report),
        Pick::LowestLatency(rule) | Pick::HighestThroughput(rule) => {
            report.positive(&path.key("window"), rule.window, "5m");
        }
        Pick::Measured(rule) => openrouter::shares(path, rule, report),
        _ => {}
    }
}

pub(super) fn weighted(path: &Path, weights: &[f64], targets: usize, report: &mut Report<'_>) {
    by_target(path, weights.len().max(1), targets, report);
    for (i, &weight) in weights.iter().enumerate() {
        report.within(&path.at(i), weight, 0.0, 1e9);
    }
}

pub(super) fn retries(path: &Path, retries: u32, report: &mut Report<'_>) {
    if retries > RETRIES_MAX {
        let message = format!("{retries} tries on one target are too many");
        report.say(path, message, "write 100 or fewer; 2 is usual");
    }
}

pub(super) fn backoff(path: &Path, backoff: &Backoff, report: &mut Report<'_>) {
    let Jitter::Scaled(low, high) = backoff.jitter else { return };
    let path = path.key("jitter");
    if report.within(&path, low, 0.0, 100.0) && report.within(&path, high, 0.0, 100.0) && low > high {
        let hint = format!("write the lower one first: Scaled({high}, {low})");
        report.say(&path, format!("{low} is above {high}"), hint);
    }
}

pub(super) fn memory(path: &Path, rule: &Rule, report: &mut Report<'_>) {
    match rule {
        Rule::Cooldown(rule) => cooldown(path, rule, report),
        Rule::ErrorRatio(rule) => ratio(path, rule, report),
        Rule::Demotion(rule) => demotion(path, rule, report),
        Rule::Uptime(rule) => openrouter::uptime(path, rule, report),
        Rule::Preference(rule) => openrouter::preference(path, rule, report),
    }
}

fn cooldown(path: &Path, cooldown: &Cooldown, report: &mut Report<'_>) {
    let at_once = !cooldown.at_once.is_empty() || !cooldown.at_once_of_several.is_empty();
    if cooldown.failures == 0 && !at_once {
        report.say(
            &path.key("failures"),
            "no failure would start a cooldown",
            "write 1 or more, or leave the cooldown out",
        );
    }
    report.positive(&path.key("within"), cooldown.within, "60s");
    report.positive(&path.key("length"), cooldown.length, "5s");
}

fn ratio(path: &Path, ratio: &ErrorRatio, report: &mut Report<'_>) {
    report.positive(&path.key("window"), ratio.window, "60s");
    report.within(&path.key("above"), ratio.above, 0.0, 1.0);
    if let Some(length) = ratio.length {
        report.positive(&path.key("length"), length, "5s");
    } else if ratio.every.is_zero() {
        let message = "a target that is out would stay out: it gets no results that could bring it back";
        report.say(path, message, "write how often to look, like every: \"5s\", or a length");
    }
}

pub(super) fn demotion(path: &Path, demotion: &Demotion, report: &mut Report<'_>) {
    report.positive(&path.key("window"), demotion.window, "30s");
    report.within(&path.key("share"), demotion.share, 0.0, 1.0);
    if demotion.failures == 0 {
        report.say(&path.key("failures"), "an outage needs a failure", "write 1 or more");
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
