//! Caps on spending, as they stand.

use sandbox_core::Time;
use sandbox_model::Usd;

use crate::parts::SpendCap;

/// A cap, and what was spent in the hour or day that it counts.
#[derive(Clone, Debug)]
pub(crate) struct Spending {
    cap: SpendCap,
    window: u64,
    spent: Usd,
}

impl Spending {
    pub(crate) fn new(cap: SpendCap) -> Self {
        Self { cap, window: 0, spent: Usd::ZERO }
    }

    fn window(&self, now: Time) -> u64 {
        now.saturating_add(self.cap.offset).as_nanos() / self.cap.per.as_nanos().max(1)
    }

    /// The targets that it forbids now.
    pub(crate) fn forbids(&self, now: Time) -> u64 {
        let spent = if self.window(now) == self.window { self.spent } else { Usd::ZERO };
        if spent >= self.cap.usd { self.cap.targets } else { 0 }
    }

    /// Something was billed.
    pub(crate) fn bill(&mut self, now: Time, target: usize, billed: Usd) {
        if self.cap.targets >> target & 1 == 0 {
            return;
        }
        let window = self.window(now);
        if window != self.window {
            self.window = window;
            self.spent = Usd::ZERO;
        }
        self.spent += billed;
    }
}
