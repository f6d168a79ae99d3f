//! What `run --trace-format` adds to a run directory: files that are written while the run goes on.
//!
//! * this file – which files, from the command line to the directory
//! * `events` – `events.csv`

mod events;

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::{Arc, Mutex};

use sandbox_core::Time;
use sandbox_engine::records::{AttemptRecord, BeliefRecord, Records, RequestRecord};
use sandbox_engine::{Log, RunOutput};
#[cfg(feature = "parquet")]
use sandbox_parquet::Tables;
use sandbox_report::gzip::Gzip;
use sandbox_report::trace_events::{Sampling, TraceEvents};
use sandbox_report::{Names, Node};
use sandbox_scenario::Resolved;
use sandbox_scenario::resolved::{self, NodeKind};

use self::events::EventLog;
use crate::args::{Run, TraceFormat};
use crate::exit::Failure;
use crate::files;

const EVENTS: &str = "events.csv";
const TRACE: &str = "trace.json.gz";
/// A trace of so many requests has some ten megabytes, and opens within seconds.
const TRACE_REQUESTS: u64 = 100_000;

/// Files by name, written and not yet in a directory.
pub(crate) type Streamed = Vec<(&'static str, File)>;

type Trace = TraceEvents<Gzip<BufWriter<File>>>;

/// The files of one run while it goes on. They have no name until they are whole: what is interrupted leaves nothing.
pub(crate) struct Exports {
    log: Option<Shared<EventLog>>,
    trace: Option<Shared<Trace>>,
    #[cfg(feature = "parquet")]
    tables: Option<Shared<Tables<File>>>,
}

/// Says what cannot be done before anything is run.
pub(crate) fn check(args: &Run) -> Result<(), Failure> {
    if cfg!(not(feature = "parquet")) && args.trace_formats.contains(&TraceFormat::Parquet) {
        return Err(Failure::Request {
            message: "this `sandbox` was built without Parquet".to_owned(),
            hint: "`cargo build --release --features parquet` builds one with it".to_owned(),
        });
    }
    if args.trace_sample.is_some() && !args.trace_formats.contains(&TraceFormat::Perfetto) {
        return Err(Failure::Request {
            message:
                "--trace-sample says of how many requests trace.json.gz tells, and none is to be written"
                    .to_owned(),
            hint: "add `--trace-format perfetto`; the other formats hold every request".to_owned(),
        });
    }
    Ok(())
}

impl Exports {
    pub(crate) fn create(args: &Run, resolved: &Resolved, dir: &Path) -> Result<Self, Failure> {
        let wanted = |format| args.trace_formats.contains(&format);
        let log = if args.trace || wanted(TraceFormat::Csv) {
            Some(Shared::new(EventLog::new(files::unnamed_beside(dir)?, resolved)))
        } else {
            None
        };
        let trace = if wanted(TraceFormat::Perfetto) {
            let sampling = args
                .trace_sample
                .unwrap_or_else(|| Sampling::at_most(TRACE_REQUESTS, resolved.expected_requests()));
            let file = Gzip::new(BufWriter::new(files::unnamed_beside(dir)?));
            let file = file.map_err(Failure::io("write", Path::new(TRACE)))?;
            Some(Shared::new(TraceEvents::new(file, names(resolved), end(resolved), sampling)))
        } else {
            None
        };
        Ok(Self {
            log,
            trace,
            #[cfg(feature = "parquet")]
            tables: if wanted(TraceFormat::Parquet) { Some(tables(resolved, dir)?) } else { None },
        })
    }

    /// Receives the events of the run.
    pub(crate) fn log(&self) -> Option<Log> {
        let log = self.log.clone()?;
        Some(Box::new(move |record| log.with(|log| log.record(record))))
    }

    /// Receives the records of the run.
    pub(crate) fn records(&self) -> Option<Box<dyn Records>> {
        let mut all = All(Vec::new());
        if let Some(trace) = self.trace.clone() {
            all.0.push(Box::new(trace));
        }
        #[cfg(feature = "parquet")]
        if let Some(tables) = self.tables.clone() {
            all.0.push(Box::new(tables));
        }
        (!all.0.is_empty()).then(|| Box::new(all) as Box<dyn Records>)
    }

    /// Ends the files. The run is over and has dropped what it wrote to.
    pub(crate) fn finish(self, output: &RunOutput) -> Result<Streamed, Failure> {
        let mut streamed = Streamed::new();
        if let Some(log) = self.log {
            let file = log.end().and_then(EventLog::finish);
            streamed.push((EVENTS, file.map_err(Failure::io("write", Path::new(EVENTS)))?));
        }
        if let Some(trace) = self.trace {
            let failure = Failure::io("write", Path::new(TRACE));
            streamed.push((TRACE, trace.end().and_then(|trace| end_trace(trace, output)).map_err(failure)?));
        }
        #[cfg(feature = "parquet")]
        if let Some(tables) = self.tables {
            let written = tables.end().and_then(|tables| tables.finish(&output.summary, &output.timeline));
            let written = written.map_err(Failure::io("write", Path::new("requests.parquet")))?;
            streamed.extend(sandbox_parquet::FILES.into_iter().zip(written));
        }
        Ok(streamed)
    }
}

/// Ends a trace, and says so if it does not hold everything.
fn end_trace(trace: Trace, output: &RunOutput) -> std::io::Result<File> {
    let sampling = trace.sampling();
    let (file, kept) = trace.finish(&output.summary, &output.timeline, &output.script)?;
    if !sampling.is_all() {
        eprintln!(
            "{TRACE} tells of {sampling}: {} of {}; faults, beliefs and counters are complete\n  \
             = hint: `--trace-sample all` tells of every one",
            kept.requests, kept.requests_seen
        );
    }
    file.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)
}

