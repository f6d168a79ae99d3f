//! Targets in order under a price and a budget.

use serde::{Deserialize, Serialize};

use super::{memory, one_by_one};
use crate::backoff::Backoff;
use crate::memory::Breaker;
use crate::parts::{Filters, Guards, Parts, Retry};
use crate::preset::by_parts::Cap;
use crate::preset::{MaxPrice, Mention, Preset, Setting, Timeouts};

/// Targets in order, but none that is too dear now, and none whose budget for the hour or the day is spent. When that
/// leaves nothing the caller gets 403.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceGuard {
    /// The targets, most wanted first.
    pub targets: Vec<String>,
    /// Dearer targets are not used. Absent: any price is paid.
    #[serde(default)]
    pub max_price: Option<MaxPrice>,
    /// Caps on spending.
    #[serde(default)]
    pub spend: Vec<Cap>,
    /// Tries on one target after the first. Default 0.
    #[serde(default)]
    pub retries: u32,
    /// Waits between tries on one target.
    #[serde(default)]
    pub backoff: Backoff,
    /// When a target is left alone. Absent: never.
    #[serde(default)]
    pub breaker: Option<Breaker>,
    /// Timers.
    #[serde(default)]
    pub timeouts: Timeouts,
}

impl Preset for PriceGuard {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let n = setting.targets.len();
        let plain = Parts::plain(n);
        let max_price = self.max_price.as_ref().map(|most| most.in_usd(setting));
        Parts {
            filters: Filters { max_price, ..plain.filters },
            guards: Guards {
                in_flight_together: None,
                spend: self.spend.iter().map(|cap| cap.resolve(setting)).collect(),
                in_flight: Vec::new(),
            },
            memory: memory(self.breaker.as_ref()),
            retry: Retry { retries: self.retries, backoff: self.backoff, ..Retry::default() },
            groups: one_by_one(n),
            ..plain
        }
    }

    fn max_price(&self) -> Option<&MaxPrice> {
        self.max_price.as_ref()
    }

    fn mentions(&self) -> Vec<Mention> {
        let caps: Vec<Vec<String>> = self.spend.iter().map(|cap| cap.targets.clone()).collect();
        Mention::lists("spend", &caps).collect()
    }
}
