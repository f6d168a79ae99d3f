//! What is drawn: valid, as likely as documented, and where it hurts.

mod drawn;
mod scenarios;
mod shrunk;

use std::path::Path;

use sandbox_scenario::Resolved;

/// The scenarios of this repository, by name, in order.
fn shipped() -> Vec<(String, Resolved)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the repository has scenarios")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    let load = |path: &Path| Resolved::load(path, &[]).unwrap_or_else(|invalid| panic!("{invalid}"));
    let name = |path: &Path| path.file_stem().expect("a file").to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), load(path))).collect()
}
