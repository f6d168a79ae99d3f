//! Exit codes, and the failures that lead to them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sandbox_engine::RunError;
use sandbox_report::ReportError;
use sandbox_scenario::Invalid;
use sandbox_testkit::corpus::CorpusError;
use sandbox_testkit::search::SearchError;

/// How the command ends.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Code {
    /// All is well.
    Ok = 0,
    /// A bug of this program, or files that cannot be read or written.
    Internal = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The scenario, a script or an override is wrong.
    Invalid = 3,
    /// An objective was missed.
    Missed = 4,
    /// A property was falsified, or an objective under weather that was searched for.
    Falsified = 5,
    /// A replay differs.
    Differs = 6,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Invalid(#[from] Invalid),
    #[error("error: {0}")]
    Run(#[from] RunError),
    #[error("error: {0}")]
    Search(#[from] SearchError),
    #[error("error: cannot draw or read the report: {0}")]
    Report(#[from] ReportError),
    #[error("error: cannot {what} {}: {error}", path.display())]
    Io { what: &'static str, path: PathBuf, error: std::io::Error },
    #[error("error: {} is not a run directory: {what}\n  = hint: `sandbox run SCENARIO --out DIR` writes one", path.display())]
    NotARun { path: PathBuf, what: String },
    #[error("error: {} was written by an older version: it has no {file}\n  = hint: run it again: `sandbox run {}/scenario.ron --script {}/outages.ron --out DIR`", path.display(), path.display(), path.display())]
    OldRun { path: PathBuf, file: String },
    #[error("error: {message}\n  = hint: {hint}")]
    Request { message: String, hint: String },
    #[error("error: {} is no longer the run that it was: its scenario and its outages give another\n  = hint: `sandbox replay {}` shows what differs", .0.display(), .0.display())]
    Changed(PathBuf),
    #[error("error: {} is there already and is not a run of this scenario\n  = hint: give another --out, or remove it first", .0.display())]
    Occupied(PathBuf),
}

impl From<CorpusError> for Failure {
    fn from(error: CorpusError) -> Self {
        let CorpusError::Io { what, path, error } = error;
        Self::Io { what, path, error }
    }
}

impl Failure {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::Io { what, path: path.to_owned(), error }
    }

    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Invalid(invalid) if invalid.unreadable => Code::Internal,
            Self::Invalid(_) => Code::Invalid,
            Self::Occupied(_) | Self::Request { .. } => Code::Usage,
            Self::Changed(_) => Code::Differs,
            Self::Run(_)
            | Self::Search(_)
            | Self::Report(_)
            | Self::Io { .. }
            | Self::NotARun { .. }
            | Self::OldRun { .. } => Code::Internal,
        }
    }
}