#[cfg(feature = "parquet")]
fn tables(resolved: &Resolved, dir: &Path) -> Result<Shared<Tables<File>>, Failure> {
    let files = [files::unnamed_beside(dir)?, files::unnamed_beside(dir)?, files::unnamed_beside(dir)?];
    let tables = Tables::new(files, &names(resolved));
    Ok(Shared::new(tables.map_err(Failure::io("write", Path::new("requests.parquet")))?))
}

/// The names behind the numbers of records.
fn names(resolved: &Resolved) -> Names {
    let node = |node: &resolved::Node| Node {
        name: node.name.clone(),
        provider: match node.kind {
            NodeKind::Endpoint { provider, .. } => Some(provider.index()),
            NodeKind::Router { .. } => None,
        },
    };
    Names {
        workloads: resolved.scenario.workloads.iter().map(|workload| workload.name.clone()).collect(),
        providers: resolved.scenario.providers.iter().map(|provider| provider.name.clone()).collect(),
        nodes: resolved.nodes.iter().map(node).collect(),
    }
}

fn end(resolved: &Resolved) -> Time {
    Time::ZERO + resolved.scenario.duration
}

/// Something that a run writes to, and that is taken back when it is over.
struct Shared<T>(Arc<Mutex<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    fn new(inner: T) -> Self {
        Self(Arc::new(Mutex::new(inner)))
    }

    fn with(&self, act: impl FnOnce(&mut T)) {
        // Only a panic while writing poisons it, and that has ended the run.
        if let Ok(mut inner) = self.0.lock() {
            act(&mut inner);
        }
    }

    fn end(self) -> std::io::Result<T> {
        let inner = Arc::into_inner(self.0).and_then(|inner| inner.into_inner().ok());
        inner.ok_or_else(|| std::io::Error::other("the run still writes to it"))
    }
}

impl<T: Records> Records for Shared<T> {
    fn request(&mut self, record: &RequestRecord) {
        self.with(|inner| inner.request(record));
    }

    fn attempt(&mut self, record: &AttemptRecord) {
        self.with(|inner| inner.attempt(record));
    }

    fn belief(&mut self, record: &BeliefRecord) {
        self.with(|inner| inner.belief(record));
    }
}

/// Several receivers of the same records.
struct All(Vec<Box<dyn Records>>);

impl Records for All {
    fn request(&mut self, record: &RequestRecord) {
        self.0.iter_mut().for_each(|one| one.request(record));
    }

    fn attempt(&mut self, record: &AttemptRecord) {
        self.0.iter_mut().for_each(|one| one.attempt(record));
    }

    fn belief(&mut self, record: &BeliefRecord) {
        self.0.iter_mut().for_each(|one| one.belief(record));
    }
}
