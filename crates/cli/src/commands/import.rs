//! `sandbox import`.

use std::path::Path;

use sandbox_scenario::import::{Imported, prices};

use crate::args::{Import, ImportPrices};
use crate::exit::{Code, Failure};
use crate::files;

/// Reads another tool's file, tells what could not be carried over, and writes what it makes of the rest.
pub(super) fn import(what: &Import) -> Result<Code, Failure> {
    let (imported, out) = match what {
        Import::Prices(args) => (import_prices(args)?, &args.out),
    };
    for note in &imported.notes {
        eprintln!("note: {note}");
    }
    match out {
        Some(path) => files::write_file(path, imported.text.as_bytes())?,
        None => print!("{}", imported.text),
    }
    Ok(Code::Ok)
}

fn import_prices(args: &ImportPrices) -> Result<Imported, Failure> {
    let (name, bytes) = read(&args.file)?;
    Ok(prices::import(&name, &bytes, &args.model)?)
}

fn read(path: &Path) -> Result<(String, Vec<u8>), Failure> {
    let bytes = std::fs::read(path).map_err(Failure::io("read", path))?;
    Ok((path.display().to_string(), bytes))
}
