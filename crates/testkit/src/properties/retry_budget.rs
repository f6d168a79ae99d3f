//! What pays for retries.

use std::collections::{BTreeMap, VecDeque};

use sandbox_core::Time;
use sandbox_engine::monitor::{Decided, Ended};
use sandbox_routers::Decision;
use sandbox_routers::parts::RetryBudget;

use super::held::{Held, Router, watch};
use super::{How, News, Property, Sort};

pub(super) const RETRY_BUDGET: Property = Property {
    name: "retry-budget",
    says: "A router makes no more retries than its calls have paid in.",
    sort: Sort::Safety,
    how: How::Watched(|subject| watch(RETRY_BUDGET.name, subject, Bucket::new)),
};

/// A retry, in units that calls pay in.
const RETRY: u64 = 1_000_000;

/// A call of a request, and how many attempts it had made.
type Key = (u64, Time, usize);

/// A token bucket, told from what was seen. A retry is paid for when it is decided on, and seen when it is made, a wait
/// later. So what happened since the first decision that is still open is kept in order, and told once it is known.
#[derive(Clone)]
struct Bucket {
    budget: RetryBudget,
    groups: Vec<u64>,
    left: u64,
    log: VecDeque<Entry>,
    /// Number of the first entry of the log since the start.
    first: u64,
    /// Decisions that are open, and their numbers.
    open: BTreeMap<Key, u64>,
}

#[derive(Copy, Clone)]
enum Entry {
    /// A call paid in.
    Paid,
    /// A failure, and nobody knows yet what follows.
    Open,
    /// So many retries were made.
    Taken(u64),
}

impl Bucket {
    fn new(router: &Router<'_>) -> Option<Self> {
        let budget = router.promises.retry_budget?;
        Some(Self {
            budget,
            groups: router.promises.groups.clone(),
            left: millionths(budget.cap),
            log: VecDeque::new(),
            first: 0,
            open: BTreeMap::new(),
        })
    }

    fn close(&mut self, key: Key, retries: u64) {
        if let Some(number) = self.open.remove(&key) {
            self.log[(number - self.first) as usize] = Entry::Taken(retries);
        }
    }

    /// Tells what is known by now.
    fn tell(&mut self) -> Option<String> {
        while let Some(&entry) = self.log.front() {
            match entry {
                Entry::Open => return None,
                Entry::Paid => {
                    let cap = millionths(self.budget.cap);
                    self.left = self.left.saturating_add(millionths(self.budget.per_call)).min(cap);
                }
                Entry::Taken(retries) if self.left < retries * RETRY => {
                    let left = self.left as f64 / RETRY as f64;
                    return Some(format!("a retry is made with {left} of one paid for"));
                }
                Entry::Taken(retries) => self.left -= retries * RETRY,
            }
            self.log.pop_front();
            self.first += 1;
        }
        None
    }
}

fn millionths(retries: f64) -> u64 {
    (retries.max(0.0) * RETRY as f64 + 0.5) as u64
}

/// Fewest retries among attempts at these targets, one after the other: further attempts in the same group. Where groups
/// overlap, an attempt may have been in one or in another.
fn fewest_retries(groups: &[u64], targets: impl Iterator<Item = usize>) -> u64 {
    if groups.is_empty() {
        return (targets.count() as u64).saturating_sub(1);
    }
    let mut fewest: Option<Vec<Option<u64>>> = None;
    for target in targets {
        let reach = |position: usize| match &fewest {
            None => Some(0),
            Some(before) => {
                let again = before[position].map(|retries| retries + 1);
                let onwards = before[..position].iter().flatten().min().copied();
                again.into_iter().chain(onwards).min()
            }
        };
        let next = |(position, group): (usize, &u64)| {
            if group >> target & 1 == 1 { reach(position) } else { None }
        };
        fewest = Some(groups.iter().enumerate().map(next).collect());
    }
    fewest.and_then(|fewest| fewest.into_iter().flatten().min()).unwrap_or(0)
}

impl Held for Bucket {
    const WANTS: &'static [News] = &[News::First, News::Further, News::Waits, News::GivesUp, News::Ends];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let (call, attempts) = (at.call, at.call.attempts);
        if attempts.is_empty() {
            // Asked for the first time: nobody waits for no time.
            if call.now == call.began {
                self.log.push_back(Entry::Paid);
            }
            return self.tell();
        }
        let key = (call.request, call.began, attempts.len());
        if !self.open.contains_key(&key) {
            self.open.insert(key, self.first + self.log.len() as u64);
            self.log.push_back(Entry::Open);
        }
        match at.decision {
            Decision::Wait { .. } => return None,
            Decision::GiveUp(_) => self.close(key, 0),
            Decision::Try { target, .. } => {
                let before = || attempts.iter().map(|tried| tried.target);
                let with = fewest_retries(&self.groups, before().chain([target]));
                let without = fewest_retries(&self.groups, before());
                self.close(key, with.saturating_sub(without));
            }
        }
        self.tell()
    }

    fn ended(&mut self, at: &Ended) {
        let mine = (at.request, Time::ZERO, 0)..=(at.request, Time::MAX, usize::MAX);
        let open: Vec<Key> = self.open.range(mine).map(|(&key, _)| key).collect();
        for key in open {
            self.close(key, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_a_fallback_is_no_retry() {
        let retries = |groups: &[u64], targets: &[usize]| fewest_retries(groups, targets.iter().copied());
        assert_eq!(retries(&[], &[0, 1, 1]), 2, "one group of all");
        assert_eq!(retries(&[0b001, 0b010, 0b100], &[0, 0, 1, 2, 2]), 2);
        // The second group has the first target, too: the request may have gone on to it.
        assert_eq!(retries(&[0b01, 0b11], &[0, 0]), 0);
        assert_eq!(retries(&[0b01, 0b11], &[0, 0, 0]), 1);
        assert_eq!(retries(&[0b01, 0b11], &[0, 1, 0]), 1);
    }
}
