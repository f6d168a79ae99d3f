//! What may go wrong in a scenario, drawn by swarm, and how what was drawn is shrunk.
//!
//! * this file – [`Weather`]: what may be drawn, and how much of it
//! * `reach` – what of a scenario can fail so that a request notices; the spans that its routers count in
//! * [`kinds`] – the kinds of faults and their parameters
//! * `draw` – one script: kinds, number, shape, windows
//! * `moves` – a script that is a little different, and one of two
//! * [`shrink`] – scripts that are simpler than a given one; [`ScriptTree`]
//! * [`scenario`] – whole small scenarios around a router
//! * `measure`, `milder` – what is simpler, and which kinds and parameters are
//!
//! # Which faults are drawn, and how likely
//!
//! One case is one script. Its choices, in the order in which they are made:
//!
//! | choice | law |
//! |---|---|
//! | kinds that are on | in a third of the cases one kind, all alike; in a third each kind with chance 1/4, in a third with chance 1/2; if none is on, one |
//! | number of faults | `n` with a weight of `1/n`, up to [`Weather::with_faults_max`] (and from [`Weather::with_faults_min`] on) |
//! | shape, from two faults on | see below |
//! | kind of a fault | those that are on are alike |
//! | target of a fault | in half of the cases what the plan of a workload is served by (the endpoint, its provider), if the kind fits that; else any: all are alike |
//! | parameters of a kind | see [`kinds`] |
//! | start of the episode | uniform from 10 % to 70 % of what follows the warm-up |
//! | length of a fault | a span of the routers or just beside it 1/4; 1 ns to 2 s 1/8; 2 s to 64 s 1/2, each doubling alike; from there to the longest 1/8 |
//! | grain of the times | 1 ms 1/4, 1 s 1/2, 5 s 1/4 |
//!
//! | shape | weight | what it is |
//! |---|---|---|
//! | [`Apart`](Shape::Apart) | 4/20 | nothing to do with each other, in the same episode |
//! | [`Common`](Shape::Common) | 4/20 | one cause: endpoints of one provider (the primary, and the same provider inside a grid), at the same time or within seconds |
//! | [`Edges`](Shape::Edges) | 5/20 | a fault begins or ends as another began or ended, or one span of the routers later |
//! | [`Flaps`](Shape::Flaps) | 3/20 | one fault again and again, with a span of the routers from onset to onset or from end to onset |
//! | [`Elsewhere`](Shape::Elsewhere) | 4/20 | the plan fails, and meanwhile what is left for it |
//!
//! # Edges
//!
//! The spans of the routers are what their [promises](sandbox_routers::Promises) remember by (cooldowns, windows, how long
//! a breaker is open and ramps back, demotions, ejections), the timers of their attempts, hedges, lags of what a fleet
//! tells, and the deadlines of workloads: of routers that requests reach. In half of the cases an edge is met exactly, else
//! it is missed by 1 ns or 1 ms, before or after, all alike.
//!
//! # What is never drawn
//!
//! A fault before 10 % or after 85 % of what follows the warm-up, so that there is a calm before and time to settle after
//! ([more](Weather::with_calm_after) if that takes longer);
//! a fault of a target that no request can reach; a script that [`Resolved::with_script`] refuses.
//! All these likelihoods hold before a script is cut down to the longest [downtime](Weather::with_downtime_max), and are
//! tested.

mod draw;
pub mod kinds;
#[cfg(test)]
mod likelihoods;
mod measure;
mod milder;
mod moves;
mod reach;
pub mod scenario;
pub mod shrink;

use std::sync::Arc;

use proptest::strategy::{NewTree, Strategy};
use proptest::test_runner::TestRunner;
use sandbox_core::{Rng, Span, Time};
use sandbox_model::{Fault, OutageScript};
use sandbox_scenario::Resolved;

pub use draw::Shape;
pub use kinds::KINDS;
use reach::Place;
pub use shrink::{ScriptTree, candidates};

