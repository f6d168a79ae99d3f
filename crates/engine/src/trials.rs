//! Many outage scripts over one scenario, each as [`run`](crate::run()) would run it, and sooner.
//!
//! Weather does not depend on routing, so until its first fault every script's run is the run without faults. That one
//! is simulated once and copied at regular times; a script goes on from the last copy before its first fault. The control
//! twin does not know the script and is simulated once, too.
//!
//! Invariant: the output of a whole trial is that of [`run`](crate::run()) on the scenario with that script, byte for
//! byte (`crates/engine/tests/it/trials.rs`).

use sandbox_core::{Fingerprint, Simulation, Span, Time};
use sandbox_model::{Cause, FaultScope, OutageScript};
use sandbox_scenario::{Metric, Objective, Resolved};

use crate::conservation;
use crate::machine::{Keeps, Machine};
use crate::monitor::Monitor;
use crate::output::summary::{ObjectiveReport, Requests};
use crate::run::{RunError, RunOutput, finish, simulate, start};
use crate::weather::Sky;
use crate::{objectives, summarise};

/// Copies of the run without faults, for each scenario.
const COPIES: u64 = 128;

/// How often a monitor is asked whether it has seen enough, over the scenario.
const LOOKS: u64 = 64;

/// One scenario, to be run under many scripts.
pub struct Trials {
    resolved: Resolved,
    twin: Machine,
    keeps: Keeps,
    /// The run without faults, as far as it was needed so far.
    front: Simulation<Machine>,
    /// Copies of it: `copies[k]` has run everything up to and including `k * every`.
    copies: Vec<Simulation<Machine>>,
    every: Span,
    monitor: Option<Box<dyn Monitor>>,
}

/// How far a trial goes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Length {
    /// To the end of the scenario.
    Whole,
    /// Up to and including this time.
    Until(Time),
}

/// One script's run.
pub struct Trial<'t> {
    trials: &'t Trials,
    machine: Machine,
    script: OutageScript,
}

impl Trials {
    /// Prepares a scenario, whose own faults do not matter. Each trial is watched by a copy of `monitor`.
    ///
    /// # Errors
    /// A bug of this program: see [`RunError`].
    pub fn new(resolved: &Resolved, monitor: Option<Box<dyn Monitor>>) -> Result<Self, RunError> {
        Self::keeping(Keeps::Everything, resolved, monitor)
    }

    /// The same for those who ask no trial for its [output](Trial::output), which would have to be simulated again:
    /// their trials keep no timeline, and take less time and memory.
    ///
    /// # Errors
    /// A bug of this program: see [`RunError`].
    pub fn lean(resolved: &Resolved, monitor: Option<Box<dyn Monitor>>) -> Result<Self, RunError> {
        Self::keeping(Keeps::Metrics, resolved, monitor)
    }

    fn keeping(
        keeps: Keeps,
        resolved: &Resolved,
        monitor: Option<Box<dyn Monitor>>,
    ) -> Result<Self, RunError> {
        let resolved = resolved.clone().with_script(OutageScript::default().into(), "no faults");
        let resolved = resolved.expect("a script without faults names nothing that is not there");
        let calm = OutageScript::default();
        let mut twin = start(&resolved, &calm, Sky::Calm, Keeps::Books);
        simulate(&mut twin, &mut |_| {})?;
        let mut front = start(&resolved, &calm, Sky::Drawn, keeps);
        front.model.listeners.monitor.clone_from(&monitor);
        let every = Span::from_nanos((resolved.scenario.duration.as_nanos() / COPIES).max(1));
        Ok(Self { twin: twin.model, keeps, front, copies: Vec::new(), every, monitor, resolved })
    }

