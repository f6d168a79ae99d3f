//! LiteLLM's router, version 1.109.1.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use super::{Preset, Setting, Timeouts};
use crate::backoff::Backoff;
use crate::memory::{Cooldown, ErrorRatio, Moves, Rule, against_target};
use crate::parts::{At, GROUPS_MAX, Parts, RetriesOf, Retry, RetryRule, When};
use crate::selection::{LowestLatency, Pick, UsageBased};
use crate::statuses::Statuses;

/// LiteLLM's router, version 1.109.1 (`router_python_core.py`, `router_utils/`): groups of deployments, retries within
/// a group, timed cooldowns without a probe, and fallback groups.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiteLlm {
    /// The groups (`model_name` in LiteLLM). Requests enter the first.
    pub groups: Vec<Group>,
    /// Fallbacks of groups that name none of their own (`"*"`). Default: none.
    #[serde(default)]
    pub default_fallbacks: Vec<String>,
    /// `routing_strategy`. Default `SimpleShuffle`.
    #[serde(default)]
    pub routing: Routing,
    /// Retries in each group, fallback groups too. Default 2: the OpenAI SDK's.
    #[serde(default = "two")]
    pub num_retries: u32,
    /// Least wait before a retry, before jitter. Default 0.
    #[serde(default)]
    pub retry_after: Span,
    /// Other numbers of retries after some failures, also after those that are not retried otherwise.
    #[serde(default)]
    pub retry_policy: Vec<RetriesOf>,
    /// Failures that are allowed within a cooldown's length; one more starts it, and no other rule does. Absent: the
    /// rules by ratio.
    #[serde(default)]
    pub allowed_fails: Option<u32>,
    /// The same for some failures, of those that can cool a deployment at all. Where only this is given, 3 of the others
    /// are allowed.
    #[serde(default)]
    pub allowed_fails_policy: Vec<AllowedFails>,
    /// How long a cooldown lasts without a Retry-After. Default 5 s. At zero there is none.
    #[serde(default = "five_seconds")]
    pub cooldown_time: Span,
    /// Whether deployments never cool down. Default false.
    #[serde(default)]
    pub disable_cooldowns: bool,
    /// Fallbacks that a request may go through before one has fallbacks of its own no more. Default 5.
    #[serde(default = "five")]
    pub max_fallbacks: u32,
    /// Whether, after its retries, a group is asked again without the deployments that failed. Default false; only
    /// with `SimpleShuffle`, and only where `order` is not used.
    #[serde(default)]
    pub enable_weighted_failover: bool,
    /// Timers: `stream_timeout` and `timeout`.
    #[serde(default)]
    pub timeouts: LiteLlmTimeouts,
}

/// Deployments that serve the same model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The deployments.
    pub deployments: Vec<Deployment>,
    /// Names of the groups that are asked after it, in this order.
    #[serde(default)]
    pub fallbacks: Vec<String>,
}

/// One deployment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// The target.
    pub target: String,
    /// Weight in a simple shuffle.
    #[serde(default)]
    pub weight: Option<f64>,
    /// Requests a minute: weight in a simple shuffle where nobody has one; limit of usage-based routing.
    #[serde(default)]
    pub rpm: Option<u32>,
    /// Tokens a minute: the same, after `rpm`.
    #[serde(default)]
    pub tpm: Option<u32>,
    /// The lowest number that is left is asked; higher ones are tried before fallback groups. Those without come
    /// after all others.
    #[serde(default)]
    pub order: Option<u32>,
}

/// `routing_strategy`.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Routing {
    /// By chance: the weights are the first of weight, rpm and tpm that any deployment has above 0; the others get
    /// nothing. Where nobody has any, all alike.
    #[default]
    SimpleShuffle,
    /// The fewest in flight.
    LeastBusy,
    /// The lowest mean time for a token of late.
    LatencyBased {
        /// How much slower than the fastest still counts as fast, as a share. Default 0.
        #[serde(default)]
        buffer: f64,
        /// Results that are remembered. Default 10.
        #[serde(default = "ten")]
        samples: u32,
        /// For how long. Default 1 h.
        #[serde(default = "hour")]
        ttl: Span,
    },
    /// The fewest tokens this minute.
    UsageBasedV2,
    /// The lowest price of prompt and answer tokens together.
    CostBased,
}

/// How many failures are allowed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedFails {
    /// These failures.
    pub on: Statuses,
    /// So many.
    pub fails: u32,
}

/// LiteLLM's timers of one attempt.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiteLlmTimeouts {
    /// `stream_timeout`: until the first token. Default: none.
    pub first_token: Option<Span>,
    /// `timeout`. Default 600 s: what chat makes of none.
    pub total: Option<Span>,
}

impl Default for LiteLlmTimeouts {
    fn default() -> Self {
        Self { first_token: None, total: Some(Span::from_secs(600)) }
    }
}

