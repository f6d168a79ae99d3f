//! The requests that waited longest, and their stories.
//!
//! Who they are is known only when the run is over. So copies of it are kept at regular times, those before which
//! somebody arrived who may be among them; from there the stretches that hold them are simulated again, and recorded.
//! A copy goes on as the original did.

use std::cmp::Reverse;

use sandbox_core::{SimError, Simulation, Span, Time};
use sandbox_scenario::Resolved;

use crate::explain::{Explanation, Recorder, Story};
use crate::machine::{KEY_BITS, Listeners, Machine};
use crate::run::{SLICES, slice_end};

/// A copy is made every so many slices of the run.
const SLICES_A_COPY: u64 = 2;

/// One request: the worst comes first.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Wait {
    wait: Reverse<Span>,
    arrived: Time,
    key: u64,
}

/// The longest waits so far.
pub(crate) struct Worst {
    most: usize,
    /// Sorted.
    waits: Vec<Wait>,
}

impl Worst {
    /// Keeps so many; nothing if that is none.
    pub(crate) fn new(most: usize) -> Option<Box<Self>> {
        (most > 0).then(|| Box::new(Self { most, waits: Vec::with_capacity(most + 1) }))
    }

    /// A request has waited for its first token, or for nothing.
    #[inline]
    pub(crate) fn note(&mut self, wait: Span, arrived: Time, key: u64) {
        let new = Wait { wait: Reverse(wait), arrived, key };
        if self.waits.len() == self.most && self.waits.last().is_some_and(|last| *last < new) {
            return;
        }
        let place = self.waits.partition_point(|other| *other < new);
        self.waits.insert(place, new);
        self.waits.truncate(self.most);
    }
}

/// A run as it was: everything up to and including this time had run, or nothing at all.
struct Copy {
    after: Option<Time>,
    run: Simulation<Machine>,
}

/// Copies of a run, in order of time.
#[derive(Default)]
pub(crate) struct Copies(Vec<Copy>);

/// Runs to the end, as [`run::simulate`](crate::run::simulate) does, and keeps copies if the worst are asked for.
pub(crate) fn simulate(
    simulation: &mut Simulation<Machine>,
    progress: &mut dyn FnMut(f64),
) -> Result<Copies, SimError> {
    let end = simulation.model.end;
    let mut copies = Copies::default();
    let mut after = None;
    for slice in 1..=SLICES {
        if simulation.model.listeners.worst.is_some() && (slice - 1) % SLICES_A_COPY == 0 {
            copies.drop_useless(&simulation.model);
            copies.0.push(Copy { after, run: simulation.clone() });
        }
        let until = slice_end(end, slice);
        simulation.run_until(until)?;
        after = Some(until);
        progress(slice as f64 / SLICES as f64);
    }
    simulation.model.finish();
    Ok(copies)
}

impl Copies {
    /// Drops the copies after which nobody arrived who is, or may yet be, among the worst.
    fn drop_useless(&mut self, now: &Machine) {
        let Some(worst) = &now.listeners.worst else { return };
        let waiting = now.requests.iter().filter(|request| request.counted && request.first_token.is_none());
        let arrivals =
            worst.waits.iter().map(|wait| wait.arrived).chain(waiting.map(|request| request.arrived));
        let mut useful = vec![false; self.0.len()];
        for arrived in arrivals {
            if let Some(copy) = self.before(arrived) {
                useful[copy] = true;
            }
        }
        let mut useful = useful.into_iter();
        self.0.retain(|_| useful.next().unwrap_or(true));
    }

    /// The last copy before an arrival.
    fn before(&self, arrived: Time) -> Option<usize> {
        self.0.partition_point(|copy| copy.after.is_none_or(|after| after < arrived)).checked_sub(1)
    }

    /// The stories of the worst requests of a finished run, the worst first.
    pub(crate) fn stories(self, resolved: &Resolved, main: &Machine) -> Result<Vec<Story>, SimError> {
        let Some(worst) = &main.listeners.worst else { return Ok(Vec::new()) };
        let mut keys: Vec<Vec<u64>> = vec![Vec::new(); self.0.len()];
        for wait in &worst.waits {
            let copy = self.before(wait.arrived).expect("the first copy is from before all arrivals");
            keys[copy].push(wait.key);
        }
        let mut stories = Vec::new();
        for (copy, keys) in self.0.into_iter().zip(keys).filter(|(_, keys)| !keys.is_empty()) {
            for recorder in again(copy, &keys)? {
                let (key, workload) = (recorder.key, (recorder.key >> KEY_BITS) as usize);
                if let Explanation::Story(story) =
                    recorder.finish(resolved, main.world.workloads[workload].drawn)
                {
                    stories.push((key, *story));
                }
            }
        }
        stories.sort_by_key(|(key, _)| worst.waits.iter().position(|wait| wait.key == *key));
        Ok(stories.into_iter().map(|(_, story)| story).collect())
    }
}

/// Runs on from a copy until nothing more can happen to these requests.
fn again(copy: Copy, keys: &[u64]) -> Result<Vec<Recorder>, SimError> {
    let mut run = copy.run;
    let recorder = |key: &u64| Recorder::new((key >> KEY_BITS) as usize, key & ((1 << KEY_BITS) - 1));
    run.model.listeners = Listeners { explain: keys.iter().map(recorder).collect(), ..Listeners::default() };
    let end = run.model.end;
    for slice in 1..=SLICES {
        let until = slice_end(end, slice);
        if copy.after.is_some_and(|after| until <= after) {
            continue;
        }
        run.run_until(until)?;
        let attempts = &run.model.attempts;
        if run.model.listeners.explain.iter().all(|recorder| recorder.is_over(|id| attempts.is_used(id))) {
            break;
        }
    }
    Ok(std::mem::take(&mut run.model.listeners.explain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_comes_first_and_of_two_alike_the_first_to_arrive() {
        let mut worst = Worst::new(3).expect("some are kept");
        let at = |s| Time::ZERO + Span::from_secs(s);
        for (key, (wait, arrived)) in [(5, 0), (9, 2), (9, 1), (2, 3), (7, 4), (9, 5)].into_iter().enumerate()
        {
            worst.note(Span::from_secs(wait), at(arrived), key as u64);
        }
        assert_eq!(worst.waits.iter().map(|wait| wait.key).collect::<Vec<_>>(), [2, 1, 5]);
        assert!(Worst::new(0).is_none());
    }
}
