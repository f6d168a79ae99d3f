//! After which failures there is a further attempt, and when.

use std::sync::Arc;

use sandbox_core::Span;
use sandbox_engine::monitor::Decided;
use sandbox_model::Answer;
use sandbox_routers::{Backoff, Decision, Jitter, Statuses};

use super::held::{Held, watch};
use super::{How, News, Property, Sort};

pub(super) const RETRIES_ON: Property = Property {
    name: "retries-on",
    says: "There is no further attempt after a failure that the router does not retry or fall back on, and none at the \
           same target after one that it does not retry.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(RETRIES_ON.name, subject, |router| {
            let (retried, again) = (router.promises.retried.clone(), router.promises.again.clone());
            (retried.is_some() || again.is_some()).then(|| RetriesOn {
                retried,
                again,
                names: router.names.clone(),
            })
        })
    }),
};

pub(super) const BACKOFF: Property = Property {
    name: "backoff",
    says: "A request comes back to a target that failed it no sooner than the router's backoff says, nor, where the router \
           heeds it, before the target's Retry-After has passed.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(BACKOFF.name, subject, |router| {
            let (backoff, heeds) = (router.promises.backoff, router.promises.heeds_retry_after.clone());
            (backoff.is_some() || heeds.is_some()).then(|| Waits {
                backoff,
                heeds,
                names: router.names.clone(),
            })
        })
    }),
};

#[derive(Clone)]
struct RetriesOn {
    retried: Option<Statuses>,
    again: Option<Statuses>,
    names: Arc<[String]>,
}

impl Held for RetriesOn {
    const WANTS: &'static [News] = &[News::Further];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let Decision::Try { target, .. } = at.decision else { return None };
        let attempts = at.call.attempts;
        let runs = attempts.iter().any(|tried| tried.answer.is_none());
        let barred = |answer: Answer, statuses: &Statuses| !answer.is_ok() && !statuses.has(answer.status());
        if let (Some(retried), Some(last), false) =
            (&self.retried, attempts.last().and_then(|t| t.answer), runs)
            && barred(last, retried)
        {
            return Some(format!(
                "`{}` is asked after {}, which is not retried",
                self.names[target],
                in_words(last)
            ));
        }
        let again = self.again.as_ref()?;
        let mut here =
            attempts.iter().filter(|tried| tried.target == target).filter_map(|tried| tried.answer);
        let answer = here.find(|&answer| barred(answer, again))?;
        let name = &self.names[target];
        Some(format!("`{name}` is asked again after {}, which is not retried there", in_words(answer)))
    }
}

/// A failure, in a sentence.
pub(super) fn in_words(answer: Answer) -> String {
    match answer {
        Answer::Ok => "an answer".to_owned(),
        Answer::TimedOut => "a timeout".to_owned(),
        Answer::Cut => "a broken stream".to_owned(),
        Answer::Failed { status, .. } => format!("a {}", status.0),
    }
}

#[derive(Clone)]
struct Waits {
    backoff: Option<Backoff>,
    heeds: Option<(Statuses, Span)>,
    names: Arc<[String]>,
}

/// The least wait before further attempt `n` in a row at one target, from 0.
fn least(backoff: &Backoff, n: usize) -> Span {
    let mut wait = backoff.base;
    for _ in 0..n.min(40) {
        wait = wait.saturating_add(wait);
    }
    let wait = wait.max(backoff.min).min(backoff.max);
    match backoff.jitter {
        Jitter::None | Jitter::Added(_) => wait,
        Jitter::Scaled(low, high) => Span::from_secs_f64_saturating(wait.as_secs_f64() * low.min(high)),
        Jitter::Full | Jitter::FullSum => Span::ZERO,
    }
}

impl Held for Waits {
    const WANTS: &'static [News] = &[News::Further];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let Decision::Try { target, .. } = at.decision else { return None };
        let attempts = at.call.attempts;
        let last = attempts.iter().rev().find(|tried| tried.target == target)?;
        let answer = last.answer.filter(|answer| !answer.is_ok())?;
        let waited = at.call.now.saturating_since(last.at);
        let name = &self.names[target];
        if let Some(asked) = answer.retry_after() {
            let (statuses, most) = self.heeds.as_ref()?;
            let heeded = statuses.has(answer.status()) && asked <= *most;
            return (heeded && waited < asked)
                .then(|| format!("`{name}` is asked again after {waited}, and asked for {asked}"));
        }
        // Those in a row: a count that other targets are left out of is no larger than the router's.
        let in_a_row = attempts.iter().rev().take_while(|tried| tried.target == target).count();
        let least = least(self.backoff.as_ref()?, in_a_row.saturating_sub(1));
        (waited < least)
            .then(|| format!("`{name}` is asked again after {waited}, and the wait is at least {least}"))
    }
}
