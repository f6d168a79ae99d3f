//! The `sandbox` command: arguments in, files and exit codes out. What it does is in the libraries.
//!
//! * [`args`] – every command and flag, with its help
//! * [`commands`] – one function a command
//! * [`files`] – the run directory: written whole or not at all
//! * [`progress`] – the bar of a long run
//! * [`exit`] – exit codes
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the one crate that talks to a terminal"
)]

mod args;
mod commands;
mod exit;
mod files;
mod progress;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no mistakes. What cannot be printed cannot be told either.
            let _ = error.print();
            return if error.use_stderr() { exit::Code::Usage.into() } else { exit::Code::Ok.into() };
        }
    };
    match commands::dispatch(args) {
        Ok(code) => code.into(),
        Err(failure) => {
            eprintln!("{failure}");
            failure.code().into()
        }
    }
}