/// A stop on a request's way.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Stop {
    group: usize,
    /// Only those of this order.
    order: Option<u32>,
    /// Only those that the request has not tried.
    fresh: bool,
}

/// A walk through the groups, depth first.
struct Walk<'a> {
    preset: &'a LiteLlm,
    stops: Vec<Stop>,
    /// What is not gone to again: a group is one thing, and each of its orders another.
    been: Vec<(usize, Option<u32>)>,
}

impl LiteLlm {
    /// How many stops there are on a request's way, if all fail; at most one more than [`GROUPS_MAX`].
    #[must_use]
    pub fn stops(&self) -> usize {
        self.walk().len()
    }

    /// Group and place in it of a target.
    #[must_use]
    pub fn place(&self, target: usize) -> Option<(usize, usize)> {
        let places = self.groups.iter().enumerate();
        places.flat_map(|(g, group)| (0..group.deployments.len()).map(move |d| (g, d))).nth(target)
    }

    fn walk(&self) -> Vec<Stop> {
        let mut walk = Walk { preset: self, stops: Vec::new(), been: Vec::new() };
        if !self.groups.is_empty() {
            walk.enter(Stop { group: 0, order: None, fresh: false }, 0);
        }
        walk.stops
    }

    fn deployments(&self) -> impl Iterator<Item = &Deployment> {
        self.groups.iter().flat_map(|group| &group.deployments)
    }

    fn fallbacks(&self, group: &Group) -> Vec<usize> {
        let names = if group.fallbacks.is_empty() { &self.default_fallbacks } else { &group.fallbacks };
        names.iter().filter_map(|name| self.groups.iter().position(|group| group.name == *name)).collect()
    }

    fn pick(&self) -> Pick {
        let weights = |of: fn(&Deployment) -> Option<f64>| {
            self.deployments().map(|deployment| of(deployment).unwrap_or(0.0)).collect()
        };
        match self.routing {
            Routing::SimpleShuffle => Pick::FirstWeights(vec![
                weights(|deployment| deployment.weight),
                weights(|deployment| deployment.rpm.map(f64::from)),
                weights(|deployment| deployment.tpm.map(f64::from)),
            ]),
            Routing::LeastBusy => Pick::LeastBusy,
            Routing::CostBased => Pick::LowestCost,
            Routing::LatencyBased { buffer, samples, ttl } => {
                Pick::LowestLatency(LowestLatency { buffer, samples, ttl })
            }
            Routing::UsageBasedV2 => Pick::UsageBased(UsageBased {
                rpm: self.deployments().map(|deployment| deployment.rpm).collect(),
                tpm: self.deployments().map(|deployment| deployment.tpm).collect(),
            }),
        }
    }

    /// The five rules that hold without allowed fails, of which one is enough (`cooldown_handlers.py`).
    fn by_ratio(&self) -> Vec<Rule> {
        let any = Statuses::of(&["400-599"]);
        let ratio = ErrorRatio {
            window: Span::from_secs(60),
            moves: Moves::Tumbling,
            // Every failure counts, but only one that can cool a deployment does.
            counts: any,
            length: Some(self.cooldown_time),
            retry_after: true,
            ..ErrorRatio::default()
        };
        vec![
            Rule::Cooldown(Cooldown {
                failures: 0,
                at_once: Statuses::of(&["401", "404"]),
                at_once_of_several: Statuses::of(&["402", "429"]),
                length: self.cooldown_time,
                retry_after: true,
                ..Cooldown::default()
            }),
            // A lone deployment never cools down for 402; one of several has done so by the rule above.
            Rule::ErrorRatio(ErrorRatio {
                above: 1.0,
                at_least: 1_000,
                tips: Some(Statuses::of(&["401", "404", "408", "429", "5xx"])),
                ..ratio.clone()
            }),
            Rule::ErrorRatio(ErrorRatio {
                above: 0.5,
                at_least: 5,
                spares_alone: true,
                tips: Some(against_target()),
                ..ratio
            }),
        ]
    }

    fn by_allowed_fails(&self) -> Rule {
        let policy = &self.allowed_fails_policy;
        let listed = policy.iter().map(|entry| (entry.on.clone(), entry.fails.saturating_add(1)));
        let default = Span::from_secs(5);
        Rule::Cooldown(Cooldown {
            failures: self.allowed_fails.unwrap_or(3).saturating_add(1),
            within: if self.cooldown_time.is_zero() { default } else { self.cooldown_time },
            length: self.cooldown_time,
            // A router's policy does not make count what never cools (`_should_run_cooldown_logic`).
            counts: against_target(),
            failures_of: listed.collect(),
            retry_after: true,
            keeps_count: true,
            spares: self
                .groups
                .iter()
                .flat_map(|group| {
                    let lone = group.deployments.len() == 1 && self.fallbacks(group).is_empty();
                    group.deployments.iter().map(move |_| lone)
                })
                .collect(),
            spares_alone_on: Statuses::of(&["402"]),
            ..Cooldown::default()
        })
    }

