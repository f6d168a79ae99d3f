//! `events.csv`: every event of a run.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};

use sandbox_engine::EventRecord;
use sandbox_model::Answer;
use sandbox_scenario::Resolved;

/// The event log while it is being written.
pub(super) struct EventLog {
    file: BufWriter<File>,
    workloads: Vec<String>,
    nodes: Vec<String>,
    failed: Option<io::Error>,
}

impl EventLog {
    pub(super) fn new(file: File, resolved: &Resolved) -> Self {
        let mut log = Self {
            file: BufWriter::new(file),
            workloads: resolved.scenario.workloads.iter().map(|w| w.name.clone()).collect(),
            nodes: resolved.nodes.iter().map(|n| n.name.clone()).collect(),
            failed: None,
        };
        log.line(format_args!("at_s,event,workload,request,node,answer"));
        log
    }

    pub(super) fn finish(self) -> io::Result<File> {
        match self.failed {
            Some(error) => Err(error),
            None => self.file.into_inner().map_err(io::IntoInnerError::into_error),
        }
    }

    pub(super) fn record(&mut self, record: &EventRecord) {
        let at = record.at.as_nanos();
        let (whole, part) = (at / 1_000_000_000, at % 1_000_000_000);
        let kind = record.kind.name();
        let node = record.node.map_or(String::new(), |node| self.nodes[node.index()].clone());
        let answer = match record.answer {
            None => String::new(),
            Some(Answer::Ok) => "ok".to_owned(),
            Some(Answer::Cut) => "cut".to_owned(),
            Some(Answer::TimedOut) => "timed_out".to_owned(),
            Some(Answer::Failed { status, .. }) => status.to_string(),
        };
        let (workload, request) = match record.request {
            None => (String::new(), String::new()),
            Some((workload, number)) => (self.workloads[workload as usize].clone(), number.to_string()),
        };
        self.line(format_args!("{whole}.{part:09},{kind},{workload},{request},{node},{answer}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        if self.failed.is_none()
            && let Err(error) = writeln!(self.file, "{line}")
        {
            self.failed = Some(error);
        }
    }
}
