//! Faults: that their targets can fail in this way, and when.

use sandbox_core::Time;
use sandbox_model::{Fault, FaultKind, FaultScope, OutageScript};

use super::Report;
use crate::clock::{ClockParseError, When};
use crate::file::{Also, FaultEntry, Process, Scenario};
use crate::problem::{name_hint, split_hint};
use crate::resolved::LinkTarget;
use crate::syntax::Path;

/// The faults that are written down, at offsets, in file order. `at` is the path of their list.
pub(crate) fn script(
    scenario: &Scenario,
    faults: &[FaultEntry],
    at: &Path,
    report: &mut Report<'_>,
) -> OutageScript {
    let mut script = OutageScript::default();
    for (index, entry) in faults.iter().enumerate() {
        let path = at.at(index);
        target(scenario, &entry.target, &entry.kind, &path, report);
        if let Some((from, until)) = times(scenario, entry, &path, report) {
            script.faults.push(Fault { target: entry.target.clone(), kind: entry.kind, from, until });
        }
    }
    script
}

pub(super) fn processes(scenario: &Scenario, report: &mut Report<'_>) {
    for (index, process) in scenario.weather.processes.iter().enumerate() {
        let path = Path::root("weather").key("processes").at(index);
        target(scenario, &process.target, &process.kind, &path, report);
        also(scenario, process, &path, report);
    }
    for (index, incidents) in scenario.weather.incidents.iter().enumerate() {
        let path = Path::root("weather").key("incidents").at(index);
        // Any kind that gateways have; those of the preset are looked at below.
        target(scenario, &incidents.target, &FaultKind::Blackhole, &path, report);
        let gateway = scenario.routers.iter().any(|r| r.name == incidents.target && r.region.is_some());
        if gateway && !incidents.like.fits_gateways() {
            let message =
                format!("`{}` is a gateway, and these are incidents of endpoints", incidents.target);
            report.say(&path.key("like"), message, "write `like: OpenRouter`, whose record is a gateway's");
        }
        report.within(&path.key("rate"), incidents.rate, 1e-3, 1e3);
    }
}

/// Most probes of one prober: a second's interval over ten years is no mistake, a nanosecond's is.
const PROBES_MAX: u64 = 400_000_000;

pub(super) fn probes(scenario: &Scenario, report: &mut Report<'_>) {
    for (index, probe) in scenario.probes.iter().enumerate() {
        let path = Path::root("probes").at(index);
        // Whatever can hang can be asked.
        target(scenario, &probe.target, &FaultKind::Blackhole, &path, report);
        report.positive(&path.key("every"), probe.every, "60s");
        let count = scenario.duration.as_nanos().checked_div(probe.every.as_nanos()).unwrap_or(0);
        if count > PROBES_MAX {
            report.say(&path.key("every"), format!("{count} probes are too many"), "probe less often");
        }
        let its = scenario.endpoints.iter().any(|e| e.provider == probe.target);
        if scenario.providers.iter().any(|p| p.name == probe.target) && !its {
            let message = format!("`{}` has no endpoint that could be asked", probe.target);
            report.say(&path.key("target"), message, "name an endpoint, or give the provider one");
        }
    }
}

fn also(scenario: &Scenario, process: &Process, path: &Path, report: &mut Report<'_>) {
    for (index, also) in process.also.iter().enumerate() {
        let path = path.key("also").at(index);
        let kind = also.kind.unwrap_or(process.kind);
        target(scenario, &also.target, &kind, &path, report);
        report.within(&path.key("chance"), also.chance, 0.0, 1.0);
        let same = |other: &Also| other.target == also.target && other.kind.unwrap_or(process.kind) == kind;
        if process.target == also.target && process.kind == kind {
            let message = format!("`{}` is hit by this process already", also.target);
            report.say(&path.key("target"), message, "name another target, or give it a `kind` of its own");
        } else if process.also[..index].iter().any(same) {
            let message = format!("`{}` is in the list already, with this kind", also.target);
            report.say(&path.key("target"), message, "keep one of the two");
        }
    }
}

fn times(
    scenario: &Scenario,
    entry: &FaultEntry,
    path: &Path,
    report: &mut Report<'_>,
) -> Option<(Time, Time)> {
    let mut tell = |key, error: ClockParseError| {
        let (message, hint) = split_hint(&error.to_string());
        report.say(&path.key(key), message, hint.unwrap_or_default());
    };
    let from = match entry.from.resolve(&scenario.start, Time::ZERO, false) {
        Ok(from) => from,
        Err(error) => {
            tell("from", error);
            return None;
        }
    };
    let until = match entry.until.resolve(&scenario.start, from, true) {
        Ok(until) => until,
        Err(error) => {
            tell("until", error);
            return None;
        }
    };
    let end = Time::ZERO.saturating_add(scenario.duration);
    if from >= end && !scenario.duration.is_zero() {
        let message = format!("begins at {from}, when the scenario of {} is over", scenario.duration);
        report.say(&path.key("from"), message, "let it begin earlier, or make `duration` longer");
    }
    if until <= from {
        let message = format!("ends at {until}, not after it begins at {from}");
        let hint = match entry.until {
            When::Offset(_) => {
                "offsets count from the start of the scenario, not from `from`; write a later one"
            }
            _ => "write a later time; a clock without a date means its next time after `from`",
        };
        report.say(&path.key("until"), message, hint);
    }
    Some((from, until))
}

