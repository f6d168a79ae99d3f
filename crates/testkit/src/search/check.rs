//! Scripts of a corpus, then drawn ones, until one breaks something.

use sandbox_core::Fingerprint;
use sandbox_engine::{RunOptions, run};
use sandbox_model::OutageScript;
use sandbox_scenario::Objective;

use super::crew::{Bench, Crew, Go};
use super::{Coverage, Journal, Progress, SearchError, Stage, draw, shrinking};
use crate::Weather;
use crate::judge::{CONSERVATION, PANICS, STANDSTILL, failed, miss, watching_of};
use crate::properties::{Broken, How, Property, Subject};
use crate::quietly::quietly;
use crate::watching::Watching;

/// What is to be searched for what.
#[derive(Clone, Debug)]
pub struct Check {
    /// The scenario.
    pub subject: Subject,
    /// The properties that must hold in every run.
    pub properties: Vec<Property>,
    /// The objectives that must be met in every run. They make every run a whole one.
    pub objectives: Vec<Objective>,
    /// Where scripts are drawn from.
    pub weather: Weather,
    /// How many are drawn at most.
    pub cases: u64,
    /// From which seed.
    pub seed: u64,
    /// How many threads judge them. What is found does not depend on it.
    pub jobs: usize,
    /// Scripts that are judged before any is drawn.
    pub corpus: Vec<OutageScript>,
    /// To go on after something was found, for whatever else can be broken: one counterexample for each property and
    /// objective.
    pub all: bool,
}

/// What a search has found.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// In the order in which they were found: one at most, unless the search was for [all](Check::all).
    pub counterexamples: Vec<Counterexample>,
    /// What was tried.
    pub coverage: Coverage,
}

/// A script that breaks something.
#[derive(Clone, PartialEq, Debug)]
pub struct Counterexample {
    /// Where the script comes from.
    pub from: Origin,
    /// The script as it was drawn or kept.
    pub drawn: OutageScript,
    /// The least that still breaks the same thing.
    pub script: OutageScript,
    /// What it breaks.
    pub broken: Broken,
    /// Fingerprint of the whole run, as `sandbox run --script` prints it; `None` if that run comes to no end.
    pub fingerprint: Option<Fingerprint>,
    /// Runs that shrinking took.
    pub shrink_runs: u64,
}

/// Where a script comes from.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The corpus: its number there, from 0.
    Corpus(usize),
    /// It was drawn: its number, from 0. [`draw`] draws it again.
    Case(u64),
}

impl Check {
    /// Tells this search from every other that might have written the same journal.
    ///
    /// Not part of it: the number of threads, and the number of cases, as a search that is to go further goes on.
    #[must_use]
    pub fn digest(&self) -> Fingerprint {
        let mut digest = super::digest_of(&self.subject, &self.weather);
        for property in &self.properties {
            digest.mix_bytes(property.name.as_bytes());
        }
        for objective in &self.objectives {
            digest.mix_bytes(objective.expression.as_bytes());
        }
        digest.mix_bytes(format!("{:?}", self.corpus).as_bytes());
        digest.mix(self.seed);
        digest
    }
}

