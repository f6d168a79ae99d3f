//! Decision vectors: situations in which it is documented, or was observed, what a real router does. Each test is
//! named after its number there; expected values are exact unless a range is given.
//!
//! Drawn choices are held against the documented shares by a chi-square test at 99.9 %, over a stated number of
//! requests with fixed dice.

use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Status};
use sandbox_routers::{Backoff, Composed, Cooldown, Demotion, Jitter, Reason, Seen, Statuses, Strategy};

use crate::stage::{
    DOWN, OpenRouterFields, at, first_choice, limited, openrouter_legacy, ordered_fallback, play, price,
    priced,
};

const A: usize = 0;
const B: usize = 1;
const C: usize = 2;

/// OpenRouter documents the 30 s; what makes an outage significant is an assumption.
const DEMOTION: Demotion = Demotion { window: Span::from_secs(30), failures: 3, share: 0.5 };

fn openrouter(fields: OpenRouterFields) -> Composed {
    openrouter_legacy(3, &fields, DEMOTION)
}

/// Pearson's statistic of the counts against the expected shares.
fn chi_square(counts: &[u32], shares: &[f64]) -> f64 {
    let n = f64::from(counts.iter().sum::<u32>());
    counts
        .iter()
        .zip(shares)
        .map(|(&count, share)| {
            let off = f64::from(count) - n * share;
            off * off / (n * share)
        })
        .sum()
}

/// Whom each of 30,000 requests asks first at `now`.
fn first_choices(router: &mut Composed, now: Time) -> [u32; 3] {
    let targets = priced(&[1, 2, 3]);
    let mut counts = [0; 3];
    for request in 0..30_000 {
        counts[first_choice(router, &targets, request, now).0] += 1;
    }
    counts
}

/// A router that saw B fail three times, the last time at 100 s.
fn after_an_outage_of_b() -> Composed {
    let mut router = openrouter(OpenRouterFields::default());
    for second in [98, 99, 100] {
        router.observe(&Seen::new(at(second), B, DOWN, at(second)));
    }
    router
}

/// 12 s after B's outage: A and C share the first choices 9 to 1, and B has none.
/// Chi-square, 1 degree of freedom, 99.9 %: 10.83; 30,000 requests.
#[test]
fn t1_an_outage_12_s_ago_leaves_nine_to_one() {
    let counts = first_choices(&mut after_an_outage_of_b(), at(112));
    assert_eq!(counts[B], 0);
    let statistic = chi_square(&[counts[A], counts[C]], &[0.9, 0.1]);
    assert!(statistic < 10.83, "{counts:?}: {statistic}");
}

/// B is demoted, not removed: it comes last when the others fail, and it is never skipped.
#[test]
fn t1_the_demoted_endpoint_is_tried_last() {
    let targets = priced(&[1, 2, 3]);
    for request in 0..1_000 {
        // A fresh router each time: the failures of A and C here must not demote them as well.
        let mut router = after_an_outage_of_b();
        let played =
            play(
                &mut router,
                &targets,
                request,
                at(112),
                |target, _| if target == B { Answer::Ok } else { DOWN },
            );
        assert_eq!(played.order().len(), 3);
        assert_eq!(played.tries[2], (at(112), B, Reason::Failed));
    }
}

/// 30 s after it (and ever after): 1/price² over all three, 36 : 9 : 4.
/// Chi-square, 2 degrees of freedom, 99.9 %: 13.82; 30,000 requests.
#[test]
fn t1_thirty_seconds_after_the_outage_all_share_again() {
    let mut router = after_an_outage_of_b();
    let still_demoted = first_choices(&mut router, at(130) - Span::from_nanos(1));
    assert_eq!(still_demoted[B], 0);
    for now in [at(130), at(10_000)] {
        let counts = first_choices(&mut router, now);
        let statistic = chi_square(&counts, &[36.0 / 49.0, 9.0 / 49.0, 4.0 / 49.0]);
        assert!(statistic < 13.82, "{counts:?}: {statistic}");
    }
}

/// The comparison has teeth: the shares of one rule are refused by the other's.
#[test]
fn t1_the_two_sets_of_shares_are_told_apart() {
    let counts = first_choices(&mut openrouter(OpenRouterFields::default()), at(0));
    assert!(chi_square(&[counts[A], counts[C]], &[0.88, 0.12]) > 10.83);
    assert!(chi_square(&counts, &[0.75, 0.17, 0.08]) > 13.82);
}

/// `order: [C]` with fallbacks: C first, and when it fails the others follow.
#[test]
fn t2_order_with_fallbacks_goes_on_to_the_others() {
    let mut router = openrouter(OpenRouterFields { order: vec![C], ..Default::default() });
    let targets = priced(&[1, 2, 3]);
    for request in 0..100 {
        let played = play(&mut router, &targets, request, at(request), |_, _| DOWN);
        assert_eq!(played.order(), [C, A, B]);
        assert_eq!(played.answer, Answer::failed(Status::UNAVAILABLE));
        let served =
            play(
                &mut router,
                &targets,
                request,
                at(request),
                |target, _| if target == C { DOWN } else { Answer::Ok },
            );
        assert_eq!((served.order(), served.answer), (vec![C, A], Answer::Ok));
    }
}

/// `order: [C]` without: an error after C, which is C's own unless it was transient.
#[test]
fn t2_order_without_fallbacks_ends_after_the_listed() {
    let fields = OpenRouterFields { order: vec![C], no_fallbacks: true, ..Default::default() };
    let mut router = openrouter(fields);
    for answer in [DOWN, Answer::failed(Status(400)), Answer::failed(Status(402))] {
        let played = play(&mut router, &priced(&[1, 2, 3]), 1, at(0), |_, _| answer);
        assert_eq!((played.order(), played.answer), (vec![C], answer));
    }
}

