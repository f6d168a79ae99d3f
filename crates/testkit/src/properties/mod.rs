//! What can be held against a run, whatever the weather.
//!
//! A property that can be seen in one run is [watched](Watch) while the run goes on. One that takes other runs to see
//! [compares](Compare) them. What a property says of a scenario follows from what its routers [promise](Promises).

mod attempts;
mod barred;
mod beliefs;
mod beside;
mod calm;
mod capacity;
mod causality;
mod clairvoyant;
mod dearer_grid;
mod drains;
mod fewer_faults;
mod guards;
mod hedges;
mod held;
mod memory;
mod news;
mod open;
mod out;
mod renaming;
mod retries;
mod retry_budget;
mod returns;
mod sheds;
mod splitting;
mod time_shift;

use dyn_clone::DynClone;
pub use memory::Memory;
pub use news::News;
use sandbox_core::{Span, Time};
use sandbox_engine::monitor::Decided;
use sandbox_engine::{Monitor, RunError, Trials};
use sandbox_model::OutageScript;
use sandbox_routers::Promises;
use sandbox_scenario::Resolved;

/// A property: its name, what it says, and how it is held against a run.
#[derive(Copy, Clone, Debug)]
pub struct Property {
    /// Its name on the command line: `attempts`.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub says: &'static str,
    /// What sort of promise it is.
    pub sort: Sort,
    /// How it is held against a run.
    pub how: How,
}

/// Sorts of properties.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Sort {
    /// Something bad never happens.
    Safety,
    /// Something good happens in time.
    Liveness,
    /// Runs that differ in one thing differ in nothing else, or only in one direction.
    Metamorphic,
}

impl Sort {
    /// All of them, the cheapest to hold first.
    pub const ALL: [Self; 3] = [Self::Safety, Self::Liveness, Self::Metamorphic];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safety => "safety",
            Self::Liveness => "liveness",
            Self::Metamorphic => "metamorphic",
        }
    }

    /// Whether one run shows it. What takes several costs several times as much.
    #[must_use]
    pub const fn shows_in_one_run(self) -> bool {
        !matches!(self, Self::Metamorphic)
    }
}

/// How a property is held against a run. Both give nothing if it says nothing of this scenario.
#[derive(Copy, Clone, Debug)]
pub enum How {
    /// It is watched while the run goes on.
    Watched(fn(&Subject) -> Option<Box<dyn Watch>>),
    /// It takes other runs.
    Compared(fn(&Subject) -> Option<Box<dyn Compare>>),
}

/// All properties, in the order in which they are told.
pub const ALL: &[Property] = &[
    attempts::ATTEMPTS,
    barred::EXCLUDED,
    barred::RESIDENCY,
    barred::PRICE_CAP,
    guards::IN_FLIGHT,
    guards::SPEND_CAP,
    retries::RETRIES_ON,
    retries::BACKOFF,
    retry_budget::RETRY_BUDGET,
    hedges::HEDGES,
    out::OUT,
    out::LAST_IN_LINE,
    out::NO_CAUSE,
    beliefs::BELIEVES,
    beliefs::FLAPPING,
    sheds::SHEDS,
    returns::RETURNS,
    drains::DRAINS,
    clairvoyant::CLAIRVOYANT,
    fewer_faults::FEWER_FAULTS,
    causality::CAUSALITY,
    capacity::CAPACITY,
    dearer_grid::DEARER_GRID,
    renaming::RENAMING,
    time_shift::TIME_SHIFT,
    splitting::SPLITTING,
];

/// A scenario, and what its routers promise.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The scenario. Its own faults do not matter.
    pub resolved: Resolved,
    /// By router; nothing of those that no request can come to.
    pub promises: Vec<Promises>,
}

impl Subject {
    /// A scenario whose routers are held to what their strategies promise.
    #[must_use]
    pub fn new(resolved: Resolved) -> Self {
        let mut promises = sandbox_engine::world::promises(&resolved);
        // Of a router to which no request comes nothing can be seen: nobody is to believe that it was held to anything.
        let reached = beside::reached(&resolved);
        for (router, promises) in promises.iter_mut().enumerate() {
            if !reached.contains(&router) {
                *promises = Promises::default();
            }
        }
        Self { resolved, promises }
    }

    /// How long after the last fault a run must go on for every property to have its say: a deadline, the longest that
    /// a router promises to remember after this script, a minute in which to look, and half of one in which somebody must
    /// come by to be looked at. A Retry-After counts as the longest of the script, and an attempt as long as a deadline.
    /// No longer than the scenario.
    #[must_use]
    pub fn settles_within(&self, script: &OutageScript) -> Span {
        self.settles(calm::asked_for(script))
    }

    /// The same before a script is known: what to leave after the last fault when scripts are drawn. A Retry-After counts
    /// as a minute; after a longer one liveness may have nothing to say.
    #[must_use]
    pub fn settles_after_most(&self) -> Span {
        self.settles(Span::from_mins(1))
    }

