//! A tiny driver: plays one strategy against scripted targets that answer at once, in virtual time.

use sandbox_core::{Noise, Seed, Span, Time};
use sandbox_model::{Answer, Price, Status};
use sandbox_routers::{Call, Decision, Reason, Seen, Strategy, TargetView, Tried};

/// What a router did for one request.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Played {
    /// Its attempts: when, at which target, and why.
    pub(crate) tries: Vec<(Time, usize, Reason)>,
    /// What the caller got.
    pub(crate) answer: Answer,
    /// When.
    pub(crate) ended: Time,
}

impl Played {
    /// The targets in the order in which they were tried.
    pub(crate) fn order(&self) -> Vec<usize> {
        self.tries.iter().map(|&(_, target, _)| target).collect()
    }

    /// The attempts as (seconds, target).
    pub(crate) fn timeline(&self) -> Vec<(f64, usize)> {
        self.tries.iter().map(|&(at, target, _)| (at.as_secs_f64(), target)).collect()
    }
}

/// One request at time `at`; `answer` is what a target says at a time.
pub(crate) fn play(
    router: &mut impl Strategy,
    targets: &[TargetView],
    request: u64,
    at: Time,
    mut answer: impl FnMut(usize, Time) -> Answer,
) -> Played {
    let noise = noise();
    let (mut now, mut attempts, mut tries) = (at, Vec::new(), Vec::new());
    for _ in 0..1_000 {
        match router.next(&Call { now, request, attempts: &attempts, noise, allowed: u64::MAX }, targets) {
            Decision::Try { target, reason } => {
                tries.push((now, target, reason));
                let answer = answer(target, now);
                router.observe(&Seen { now, target, answer, began: now });
                if answer.is_ok() {
                    return Played { tries, answer, ended: now };
                }
                attempts.push(Tried { target, answer: Some(answer), at: now });
            }
            Decision::Wait { until } => {
                assert!(until > now, "waits for a time that has passed");
                now = until;
            }
            Decision::GiveUp(answer) => return Played { tries, answer, ended: now },
        }
    }
    panic!("the router does not end");
}

/// The first attempt of a request, without making it.
pub(crate) fn first_choice(
    router: &mut impl Strategy,
    targets: &[TargetView],
    request: u64,
    now: Time,
) -> (usize, Reason) {
    match router.next(&Call { now, request, attempts: &[], noise: noise(), allowed: u64::MAX }, targets) {
        Decision::Try { target, reason } => (target, reason),
        other => panic!("no attempt but {other:?}"),
    }
}

/// The dice of all routers here.
pub(crate) fn noise() -> Noise {
    Seed::new(7).noise("router")
}

pub(crate) fn at(seconds: u64) -> Time {
    Time::ZERO + Span::from_secs(seconds)
}

/// Targets with these prices of input and output [$/M].
pub(crate) fn priced(dollars: &[u64]) -> Vec<TargetView> {
    dollars
        .iter()
        .map(|&dollars| price(dollars))
        .map(|price| TargetView { input_price: price, output_price: price, ..TargetView::default() })
        .collect()
}

/// A price [$/M].
pub(crate) const fn price(dollars: u64) -> Price {
    Price::from_pico_per_token(dollars * 1_000_000)
}

pub(crate) const DOWN: Answer = Answer::failed(Status::UNAVAILABLE);

/// A 429, perhaps with a Retry-After [s].
pub(crate) fn limited(retry_after: Option<u64>) -> Answer {
    Answer::Failed { status: Status::TOO_MANY_REQUESTS, retry_after: retry_after.map(Span::from_secs) }
}
