//! The script within a budget that makes a metric worst.
//!
//! Guided: an evolution of scripts. A fifth of the runs goes to scripts as the weather draws them. Then each generation is
//! bred (`moves`) from the worst so far and from the worst of each niche (`lineages`): the first ones mostly by moves that
//! find out which fault works, the later ones by whatever has paid, the last quarter from the worst of all alone. What was
//! drawn at random is the yardstick: the same number of runs of it alone is the other [`Method`].

use std::collections::BTreeSet;

use sandbox_core::{Fingerprint, Noise, Rng, Seed, below, chance};
use sandbox_model::{FaultKind, OutageScript};
use sandbox_scenario::Metric;

use super::crew::{Bench, Crew, Go};
use super::lineages::{Credit, Kept, Lineages};
use super::moves::{Move, Stock};
use super::{Journal, Progress, SearchError, Stage, draw, shrinking};
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

/// Scripts of a generation: the same whatever the number of threads.
const GENERATION: u64 = 16;
/// Of these, newcomers.
const NEWCOMERS: u64 = 1;
/// Share of the runs that goes to drawn scripts first: one in so many.
const DRAWN_FIRST: u64 = 5;
/// Share of the runs, at the end, that only goes to what comes from the worst of all: one in so many.
const NARROW_LAST: u64 = 4;
/// So many generations without anything worse, and the next ones come from all niches.
const STUCK: u64 = 4;
/// Generations that mostly find out what of the drawn scripts works.
const EARLY: u64 = 4;
/// How often something is tried beside what there is, while there is anything that has not been.
const UNTRIED: f64 = 0.15;
/// Tries to make a script that was not run before.
const TRIES: usize = 8;
/// Most runs for taking away what is not needed, as a share of all runs: one in so many.
const SHRINKING: u64 = 2;

impl Worst {
    /// Tells this search from every other that might have written the same journal: see
    /// [`Check::digest`](super::Check::digest).
    #[must_use]
    pub fn digest(&self) -> Fingerprint {
        let mut digest = super::digest_of(&self.subject, &self.weather);
        digest.mix_bytes(format!("{:?}", (self.metric, &self.workload, self.method)).as_bytes());
        digest.mix(self.seed);
        digest.mix(self.runs);
        digest
    }

    fn bench(&self) -> Bench<'_> {
        Bench {
            subject: &self.subject,
            properties: Vec::new(),
            objectives: Vec::new(),
            metric: Some((self.metric, self.workload.clone())),
        }
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

/// Looks for the worst script, then takes away what it does not need.
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
    let mut crew = Crew::new(worst.bench(), worst.jobs, journal);
    let mut found = hunt(worst, &mut crew, progress)?;
    if let Some(best) = &found.best {
        let most = worst.runs / SHRINKING;
        let least =
            shrinking::without_loss(&mut crew, &worst.weather, best, most, |value| worst.badness(value))?;
        (found.shrunk, found.shrink_runs) = (Some(least.0), least.1);
    }
    Ok(found)
}

/// The same as [`worst`], but leaves what it finds as it is.
///
/// # Errors
/// As [`worst`].
pub fn worst_unshrunk(
    worst: &Worst,
    journal: &mut dyn Journal,
    progress: &mut dyn FnMut(Progress, Option<&Best>),
) -> Result<WorstFound, SearchError> {
    hunt(worst, &mut Crew::new(worst.bench(), worst.jobs, journal), progress)
}

fn hunt(
    worst: &Worst,
    crew: &mut Crew<'_, '_>,
    progress: &mut dyn FnMut(Progress, Option<&Best>),
) -> Result<WorstFound, SearchError> {
    let mut hunt = Hunt {
        worst,
        noise: Seed::new(worst.seed).noise("worst"),
        lineages: Lineages::default(),
        credit: Credit::default(),
        seen: BTreeSet::new(),
        tried: worst.weather.pairs().into_iter().map(|pair| (pair, 0)).collect(),
        found: WorstFound { best: None, curve: Vec::new(), runs: 0, shrunk: None, shrink_runs: 0 },
    };
    let first = match worst.method {
        Method::Random => worst.runs,
        Method::Guided => (worst.runs / DRAWN_FIRST).max(GENERATION).min(worst.runs),
    };
    let drawn = (0..first).map(|number| Born::drawn(worst.drawn(number))).collect();
    hunt.run(crew, drawn, progress)?;
    let (mut generation, mut stuck) = (0, 0);
    while hunt.found.runs < worst.runs {
        let size = GENERATION.min(worst.runs - hunt.found.runs);
        let wide = hunt.wide(stuck);
        let scripts = (0..size).map(|child| hunt.breed(generation, child, first, wide)).collect();
        let before = hunt.found.curve.len();
        hunt.run(crew, scripts, progress)?;
        hunt.credit.fade();
        stuck = if hunt.found.curve.len() > before { 0 } else { stuck + 1 };
        generation += 1;
    }
    Ok(hunt.found)
}

