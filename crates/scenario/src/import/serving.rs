//! Prefill and decode times from measurements in the format of Splitwise's `perf_model.csv`.
//!
//! Columns used, by name: `model`, `hardware`, `tensor_parallel`, `prompt_size`, `batch_size`, `prompt_time` and
//! `token_time` (ms); others, and lines that begin with `#`, are passed over. Two straight lines by least squares, each
//! through the medians by size (so that a size that was measured often does not outweigh the others):
//!
//! * prefill: `prompt_time` over `prompt_size`, of single requests, 128 to 4,096 tokens. Longer prompts grow faster than
//!   a line.
//! * step: `token_time` over `batch_size`, up to 64, at the prompt size that was measured at the most batch sizes.

use std::collections::{BTreeMap, BTreeSet};

use sandbox_core::Span;

use super::Imported;
use crate::problem::{Invalid, Place, Problem};

/// Prompt sizes that the prefill line goes through.
pub const PROMPTS: std::ops::RangeInclusive<u32> = 128..=4_096;
/// Largest batch that the step line goes through.
pub const BATCH_MAX: u32 = 64;

/// Which rows of a file to fit.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Machine<'a> {
    /// As in the column `model`.
    pub model: &'a str,
    /// As in the column `hardware`.
    pub hardware: &'a str,
    /// As in the column `tensor_parallel`.
    pub tensor_parallel: u32,
}

/// A straight line through measured times.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Line {
    /// Where it meets zero (ms).
    pub base: f64,
    /// How it rises [ms per token, or per sequence].
    pub slope: f64,
    /// Share of the variance of the medians that it explains.
    pub r_squared: f64,
    /// Distinct sizes: points of the fit.
    pub sizes: usize,
    /// Rows behind them.
    pub rows: usize,
}

/// What was fitted.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Fit {
    /// Prefill time over prompt tokens.
    pub prefill: Line,
    /// Decode step time over sequences.
    pub step: Line,
    /// Prompt size of the rows behind `step`.
    pub step_prompt: u32,
    /// Largest batch behind `step`.
    pub batch_max: u32,
}

/// Fits a machine's rows of a file and writes the `serving: (…)` block. `origin` names the file in messages; `bytes` are
/// its text, plain or gzipped.
///
/// # Errors
/// What is wrong with the file, or which machines it has if not this one.
pub fn import(origin: &str, bytes: &[u8], machine: Machine<'_>) -> Result<Imported, Invalid> {
    let fit = fit(origin, bytes, machine)?;
    let Fit { prefill, step, .. } = fit;
    // Microseconds for what happens once, tens of nanoseconds for what is multiplied.
    let span =
        |ms: f64, quantum: f64| Span::from_nanos((libm::round(ms.max(0.0) * 1e6 / quantum) * quantum) as u64);
    let text = format!(
        "serving: (\n    prefill_base: \"{}\", prefill_per_token: \"{}\",\n    step_base: \"{}\", step_per_sequence: \"{}\",\n    \
         sequences: {},\n)\n",
        span(prefill.base, 1e3),
        span(prefill.slope, 10.0),
        span(step.base, 1e3),
        span(step.slope, 10.0),
        fit.batch_max,
    );
    let told = |what: &str, line: Line, of: &str| {
        format!(
            "{what}: {:.3} ms + {:.4} ms a {of}, R² {:.4}, through {} sizes of {} rows",
            line.base, line.slope, line.r_squared, line.sizes, line.rows
        )
    };
    let mut notes = vec![
        told("prefill", prefill, "prompt token"),
        told("step", step, "sequence") + &format!(", at prompts of {} tokens", fit.step_prompt),
        format!(
            "sequences: {} is the largest batch that was fitted, not a limit that was measured",
            fit.batch_max
        ),
    ];
    for (key, line) in [("prefill_base", prefill), ("step_base", step)] {
        if line.base < 0.0 {
            notes.push(format!("{key}: the line meets zero at {:.3} ms, for which 0 is written", line.base));
        }
    }
    for (key, line) in [("prefill_per_token", prefill), ("step_per_sequence", step)] {
        if line.slope < 0.0 {
            notes.push(format!("{key}: the line falls by {:.4} ms, for which 0 is written", -line.slope));
        }
    }
    Ok(Imported { text, notes })
}

