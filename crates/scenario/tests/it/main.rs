//! The crate as its users meet it: files in, scenarios or messages out.
#![forbid(unsafe_code)]

mod doc;
mod import_litellm;
mod import_serving;
mod invalid;
mod network;
mod overrides;
mod resolve;
mod round_trip;
mod routing_doc;
mod traces;

use std::path::PathBuf;

/// A folder of the workspace.
fn workspace(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

/// A scenario with a nested grid, of everything a little.
const SCENARIO: &str = include_str!("scenario.ron");

fn parse(overrides: &[&str]) -> Result<sandbox_scenario::Resolved, sandbox_scenario::Invalid> {
    let overrides: Vec<String> = overrides.iter().map(|&o| o.to_owned()).collect();
    sandbox_scenario::Resolved::parse("scenario.ron", SCENARIO, None, &overrides)
}
