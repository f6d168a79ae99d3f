//! One outage script against properties and objectives.

use std::any::Any;

use sandbox_core::{Fingerprint, Time};
use sandbox_engine::trials::{Length, Trial};
use sandbox_engine::{Monitor, RunError, Trials};
use sandbox_model::OutageScript;
use sandbox_scenario::{Metric, Objective};

use crate::properties::{Broken, Compare, How, Property, Subject};
use crate::quietly::quietly;
use crate::sights::Sights;
use crate::watching::Watching;

/// A law of the simulator that does not hold is a broken property of this name.
pub const CONSERVATION: &str = "conservation";
/// A run that panics has broken a property of this name.
pub const PANICS: &str = "panics";
/// A run whose time stands still has broken a property of this name.
pub const STANDSTILL: &str = "standstill";

/// Judges outage scripts over one scenario. Not shared between threads: each has its own.
pub struct Judge {
    subject: Subject,
    watching: Watching,
    comparisons: Vec<Box<dyn Compare>>,
    objectives: Vec<Objective>,
    metric: Option<(Metric, Option<String>)>,
    /// Without one after a panic, in the middle of which they stand still.
    trials: Option<Trials>,
    /// For comparisons: nobody watches these, or a property that is broken in one of them would end it.
    unwatched: Option<Trials>,
}

/// What became of one script.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// What it broke, if anything: the first property in the order in which the judge was given them, then the first
    /// objective; before all of them a run that came to no end.
    pub broken: Option<Broken>,
    /// The metric that is searched for, if one is.
    pub metric: Option<f64>,
    /// What was seen of it.
    pub sights: Sights,
    /// Fingerprint of what was simulated of the run; `None` if it came to no end.
    pub fingerprint: Option<Fingerprint>,
}

impl Judge {
    /// Judges by these properties and objectives. Properties that say nothing of the scenario are left out.
    ///
    /// # Errors
    /// A bug of the simulator, in the run without faults: see [`RunError`].
    pub fn new(
        subject: &Subject,
        properties: &[Property],
        objectives: &[Objective],
    ) -> Result<Self, RunError> {
        let comparisons = properties.iter().filter_map(|property| match property.how {
            How::Compared(compare) => compare(subject),
            How::Watched(_) => None,
        });
        let mut judge = Self {
            watching: Watching::new(subject, properties),
            comparisons: comparisons.collect(),
            objectives: objectives.to_vec(),
            metric: None,
            subject: subject.clone(),
            trials: None,
            unwatched: None,
        };
        judge.prepare()?;
        Ok(judge)
    }

    /// The same, and what a metric comes to is measured, too.
    #[must_use]
    pub fn measuring(mut self, metric: Metric, workload: Option<String>) -> Self {
        self.metric = Some((metric, workload));
        self
    }

    /// Runs a script and says what it breaks.
    ///
    /// What takes only properties is simulated until they have had their say; what that part of a run breaks, the whole
    /// run breaks.
    ///
    /// # Errors
    /// A bug of the simulator in a run without faults, which is run again after a panic.
    pub fn judge(&mut self, script: &OutageScript) -> Result<Verdict, RunError> {
        // Held to nothing, a run can only come to no end, and may do so at any time.
        let nothing = self.watching.is_empty() && self.comparisons.is_empty();
        let whole = self.metric.is_some() || !self.objectives.is_empty() || nothing;
        let length = if whole { Length::Whole } else { self.settled(script) };
        let verdict = self.judge_for(script, length)?;
        if verdict.broken.is_some() && length != Length::Whole {
            // It may be that only the end of what was simulated broke it.
            return self.judge_for(script, Length::Whole);
        }
        Ok(verdict)
    }

    /// How long a script must be simulated for the properties.
    fn settled(&self, script: &OutageScript) -> Length {
        let last = script.faults.iter().map(|fault| fault.until).max().unwrap_or(Time::ZERO);
        Length::Until(last.saturating_add(self.subject.settles_within(script)))
    }

    fn judge_for(&mut self, script: &OutageScript, length: Length) -> Result<Verdict, RunError> {
        self.prepare()?;
        let ended = quietly(|| self.run(script, length));
        let broken = match ended {
            Ok(Ok(verdict)) => return Ok(verdict),
            Ok(Err(error)) => failed(&error),
            Err(panic) => {
                (self.trials, self.unwatched) = (None, None);
                Broken { property: PANICS.to_owned(), at: None, request: None, what: panic }
            }
        };
        Ok(Verdict { broken: Some(broken), metric: None, sights: Sights::default(), fingerprint: None })
    }

    fn prepare(&mut self) -> Result<(), RunError> {
        if self.trials.is_none() {
            self.trials = Some(Trials::lean(&self.subject.resolved, Some(Box::new(self.watching.clone())))?);
        }
        if self.unwatched.is_none() && !self.comparisons.is_empty() {
            self.unwatched = Some(Trials::new(&self.subject.resolved, None)?);
        }
        Ok(())
    }

    fn run(&mut self, script: &OutageScript, length: Length) -> Result<Verdict, RunError> {
        let trials = self.trials.as_mut().expect("they were prepared");
        let trial = trials.run(script, length)?;
        let watching = watching_of(trial.monitor());
        let mut broken = watching.and_then(|watching| watching.broken().cloned());
        let mut sights = watching.map_or_else(Sights::default, |watching| watching.sights.clone());
        sights.leaked_by(trial.leaks());
        let fingerprint = Some(trial.fingerprint());
        let mut metric = None;
        if broken.is_none() {
            broken = missed(&self.objectives, &trial);
            metric = self.metric.as_ref().and_then(|(metric, of)| trial.measure(*metric, of.as_deref()));
        }
        if let Some(trials) = &mut self.unwatched {
            for comparison in &mut self.comparisons {
                if broken.is_none() {
                    broken = comparison.compare(trials, script)?;
                }
            }
        }
        Ok(Verdict { broken, metric, sights, fingerprint })
    }
}

/// What has watched a run, if it is what judges give to theirs.
pub(crate) fn watching_of(monitor: Option<&dyn Monitor>) -> Option<&Watching> {
    monitor.and_then(|monitor| (monitor as &dyn Any).downcast_ref())
}

fn missed(objectives: &[Objective], trial: &Trial<'_>) -> Option<Broken> {
    objectives.iter().find_map(|objective| {
        let report = trial.objective(objective);
        (!report.met).then(|| miss(objective, report.value))
    })
}

/// An objective that a run missed, with what was measured.
pub(crate) fn miss(objective: &Objective, value: Option<f64>) -> Broken {
    let limit = objective.format(objective.limit);
    let value = value.map_or("nothing to measure".to_owned(), |value| match objective.format(value) {
        // Shrinking leads to the limit's edge: what is printed alike is not.
        same if same == limit => {
            format!("a little {} {limit}", if value > objective.limit { "over" } else { "under" })
        }
        other => other,
    });
    let Objective { expression, metric, .. } = objective;
    Broken { property: expression.clone(), at: None, request: None, what: format!("{metric} is {value}") }
}

/// A run that came to no end, as a broken property.
pub(crate) fn failed(error: &RunError) -> Broken {
    let property = match error {
        RunError::Simulation(_) => STANDSTILL,
        RunError::Conservation(_) => CONSERVATION,
    };
    // Only the first line: the rest is a hint.
    let what = error.to_string().lines().next().unwrap_or_default().to_owned();
    Broken { property: property.to_owned(), at: None, request: None, what }
}
