//! What may go wrong in a scenario, drawn by swarm, and how what was drawn is shrunk.

use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sandbox_core::{Span, Time};
use sandbox_model::{Fault, FaultKind, OutageScript, Status};
use sandbox_scenario::Resolved;

/// A strategy for outage scripts of one scenario.
#[derive(Clone, Debug)]
pub struct Weather {
    targets: Vec<String>,
    duration: Span,
    faults_max: usize,
}

impl Weather {
    /// What may go wrong in a scenario.
    #[must_use]
    pub fn new(resolved: &Resolved) -> Self {
        let targets = resolved.scenario.endpoints.iter().map(|endpoint| endpoint.name.clone()).collect();
        Self { targets, duration: resolved.scenario.duration, faults_max: 3 }
    }

    /// The same with at most so many faults; at least 1.
    #[must_use]
    pub fn with_faults_max(mut self, faults: usize) -> Self {
        self.faults_max = faults.max(1);
        self
    }
}

impl Strategy for Weather {
    type Tree = ScriptTree;
    type Value = OutageScript;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        use proptest::prelude::RngExt as _;
        let rng = runner.rng();
        let count = rng.random_range(1..=self.faults_max);
        let end = self.duration.as_nanos() / 1_000_000_000;
        let faults = (0..count).map(|_| {
            let from = rng.random_range(end / 10..end * 6 / 10);
            let until = from + rng.random_range(1..=60);
            Fault {
                target: self.targets[rng.random_range(0..self.targets.len())].clone(),
                kind: FaultKind::Down { status: Status(503), retry_after: None },
                from: Time::ZERO + Span::from_secs(from),
                until: Time::ZERO + Span::from_secs(until),
            }
        });
        Ok(ScriptTree { script: OutageScript { faults: faults.collect() } })
    }
}

/// A script that can be shrunk.
#[derive(Clone, Debug)]
pub struct ScriptTree {
    script: OutageScript,
}

impl ValueTree for ScriptTree {
    type Value = OutageScript;

    fn current(&self) -> OutageScript {
        self.script.clone()
    }

    fn simplify(&mut self) -> bool {
        false
    }

    fn complicate(&mut self) -> bool {
        false
    }
}
