//! `sandbox completions` and `sandbox man`: what the definitions of commands and flags give to other programs.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::put;
use crate::args::Args;
use crate::exit::{Code, Failure};
use crate::files;

pub(super) fn completions(shell: Shell) -> Result<Code, Failure> {
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    put(&String::from_utf8_lossy(&script))?;
    Ok(Code::Ok)
}

/// The first page to standard output, or a page of each command to a directory.
pub(super) fn man(out: Option<&Path>) -> Result<Code, Failure> {
    let mut command = Args::command();
    command.build();
    let Some(out) = out else {
        put(&page(&command)?)?;
        return Ok(Code::Ok);
    };
    write_pages(&command, out)?;
    Ok(Code::Ok)
}

fn write_pages(command: &clap::Command, out: &Path) -> Result<(), Failure> {
    // Once built, a command knows its whole name: `sandbox-import-litellm`.
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let path = out.join(format!("{name}.1"));
    files::write_file(&path, page(command)?.as_bytes())?;
    eprintln!("wrote {}", path.display());
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        write_pages(below, out)?;
    }
    Ok(())
}

fn page(command: &clap::Command) -> Result<String, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(Failure::io("write", Path::new("a man page")))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
