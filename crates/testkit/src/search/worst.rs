//! The script within a budget that makes a metric worst.
//!
//! Guided: an evolution of scripts. A part of the runs goes to scripts as the weather draws them; then each generation
//! is bred from the worst so far (`moves`), and some newcomers. What was drawn at random is the yardstick: the same
//! number of runs of it alone is the other [`Method`].

use sandbox_core::{Fingerprint, Noise, Seed, below};
use sandbox_model::OutageScript;
use sandbox_scenario::Metric;

use super::crew::{Bench, Crew, Go};
use super::{Journal, Progress, SearchError, Stage, draw, moves, shrinking};
use crate::Weather;
use crate::properties::Subject;

/// What is to be made worst.
#[derive(Clone, Debug)]
pub struct Worst {
    /// The scenario.
    pub subject: Subject,
    /// What is measured: the greater the worse, unless it is one of which more is better.
    pub metric: Metric,
    /// Whose requests; absent: everyone's.
    pub workload: Option<String>,
    /// Where scripts are drawn from. Its most faults and its longest downtime are the budget of every script.
    pub weather: Weather,
    /// How many scripts are run.
    pub runs: u64,
    /// From which seed.
    pub seed: u64,
    /// How many threads run them. What is found does not depend on it.
    pub jobs: usize,
    /// How.
    pub method: Method,
}

/// How the worst is looked for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Method {
    /// From the worst so far.
    Guided,
    /// Scripts as the weather draws them.
    Random,
}

/// A script, and what the metric came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Best {
    /// The script.
    pub script: OutageScript,
    /// The metric, in its unit.
    pub value: f64,
}

/// What a search for the worst has found.
#[derive(Clone, PartialEq, Debug)]
pub struct WorstFound {
    /// The worst script, as it was found; `None` if no run had anything to measure.
    pub best: Option<Best>,
    /// Every run that was worse than all before: its number, from 1, and its value.
    pub curve: Vec<(u64, f64)>,
    /// Runs that were made.
    pub runs: u64,
    /// The same with all taken away that it does not need to be as bad.
    pub shrunk: Option<Best>,
    /// Runs that this took, besides.
    pub shrink_runs: u64,
}

/// Scripts that are kept to breed from.
const PARENTS: usize = 6;
/// Scripts of a generation: the same whatever the number of threads.
const GENERATION: u64 = 16;
/// Of these, newcomers.
const NEWCOMERS: u64 = 2;
/// Share of the runs that goes to drawn scripts first: one in so many.
const DRAWN_FIRST: u64 = 5;
/// Most runs for taking away what is not needed, as a share of all runs: one in so many.
const SHRINKING: u64 = 2;

impl Worst {
    /// Tells this search from every other that might have written the same journal: see
    /// [`Check::digest`](super::Check::digest).
    #[must_use]
    pub fn digest(&self) -> Fingerprint {
        let mut digest = Fingerprint::new();
        digest.mix_bytes(env!("CARGO_PKG_VERSION").as_bytes());
        digest.mix_bytes(format!("{:?}", self.subject).as_bytes());
        digest.mix_bytes(format!("{:?}", self.weather).as_bytes());
        digest.mix_bytes(format!("{:?}", (self.metric, &self.workload, self.method)).as_bytes());
        digest.mix(self.seed);
        digest.mix(self.runs);
        digest
    }

    /// How bad a value is: more is worse.
    fn badness(&self, value: Option<f64>) -> f64 {
        match value {
            None => f64::NEG_INFINITY,
            Some(value) if self.metric.is_better_when_greater() => -value,
            Some(value) => value,
        }
    }

    /// A script as the weather draws it.
    fn drawn(&self, number: u64) -> OutageScript {
        draw(&self.weather, self.seed, number)
    }
}

