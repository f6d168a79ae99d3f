//! Providers that configs name, and what a scenario needs to know of them beside. All of it is assumed: a config does not say
//! where machines are or how fast they are.

/// What is assumed of a provider.
#[derive(Copy, Clone, Debug)]
pub(super) struct Known {
    pub(super) name: &'static str,
    /// Prefixes of `model`, before the slash.
    prefixes: &'static [&'static str],
    /// Part of the host name of an `api_base`.
    host: &'static str,
    pub(super) region: &'static str,
    pub(super) like: &'static str,
}

const fn known(
    name: &'static str,
    prefixes: &'static [&'static str],
    host: &'static str,
    region: &'static str,
    like: &'static str,
) -> Known {
    Known { name, prefixes, host, region, like }
}

const KNOWN: &[Known] = &[
    known("siliconflow", &["siliconflow"], "siliconflow", "cn-east", "ClaudeLike"),
    known("openrouter", &["openrouter"], "openrouter.ai", "us-west", "ClaudeLike"),
    known("deepseek", &["deepseek"], "api.deepseek.com", "cn-east", "ClaudeLike"),
    known("groq", &["groq"], "api.groq.com", "us-west", "GroqLike"),
    known("together", &["together_ai"], "together.xyz", "us-west", "ClaudeLike"),
    known("fireworks", &["fireworks_ai"], "fireworks.ai", "us-west", "ClaudeLike"),
    known("deepinfra", &["deepinfra"], "deepinfra.com", "us-west", "ClaudeLike"),
    known("azure", &["azure", "azure_ai", "azure_text"], ".azure.com", "us-east", "ClaudeLike"),
    known("anthropic", &["anthropic"], "api.anthropic.com", "us-west", "ClaudeLike"),
    known("bedrock", &["bedrock", "bedrock_converse", "sagemaker"], "amazonaws.com", "us-east", "ClaudeLike"),
    known("vertex", &["vertex_ai", "vertex_ai_beta"], "aiplatform.googleapis.com", "us-west", "ClaudeLike"),
    known("gemini", &["gemini"], "generativelanguage.googleapis.com", "us-west", "ClaudeLike"),
    known("mistral", &["mistral"], "api.mistral.ai", "eu-west-1", "ClaudeLike"),
    known("openai", &["openai", "text-completion-openai"], "api.openai.com", "us-east", "ClaudeLike"),
];

const OPENAI: Known = KNOWN[KNOWN.len() - 1];

/// Where the clients are: an assumption.
pub(super) const CLIENTS: &str = "us-east";

/// The provider that a deployment's `model` and `api_base` speak of, and the model without the prefix. `None` for the
/// provider: nobody we know, such as a server of one's own.
pub(super) fn provider_of<'m>(
    model: &'m str,
    named: Option<&str>,
    api_base: Option<&str>,
) -> (Option<Known>, String, &'m str) {
    let by_host = |base: &str| KNOWN.iter().find(|known| base.contains(known.host)).copied();
    let by_prefix = |prefix: &str| KNOWN.iter().find(|known| known.prefixes.contains(&prefix)).copied();
    let (prefix, rest) = match (named, model.split_once('/')) {
        (Some(named), Some((prefix, rest))) if prefix == named => (named, rest),
        (Some(named), _) => (named, model),
        (None, Some((prefix, rest))) => (prefix, rest),
        (None, None) if model.starts_with("claude") => ("anthropic", model),
        (None, None) => ("openai", model),
    };
    let found = by_prefix(prefix);
    // `openai/…` with an address is whoever lives there.
    let generic = found.is_none_or(|known| known.name == OPENAI.name);
    let known = match api_base.filter(|base| generic && !base.starts_with("os.environ/")) {
        Some(base) => by_host(base),
        None if generic && api_base.is_some() => None,
        None => found,
    };
    (known, prefix.to_owned(), rest)
}
