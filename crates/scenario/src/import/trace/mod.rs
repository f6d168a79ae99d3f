//! Recorded arrivals to an entry of `workloads`: the trace itself, and a generator with its rate, dispersion and
//! lengths.
//!
//! * this file – the entry and the notes
//! * [`measure`] – rate, CV, dispersion, lengths
//! * [`fit`] – generators by the method of moments

pub mod fit;
pub mod measure;

use std::fmt::Write as _;
use std::path::Path;

use sandbox_core::{Span, Time};

use super::Imported;
use crate::problem::{Invalid, Problem};
use crate::resolved::TraceRow;
use crate::trace as file;
use fit::{ArrivalsFit, LengthsFit};
pub use measure::Measured;

/// Which of the two arrivals of the entry is active; the other one stands in a comment.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub enum Form {
    /// The trace itself.
    Trace,
    /// The generator that was fitted to it.
    #[default]
    Fitted,
}

/// Reads a trace (Azure's CSV or Mooncake's JSON lines, plain or gzipped). `quantum` is what its time-stamps were rounded
/// down to; zero if they were not.
///
/// # Errors
/// If the file cannot be read, is no trace, or has fewer requests than can be measured.
pub fn import(path: &Path, quantum: Span, form: Form) -> Result<Imported, Invalid> {
    let rows = spread(&file::read(path)?, quantum);
    if rows.len() < measure::ROWS_MIN || rows.last().is_none_or(|last| last.at == Time::ZERO) {
        let message = format!("holds {} requests, too few to measure", rows.len());
        let hint = format!("use a trace of at least {} requests", measure::ROWS_MIN);
        return Err(Problem::bare(&path.display().to_string(), "", message, Some(hint)).into());
    }
    let measured = Measured::of(&rows, quantum);
    let arrivals = fit::arrivals(&measured);
    let input: Vec<u32> = rows.iter().map(|row| row.input).collect();
    let output: Vec<u32> = rows.iter().map(|row| row.output).collect();
    let (input, output) = (fit::lengths(&input), fit::lengths(&output));
    let text = entry(path, quantum, form, &arrivals, &input, &output);
    Ok(Imported { text, notes: notes(&rows, quantum, &measured, &arrivals, &input, &output) })
}

/// Rows that were rounded down to a quantum, moved within it: as a run does it, with seed 1.
fn spread(rows: &[TraceRow], quantum: Span) -> Vec<TraceRow> {
    file::arrivals(rows, "import", 1, 1.0, quantum, Span::MAX)
}

fn entry(
    path: &Path,
    quantum: Span,
    form: Form,
    arrivals: &ArrivalsFit,
    input: &LengthsFit,
    output: &LengthsFit,
) -> String {
    let quantum = if quantum.is_zero() { String::new() } else { format!(", quantum: \"{quantum}\"") };
    let trace = format!("arrivals: Trace(file: {:?}{quantum}),", path.display().to_string());
    let fitted = [format!("arrivals: {arrivals},"), format!("input: {input},"), format!("output: {output},")];
    let mut text = String::from(
        "(\n    name: \"imported\", region: \"REGION\", entry: \"ROUTER\", plan: \"ENDPOINT\",\n",
    );
    let (on, off) = ("    ", "    // ");
    let (trace_mark, fitted_mark) = match form {
        Form::Trace => (on, off),
        Form::Fitted => (off, on),
    };
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "    // As recorded, with its own lengths:\n{trace_mark}{trace}\n    // Fitted to it:"
    );
    for line in fitted {
        let _ = writeln!(text, "{fitted_mark}{line}");
    }
    text.push_str("),\n");
    text
}

fn notes(
    rows: &[TraceRow],
    quantum: Span,
    measured: &Measured,
    arrivals: &ArrivalsFit,
    input: &LengthsFit,
    output: &LengthsFit,
) -> Vec<String> {
    let (short, long) = measured.windows_s;
    let mut notes = vec![format!(
        "measured: {} requests in {:.0} s, {:.3}/s; gaps have a CV of {:.2}; counts have a dispersion of {:.2} in windows of \
         {short} s and {:.1} in windows of {long} s",
        measured.requests,
        measured.seconds,
        measured.rate_per_s,
        measured.cv,
        measured.dispersion.0,
        measured.dispersion.1
    )];
    notes.extend(arrivals.notes(measured));
    notes.extend([("input", input), ("output", output)].map(|(key, fit)| format!("{key}: {}", fit.note())));
    let mut steps: Vec<u64> = rows.windows(2).map(|pair| pair[1].at.since(pair[0].at).as_nanos()).collect();
    steps.retain(|&step| step > 0);
    steps.sort_unstable();
    if quantum.is_zero() && steps.len() < rows.len() / 2 {
        let step = Span::from_nanos(steps[steps.len() / 2]);
        notes.push(format!(
            "most requests share their time-stamp with another: they look rounded, perhaps to {step}; add `--quantum`"
        ));
    }
    if !quantum.is_zero() {
        notes.push(format!(
            "nothing is known of the traffic below {quantum}: rows were moved by uniform draws"
        ));
    }
    notes.push(
        "put your own names for REGION, ROUTER and ENDPOINT; hours of the day are not fitted".to_owned(),
    );
    notes
}
