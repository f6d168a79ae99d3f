//! What a run came to see: what routers believed of their targets, and how requests ended.
//!
//! A search that finds nothing says little if no breaker ever opened in it. This is noted of every run, and costs next
//! to nothing.

use sandbox_engine::Outcome;
use sandbox_engine::monitor::Decided;
use sandbox_model::Cause;
use sandbox_routers::Decision;

/// What a router may come to believe of a target.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Belief {
    /// It is in, as in calm weather.
    In,
    /// It is out: for a time, or until something is heard of it.
    Out,
    /// It is out and is asked all the same: the probe of a breaker that is half-open, or nobody else is left.
    Probing,
    /// It is in again after it was out.
    Back,
}

impl Belief {
    /// All of them, in the order in which a breaker goes through them.
    pub const ALL: [Self; 4] = [Self::In, Self::Out, Self::Probing, Self::Back];

    /// The name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Probing => "probing",
            Self::Back => "back",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What was seen of one run.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sights {
    /// A bit for each belief, by target of the first router, then of the second, and so on.
    pub(crate) beliefs: Vec<u8>,
    /// A bit for each [`Outcome`].
    pub(crate) outcomes: u8,
    /// A bit for each [`Cause`] of a leak.
    pub(crate) causes: u16,
}

const OUTCOMES: [Outcome; 4] = [Outcome::Plan, Outcome::Leak, Outcome::Failed, Outcome::Shed];

impl Sights {
    /// Looks at what a router believes, whose targets begin at `start`.
    pub(crate) fn decided(&mut self, start: usize, at: &Decided<'_>) {
        let end = start + at.targets.len();
        if self.beliefs.len() < end {
            self.beliefs.resize(end, 0);
        }
        for (target, seen) in self.beliefs[start..end].iter_mut().enumerate() {
            let belief = if at.strategy.down_until(target) > at.call.now {
                if matches!(at.decision, Decision::Try { target: asked, .. } if asked == target) {
                    *seen |= Belief::Probing.bit();
                }
                Belief::Out
            } else if *seen & Belief::Out.bit() != 0 {
                Belief::Back
            } else {
                Belief::In
            };
            *seen |= belief.bit();
        }
    }

    pub(crate) fn ended(&mut self, outcome: Outcome) {
        self.outcomes |= 1 << outcome as u8;
    }

    pub(crate) fn leaked_by(&mut self, leaks: impl Iterator<Item = (Cause, u64)>) {
        for (cause, _) in leaks.filter(|&(_, requests)| requests > 0) {
            self.causes |= 1 << cause.index();
        }
    }

    /// Whether a router came to believe this of a target. All targets of all routers are numbered in the order of the
    /// scenario.
    #[must_use]
    pub fn has_belief(&self, target: usize, belief: Belief) -> bool {
        self.beliefs.get(target).is_some_and(|seen| seen & belief.bit() != 0)
    }

    /// Whether a request ended like this.
    #[must_use]
    pub const fn has_outcome(&self, outcome: Outcome) -> bool {
        self.outcomes & (1 << outcome as u8) != 0
    }

    /// How requests ended.
    pub fn outcomes(&self) -> impl Iterator<Item = Outcome> {
        OUTCOMES.into_iter().filter(|&outcome| self.has_outcome(outcome))
    }

    /// Why requests leaked.
    pub fn causes(&self) -> impl Iterator<Item = Cause> {
        Cause::ALL.into_iter().filter(|cause| self.causes & (1 << cause.index()) != 0)
    }
}
