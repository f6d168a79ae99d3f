//! When a router gives up.

use std::sync::Arc;

use sandbox_engine::monitor::Decided;
use sandbox_routers::{Decision, Statuses};

use super::held::{Held, watch};
use super::open::Open;
use super::{How, News, Property, Sort};

pub(super) const SHEDS: Property = Property {
    name: "sheds",
    says: "A router gives up a request only if no target is left that it may ask and does not believe down, or after a \
           failure that is passed on.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(SHEDS.name, subject, |router| {
            let promises = router.promises;
            (promises.sheds_last || promises.tries_all_on.is_some()).then(|| Sheds {
                open: Open::new(promises, router.names.len()),
                first: promises.sheds_last,
                tries_all_on: promises.tries_all_on.clone(),
                names: router.names.clone(),
            })
        })
    }),
};

#[derive(Clone)]
struct Sheds {
    open: Open,
    /// Requests without an attempt are held to it.
    first: bool,
    /// Requests whose failures all have these are, too.
    tries_all_on: Option<Statuses>,
    names: Arc<[String]>,
}

impl Held for Sheds {
    const WANTS: &'static [News] = &[News::GivesUp];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let Decision::GiveUp(_) = at.decision else { return None };
        let attempts = at.call.attempts;
        let failed_so = |statuses: &Statuses| {
            attempts.iter().all(|tried| tried.answer.is_some_and(|answer| statuses.has(answer.status())))
        };
        let held = match attempts {
            [] => self.first,
            _ => self.tries_all_on.as_ref().is_some_and(failed_so),
        };
        if !held {
            return None;
        }
        let groups = &self.open.groups;
        let here =
            attempts.last().and_then(|last| groups.iter().position(|group| group >> last.target & 1 == 1));
        let ahead = groups[here.unwrap_or(0)..].iter().fold(0, |all, group| all | group);
        let left = (0..self.names.len()).find(|&target| {
            ahead >> target & 1 == 1
                && attempts.iter().all(|tried| tried.target != target)
                && self.open.has(target, at)
                && at.strategy.down_until(target) <= at.call.now
        })?;
        Some(match attempts.len() {
            0 => format!("it is turned away without an attempt, and `{}` may be asked", self.names[left]),
            n => format!("it is given up after {n} attempts, and `{}` may be asked", self.names[left]),
        })
    }
}
