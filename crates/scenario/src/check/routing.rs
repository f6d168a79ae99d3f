//! Numbers of routers.
//!
//! * this file – parts, and presets that are little more than that
//! * [`envoy`] – Envoy's
//! * [`gateways`] – presets of gateways and clients
//! * [`litellm`] – LiteLLM's
//! * [`openrouter`] – OpenRouter's
//! * [`ours`] – of those that no vendor has
//! * [`picks`] – selections

mod envoy;
mod gateways;
mod litellm;
mod openrouter;
mod ours;
mod picks;

use sandbox_core::Span;
use sandbox_routers::parts::{GROUPS_MAX, Hedge};
use sandbox_routers::preset::{ByParts, Cap, Fallback};
use sandbox_routers::{
    Backoff, Cooldown, Demotion, ErrorRatio, Jitter, PassiveCheck, Pick, Rule, TimedBreaker,
};

use super::Report;
use crate::file::{Fleet, Router, Strategy, Timeouts};
use crate::syntax::Path;

/// Longest processing time of a router.
const OVERHEAD_MAX: Span = Span::from_hours(1);

/// Most tries: more than the engine numbers.
const RETRIES_MAX: u32 = 100;

/// `router` is its path.
pub(super) fn router(router: &Path, r: &Router, report: &mut Report<'_>) {
    let (path, fleet_path) = (&router.key("strategy"), &router.key("fleet"));
    report.at_most(&router.key("overhead"), r.overhead, OVERHEAD_MAX);
    if let Some(feed) = &r.fleet {
        fleet(fleet_path, r, feed, report);
    }
    let timeouts = match &r.strategy {
        // It has a key of its own for the request as a whole.
        Strategy::Envoy(envoy) => envoy.timeouts,
        other => other.timeouts(),
    };
    timers(path, &timeouts, report);
    match &r.strategy {
        // What is your own is asked in `custom`.
        Strategy::Single(_) | Strategy::Clairvoyant(_) | Strategy::Custom(_) => {}
        Strategy::Fallback(fallback) => self::fallback(path, fallback, report),
        Strategy::Composed(parts) => by_parts(path, parts, report),
        Strategy::Envoy(envoy) => envoy::envoy(path, envoy, report),
        Strategy::LiteLlm(preset) => litellm::litellm(path, preset, report),
        Strategy::Breaker(preset) => ours::breaker_fallback(path, preset, report),
        Strategy::TtftHedge(preset) => ours::ttft_hedge(path, preset, report),
        Strategy::PriceGuard(preset) => ours::price_guard(path, preset, report),
        Strategy::AdaptiveSpill(preset) => ours::adaptive_spill(path, preset, report),
        Strategy::AsymmetricHybrid(preset) => ours::hybrid(path, preset, report),
        Strategy::Portkey(portkey) => gateways::portkey(path, portkey, report),
        Strategy::Bifrost(bifrost) => gateways::bifrost(path, bifrost, report),
        Strategy::TensorZero(tensorzero) => gateways::tensorzero(path, tensorzero, report),
        Strategy::Kong(kong) => gateways::kong(path, kong, report),
        Strategy::OpenAiSdk(sdk) => retries(&path.key("max_retries"), sdk.max_retries, report),
        Strategy::Helicone(helicone) => picks::helicone(path, helicone, report),
        Strategy::OpenRouterLegacy(legacy) => openrouter::legacy(path, legacy, report),
        Strategy::OpenRouterMeasured(measured) => openrouter::measured(path, measured, report),
    }
}

