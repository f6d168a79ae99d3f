//! Requests, attempts and buckets of a run as Parquet files, for DuckDB, Polars and pandas. `docs/exports.md` has the columns.
//!
//! * [`Tables`] – records in, three files out; row groups are written while the run goes on
//! * `table` – one file
//!
//! Numbers are exact: money is DECIMAL(38, 12) in dollars, times are nanoseconds since the start of the scenario. What is
//! unknown or does not apply is null. The same run gives the same bytes.
#![forbid(unsafe_code)]

mod table;

use std::io::{self, Write};

use parquet::data_type::ByteArray;
use sandbox_core::{Span, Time};
use sandbox_engine::output::{Summary, Timeline, TimelineRow};
use sandbox_engine::records::{AttemptRecord, BeliefRecord, Records, RequestRecord};
use sandbox_model::{Answer, NodeId};
use sandbox_report::Names;

use self::table::{Cell, Kind, Table};

/// The files, in the order in which [`Tables`] takes them.
pub const FILES: [&str; 3] = ["requests.parquet", "attempts.parquet", "buckets.parquet"];

const REQUESTS: [(&str, Kind); 16] = [
    ("workload", Kind::Text),
    ("request", Kind::Whole),
    ("counted", Kind::Truth),
    ("arrived_ns", Kind::Whole),
    ("first_token_ns", Kind::Whole),
    ("ended_ns", Kind::Whole),
    ("outcome", Kind::Text),
    ("cause", Kind::Text),
    ("avoidable", Kind::Truth),
    ("attempts", Kind::Whole),
    ("input_tokens", Kind::Whole),
    ("output_tokens", Kind::Whole),
    ("endpoint", Kind::Text),
    ("provider", Kind::Text),
    ("billed_usd", Kind::Money),
    ("premium_usd", Kind::Money),
];

const ATTEMPTS: [(&str, Kind); 17] = [
    ("workload", Kind::Text),
    ("request", Kind::Whole),
    ("counted", Kind::Truth),
    ("router", Kind::Text),
    ("target", Kind::Text),
    ("provider", Kind::Text),
    ("place", Kind::Whole),
    ("reason", Kind::Text),
    ("cause", Kind::Text),
    ("avoidable", Kind::Truth),
    ("began_ns", Kind::Whole),
    ("first_token_ns", Kind::Whole),
    ("ended_ns", Kind::Whole),
    ("answer", Kind::Text),
    ("status", Kind::Whole),
    ("billed_usd", Kind::Money),
    ("wasted_usd", Kind::Money),
];

const BUCKETS: [(&str, Kind); 15] = [
    ("at_ns", Kind::Whole),
    ("bucket_ns", Kind::Whole),
    ("arrived", Kind::Whole),
    ("served_by_plan", Kind::Whole),
    ("leaked", Kind::Whole),
    ("failed", Kind::Whole),
    ("shed", Kind::Whole),
    ("in_flight", Kind::Whole),
    ("attempts", Kind::Whole),
    ("rate_limited", Kind::Whole),
    ("ttft_p50_ns", Kind::Whole),
    ("ttft_p95_ns", Kind::Whole),
    ("ttft_p99_ns", Kind::Whole),
    ("cost_usd", Kind::Money),
    ("twin_cost_usd", Kind::Money),
];

/// The files of a run while it goes on.
pub struct Tables<W: Write + Send> {
    requests: Table<W>,
    attempts: Table<W>,
    buckets: W,
    texts: Texts,
}

/// Names as they are written, over and over.
struct Texts {
    workloads: Vec<ByteArray>,
    nodes: Vec<ByteArray>,
    /// By node.
    providers: Vec<Option<ByteArray>>,
}

impl<W: Write + Send> Tables<W> {
    /// Begins the files, in the order of [`FILES`].
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn new([requests, attempts, buckets]: [W; 3], names: &Names) -> io::Result<Self> {
        let provider = |index: Option<usize>| index.map(|index| text(&names.providers[index]));
        let texts = Texts {
            workloads: names.workloads.iter().map(|name| text(name)).collect(),
            nodes: names.nodes.iter().map(|node| text(&node.name)).collect(),
            providers: names.nodes.iter().map(|node| provider(node.provider)).collect(),
        };
        let requests = Table::new(requests, "requests", &owned(&REQUESTS))?;
        let attempts = Table::new(attempts, "attempts", &owned(&ATTEMPTS))?;
        Ok(Self { requests, attempts, buckets, texts })
    }

    /// Adds the buckets, ends the files and gives them back in the order of [`FILES`].
    ///
    /// # Errors
    /// If writing failed, now or earlier.
    pub fn finish(self, summary: &Summary, timeline: &Timeline) -> io::Result<[W; 3]> {
        let about = about(summary);
        let buckets = write_buckets(self.buckets, timeline, &about)?;
        Ok([self.requests.finish(&about)?, self.attempts.finish(&about)?, buckets])
    }
}

