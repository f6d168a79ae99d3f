//! A router that a scenario puts together itself.

use sandbox_core::Span;
use sandbox_model::Usd;
use serde::{Deserialize, Serialize};

use super::{MaxPrice, Mention, Preset, Setting, Timeouts};
use crate::memory::Rule;
use crate::parts::{Filters, GivesUp, Guards, Hedge, Parts, Retry, SpendCap, WhenAllOut};
use crate::selection::Pick;
use crate::statuses::Statuses;
use crate::sticky::Sticky;

/// A router of any parts: what all presets are made of. How the parts work together: [`parts`](crate::parts).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByParts {
    /// The targets. Lists that go by target have their order.
    pub targets: Vec<String>,
    /// Groups of targets through which a request goes, one after the other. Empty: one group of all.
    #[serde(default)]
    pub groups: Vec<Vec<String>>,
    /// Filter: only these targets. Empty: all.
    #[serde(default)]
    pub only: Vec<String>,
    /// Filter: dearer targets are not used.
    #[serde(default)]
    pub max_price: Option<MaxPrice>,
    /// Guard: caps on spending.
    #[serde(default)]
    pub spend: Vec<Cap>,
    /// Guard: by target, most attempts in flight at once. Empty: no cap.
    #[serde(default)]
    pub in_flight: Vec<Option<u32>>,
    /// Guard: most attempts in flight at once at all targets together. Absent: no cap.
    #[serde(default)]
    pub in_flight_together: Option<u32>,
    /// Memories: a target is out while one says so.
    #[serde(default)]
    pub memory: Vec<Rule>,
    /// Whether a timeout that the caller's own deadline caused says nothing against a target.
    #[serde(default)]
    pub forgives_callers: bool,
    /// What becomes of a group whose targets are all out.
    #[serde(default)]
    pub when_all_out: WhenAllOut,
    /// By target: of those that remain, only the ones with the lowest number are picked from. Empty: all alike.
    #[serde(default)]
    pub order: Vec<u32>,
    /// Selection.
    #[serde(default)]
    pub pick: Pick,
    /// Conversations that stay where their cache is, whomever the pick would choose. Absent: none.
    #[serde(default)]
    pub sticky: Option<Sticky>,
    /// Further attempts in a group.
    #[serde(default)]
    pub retry: Retry,
    /// A further attempt beside one that is slow. Absent: none.
    #[serde(default)]
    pub hedge: Option<Hedge>,
    /// Failures after which the next group has its turn. Absent: all.
    #[serde(default)]
    pub falls_back_on: Option<Statuses>,
    /// Most different targets tried for one request. Absent: all.
    #[serde(default)]
    pub most_targets: Option<u32>,
    /// What the caller gets when there is nothing left to try.
    #[serde(default)]
    pub gives_up: GivesUp,
    /// Timers.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// A cap on what some targets bill: once it is reached they get nothing until the next hour or day (UTC) begins. What
/// runs is let run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// These targets together. Empty: all.
    #[serde(default)]
    pub targets: Vec<String>,
    /// The cap.
    pub usd: Usd,
    /// The time in which it holds: `"1h"` or `"24h"`, counted from midnight UTC.
    pub per: Span,
}

impl Cap {
    pub(crate) fn resolve(&self, setting: &Setting<'_>) -> SpendCap {
        let all = crate::memory::first(setting.targets.len());
        let targets = if self.targets.is_empty() { all } else { setting.mask(&self.targets) };
        SpendCap { targets, usd: self.usd, per: self.per, offset: setting.after_midnight }
    }
}

impl Preset for ByParts {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let plain = Parts::plain(setting.targets.len());
        let groups = self.groups.iter().map(|group| setting.mask(group)).collect();
        Parts {
            filters: Filters {
                only: if self.only.is_empty() { plain.filters.only } else { setting.mask(&self.only) },
                max_price: self.max_price.as_ref().map(|most| most.in_usd(setting)),
            },
            guards: Guards {
                spend: self.spend.iter().map(|cap| cap.resolve(setting)).collect(),
                in_flight: self.in_flight.clone(),
                in_flight_together: self.in_flight_together,
            },
            memory: self.memory.clone(),
            forgives_callers: self.forgives_callers,
            when_all_out: self.when_all_out,
            order: self.order.clone(),
            pick: self.pick.clone(),
            sticky: self.sticky,
            retry: self.retry.clone(),
            hedge: self.hedge,
            groups: if self.groups.is_empty() { plain.groups } else { groups },
            falls_back_on: self.falls_back_on.clone(),
            most_targets: self.most_targets.unwrap_or(u32::MAX),
            gives_up: self.gives_up,
            after_midnight: setting.after_midnight,
            targets: plain.targets,
            whole: Vec::new(),
            fresh: Vec::new(),
        }
    }

    fn max_price(&self) -> Option<&MaxPrice> {
        self.max_price.as_ref()
    }

    fn mentions(&self) -> Vec<Mention> {
        let caps: Vec<Vec<String>> = self.spend.iter().map(|cap| cap.targets.clone()).collect();
        let lists = Mention::lists("groups", &self.groups).chain(Mention::lists("spend", &caps));
        lists.chain(Mention::list("only", &self.only)).collect()
    }
}