/// A strategy for outage scripts of one scenario. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Weather {
    reach: Arc<Reach>,
    /// Kinds that may be drawn, as a bit mask over [`KINDS`].
    on: u16,
    faults_min: usize,
    faults_max: usize,
    downtime_max: Span,
}

/// What there is in the scenario.
#[derive(Clone, Debug)]
struct Reach {
    places: Vec<Place>,
    /// Shortest first.
    spans: Vec<Span>,
    /// No fault begins before this.
    open: Time,
    /// No episode begins after this.
    late: Time,
    /// No fault ends after this.
    close: Time,
    /// When the scenario is over.
    end: Time,
}

/// Kinds that cannot be drawn.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoSuchKind {
    /// There is no kind of this name.
    #[error("no fault is called `{0}`; there are: {all}", all = KINDS.join(", "))]
    Unknown(String),
    /// Nothing in the scenario can suffer any of these.
    #[error("nothing that requests reach in this scenario can suffer {0}")]
    Nowhere(String),
}

impl Weather {
    /// What may go wrong in a scenario: all kinds of faults wherever requests can meet them, at most 3 of them, for at most
    /// half of the time in which there may be any.
    #[must_use]
    pub fn new(resolved: &Resolved) -> Self {
        let scenario = &resolved.scenario;
        let warm_up = scenario.warm_up.as_nanos();
        let rest = scenario.duration.as_nanos().saturating_sub(warm_up);
        let at = |percent: u64| {
            let nanos = warm_up + (u128::from(rest) * u128::from(percent) / 100) as u64;
            Time::from_nanos(nanos)
        };
        let (open, late, close) = (at(10), at(70), at(85).max(Time::from_nanos(1)));
        let longest = close.since(open);
        let places = reach::places(resolved);
        let on =
            (0..KINDS.len()).filter(|&kind| kinds::fits(kind, &places)).fold(0, |on, kind| on | 1 << kind);
        let end = Time::ZERO.saturating_add(scenario.duration);
        let reach = Reach { spans: reach::spans(resolved, longest), places, open, late, close, end };
        Self {
            reach: Arc::new(reach),
            on,
            faults_min: 1,
            faults_max: 3,
            downtime_max: (longest / 2).max(SHORTEST_MAX),
        }
    }

    /// The same with at most so many faults; at least 1.
    #[must_use]
    pub fn with_faults_max(mut self, faults: usize) -> Self {
        self.faults_max = faults.max(1);
        self.faults_min = self.faults_min.min(self.faults_max);
        self
    }

    /// The same with at least so many faults in what is drawn, but never more than there may be. A script with fewer is
    /// [admitted](Self::admits) all the same.
    #[must_use]
    pub fn with_faults_min(mut self, faults: usize) -> Self {
        self.faults_min = faults.clamp(1, self.faults_max);
        self
    }

    /// The same with faults that last at most so long, all together: the sum of their windows, whether or not they
    /// overlap; at least 1 s.
    #[must_use]
    pub fn with_downtime_max(mut self, downtime: Span) -> Self {
        self.downtime_max = downtime.max(SHORTEST_MAX);
        self
    }

    /// The same with at least so much time between the end of the last fault and that of the scenario, for properties that
    /// say what a router comes back to. A second is left for the faults, whatever is asked for.
    #[must_use]
    pub fn with_calm_after(mut self, span: Span) -> Self {
        let reach = Arc::make_mut(&mut self.reach);
        let last = Time::from_nanos(reach.end.as_nanos().saturating_sub(span.as_nanos()));
        reach.close = reach.close.min(last.max(reach.open.saturating_add(SHORTEST_MAX)));
        let most = reach.close.since(reach.open).as_nanos() / 5 * 4;
        reach.late = reach.late.min(reach.open.saturating_add(Span::from_nanos(most)));
        self
    }

