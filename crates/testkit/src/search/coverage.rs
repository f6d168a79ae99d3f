//! What a search has tried, and what its runs came to see.

use std::collections::{BTreeMap, BTreeSet};

use sandbox_engine::Outcome;
use sandbox_model::{Cause, Fault, OutageScript};
use sandbox_scenario::resolved::NodeKind;

use crate::properties::Subject;
use crate::sights::{Belief, Sights};
use crate::weather::Weather;

/// What was tried, and what was seen of it. Counts are of scripts, unless they say otherwise.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Coverage {
    /// Scripts that were drawn.
    pub cases: u64,
    /// Scripts of the corpus.
    pub corpus: u64,
    /// By number of faults.
    pub by_faults: BTreeMap<usize, u64>,
    /// By kind of fault ([`FaultKind::name`](sandbox_model::FaultKind::name)): those that have one. A kind that may be
    /// drawn and was not is here with 0.
    pub kinds: BTreeMap<String, u64>,
    /// By pair of kinds, in the order of the alphabet: those in which two such faults overlap in time.
    pub overlaps: BTreeMap<(String, String), u64>,
    /// By target of a fault, as scripts call it. One that may be drawn and was not is here with 0.
    pub targets: BTreeMap<String, u64>,
    /// Those in which several targets are hit at one instant: by faults that begin together, or by one fault of a provider
    /// of several endpoints.
    pub common_cause: u64,
    /// By router and its targets, in the order of the scenario: what was believed of them.
    pub beliefs: Vec<Beliefs>,
    /// By outcome of a request: those in which one ended like this.
    pub outcomes: [u64; 4],
    /// By cause of a leak, in the order of [`Cause::ALL`].
    pub causes: [u64; Cause::ALL.len()],
    /// Targets a fault of which hits several endpoints.
    wide: BTreeSet<String>,
}

/// What a router believed of a target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Beliefs {
    /// The router.
    pub router: String,
    /// The target.
    pub target: String,
    /// Scripts in which it came to this belief, in the order of [`Belief::ALL`].
    pub scripts: [u64; 4],
}

impl Beliefs {
    /// Scripts in which the router came to this belief.
    #[must_use]
    pub const fn of(&self, belief: Belief) -> u64 {
        self.scripts[belief as usize]
    }
}

impl Coverage {
    /// Nothing was tried so far.
    #[must_use]
    pub fn new(subject: &Subject, weather: &Weather) -> Self {
        let nodes = &subject.resolved.nodes;
        let routers = nodes.iter().filter(|node| matches!(node.kind, NodeKind::Router { .. }));
        let beliefs = routers.flat_map(|node| {
            node.targets.iter().map(move |id| Beliefs {
                router: node.name.clone(),
                target: nodes[id.index()].name.clone(),
                scripts: [0; 4],
            })
        });
        Self {
            beliefs: beliefs.collect(),
            kinds: weather.kinds().map(|kind| (kind.to_owned(), 0)).collect(),
            targets: weather.targets().map(|target| (target.to_owned(), 0)).collect(),
            wide: weather.targets().filter(|t| weather.hits_several(t)).map(str::to_owned).collect(),
            ..Self::default()
        }
    }

    /// Adds a script and what was seen of its run.
    pub fn add(&mut self, script: &OutageScript, sights: &Sights, of_corpus: bool) {
        *if of_corpus { &mut self.corpus } else { &mut self.cases } += 1;
        *self.by_faults.entry(script.faults.len()).or_default() += 1;
        let kinds = distinct(script.faults.iter().map(|fault| fault.kind.name().to_owned()));
        let targets = distinct(script.faults.iter().map(|fault| fault.target.clone()));
        let pairs = || {
            let later = |n: usize| script.faults[n + 1..].iter();
            script.faults.iter().enumerate().flat_map(move |(n, one)| later(n).map(move |two| (one, two)))
        };
        let overlapping = pairs().filter(|(one, two)| one.from < two.until && two.from < one.until);
        let overlaps = distinct(overlapping.map(|(one, two)| pair(one, two)));
        let common = pairs().any(|(one, two)| one.from == two.from && one.target != two.target)
            || script.faults.iter().any(|fault| self.wide.contains(&fault.target));
        count(&mut self.kinds, kinds);
        count(&mut self.targets, targets);
        count(&mut self.overlaps, overlaps);
        self.common_cause += u64::from(common);
        for (target, beliefs) in self.beliefs.iter_mut().enumerate() {
            for (scripts, belief) in beliefs.scripts.iter_mut().zip(Belief::ALL) {
                *scripts += u64::from(sights.has_belief(target, belief));
            }
        }
        sights.outcomes().for_each(|outcome| self.outcomes[outcome as usize] += 1);
        sights.causes().for_each(|cause| self.causes[cause.index()] += 1);
    }

    /// Scripts in which a request ended like this.
    #[must_use]
    pub const fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize]
    }
}

fn pair(one: &Fault, two: &Fault) -> (String, String) {
    let (one, two) = (one.kind.name(), two.kind.name());
    (one.min(two).to_owned(), one.max(two).to_owned())
}

fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort();
    all.dedup();
    all
}

fn count<T: Ord>(counts: &mut BTreeMap<T, u64>, of: Vec<T>) {
    for one in of {
        *counts.entry(one).or_default() += 1;
    }
}