/// Looks for the worst script.
///
/// `progress` is told of every run, and of the worst so far: a search may be stopped at any time and have an answer.
///
/// # Errors
/// A run that comes to no end, or a journal that cannot be written.
pub fn worst(
    worst: &Worst,
    journal: &mut dyn Journal,
    progress: &mut dyn FnMut(Progress, Option<&Best>),
) -> Result<WorstFound, SearchError> {
    let bench = Bench {
        subject: &worst.subject,
        properties: Vec::new(),
        objectives: Vec::new(),
        metric: Some((worst.metric, worst.workload.clone())),
    };
    let mut crew = Crew::new(bench, worst.jobs, journal);
    let mut hunt = Hunt {
        worst,
        noise: Seed::new(worst.seed).noise("worst"),
        parents: Vec::new(),
        found: WorstFound { best: None, curve: Vec::new(), runs: 0, shrunk: None, shrink_runs: 0 },
    };
    let first = match worst.method {
        Method::Random => worst.runs,
        Method::Guided => (worst.runs / DRAWN_FIRST).max(GENERATION).min(worst.runs),
    };
    hunt.run(&mut crew, (0..first).map(|number| worst.drawn(number)).collect(), progress)?;
    let mut generation = 0;
    while hunt.found.runs < worst.runs {
        let size = GENERATION.min(worst.runs - hunt.found.runs);
        let scripts = (0..size).map(|child| hunt.breed(generation, child, first)).collect();
        hunt.run(&mut crew, scripts, progress)?;
        generation += 1;
    }
    let mut found = hunt.found;
    if let Some(best) = &found.best {
        let most = worst.runs / SHRINKING;
        let least =
            shrinking::without_loss(&mut crew, &worst.weather, best, most, |value| worst.badness(value))?;
        (found.shrunk, found.shrink_runs) = (Some(least.0), least.1);
    }
    Ok(found)
}

/// A search that is going on.
struct Hunt<'w> {
    worst: &'w Worst,
    noise: Noise,
    /// The worst so far, all different, the worst first.
    parents: Vec<Best>,
    found: WorstFound,
}

impl Hunt<'_> {
    fn run(
        &mut self,
        crew: &mut Crew<'_, '_>,
        scripts: Vec<OutageScript>,
        progress: &mut dyn FnMut(Progress, Option<&Best>),
    ) -> Result<(), SearchError> {
        let mut broken = None;
        crew.judge_each(
            scripts.len() as u64,
            |n| scripts[n as usize].clone(),
            |_, script, noted| {
                if let Some(failed) = noted.broken {
                    broken = Some(SearchError::Broken { script, broken: failed });
                    return Go::Enough;
                }
                self.found.runs += 1;
                if let Some(value) = noted.metric {
                    self.take(Best { script, value });
                }
                let at = Progress { stage: Stage::Worst, done: self.found.runs, of: Some(self.worst.runs) };
                progress(at, self.found.best.as_ref());
                Go::On
            },
        )?;
        broken.map_or(Ok(()), Err)
    }

    fn take(&mut self, one: Best) {
        let badness = |best: &Best| self.worst.badness(Some(best.value));
        if self.found.best.as_ref().is_none_or(|best| badness(&one) > badness(best)) {
            self.found.curve.push((self.found.runs, one.value));
            self.found.best = Some(one.clone());
        }
        if self.parents.iter().any(|parent| parent.script == one.script) {
            return;
        }
        // After those that are as bad: what came first stays.
        let at = self.parents.partition_point(|parent| badness(parent) >= badness(&one));
        self.parents.insert(at, one);
        self.parents.truncate(PARENTS);
    }

    /// Child number `child` of a generation. Newcomers are drawn after the `first` that were.
    fn breed(&self, generation: u64, child: u64, first: u64) -> OutageScript {
        let newcomer = first + generation * GENERATION + child;
        if child < NEWCOMERS || self.parents.is_empty() {
            return self.worst.drawn(newcomer);
        }
        let rng = &mut self.noise.at(generation, child);
        // The worse, the likelier: rank r with a chance that falls linearly.
        let count = self.parents.len() as u64;
        let mut parent = || &self.parents[below(rng, count).min(below(rng, count)) as usize].script;
        let (one, other) = (parent(), parent());
        let fresh = self.worst.drawn(newcomer);
        moves::child(&self.worst.weather, one, other, &fresh, rng)
    }
}
