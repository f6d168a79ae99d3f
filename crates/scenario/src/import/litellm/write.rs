//! The scenario as text: with the account on top, and every assumption where it is made.

use std::fmt::Write as _;

use sandbox_model::Price;

use super::ROUTER_NAME;
use super::deployments::{Deployment, Deployments, Host, node_name};
use super::groups::Group;
use super::places::CLIENTS;
use super::routing::Settings;
use crate::regions::known_rtt;

/// What stands where a config has no price: made up, and of the order of a mid-sized model's.
const ASSUMED_INPUT: &str = "$1/M";
const ASSUMED_OUTPUT: &str = "$3/M";

pub(super) struct Scenario<'a> {
    pub(super) origin: &'a str,
    pub(super) entry: &'a str,
    pub(super) groups: &'a [Group],
    pub(super) default: &'a [String],
    pub(super) settings: &'a Settings,
    pub(super) deployments: &'a Deployments,
}

impl Scenario<'_> {
    fn deployments_of(&self, group: &str) -> impl Iterator<Item = &Deployment> {
        self.deployments.list.iter().filter(move |deployment| deployment.group == group)
    }

    /// In order of groups.
    fn reached(&self) -> Vec<&Deployment> {
        self.groups.iter().flat_map(|group| self.deployments_of(&group.name)).collect()
    }

    fn hosts(&self) -> Vec<&Host> {
        let mut numbers: Vec<usize> = self.reached().iter().map(|deployment| deployment.provider).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(|number| &self.deployments.hosts[number]).collect()
    }

    pub(super) fn text(&self, account: &[String], notes: &mut Vec<String>) -> String {
        let mut text = format!(
            "// Made by `sandbox import litellm` of {:?}: requests for {:?}.\n//\n\
             // A LiteLLM config says where requests may go. It does not say where machines are, how fast they are or what they\n\
             // charge, who sends, and what goes wrong: each `assumed` below is a placeholder to be set.\n//\n\
             // What became of the config, value by value:\n//\n",
            self.origin, self.entry
        );
        for line in account {
            let _ = writeln!(text, "// {line}");
        }
        let name = node_name(self.entry).replace(['/', ' '], "-");
        let _ = writeln!(text, "(\n    name: \"{ROUTER_NAME}-{name}\",");
        text.push_str("    start: \"2026-01-05 00:00 UTC\", // assumed: set this\n");
        text.push_str("    duration: \"1h\", // assumed: set this\n    seed: 1,\n\n");
        self.links(&mut text);
        self.providers(&mut text);
        self.endpoints(&mut text, notes);
        self.router(&mut text);
        self.workload(&mut text, notes);
        text
    }

    fn links(&self, text: &mut String) {
        let mut regions: Vec<&str> = self.hosts().iter().map(|host| host.region.as_str()).collect();
        regions.sort_unstable();
        regions.dedup();
        regions.retain(|region| *region != CLIENTS && known_rtt(CLIENTS, region).is_none());
        if regions.is_empty() {
            return;
        }
        text.push_str("    links: [\n");
        for region in regions {
            let _ = writeln!(
                text,
                "        (from: \"{CLIENTS}\", to: \"{region}\", rtt: \"100ms\"), // assumed: set this"
            );
        }
        text.push_str("    ],\n\n");
    }

    fn providers(&self, text: &mut String) {
        text.push_str("    providers: [\n");
        for host in self.hosts() {
            let from = if host.region_is_given { "" } else { " // assumed region: set this" };
            let _ = writeln!(text, "        (name: \"{}\", region: \"{}\"),{from}", host.name, host.region);
        }
        text.push_str("    ],\n\n");
    }

    fn endpoints(&self, text: &mut String, notes: &mut Vec<String>) {
        let mut unknown = Vec::new();
        text.push_str("    endpoints: [\n");
        for deployment in self.reached() {
            let host = &self.deployments.hosts[deployment.provider];
            let name = &deployment.endpoint;
            text.push_str("        (\n");
            if host.known == Some("openrouter") {
                text.push_str("            // The grid of providers inside OpenRouter is not modelled: one endpoint stands for it.\n");
                notes.push(format!(
                    "{name}: the grid inside OpenRouter is not modelled: one endpoint stands for it"
                ));
            }
            let _ = writeln!(
                text,
                "            name: \"{name}\", provider: \"{}\", model: {:?},\n            \
                 serving: (like: {}), // assumed: set this",
                host.name, deployment.model, host.like
            );
            let (price, is_known) = price(deployment);
            let remark = if is_known { "" } else { " // assumed: NOT KNOWN, set this" };
            let _ = writeln!(text, "            {price},{remark}\n        ),");
            if !is_known {
                unknown.push(name.as_str());
            }
        }
        text.push_str("    ],\n\n");
        if !unknown.is_empty() {
            notes.push(format!(
                "PRICES NOT KNOWN of {}: {ASSUMED_INPUT} in and {ASSUMED_OUTPUT} out stand there, so costs mean nothing yet: \
                 see `sandbox import prices`",
                unknown.join(", ")
            ));
        }
    }

    fn router(&self, text: &mut String) {
        let _ = writeln!(text, "    routers: [\n        (\n            name: \"{ROUTER_NAME}\",");
        text.push_str(
            "            // What is not written has LiteLLM's default.\n            strategy: LiteLlm(\n",
        );
        text.push_str("                groups: [\n");
        for group in self.groups {
            let _ = writeln!(text, "                    (\n                        name: {:?},", group.name);
            text.push_str("                        deployments: [\n");
            for deployment in self.deployments_of(&group.name) {
                let keys: String = deployment.keys.iter().map(|key| format!(", {key}")).collect();
                let _ = writeln!(
                    text,
                    "                            (target: \"{}\"{keys}),",
                    deployment.endpoint
                );
            }
            text.push_str("                        ],\n");
            if !group.fallbacks.is_empty() {
                let _ = writeln!(text, "                        fallbacks: {:?},", group.fallbacks);
            }
            text.push_str("                    ),\n");
        }
        text.push_str("                ],\n");
        if !self.default.is_empty() {
            let _ = writeln!(text, "                default_fallbacks: {:?},", self.default);
        }
        for (key, value) in &self.settings.keys {
            let _ = writeln!(text, "                {key}: {value},");
        }
        text.push_str("            ),\n        ),\n    ],\n\n");
    }

    fn workload(&self, text: &mut String, notes: &mut Vec<String>) {
        let own: Vec<&Deployment> = self.deployments_of(self.entry).collect();
        let (plan, remark) = match own.as_slice() {
            [one] => (one.endpoint.as_str(), ""),
            _ => (
                ROUTER_NAME,
                " // assumed: with several deployments all of it is the plan, so nothing counts as leaked",
            ),
        };
        let _ = writeln!(
            text,
            "    workloads: [\n        (\n            name: \"clients\", region: \"{CLIENTS}\", // assumed: set this\n            \
             entry: \"{ROUTER_NAME}\",\n            plan: \"{plan}\",{remark}\n            \
             arrivals: Poisson(rate: \"1/s\"), // assumed: set this\n            \
             input: Lognormal(median: 800, sigma: 0.9, max: 32000), // assumed: set this\n            \
             output: Lognormal(median: 150, sigma: 0.8, max: 2000), // assumed: set this\n        ),\n    ],\n"
        );
        let first = own.first().map(|deployment| self.deployments.hosts[deployment.provider].name.as_str());
        let _ = writeln!(
            text,
            "    weather: (\n        script: [\n            // assumed: one outage of the first provider; set what you want to see\n            \
             (target: \"{}\", kind: Down(status: 503), from: \"20m\", until: \"30m\"),\n        ],\n    ),\n)",
            first.unwrap_or_default()
        );
        notes.push(
            "assumed, and marked so in the scenario: regions, speeds, traffic, and an outage of ten minutes; \
             a config says nothing of these"
                .to_owned(),
        );
    }
}

/// The block, and whether all of it is the config's.
fn price(deployment: &Deployment) -> (String, bool) {
    let none = Price::default();
    if deployment.input == Some(none) && deployment.output == Some(none) {
        // Free, says the config; a scenario wants an amount, and this one is below a millionth of a cent a request.
        return ("price: (input: \"$0.000001/M\", output: \"$0.000001/M\")".to_owned(), true);
    }
    let shown = |price: Option<Price>, assumed: &str| {
        price.map_or_else(|| assumed.to_owned(), |price| price.to_string())
    };
    let cached = deployment.cached.map_or_else(String::new, |price| format!("cached: \"{price}\", "));
    let input = shown(deployment.input, ASSUMED_INPUT);
    let output = shown(deployment.output, ASSUMED_OUTPUT);
    let is_known = deployment.input.is_some() && deployment.output.is_some();
    (format!("price: (input: \"{input}\", {cached}output: \"{output}\")"), is_known)
}
