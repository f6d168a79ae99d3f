//! `sandbox init`: a commented scenario to start from.

use std::path::Path;

use super::run::quoted;
use super::say;
use crate::exit::{Code, Failure};
use crate::files;

/// The scenario, but for its name.
const STARTER: &str = include_str!("init.ron");

/// What stands in for the name there.
const NAME: &str = "my-outage";

/// Writes `NAME.ron` where there is no such file yet.
pub(super) fn init(name: &str) -> Result<Code, Failure> {
    let name = name.strip_suffix(".ron").unwrap_or(name);
    let is_plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.starts_with(['.', '-']) || !name.chars().all(is_plain) {
        return Err(Failure::Request {
            message: format!("`{name}` cannot name a scenario"),
            hint: "a file name without folders: letters, digits, - and _, like my-outage".to_owned(),
        });
    }
    let file = format!("{name}.ron");
    let path = Path::new(&file);
    files::write_new(path, STARTER.replace(NAME, name).as_bytes())?;
    let word = quoted(&file);
    say(&format!("wrote {file}\nnext: sandbox run {word}\n"))?;
    Ok(Code::Ok)
}
