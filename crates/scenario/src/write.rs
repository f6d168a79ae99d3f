//! Scenarios and scripts as text: what a run writes beside its results, and what reads back the same.

use ron::ser::PrettyConfig;
use sandbox_model::OutageScript;
use serde::Serialize;

use crate::file::{Found, Scenario, Script};
use crate::read::options;

/// The script as a file: one fault a line, read back by [`load_script`](crate::load_script).
#[must_use]
pub fn script_to_text(script: &OutageScript) -> String {
    script_file_to_text(&Script::from(script.clone()))
}

/// The same with what it was found to do, one value a line.
#[must_use]
pub fn found_to_text(script: &OutageScript, found: Found) -> String {
    script_file_to_text(&Script { found: Some(found), ..Script::from(script.clone()) })
}

pub(crate) fn script_file_to_text(script: &Script) -> String {
    pretty(script, 2)
}

/// The scenario as a file: every default written out, one fault a line.
#[must_use]
pub fn scenario_to_text(scenario: &Scenario) -> String {
    pretty(scenario, 3)
}

/// RON with line breaks down to `depth` brackets.
fn pretty(value: &impl Serialize, depth: usize) -> String {
    let config = PrettyConfig::new().depth_limit(depth).new_line("\n");
    // These types hold numbers, texts, lists and options: nothing that RON cannot write, to a sink that cannot fail.
    let mut text = options().to_string_pretty(value, config).expect("a scenario can be written as RON");
    text.push('\n');
    text
}
