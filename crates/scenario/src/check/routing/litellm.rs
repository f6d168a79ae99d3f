//! LiteLLM's router: names of groups, and numbers.

use sandbox_routers::parts::GROUPS_MAX;
use sandbox_routers::preset::LiteLlm;
use sandbox_routers::preset::litellm::Routing;

use super::super::Report;
use super::retries;
use crate::problem::name_hint;
use crate::syntax::Path;

/// `path` is that of its strategy.
pub(super) fn litellm(path: &Path, preset: &LiteLlm, report: &mut Report<'_>) {
    groups(path, preset, report);
    retries(&path.key("num_retries"), preset.num_retries, report);
    for (i, entry) in preset.retry_policy.iter().enumerate() {
        retries(&path.key("retry_policy").at(i).key("retries"), entry.retries, report);
    }
    if preset.allowed_fails_policy.iter().any(|entry| entry.on.is_empty()) {
        let message = "an entry without a status allows nothing";
        report.say(&path.key("allowed_fails_policy"), message, "write statuses, like on: [\"429\"]");
    }
    if let Routing::LatencyBased { buffer, samples, .. } = preset.routing {
        let path = path.key("routing");
        report.within(&path.key("buffer"), buffer, 0.0, 1e6);
        if samples == 0 {
            report.say(
                &path.key("samples"),
                "nothing would be remembered",
                "write 1 or more; 10 is the default",
            );
        }
    }
}

fn groups(path: &Path, preset: &LiteLlm, report: &mut Report<'_>) {
    let names: Vec<&str> = preset.groups.iter().map(|group| group.name.as_str()).collect();
    let mut good = true;
    let mut known = |path: &Path, fallbacks: &[String], report: &mut Report<'_>| {
        for (i, name) in fallbacks.iter().enumerate() {
            if !names.contains(&name.as_str()) {
                good = false;
                let hint = name_hint(name, "groups of this router", names.iter().copied());
                report.say(&path.at(i), format!("no group is called `{name}`"), hint);
            }
        }
    };
    for (i, group) in preset.groups.iter().enumerate() {
        let path = path.key("groups").at(i);
        if names[..i].contains(&group.name.as_str()) {
            let message = format!("there is a group `{}` already", group.name);
            report.say(&path.key("name"), message, "put its deployments into that one, or rename it");
        }
        if group.deployments.is_empty() {
            let hint = "name at least one, like deployments: [(target: \"sf-v3\")]";
            report.say(&path.key("deployments"), "a group needs a deployment", hint);
        }
        for (j, deployment) in group.deployments.iter().enumerate() {
            if let Some(weight) = deployment.weight {
                report.within(&path.key("deployments").at(j).key("weight"), weight, 0.0, 1e9);
            }
        }
        known(&path.key("fallbacks"), &group.fallbacks, report);
    }
    known(&path.key("default_fallbacks"), &preset.default_fallbacks, report);
    if good && preset.stops() > GROUPS_MAX {
        let message = format!("a request could go through more than {GROUPS_MAX} fallbacks");
        report.say(
            &path.key("groups"),
            message,
            "use fewer groups or `order` levels, or a lower `max_fallbacks`",
        );
    }
}