    fn retry(&self) -> Retry {
        let rule = |on: &[&str], when, at| RetryRule { on: Statuses::of(on), when, at, waits: When::Alone };
        let mut rules = vec![
            rule(&["408", "409", "429", "5xx"], When::Always, At::Any),
            rule(&["401"], When::Several, At::OtherIfAny),
            // An OpenAI-compatible endpoint's 403 is retried even where there is no other.
            rule(&["403"], When::Always, At::OtherIfAny),
        ];
        rules.extend(
            self.retry_policy
                .iter()
                .map(|entry| RetryRule { on: entry.on.clone(), ..rule(&[], When::Always, At::OtherIfAny) }),
        );
        Retry {
            retries: self.num_retries,
            retries_of: self.retry_policy.clone(),
            rules,
            backoff: Backoff { min: self.retry_after, ..Backoff::default() },
            waits_after_last: true,
            ..Retry::default()
        }
    }
}

impl Walk<'_> {
    /// A request comes to a stop at this depth, and fails there.
    fn enter(&mut self, stop: Stop, depth: u32) {
        if self.stops.len() > GROUPS_MAX {
            return;
        }
        self.stops.push(stop);
        let preset = self.preset;
        let group = &preset.groups[stop.group];
        let mut orders: Vec<u32> = group.deployments.iter().filter_map(|d| d.order).collect();
        orders.sort_unstable();
        orders.dedup();
        let plain = |group| Stop { group, order: None, fresh: false };
        let mut next: Vec<Stop> = Vec::new();
        if orders.len() > 1 {
            let tried = stop.order.unwrap_or(orders[0]);
            let later = orders.iter().filter(|&&order| order > tried);
            next.extend(later.map(|&order| Stop { order: Some(order), ..plain(stop.group) }));
        } else if preset.enable_weighted_failover && preset.routing == Routing::SimpleShuffle {
            let again = self.stops.iter().filter(|s| s.group == stop.group && s.fresh).count() + 1;
            if again < group.deployments.len() && depth < preset.max_fallbacks {
                self.enter(Stop { fresh: true, ..plain(stop.group) }, depth + 1);
            }
        }
        next.extend(preset.fallbacks(group).into_iter().map(plain));
        self.fall_back(stop.group, &next, depth);
    }

    /// One after the other, each a step deeper than the one before, as long as the first of them may be gone to.
    fn fall_back(&mut self, from: usize, stops: &[Stop], mut depth: u32) {
        if depth >= self.preset.max_fallbacks {
            return;
        }
        self.been.push((from, None));
        for &stop in stops {
            let key = (stop.group, stop.order);
            if !self.been.contains(&key) {
                self.been.push(key);
                depth += 1;
                self.enter(stop, depth);
            }
        }
    }
}

impl Preset for LiteLlm {
    fn targets(&self) -> Vec<String> {
        self.deployments().map(|deployment| deployment.target.clone()).collect()
    }

    fn timeouts(&self) -> Timeouts {
        Timeouts { first_token: self.timeouts.first_token, total: self.timeouts.total, overall: None }
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let n = setting.targets.len();
        let mut first = 0;
        let whole: Vec<u64> = self
            .groups
            .iter()
            .map(|group| {
                let past = first + group.deployments.len();
                let mask = (first..past).fold(0, |mask, target| mask | 1 << target);
                first = past;
                mask
            })
            .collect();
        let orders: Vec<Option<u32>> = self.deployments().map(|deployment| deployment.order).collect();
        let of_order = |order: Option<u32>| {
            let same = |&target: &usize| order.is_none() || orders[target] == order;
            (0..n).filter(same).fold(0_u64, |mask, target| mask | 1 << target)
        };
        let walk = self.walk();
        let ordered = orders.iter().any(Option::is_some);
        Parts {
            memory: if self.disable_cooldowns {
                Vec::new()
            } else if self.allowed_fails.is_some() || !self.allowed_fails_policy.is_empty() {
                vec![self.by_allowed_fails()]
            } else {
                self.by_ratio()
            },
            forgives_callers: true,
            order: if ordered {
                orders.iter().map(|order| order.unwrap_or(u32::MAX)).collect()
            } else {
                Vec::new()
            },
            pick: self.pick(),
            after_midnight: setting.after_midnight,
            retry: self.retry(),
            groups: walk.iter().map(|stop| whole[stop.group] & of_order(stop.order)).collect(),
            whole: walk.iter().map(|stop| whole[stop.group]).collect(),
            fresh: walk.iter().map(|stop| stop.fresh).collect(),
            ..Parts::plain(n)
        }
    }
}

const fn two() -> u32 {
    2
}

const fn five() -> u32 {
    5
}

const fn ten() -> u32 {
    10
}

const fn five_seconds() -> Span {
    Span::from_secs(5)
}

const fn hour() -> Span {
    Span::from_hours(1)
}
