//! Trace events as JSON, one a line.
//!
//! The format is Chrome's ("Trace Event Format", Google, 2016): `M` names a process or thread, `B`/`E` are slices of a
//! thread, `b`/`e` a slice of its own with what is inside it, `C` a counter. Times are microseconds; ours have three
//! decimals, so that they are exact.

use std::fmt::{self, Write as _};
use std::io;

use sandbox_core::Time;
use sandbox_model::Usd;

/// Where an event belongs.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Track {
    pub(super) process: u32,
    pub(super) thread: u32,
}

/// Events on their way into a file. What is written is counted; the first error ends all writing.
pub(super) struct Events<W> {
    out: W,
    line: String,
    any: bool,
    failed: Option<io::Error>,
}

impl<W: io::Write> Events<W> {
    pub(super) fn new(out: W) -> Self {
        let mut events = Self { out, line: String::new(), any: false, failed: None };
        events.raw("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
        events
    }

    /// Ends the list of events, adds what is to be known of the whole, and gives the file back.
    pub(super) fn finish(mut self, about: &Args) -> io::Result<W> {
        let about = &about.0;
        self.raw(&format!("\n],\"otherData\":{{{about}}}}}\n"));
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.out),
        }
    }

    /// Names a process or thread: `what` is `process_name`, `thread_name`, …
    pub(super) fn name(&mut self, what: &str, track: Track, name: &str) {
        self.event("M", what, track, None, "", &Args::new().text("name", name));
    }

    /// Says which place a process or thread has among its like.
    pub(super) fn place(&mut self, what: &str, track: Track, place: u32) {
        self.event("M", what, track, None, "", &Args::new().number("sort_index", place));
    }

    /// A slice of a thread. Slices of one thread are written in order and do not overlap.
    pub(super) fn slice(
        &mut self,
        kind: &str,
        track: Track,
        name: &str,
        [from, until]: [Time; 2],
        args: &Args,
    ) {
        let kind = format!(",\"cat\":\"{kind}\"");
        self.event("B", name, track, Some(from), &kind, args);
        self.event("E", name, track, Some(until), &kind, &Args::new());
    }

    /// A slice that may overlap any other, with another one at its beginning.
    pub(super) fn span(&mut self, span: &Span<'_>, args: &Args) {
        let Span { kind, id, track, name, times: [from, until], first } = *span;
        let more = format!(",\"cat\":\"{kind}\",\"id2\":{{\"local\":\"{id:#x}\"}}");
        self.event("b", name, track, Some(from), &more, args);
        if let Some((inner, inner_until)) = first {
            self.event("b", inner, track, Some(from), &more, &Args::new());
            self.event("e", inner, track, Some(inner_until), &more, &Args::new());
        }
        self.event("e", name, track, Some(until), &more, &Args::new());
    }

    /// Values from now on.
    pub(super) fn counter(&mut self, name: &str, track: Track, at: Time, values: &Args) {
        self.event("C", name, track, Some(at), "", values);
    }

    fn event(&mut self, phase: &str, name: &str, track: Track, at: Option<Time>, more: &str, args: &Args) {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        line.push_str(if self.any { ",\n" } else { "\n" });
        self.any = true;
        let Track { process, thread } = track;
        let mut put = |text: fmt::Arguments<'_>| line.write_fmt(text).unwrap_or_default();
        put(format_args!("{{\"ph\":\"{phase}\",\"pid\":{process},\"tid\":{thread}"));
        if let Some(at) = at {
            let nanos = at.as_nanos();
            put(format_args!(",\"ts\":{}.{:03}", nanos / 1_000, nanos % 1_000));
        }
        put(format_args!(",\"name\":{}{more}", quoted(name)));
        if !args.0.is_empty() {
            put(format_args!(",\"args\":{{{}}}", args.0));
        }
        line.push('}');
        self.raw(&line);
        self.line = line;
    }

    fn raw(&mut self, text: &str) {
        if self.failed.is_none()
            && let Err(error) = self.out.write_all(text.as_bytes())
        {
            self.failed = Some(error);
        }
    }
}

/// A slice of its own.
#[derive(Copy, Clone)]
pub(super) struct Span<'a> {
    pub(super) kind: &'a str,
    /// Shared by no other.
    pub(super) id: u64,
    pub(super) track: Track,
    pub(super) name: &'a str,
    /// From when until when.
    pub(super) times: [Time; 2],
    /// What its first part is, and until when.
    pub(super) first: Option<(&'a str, Time)>,
}

/// What is known of an event: members of a JSON object.
#[derive(Clone, Default)]
pub(super) struct Args(String);

impl Args {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn text(self, key: &str, value: &str) -> Self {
        self.raw(key, &quoted(value))
    }

    pub(super) fn number(self, key: &str, value: impl fmt::Display) -> Self {
        self.raw(key, &value.to_string())
    }

    /// Exact, as a number of dollars.
    pub(super) fn usd(self, key: &str, value: Usd) -> Self {
        self.raw(key, &value.decimal())
    }

    pub(super) fn truth(self, key: &str, value: bool) -> Self {
        self.raw(key, if value { "true" } else { "false" })
    }

    /// Adds nothing if there is nothing.
    pub(super) fn if_some<T>(self, value: Option<T>, add: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => add(self, value),
            None => self,
        }
    }

    fn raw(mut self, key: &str, value: &str) -> Self {
        let comma = if self.0.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        write!(self.0, "{comma}{}:{value}", quoted(key)).unwrap_or_default();
        self
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Nanoseconds as seconds with nine decimals.
pub(super) fn seconds(nanos: u64) -> String {
    format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}
