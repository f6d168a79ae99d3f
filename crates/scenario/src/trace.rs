//! Recorded arrivals: Azure's CSV and Mooncake's JSON lines, plain or gzipped.
//!
//! Rows become offsets from the earliest one. Rows at or after the end of the scenario never arrive. An answer
//! of no tokens counts as one, and so does an empty prompt: something was asked, and something came back.

use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use sandbox_core::{Seed, Span, Time, uniform};
use serde::Deserialize;

use crate::problem::{Invalid, Place, Problem, name_hint};
use crate::resolved::TraceRow;
use crate::unpack;

/// The file called `name`: beside the scenario, then in the current directory; made absolute.
pub(crate) fn find(name: &str, base: Option<&Path>) -> Result<PathBuf, String> {
    let tries: Vec<PathBuf> = base.iter().map(|b| b.join(name)).chain([PathBuf::from(name)]).collect();
    match tries.iter().find(|path| path.is_file()) {
        Some(path) => path.canonicalize().map_err(|error| error.to_string()),
        None => {
            let mut tried: Vec<String> = tries.iter().map(|path| format!("`{}`", path.display())).collect();
            tried.dedup();
            Err(format!("looked for {}", tried.join(" and ")))
        }
    }
}

/// Reads all rows of a trace, as offsets from the earliest, in order of time.
pub(crate) fn read(path: &Path) -> Result<Vec<TraceRow>, Invalid> {
    let origin = path.display().to_string();
    let bare = |message: String, hint: &str| Problem::bare(&origin, "", message, Some(hint.to_owned()));
    let bytes = std::fs::read(path)
        .map_err(|e| bare(format!("cannot be read: {e}"), "check the path and its permissions"))?;
    let text = unpack::text(&origin, &bytes, FORMATS)?;
    parse(&text).map_err(|(line, message, hint)| {
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let end = start + text[start..].lines().next().map_or(0, str::len);
        Problem { place: Some(Place::new(&text, start..end)), ..bare(message, hint) }.into()
    })
}

const FORMATS: &str = "a trace is CSV with the columns TIMESTAMP,ContextTokens,GeneratedTokens, or JSON lines with \
                       timestamp, input_length and output_length";

/// Line (from 0), what is wrong with it, and a hint.
type RowError = (usize, String, &'static str);

/// Rows of a trace's text.
pub(crate) fn parse(text: &str) -> Result<Vec<TraceRow>, RowError> {
    let mut rows = if text.trim_start().starts_with('{') { json_lines(text) } else { csv(text) }?;
    let Some(first) = rows.iter().map(|row| row.0).min() else {
        return Err((0, "holds no request".to_owned(), FORMATS));
    };
    rows.sort_by_key(|row| row.0);
    let row = |(at, input, output): (i128, u32, u32)| {
        let at = u64::try_from(at - first).ok().map(Time::from_nanos)?;
        Some(TraceRow { at, input: input.max(1), output: output.max(1) })
    };
    let rows: Option<Vec<TraceRow>> = rows.into_iter().map(row).collect();
    rows.ok_or((0, "covers more than 500 years".to_owned(), FORMATS))
}

type Raw = (i128, u32, u32);

fn csv(text: &str) -> Result<Vec<Raw>, RowError> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (top, header) = lines.next().ok_or((0, "is empty".to_owned(), FORMATS))?;
    let columns: Vec<&str> = header.trim_start_matches('\u{feff}').split(',').map(str::trim).collect();
    let column = |name: &str| {
        columns.iter().position(|c| c.eq_ignore_ascii_case(name)).ok_or_else(|| {
            let there = name_hint(name, "its columns", columns.iter().copied());
            (top, format!("has no column `{name}` ({there})"), FORMATS)
        })
    };
    let (at, input, output) = (column("TIMESTAMP")?, column("ContextTokens")?, column("GeneratedTokens")?);
    let mut rows = Vec::new();
    for (number, line) in lines {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let cell = |index: usize| {
            let error =
                || (number, format!("has {} cells where {} are needed", cells.len(), columns.len()), FORMATS);
            cells.get(index).copied().ok_or_else(error)
        };
        let stamp: DateTime = cell(at)?.parse().map_err(|_| {
            (
                number,
                "has no time-stamp that can be read".to_owned(),
                "write it like 2023-11-16 18:17:03.9799600",
            )
        })?;
        // As if in UTC: only differences count.
        let stamp = stamp.to_zoned(jiff::tz::TimeZone::UTC).map_err(|e| (number, e.to_string(), FORMATS))?;
        let tokens = |index: usize, name: &str| {
            cell(index)?
                .parse::<u32>()
                .map_err(|_| (number, format!("{name} is not a count of tokens"), TOKENS))
        };
        rows.push((
            stamp.timestamp().as_nanosecond(),
            tokens(input, "ContextTokens")?,
            tokens(output, "GeneratedTokens")?,
        ));
    }
    Ok(rows)
}

