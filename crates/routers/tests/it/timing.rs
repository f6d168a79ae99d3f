//! When a lone primary that fails at once is tried again, and when the fallback is: the retry curves of real
//! routers, played by `ordered_fallback`. Times are exact, or a range where the router adds jitter; a range must also be
//! used: 2,000 requests miss an outer hundredth of a uniform range with probability 0.99²⁰⁰⁰ = 2·10⁻⁹.
//!
//! LiteLLM's row is not here: it also sleeps after its last failed retry, which these parts do not express.

use sandbox_core::Span;
use sandbox_model::{Answer, Status};
use sandbox_routers::parts::RetryBudget;
use sandbox_routers::{Backoff, Composed, Jitter, Reason};

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

/// Portkey OSS: 0, 1 and 3 s, the fallback at once at 3.0 s; no memory, so every request the same (T25).
#[test]
fn t25_portkey_retries_at_0_1_3_s_and_falls_back_at_3_s() {
    let waits = backoff(Span::from_secs(1), Jitter::None);
    let mut router = ordered_fallback(2, 2, waits, None);
    for request in 0..20 {
        let played = primary_down(&mut router, request);
        assert_eq!(played.timeline(), [(0.0, P), (1.0, P), (3.0, P), (3.0, F)]);
        assert_eq!(played.tries[0].2, Reason::Choice);
        assert!(played.tries[1..].iter().all(|tried| tried.2 == Reason::Failed));
        assert_eq!(played.answer, Answer::Ok);
    }
}

/// Lowest and highest time of each attempt over 2,000 requests [s].
fn ranges(targets: usize, waits: Backoff) -> Vec<(f64, f64, usize)> {
    let mut router = ordered_fallback(targets, 2, waits, None);
    let mut seen: Vec<(f64, f64, usize)> = Vec::new();
    for request in 0..2_000 {
        let played = primary_down(&mut router, request);
        if seen.is_empty() {
            seen = played.timeline().iter().map(|&(time, target)| (time, time, target)).collect();
        }
        assert_eq!(seen.len(), played.tries.len());
        for (seen, (time, target)) in seen.iter_mut().zip(played.timeline()) {
            *seen = (seen.0.min(time), seen.1.max(time), target);
        }
    }
    seen
}

/// Inside the range, and reaching into `edge` of it at both ends.
fn fills(seen: (f64, f64, usize), low: f64, high: f64, edge: f64) {
    let width = high - low;
    assert!((low..=low + edge * width).contains(&seen.0), "{seen:?} of {low}-{high}");
    assert!((high - edge * width..=high).contains(&seen.1), "{seen:?} of {low}-{high}");
}

/// OpenAI Python SDK, no fallback: 0, 0.375–0.5 and 1.125–1.5 s.
///
/// The last is the sum of two draws: its outer tenths are missed by 2,000 requests with probability below
/// (1 - 0.01)²⁰⁰⁰ (the density falls to zero at the ends).
#[test]
fn openai_sdk_retries_within_its_scaled_jitter() {
    let seen = ranges(1, backoff(Span::from_millis(500), Jitter::Scaled(0.75, 1.0)));
    assert_eq!((seen.len(), seen[0]), (3, (0.0, 0.0, P)));
    fills(seen[1], 0.375, 0.5, 0.01);
    fills(seen[2], 1.125, 1.5, 0.1);
}

/// Bifrost: 0, 0.4–0.6 and 1.2–1.8 s, the fallback at once after the last.
#[test]
fn bifrost_retries_within_a_fifth_and_falls_back_at_once() {
    let seen = ranges(2, backoff(Span::from_millis(500), Jitter::Scaled(0.8, 1.2)));
    assert_eq!((seen.len(), seen[0]), (4, (0.0, 0.0, P)));
    fills(seen[1], 0.4, 0.6, 0.01);
    fills(seen[2], 1.2, 1.8, 0.1);
    assert_eq!((seen[3].0, seen[3].1, seen[3].2), (seen[2].0, seen[2].1, F));
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
