//! A direct provider first, a grid for what is too much for it.

use sandbox_core::Span;
use sandbox_model::{Status, Usd};
use serde::{Deserialize, Serialize};

use super::{memory, one_by_one};
use crate::memory::{Breaker, first};
use crate::parts::{GivesUp, Guards, Parts, SpendCap};
use crate::preset::{Mention, Preset, Setting, Timeouts};

/// Everything goes to the primary as long as it is well and has room; what is too much for it, and what it fails, goes
/// to the overflow at once. Traffic comes back through probes and a ramp, so that a provider that has just recovered is
/// not knocked over again.
///
/// The cap holds the whole bill of the overflow, as its answers come in: what it costs *above* the primary is not
/// visible to a router, which does not know what an answer would have cost elsewhere. Once the cap is reached there is
/// no overflow: what the primary cannot take is refused with 429, and its callers may come again. Nothing is queued in
/// the router.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AsymmetricHybrid {
    /// The direct provider.
    pub primary: String,
    /// Where the overflow goes, most wanted first.
    pub overflow: Vec<String>,
    /// Most attempts in flight at the primary: the overflow leaves before the primary queues. Absent: no cap.
    #[serde(default)]
    pub in_flight: Option<u32>,
    /// When a target is left alone, and how it comes back. Default: a breaker's, but with a ramp of a minute.
    #[serde(default = "with_ramp")]
    pub breaker: Breaker,
    /// Most that the overflow may bill in each `per`. Absent: anything.
    #[serde(default)]
    pub overflow_usd: Option<Usd>,
    /// The hour or day that the cap holds for, from midnight UTC. Default 1 h.
    #[serde(default = "hour")]
    pub per: Span,
    /// Timers. Default: 10 s until the first token, for who stays silent fails nobody before the callers' deadline.
    #[serde(default = "patience")]
    pub timeouts: Timeouts,
}

impl Preset for AsymmetricHybrid {
    fn targets(&self) -> Vec<String> {
        std::iter::once(&self.primary).chain(&self.overflow).cloned().collect()
    }

    fn written(&self) -> Vec<Mention> {
        let primary = Mention { key: "primary", place: Vec::new(), name: self.primary.clone() };
        std::iter::once(primary).chain(Mention::list("overflow", &self.overflow)).collect()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let n = setting.targets.len();
        let cap = self.overflow_usd.map(|usd| SpendCap {
            targets: first(n) & !1,
            usd,
            per: self.per,
            offset: setting.after_midnight,
        });
        let in_flight = |most| (0..n).map(|target| (target == 0).then_some(most)).collect();
        Parts {
            guards: Guards {
                in_flight_together: None,
                spend: cap.into_iter().collect(),
                in_flight: self.in_flight.map(in_flight).unwrap_or_default(),
            },
            memory: memory(Some(&self.breaker)),
            groups: one_by_one(n),
            gives_up: GivesUp { nothing_allowed: Status::TOO_MANY_REQUESTS, ..GivesUp::default() },
            ..Parts::plain(n)
        }
    }
}

fn with_ramp() -> Breaker {
    Breaker { ramp: Span::from_mins(1), ..Breaker::default() }
}

const fn patience() -> Timeouts {
    Timeouts { first_token: Some(Span::from_secs(10)), total: None, overall: None }
}

const fn hour() -> Span {
    Span::from_hours(1)
}