const TOKENS: &str = "token counts are whole numbers from 0 to 4294967295";

#[derive(Deserialize)]
struct MooncakeRow {
    timestamp: i64,
    input_length: i64,
    output_length: i64,
}

fn json_lines(text: &str) -> Result<Vec<Raw>, RowError> {
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let row: MooncakeRow = serde_json::from_str(line).map_err(|error| {
            let message = error.to_string();
            let message = message.split(" at line").next().unwrap_or_default().to_owned();
            (number, format!("cannot be read: {message}"), FORMATS)
        })?;
        let tokens = |count: i64, name: &str| {
            u32::try_from(count).map_err(|_| (number, format!("{name} is not a count of tokens"), TOKENS))
        };
        let at = i128::from(row.timestamp) * 1_000_000;
        rows.push((
            at,
            tokens(row.input_length, "input_length")?,
            tokens(row.output_length, "output_length")?,
        ));
    }
    Ok(rows)
}

/// The rows as they arrive: moved within their quantum, sped up, in order, up to the end of the scenario.
pub(crate) fn arrivals(
    rows: &[TraceRow],
    workload: &str,
    seed: u64,
    speed: f64,
    quantum: Span,
    duration: Span,
) -> Vec<TraceRow> {
    let mut stream = Seed::new(seed).stream(&format!("workload/{workload}/trace"));
    let moved = |row: &TraceRow| {
        // A draw for each row of the file, whatever the duration: a longer run begins with a shorter one's rows.
        let part = if quantum.is_zero() { 0.0 } else { uniform(&mut stream) * quantum.as_nanos() as f64 };
        let recorded = row.at.saturating_add(Span::from_nanos(part as u64));
        let at = if speed == 1.0 {
            recorded
        } else {
            Time::from_nanos(libm::rint(recorded.as_nanos() as f64 / speed) as u64)
        };
        TraceRow { at, ..*row }
    };
    let mut rows: Vec<TraceRow> = rows.iter().map(moved).collect();
    rows.retain(|row| row.at.as_nanos() < duration.as_nanos());
    rows.sort_by_key(|row| row.at);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10\r\n\
                       2023-11-16 18:17:04.0319601,0,0\r\n";

    #[test]
    fn both_formats_give_offsets_from_the_first_row() {
        let rows = parse(CSV).unwrap();
        assert_eq!(rows[0], TraceRow { at: Time::ZERO, input: 4808, output: 10 });
        assert_eq!(rows[1], TraceRow { at: Time::from_nanos(52_000_100), input: 1, output: 1 });
        let rows = parse(
            "{\"timestamp\": 3000, \"input_length\": 5, \"output_length\": 6, \"hash_ids\": [1]}\n\
                          {\"timestamp\": 6000, \"input_length\": 5, \"output_length\": 6}\n",
        );
        assert_eq!(rows.unwrap()[1].at, Time::from_nanos(3_000_000_000));
    }

    #[test]
    fn malformed_rows_are_told_by_line() {
        let error = |text: &str| parse(text).unwrap_err();
        assert_eq!(error(&format!("{CSV}2023-11-16 18:17:03,1\n")).0, 3);
        assert_eq!(
            error(&format!("{CSV}2023-11-16 18:17:03,-1,1\n")).1,
            "ContextTokens is not a count of tokens"
        );
        assert_eq!(error(&format!("{CSV}yesterday,1,1\n")).0, 3);
        assert!(error("a,b\n1,2\n").1.contains("no column"));
        assert!(error("").1.contains("empty"));
        assert!(error("{\"timestamp\": 1}\n").1.contains("missing field"));
        assert!(
            error("{\"timestamp\": 1, \"input_length\": 5000000000, \"output_length\": 1}")
                .1
                .contains("input_length")
        );
    }

    #[test]
    fn rows_are_moved_within_their_quantum_and_sped_up() {
        let rows: Vec<TraceRow> = (0..1000)
            .map(|i| TraceRow { at: Time::ZERO + Span::from_secs(i / 10 * 3), input: 1, output: 1 })
            .collect();
        let out = arrivals(&rows, "w", 7, 1.0, Span::from_secs(3), Span::from_secs(150));
        assert_eq!(out.len(), 500);
        assert!(out.windows(2).all(|w| w[0].at <= w[1].at));
        assert_eq!(out, arrivals(&rows, "w", 7, 1.0, Span::from_secs(3), Span::from_secs(150)));
        assert_ne!(out, arrivals(&rows, "w", 8, 1.0, Span::from_secs(3), Span::from_secs(150)));
        let fast = arrivals(&rows, "w", 7, 2.0, Span::ZERO, Span::from_secs(1000));
        assert_eq!(fast[10].at, Time::from_nanos(1_500_000_000));
    }
}
