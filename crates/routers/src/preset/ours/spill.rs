//! The first target's share follows its overload.

use serde::{Deserialize, Serialize};

use super::memory;
use crate::memory::Breaker;
use crate::parts::{Guards, Parts};
use crate::preset::openrouter::each_once;
use crate::preset::{Preset, Setting, Timeouts};
use crate::selection::{Pick, Spill};

/// The first target gets as many of the requests as it bears, the next in line the rest. A request that fails goes on
/// down the line at once, each target once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveSpill {
    /// The targets, most wanted first.
    pub targets: Vec<String>,
    /// How the share moves.
    #[serde(default)]
    pub spill: Spill,
    /// By target, most attempts in flight at once. Empty: no cap.
    #[serde(default)]
    pub in_flight: Vec<Option<u32>>,
    /// When a target is left alone. Absent: never.
    #[serde(default)]
    pub breaker: Option<Breaker>,
    /// Timers.
    #[serde(default)]
    pub timeouts: Timeouts,
}

impl Preset for AdaptiveSpill {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        Parts {
            guards: Guards { in_flight: self.in_flight.clone(), ..Guards::default() },
            memory: memory(self.breaker.as_ref()),
            pick: Pick::Spill(self.spill.clone()),
            retry: each_once(),
            ..Parts::plain(setting.targets.len())
        }
    }
}
