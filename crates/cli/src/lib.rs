//! The `sandbox` command: arguments in, files and exit codes out. What it does is in the libraries.
//!
//! A program of your own gets all of its commands, and your strategies with them, from [`main_with`]:
//! `docs/your-own-strategy.md`.
//!
//!
//! * `args` – every command and flag, with its help
//! * `commands` – one function a command
//! * `files` – the run directory: written whole or not at all
//! * `progress` – the bar of a long run or search
//! * `exit` – exit codes
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the one crate that talks to a terminal"
)]

mod args;
mod commands;
mod exit;
mod exports;
mod files;
mod progress;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use sandbox_routers::Registry;

/// Carries out this program's command line, for scenarios whose strategies are presets or in `registry`.
#[must_use]
pub fn main_with(registry: Registry) -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no mistakes. What cannot be printed cannot be told either.
            let _ = error.print();
            return if error.use_stderr() { exit::Code::Usage.into() } else { exit::Code::Ok.into() };
        }
    };
    match commands::dispatch(args, &Arc::new(registry)) {
        Ok(code) => code.into(),
        Err(failure) => {
            eprintln!("{failure}");
            failure.code().into()
        }
    }
}
