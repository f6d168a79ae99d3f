//! `sandbox import`: other tools' files to pieces of a scenario.

use std::path::Path;

use sandbox_scenario::import::{self, Imported, trace};

use crate::args::{Import, ImportTrace, TraceForm};
use crate::exit::{Code, Failure};
use crate::files;

/// Reads a file, prints what is to be known about it, and writes what became of it.
pub(crate) fn import(what: &Import) -> Result<Code, Failure> {
    match what {
        Import::Trace(args) => {
            let ImportTrace { file, quantum, form, out } = args;
            let form = match form {
                TraceForm::Trace => trace::Form::Trace,
                TraceForm::Fitted => trace::Form::Fitted,
            };
            write(&import::trace::import(file, *quantum, form)?, out.as_deref())
        }
    }
}

fn write(imported: &Imported, out: Option<&Path>) -> Result<Code, Failure> {
    for note in &imported.notes {
        eprintln!("note: {note}");
    }
    match out {
        Some(path) => files::write_file(path, imported.text.as_bytes())?,
        None => print!("{}", imported.text),
    }
    Ok(Code::Ok)
}
