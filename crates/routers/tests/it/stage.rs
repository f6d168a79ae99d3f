//! A tiny driver: plays one strategy against scripted targets that answer at once, in virtual time.

use std::cell::Cell;

use sandbox_core::{Noise, Seed, Span, Time};
use sandbox_model::{Answer, Price, Status};
use sandbox_routers::preset::{Fallback, OpenRouterLegacy};
use sandbox_routers::{
    Backoff, Call, Composed, Cooldown, Decision, Demotion, Parts, Preset, Reason, Seen, Setting, Strategy,
    TargetView, Timeouts, Tried,
};

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
    let (noise, note) = (noise(), Cell::new(0));
    let (mut now, mut attempts, mut tries) = (at, Vec::new(), Vec::new());
    for _ in 0..1_000 {
        match router.next(&Call::new(now, request, &attempts, noise, &note), targets) {
            Decision::Try { target, reason } => {
                tries.push((now, target, reason));
                let answer = answer(target, now);
                router.observe(&Seen::new(now, target, answer, now));
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
    match router.next(&Call::new(now, request, &[], noise(), &Cell::new(0)), targets) {
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

/// The parts of a preset whose targets are called `0`, `1` and so on.
pub(crate) fn parts(preset: &impl Preset) -> Parts {
    let targets = preset.targets();
    let in_usd = |_: &_| Price::default();
    preset.parts(&Setting { targets: &targets, in_usd: &in_usd, after_midnight: Span::ZERO })
}

pub(crate) fn names(targets: impl IntoIterator<Item = usize>) -> Vec<String> {
    targets.into_iter().map(|target| target.to_string()).collect()
}

pub(crate) fn single() -> Composed {
    Composed::new(Parts::plain(1))
}

pub(crate) fn fallback_parts(
    targets: usize,
    retries: u32,
    backoff: Backoff,
    cooldown: Option<Cooldown>,
) -> Parts {
    let timeouts = Timeouts::default();
    let targets = names(0..targets);
    parts(&Fallback { targets, retries, backoff, retry_budget: None, cooldown, timeouts })
}

pub(crate) fn ordered_fallback(
    targets: usize,
    retries: u32,
    backoff: Backoff,
    cooldown: Option<Cooldown>,
) -> Composed {
    Composed::new(fallback_parts(targets, retries, backoff, cooldown))
}

/// Request fields of OpenRouter.
#[derive(Default)]
pub(crate) struct OpenRouterFields {
    pub(crate) order: Vec<usize>,
    pub(crate) no_fallbacks: bool,
    pub(crate) max_price: Option<(Price, Price)>,
}

pub(crate) fn openrouter_parts(targets: usize, fields: &OpenRouterFields, demotion: Demotion) -> Parts {
    let mut parts = parts(&OpenRouterLegacy {
        order: names(fields.order.iter().copied()),
        allow_fallbacks: !fields.no_fallbacks,
        demotion,
        ..OpenRouterLegacy::new(names(0..targets))
    });
    parts.filters.max_price = fields.max_price;
    parts
}

pub(crate) fn openrouter_legacy(targets: usize, fields: &OpenRouterFields, demotion: Demotion) -> Composed {
    Composed::new(openrouter_parts(targets, fields, demotion))
}
