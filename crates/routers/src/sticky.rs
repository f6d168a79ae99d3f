//! Conversations that stay where their cache is.
//!
//! OpenRouter (docs, prompt caching): after a success that used a cache the next requests of the same conversation go to
//! the same endpoint, if reading its cache is cheaper than the prompt; idle for 10 minutes, it is forgotten. Each
//! success renews that, an error does not.

use std::collections::{BTreeMap, VecDeque};

use sandbox_core::{Span, Time};
use serde::{Deserialize, Serialize};

use crate::contract::{Call, Seen, TargetView};

/// Which conversations stay with a target. One stays only while its target is among those that the selection picks from,
/// so not when it is out, put last in line, or behind another `order`.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sticky {
    /// How long after its last success. Default 10 min: OpenRouter docs, prompt caching.
    pub idle: Span,
    /// Whether an error at the target ends it. OpenRouter documents that the next request may move and not whether it
    /// is drawn anew: the default, true, is an assumption.
    pub error_ends: bool,
}

impl Sticky {
    /// The defaults.
    pub const DEFAULT: Self = Self { idle: Span::from_mins(10), error_ends: true };
}

impl Default for Sticky {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Conversations and where they stay.
#[derive(Clone, Debug)]
pub(crate) struct Sticking {
    rule: Sticky,
    /// By conversation: the target, and its last success.
    stays: BTreeMap<u64, (usize, Time)>,
    /// Successes in order of time, so that what is over is forgotten: memory is bounded by those of one `idle`.
    renewed: VecDeque<(Time, u64)>,
}

impl Sticking {
    pub(crate) const fn new(rule: Sticky) -> Self {
        Self { rule, stays: BTreeMap::new(), renewed: VecDeque::new() }
    }

    /// Where the request's conversation stays, if anywhere.
    #[inline]
    pub(crate) fn target(&self, call: &Call<'_>, targets: &[TargetView]) -> Option<usize> {
        let &(target, last) = self.stays.get(&call.conversation?)?;
        let fresh = call.now.saturating_since(last) < self.rule.idle;
        let saves = targets[target].cached_price < targets[target].input_price;
        (fresh && saves).then_some(target)
    }

    pub(crate) fn observe(&mut self, seen: &Seen) {
        while let Some(&(at, conversation)) = self.renewed.front()
            && seen.now.saturating_since(at) >= self.rule.idle
        {
            self.renewed.pop_front();
            if self.stays.get(&conversation).is_some_and(|&(_, last)| last == at) {
                self.stays.remove(&conversation);
            }
        }
        let Some(conversation) = seen.conversation else { return };
        let here = self.stays.get(&conversation).is_some_and(|&(target, _)| target == seen.target);
        if !seen.answer.is_ok() {
            if here && self.rule.error_ends {
                self.stays.remove(&conversation);
            }
        } else if here || seen.cached > 0 {
            self.stays.insert(conversation, (seen.target, seen.now));
            self.renewed.push_back((seen.now, conversation));
        }
    }
}
