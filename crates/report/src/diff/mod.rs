//! Two runs beside each other: what is different between them, and what that did.
//!
//! * `numbers` – numbers of both with their difference, exact where money is
//! * `sentence` – all of it in one sentence
//!
//! Runs are *paired* where the same requests arrived under the same outages: only then is a difference between them the doing
//! of what was changed. [`Diff`] says so, and whoever shows it must.

mod numbers;
mod sentence;

use sandbox_engine::output::Summary;
use serde::Serialize;

use crate::run_data::RunData;
pub use numbers::{Number, Quantity, Unit};

/// Version of the shape of a [`Diff`] as JSON.
pub const SCHEMA: u32 = 1;

/// One of two runs.
#[derive(Copy, Clone, Debug)]
pub struct Side<'a> {
    /// What it is called: its directory.
    pub name: &'a str,
    /// What it holds.
    pub run: &'a RunData,
}

/// What is different between two runs before they begin.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Setup {
    /// Keys of the scenario, but for its written faults.
    pub changes: Vec<Change>,
    /// Faults.
    pub outages: Outages,
    /// Whether the same requests arrive at the same instants, with the same lengths.
    pub same_arrivals: bool,
}

/// A key of the scenario that is different.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    /// Its path, as `--set` takes it.
    pub path: String,
    /// Its value in A; none if it is not there.
    pub a: Option<String>,
    /// Its value in B; none if it is not there.
    pub b: Option<String>,
}

/// Faults that only one of two runs had, as lines of an outage script.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Outages {
    /// Only in A.
    pub only_a: Vec<String>,
    /// Only in B.
    pub only_b: Vec<String>,
}

impl Outages {
    /// Whether both runs had the same faults.
    #[must_use]
    pub fn are_same(&self) -> bool {
        self.only_a.is_empty() && self.only_b.is_empty()
    }
}

/// Two runs beside each other.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Diff {
    /// Version of this shape: [`SCHEMA`].
    pub schema: u32,
    /// What is different and what that did.
    pub sentence: String,
    /// The first run.
    pub a: Which,
    /// The second run.
    pub b: Which,
    /// Whether the runs can be compared request by request.
    pub paired: Paired,
    /// What is different between the scenarios.
    pub changes: Vec<Change>,
    /// What is different between the outages.
    pub outages: Outages,
    /// The main numbers.
    pub numbers: Vec<Number>,
    /// Objectives of either.
    pub objectives: Vec<Promise>,
    /// Leaked requests by cause, where they differ.
    pub causes: Vec<Number>,
    /// Numbers by workload, where there are several and these differ.
    pub workloads: Vec<Of>,
}

/// Which run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Which {
    /// What it is called: its directory.
    pub run: String,
    /// Its scenario.
    pub scenario: String,
    /// Seed of its weather.
    pub seed: u64,
    /// Version of the program.
    pub version: String,
    /// Fingerprint of its events.
    pub fingerprint: String,
}

/// What two runs have in common.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Paired {
    /// The same requests arrived.
    pub arrivals: bool,
    /// The same faults were on.
    pub outages: bool,
}

impl Paired {
    /// Whether a difference is the doing of what was changed.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.arrivals && self.outages
    }

    /// What the pair has in common, or what is missing.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match (self.arrivals, self.outages) {
            (true, true) => "the same arrivals under the same outages",
            (true, false) => "the outages differ: numbers differ by them as well as by what was changed",
            (false, true) => "the arrivals differ: numbers differ by them as well as by what was changed",
            (false, false) => {
                "arrivals and outages differ: numbers differ by them as well as by what was changed"
            }
        }
    }
}

/// An objective of either run.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Promise {
    /// As written.
    pub expression: String,
    /// In A; none if A does not have it.
    pub a: Option<Kept>,
    /// In B; none if B does not have it.
    pub b: Option<Kept>,
}

/// What became of an objective.
#[derive(Copy, Clone, PartialEq, Debug, Serialize)]
pub struct Kept {
    /// What was measured, if there was anything.
    pub value: Option<f64>,
    /// Whether it was kept.
    pub met: bool,
}

/// Numbers of one workload.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Of {
    /// Its name.
    pub workload: String,
    /// Those that differ.
    pub numbers: Vec<Number>,
}

impl Diff {
    /// Two runs, and what was different between them before they began.
    #[must_use]
    pub fn new(a: Side<'_>, b: Side<'_>, setup: Setup) -> Self {
        let (left, right) = (&a.run.summary, &b.run.summary);
        // What was drawn is what arrived: a check on what the scenarios say.
        let same_arrivals = setup.same_arrivals && arrivals(a.run) == arrivals(b.run);
        let paired = Paired { arrivals: same_arrivals, outages: setup.outages.are_same() };
        let mut diff = Self {
            schema: SCHEMA,
            sentence: String::new(),
            a: which(a),
            b: which(b),
            paired,
            changes: setup.changes,
            outages: setup.outages,
            numbers: numbers::of_runs(left, right),
            objectives: promises(left, right),
            causes: numbers::by_cause(left, right),
            workloads: numbers::by_workload(left, right),
        };
        diff.sentence = sentence::sentence(&diff, left, right);
        diff
    }
}

fn arrivals(run: &RunData) -> (Vec<u64>, Vec<u64>) {
    let by_bucket = run.timeline.rows.iter().map(|row| row.arrived).collect();
    let by_workload = run.summary.workloads.values().map(|scope| scope.requests.arrived).collect();
    (by_bucket, by_workload)
}

fn which(side: Side<'_>) -> Which {
    let Summary { scenario, seed, version, fingerprint, .. } = &side.run.summary;
    Which {
        run: side.name.to_owned(),
        scenario: scenario.clone(),
        seed: *seed,
        version: version.clone(),
        fingerprint: fingerprint.clone(),
    }
}

/// Objectives of A in their order, then those that only B has.
fn promises(a: &Summary, b: &Summary) -> Vec<Promise> {
    let find = |summary: &Summary, expression: &str| {
        let objective = summary.objectives.iter().find(|objective| objective.expression == expression)?;
        Some(Kept { value: objective.value, met: objective.met })
    };
    let mut expressions: Vec<&str> = Vec::new();
    for objective in a.objectives.iter().chain(&b.objectives) {
        if !expressions.contains(&objective.expression.as_str()) {
            expressions.push(&objective.expression);
        }
    }
    let promise = |expression: &str| Promise {
        expression: expression.to_owned(),
        a: find(a, expression),
        b: find(b, expression),
    };
    expressions.into_iter().map(promise).collect()
}

#[cfg(test)]
mod tests;