/// Judges the scripts of the corpus, then drawn ones, until one breaks something, and shrinks that.
///
/// What it finds is the same for any number of threads, and if it was killed and goes on from its journal.
///
/// # Errors
/// A bug of the simulator or of the test kit, or a journal that cannot be written.
pub fn check(
    check: &Check,
    journal: &mut dyn Journal,
    progress: &mut dyn FnMut(Progress),
) -> Result<Found, SearchError> {
    let mut left = Bench {
        subject: &check.subject,
        properties: check.properties.clone(),
        objectives: check.objectives.clone(),
        metric: None,
    };
    let mut found =
        Found { counterexamples: Vec::new(), coverage: Coverage::new(&check.subject, &check.weather) };
    let corpus = check.corpus.len() as u64;
    let mut at = 0;
    let mut covered = 0;
    loop {
        let mut broken = None;
        let script = |number: u64| match check.corpus.get((at + number) as usize) {
            Some(script) => script.clone(),
            None => draw(&check.weather, check.seed, at + number - corpus),
        };
        let left_over = corpus + check.cases - at;
        Crew::new(left.clone(), check.jobs, journal).judge_each(
            left_over,
            script,
            |number, script, noted| {
                let number = at + number;
                // The one that broke something is judged again by what is left.
                if number >= covered {
                    found.coverage.add(&script, &noted.sights, number < corpus);
                    covered = number + 1;
                }
                progress(if number < corpus {
                    Progress { stage: Stage::Corpus, done: number + 1, of: Some(corpus) }
                } else {
                    Progress { stage: Stage::Cases, done: number + 1 - corpus, of: Some(check.cases) }
                });
                let Some(how) = noted.broken else { return Go::On };
                broken = Some((number, script, how));
                Go::Enough
            },
        )?;
        let Some((number, drawn, broken)) = broken else { return Ok(found) };
        let bench = left.only(&broken.property);
        let from =
            if number < corpus { Origin::Corpus(number as usize) } else { Origin::Case(number - corpus) };
        let shrunk =
            shrinking::shrink(&bench, &check.weather, check.jobs, &drawn, broken, journal, &mut |done| {
                progress(Progress { stage: Stage::Shrinking, done, of: None });
            })?;
        let property = shrunk.broken.property.clone();
        let (broken, fingerprint) = replay(&bench, &shrunk.script, shrunk.broken)?;
        found.counterexamples.push(Counterexample {
            from,
            drawn,
            script: shrunk.script,
            broken,
            fingerprint,
            shrink_runs: shrunk.runs,
        });
        if !check.all || !left.drop(&property) {
            return Ok(found);
        }
        at = number;
    }
}

impl Bench<'_> {
    /// To judge by one property or objective alone. Runs that come to no end are judged as they were.
    fn only(&self, property: &str) -> Self {
        let mut only = self.clone();
        if ![CONSERVATION, PANICS, STANDSTILL].contains(&property)
            || self.properties.iter().any(|known| known.name == property)
        {
            only.properties.retain(|known| known.name == property);
            only.objectives.retain(|objective| objective.expression == property);
        }
        only
    }

    /// Judges by what is left without this one. Whether anything is, and was with it.
    fn drop(&mut self, property: &str) -> bool {
        let before = self.properties.len() + self.objectives.len();
        self.properties.retain(|known| known.name != property);
        self.objectives.retain(|objective| objective.expression != property);
        let after = self.properties.len() + self.objectives.len();
        (1..before).contains(&after)
    }
}

/// Runs a script as `sandbox run --script` does. It must break the same thing.
fn replay(
    bench: &Bench<'_>,
    script: &OutageScript,
    broken: Broken,
) -> Result<(Broken, Option<Fingerprint>), SearchError> {
    let mut resolved = bench.subject.resolved.clone();
    resolved.objectives.clone_from(&bench.objectives);
    let not = |said: String| SearchError::NotReplayed { property: broken.property.clone(), said };
    let resolved = resolved.with_script(script.clone().into(), "counterexample");
    let resolved = resolved.map_err(|invalid| not(invalid.to_string()))?;
    let monitor = Some(Box::new(Watching::new(bench.subject, &bench.properties)) as _);
    let ended = quietly(|| run(&resolved, RunOptions { monitor, ..RunOptions::default() }));
    let output = match ended {
        Ok(Ok(output)) => output,
        Ok(Err(error)) if failed(&error).property == broken.property => return Ok((failed(&error), None)),
        Err(_) if broken.property == PANICS => return Ok((broken, None)),
        // It was broken before, and the judge went no further.
        Ok(Err(_)) | Err(_) if ![CONSERVATION, PANICS, STANDSTILL].contains(&&*broken.property) => {
            return Ok((broken, None));
        }
        Ok(Err(error)) => return Err(not(error.to_string())),
        Err(panic) => return Err(not(panic)),
    };
    let fingerprint = Some(output.summary.fingerprint.parse().expect("a summary holds a fingerprint"));
    let compared = bench.properties.iter().any(|property| matches!(property.how, How::Compared(_)));
    let seen = watching_of(output.monitor.as_deref()).and_then(|watching| watching.broken().cloned());
    let mut missed =
        bench.objectives.iter().zip(&output.summary.objectives).filter(|(_, report)| !report.met);
    match seen.or_else(|| missed.next().map(|(objective, report)| miss(objective, report.value))) {
        Some(seen) if seen.property == broken.property => Ok((seen, fingerprint)),
        // A comparison takes other runs, which were made when it was judged.
        None if compared => Ok((broken, fingerprint)),
        Some(seen) => Err(not(format!("it breaks {}", seen.property))),
        None => Err(not("nothing is broken".to_owned())),
    }
}
