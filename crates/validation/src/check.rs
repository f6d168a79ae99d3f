//! Checks and their rows.

use crate::{
    collapse, gateway, incidents, metastable, named, provider, queues, retries, serving, traffic, weather,
};

/// One claim that can be checked.
pub struct Check {
    /// Names it on the command line: lower case with hyphens.
    pub id: String,
    /// Heading it stands under.
    pub group: &'static str,
    /// Takes seconds rather than milliseconds in a debug build: left out of the ordinary tests.
    pub slow: bool,
    /// Measures.
    pub run: Box<dyn Fn() -> Finding>,
}

/// What a check found.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// What is checked, and how: part of the simulator, set-up, number of replications.
    pub what: String,
    /// What should come out.
    pub expected: String,
    /// Where that comes from.
    pub source: String,
    /// What came out.
    pub measured: String,
    /// How sure that is: the interval with its level and n, or the rule it was held against.
    pub interval: String,
    /// Whether the two agree.
    pub holds: bool,
}

/// A line of `docs/validation.md`.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Name of the check.
    pub id: String,
    /// Heading it stands under.
    pub group: &'static str,
    /// What it found.
    pub finding: Finding,
}

impl Check {
    /// A check.
    pub fn new(id: impl Into<String>, group: &'static str, run: impl Fn() -> Finding + 'static) -> Self {
        Self { id: id.into(), group, slow: false, run: Box::new(run) }
    }

    /// The same, left out of the ordinary tests.
    #[must_use]
    pub fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    /// Measures.
    #[must_use]
    pub fn row(&self) -> Row {
        Row { id: self.id.clone(), group: self.group, finding: (self.run)() }
    }
}

impl Row {
    /// The command that measures this row again.
    #[must_use]
    pub fn command(&self) -> String {
        format!("cargo validation --only {}", self.id)
    }
}

/// All checks, in the order of the document.
#[must_use]
pub fn all() -> Vec<Check> {
    [
        queues::checks(),
        traffic::checks(),
        weather::checks(),
        incidents::checks(),
        named::checks(),
        retries::checks(),
        collapse::checks(),
        metastable::checks(),
        provider::checks(),
        serving::checks(),
        gateway::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A claim that a test of another crate shows: not measured here.
pub struct Cited {
    /// What is shown.
    pub what: &'static str,
    /// The file, from the root of the repository.
    pub file: &'static str,
    /// The test in it.
    pub test: &'static str,
    /// The command that runs it.
    pub command: &'static str,
}

/// Claims that tests of other crates show.
pub const CITED: &[Cited] = &[
    Cited {
        what: "The endpoint's one clock and heap give the same admissions, signals and progress, to the nanosecond, as a \
               twin that counts token by token: 1,000 drawn stories, no difference.",
        file: "crates/providers/tests/it/batch_oracle.rs",
        test: "batch_agrees_with_the_per_token_oracle",
        command: "cargo test -p sandbox-providers --test it batch_oracle",
    },
    Cited {
        what: "Least squares through the Splitwise measurements give the coefficients of the presets: Llama-2 70B on 8 H100 14.6 ms + \
               84.5 us a prompt token, 29.8 ms + 308 us a sequence; six more machines. The file is not part of the repository: without it the \
               test says so and passes.",
        file: "crates/scenario/tests/it/import_serving.rs",
        test: "fit_recovers_the_splitwise_coefficients",
        command: "cargo test -p sandbox-scenario --test it import_serving",
    },
    Cited {
        what: "Replayed traces keep their rate, CV of gaps and dispersion by second and minute: Azure code 2.57/s, 13.2, 13.2, 164; Azure \
               conversation 5.53/s, 1.09, 1.39, 16.1; Mooncake conversation 3.40/s and 2.95 by minute. The files are not part of the \
               repository: without them the test says so and passes.",
        file: "crates/engine/tests/it/traffic.rs",
        test: "replayed_traces_keep_their_rate_spread_and_dispersion",
        command: "cargo test -p sandbox-engine --test it traffic",
    },
    Cited {
        what: "The rate limiter's level equals the reflection formula of a leaky bucket over its whole history, exactly, in \
               1,000 drawn stories.",
        file: "crates/providers/tests/it/limiter.rs",
        test: "every_answer_agrees_with_levels_worked_out_from_history",
        command: "cargo test -p sandbox-providers --test it limiter",
    },
];
