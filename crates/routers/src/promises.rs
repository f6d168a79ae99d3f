//! What a router can be held to, whatever the weather.
//!
//! A preset's promises follow from its parts. A strategy of your own says by
//! [`Strategy::promises`](crate::Strategy::promises) what it means to keep; what it does not promise it is not held to.

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
        }
    }
}
