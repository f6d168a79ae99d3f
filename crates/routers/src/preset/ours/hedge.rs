//! A second attempt when the first token is late.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use super::memory;
use crate::memory::Breaker;
use crate::parts::{Hedge, Losers, Parts};
use crate::preset::openrouter::each_once;
use crate::preset::{Preset, Setting, Timeouts};

/// Targets in order, each once; the next one is asked, too, when there is no first token in time. The first first token
/// wins, and the other attempts lose.
///
/// Nothing is learnt from what is abandoned: a target that only ever loses is asked first for ever, so that each request
/// pays for the wait. A first-token timer ends attempts with a result.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TtftHedge {
    /// The targets, most wanted first.
    pub targets: Vec<String>,
    /// Time without a first token until the next target is asked.
    pub after: Span,
    /// Most further attempts at once. Default 1.
    #[serde(default = "one")]
    pub most: u32,
    /// What becomes of those that lose. Default: they are cancelled.
    #[serde(default)]
    pub losers: Losers,
    /// When a target is left alone. Absent: never.
    #[serde(default)]
    pub breaker: Option<Breaker>,
    /// Timers.
    #[serde(default)]
    pub timeouts: Timeouts,
}

impl Preset for TtftHedge {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        Parts {
            memory: memory(self.breaker.as_ref()),
            retry: each_once(),
            hedge: Some(Hedge { after: self.after, most: self.most, losers: self.losers }),
            ..Parts::plain(setting.targets.len())
        }
    }
}

const fn one() -> u32 {
    1
}
