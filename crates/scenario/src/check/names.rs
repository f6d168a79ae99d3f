//! Names: what may be one, that each is given once, and that each reference meets one.

use std::collections::BTreeMap;

use sandbox_routers::Preset;
use sandbox_routers::preset::Mention;

use super::Report;
use crate::file::Scenario;
use crate::problem::name_hint;
use crate::syntax::Path;

/// Most providers, nodes or workloads: their ids have 16 bits.
const MOST: usize = 65_000;

/// Most targets of a router: `sandbox_routers::contract::MAX_TARGETS`.
const TARGETS_MAX: usize = 64;

/// Every name that is given, with the path of what it names.
pub(super) fn unique(scenario: &Scenario, report: &mut Report<'_>) {
    let name = &scenario.name;
    if name.trim().is_empty()
        || name.contains(['/', '\\'])
        || name.starts_with('.')
        || name.chars().any(char::is_control)
    {
        let hint = "file names carry it: letters, digits, - and _";
        report.say(&Path::root("name"), "cannot name a scenario", hint);
    }
    let places = [
        ("providers", "provider", scenario.providers.iter().map(|x| &x.name).collect::<Vec<_>>()),
        ("endpoints", "endpoint", scenario.endpoints.iter().map(|x| &x.name).collect()),
        ("routers", "router", scenario.routers.iter().map(|x| &x.name).collect()),
    ];
    let nodes: usize = places[1..].iter().map(|(.., names)| names.len()).sum();
    for (count, key) in [
        (nodes, "endpoints"),
        (scenario.providers.len(), "providers"),
        (scenario.workloads.len(), "workloads"),
    ] {
        if count > MOST {
            report.say(&Path::root(key), format!("{count} are more than {MOST}"), "split the scenario");
        }
    }
    let mut seen = BTreeMap::new();
    for (key, what, names) in places {
        for (index, name) in names.into_iter().enumerate() {
            given(
                report,
                &mut seen,
                &Path::root(key).at(index),
                what,
                name,
                "providers, endpoints and routers share their names",
            );
        }
    }
    let mut seen = BTreeMap::new();
    for (index, workload) in scenario.workloads.iter().enumerate() {
        given(
            report,
            &mut seen,
            &Path::root("workloads").at(index),
            "workload",
            &workload.name,
            "workloads need different names",
        );
    }
    let mut seen = BTreeMap::new();
    for (index, process) in scenario.weather.processes.iter().enumerate() {
        let path = Path::root("weather").key("processes").at(index);
        given(report, &mut seen, &path, "process", &process.name, "the name chooses the random stream");
    }
    let mut probes = BTreeMap::new();
    for (index, probe) in scenario.probes.iter().enumerate() {
        let path = Path::root("probes").at(index);
        given(report, &mut probes, &path, "probe", &probe.name, "the name chooses the random noise");
    }
    // Processes that presets become: all of them stand in `scenario.ron`.
    let mut presets: BTreeMap<String, usize> = BTreeMap::new();
    for (index, incidents) in scenario.weather.incidents.iter().enumerate() {
        let at = Path::root("weather").key("incidents").at(index).key("target");
        for name in incidents.names() {
            if seen.contains_key(name.as_str()) {
                let message = format!("`{name}` is already the name of a process");
                report.say(
                    &at,
                    message,
                    "rename that process: these incidents become processes of such names",
                );
            }
            if let Some(first) = presets.insert(name, index).filter(|first| *first != index) {
                let message =
                    format!("`{}` has the incidents of weather.incidents[{first}]", incidents.target);
                report.say(&at, message, "keep one of the two; `rate` makes them more frequent");
            }
        }
    }
    let mut seen: BTreeMap<[&str; 2], usize> = BTreeMap::new();
    for (index, link) in scenario.links.iter().enumerate() {
        let mut pair = [link.from.as_str(), link.to.as_str()];
        pair.sort_unstable();
        if let Some(first) = seen.insert(pair, index) {
            let message = format!("`{}` and `{}` are linked already by links[{first}]", link.from, link.to);
            report.say(&Path::root("links").at(index), message, "links work both ways: keep one of the two");
        }
    }
}

fn given<'s>(
    report: &mut Report<'_>,
    seen: &mut BTreeMap<&'s str, String>,
    path: &Path,
    what: &str,
    name: &'s str,
    why: &str,
) {
    let at = path.key("name");
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || "-_./:@+ ".contains(c)) {
        let hint = "names are letters, digits, spaces and - _ . / : @ +";
        report.say(&at, format!("`{name}` cannot name a {what}"), hint);
    }
    if let Some(other) = seen.get(name) {
        report.say(
            &at,
            format!("`{name}` is already the name of {other}"),
            format!("rename one of them: {why}"),
        );
    }
    let article = if what.starts_with('e') { "an" } else { "a" };
    seen.entry(name).or_insert_with(|| format!("{article} {what}"));
}

