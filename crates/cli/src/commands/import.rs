//! From other tools' files to pieces of a scenario.

use std::path::Path;

use sandbox_scenario::import::{Imported, serving};

use crate::args::Import;
use crate::exit::{Code, Failure};
use crate::files;

pub(crate) fn import(what: &Import) -> Result<Code, Failure> {
    match what {
        Import::Serving(args) => {
            let (model, hardware) = (args.model.as_str(), args.hardware.as_str());
            let machine = serving::Machine { model, hardware, tensor_parallel: args.tp };
            let imported = serving::import(&args.file.display().to_string(), &read(&args.file)?, machine)?;
            tell(&imported, args.out.as_deref())
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(Failure::io("read", path))
}

/// Notes to stderr, the text to where it is wanted.
fn tell(imported: &Imported, out: Option<&Path>) -> Result<Code, Failure> {
    for note in &imported.notes {
        eprintln!("note: {note}");
    }
    match out {
        Some(path) => files::write_file(path, imported.text.as_bytes())?,
        None => print!("{}", imported.text),
    }
    Ok(Code::Ok)
}