impl<W: Write + Send> Records for Tables<W> {
    fn request(&mut self, record: &RequestRecord) {
        let node = |node: NodeId| self.texts.nodes[node.index()].clone();
        self.requests.row([
            Cell::Text(Some(self.texts.workloads[record.workload].clone())),
            whole(record.number),
            Cell::Truth(Some(record.counted)),
            time(Some(record.arrived)),
            time(record.first_token),
            time(record.ended),
            Cell::Text(Some(text(record.outcome_name()))),
            Cell::Text(record.cause.map(|cause| text(cause.name()))),
            Cell::Truth(record.avoidable),
            whole(record.attempts.into()),
            whole(record.input_tokens.into()),
            whole(record.output_tokens.into()),
            Cell::Text(record.endpoint.map(node)),
            Cell::Text(record.endpoint.and_then(|node| self.texts.providers[node.index()].clone())),
            Cell::Money(Some(record.billed)),
            Cell::Money(Some(record.premium)),
        ]);
    }

    fn attempt(&mut self, record: &AttemptRecord) {
        let node = |node: NodeId| self.texts.nodes[node.index()].clone();
        let status = match record.answer {
            Some(Answer::Failed { status, .. }) => Some(i64::from(status.0)),
            _ => None,
        };
        self.attempts.row([
            Cell::Text(Some(self.texts.workloads[record.workload].clone())),
            whole(record.number),
            Cell::Truth(Some(record.counted)),
            Cell::Text(record.router.map(node)),
            Cell::Text(Some(node(record.target))),
            Cell::Text(self.texts.providers[record.target.index()].clone()),
            whole(record.place.into()),
            Cell::Text(record.reason.map(|reason| text(reason.name()))),
            Cell::Text(record.leak.map(|(cause, _)| text(cause.name()))),
            Cell::Truth(record.leak.map(|(_, avoidable)| avoidable)),
            time(Some(record.began)),
            time(record.first_token),
            time(Some(record.ended)),
            Cell::Text(record.answer.map(|answer| text(answer_name(answer)))),
            Cell::Whole(status),
            Cell::Money(Some(record.billed)),
            Cell::Money(Some(record.wasted)),
        ]);
    }

    /// Not told of: `buckets` says for how long.
    fn belief(&mut self, _: &BeliefRecord) {}
}

fn write_buckets<W: Write + Send>(out: W, timeline: &Timeline, about: &[(&str, String)]) -> io::Result<W> {
    let mut columns = owned(&BUCKETS);
    let mut named = |prefix: &str, names: &[String], kind| {
        columns.extend(names.iter().map(|name| (format!("{prefix}:{name}"), kind)));
    };
    named("served", &timeline.endpoints, Kind::Whole);
    named("belief_ns", &timeline.lanes, Kind::Whole);
    named("competing", &timeline.congested, Kind::Share);
    let mut table = Table::new(out, "buckets", &columns)?;
    for row in &timeline.rows {
        table.row_of(bucket(timeline, row).into_iter());
    }
    table.finish(about)
}

fn bucket(timeline: &Timeline, row: &TimelineRow) -> Vec<Cell> {
    let mut cells = vec![time(Some(row.at)), whole(timeline.bucket.as_nanos())];
    let TimelineRow {
        arrived, served_by_plan, leaked, failed, shed, in_flight, attempts, rate_limited, ..
    } = *row;
    let counts = [arrived, served_by_plan, leaked, failed, shed, in_flight, attempts, rate_limited];
    cells.extend(counts.map(whole));
    cells.extend([0, 1, 2].map(|which| span(row.ttft.map(|ttft| ttft[which]))));
    cells.extend([Cell::Money(Some(row.cost)), Cell::Money(Some(row.twin_cost))]);
    cells.extend(row.served.iter().copied().map(whole));
    cells.extend(row.believed_down.iter().map(|down| span(Some(*down))));
    cells.extend(row.competing.iter().map(|share| Cell::Share(Some(*share))));
    cells
}

/// Where the files come from: key-value metadata of each.
fn about(summary: &Summary) -> [(&'static str, String); 6] {
    [
        ("scenario", summary.scenario.clone()),
        ("seed", summary.seed.to_string()),
        ("repro", summary.repro.clone()),
        ("fingerprint", summary.fingerprint.clone()),
        ("version", summary.version.clone()),
        ("start", summary.start.clone()),
    ]
}

fn owned(columns: &[(&str, Kind)]) -> Vec<(String, Kind)> {
    columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect()
}

fn text(text: &str) -> ByteArray {
    ByteArray::from(text)
}

/// Counts and nanoseconds stay far below 2^63: that is 292 years.
fn whole(n: u64) -> Cell {
    Cell::Whole(i64::try_from(n).ok())
}

fn time(at: Option<Time>) -> Cell {
    Cell::Whole(at.and_then(|at| i64::try_from(at.as_nanos()).ok()))
}

fn span(span: Option<Span>) -> Cell {
    Cell::Whole(span.and_then(|span| i64::try_from(span.as_nanos()).ok()))
}

const fn answer_name(answer: Answer) -> &'static str {
    match answer {
        Answer::Ok => "ok",
        Answer::Failed { .. } => "failed",
        Answer::Cut => "cut",
        Answer::TimedOut => "timed_out",
    }
}