fn target(scenario: &Scenario, name: &str, kind: &FaultKind, path: &Path, report: &mut Report<'_>) {
    if let Err((field, message)) = kind.check() {
        let hint = match field {
            "slowdown" => "1 is normal speed, 3.0 takes three times as long",
            "status" => "503 is usual for an outage, 500 for errors",
            "after" => "write a number of tokens, like 50",
            "factor" => "2.0 doubles prices, 0.5 halves them",
            _ => "write a share from 0 to 1: 30% is 0.3",
        };
        report.say(&path.key("kind").key(field), message, hint);
    }
    let at = path.key("target");
    if name.contains('>') {
        link(scenario, name, kind, path, report);
        return;
    }
    if kind.scope() == FaultScope::Link {
        let links = scenario.links.iter().map(|link| format!("\"{} <-> {}\"", link.from, link.to));
        let hint = match links.collect::<Vec<_>>() {
            links if links.is_empty() => {
                "there are no links here; write one as \"cn-east <-> us-west\"".to_owned()
            }
            links => format!("name a link: {}; with -> for one direction", links.join(", ")),
        };
        report.say(&at, format!("`{name}` is no link, and only links suffer {}", kind.name()), hint);
        return;
    }
    let leaf = scenario.providers.iter().any(|p| p.name == name)
        || scenario.endpoints.iter().any(|e| e.name == name);
    if leaf {
        return;
    }
    let Some(router) = scenario.routers.iter().find(|r| r.name == name) else {
        let gateways = scenario.routers.iter().filter(|r| r.region.is_some()).map(|r| r.name.as_str());
        let all = scenario.providers.iter().map(|p| p.name.as_str());
        let all = all.chain(scenario.endpoints.iter().map(|e| e.name.as_str())).chain(gateways);
        let hint = name_hint(name, "what can fail here", all);
        report.say(&at, format!("no provider, endpoint or gateway is called `{name}`"), hint);
        return;
    };
    if router.region.is_none() {
        let message = format!("`{name}` is a library inside its caller and cannot fail by itself");
        let hint = format!(
            "only gateways can: give the router a `region`, or let one of its targets fail ({})",
            router.strategy.targets().join(", ")
        );
        report.say(&at, message, hint);
    } else if kind.scope() == FaultScope::Endpoint {
        let message = format!("a gateway has no {} of its own", property(kind));
        let hint = format!(
            "let its endpoints suffer ({}), or use Down, Blackhole, Errors, Gray or SlowFail here",
            router.strategy.targets().join(", ")
        );
        report.say(&path.key("kind"), message, hint);
    }
}

/// A fault of a link: its regions, that something joins them, and that links can suffer it.
fn link(scenario: &Scenario, name: &str, kind: &FaultKind, path: &Path, report: &mut Report<'_>) {
    let at = path.key("target");
    if kind.scope() != FaultScope::Link {
        let message = format!("`{name}` is a link, and links do not suffer {}", kind.name());
        report.say(
            &path.key("kind"),
            message,
            "write Loss(share: 0.15) or Partition, or name another target",
        );
    }
    let Some(LinkTarget { from, to, .. }) = LinkTarget::parse(name) else {
        let hint = "write \"cn-east <-> us-west\" for both directions, \"us-west -> cn-east\" for one";
        report.say(&at, format!("`{name}` is neither a name nor a link"), hint);
        return;
    };
    let regions = scenario.region_names();
    for region in [from, to] {
        if !regions.contains(&region) {
            let hint = name_hint(region, "regions here", regions.iter().copied());
            report.say(&at, format!("no region is called `{region}`"), hint);
            return;
        }
    }
    if from != to && !scenario.links.iter().any(|link| link.joins(from, to)) {
        let links = scenario.links.iter().map(|link| format!("{} <-> {}", link.from, link.to));
        let hint = format!("links here: {}", links.collect::<Vec<_>>().join(", "));
        report.say(&at, format!("no link joins `{from}` and `{to}`"), hint);
    }
}

/// What of an endpoint a fault changes that a gateway does not have.
fn property(kind: &FaultKind) -> &'static str {
    match kind {
        FaultKind::RateLimitSpike { .. } => "rate limits",
        FaultKind::CapacityLoss { .. } => "servers",
        FaultKind::PriceChange { .. } => "prices",
        FaultKind::StreamCut { .. } | FaultKind::Stall => "streams",
        _ => "serving speed",
    }
}
