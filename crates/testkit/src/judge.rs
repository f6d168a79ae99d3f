//! One outage script against properties and objectives.

use std::any::Any;

use sandbox_core::{Fingerprint, Span, Time};
use sandbox_engine::monitor::{Decided, Ended, Learnt, Left};
use sandbox_engine::trials::Length;
use sandbox_engine::{Monitor, RunError, Trials};
use sandbox_model::OutageScript;
use sandbox_routers::Fleet;
use sandbox_scenario::{Metric, Objective};

use crate::properties::{Broken, Compare, How, Property, Subject, Watch};

/// Judges outage scripts over one scenario. Not shared between threads: each has its own.
pub struct Judge {
    trials: Trials,
    comparisons: Vec<Box<dyn Compare>>,
    objectives: Vec<Objective>,
    metric: Option<(Metric, Option<String>)>,
    settles_within: Span,
}

/// What became of one script.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// What it broke, if anything: the first property in the order of [`properties::ALL`](crate::properties::ALL),
    /// then the first objective.
    pub broken: Option<Broken>,
    /// The metric that is searched for, if one is.
    pub metric: Option<f64>,
    /// Fingerprint of what was simulated of the run.
    pub fingerprint: Fingerprint,
}

impl Judge {
    /// Judges by these properties and objectives. Properties that say nothing of the scenario are left out.
    ///
    /// # Errors
    /// A bug of the simulator: see [`RunError`].
    pub fn new(
        subject: &Subject,
        properties: &[Property],
        objectives: &[Objective],
    ) -> Result<Self, RunError> {
        let mut watches = Vec::new();
        let mut comparisons = Vec::new();
        for property in properties {
            match property.how {
                How::Watched(watch) => watches.extend(watch(subject)),
                How::Compared(compare) => comparisons.extend(compare(subject)),
            }
        }
        let watching: Option<Box<dyn Monitor>> =
            (!watches.is_empty()).then(|| Box::new(Watching(watches)) as _);
        Ok(Self {
            trials: Trials::new(&subject.resolved, watching)?,
            comparisons,
            objectives: objectives.to_vec(),
            metric: None,
            settles_within: subject.settles_within(),
        })
    }

    /// The same, and what a metric comes to is measured, too.
    #[must_use]
    pub fn measuring(mut self, metric: Metric, workload: Option<String>) -> Self {
        self.metric = Some((metric, workload));
        self
    }

    /// Runs a script and says what it breaks.
    ///
    /// # Errors
    /// A bug of the simulator: see [`RunError`].
    pub fn judge(&mut self, script: &OutageScript) -> Result<Verdict, RunError> {
        let whole = self.metric.is_some() || !self.objectives.is_empty();
        let last = script.faults.iter().map(|fault| fault.until).max().unwrap_or(Time::ZERO);
        let length =
            if whole { Length::Whole } else { Length::Until(last.saturating_add(self.settles_within)) };
        let trial = self.trials.run(script, length)?;
        let watching = trial.monitor().map(|monitor| monitor as &dyn Any);
        let watching = watching.and_then(|monitor| monitor.downcast_ref::<Watching>());
        let mut broken =
            watching.and_then(|Watching(watches)| watches.iter().find_map(|w| w.broken()).cloned());
        let fingerprint = trial.fingerprint();
        let mut metric = None;
        if broken.is_none() {
            let missed = self.objectives.iter().find(|objective| !trial.objective(objective).met);
            broken = missed.map(|objective| {
                let report = trial.objective(objective);
                let value = report.value.map_or("nothing to measure".to_owned(), |v| objective.format(v));
                Broken { property: objective.expression.clone(), at: None, request: None, what: value }
            });
            metric = self.metric.as_ref().and_then(|(metric, of)| trial.measure(*metric, of.as_deref()));
        }
        for comparison in &mut self.comparisons {
            if broken.is_none() {
                broken = comparison.compare(&mut self.trials, script)?;
            }
        }
        Ok(Verdict { broken, metric, fingerprint })
    }
}

/// All that watch a run.
#[derive(Clone)]
struct Watching(Vec<Box<dyn Watch>>);

impl Monitor for Watching {
    fn knows(&mut self, script: &OutageScript) {
        self.0.iter_mut().for_each(|watch| watch.knows(script));
    }

    fn decided(&mut self, at: &Decided<'_>) {
        self.0.iter_mut().for_each(|watch| watch.decided(at));
    }

    fn learnt(&mut self, at: &Learnt<'_>) {
        self.0.iter_mut().for_each(|watch| watch.learnt(at));
    }

    fn left(&mut self, at: &Left) {
        self.0.iter_mut().for_each(|watch| watch.left(at));
    }

    fn heard(&mut self, router: usize, report: &Fleet) {
        self.0.iter_mut().for_each(|watch| watch.heard(router, report));
    }

    fn ended(&mut self, at: &Ended) {
        self.0.iter_mut().for_each(|watch| watch.ended(at));
    }

    fn over(&mut self, now: Time) {
        self.0.iter_mut().for_each(|watch| watch.over(now));
    }

    fn is_done(&self) -> bool {
        self.0.iter().any(|watch| watch.is_done())
    }
}
