//! What goes wrong: faults that are written down, and processes that draw more of them.

use sandbox_core::Span;
use sandbox_model::FaultKind;
use serde::{Deserialize, Serialize};

use super::{Incidents, Profile};
use crate::clock::When;

/// What goes wrong: faults that are written down, and processes that draw more of them from the seed.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weather {
    /// Faults that are written down.
    #[serde(default)]
    pub script: Vec<FaultEntry>,
    /// Processes that draw faults.
    #[serde(default)]
    pub processes: Vec<Process>,
    /// What goes wrong at known providers. Resolving turns each into processes, which `scenario.ron` then lists.
    #[serde(default)]
    pub incidents: Vec<Incidents>,
}

/// An outage script as a file: what `sandbox script` writes and `--script` reads.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// What `sandbox check` found with it. A run takes no notice of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// The faults.
    pub faults: Vec<FaultEntry>,
}

/// What a script was found to do, as `sandbox check` writes it down.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The property that it breaks or the objective that it misses, as `--property` or `--objective` takes it; the
    /// metric that it is bad for, if it was searched for by `--worst`.
    pub breaks: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Router that every workload entered, as `--router` takes it, if it was not the scenario's.
    #[serde(default)]
    pub router: Option<String>,
    /// What was different from how the scenario was written, as `--set` takes it.
    #[serde(default)]
    pub set: Vec<String>,
    /// What happened, in one sentence.
    pub what: String,
    /// Version of the program that found it.
    pub version: String,
    /// Fingerprint of the run, which another version may simulate otherwise.
    pub fingerprint: String,
}

/// A fault that is written down.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename = "Fault", deny_unknown_fields)]
pub struct FaultEntry {
    /// A provider, an endpoint, a router that has a region, or a link (`"cn-east <-> us-west"` both ways,
    /// `"us-west -> cn-east"` one way).
    pub target: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Onset: an offset (`"9h 30m"`) or a wall clock (`"09:30 Asia/Shanghai"`: its first time in the scenario).
    pub from: When,
    /// End; a wall clock means its first time after `from`.
    pub until: When,
}

/// A renewal process: faults of one kind on one target, with random gaps and random lengths.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Names the random stream; unique among processes.
    pub name: String,
    /// A provider, an endpoint, a router that has a region, or a link.
    pub target: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// From the end of one fault to the start of the next, at the profile's mean.
    pub between: SpanDist,
    /// How long a fault lasts.
    pub lasting: SpanDist,
    /// When faults are likelier: gaps run down faster where the profile is high.
    #[serde(default)]
    pub profile: Profile,
    /// What else each of these faults hits, at the same time: other components of a provider, or whatever shares a
    /// cause with it.
    #[serde(default)]
    pub also: Vec<Also>,
}

/// What else a drawn fault hits, with a coin for each fault.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Also {
    /// A provider, an endpoint, or a router that has a region; the process's own target if the kind is another one,
    /// so that some incidents are worse than others.
    pub target: String,
    /// Chance that a fault hits this as well, 0 to 1. Measured between components of one provider: 0.71 to 0.75
    /// (Anthropic), 0.22 of incidents hit several (OpenAI); FAILS data set, arXiv 2503.12185.
    pub chance: f64,
    /// What goes wrong there; by default the same as at the process's target.
    #[serde(default)]
    pub kind: Option<FaultKind>,
}

/// A distribution of times.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum SpanDist {
    /// Always the same.
    Constant(Span),
    /// Memoryless.
    Exponential {
        /// The mean.
        mean: Span,
    },
    /// Weibull; below shape 1 events cluster (measured between failures: 0.65 to 0.82, ICPE'25 data).
    Weibull {
        /// The mean.
        mean: Span,
        /// The shape.
        shape: f64,
    },
    /// Lognormal (measured repair times: sigma 1.2 to 1.4, ICPE'25 data).
    Lognormal {
        /// The median.
        median: Span,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
}
