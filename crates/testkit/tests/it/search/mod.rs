//! Searches: whatever the number of threads, killed or not, and for the worst.

mod journal;
mod outcome;
mod wild;
mod worst;

use std::path::Path;
use std::sync::Arc;

use sandbox_engine::monitor::Ended;
use sandbox_engine::{Monitor, Outcome};
use sandbox_routers::Registry;
use sandbox_scenario::Resolved;
use sandbox_testkit::properties::{Broken, How, Property, Sort, Subject, Watch};
use sandbox_testkit::search::Check;
use sandbox_testkit::weather::Weather;

/// Two minutes of the scenario that is measured.
fn small(overrides: &[&str], registry: Registry) -> Resolved {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/ten-minutes.ron");
    let mut all = vec!["duration=2m".to_owned(), "weather.script=[]".to_owned()];
    all.extend(overrides.iter().map(|&one| one.to_owned()));
    Resolved::load_with(&file, &all, Arc::new(registry)).unwrap_or_else(|invalid| panic!("{invalid}"))
}

fn check_of(resolved: Resolved, properties: &[Property], cases: u64) -> Check {
    Check {
        weather: Weather::new(&resolved),
        subject: Subject::new(resolved),
        properties: properties.to_vec(),
        objectives: Vec::new(),
        cases,
        seed: 3,
        jobs: 1,
        corpus: Vec::new(),
        all: false,
    }
}

/// Nobody can promise it: it is there to be broken.
const NEVER_FAILS: Property = Property {
    name: "never_fails",
    says: "No request fails.",
    sort: Sort::Safety,
    how: How::Watched(|_| {
        Some(Box::new(Never { outcome: Outcome::Failed, name: "never_fails", broken: None }))
    }),
};

const NEVER_LEAKS: Property = Property {
    name: "never_leaks",
    says: "No request leaks.",
    sort: Sort::Safety,
    how: How::Watched(|_| {
        Some(Box::new(Never { outcome: Outcome::Leak, name: "never_leaks", broken: None }))
    }),
};

/// Nothing breaks it.
const NEVER_BROKEN: Property = Property {
    name: "never_broken",
    says: "Nothing.",
    sort: Sort::Safety,
    how: How::Watched(|_| Some(Box::new(Silent))),
};

#[derive(Clone)]
struct Never {
    outcome: Outcome,
    name: &'static str,
    broken: Option<Broken>,
}

impl Monitor for Never {
    fn ended(&mut self, at: &Ended) {
        if at.outcome == self.outcome && self.broken.is_none() {
            self.broken = Some(Broken {
                property: self.name.to_owned(),
                at: Some(at.now),
                request: Some((at.workload, at.number)),
                what: format!("{:?} after {} attempts", at.outcome, at.attempts),
            });
        }
    }

    fn is_done(&self) -> bool {
        self.broken.is_some()
    }
}

impl Watch for Never {
    fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }
}

#[derive(Clone)]
struct Silent;

impl Monitor for Silent {}

impl Watch for Silent {
    fn broken(&self) -> Option<&Broken> {
        None
    }
}
