//! A config of LiteLLM's proxy (`config.yaml`) to a scenario that runs as it is.
//!
//! * `yaml` – the file as a tree that knows where each value stands
//! * `account` – what became of each value of the file
//! * `config` – reads values, and keeps the account
//! * `deployments` – `model_list` to endpoints and providers
//! * `routing` – `router_settings` and `litellm_settings` to the keys of the router
//! * `groups` – which groups a request can get to
//! * `known` – keys that are not carried over, and why
//! * `places` – what is assumed of providers
//! * `write` – the scenario as text
//!
//! A config says where requests may go. It does not say where machines are, how fast they are or what they charge, who
//! sends, and what goes wrong: what the scenario says of these is a placeholder that is called *assumed* in the file and in the
//! notes. Each value of the file is in one of three lists: mapped, not modelled, irrelevant to routing. Values themselves are not
//! repeated there, and credentials are not read at all.

mod account;
mod config;
mod deployments;
mod groups;
mod known;
mod places;
mod routing;
mod write;
mod yaml;

use account::Account;
use config::Config;
use yaml::Origin;

use crate::Resolved;
use crate::problem::{Invalid, Problem, name_hint};
use crate::unpack;

/// The name of the router that stands for the proxy.
const ROUTER_NAME: &str = "litellm";

/// Most targets of a router: `sandbox_routers::contract::MAX_TARGETS`.
const TARGETS_MAX: usize = 64;

/// Most bytes of a config: far beyond any that somebody wrote.
const BYTES_MAX: usize = 16 << 20;

const FORMAT: &str = "give LiteLLM's proxy config: YAML that begins with `model_list:`";

/// What becomes of a config.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// A scenario, which opens with the account as a comment.
    pub text: String,
    /// What was assumed: one line each, for stderr.
    pub notes: Vec<String>,
    /// The account: three lists, one line for each value of the file.
    pub account: Vec<String>,
}

/// Makes a scenario of a config. Requests enter the group `model` (its `model_name`, or an alias of it), by default the
/// first one of the file. `name` stands for the file in messages; its bytes may be gzipped.
///
/// # Errors
/// If it is not such a config, or has no such group.
pub fn import(name: &str, bytes: &[u8], model: Option<&str>) -> Result<Import, Invalid> {
    let bare = |path: &str, message: String, hint: String| -> Invalid {
        Problem::bare(name, path, message, Some(hint)).into()
    };
    let text = unpack::text(name, bytes, FORMAT)?;
    if text.len() > BYTES_MAX {
        let message = format!("is longer than {} MiB", BYTES_MAX >> 20);
        return Err(bare("", message, FORMAT.to_owned()));
    }
    // YAML allows a byte order mark, which is no part of the first key.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let origin = Origin { name, text };
    let (root, twice) = yaml::read(origin)?;
    if !root.is_map() {
        return Err(origin.problem(root.at, "", "is no config: it is not a map", FORMAT));
    }
    let mut config = Config { origin, account: Account::of(&root) };
    let deployments = deployments::read(&mut config, &root)?;
    let settings = routing::read(&mut config, &root)?;
    let names = groups::Names::new(&deployments, &settings);
    let entry = match model {
        None => names.groups[0],
        Some(model) => names.find(model).ok_or_else(|| {
            let hint = name_hint(model, "groups here", names.groups.iter().copied());
            bare("--model", format!("no group is called `{model}`"), hint)
        })?,
    };
    let (reached, default) = groups::reached(&mut config, &names, &settings, entry);
    let is_reached = |group: &str| reached.iter().any(|other| other.name == group);
    let targets = deployments.list.iter().filter(|deployment| is_reached(&deployment.group)).count();
    if targets > TARGETS_MAX {
        let message = format!("{targets} deployments are reached from {entry:?}: more than {TARGETS_MAX}");
        let hint = "take out what you can spare: deployments that are alike, or far fallbacks";
        return Err(bare("model_list", message, hint.to_owned()));
    }
    deployments.say(&mut config, is_reached, entry);
    known::sections(&mut config, &root);

    let mut notes: Vec<String> = Vec::new();
    for (key, at) in twice {
        let line = text.chars().take(at).filter(|c| *c == '\n').count() + 1;
        notes.push(format!(
            "line {line}: {} is given twice: as in LiteLLM, the last one counts",
            account::under("", &key)
        ));
    }
    let left: Vec<&str> = names.groups.iter().filter(|group| !is_reached(group)).copied().collect();
    if !left.is_empty() {
        notes
            .push(format!("groups that are not reached from {entry:?} are left out (see --model): {left:?}"));
    }
    let account = config.account.close().lines();
    let scenario = write::Scenario {
        origin: name,
        entry,
        groups: &reached,
        default: &default,
        settings: &settings,
        deployments: &deployments,
    };
    let text = scenario.text(&account, &mut notes);
    // What the simulator does not take (yet) is told here, and not only when the scenario is run.
    if let Err(invalid) = Resolved::parse("imported.ron", &text, None, &[]) {
        let told = invalid.problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message));
        notes.extend(told.map(|told| format!("DOES NOT RUN AS IT IS: {told}")));
    }
    Ok(Import { text, notes, account })
}
