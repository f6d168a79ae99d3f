//! Targets in order behind circuit breakers.

use serde::{Deserialize, Serialize};

use super::{memory, one_by_one};
use crate::backoff::Backoff;
use crate::memory::Breaker;
use crate::parts::{Parts, Retry};
use crate::preset::{Preset, Setting, Timeouts};

/// Targets in order; one that fails too often gets nothing, then a few probes, then all of its traffic again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakerFallback {
    /// The targets, most wanted first.
    pub targets: Vec<String>,
    /// When a target is left alone, and how it comes back.
    #[serde(default)]
    pub breaker: Breaker,
    /// Tries on one target after the first. Default 0.
    #[serde(default)]
    pub retries: u32,
    /// Waits between tries on one target; going on to the next target does not wait.
    #[serde(default)]
    pub backoff: Backoff,
    /// Timers.
    #[serde(default)]
    pub timeouts: Timeouts,
}

impl Preset for BreakerFallback {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let n = setting.targets.len();
        Parts {
            memory: memory(Some(&self.breaker)),
            retry: Retry { retries: self.retries, backoff: self.backoff, ..Retry::default() },
            groups: one_by_one(n),
            ..Parts::plain(n)
        }
    }
}