/// Every name that is used.
pub(super) fn references(scenario: &Scenario, report: &mut Report<'_>) {
    let providers: Vec<&str> = scenario.providers.iter().map(|p| p.name.as_str()).collect();
    let endpoints: Vec<&str> = scenario.endpoints.iter().map(|e| e.name.as_str()).collect();
    let routers: Vec<&str> = scenario.routers.iter().map(|r| r.name.as_str()).collect();
    let nodes: Vec<&str> = endpoints.iter().chain(&routers).copied().collect();
    for (i, endpoint) in scenario.endpoints.iter().enumerate() {
        let name = endpoint.provider.as_str();
        if !providers.contains(&name) {
            let hint = name_hint(name, "providers here", providers.iter().copied());
            report.say(
                &Path::root("endpoints").at(i).key("provider"),
                format!("no provider is called `{name}`"),
                hint,
            );
        }
    }
    for (i, router) in scenario.routers.iter().enumerate() {
        let path = Path::root("routers").at(i);
        targets(report, &path, router, &nodes, scenario);
    }
    for (i, workload) in scenario.workloads.iter().enumerate() {
        let path = Path::root("workloads").at(i);
        let (entry, plan) = (workload.entry.as_str(), workload.plan.as_str());
        if !routers.contains(&entry) {
            let hint = name_hint(entry, "routers here", routers.iter().copied());
            let message = if endpoints.contains(&entry) {
                format!("`{entry}` is an endpoint; requests enter a router")
            } else {
                format!("no router is called `{entry}`")
            };
            report.say(&path.key("entry"), message, hint);
        }
        if !nodes.contains(&plan) {
            let hint = name_hint(plan, "endpoints and routers here", nodes.iter().copied());
            let message = if providers.contains(&plan) {
                format!("`{plan}` is a provider; the plan is an endpoint or a router")
            } else {
                format!("no endpoint or router is called `{plan}`")
            };
            report.say(&path.key("plan"), message, hint);
        }
    }
}

fn targets(
    report: &mut Report<'_>,
    path: &Path,
    router: &crate::file::Router,
    nodes: &[&str],
    scenario: &Scenario,
) {
    use crate::file::Strategy;
    let strategy = path.key("strategy");
    let names = router.strategy.targets();
    if names.is_empty() {
        let node = nodes.first().unwrap_or(&"sf-v3");
        let (key, like) = match router.strategy {
            Strategy::LiteLlm(_) => {
                ("groups", format!("groups: [(name: \"main\", deployments: [(target: \"{node}\")])]"))
            }
            _ => ("targets", format!("targets: [\"{node}\"]")),
        };
        let hint = format!("name at least one, like {like}");
        report.say(&strategy.key(key), "a router needs a target", hint);
    }
    if names.len() > TARGETS_MAX {
        let message = format!("{} targets are more than {TARGETS_MAX}", names.len());
        report.say(&strategy.key("targets"), message, "let a router of its own stand for some of them");
    }
    for (i, name) in names.iter().enumerate() {
        let at = match &router.strategy {
            Strategy::Single(_) => strategy.key("target"),
            Strategy::LiteLlm(preset) => {
                let (group, place) = preset.place(i).unwrap_or_default();
                strategy.key("groups").at(group).key("deployments").at(place).key("target")
            }
            _ => strategy.key("targets").at(i),
        };
        if !nodes.contains(&name.as_str()) {
            if scenario.providers.iter().any(|p| p.name == *name) {
                let its = scenario.endpoints.iter().filter(|e| e.provider == *name).map(|e| e.name.as_str());
                let message = format!("`{name}` is a provider; targets are endpoints or routers");
                report.say(
                    &at,
                    message,
                    format!("name an endpoint of it: {}", its.collect::<Vec<_>>().join(", ")),
                );
            } else {
                let hint = name_hint(name, "endpoints and routers here", nodes.iter().copied());
                report.say(&at, format!("no endpoint or router is called `{name}`"), hint);
            }
        } else if names[..i].contains(name) {
            let hint = match router.strategy {
                Strategy::LiteLlm(_) => "let a router of its own, a `Single`, stand for the second deployment",
                _ => "remove it; `retries` is for trying one target again",
            };
            report.say(&at, format!("`{name}` is a target already"), hint);
        }
    }
    let mentions = router.strategy.preset().map(Preset::mentions).unwrap_or_default();
    for (i, mention) in mentions.iter().enumerate() {
        let at = mention.place.iter().fold(strategy.key(mention.key), |at, &index| at.at(index));
        let same_list = |other: &&Mention| {
            other.key == mention.key && other.place.split_last().map(|l| l.1) == mention.place.split_last().map(|l| l.1)
        };
        if !names.contains(&mention.name) {
            let hint = name_hint(&mention.name, "targets of this router", names.iter().map(String::as_str));
            report.say(&at, format!("`{}` is not a target of this router", mention.name), hint);
        } else if mentions[..i].iter().filter(same_list).any(|other| other.name == mention.name) {
            report.say(&at, format!("`{}` is in `{}` already", mention.name, mention.key), "remove it");
        }
    }
}
