//! `model_list` to endpoints and providers.

use std::collections::BTreeMap;

use sandbox_model::Price;

use super::super::prices::per_token;
use super::account::{item, mapped, not_modelled, under};
use super::config::Config;
use super::known;
use super::places::{CLIENTS, Known, provider_of};
use super::yaml::Node;
use crate::problem::Invalid;

/// One entry of `model_list`.
#[derive(Clone, Debug)]
pub(super) struct Deployment {
    pub(super) path: String,
    pub(super) group: String,
    /// Name of its endpoint.
    pub(super) endpoint: String,
    /// Index of its provider.
    pub(super) provider: usize,
    pub(super) model: String,
    /// What the router knows of it, as RON: `weight: 1.0, rpm: 100`.
    pub(super) keys: Vec<String>,
    pub(super) input: Option<Price>,
    pub(super) cached: Option<Price>,
    pub(super) output: Option<Price>,
}

/// Whose machines deployments are on: those of one provider, region and, for servers of one's own, address.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) region_is_given: bool,
    pub(super) known: Option<&'static str>,
    pub(super) like: &'static str,
    /// Tells servers apart; never written.
    address: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Deployments {
    pub(super) list: Vec<Deployment>,
    pub(super) hosts: Vec<Host>,
    /// Names that are given, and the next number for each that was wanted.
    names: BTreeMap<String, usize>,
}

const LIST: &str = "model_list";
/// Most deployments of a config, reached or not.
const MOST: usize = 10_000;
const LIST_HINT: &str =
    "write `model_list:` and under it `- model_name: gpt-4o` with `litellm_params: {model: openai/gpt-4o}`";

pub(super) fn read(config: &mut Config<'_>, root: &Node) -> Result<Deployments, Invalid> {
    let Some(list) = root.get(LIST) else {
        return Err(config.origin.problem(root.at, LIST, "is missing", LIST_HINT));
    };
    let Some(items) = list.items().filter(|items| !items.is_empty()) else {
        return Err(config.origin.problem(list.at, LIST, "is not a list of deployments", LIST_HINT));
    };
    if items.len() > MOST {
        let message = format!("has {} deployments: more than {MOST}", items.len());
        return Err(config.origin.problem(list.at, LIST, message, "import the part that you want to see"));
    }
    let mut deployments = Deployments::default();
    // The router of the scenario has this name.
    deployments.names.insert(super::ROUTER_NAME.to_owned(), 2);
    for (index, entry) in items.iter().enumerate() {
        deployments.take(config, entry, item(LIST, index))?;
    }
    Ok(deployments)
}

impl Deployments {
    fn take(&mut self, config: &mut Config<'_>, entry: &Node, path: String) -> Result<(), Invalid> {
        let missing = |config: &Config<'_>, key: &str| {
            config.origin.problem(entry.at, &under(&path, key), "is missing", LIST_HINT)
        };
        let group = config.text(entry, &path, "model_name")?.ok_or_else(|| missing(config, "model_name"))?;
        let parameters_path = under(&path, "litellm_params");
        let parameters = entry.get("litellm_params").filter(|node| node.is_map());
        let parameters = parameters.ok_or_else(|| missing(config, "litellm_params"))?;
        let model = parameters.get("model").and_then(Node::text);
        let model = model.ok_or_else(|| missing(config, "litellm_params.model"))?.to_owned();

