//! A token bucket that keeps retries a small share of the calls: each call fills it a little, each retry empties it a lot.
//!
//! Source: Brooker's `retry_sim` (github.com/mbrooker/simulator_example, "adaptive") and the retry quota of the AWS SDKs.
//! There each client has a bucket of its own; here each router has one. Amounts are whole millionths of a retry.

/// Millionths of a retry that one retry takes.
const RETRY: u64 = 1_000_000;

/// Retries that a router may still make. It starts full.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Budget {
    per_call: u64,
    cap: u64,
    left: u64,
}

impl Budget {
    /// Each call adds `per_call`, up to `cap`, both in retries; fractions are rounded to millionths.
    #[must_use]
    pub fn new(per_call: f64, cap: f64) -> Self {
        let millionths = |retries: f64| (retries.max(0.0) * RETRY as f64 + 0.5) as u64;
        let cap = millionths(cap);
        Self { per_call: millionths(per_call), cap, left: cap }
    }

    /// A call came in.
    pub(crate) fn deposit(&mut self) {
        self.left = (self.left + self.per_call).min(self.cap);
    }

    /// Takes one retry, if there is one.
    pub(crate) fn take(&mut self) -> bool {
        let enough = self.left >= RETRY;
        if enough {
            self.left -= RETRY;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_full_and_ten_calls_pay_for_one_retry() {
        let mut budget = Budget::new(0.1, 2.0);
        assert_eq!([budget.take(), budget.take(), budget.take()], [true, true, false]);
        for _ in 0..9 {
            budget.deposit();
        }
        assert!(!budget.take(), "nine tenths are not one");
        budget.deposit();
        assert_eq!([budget.take(), budget.take()], [true, false]);
    }

    #[test]
    fn it_holds_no_more_than_its_cap() {
        let mut budget = Budget::new(0.7, 1.0);
        for _ in 0..100 {
            budget.deposit();
        }
        assert_eq!([budget.take(), budget.take()], [true, false]);
    }
}
