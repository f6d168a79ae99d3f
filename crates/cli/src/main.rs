//! The `sandbox` command with the presets that come with it. All else is in the library.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    sandbox_cli::main_with(sandbox_routers::Registry::default())
}
