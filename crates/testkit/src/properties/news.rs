//! What a property may want to be told of. Most want little of it, and a run tells much.

use sandbox_engine::monitor::Decided;
use sandbox_routers::Decision;

/// A kind of news.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum News {
    /// A router asks a target for a request that it has not sent anywhere yet.
    First,
    /// A router asks a target for a request that it has sent somewhere before.
    Further,
    /// A router waits before it decides again.
    Waits,
    /// A router gives a request up.
    GivesUp,
    /// A router learns how an attempt ended.
    Results,
    /// An attempt ended without a result.
    Left,
    /// A gateway hears from its other customers.
    Reports,
    /// A request ends.
    Ends,
    /// A router decides, beside what its rules say.
    Rules,
}

impl News {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 9] = [
        Self::First,
        Self::Further,
        Self::Waits,
        Self::GivesUp,
        Self::Results,
        Self::Left,
        Self::Reports,
        Self::Ends,
        Self::Rules,
    ];
    /// Every decision of a router.
    pub(crate) const DECISIONS: [Self; 4] = [Self::First, Self::Further, Self::Waits, Self::GivesUp];

    /// The kind of a decision.
    pub(crate) const fn of(at: &Decided<'_>) -> Self {
        match at.decision {
            Decision::Try { .. } if at.call.attempts.is_empty() => Self::First,
            Decision::Try { .. } => Self::Further,
            Decision::Wait { .. } => Self::Waits,
            Decision::GiveUp(_) => Self::GivesUp,
        }
    }
}
