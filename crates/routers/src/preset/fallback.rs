//! Targets in order, and one target alone.

use serde::{Deserialize, Serialize};

use super::{Mention, Preset, Setting, Timeouts};
use crate::backoff::Backoff;
use crate::memory::{Cooldown, Rule};
use crate::parts::{Parts, Retry, RetryBudget};

/// One target and no second try: the baseline.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Single {
    /// The target.
    pub target: String,
    /// Timers.
    #[serde(default)]
    pub timeouts: Timeouts,
}

impl Preset for Single {
    fn targets(&self) -> Vec<String> {
        vec![self.target.clone()]
    }

    fn written(&self) -> Vec<Mention> {
        vec![Mention { key: "target", place: Vec::new(), name: self.target.clone() }]
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, _: &Setting<'_>) -> Parts {
        Parts::plain(1)
    }
}

/// Targets in order: retries on each, then the next; a target that fails too often cools down.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// The targets, most wanted first.
    pub targets: Vec<String>,
    /// Tries on one target after the first. Default 2: OpenAI SDK and LiteLLM 1.109.1.
    #[serde(default = "two")]
    pub retries: u32,
    /// Waits between tries on one target; going on to the next target does not wait.
    #[serde(default)]
    pub backoff: Backoff,
    /// What pays for retries, so that they stay a small share of the calls. Absent: they cost nothing.
    #[serde(default)]
    pub retry_budget: Option<RetryBudget>,
    /// When a target is left alone for a while. Absent: never (a stateless chain).
    #[serde(default)]
    pub cooldown: Option<Cooldown>,
    /// Timers.
    #[serde(default)]
    pub timeouts: Timeouts,
}

impl Preset for Fallback {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let n = setting.targets.len();
        Parts {
            memory: self.cooldown.iter().cloned().map(Rule::Cooldown).collect(),
            retry: Retry {
                retries: self.retries,
                backoff: self.backoff,
                budget: self.retry_budget,
                ..Retry::default()
            },
            groups: (0..n).map(|target| 1 << target).collect(),
            ..Parts::plain(n)
        }
    }
}

const fn two() -> u32 {
    2
}
