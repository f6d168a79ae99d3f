//! `router_settings` and `litellm_settings` to the keys of the `LiteLlm` strategy.
//!
//! Where both sections give a value the router's wins: the proxy hands `router_settings` to `Router(…)` as arguments and
//! sets `litellm_settings` as attributes of the module, which the constructor reads only where it was given no argument
//! (LiteLLM, `litellm/router.py`, `Router.__init__`; docs.litellm.ai, router, "Configuration and defaults": defaults that
//! are called `litellm.<name>` come from the process settings). `cooldown_time`, `retry_after` and the policies have no
//! such attribute: under `litellm_settings` they do nothing.

use super::account::{irrelevant, item, mapped, not_modelled, under};
use super::config::{Config, span};
use super::yaml::Node;
use crate::problem::Invalid;

const ROUTER: &str = "router_settings";
const MODULE: &str = "litellm_settings";

/// Fallbacks of one group, or of any (`*`), by name as the config has them.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub(super) from: String,
    /// Names, each with its path.
    pub(super) to: Vec<(String, String)>,
    /// The whole entry.
    pub(super) path: String,
}

#[derive(Debug, Default)]
pub(super) struct Settings {
    /// Keys of the strategy, in order, as RON: only what the config gives.
    pub(super) keys: Vec<(&'static str, String)>,
    pub(super) fallbacks: Vec<Chain>,
    pub(super) default_fallbacks: Option<Chain>,
    /// Alias, and the group it stands for.
    pub(super) aliases: Vec<(String, String)>,
}

/// Exceptions of LiteLLM by the start of their keys, with the statuses of an OpenAI-compatible upstream that raise them
/// (LiteLLM 1.109.1 `exception_mapping_utils.py`; the keys: `types/router.py`, `RetryPolicy` and `AllowedFailsPolicy`).
const EXCEPTIONS: [(&str, &str); 8] = [
    ("BadRequestError", r#""400", "422""#),
    ("AuthenticationError", r#""401""#),
    ("NotFoundError", r#""404""#),
    ("TimeoutError", r#""408", "504""#),
    ("RateLimitError", r#""429""#),
    ("InternalServerError", r#""500""#),
    ("BadGatewayError", r#""502""#),
    ("ServiceUnavailableError", r#""503""#),
];

pub(super) fn read(config: &mut Config<'_>, root: &Node) -> Result<Settings, Invalid> {
    let nothing = Node { value: super::yaml::Value::Map(Vec::new()), at: 0 };
    let section = |key: &str| root.get(key).filter(|node| node.is_map()).unwrap_or(&nothing);
    let (router, module) = (section(ROUTER), section(MODULE));
    let mut settings = Settings::default();
    strategy(config, router, &mut settings)?;

    let mut put =
        |key: &'static str, value: Option<String>| settings.keys.extend(value.map(|value| (key, value)));
    put("num_retries", both(config, router, module, "num_retries", Config::whole)?.map(|n| n.to_string()));
    put("retry_after", alone(config, router, "retry_after", Config::seconds)?.map(|s| quoted(&span(s))));
    put("retry_policy", policy(config, router, "retry_policy", "Retries", "retries")?);
    put(
        "allowed_fails",
        both(config, router, module, "allowed_fails", Config::whole)?.map(|n| n.to_string()),
    );
    put("allowed_fails_policy", policy(config, router, "allowed_fails_policy", "AllowedFails", "fails")?);
    let cooldown = config.seconds(router, ROUTER, "cooldown_time")?;
    // `cooldown_time or DEFAULT_COOLDOWN_TIME_SECONDS` (LiteLLM 1.109.1 `router_python_core.py`).
    if cooldown == Some(0.0) {
        let why = "LiteLLM's router takes 0 as none given, which is 5 s; see disable_cooldowns";
        config.say(&under(ROUTER, "cooldown_time"), &irrelevant(why));
    }
    config.say(&under(ROUTER, "cooldown_time"), &mapped("cooldown_time"));
    put("cooldown_time", cooldown.filter(|&seconds| seconds > 0.0).map(|s| quoted(&span(s))));
    put(
        "disable_cooldowns",
        alone(config, router, "disable_cooldowns", Config::truth)?.map(|yes| yes.to_string()),
    );
    put(
        "max_fallbacks",
        both(config, router, module, "max_fallbacks", Config::whole)?.map(|n| n.to_string()),
    );
    let weighted = alone(config, router, "enable_weighted_failover", Config::truth)?;
    put("enable_weighted_failover", weighted.map(|yes| yes.to_string()));
    put("timeouts", timeouts(config, router, module)?);
    for key in ["cooldown_time", "retry_after", "retry_policy", "allowed_fails_policy", "disable_cooldowns"] {
        let why = "LiteLLM's router reads it from router_settings only";
        config.say(&under(MODULE, key), &irrelevant(why));
    }

    settings.fallbacks = chains(config, router, ROUTER)?;
    let more = chains(config, module, MODULE)?;
    if settings.fallbacks.is_empty() {
        settings.fallbacks = more;
    } else {
        config.say(&under(MODULE, "fallbacks"), &irrelevant("router_settings.fallbacks wins"));
    }
    for (map, section) in [(router, ROUTER), (module, MODULE)] {
        let path = under(section, "default_fallbacks");
        let names = map.get("default_fallbacks").map(|list| names(config, list, &path)).transpose()?;
        let Some(to) = names.filter(|names| !names.is_empty()) else { continue };
        if settings.default_fallbacks.is_some() {
            config.say(&path, &irrelevant("router_settings.default_fallbacks wins"));
        } else {
            settings.default_fallbacks = Some(Chain { from: "*".to_owned(), to, path });
        }
    }
    // `"*": […]` among the fallbacks is what LiteLLM makes of `default_fallbacks`.
    if let Some(at) = settings.fallbacks.iter().position(|chain| chain.from == "*") {
        let any = settings.fallbacks.remove(at);
        match &settings.default_fallbacks {
            Some(_) => config.say(&any.path, &irrelevant("default_fallbacks wins")),
            None => settings.default_fallbacks = Some(any),
        }
    }
    aliases(config, router, &mut settings)?;
    Ok(settings)
}

/// A key that both sections may have.
fn both<'c, T>(
    config: &mut Config<'c>,
    router: &Node,
    module: &Node,
    key: &str,
    read: impl Fn(&mut Config<'c>, &Node, &str, &str) -> Result<Option<T>, Invalid>,
) -> Result<Option<T>, Invalid> {
    let first = read(config, router, ROUTER, key)?;
    let second = read(config, module, MODULE, key)?;
    if first.is_some() {
        config.say(&under(ROUTER, key), &mapped(key));
        config.say(&under(MODULE, key), &irrelevant(format!("router_settings.{key} wins")));
        return Ok(first);
    }
    config.say(&under(MODULE, key), &mapped(key));
    Ok(second)
}

/// A key that only the router has.
fn alone<'c, T>(
    config: &mut Config<'c>,
    router: &Node,
    key: &str,
    read: impl Fn(&mut Config<'c>, &Node, &str, &str) -> Result<Option<T>, Invalid>,
) -> Result<Option<T>, Invalid> {
    let value = read(config, router, ROUTER, key)?;
    config.say(&under(ROUTER, key), &mapped(key));
    Ok(value)
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn strategy(config: &mut Config<'_>, router: &Node, settings: &mut Settings) -> Result<(), Invalid> {
    let name = config.text(router, ROUTER, "routing_strategy")?;
    let path = under(ROUTER, "routing_strategy");
    let arguments = under(ROUTER, "routing_strategy_args");
    let routing = match name.as_deref() {
        None => None,
        Some("simple-shuffle") => Some("SimpleShuffle".to_owned()),
        Some("least-busy") => Some("LeastBusy".to_owned()),
        Some("cost-based-routing") => Some("CostBased".to_owned()),
        Some("usage-based-routing-v2") => Some("UsageBasedV2".to_owned()),
        Some("usage-based-routing") => {
            config.say(
                &path,
                &mapped("routing: UsageBasedV2, the nearest there is: v1 counts after the answer"),
            );
            Some("UsageBasedV2".to_owned())
        }
        Some("latency-based-routing") => Some(latency(config, router, &arguments)?),
        Some(_) => {
            config.say(&path, &not_modelled("no such strategy here; SimpleShuffle stands in for it"));
            None
        }
    };
    if let Some(routing) = routing {
        config.say(&path, &mapped("routing"));
        settings.keys.push(("routing", routing));
    }
    config.say(&arguments, &not_modelled("the strategy that is used has no such argument"));
    Ok(())
}

fn latency(config: &mut Config<'_>, router: &Node, path: &str) -> Result<String, Invalid> {
    let Some(arguments) = router.get("routing_strategy_args") else { return Ok("LatencyBased()".to_owned()) };
    let mut keys = Vec::new();
    if let Some(buffer) = config.number(arguments, path, "lowest_latency_buffer")? {
        keys.push(format!("buffer: {buffer:?}"));
    }
    if let Some(samples) = config.whole(arguments, path, "max_latency_list_size")? {
        keys.push(format!("samples: {samples}"));
    }
    if let Some(ttl) = config.seconds(arguments, path, "ttl")? {
        keys.push(format!("ttl: \"{}\"", span(ttl)));
    }
    for key in ["lowest_latency_buffer", "max_latency_list_size", "ttl"] {
        config.say(&under(path, key), &mapped("routing: LatencyBased"));
    }
    Ok(format!("LatencyBased({})", keys.join(", ")))
}

/// `{RateLimitErrorRetries: 3}` to `[(on: ["429"], retries: 3)]`.
fn policy(
    config: &mut Config<'_>,
    router: &Node,
    key: &'static str,
    ending: &str,
    what: &str,
) -> Result<Option<String>, Invalid> {
    let Some(map) = router.get(key) else { return Ok(None) };
    let path = under(ROUTER, key);
    let mut rules = Vec::new();
    for (start, status) in EXCEPTIONS {
        let name = format!("{start}{ending}");
        if name == "BadGatewayErrorRetries" {
            // LiteLLM has no such key.
            continue;
        }
        if let Some(number) = config.whole(map, &path, &name)? {
            rules.push(format!("(on: [{status}], {what}: {number})"));
            config.say(&under(&path, &name), &mapped(format!("{key}, status {}", status.replace('"', ""))));
        }
    }
    // The first entry that has a status holds, so that this one is for all others.
    if ending == "Retries"
        && let Some(number) = config.whole(map, &path, "DefaultRetries")?
    {
        rules.push(format!("(on: [\"400-599\"], {what}: {number})"));
        config.say(&under(&path, "DefaultRetries"), &mapped(format!("{key}, all other statuses")));
    }
    let content = under(&path, &format!("ContentPolicyViolationError{ending}"));
    config.say(&content, &not_modelled("nothing here violates a content policy"));
    Ok((!rules.is_empty()).then(|| format!("[{}]", rules.join(", "))))
}

fn timeouts(config: &mut Config<'_>, router: &Node, module: &Node) -> Result<Option<String>, Invalid> {
    let positive = |seconds: Option<f64>| seconds.filter(|seconds| *seconds >= 0.001);
    let total = positive(config.seconds(router, ROUTER, "timeout")?);
    let general = positive(config.seconds(module, MODULE, "request_timeout")?);
    let first = positive(config.seconds(router, ROUTER, "stream_timeout")?);
    config.say(&under(ROUTER, "timeout"), &mapped("timeouts.total"));
    let general_is = match total {
        Some(_) => irrelevant("router_settings.timeout wins"),
        None => mapped("timeouts.total"),
    };
    config.say(&under(MODULE, "request_timeout"), &general_is);
    let reads = "timeouts.first_token; LiteLLM bounds each read, here only the first";
    config.say(&under(ROUTER, "stream_timeout"), &mapped(reads));
    let mut keys = Vec::new();
    keys.extend(first.map(|first| format!("first_token: \"{}\"", span(first))));
    // What is not given stays LiteLLM's 600 s.
    let total = total.or(general).or(first.map(|_| 600.0));
    keys.extend(total.map(|total| format!("total: \"{}\"", span(total))));
    Ok((!keys.is_empty()).then(|| format!("({})", keys.join(", "))))
}

/// `[{a: [b, c]}, …]`, or the same as one map.
fn chains(config: &mut Config<'_>, map: &Node, section: &str) -> Result<Vec<Chain>, Invalid> {
    let path = under(section, "fallbacks");
    let Some(node) = map.get("fallbacks").filter(|node| !node.is_null()) else { return Ok(Vec::new()) };
    let one = std::slice::from_ref(node);
    let (items, listed) = node.items().map_or((one, false), |items| (items, true));
    let mut chains = Vec::new();
    for (index, entry) in items.iter().enumerate() {
        let at = if listed { item(&path, index) } else { path.clone() };
        if !entry.is_map() {
            let hint = "write fallbacks like `- gpt-4o: [claude, mistral]`";
            return Err(config.origin.problem(
                entry.at,
                &at,
                "is not a map of a group to its fallbacks",
                hint,
            ));
        }
        for (from, to) in entry.entries() {
            let path = under(&at, from);
            chains.push(Chain { from: from.clone(), to: names(config, to, &path)?, path });
        }
    }
    Ok(chains)
}

/// Names of groups: texts, or maps with a `model`.
fn names(config: &mut Config<'_>, node: &Node, path: &str) -> Result<Vec<(String, String)>, Invalid> {
    if node.is_null() {
        return Ok(Vec::new());
    }
    let one = std::slice::from_ref(node);
    let (items, listed) = node.items().map_or((one, false), |items| (items, true));
    let mut names = Vec::new();
    for (index, entry) in items.iter().enumerate() {
        let at = if listed { item(path, index) } else { path.to_owned() };
        match (entry.text(), entry.get("model").and_then(Node::text)) {
            (Some(name), _) => names.push((name.to_owned(), at)),
            (None, Some(name)) => {
                names.push((name.to_owned(), under(&at, "model")));
                config.say(&under(&at, "model"), &mapped("fallbacks"));
                config.say(&at, &not_modelled("a fallback changes nothing of a request here but its group"));
            }
            (None, None) => {
                let hint = "write the `model_name` of a group";
                return Err(config.origin.problem(entry.at, &at, "is not the name of a group", hint));
            }
        }
    }
    Ok(names)
}

fn aliases(config: &mut Config<'_>, router: &Node, settings: &mut Settings) -> Result<(), Invalid> {
    let path = under(ROUTER, "model_group_alias");
    let Some(map) = router.get("model_group_alias") else { return Ok(()) };
    for (alias, group) in map.entries() {
        let at = under(&path, alias);
        let Some(name) = group.text().or_else(|| group.get("model").and_then(Node::text)) else {
            let hint = "write `alias: group`, or `alias: {model: group, hidden: true}`";
            return Err(config.origin.problem(group.at, &at, "is not the name of a group", hint));
        };
        settings.aliases.push((alias.clone(), name.to_owned()));
        config.say(&under(&at, "hidden"), &irrelevant("who sees the alias in a list of models"));
        config.say(&at, &mapped("names: the alias stands for its group"));
    }
    Ok(())
}
