//! The cheap rows hold, the document is the one that these checks write, and figures that are written in code are those of the
//! published files, where they are.
#![forbid(unsafe_code)]

mod data;
mod rows;

use std::path::PathBuf;

/// A path from the root of the repository.
fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
