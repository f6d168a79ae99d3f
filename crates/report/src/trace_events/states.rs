//! What is known at the end of a run: what was true of targets, the run over time, and where the trace comes from.

use std::io;

use sandbox_core::Time;
use sandbox_engine::output::{Summary, Timeline, TimelineRow};
use sandbox_model::OutageScript;

use super::TraceEvents;
use super::json::{Args, Track};

impl<W: io::Write> TraceEvents<W> {
    /// Faults on threads of what they hit. Faults of one target that overlap get a thread each.
    pub(super) fn faults(&mut self, summary: &Summary, script: &OutageScript) {
        // By target: its threads, and until when each is taken.
        let mut taken: Vec<(&str, Track, Time)> = Vec::new();
        // The order in which tracks are named and filled: by target as first hit, then by onset.
        let mut order: Vec<usize> = (0..script.faults.len()).collect();
        order.sort_by_key(|&index| script.faults[index].from);
        for index in order {
            let fault = &script.faults[index];
            let (from, until) = (fault.from.min(self.end), fault.until.min(self.end));
            let free = taken.iter().position(|(target, _, busy)| *target == fault.target && *busy <= from);
            let slot = free.unwrap_or_else(|| {
                let others = taken.iter().filter(|(target, ..)| *target == fault.target).count();
                let number = if others == 0 { String::new() } else { format!(" ({})", others + 1) };
                let known = self.layout.processes.len();
                let process = self.layout.process_of_fault(&fault.target);
                if let Some((track, name)) = self.layout.processes.get(known) {
                    self.events.name("process_name", *track, name);
                    self.events.place("process_sort_index", *track, known as u32);
                }
                let track = self.layout.thread(process, format!("truth of {}{number}", fault.target));
                taken.push((&fault.target, track, Time::ZERO));
                taken.len() - 1
            });
            taken[slot].2 = until;
            let report = summary.faults.get(index);
            let name = report.map_or(fault.kind.name(), |report| report.kind.as_str());
            let args = Args::new()
                .text("target", &fault.target)
                .text("kind", fault.kind.name())
                .if_some(report.and_then(|r| r.detection_lag_s), |a, lag| a.number("detection_lag_s", lag))
                .if_some(report.and_then(|r| r.failback_lag_s), |a, lag| a.number("failback_lag_s", lag));
            self.events.slice("truth", taken[slot].1, &format!("fault: {name}"), [from, until], &args);
        }
    }

    /// The timeline as counters of the run.
    pub(super) fn counters(&mut self, timeline: &Timeline) {
        let track = self.layout.run;
        let money = |row: Option<&TimelineRow>| {
            Args::new()
                .usd("run", row.map_or_else(Default::default, |row| row.cost))
                .usd("control twin", row.map_or_else(Default::default, |row| row.twin_cost))
        };
        self.events.counter("cost $", track, Time::ZERO, &money(None));
        for row in &timeline.rows {
            let requests = Args::new()
                .number("served by plan", row.served_by_plan)
                .number("leaked", row.leaked)
                .number("failed", row.failed)
                .number("shed", row.shed)
                .number("in flight at the end", row.in_flight);
            self.events.counter("requests", track, row.at, &requests);
            // Of nothing there is no share: the counter pauses at 0, and the one above says why.
            let share = |n: u64| if row.arrived == 0 { 0.0 } else { 100.0 * n as f64 / row.arrived as f64 };
            let shares = Args::new()
                .number("plan", share(row.served_by_plan))
                .number("leaked", share(row.leaked))
                .number("not served", share(row.failed + row.shed));
            self.events.counter("share %", track, row.at, &shares);
            let per_request = if row.arrived == 0 { 0.0 } else { row.attempts as f64 / row.arrived as f64 };
            let attempts = Args::new().number("per bucket", row.attempts).number("per request", per_request);
            self.events.counter("attempts", track, row.at, &attempts);
            let limited = Args::new().number("per bucket", row.rate_limited);
            self.events.counter("429 answers", track, row.at, &limited);
            let end = row.at.saturating_add(timeline.bucket).min(self.end);
            self.events.counter("cost $", track, end, &money(Some(row)));
        }
    }

    pub(super) fn name_threads(&mut self) {
        let mut threads = vec![(self.layout.run, "whole scenario".to_owned())];
        for (id, node) in self.names.nodes.iter().enumerate().filter(|(id, _)| self.believed[*id]) {
            threads.push((self.layout.beliefs[id], format!("belief of {}", node.name)));
        }
        threads.extend(self.layout.threads.iter().cloned());
        threads.sort_by_key(|(track, _)| (track.process, track.thread));
        for (place, (track, name)) in threads.iter().enumerate() {
            self.events.name("thread_name", *track, name);
            self.events.place("thread_sort_index", *track, place as u32);
        }
    }

    /// Where the trace comes from, and how much of the run it holds.
    pub(super) fn about(&self, summary: &Summary) -> Args {
        Args::new()
            .text("scenario", &summary.scenario)
            .number("seed", summary.seed)
            .text("repro", &summary.repro)
            .text("fingerprint", &summary.fingerprint)
            .text("version", &summary.version)
            .text("start", &summary.start)
            .text("sampling", &self.sampling.to_string())
            .number("requests_simulated", self.kept.requests_seen)
            .number("requests_in_trace", self.kept.requests)
            .number("attempts_in_trace", self.kept.attempts)
            .text("complete", "faults, beliefs and counters are of the whole run")
    }
}