        let provider = self.provider(config, parameters, &parameters_path, &model)?;
        let mut keys = Vec::new();
        if let Some(weight) = config.number(parameters, &parameters_path, "weight")? {
            keys.push(format!("weight: {weight:?}"));
        }
        for key in ["rpm", "tpm", "order"] {
            if let Some(number) = config.whole(parameters, &parameters_path, key)? {
                keys.push(format!("{key}: {number}"));
            }
        }
        let [input, cached, output] = prices(config, entry, parameters, &path)?;
        let (_, _, label) = provider_of(&model, None, None);
        let label = if parameters.get("custom_llm_provider").is_some() { &model } else { label };
        let endpoint = self.name(&format!("{}@{}", node_name(&group), self.hosts[provider].name));
        let deployment = Deployment {
            group,
            endpoint,
            provider,
            model: label.to_owned(),
            keys,
            input,
            cached,
            output,
            path,
        };
        self.list.push(deployment);
        Ok(())
    }

    fn provider(
        &mut self,
        config: &mut Config<'_>,
        parameters: &Node,
        path: &str,
        model: &str,
    ) -> Result<usize, Invalid> {
        let named = parameters.get("custom_llm_provider").and_then(Node::text);
        let address = parameters.get("api_base").or_else(|| parameters.get("base_url")).and_then(Node::text);
        let (known, prefix, _) = provider_of(model, named, address);
        let mut region = None;
        for key in ["aws_region_name", "vertex_location", "region_name"] {
            let given = config.text(parameters, path, key)?;
            if region.is_none() {
                region = given;
            }
        }
        let name = known
            .map_or_else(|| unknown_name(&prefix, address.is_some()), |known: Known| known.name.to_owned());
        // Azure's resources and servers of one's own are told apart by address.
        let by_address = known.is_none_or(|known| known.name == "azure");
        let mut host = Host {
            name,
            region: region
                .as_deref()
                .map_or(known.map_or(CLIENTS, |known| known.region).to_owned(), node_name),
            region_is_given: region.is_some(),
            known: known.map(|known| known.name),
            like: known.map_or("ClaudeLike", |known| known.like),
            address: address.filter(|_| by_address).map(str::to_owned),
        };
        let same = |other: &Host| {
            (&other.region, other.region_is_given, other.known, &other.address)
                == (&host.region, host.region_is_given, host.known, &host.address)
                && (host.known.is_some() || host.address.is_some() || other.name == host.name)
        };
        if let Some(at) = self.hosts.iter().position(same) {
            return Ok(at);
        }
        if host.region_is_given {
            host.name = format!("{}-{}", host.name, host.region);
        }
        host.name = self.name(&host.name);
        self.hosts.push(host);
        Ok(self.hosts.len() - 1)
    }

    /// A name that nothing else has.
    fn name(&mut self, wanted: &str) -> String {
        let mut number = self.names.get(wanted).copied().unwrap_or(1);
        let mut name = wanted.to_owned();
        while self.names.contains_key(&name) {
            name = format!("{wanted}-{number}");
            number += 1;
        }
        self.names.insert(wanted.to_owned(), number.max(2));
        self.names.entry(name.clone()).or_insert(2);
        name
    }

    /// Says what became of the deployments that are written, and of their other keys.
    pub(super) fn say(&self, config: &mut Config<'_>, is_reached: impl Fn(&str) -> bool, entry: &str) {
        for deployment in &self.list {
            let path = &deployment.path;
            if !is_reached(&deployment.group) {
                let why = format!("its group {:?} is not reached from {entry:?}", deployment.group);
                config.say(path, &not_modelled(why));
                continue;
            }
            let parameters = under(path, "litellm_params");
            let name = &deployment.endpoint;
            config.say(&under(path, "model_name"), &mapped("groups"));
            for key in ["model", "custom_llm_provider"] {
                config.say(&under(&parameters, key), &mapped(format!("endpoints.{name}")));
            }
            for key in ["weight", "rpm", "tpm", "order"] {
                config.say(&under(&parameters, key), &mapped(format!("groups, deployment {name}")));
            }
            let host = &self.hosts[deployment.provider].name;
            for key in ["aws_region_name", "vertex_location", "region_name"] {
                config.say(&under(&parameters, key), &mapped(format!("providers.{host}.region")));
            }
            for section in [parameters, under(path, "model_info")] {
                for key in [INPUT, CACHED, OUTPUT] {
                    config.say(&under(&section, key), &mapped(format!("endpoints.{name}.price")));
                }
            }
            known::deployment(config, path);
        }
    }
}

const INPUT: &str = "input_cost_per_token";
const CACHED: &str = "cache_read_input_token_cost";
const OUTPUT: &str = "output_cost_per_token";

/// Prices of prompt, cached prompt and answer: of `litellm_params`, else of `model_info`.
fn prices(
    config: &mut Config<'_>,
    entry: &Node,
    parameters: &Node,
    path: &str,
) -> Result<[Option<Price>; 3], Invalid> {
    let read = |node: &Node| node.text().and_then(|text| per_token(&text.replace('_', "")));
    let mut prices = [None; 3];
    for (price, key) in prices.iter_mut().zip([INPUT, CACHED, OUTPUT]) {
        for (map, section) in [(Some(parameters), "litellm_params"), (entry.get("model_info"), "model_info")]
        {
            let Some(map) = map else { continue };
            let path = under(path, section);
            let found =
                config.value(map, &path, key, read, "a price of one token in dollars, like 0.000002")?;
            *price = price.or(found.map(|(price, _)| price));
        }
    }
    Ok(prices)
}

fn unknown_name(prefix: &str, has_address: bool) -> String {
    let prefix = node_name(prefix);
    if has_address && prefix == "openai" { "openai-compatible".to_owned() } else { prefix }
}

/// A name as scenarios allow it.
pub(super) fn node_name(text: &str) -> String {
    let text: String = text
        .replace('*', "any")
        .chars()
        .map(|c| if c.is_alphanumeric() || "-_./:+ ".contains(c) { c } else { '-' })
        .collect();
    let text = text.trim();
    if text.is_empty() { "unnamed".to_owned() } else { text.chars().take(80).collect() }
}