    /// The same with these kinds alone, named as in [`KINDS`].
    ///
    /// # Errors
    /// If there is no such kind, or nothing that could suffer any of them.
    pub fn only(mut self, names: &[impl AsRef<str>]) -> Result<Self, NoSuchKind> {
        let mut on = 0;
        for name in names {
            let name = name.as_ref();
            let kind = KINDS.iter().position(|known| *known == name);
            on |= 1_u16 << kind.ok_or_else(|| NoSuchKind::Unknown(name.to_owned()))?;
        }
        self.on &= on;
        if self.on == 0 {
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            return Err(NoSuchKind::Nowhere(names.join(" or ")));
        }
        Ok(self)
    }

    /// The kinds that may be drawn.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        (0..KINDS.len()).filter(|kind| self.on >> kind & 1 == 1).map(|kind| KINDS[kind])
    }

    /// What may fail, by the names that scripts have for it.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.reach.places.iter().map(|place| place.name.as_str())
    }

    /// The spans of the routers, shortest first: see [edges](self#edges).
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.reach.spans
    }

    /// Most faults of a script.
    #[must_use]
    pub const fn faults_max(&self) -> usize {
        self.faults_max
    }

    /// Longest downtime of a script.
    #[must_use]
    pub const fn downtime_max(&self) -> Span {
        self.downtime_max
    }

    /// No fault begins before the one or ends after the other.
    #[must_use]
    pub fn open_and_close(&self) -> (Time, Time) {
        (self.reach.open, self.reach.close)
    }

    /// Draws a script. It depends on nothing but this weather and what `rng` gives.
    pub fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> OutageScript {
        draw::script(self, rng).1
    }

    /// A script that differs a little from `script`: one fault, or all, shifted; one stretched; with another kind,
    /// parameter or target; on the edge of another fault; one more or one less. It is within the budget.
    #[must_use]
    pub fn mutate<R: Rng + ?Sized>(&self, script: &OutageScript, rng: &mut R) -> OutageScript {
        moves::mutate(self, script, rng)
    }

    /// A script with some faults of each of two. It is within the budget.
    #[must_use]
    pub fn cross<R: Rng + ?Sized>(&self, a: &OutageScript, b: &OutageScript, rng: &mut R) -> OutageScript {
        moves::cross(self, a, b, rng)
    }

    /// Whether a script might have been drawn: its kinds, targets, windows, number and downtime.
    #[must_use]
    pub fn admits(&self, script: &OutageScript) -> bool {
        let Reach { open, close, .. } = *self.reach;
        (1..=self.faults_max).contains(&script.faults.len())
            && downtime(&script.faults) <= self.downtime_max
            && script.faults.iter().all(|fault| {
                self.suffers(fault) && open <= fault.from && fault.from < fault.until && fault.until <= close
            })
    }

    /// Whether the kind of a fault may be drawn and the target can suffer it.
    fn suffers(&self, fault: &Fault) -> bool {
        self.on >> kinds::index(&fault.kind) & 1 == 1
            && fault.kind.check().is_ok()
            && self.place(&fault.target).is_some_and(|place| place.takes(fault.kind.scope()))
    }

    /// Whether a fault here hits several endpoints: those of one provider.
    pub(crate) fn hits_several(&self, name: &str) -> bool {
        self.place(name).is_some_and(|place| place.sort == reach::Sort::Provider && place.inside.len() > 1)
    }

    fn place(&self, name: &str) -> Option<&Place> {
        self.reach.places.iter().find(|place| place.name == name)
    }
}

/// The least that a script may be given.
const SHORTEST_MAX: Span = Span::from_secs(1);

/// The sum of the windows.
fn downtime(faults: &[Fault]) -> Span {
    faults.iter().fold(Span::ZERO, |sum, fault| sum.saturating_add(fault.until.saturating_since(fault.from)))
}

impl Strategy for Weather {
    type Tree = ScriptTree;
    type Value = OutageScript;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        Ok(ScriptTree::new(self.clone(), self.draw(runner.rng())))
    }
}
