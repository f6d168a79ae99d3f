//! Strategies of your own: registered, with settings that they take.

use sandbox_routers::Registry;

use super::Report;
use crate::file::{Scenario, Strategy};
use crate::problem::name_hint;
use crate::syntax::Path;

pub(super) fn check(scenario: &Scenario, registry: &Registry, report: &mut Report<'_>) {
    for (index, router) in scenario.routers.iter().enumerate() {
        let Strategy::Custom(custom) = &router.strategy else { continue };
        let path = Path::root("routers").at(index).key("strategy");
        let Some(known) = registry.settings(&custom.name) else {
            let at = path.key("name");
            let message = format!("no strategy called `{}` is registered in this program", custom.name);
            let hint = if registry.names().next().is_none() {
                "use the program that was built with it: docs/your-own-strategy.md".to_owned()
            } else {
                name_hint(&custom.name, "registered here", registry.names())
            };
            report.say(&at, message, hint);
            continue;
        };
        let unknown: Vec<&String> = custom.settings.keys().filter(|key| !known.contains(key)).collect();
        for key in &unknown {
            let hint = name_hint(key, "settings of this strategy", known.iter().map(String::as_str));
            report.say(&setting(&path, key, report), "is a setting that this strategy does not know", hint);
        }
        if !unknown.is_empty() || custom.targets.is_empty() {
            continue;
        }
        if let Some(Err(refusal)) = registry.make(custom) {
            let at = match &refusal.setting {
                Some(name) => setting(&path, name, report),
                None => path,
            };
            report.say(&at, refusal.message, refusal.hint);
        }
    }
}

/// The path of a setting: it is a text, and stands in the file's order.
fn setting(strategy: &Path, name: &str, report: &Report<'_>) -> Path {
    let settings = strategy.key("settings");
    report.source.position(&settings, name).map_or(settings.clone(), |index| settings.at(index))
}