/// Fits a machine's rows of a file.
///
/// # Errors
/// What is wrong with the file, or which machines it has if not this one.
pub fn fit(origin: &str, bytes: &[u8], machine: Machine<'_>) -> Result<Fit, Invalid> {
    let text = crate::unpack::text(origin, bytes, FORMAT)?;
    let rows = rows(origin, &text)?;
    let bare = |message: String, hint: String| Invalid::from(Problem::bare(origin, "", message, Some(hint)));
    let ours: Vec<&Row<'_>> = rows.iter().filter(|row| row.machine == machine).collect();
    if ours.is_empty() {
        let Machine { model, hardware, tensor_parallel } = machine;
        let known: BTreeSet<String> = rows
            .iter()
            .map(|row| row.machine)
            .map(|m| format!("--model {} --hardware {} --tp {}", m.model, m.hardware, m.tensor_parallel))
            .collect();
        let known = known.into_iter().collect::<Vec<_>>().join("; ");
        let message =
            format!("has no rows of {model} on {hardware} with tensor parallelism {tensor_parallel}");
        return Err(bare(message, format!("it has: {known}")));
    }
    let single = ours.iter().filter(|row| row.batch == 1 && PROMPTS.contains(&row.prompt));
    let prefill = line(single.map(|row| (row.prompt, row.prompt_ms))).ok_or_else(|| {
        bare(
            "has too few prompt sizes to fit prefill times".to_owned(),
            "at least two prompt_size from 128 to 4096 with a batch_size of 1 are needed".to_owned(),
        )
    })?;
    let mut batches: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for row in ours.iter().filter(|row| row.batch <= BATCH_MAX) {
        batches.entry(row.prompt).or_default().insert(row.batch);
    }
    // Of several, the smallest prompt.
    let widest = batches.iter().rev().max_by_key(|(_, batches)| batches.len());
    let (step_prompt, batch_max) =
        widest.map_or((0, 0), |(&prompt, batches)| (prompt, batches.last().copied().unwrap_or(0)));
    let at_prompt = ours.iter().filter(|row| row.prompt == step_prompt && row.batch <= BATCH_MAX);
    let step = line(at_prompt.map(|row| (row.batch, row.token_ms))).ok_or_else(|| {
        bare(
            "has too few batch sizes to fit decode steps".to_owned(),
            "at least two batch_size up to 64 at one prompt_size are needed".to_owned(),
        )
    })?;
    Ok(Fit { prefill, step, step_prompt, batch_max })
}

/// The least-squares line through the medians by size; `None` if there are fewer than two sizes.
#[must_use]
pub fn line(points: impl Iterator<Item = (u32, f64)>) -> Option<Line> {
    let mut by_size: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (size, ms) in points {
        by_size.entry(size).or_default().push(ms);
    }
    if by_size.len() < 2 {
        return None;
    }
    let rows = by_size.values().map(Vec::len).sum();
    let medians: Vec<(f64, f64)> =
        by_size.into_iter().map(|(size, mut times)| (f64::from(size), median(&mut times))).collect();
    let n = medians.len() as f64;
    let mean_x = medians.iter().map(|(x, _)| x).sum::<f64>() / n;
    let mean_y = medians.iter().map(|(_, y)| y).sum::<f64>() / n;
    let sum = |f: &dyn Fn(f64, f64) -> f64| medians.iter().map(|&(x, y)| f(x, y)).sum::<f64>();
    let slope = sum(&|x, y| (x - mean_x) * (y - mean_y)) / sum(&|x, _| (x - mean_x) * (x - mean_x));
    let base = mean_y - slope * mean_x;
    let left = sum(&|x, y| {
        let off = y - base - slope * x;
        off * off
    });
    let all = sum(&|_, y| (y - mean_y) * (y - mean_y));
    let r_squared = if all > 0.0 { 1.0 - left / all } else { 1.0 };
    Some(Line { base, slope, r_squared, sizes: medians.len(), rows })
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    let half = times.len() / 2;
    if times.len() % 2 == 1 { times[half] } else { f64::midpoint(times[half - 1], times[half]) }
}

const FORMAT: &str = "measurements are CSV with the columns model, hardware, tensor_parallel, prompt_size, batch_size, \
                      prompt_time and token_time, as Splitwise's perf_model.csv";
const COLUMNS: [&str; 7] =
    ["model", "hardware", "tensor_parallel", "prompt_size", "batch_size", "prompt_time", "token_time"];

struct Row<'a> {
    machine: Machine<'a>,
    prompt: u32,
    batch: u32,
    prompt_ms: f64,
    token_ms: f64,
}

fn rows<'a>(origin: &str, text: &'a str) -> Result<Vec<Row<'a>>, Invalid> {
    let mut start = 0;
    let mut columns: Option<[usize; 7]> = None;
    let mut rows = Vec::new();
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end_matches(['\n', '\r']);
        let span = start..start + line.len();
        start += whole.len();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |message: String, hint: &str| -> Invalid {
            let place = Some(Place::new(text, span.clone()));
            Problem { place, ..Problem::bare(origin, "", message, Some(hint.to_owned())) }.into()
        };
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let Some(at) = columns else {
            let mut found = [0; 7];
            for (index, name) in COLUMNS.iter().enumerate() {
                found[index] = fields
                    .iter()
                    .position(|field| field == name)
                    .ok_or_else(|| wrong(format!("has no column `{name}`"), FORMAT))?;
            }
            columns = Some(found);
            continue;
        };
        let field = |index: usize| {
            let missing =
                || wrong(format!("has no value for `{}`", COLUMNS[index]), "give every row all columns");
            fields.get(at[index]).copied().ok_or_else(missing)
        };
        let count = |index: usize| {
            let written = field(index)?;
            let wrong = || wrong(format!("`{written}` is no {}", COLUMNS[index]), "write a whole number");
            written.parse::<u32>().map_err(|_| wrong())
        };
        let millis = |index: usize| {
            let written = field(index)?;
            let wrong =
                || wrong(format!("`{written}` is no {}", COLUMNS[index]), "write milliseconds, zero or more");
            written.parse::<f64>().ok().filter(|ms| ms.is_finite() && *ms >= 0.0).ok_or_else(wrong)
        };
        rows.push(Row {
            machine: Machine { model: field(0)?, hardware: field(1)?, tensor_parallel: count(2)? },
            prompt: count(3)?,
            batch: count(4)?,
            prompt_ms: millis(5)?,
            token_ms: millis(6)?,
        });
    }
    Ok(rows)
}
