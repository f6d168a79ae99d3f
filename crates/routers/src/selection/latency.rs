//! The lowest mean latency of the last answers, as LiteLLM 1.109.1 has it (`router_strategy/lowest_latency.py`).
//!
//! Each group of targets has a table. An answer enters its time per answer token (s), and where the request streams its
//! time to first token (s) into a second list. A timeout (the router's own, and what LiteLLM maps to one: 408, 504)
//! enters 1000 s into the first list. Other failures enter nothing: a target that fails at once keeps whatever mean it
//! has, and one that has only ever failed keeps nought and is asked before everyone else.
//!
//! A request that streams goes by the second list where there is anything in it, so that a timeout does not count
//! against a target that has streamed.
//!
//! A table is forgotten as a whole, `ttl` after its first entry. While there is one, a target of the group that is not in
//! it is put down with a nought at the next choice, which counts in its mean like an answer.

use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Status};
use serde::{Deserialize, Serialize};

use crate::contract::Seen;
use crate::memory::members;

/// What a timeout enters [s].
const TIMEOUT: f64 = 1000.0;

/// The lowest mean latency. A target that is not yet known counts as nought.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LowestLatency {
    /// By chance among those that are at most this share slower than the fastest. Default 0.
    pub buffer: f64,
    /// Answers that count, the latest. Default 10.
    pub samples: u32,
    /// How long a table lasts. Default 1 h.
    pub ttl: Span,
}

impl Default for LowestLatency {
    fn default() -> Self {
        Self { buffer: 0.0, samples: 10, ttl: Span::from_hours(1) }
    }
}

/// The latest latencies of one target [s].
#[derive(Clone, Debug)]
struct Lists {
    per_token: Vec<f64>,
    first_token: Vec<f64>,
}

/// The tables.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    lists: Vec<Lists>,
    /// By target: its group, which has its table.
    group_of: Vec<usize>,
    groups: Vec<u64>,
    /// By group: when the first entry of its table was made.
    since: Vec<Option<Time>>,
}

impl Tables {
    pub(super) fn new(rule: &LowestLatency, targets: usize, groups: &[u64]) -> Self {
        let list = || Vec::with_capacity(rule.samples as usize);
        let group_of = |target| groups.iter().position(|group| group >> target & 1 == 1).unwrap_or_default();
        Self {
            lists: (0..targets).map(|_| Lists { per_token: list(), first_token: list() }).collect(),
            group_of: (0..targets).map(group_of).collect(),
            groups: groups.to_vec(),
            since: vec![None; groups.len()],
        }
    }

    fn lasts(&self, rule: &LowestLatency, group: usize, now: Time) -> bool {
        self.since[group].is_some_and(|since| now <= since.saturating_add(rule.ttl))
    }

    /// What a target is expected to take [s].
    fn mean(&self, rule: &LowestLatency, target: usize, streams: bool, now: Time) -> f64 {
        let lists = &self.lists[target];
        let list =
            if streams && !lists.first_token.is_empty() { &lists.first_token } else { &lists.per_token };
        if list.is_empty() || !self.lasts(rule, self.group_of[target], now) {
            return 0.0;
        }
        list.iter().sum::<f64>() / list.len() as f64
    }

    /// Those of the pool that are about as fast as the fastest.
    #[inline]
    pub(super) fn fastest(&self, rule: &LowestLatency, pool: u64, streams: bool, now: Time) -> u64 {
        let mean = |target| self.mean(rule, target, streams, now);
        let best = members(pool).map(mean).fold(f64::INFINITY, f64::min);
        let limit = best + rule.buffer * best;
        members(pool).filter(|&target| mean(target) <= limit).fold(0, |mask, target| mask | 1 << target)
    }

    /// Forgets the table of a group if it is too old.
    fn refresh(&mut self, rule: &LowestLatency, group: usize, now: Time) {
        if self.since[group].is_some() && !self.lasts(rule, group, now) {
            self.since[group] = None;
            for (lists, _) in self.lists.iter_mut().zip(&self.group_of).filter(|(_, of)| **of == group) {
                lists.per_token.clear();
                lists.first_token.clear();
            }
        }
    }

    /// A target was chosen: whoever of its group is not in the table is put down with a nought.
    pub(super) fn choose(&mut self, rule: &LowestLatency, target: usize, now: Time) {
        let group = self.group_of[target];
        self.refresh(rule, group, now);
        if self.since[group].is_none() {
            return;
        }
        for member in members(self.groups[group]) {
            if self.group_of[member] == group && self.lists[member].per_token.is_empty() {
                self.lists[member].per_token.push(0.0);
            }
        }
    }

    pub(super) fn observe(&mut self, rule: &LowestLatency, seen: &Seen) {
        let entry = match seen.answer {
            Answer::Ok => {
                let took = seen.now.saturating_since(seen.began).as_secs_f64();
                if seen.output == 0 { took } else { took / f64::from(seen.output) }
            }
            Answer::TimedOut | Answer::Failed { status: Status(408 | 504), .. } => TIMEOUT,
            _ => return,
        };
        let group = self.group_of[seen.target];
        self.refresh(rule, group, seen.now);
        self.since[group].get_or_insert(seen.now);
        let lists = &mut self.lists[seen.target];
        push(&mut lists.per_token, rule.samples, entry);
        if seen.answer.is_ok() && seen.streams {
            let first = seen.first_token.unwrap_or(seen.now).saturating_since(seen.began).as_secs_f64();
            push(&mut lists.first_token, rule.samples, first);
        }
    }
}

/// Adds the latest, and drops the oldest where there are too many.
fn push(list: &mut Vec<f64>, most: u32, entry: f64) {
    if list.len() >= most as usize {
        list.remove(0);
    }
    list.push(entry);
}