    fn settles(&self, asked: Span) -> Span {
        let deadlines = self.resolved.scenario.workloads.iter().map(|workload| workload.deadline);
        let deadline = deadlines.max().unwrap_or(Span::ZERO);
        let reached = beside::reached(&self.resolved);
        let within = reached
            .iter()
            .filter_map(|&router| calm::returns_within(&self.promises[router], asked, deadline));
        let within = within.max().unwrap_or(Span::ZERO);
        let look = calm::LOOK + calm::LOOK / 2;
        let whole = deadline.saturating_add(within).saturating_add(look);
        whole.min(self.resolved.scenario.duration)
    }
}

/// Watches one property in one run.
pub trait Watch: Monitor {
    /// What broke it first, if anything did.
    fn broken(&self) -> Option<&Broken>;

    /// Whether it wants to be told of such news of a router. Asked once, before the run.
    fn wants(&self, news: News, router: usize) -> bool {
        let _ = router;
        news != News::Rules
    }

    /// A router has decided, and this is what its rules said before. For [`News::Rules`].
    fn before(&mut self, at: &Decided<'_>, rules: &Memory) {
        let _ = (at, rules);
    }

    /// The same, and this is what its rules say after it.
    fn after(&mut self, at: &Decided<'_>, rules: &Memory) {
        let _ = (at, rules);
    }

    /// Whether anything happened so far that could have broken it, as far as it keeps count.
    fn has_spoken(&self) -> bool {
        true
    }
}

dyn_clone::clone_trait_object!(Watch);

/// Holds one property against several runs.
pub trait Compare: DynClone + Send {
    /// Runs what it takes.
    ///
    /// # Errors
    /// A bug of the simulator: see [`RunError`].
    fn compare(&mut self, trials: &mut Trials, script: &OutageScript) -> Result<Option<Broken>, RunError>;
}

dyn_clone::clone_trait_object!(Compare);

/// How a property was broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// The property's name, or the objective as it was written.
    pub property: String,
    /// When, if there is one instant at which it was seen.
    pub at: Option<Time>,
    /// The request with which it was seen, if it is one: index of its workload, and its number there.
    pub request: Option<(usize, u64)>,
    /// What happened, in one sentence without a full stop: it goes on with the request, the time and the cost.
    pub what: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use sandbox_model::{Fault, FaultKind, Status};

    /// A plan whose limit is counted by full hours, and ends one of them after five minutes.
    pub(super) fn subject() -> Subject {
        let text = r#"(name: "small", start: "2026-11-18 00:55 UTC", duration: "10m", seed: 1,
            providers: [(name: "east", region: "here"), (name: "west", region: "here")],
            endpoints: [
                (name: "plan", provider: "east", serving: (prefill_base: "100ms", prefill_per_token: "100us", step_base: "10ms", sequences: 400),
                    limits: (rph: 500), price: (input: "$1/M", output: "$1/M")),
                (name: "spare", provider: "west", serving: (prefill_base: "100ms", prefill_per_token: "100us", step_base: "10ms", sequences: 400),
                    price: (input: "$2/M", output: "$2/M")),
            ],
            routers: [(name: "router", strategy: Fallback(targets: ["plan", "spare"]))],
            workloads: [(name: "chat", region: "here", entry: "router", plan: "plan", arrivals: Poisson(rate: "2/s"),
                input: Constant(100), output: Constant(50), deadline: "20s")])"#;
        let resolved = Resolved::parse("small.ron", text, None, &[]);
        Subject::new(resolved.unwrap_or_else(|invalid| panic!("{invalid}")))
    }

    /// The plan is down.
    pub(super) fn down(from: &str, until: &str) -> OutageScript {
        let time = |text: &str| Time::ZERO + text.parse::<Span>().expect("a span");
        let kind = FaultKind::Down { status: Status::UNAVAILABLE, retry_after: None };
        let fault = Fault { target: "plan".to_owned(), kind, from: time(from), until: time(until) };
        OutageScript { faults: vec![fault] }
    }

    #[test]
    fn a_run_goes_on_as_long_as_promises_take() {
        let mut subject = subject();
        let (plain, mut asks) = (down("60s", "70s"), down("60s", "70s"));
        let retry_after = Some(Span::from_secs(45));
        asks.faults[0].kind = FaultKind::Down { status: Status::UNAVAILABLE, retry_after };
        // A deadline, the script's Retry-After, and a minute and a half to look.
        assert_eq!(subject.settles_within(&plain), Span::from_secs(20 + 90));
        assert_eq!(subject.settles_within(&asks), Span::from_secs(20 + 45 + 90));
        let returns = Some(sandbox_routers::Returns { within: Span::from_mins(5), exactly: true });
        subject.promises[0].returns = returns;
        assert_eq!(subject.settles_within(&plain), Span::from_secs(20 + 300 + 90));
        assert_eq!(subject.settles_within(&asks), Span::from_secs(20 + 345 + 90));
        subject.promises[0].returns =
            returns.map(|r| sandbox_routers::Returns { within: Span::from_hours(1), ..r });
        assert_eq!(subject.settles_within(&plain), Span::from_mins(10));
    }
}