    /// The scenario, without faults.
    #[must_use]
    pub fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// Runs one script. A run whose monitor has seen enough ends early.
    ///
    /// # Errors
    /// A bug of this program: see [`RunError`].
    pub fn run(&mut self, script: &OutageScript, length: Length) -> Result<Trial<'_>, RunError> {
        let mut script = script.clone();
        let names = &self.resolved.scenario;
        script.sort_as(|target| names.drawn_as(target).to_owned());
        let mut simulation = self.before(&script)?;
        let end = simulation.model.end;
        let until = match length {
            Length::Whole => end,
            Length::Until(time) => time.min(end),
        };
        if let Some(monitor) = &mut simulation.model.listeners.monitor {
            monitor.knows(&script);
        }
        let look = Span::from_nanos((end.since(Time::ZERO).as_nanos() / LOOKS).max(1));
        let mut at = simulation.queue.now();
        while at < until {
            at = at.saturating_add(look).min(until);
            simulation.run_until(at)?;
            if simulation.model.listeners.monitor.as_ref().is_some_and(|monitor| monitor.is_done()) {
                break;
            }
        }
        let mut machine = simulation.model;
        machine.finish();
        if let Some(monitor) = &mut machine.listeners.monitor {
            monitor.over(at);
        }
        conservation::check(&machine, &self.resolved)?;
        Ok(Trial { trials: self, machine, script })
    }

    /// A copy of the run from before the first fault, and the faults on its queue.
    fn before(&mut self, script: &OutageScript) -> Result<Simulation<Machine>, RunError> {
        let first = script.faults.iter().map(|fault| fault.from).min().unwrap_or(Time::MAX);
        // A link knows all its faults from the start.
        let of_link = script.faults.iter().any(|fault| fault.kind.scope() == FaultScope::Link);
        if first == Time::ZERO || of_link {
            let mut simulation = start(&self.resolved, script, Sky::Drawn, self.keeps);
            simulation.model.listeners.monitor.clone_from(&self.monitor);
            return Ok(simulation);
        }
        // The last copy of before the first fault: what happens at its own time has run.
        let last = (first.as_nanos() - 1) / self.every.as_nanos();
        let last = last.min(COPIES - 1) as usize;
        while self.copies.len() <= last {
            let at = Time::ZERO + Span::from_nanos(self.every.as_nanos() * self.copies.len() as u64);
            self.front.run_until(at)?;
            self.copies.push(self.front.clone());
        }
        let mut simulation = self.copies[last].clone();
        simulation.model.schedule_faults(&self.resolved, script, &mut simulation.queue);
        Ok(simulation)
    }
}

impl Trial<'_> {
    /// The monitor that has watched it.
    #[must_use]
    pub fn monitor(&self) -> Option<&dyn Monitor> {
        self.machine.listeners.monitor.as_deref()
    }

    /// Requests by outcome, all workloads together.
    #[must_use]
    pub fn requests(&self) -> Requests {
        summarise::whole(&self.machine).requests
    }

    /// An objective of the scenario against what was measured. For whole trials.
    #[must_use]
    pub fn objective(&self, objective: &Objective) -> ObjectiveReport {
        let faults = summarise::fault_reports(&self.script, &self.machine);
        objectives::report(objective, &self.trials.resolved, &self.machine, &self.trials.twin, &faults)
    }

    /// What a metric comes to, of one workload or of all; `None` if there was nothing to measure. For whole trials.
    #[must_use]
    pub fn measure(&self, metric: Metric, workload: Option<&str>) -> Option<f64> {
        let faults = summarise::fault_reports(&self.script, &self.machine);
        let Trials { resolved, twin, .. } = self.trials;
        objectives::measure(metric, workload, resolved, &self.machine, twin, &faults)
    }

    /// Requests that leaked, by cause.
    pub fn leaks(&self) -> impl Iterator<Item = (Cause, u64)> {
        let tallies = &self.machine.workload_tallies;
        let of = |cause: Cause| tallies.iter().map(|tally| tally.leaks[cause.index()].requests).sum();
        Cause::ALL.into_iter().map(move |cause| (cause, of(cause)))
    }

    /// Fingerprint of the run's events, and of the twin's.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        summarise::fingerprint(&self.machine, &self.trials.twin)
    }

    /// The faults, in order of onset.
    #[must_use]
    pub fn script(&self) -> &OutageScript {
        &self.script
    }

    /// Everything that a run yields. For whole trials.
    ///
    /// # Errors
    /// A bug of this program: see [`RunError`].
    pub fn output(&self, repro: String) -> Result<RunOutput, RunError> {
        let Trials { resolved, twin, keeps, .. } = self.trials;
        if *keeps == Keeps::Everything {
            return finish(resolved, &self.script, &self.machine, twin, repro);
        }
        let mut again = start(resolved, &self.script, Sky::Drawn, Keeps::Everything);
        simulate(&mut again, &mut |_| {})?;
        conservation::check(&again.model, resolved)?;
        finish(resolved, &self.script, &again.model, twin, repro)
    }
}
