//! `trace.json.gz`: a run as a trace, for Perfetto (ui.perfetto.dev), chrome://tracing and everything else that reads Chrome's
//! trace events. `docs/exports.md` says what is on which track.
//!
//! * this file – [`TraceEvents`]: records in, events out
//! * `json` – events as JSON
//! * `layout` – processes and threads
//! * `sampling` – [`Sampling`]: which requests a long trace tells of
//! * `states` – what is known at the end: faults, beliefs, counters
//! * `words` – what slices are called
//!
//! Records are written as they come: memory does not grow with the run. The file is not compressed here: see
//! [`Gzip`](crate::gzip::Gzip).

mod json;
mod layout;
mod sampling;
mod states;
#[cfg(test)]
mod tests;
mod words;

use std::io;

use sandbox_core::{Noise, Time};
use sandbox_engine::output::{Summary, Timeline};
use sandbox_engine::records::{AttemptRecord, BeliefRecord, Records, RequestRecord};
use sandbox_model::OutageScript;

use self::json::{Args, Events, Span};
use self::layout::Layout;
pub use self::sampling::Sampling;
use crate::names::Names;

/// A trace while it is being written.
pub struct TraceEvents<W> {
    events: Events<W>,
    layout: Layout,
    names: Names,
    sampling: Sampling,
    dice: Vec<Noise>,
    /// When the scenario ends.
    end: Time,
    next_id: u64,
    /// By node: some router believed it down once.
    believed: Vec<bool>,
    kept: Kept,
}

/// How much of the run is in its trace.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Kept {
    /// Requests that were told of.
    pub requests_seen: u64,
    /// Of these, requests that were written.
    pub requests: u64,
    /// Attempts that were written.
    pub attempts: u64,
}

impl<W: io::Write> TraceEvents<W> {
    /// Begins a trace of a scenario that ends at `end`.
    pub fn new(out: W, names: Names, end: Time, sampling: Sampling) -> Self {
        let mut events = Events::new(out);
        let layout = Layout::new(&names, &sampling.to_string());
        for (place, (track, name)) in layout.processes.iter().enumerate() {
            events.name("process_name", *track, name);
            events.place("process_sort_index", *track, place as u32);
        }
        let dice = Sampling::dice(&names.workloads);
        let believed = vec![false; names.nodes.len()];
        Self { events, layout, names, sampling, dice, end, next_id: 0, believed, kept: Kept::default() }
    }

    /// Adds what is known at the end: faults, beliefs, counters, and where the run comes from. Gives the file back.
    ///
    /// # Errors
    /// If writing failed, now or earlier.
    pub fn finish(
        mut self,
        summary: &Summary,
        timeline: &Timeline,
        script: &OutageScript,
    ) -> io::Result<(W, Kept)> {
        self.faults(summary, script);
        self.counters(timeline);
        self.name_threads();
        let kept = self.kept;
        let about = self.about(summary);
        let track = self.layout.run;
        let name = format!("{}, seed {}", summary.scenario, summary.seed);
        self.events.slice("run", track, &name, [Time::ZERO, self.end], &about);
        Ok((self.events.finish(&about)?, kept))
    }

    /// Which requests it tells of.
    pub const fn sampling(&self) -> Sampling {
        self.sampling
    }

    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}

impl<W: io::Write + Send> Records for TraceEvents<W> {
    fn request(&mut self, record: &RequestRecord) {
        self.kept.requests_seen += 1;
        if !self.sampling.keeps(&self.dice, record.workload, record.number) {
            return;
        }
        self.kept.requests += 1;
        let id = self.id();
        let seconds = |at: Time| json::seconds(at.saturating_since(record.arrived).as_nanos());
        let node = |node: sandbox_model::NodeId| self.names.nodes[node.index()].name.as_str();
        let args = Args::new()
            .text("workload", &self.names.workloads[record.workload])
            .number("request", record.number)
            .truth("counted", record.counted)
            .text("outcome", record.outcome_name())
            .if_some(record.cause, |args, cause| args.text("cause", cause.name()))
            .if_some(record.avoidable, |args, avoidable| args.truth("avoidable", avoidable))
            .if_some(record.endpoint, |args, endpoint| args.text("endpoint", node(endpoint)))
            .number("attempts", record.attempts)
            .if_some(record.first_token, |args, at| args.number("ttft_s", seconds(at)))
            .number("input_tokens", record.input_tokens)
            .number("output_tokens", record.output_tokens)
            .usd("billed_usd", record.billed)
            .usd("premium_usd", record.premium);
        let span = Span {
            kind: "request",
            id,
            track: self.layout.workloads[record.workload],
            name: &words::of_request(record),
            times: [record.arrived, record.ended.unwrap_or(self.end)],
            first: record.first_token.map(|at| ("to first token", at)),
        };
        self.events.span(&span, &args);
    }

    fn attempt(&mut self, record: &AttemptRecord) {
        if !self.sampling.keeps(&self.dice, record.workload, record.number) {
            return;
        }
        self.kept.attempts += 1;
        let id = self.id();
        let seconds = |at: Time| json::seconds(at.saturating_since(record.began).as_nanos());
        let node = |node: sandbox_model::NodeId| self.names.nodes[node.index()].name.as_str();
        let target = node(record.target);
        let answer = words::answer(record, self.end);
        let args = Args::new()
            .text("workload", &self.names.workloads[record.workload])
            .number("request", record.number)
            .truth("counted", record.counted)
            .text("router", record.router.map_or("(client)", node))
            .text("target", target)
            .number("place", record.place)
            .if_some(record.reason, |args, reason| args.text("reason", reason.name()))
            .text("answer", &answer)
            .if_some(record.leak, |args, (cause, avoidable)| {
                args.text("cause", cause.name()).truth("avoidable", avoidable)
            })
            .if_some(record.first_token, |args, at| args.number("ttft_s", seconds(at)))
            .usd("billed_usd", record.billed)
            .usd("wasted_usd", record.wasted);
        let span = Span {
            kind: "attempt",
            id,
            track: self.layout.attempts_at(record.target),
            name: &format!("{target}: {answer}"),
            times: [record.began, record.ended],
            first: record.first_token.map(|at| ("to first token", at)),
        };
        self.events.span(&span, &args);
    }

    fn belief(&mut self, record: &BeliefRecord) {
        let args = Args::new().text("target", &self.names.nodes[record.target.index()].name);
        let track = self.layout.beliefs[record.target.index()];
        self.believed[record.target.index()] = true;
        self.events.slice("belief", track, "believed down", [record.from, record.until], &args);
    }
}
