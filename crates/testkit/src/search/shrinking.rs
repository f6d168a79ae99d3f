//! From a script that breaks something to the least that still does.

use sandbox_model::OutageScript;

use super::crew::{Bench, Crew, Go};
use super::{Best, Journal, SearchError};
use crate::properties::Broken;
use crate::weather::{Weather, candidates};

/// What is left of a script.
pub(super) struct Shrunk {
    pub(super) script: OutageScript,
    pub(super) broken: Broken,
    /// Runs that it took, as if they had been made one after the other.
    pub(super) runs: u64,
}

/// Takes the first simpler script that still breaks the same property, and begins again with that.
pub(super) fn shrink(
    bench: &Bench<'_>,
    weather: &Weather,
    jobs: usize,
    drawn: &OutageScript,
    broken: Broken,
    journal: &mut dyn Journal,
    progress: &mut dyn FnMut(u64),
) -> Result<Shrunk, SearchError> {
    let mut crew = Crew::new(bench.clone(), jobs, journal);
    let mut shrunk = Shrunk { script: drawn.clone(), broken, runs: 0 };
    loop {
        let candidates = simpler(&shrunk.script, weather);
        let mut better = None;
        crew.judge_each(
            candidates.len() as u64,
            |n| candidates[n as usize].clone(),
            |_, script, noted| {
                shrunk.runs += 1;
                progress(shrunk.runs);
                match noted.broken {
                    Some(broken) if broken.property == shrunk.broken.property => {
                        better = Some((script, broken));
                        Go::Enough
                    }
                    _ => Go::On,
                }
            },
        )?;
        let Some((script, broken)) = better else { return Ok(shrunk) };
        (shrunk.script, shrunk.broken) = (script, broken);
    }
}

/// Takes the first simpler script that is at least as bad, and begins again with that, for at most so many runs. Also
/// says how many it took.
pub(super) fn without_loss(
    crew: &mut Crew<'_, '_>,
    weather: &Weather,
    best: &Best,
    most: u64,
    badness: impl Fn(Option<f64>) -> f64,
) -> Result<(Best, u64), SearchError> {
    let mut least = best.clone();
    let mut runs = 0;
    loop {
        let candidates = simpler(&least.script, weather);
        let mut better = None;
        let count = (candidates.len() as u64).min(most - runs);
        crew.judge_each(
            count,
            |n| candidates[n as usize].clone(),
            |_, script, noted| {
                runs += 1;
                if let Some(value) = noted.metric
                    && noted.broken.is_none()
                    && badness(Some(value)) >= badness(Some(least.value))
                {
                    better = Some(Best { script, value });
                    return Go::Enough;
                }
                Go::On
            },
        )?;
        let Some(better) = better else { return Ok((least, runs)) };
        least = better;
    }
}

/// Nothing at all, then scripts that are simpler than this one, the simplest first.
fn simpler(script: &OutageScript, weather: &Weather) -> Vec<OutageScript> {
    let nothing = (!script.faults.is_empty()).then(OutageScript::default);
    nothing.into_iter().chain(candidates(script, weather)).collect()
}
