//! Several threads, each with its own judge, and one journal.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};

use sandbox_core::Fingerprint;
use sandbox_model::OutageScript;
use sandbox_scenario::{Metric, Objective};

use super::{Journal, Noted, SearchError};
use crate::properties::{Property, Subject};
use crate::quietly::quietly;
use crate::{Judge, Verdict};

/// What the judges of a crew judge by.
#[derive(Clone)]
pub(super) struct Bench<'s> {
    pub(super) subject: &'s Subject,
    pub(super) properties: Vec<Property>,
    pub(super) objectives: Vec<Objective>,
    pub(super) metric: Option<(Metric, Option<String>)>,
}

impl Bench<'_> {
    fn judge(&self) -> Result<Judge, SearchError> {
        let judge = quietly(|| Judge::new(self.subject, &self.properties, &self.objectives));
        let judge = judge.map_err(SearchError::Calm)??;
        Ok(match self.metric.clone() {
            Some((metric, workload)) => judge.measuring(metric, workload),
            None => judge,
        })
    }

    /// What a run of this script before these judges is called in the journal.
    fn key(&self, script: &OutageScript) -> u64 {
        let mut key = Fingerprint::new();
        for property in &self.properties {
            key.mix_bytes(property.name.as_bytes());
        }
        key.mix(self.properties.len() as u64);
        for objective in &self.objectives {
            key.mix_bytes(objective.expression.as_bytes());
        }
        key.mix_bytes(format!("{:?}", self.metric).as_bytes());
        key.mix_bytes(format!("{script:?}").as_bytes());
        key.value()
    }
}

/// Judges that work side by side. What they have judged is noted, and not judged again.
pub(super) struct Crew<'s, 'j> {
    bench: Bench<'s>,
    /// One for each thread, made when it is first needed.
    judges: Vec<Option<Judge>>,
    journal: Mutex<&'j mut dyn Journal>,
}

impl<'s, 'j> Crew<'s, 'j> {
    pub(super) fn new(bench: Bench<'s>, jobs: usize, journal: &'j mut dyn Journal) -> Self {
        let judges = (0..jobs.max(1)).map(|_| None).collect();
        Self { bench, judges, journal: Mutex::new(journal) }
    }

    /// Judges script after script and hands on what became of them, in their order, until `take` has enough.
    ///
    /// Scripts may have been judged, and noted, that are not handed on.
    pub(super) fn judge_each(
        &mut self,
        scripts: u64,
        script: impl Fn(u64) -> OutageScript + Sync,
        mut take: impl FnMut(u64, OutageScript, Noted) -> Go,
    ) -> Result<(), SearchError> {
        let next = AtomicU64::new(0);
        // The first that nobody needs to judge any more.
        let end = AtomicU64::new(scripts);
        let (bench, journal) = (&self.bench, &self.journal);
        let (script, next, end) = (&script, &next, &end);
        let work = |judge: &mut Option<Judge>, told: mpsc::Sender<_>| {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end.load(Ordering::Relaxed) {
                    return;
                }
                let script = script(number);
                let noted = judge_one(bench, judge, journal, &script);
                if told.send((number, script, noted)).is_err() {
                    return;
                }
            }
        };
        let work = &work;
        std::thread::scope(|scope| {
            let (told, hears) = mpsc::channel();
            let threads: Vec<_> = self
                .judges
                .iter_mut()
                .map(|judge| {
                    let told = told.clone();
                    scope.spawn(move || work(judge, told))
                })
                .collect();
            drop(told);
            let mut early = std::collections::BTreeMap::new();
            let mut due = 0;
            'hearing: for (number, script, noted) in hears {
                early.insert(number, (script, noted));
                while let Some((script, noted)) = early.remove(&due) {
                    let go = noted.map(|noted| take(due, script, noted));
                    if !matches!(go, Ok(Go::On)) {
                        end.store(0, Ordering::Relaxed);
                        go?;
                        break 'hearing;
                    }
                    due += 1;
                }
            }
            for thread in threads {
                thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
            Ok(())
        })
    }
}

/// Whether there is need for more.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Go {
    On,
    Enough,
}

fn judge_one(
    bench: &Bench<'_>,
    judge: &mut Option<Judge>,
    journal: &Mutex<&mut dyn Journal>,
    script: &OutageScript,
) -> Result<Noted, SearchError> {
    let key = bench.key(script);
    if let Some(noted) = lock(journal).known(key) {
        return Ok(noted);
    }
    let judge = match judge {
        Some(judge) => judge,
        None => judge.insert(bench.judge()?),
    };
    let Verdict { broken, metric, sights, .. } = judge.judge(script)?;
    let noted = Noted { broken, metric, sights };
    lock(journal).note(key, &noted)?;
    Ok(noted)
}

/// A journal is whole after every call, whoever panicked meanwhile.
fn lock<'a, 'j>(journal: &'a Mutex<&'j mut dyn Journal>) -> MutexGuard<'a, &'j mut dyn Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}
