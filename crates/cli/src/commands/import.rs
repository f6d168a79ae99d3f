//! `sandbox import`: other tools' files to pieces of a scenario.

use std::path::Path;

use sandbox_scenario::import::{Imported, litellm, prices, serving, statuspage, trace};

use crate::args::{
    Import, ImportLitellm, ImportPrices, ImportServing, ImportStatuspage, ImportTrace, TraceForm,
};
use crate::exit::{Code, Failure};
use crate::files;

/// Reads another tool's file, tells what could not be carried over, and writes what it makes of the rest.
pub(super) fn import(what: &Import) -> Result<Code, Failure> {
    let (imported, out) = match what {
        Import::Litellm(args) => (import_litellm(args)?, &args.out),
        Import::Statuspage(args) => (import_statuspage(args)?, &args.out),
        Import::Prices(args) => (import_prices(args)?, &args.out),
        Import::Trace(args) => (import_trace(args)?, &args.out),
        Import::Serving(args) => (import_serving(args)?, &args.out),
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

/// Tells the account of the config first, then what is assumed: that is what a reader must see last.
fn import_litellm(args: &ImportLitellm) -> Result<Imported, Failure> {
    let (name, bytes) = read(&args.file)?;
    let litellm::Import { text, notes, account } = litellm::import(&name, &bytes, args.model.as_deref())?;
    for line in account {
        eprintln!("{line}");
    }
    Ok(Imported { text, notes })
}

fn import_prices(args: &ImportPrices) -> Result<Imported, Failure> {
    let (name, bytes) = read(&args.file)?;
    Ok(prices::import(&name, &bytes, &args.model)?)
}

fn import_trace(args: &ImportTrace) -> Result<Imported, Failure> {
    let form = match args.form {
        TraceForm::Trace => trace::Form::Trace,
        TraceForm::Fitted => trace::Form::Fitted,
    };
    Ok(trace::import(&args.file, args.quantum, form)?)
}

fn import_serving(args: &ImportServing) -> Result<Imported, Failure> {
    let (name, bytes) = read(&args.file)?;
    let machine = serving::Machine { model: &args.model, hardware: &args.hardware, tensor_parallel: args.tp };
    Ok(serving::import(&name, &bytes, machine)?)
}

fn import_statuspage(args: &ImportStatuspage) -> Result<Imported, Failure> {
    let options = statuspage::Options {
        targets: args.targets.clone(),
        from: args.from.clone(),
        until: args.until.clone(),
        start: args.start.clone(),
        lag: args.lag,
        end: if args.until_resolved { statuspage::End::Resolved } else { statuspage::End::Mitigated },
        kinds: args.kinds.clone(),
    };
    let (name, bytes) = read(&args.file)?;
    Ok(statuspage::import(&name, &bytes, &options)?)
}

fn read(path: &Path) -> Result<(String, Vec<u8>), Failure> {
    let bytes = std::fs::read(path).map_err(Failure::io("read", path))?;
    Ok((path.display().to_string(), bytes))
}
