//! Scripts that were found, kept as files: `DIR/SCENARIO/PROPERTY-FINGERPRINT.ron`.
//!
//! A kept script is an outage script like any other, with a block that says what it was found to do
//! ([`Found`]). Whoever searches runs them again first.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use sandbox_model::OutageScript;
use sandbox_scenario::file::Found;
use sandbox_scenario::{Invalid, Resolved, found_to_text, load_script};
use tempfile::NamedTempFile;

/// Digits of a fingerprint in the name of a file.
const SHORT: usize = 8;

/// A script that was kept.
#[derive(Clone, PartialEq, Debug)]
pub struct Kept {
    /// Its file.
    pub path: PathBuf,
    /// Its faults.
    pub script: OutageScript,
    /// What it was found to do; a script that somebody put there by hand need not say.
    pub found: Option<Found>,
}

/// What is kept for a scenario.
#[derive(Default, Debug)]
pub struct Corpus {
    /// The scripts that belong to it, in order of name.
    pub kept: Vec<Kept>,
    /// How many belong to another router, other overrides or another scenario.
    pub others: usize,
    /// What is wrong with each of the rest: no script, or one that does not fit the scenario.
    pub wrong: Vec<Invalid>,
}

/// Why scripts could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file or a directory cannot be read or written.
    #[error("cannot {what} {}: {error}", path.display())]
    Io {
        /// What was tried: "read", "write".
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
}

/// The scripts below `dir` that belong to a scenario, a router (as `--router` takes it; none for the scenario's own) and
/// overrides. There need be no such directory. What is wrong with one file does not keep the others from being read.
///
/// # Errors
/// A directory that cannot be read.
pub fn kept(
    dir: &Path,
    resolved: &Resolved,
    router: Option<&str>,
    set: &[String],
) -> Result<Corpus, CorpusError> {
    let dir = dir.join(file_word(&resolved.scenario.name));
    let io = |error| CorpusError::Io { what: "read", path: dir.clone(), error };
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Corpus::default()),
        Err(error) => return Err(io(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|extension| extension == "ron") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut corpus = Corpus::default();
    for path in paths {
        let found = match load_script(&path) {
            Ok(script) => script.found,
            Err(invalid) => {
                corpus.wrong.push(invalid);
                continue;
            }
        };
        let belongs = found.as_ref().is_none_or(|found| {
            found.scenario == resolved.scenario.name && found.router.as_deref() == router && found.set == set
        });
        if !belongs {
            corpus.others += 1;
            continue;
        }
        match resolved.clone().with_script_file(&path) {
            Ok(resolved) => corpus.kept.push(Kept { path, script: resolved.script, found }),
            Err(invalid) => corpus.wrong.push(invalid),
        }
    }
    Ok(corpus)
}

/// Keeps a script in `dir`, whole or not at all, and says where. A file of that name that says something else is left
/// alone: then the new one gets a number.
///
/// # Errors
/// If the file cannot be written.
pub fn keep(dir: &Path, script: &OutageScript, found: &Found) -> Result<PathBuf, CorpusError> {
    let dir = dir.join(file_word(&found.scenario));
    let text = found_to_text(script, found.clone());
    let short: String = found.fingerprint.chars().take(SHORT).collect();
    let stem = format!("{}-{short}", file_word(&found.breaks));
    write_new(&dir, &stem, "ron", text.as_bytes())
}

/// Writes `dir/stem.extension` if there is none yet, or the first `dir/stem-N.extension` that is not taken by something
/// else. A file that says the same already is left as it is.
fn write_new(dir: &Path, stem: &str, extension: &str, bytes: &[u8]) -> Result<PathBuf, CorpusError> {
    let io = |what, path: &Path| {
        let path = path.to_owned();
        move |error| CorpusError::Io { what, path, error }
    };
    fs::create_dir_all(dir).map_err(io("create", dir))?;
    let mut file = NamedTempFile::new_in(dir).map_err(io("write in", dir))?;
    file.write_all(bytes).map_err(io("write in", dir))?;
    for number in 1_u64.. {
        let name = if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") };
        let path = dir.join(format!("{name}.{extension}"));
        match file.persist_noclobber(&path) {
            Ok(written) => {
                open_up(&written);
                return Ok(path);
            }
            Err(taken) if taken.error.kind() == ErrorKind::AlreadyExists => {
                if fs::read(&path).map_err(io("read", &path))? == bytes {
                    return Ok(path);
                }
                file = taken.file;
            }
            Err(error) => return Err(io("write", &path)(error.error)),
        }
    }
    unreachable!("there are more numbers than files")
}

/// Temporary files are for their owner alone; a kept script is as open as any new file.
#[cfg(unix)]
fn open_up(file: &fs::File) {
    use std::os::unix::fs::PermissionsExt as _;
    // Not worth losing a script for.
    let _ = file.set_permissions(fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn open_up(_: &fs::File) {}

/// A name or an expression as a part of a file's name: `ttft_p99[cn-chat] <= 4s` is `ttft_p99-cn-chat-4s`.
#[must_use]
pub fn file_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_.".contains(c);
    let words: Vec<&str> = text.split(|c| !plain(c)).filter(|word| !word.is_empty()).collect();
    let word = words.join("-");
    let word = word.trim_start_matches('.');
    if word.is_empty() { "unnamed".to_owned() } else { word.chars().take(60).collect() }
}

#[cfg(test)]
mod tests {
    use sandbox_core::{Span, Time};
    use sandbox_model::{Fault, FaultKind};

    use super::*;

    fn script(minutes: u64) -> OutageScript {
        let until = Time::ZERO + Span::from_mins(minutes);
        let kind = FaultKind::Stall;
        OutageScript { faults: vec![Fault { target: "plan".to_owned(), kind, from: Time::ZERO, until }] }
    }

    fn found() -> Found {
        Found {
            breaks: "ttft_p99[cn-chat] <= 4s".to_owned(),
            scenario: "quick".to_owned(),
            fingerprint: "0123456789abcdef".to_owned(),
            ..Found::default()
        }
    }

    #[test]
    fn names_of_files_are_plain() {
        assert_eq!(file_word("ttft_p99[cn-chat] <= 4s"), "ttft_p99-cn-chat-4s");
        assert_eq!(file_word("../../etc/passwd"), "..-..-etc-passwd".trim_start_matches('.'));
        assert_eq!(file_word("<>"), "unnamed");
    }

    #[test]
    fn a_script_is_kept_once_and_never_replaces_another() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let keep = |minutes| keep(dir.path(), &script(minutes), &found()).expect("it can be kept");
        let first = keep(1);
        assert_eq!(first, dir.path().join("quick/ttft_p99-cn-chat-4s-01234567.ron"));
        let before = fs::read(&first).expect("a file");
        assert_eq!(keep(1), first);
        let second = keep(2);
        assert_eq!(second, dir.path().join("quick/ttft_p99-cn-chat-4s-01234567-2.ron"));
        assert_eq!((keep(1), keep(2)), (first.clone(), second));
        assert_eq!(fs::read(&first).expect("a file"), before);
        assert_eq!(fs::read_dir(dir.path().join("quick")).expect("a directory").count(), 2);
    }
}