fn fleet(path: &Path, r: &Router, fleet: &Fleet, report: &mut Report<'_>) {
    if r.region.is_none() {
        let message = format!("`{}` is a library inside its caller and has no other customers", r.name);
        report.say(path, message, "only gateways do: give the router a `region`, or leave the key out");
    }
    let rate = fleet.rate.as_per_second();
    report.within(&path.key("rate"), rate, 1e-6, 1e4);
    if fleet.every < Span::from_millis(100) || fleet.every > Span::from_hours(1) {
        let message = format!("{} is outside 100 ms to 1 h", fleet.every);
        report.say(&path.key("every"), message, "write it like \"1s\"");
    }
    report.at_most(&path.key("lag"), fleet.lag, Span::from_hours(24));
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
    if parts.groups.len() > GROUPS_MAX {
        let message = format!("{} groups are more than {GROUPS_MAX}", parts.groups.len());
        report.say(&path.key("groups"), message, "let a router of its own stand for some of them");
    }
    retries(&path.key("retry").key("retries"), parts.retry.retries, report);
    retries(&path.key("retry").key("rounds"), parts.retry.rounds, report);
    backoff(&path.key("retry").key("backoff"), &parts.retry.backoff, report);
    if let Some(budget) = parts.retry.budget {
        let path = path.key("retry").key("budget");
        report.within(&path.key("per_call"), budget.per_call, 0.0, 100.0);
        report.within(&path.key("cap"), budget.cap, 1.0, 1e6);
    }
    if let Some(concurrent) = parts.retry.concurrent {
        envoy::concurrent(&path.key("retry").key("concurrent"), concurrent, report);
    }
    if let Some(most) = parts.in_flight_together {
        envoy::together(&path.key("in_flight_together"), most, report);
    }
    for (i, rule) in parts.memory.iter().enumerate() {
        memory(&path.key("memory").at(i), rule, report);
    }
    pick(&path.key("pick"), &parts.pick, n, report);
    openrouter::sticky(path, parts.sticky.as_ref(), report);
    by_target(&path.key("order"), parts.order.len(), n, report);
    by_target(&path.key("in_flight"), parts.in_flight.len(), n, report);
    caps(&path.key("spend"), &parts.spend, report);
    if let Some(hedge) = parts.hedge {
        self::hedge(&path.key("hedge"), hedge, report);
    }
}

pub(super) fn caps(path: &Path, caps: &[Cap], report: &mut Report<'_>) {
    for (i, cap) in caps.iter().enumerate() {
        report.positive(&path.at(i).key("per"), cap.per, "1h");
    }
}

pub(super) fn hedge(path: &Path, hedge: Hedge, report: &mut Report<'_>) {
    report.positive(&path.key("after"), hedge.after, "2s");
    if hedge.most == 0 {
        report.say(&path.key("most"), "no attempt would hedge", "write 1 or more");
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
        Pick::Spill(rule) => ours::spill(path, rule, report),
        Pick::PeakEwma(rule) => picks::peak_ewma(path, rule.decay, rule.start, report),
        Pick::LowestLatency(rule) => picks::lowest_latency(path, rule, report),
        Pick::UsageBased(rule) => picks::usage_based(path, rule, targets, report),
        Pick::Priorities(rule) => envoy::priorities(path, rule, targets, report),
        Pick::LowestTtft(rule) | Pick::HighestThroughput(rule) => {
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
        Rule::Breaker(rule) => ours::breaker(path, rule, report),
        Rule::PassiveCheck(rule) => passive_check(path, rule, report),
        Rule::TimedBreaker(rule) => timed_breaker(path, rule, report),
        Rule::Ejection(rule) => envoy::ejection(path, rule, report),
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

fn passive_check(path: &Path, check: &PassiveCheck, report: &mut Report<'_>) {
    if check.max_fails == 0 {
        let hint = "write 1 or more, or leave the check out";
        report.say(&path.key("max_fails"), "every target would be out from the start", hint);
    }
    report.positive(&path.key("fail_timeout"), check.fail_timeout, "10s");
}

fn timed_breaker(path: &Path, breaker: &TimedBreaker, report: &mut Report<'_>) {
    if breaker.failures.is_none() && breaker.share.is_none() {
        report.say(path, "nothing would open this breaker", "write failures: 5 or share: 0.5");
    }
    if let Some(share) = breaker.share {
        report.within(&path.key("share"), share, 0.0, 1.0);
    }
    report.positive(&path.key("window"), breaker.window, "60s");
    report.positive(&path.key("length"), breaker.length, "30s");
}

fn timers(path: &Path, timeouts: &Timeouts, report: &mut Report<'_>) {
    let path = path.key("timeouts");
    let all =
        [("first_token", timeouts.first_token), ("total", timeouts.total), ("overall", timeouts.overall)];
    for (key, value) in all {
        if value == Some(Span::ZERO) {
            report.say(
                &path.key(key),
                "every attempt would time out at once",
                "leave the key out for no timer",
            );
        }
    }
}
