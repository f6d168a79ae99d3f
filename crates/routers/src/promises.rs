//! What a router can be held to, whatever the weather.
//!
//! A preset's promises follow from its parts. A strategy of your own says by
//! [`Strategy::promises`](crate::Strategy::promises) what it means to keep; what it does not promise it is not held to.

use sandbox_core::Span;
use sandbox_model::Price;

use crate::memory::Rule;
use crate::parts::{Guards, Hedge, Parts, RetryBudget, WhenAllOut};
use crate::selection::Pick;

/// A router's promises. The default promises nothing.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Promises {
    /// Most attempts for one request, of whatever kind.
    pub attempts_max: Option<u64>,
    /// The targets that it uses at all, as a bit mask.
    pub only: Option<u64>,
    /// Dearest input and output price of a target that it uses, as things are at that moment.
    pub max_price: Option<(Price, Price)>,
    /// What targets are not given although they are fine.
    pub guards: Guards,
    /// What it remembers: a target is out, or last in line, while one of these says so, and at no other time.
    pub memory: Vec<Rule>,
    /// Whether nobody asks a target that is out, whatever else happens.
    pub out_is_out: bool,
    /// What pays for retries.
    pub retry_budget: Option<RetryBudget>,
    /// Further attempts beside one that runs. `Some(None)`: none.
    pub hedge: Option<Option<Hedge>>,
    /// How it comes back when trouble is over.
    pub returns: Option<Returns>,
    /// What prices mean to it.
    pub prices: Option<Prices>,
}

/// How a router comes back when trouble is over.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Returns {
    /// So long after the last result against any of its targets, if that is longer than what its
    /// [memory](Promises::memory) takes.
    pub within: Span,
    /// Each request is then asked of whom a router would ask that has never seen any trouble. If not, all that can be said
    /// is that targets have traffic again.
    pub exactly: bool,
}

/// What prices mean to a router.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Prices {
    /// Nothing: others would change no decision.
    Blind,
    /// How they compare: if all are so many times what they were, no decision changes.
    Relative,
}

impl Parts {
    /// What a router that is made of these parts can be held to.
    #[must_use]
    pub fn promises(&self) -> Promises {
        let keeps_out = |rule: &Rule| !rule.ranks();
        let spills = matches!(self.pick, Pick::Priorities(_) | Pick::Measured(_));
        Promises {
            attempts_max: self.attempts_max(),
            only: Some(self.filters.only),
            max_price: self.filters.max_price,
            guards: self.guards.clone(),
            memory: self.memory.clone(),
            out_is_out: self.when_all_out == WhenAllOut::Leave
                && !spills
                && self.memory.iter().all(keeps_out),
            retry_budget: self.retry.budget,
            hedge: Some(self.hedge),
            returns: self.returns(),
            prices: self.prices(),
        }
    }

    /// A pick in a fixed order, and one whose dice belong to the request, forget with the memory. One that learns
    /// comes back as fast as it forgets, and one that goes by turns or load goes on from where it is.
    fn returns(&self) -> Option<Returns> {
        let within = match &self.pick {
            Pick::Spill(spill) if spill.per_second > 0.0 => {
                Span::from_secs(libm::ceil(1.0 / spill.per_second) as u64)
            }
            Pick::Spill(_) => return None,
            // A peak of an hour has faded to less than a millisecond.
            Pick::PeakEwma(pick) => pick.decay.checked_mul(16)?,
            // The table that trouble is in, and one more that began within it.
            Pick::LowestLatency(pick) => pick.ttl.checked_mul(2)?,
            Pick::UsageBased(_) => Span::from_mins(1),
            Pick::LowestTtft(pick) | Pick::HighestThroughput(pick) => pick.window,
            // Results weigh less and less, and a floor keeps a share for each.
            Pick::Measured(pick) => pick.half_life.checked_mul(4)?,
            _ => Span::ZERO,
        };
        let in_order = matches!(
            self.pick,
            Pick::Ordered
                | Pick::Weighted(_)
                | Pick::FirstWeights(_)
                | Pick::Uniform
                | Pick::LowestCost
                | Pick::InverseSquarePrice
        );
        // These go by more than failures: by what was slow, by where a conversation was, by what was spent.
        let slow = |rule: &Rule| matches!(rule, Rule::Preference(_));
        let more = self.memory.iter().any(slow) || self.sticky.is_some() || !self.guards.spend.is_empty();
        Some(Returns { within, exactly: in_order && !more })
    }

    fn prices(&self) -> Option<Prices> {
        if self.filters.max_price.is_some() || !self.guards.spend.is_empty() {
            return None;
        }
        match self.pick {
            // Its costs of time and of failures are in dollars.
            Pick::Measured(_) => None,
            Pick::LowestCost | Pick::InverseSquarePrice => Some(Prices::Relative),
            _ => Some(Prices::Blind),
        }
    }
}
