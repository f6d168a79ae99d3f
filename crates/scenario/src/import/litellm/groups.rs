//! Which groups a request can get to.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{irrelevant, mapped, not_modelled};
use super::config::Config;
use super::deployments::Deployments;
use super::routing::{Chain, Settings};

/// A group that is reached, with the groups it falls back to.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) fallbacks: Vec<String>,
}

/// Names of groups, and what stands for them.
pub(super) struct Names<'a> {
    pub(super) groups: Vec<&'a str>,
    aliases: BTreeMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn new(deployments: &'a Deployments, settings: &'a Settings) -> Self {
        let mut seen = BTreeSet::new();
        let names = deployments.list.iter().map(|deployment| deployment.group.as_str());
        let groups = names.filter(|name| seen.insert(*name)).collect();
        let aliases =
            settings.aliases.iter().map(|(alias, group)| (alias.as_str(), group.as_str())).collect();
        Self { groups, aliases }
    }

    /// The group of that name, that the alias stands for, or whose wildcard fits.
    pub(super) fn find(&self, name: &str) -> Option<&'a str> {
        let exact = |name: &str| self.groups.iter().find(|group| **group == name).copied();
        let fits = |group: &&&str| {
            let parts = group.split_once('*');
            parts.is_some_and(|(start, end)| name.starts_with(start) && name[start.len()..].ends_with(end))
        };
        exact(name)
            .or_else(|| self.aliases.get(name).and_then(|group| exact(group)))
            // LiteLLM takes the longest pattern that fits.
            .or_else(|| self.groups.iter().filter(fits).max_by_key(|group| group.len()).copied())
    }
}

/// The groups that are reached from `entry`, that one first; and the default fallbacks, if any of these needs them.
pub(super) fn reached(
    config: &mut Config<'_>,
    names: &Names<'_>,
    settings: &Settings,
    entry: &str,
) -> (Vec<Group>, Vec<String>) {
    let mut chains: BTreeMap<&str, &Chain> = BTreeMap::new();
    for chain in &settings.fallbacks {
        match names.find(&chain.from) {
            None => config.say(&chain.path, &not_modelled("no group has the name of the key")),
            Some(group) if chains.contains_key(group) => {
                config.say(&chain.path, &irrelevant("the first entry of a group counts"));
            }
            Some(group) => {
                chains.insert(group, chain);
            }
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut default = Vec::new();
    let mut waiting = vec![entry.to_owned()];
    let mut next = 0;
    while let Some(name) = waiting.get(next).cloned() {
        next += 1;
        let own = chains.get(name.as_str());
        if let Some(chain) = own.filter(|chain| chain.to.is_empty()) {
            match &settings.default_fallbacks {
                None => config.say(&chain.path, &mapped("groups: no fallbacks")),
                Some(_) => config.say(
                    &chain.path,
                    &not_modelled("an empty list keeps LiteLLM from default_fallbacks, and does not here"),
                ),
            }
        }
        let fallbacks = own.map(|chain| follow(config, names, chain, Some(&name))).unwrap_or_default();
        let mut further = fallbacks.clone();
        if let (None, Some(chain)) = (own, &settings.default_fallbacks) {
            default = follow(config, names, chain, None);
            further.clone_from(&default);
        }
        waiting.extend(further.into_iter().filter(|name| !waiting.contains(name)).collect::<Vec<_>>());
        groups.push(Group { name, fallbacks });
    }
    for chain in chains.values() {
        config.say(&chain.path, &not_modelled(format!("{:?} is not reached from {entry:?}", chain.from)));
    }
    if let Some(chain) = &settings.default_fallbacks {
        config.say(&chain.path, &irrelevant("each group that is reached has fallbacks of its own"));
    }
    (groups, default)
}

/// The groups that a chain names, each once.
fn follow(config: &mut Config<'_>, names: &Names<'_>, chain: &Chain, of: Option<&str>) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for (name, path) in &chain.to {
        match names.find(name) {
            None => config.say(path, &not_modelled("no group has this name")),
            Some(group) if Some(group) == of => {
                config.say(path, &irrelevant("a group does not fall back to itself"));
            }
            Some(group) if groups.iter().any(|other| other == group) => {
                config.say(path, &irrelevant("the group is in the list already"));
            }
            Some(group) => {
                config
                    .say(path, &mapped(if of.is_some() { "groups: fallbacks" } else { "default_fallbacks" }));
                groups.push(group.to_owned());
            }
        }
    }
    groups
}