/// `max_price` below every endpoint: 404 and nothing upstream, not the cheapest there is.
#[test]
fn t3_max_price_below_all_is_404_without_an_attempt() {
    let cheaper = Some((price(1), price(0)));
    for order in [vec![], vec![C]] {
        let mut router = openrouter(OpenRouterFields { order, max_price: cheaper, ..Default::default() });
        let played = play(&mut router, &priced(&[1, 2, 3]), 1, at(0), |_, _| Answer::Ok);
        assert_eq!((played.order(), played.answer), (vec![], Answer::failed(Status::NOT_FOUND)));
    }
}

/// A `max_price` that one endpoint meets exactly leaves that one.
#[test]
fn t3_max_price_is_inclusive_and_guards_every_attempt() {
    let fields = OpenRouterFields { max_price: Some((price(2), price(2))), ..Default::default() };
    let mut router = openrouter(fields);
    for request in 0..1_000 {
        let mut order = play(&mut router, &priced(&[3, 2, 3]), request, at(0), |_, _| limited(None)).order();
        assert_eq!(order.pop(), Some(B));
        assert!(order.is_empty());
    }
}

/// All three answer 429 with Retry-After 30, 12 and none: 429 with the least, 12.
#[test]
fn t7_all_rate_limited_is_429_with_the_least_retry_after() {
    let waits = [Some(30), Some(12), None];
    for request in 0..100 {
        let mut router = openrouter(OpenRouterFields::default());
        let played =
            play(&mut router, &priced(&[1, 2, 3]), request, at(0), |target, _| limited(waits[target]));
        assert_eq!((played.tries.len(), played.answer), (3, limited(Some(12))));
    }
}

/// The neighbours of T7: one 503 among the 429s makes it a 503, one 400 is passed on.
#[test]
fn t7_mixed_failures_are_503_and_others_are_passed_on() {
    for (odd, expected) in
        [(DOWN, DOWN), (Answer::TimedOut, DOWN), (Answer::failed(Status(400)), Answer::failed(Status(400)))]
    {
        let mut router = openrouter(OpenRouterFields { order: vec![A, B, C], ..Default::default() });
        let played = play(&mut router, &priced(&[1, 2, 3]), 1, at(0), |target, _| {
            if target == C { odd } else { limited(Some(5)) }
        });
        assert_eq!((played.order(), played.answer), (vec![A, B, C], expected));
    }
}

/// LiteLLM 1.109.1 as far as these parts reach: waits, Retry-After, and a cooldown that 429 starts at once.
fn litellm(targets: usize) -> Composed {
    let backoff = Backoff {
        min: Span::ZERO,
        base: Span::from_millis(500),
        max: Span::from_secs(8),
        jitter: Jitter::Added(Span::from_millis(750)),
        ..Backoff::default()
    };
    let cooldown = Cooldown {
        failures: 1_000,
        within: Span::from_secs(60),
        length: Span::from_secs(5),
        at_once: Statuses::of(&["429"]),
        retry_after: true,
        ..Cooldown::default()
    };
    ordered_fallback(targets, 2, backoff, (targets > 1).then_some(cooldown))
}

/// Two deployments, a 429 with Retry-After none, 2 or 600: the second is asked at once, and the first cools for 5, 2
/// or 600 s, after which it gets everything again.
#[test]
fn t15_a_429_cools_for_its_retry_after_and_the_next_is_asked_at_once() {
    for (retry_after, cools) in [(None, 5), (Some(2), 2), (Some(600), 600)] {
        let mut router = litellm(2);
        let targets = priced(&[1, 1]);
        let played = play(&mut router, &targets, 1, at(0), |target, _| {
            if target == A { limited(retry_after) } else { Answer::Ok }
        });
        assert_eq!(played.timeline(), [(0.0, A), (0.0, B)]);
        let just_before = at(cools) - Span::from_nanos(1);
        assert_eq!(first_choice(&mut router, &targets, 2, just_before), (B, Reason::Avoids));
        assert_eq!(first_choice(&mut router, &targets, 3, at(cools)), (A, Reason::Choice));
    }
}

/// A lone deployment, a 429 with Retry-After 2 or 61: the next try after 2 to 2.75 s, or (ignored) 0.5 to 1.25 s.
#[test]
fn t16_a_lone_429_waits_for_a_retry_after_of_at_most_a_minute() {
    for (retry_after, from, to) in [(2, 2.0, 2.75), (61, 0.5, 1.25)] {
        for request in 0..1_000 {
            let mut first = true;
            let played = play(&mut litellm(1), &priced(&[1]), request, at(0), |_, _| {
                if std::mem::take(&mut first) { limited(Some(retry_after)) } else { Answer::Ok }
            });
            let next = played.timeline()[1].0;
            assert!((from..=to).contains(&next), "{next}");
        }
    }
}

/// All deployments cooled and no fallback: 429 from the router itself, nothing upstream.
#[test]
fn t19_all_cooled_is_a_local_429() {
    let mut router = litellm(2);
    let targets = priced(&[1, 1]);
    play(&mut router, &targets, 1, at(0), |_, _| limited(Some(30)));
    let played = play(&mut router, &targets, 2, at(29), |_, _| Answer::Ok);
    assert_eq!((played.order(), played.answer), (vec![], limited(None)));
    assert_eq!(play(&mut router, &targets, 3, at(30), |_, _| Answer::Ok).order(), [A]);
}
