//! Reads tables cell by cell; what does not fit is named with its line and column.

use std::str::FromStr;

use ::csv::{Reader, ReaderBuilder, StringRecord};
use sandbox_model::{Cause, Usd};

use crate::error::ReportError;

/// A file with a header.
pub(super) struct Table<'a> {
    reader: Reader<&'a [u8]>,
    header: StringRecord,
    record: StringRecord,
}

impl<'a> Table<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, ReportError> {
        let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| broken(&error))?.clone();
        Ok(Self { reader, header, record: StringRecord::new() })
    }

    pub(super) fn header(&self) -> &StringRecord {
        &self.header
    }

    /// Refuses a file whose first columns are others.
    pub(super) fn begins_with(&self, names: &[&str]) -> Result<(), ReportError> {
        for (index, name) in names.iter().enumerate() {
            if self.header.get(index) != Some(name) {
                let found = self.header.get(index).unwrap_or("nothing");
                return Err(ReportError::Csv {
                    line: 1,
                    problem: format!("column {} must be `{name}`, found `{found}`", index + 1),
                });
            }
        }
        Ok(())
    }

    /// Refuses a file with other columns.
    pub(super) fn has(&self, names: &[&str]) -> Result<(), ReportError> {
        self.begins_with(names)?;
        match self.header.get(names.len()) {
            None => Ok(()),
            Some(more) => Err(ReportError::Csv { line: 1, problem: format!("there is no column `{more}`") }),
        }
    }

    /// The next line, if there is one.
    pub(super) fn next(&mut self) -> Result<Option<Cells<'_>>, ReportError> {
        let more = self.reader.read_record(&mut self.record).map_err(|error| broken(&error))?;
        Ok(more.then_some(Cells { header: &self.header, record: &self.record }))
    }
}

fn broken(error: &::csv::Error) -> ReportError {
    let line = error.position().map_or(1, ::csv::Position::line);
    ReportError::Csv { line, problem: error.to_string() }
}

/// One line of the file.
pub(super) struct Cells<'a> {
    header: &'a StringRecord,
    record: &'a StringRecord,
}

impl Cells<'_> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.header.len()
    }

    pub(super) fn text(&self, column: usize) -> &str {
        // The reader refuses lines of another length than the header's.
        self.record.get(column).unwrap_or_default()
    }

    pub(super) fn number<T: FromStr>(&self, column: usize) -> Result<T, ReportError> {
        self.text(column).parse().map_err(|_| self.error(column, "a number"))
    }

    pub(super) fn money(&self, column: usize) -> Result<Usd, ReportError> {
        let text = self.text(column);
        let written = match text.strip_prefix('-') {
            Some(rest) => format!("-${rest}"),
            None => format!("${text}"),
        };
        written.parse().map_err(|_| self.error(column, "an amount"))
    }

    pub(super) fn nanos(&self, column: usize) -> Result<u64, ReportError> {
        read_nanos(self.text(column)).ok_or_else(|| self.error(column, "seconds with nine decimals"))
    }

    pub(super) fn error(&self, column: usize, what: &str) -> ReportError {
        let line = self.record.position().map_or(0, ::csv::Position::line);
        let name = self.header.get(column).unwrap_or_default();
        let found = self.text(column);
        ReportError::Csv { line, problem: format!("column `{name}`: `{found}` is not {what}") }
    }

    pub(super) fn flag(&self, column: usize) -> Result<bool, ReportError> {
        self.text(column).parse().map_err(|_| self.error(column, "`true` or `false`"))
    }

    pub(super) fn cause(&self, column: usize) -> Result<Cause, ReportError> {
        let text = self.text(column);
        let cause = Cause::ALL.into_iter().find(|cause| cause.name() == text);
        cause.ok_or_else(|| self.error(column, "a cause"))
    }
}

/// Seconds with nine decimals as nanoseconds.
pub(super) fn read_nanos(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if part.len() != 9 || !digits(whole) || !digits(part) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(1_000_000_000)?.checked_add(part.parse().ok()?)
}
