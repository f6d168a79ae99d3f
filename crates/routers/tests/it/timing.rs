//! When a lone primary that fails at once is tried again, and when the fallback is: what `Fallback` makes of its parts.
//! The curves of real gateways are played by their presets, in scenarios: `crates/engine/tests/it/routers`.

use sandbox_core::Span;
use sandbox_model::{Answer, Status};
use sandbox_routers::parts::RetryBudget;
use sandbox_routers::{Backoff, Composed, Jitter};

use crate::stage::{DOWN, Played, at, fallback_parts, noise, ordered_fallback, play, priced, single};

const P: usize = 0;
const F: usize = 1;

fn backoff(base: Span, jitter: Jitter) -> Backoff {
    Backoff { base, max: Span::from_secs(8), jitter, ..Backoff::default() }
}

/// A request at 0 s whose primary is down and whose fallback is fine.
fn primary_down(router: &mut Composed, request: u64) -> Played {
    let answer = |target: usize, _| if target == P { DOWN } else { Answer::Ok };
    play(router, &priced(&[1, 1]), request, at(0), answer)
}

/// What must not be retried goes to the fallback at once (400, 401, 402, 403, 404, 422: the SDK's set is 408, 409, 429
/// and 5xx).
#[test]
fn failures_that_are_no_use_retrying_fall_back_at_once() {
    let mut router = ordered_fallback(2, 2, backoff(Span::from_secs(1), Jitter::None), None);
    for status in [400, 401, 402, 403, 404, 422] {
        let played = play(&mut router, &priced(&[1, 1]), 1, at(0), |target, _| {
            if target == P { Answer::failed(Status(status)) } else { Answer::Ok }
        });
        assert_eq!(played.timeline(), [(0.0, P), (0.0, F)]);
    }
}

/// Doubling without a cap runs out of numbers, not into a panic.
#[test]
fn waits_without_a_cap_end_at_the_longest_span() {
    for jitter in [Jitter::None, Jitter::Added(Span::from_secs(1)), Jitter::Scaled(0.5, 2.0)] {
        let waits = Backoff { max: Span::MAX, ..backoff(Span::from_secs(1), jitter) };
        let wait = waits.wait(u32::MAX, None, noise(), 1, 70);
        assert!(wait > Span::from_hours(24 * 365 * 200), "{wait}");
    }
}

#[test]
fn single_never_tries_twice() {
    for answer in
        [DOWN, Answer::failed(Status(429)), Answer::failed(Status(400)), Answer::TimedOut, Answer::Cut]
    {
        let played = play(&mut single(), &priced(&[1]), 1, at(0), |_, _| answer);
        assert_eq!((played.timeline(), played.ended), (vec![(0.0, P)], at(0)));
        assert_eq!(played.answer, Answer::failed(answer.status()));
    }
}

/// Two retries saved up and half a retry a call, which the full bucket of the first request loses: two retries for it; then
/// one for each second request, and the fallback at once for the others. A wait is paid for once.
#[test]
fn a_retry_budget_limits_retries_and_not_fallbacks() {
    let mut parts = fallback_parts(2, 3, backoff(Span::from_secs(1), Jitter::None), None);
    parts.retry.budget = Some(RetryBudget { per_call: 0.5, cap: 2.0 });
    let mut router = Composed::new(parts);
    let timelines: Vec<_> = (0..5).map(|request| primary_down(&mut router, request).timeline()).collect();
    assert_eq!(timelines[0], [(0.0, P), (1.0, P), (3.0, P), (3.0, F)]);
    for (request, timeline) in timelines.iter().enumerate().skip(1) {
        let expected: &[(f64, usize)] =
            if request % 2 == 0 { &[(0.0, P), (1.0, P), (1.0, F)] } else { &[(0.0, P), (0.0, F)] };
        assert_eq!(timeline, expected, "request {request}");
    }
}
