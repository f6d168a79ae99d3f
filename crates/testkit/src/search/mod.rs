//! Many scripts: until one breaks something, or for the worst of them.
//!
//! * [`check`](check()) – scripts of a corpus, then drawn ones, until one breaks something; what it found, shrunk
//! * [`worst`](worst()) – the script within a budget that makes a metric worst
//! * [`coverage`] – what was tried, and what the runs came to see
//! * [`journal`] – what was judged so far, so that a search that was killed goes on
//! * `crew` – several threads, each with its own judge
//! * `shrinking` – from a script that breaks something to the least that still does
//! * `lineages` – the scripts that are bad, by what they are made of; which moves have paid
//! * `moves` – from scripts that are bad to scripts that may be worse
//!
//! What a search finds depends on its arguments alone: not on the number of threads, nor on whether it was killed and
//! went on from its journal.

mod check;
pub mod coverage;
mod crew;
pub mod journal;
mod lineages;
mod moves;
mod shrinking;
mod worst;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sandbox_core::{Fingerprint, Rng as _, Seed};
use sandbox_engine::RunError;
use sandbox_model::OutageScript;

use crate::Weather;
use crate::properties::{Broken, Subject};

pub use check::{Check, Counterexample, Found, Origin, check};
pub use coverage::Coverage;
pub use journal::{FileJournal, Journal, MemoryJournal, Noted};
pub use worst::{Best, Method, Worst, WorstFound, worst, worst_unshrunk};

/// How far a search has come.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// Runs that were judged so far at this stage, those from the journal included.
    pub done: u64,
    /// Of how many, if that is known.
    pub of: Option<u64>,
}

/// What a search is doing.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    /// It judges the scripts of the corpus.
    Corpus,
    /// It judges drawn scripts.
    Cases,
    /// It shrinks what it has found.
    Shrinking,
    /// It looks for the worst script.
    Worst,
}

/// Why a search stopped.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The scenario cannot even be run without faults.
    #[error("the run without faults fails: {0}")]
    Calm(String),
    /// A bug of the simulator.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A script that was found does not break the same thing when it is run from the start: a bug of the test kit.
    #[error("a script that breaks {property} does not break it when it is replayed: {said}")]
    NotReplayed {
        /// The property.
        property: String,
        /// What the replay said.
        said: String,
    },
    /// A run of a search for the worst comes to no end.
    #[error("a run comes to no end ({}): {}", .broken.property, .broken.what)]
    Broken {
        /// Its script.
        script: OutageScript,
        /// What happened.
        broken: Broken,
    },
    /// The journal cannot be written.
    #[error("the journal cannot be written")]
    Journal(#[from] std::io::Error),
}

/// Script number `case` of a seed: the same on every machine, whatever was drawn before.
#[must_use]
pub fn draw(weather: &Weather, seed: u64, case: u64) -> OutageScript {
    let mut bytes = [0; 32];
    let mut noise = Seed::new(seed).noise("check").at(case, 0);
    for chunk in bytes.chunks_exact_mut(8) {
        chunk.copy_from_slice(&noise.next_u64().to_le_bytes());
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    weather.new_tree(&mut runner).expect("drawing never fails").current()
}

/// What tells searches over different scenarios, or in different weather, apart: the beginning of every digest.
fn digest_of(subject: &Subject, weather: &Weather) -> Fingerprint {
    let mut digest = Fingerprint::new();
    digest.mix_bytes(env!("CARGO_PKG_VERSION").as_bytes());
    digest.mix_bytes(format!("{subject:?}").as_bytes());
    digest.mix_bytes(format!("{weather:?}").as_bytes());
    digest
}