/// A script that is to be run, and where it comes from.
struct Born {
    script: OutageScript,
    moves: Vec<Move>,
    /// How bad the one is that it was made from.
    parent: f64,
}

impl Born {
    const fn drawn(script: OutageScript) -> Self {
        Self { script, moves: Vec::new(), parent: f64::NEG_INFINITY }
    }
}

/// A search that is going on.
struct Hunt<'w> {
    worst: &'w Worst,
    noise: Noise,
    lineages: Lineages,
    credit: Credit,
    /// Fingerprints of the scripts that were run.
    seen: BTreeSet<u64>,
    /// By target and kind: how often it was tried beside what there was.
    tried: Vec<((usize, usize), u64)>,
    found: WorstFound,
}

impl Hunt<'_> {
    fn run(
        &mut self,
        crew: &mut Crew<'_, '_>,
        born: Vec<Born>,
        progress: &mut dyn FnMut(Progress, Option<&Best>),
    ) -> Result<(), SearchError> {
        let mut broken = None;
        crew.judge_each(
            born.len() as u64,
            |n| born[n as usize].script.clone(),
            |n, script, noted| {
                if let Some(failed) = noted.broken {
                    broken = Some(SearchError::Broken { script, broken: failed });
                    return Go::Enough;
                }
                self.found.runs += 1;
                self.take(&born[n as usize], noted.metric);
                let at = Progress { stage: Stage::Worst, done: self.found.runs, of: Some(self.worst.runs) };
                progress(at, self.found.best.as_ref());
                Go::On
            },
        )?;
        broken.map_or(Ok(()), Err)
    }

    fn take(&mut self, born: &Born, value: Option<f64>) {
        let badness = self.worst.badness(value);
        let most = self.worst.badness(self.found.best.as_ref().map(|best| best.value));
        let record = self.found.best.is_none() || badness > most;
        let earned = if badness > born.parent { 1.0 } else { 0.0 } + if record { 2.0 } else { 0.0 };
        self.credit.take(&born.moves, earned);
        let Some(value) = value else { return };
        if record {
            self.found.curve.push((self.found.runs, value));
            self.found.best = Some(Best { script: born.script.clone(), value });
        }
        self.lineages.take(Kept { script: born.script.clone(), badness });
    }

    /// How often to breed from the best of a niche instead of the worst of all.
    fn wide(&self, stuck: u64) -> f64 {
        let left = self.worst.runs - self.found.runs;
        if left <= self.worst.runs / NARROW_LAST {
            0.0
        } else if stuck >= STUCK {
            0.8
        } else {
            0.3
        }
    }

    /// Child number `child` of a generation. Newcomers are drawn after the `first` that were.
    fn breed(&mut self, generation: u64, child: u64, first: u64, wide: f64) -> Born {
        let fresh = self.worst.drawn(first + generation * GENERATION + child);
        if child < NEWCOMERS || self.lineages.is_empty() {
            return Born::drawn(fresh);
        }
        let rng = &mut self.noise.at(generation, child);
        let mut born = Born::drawn(fresh.clone());
        for _ in 0..TRIES {
            let one = self.lineages.pick(wide, rng).clone();
            let other = self.lineages.pick(wide.max(0.3), rng).clone();
            let least = self.tried.iter().map(|(_, count)| *count).min().unwrap_or(u64::MAX);
            let mut moves = vec![self.credit.pick(rng)];
            if generation < EARLY && chance(rng, 0.6) {
                moves = vec![Move::FIRST[below(rng, Move::FIRST.len() as u64) as usize]];
            } else if least == 0 && chance(rng, UNTRIED) {
                moves = vec![Move::Meanwhile];
            } else if chance(rng, 0.3) {
                // A second one.
                moves.push(self.credit.pick(rng));
            }
            let rare = self.rare(&moves, least, rng);
            let stock = Stock {
                weather: &self.worst.weather,
                one: &one.script,
                other: &other.script,
                fresh: &fresh,
                rare: &rare,
            };
            born = Born { script: stock.child(&moves, rng), moves, parent: one.badness };
            if self.seen.insert(fingerprint(&born.script)) {
                break;
            }
        }
        born
    }

    /// A target and a kind that were tried least often, if what is done to a script asks for it.
    fn rare<R: Rng + ?Sized>(&mut self, moves: &[Move], least: u64, rng: &mut R) -> (String, FaultKind) {
        let mut alike: Vec<_> = self.tried.iter_mut().filter(|(_, count)| *count == least).collect();
        let at = below(rng, alike.len() as u64) as usize;
        let (pair, count) = &mut alike[at];
        *count += u64::from(moves.contains(&Move::Meanwhile));
        self.worst.weather.of_pair(*pair, rng)
    }
}

fn fingerprint(script: &OutageScript) -> u64 {
    let mut digest = Fingerprint::new();
    digest.mix_bytes(format!("{script:?}").as_bytes());
    digest.value()
}
