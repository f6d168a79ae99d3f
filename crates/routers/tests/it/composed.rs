//! What every composition of parts keeps, whatever its targets answer and however their prices move:
//!
//! * a request ends, after at most `targets · (retries + 1) · (rounds + 1)` attempts at at most `most_targets` targets
//! * no attempt outside `allowed`, the request's residency or above `max_price`, retries included
//! * a wait ends later than now and is no longer than its backoff allows; two never follow one another
//! * with cooldowns, nobody is tried who is believed down; with demotion, only when nobody else is left
//! * a router that gives up never says that all went well
//! * the target that is tried is never among the exclusions told just before, and all that no rule allows are; who gives up
//!   has excluded all
//! * the same story told twice gives the same decisions

use std::cell::Cell;

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Price, Status};
use sandbox_routers::parts::RetryBudget;
use sandbox_routers::preset::kong::{Criterion, Kong};
use sandbox_routers::preset::portkey::{CircuitBreaker, Mode, Portkey, PortkeyRetry};
use sandbox_routers::preset::{Bifrost, TensorZero};
use sandbox_routers::{
    Backoff, Call, Composed, Cooldown, Decision, Demotion, Jitter, Parts, Reason, Rule, Seen, Statuses,
    Strategy as _, TargetView, Timeouts, Tried,
};

use crate::answers::{answer, failure};
use crate::stage::{
    OpenRouterFields, fallback_parts, names, noise, openrouter_legacy, openrouter_parts, ordered_fallback,
    parts,
};

/// What happens at one attempt: its answer, how long it takes, what another request meanwhile learns of a target, and
/// what the targets cost afterwards [$/M].
#[derive(Clone, Debug)]
struct Moment {
    answer: Answer,
    takes: Span,
    elsewhere: Option<(usize, Answer)>,
    prices: Vec<u64>,
}

fn span(millis_max: u64) -> impl Strategy<Value = Span> {
    prop_oneof![Just(0), 0..=millis_max].prop_map(Span::from_millis)
}

fn moment() -> impl Strategy<Value = Moment> {
    let elsewhere = proptest::option::weighted(0.3, (0_usize..6, failure()));
    let prices = proptest::collection::vec(1_u64..5, 6);
    (answer(), span(3_000), elsewhere, prices).prop_map(|(answer, takes, elsewhere, prices)| Moment {
        answer,
        takes,
        elsewhere,
        prices,
    })
}

fn backoff() -> impl Strategy<Value = Backoff> {
    let jitter = prop_oneof![
        Just(Jitter::None),
        span(2_000).prop_map(Jitter::Added),
        (0.0..1.0_f64, 1.0..2.0_f64).prop_map(|(low, high)| Jitter::Scaled(low, high)),
    ];
    let max = prop_oneof![4 => span(10_000), 1 => Just(Span::MAX)];
    (span(2_000), span(3_000), max, jitter, span(60_000)).prop_map(
        |(base, min, max, jitter, retry_after_max)| Backoff { min, base, max, jitter, retry_after_max },
    )
}

fn cooldown() -> impl Strategy<Value = Cooldown> {
    (1_u32..4, span(30_000), span(20_000), any::<bool>(), any::<bool>()).prop_map(
        |(failures, within, length, at_once, retry_after)| Cooldown {
            failures,
            within,
            length,
            at_once: Statuses::of(if at_once { &["429"] } else { &[] }),
            retry_after,
            ..Cooldown::default()
        },
    )
}

fn ordered() -> impl Strategy<Value = Parts> {
    (1_usize..=6, 0_u32..4, backoff(), proptest::option::of(cooldown()))
        .prop_map(|(targets, retries, backoff, cooldown)| fallback_parts(targets, retries, backoff, cooldown))
}

fn openrouter() -> impl Strategy<Value = Parts> {
    let demotion = (1_u64..60, 1_u32..5, 0.0..=1.0).prop_map(|(window, failures, share)| Demotion {
        window: Span::from_secs(window),
        failures,
        share,
    });
    let fields =
        (proptest::sample::subsequence((0..6).collect::<Vec<_>>(), 0..=6).prop_shuffle(), any::<bool>());
    (1_usize..=6, fields, demotion).prop_map(|(targets, (order, no_fallbacks), demotion)| {
        let order = order.into_iter().filter(|&target| target < targets).collect();
        openrouter_parts(targets, &OpenRouterFields { order, no_fallbacks, max_price: None }, demotion)
    })
}

/// A gateway with some of its settings.
fn gateway() -> impl Strategy<Value = Parts> {
    let lists = |split: usize, targets: usize| {
        let split = split.min(targets);
        [names(0..split), names(split..targets)].into_iter().filter(|list| !list.is_empty()).collect()
    };
    (1_usize..=6, 0_usize..=6, 0_u32..4, any::<bool>(), 0_usize..4).prop_map(
        move |(targets, split, retries, some, which)| match which {
            0 => parts(&Portkey {
                targets: names(0..targets),
                mode: if some { Mode::Fallback } else { Mode::LoadBalance(Vec::new()) },
                retry: PortkeyRetry {
                    attempts: retries,
                    use_retry_after_header: some,
                    ..PortkeyRetry::default()
                },
                on_status_codes: None,
                request_timeout: None,
                circuit_breaker: Some(CircuitBreaker {
                    failure_threshold: Some(retries),
                    failure_threshold_percentage: some.then_some(50.0),
                    cooldown_interval: Span::from_secs(30),
                    failure_status_codes: Statuses::of(&["429", "5xx"]),
                    minimum_requests: 2,
                    window: Span::from_secs(60),
                }),
            }),
            1 => parts(&Bifrost {
                providers: lists(split, targets),
                weights: Vec::new(),
                max_retries: retries,
                retry_backoff_initial: Span::from_millis(500),
                retry_backoff_max: Span::from_secs(5),
                timeouts: Timeouts::default(),
            }),
            2 => parts(&TensorZero {
                variants: lists(split, targets),
                retries,
                max_delay: Span::from_secs(10),
                timeouts: Timeouts::default(),
            }),
            _ => parts(&Kong {
                targets: names(0..targets),
                retries,
                failover_criteria: vec![Criterion::Timeout, Criterion::Http429, Criterion::Http503],
                max_fails: u32::from(some) * 2,
                fail_timeout: Span::from_secs(10),
                timeouts: Timeouts::default(),
            }),
        },
    )
}

/// A preset, or one with other parts put in.
fn router() -> impl Strategy<Value = Parts> {
    let price = || (1_u64..5).prop_map(|dollars| Price::from_pico_per_token(dollars * 1_000_000));
    let most_targets = prop_oneof![3 => Just(u32::MAX), 1 => 0_u32..4];
    let budget = proptest::option::of(
        (0.0..1.5_f64, 1.0..3.0_f64).prop_map(|(per_call, cap)| RetryBudget { per_call, cap }),
    );
    let changes = (any::<u64>(), proptest::option::of((price(), price())), most_targets, 0_u32..4, budget);
    (prop_oneof![ordered(), openrouter(), gateway()], proptest::option::of(changes)).prop_map(
        |(mut router, changes)| {
            if let Some((mask, max_price, most_targets, retries, budget)) = changes {
                router.filters.only &= mask;
                router.filters.max_price = max_price;
                router.most_targets = router.most_targets.min(most_targets);
                router.retry.retries = retries;
                router.retry.budget = budget;
            }
            router
        },
    )
}

/// Requests one after the other: the gap before each, and what happens at its attempts.
type Story = Vec<(Span, Vec<Moment>)>;

fn story() -> impl Strategy<Value = Story> {
    proptest::collection::vec((span(20_000), proptest::collection::vec(moment(), 1..12)), 1..12)
}

fn views(dollars: &[u64], targets: usize) -> Vec<TargetView> {
    let price = |dollars: u64| Price::from_pico_per_token(dollars * 1_000_000);
    (0..targets)
        .map(|target| TargetView {
            input_price: price(dollars[target]),
            output_price: price(dollars[(target + 1) % dollars.len()]),
            ..TargetView::default()
        })
        .collect()
}

/// Whether an attempt is allowed by the hard filters.
fn passes(router: &Parts, target: usize, views: &[TargetView]) -> bool {
    router.filters.only >> target & 1 == 1
        && router.filters.max_price.is_none_or(|(input, output)| {
            views[target].input_price <= input && views[target].output_price <= output
        })
}

/// The longest wait that a backoff allows, and a nanosecond for rounding.
fn longest_wait(backoff: &Backoff) -> Span {
    let longest = backoff.max.max(backoff.retry_after_max);
    let jittered = match backoff.jitter {
        Jitter::None | Jitter::Full | Jitter::FullSum => longest,
        Jitter::Added(most) => longest.saturating_add(most),
        Jitter::Scaled(_, high) => Span::from_secs_f64_saturating(longest.as_secs_f64() * high),
    };
    jittered.saturating_add(Span::from_nanos(1))
}

/// Every third request may be processed anywhere, the others by some targets only, or by none.
fn residency(number: u64) -> u64 {
    if number.is_multiple_of(3) { u64::MAX } else { number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 }
}

fn permitted(router: &Parts, allowed: u64, target: usize, views: &[TargetView]) -> bool {
    allowed >> target & 1 == 1 && passes(router, target, views)
}

/// What was told just before a decision is what it went by.
fn explained(
    decision: Decision,
    excluded: &[usize],
    router: &Composed,
    call: &Call<'_>,
    views: &[TargetView],
) -> Result<(), TestCaseError> {
    let parts = router.parts();
    let out = |target: usize| excluded.contains(&target);
    match decision {
        Decision::Try { target, .. } => {
            prop_assert!(!out(target), "{} was excluded", target);
            for other in (0..parts.targets).filter(|&other| other != target) {
                if !permitted(parts, call.allowed, other, views) {
                    prop_assert!(out(other), "{} may not be used", other);
                }
                if matches!(parts.memory.first(), Some(Rule::Cooldown(_)))
                    && router.down_until(other) > call.now
                {
                    prop_assert!(out(other), "{} cools down", other);
                }
                if !parts.order.is_empty() && parts.order[other] > parts.order[target] {
                    prop_assert!(out(other), "{} comes later", other);
                }
                let full = call.attempts.iter().all(|tried| tried.target != other)
                    && parts.most_targets <= different(call.attempts);
                prop_assert!(!full || out(other), "{} would be one too many", other);
            }
        }
        Decision::GiveUp(_) => prop_assert_eq!(excluded.len(), parts.targets, "somebody was left"),
        Decision::Wait { .. } => {}
    }
    Ok(())
}

/// How many different targets were tried.
fn different(attempts: &[Tried]) -> u32 {
    attempts.iter().fold(0_u64, |mask, tried| mask | 1 << tried.target).count_ones()
}

/// Plays one request to its end and holds every decision against the rules above; returns the decisions.
fn request(
    router: &mut Composed,
    number: u64,
    now: &mut Time,
    moments: &[Moment],
) -> Result<Vec<Decision>, TestCaseError> {
    let parts = router.parts().clone();
    let targets = parts.targets;
    let allowed = residency(number);
    let mut moments = moments.iter().cycle();
    let mut targets_now = views(&[1, 2, 3, 4, 1, 2], targets);
    let (mut attempts, mut decisions): (Vec<Tried>, Vec<Decision>) = (Vec::new(), Vec::new());
    let note = Cell::new(0);
    let rounds = parts.retry.rounds as usize + 1;
    let most = targets * (parts.retry.retries as usize).min(10).saturating_add(1) * rounds;
    loop {
        let call = Call { allowed, ..Call::new(*now, number, &attempts, noise(), &note) };
        let excluded: Vec<usize> =
            router.exclusions(&call, &targets_now).iter().map(|exclusion| exclusion.target).collect();
        let decision = router.next(&call, &targets_now);
        explained(decision, &excluded, router, &call, &targets_now)?;
        let waited = matches!(decisions.last(), Some(Decision::Wait { .. }));
        decisions.push(decision);
        match decision {
            Decision::Try { target, .. } => {
                prop_assert!(
                    target < targets && permitted(&parts, allowed, target, &targets_now),
                    "{}",
                    target
                );
                let tried_before = |t: usize| attempts.iter().any(|tried| tried.target == t);
                let down = |t: usize| router.down_until(t) > *now;
                match parts.memory.first() {
                    Some(Rule::Cooldown(_)) => prop_assert!(!down(target), "tries a target that cools down"),
                    Some(Rule::Demotion(_)) if tried_before(target) => {}
                    Some(Rule::Demotion(_)) => prop_assert!(
                        !down(target)
                            || (0..targets).all(|t| down(t)
                                || tried_before(t)
                                || !permitted(&parts, allowed, t, &targets_now))
                    ),
                    _ => {}
                }
                let moment = moments.next().unwrap();
                *now += moment.takes;
                if let Some((elsewhere, answer)) = moment.elsewhere {
                    let target = elsewhere % targets;
                    router.observe(&Seen::new(*now, target, answer, *now));
                }
                router.observe(&Seen::new(*now, target, moment.answer, *now - moment.takes));
                if moment.answer.is_ok() {
                    return Ok(decisions);
                }
                attempts.push(Tried { target, answer: Some(moment.answer), at: *now });
                targets_now = views(&moment.prices, targets);
                prop_assert!(attempts.len() <= most, "more than {} attempts", most);
                let mut different: Vec<_> = attempts.iter().map(|tried| tried.target).collect();
                different.sort_unstable();
                different.dedup();
                prop_assert!(different.len() <= parts.most_targets as usize);
            }
            Decision::Wait { until } => {
                prop_assert!(until > *now && !waited);
                prop_assert!(until <= now.saturating_add(longest_wait(&parts.retry.backoff)));
                if until > Time::from_nanos(u64::MAX / 2) {
                    return Ok(decisions); // Nobody waits for centuries.
                }
                *now = until;
            }
            Decision::GiveUp(answer) => {
                prop_assert!(!answer.is_ok());
                return Ok(decisions);
            }
        }
    }
}

fn play(parts: Parts, story: &Story) -> Result<Vec<Vec<Decision>>, TestCaseError> {
    let (mut router, mut now) = (Composed::new(parts), Time::ZERO);
    story
        .iter()
        .zip(1..)
        .map(|((gap, moments), number)| {
            now += *gap;
            request(&mut router, number, &mut now, moments)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_500) })]

    #[test]
    fn every_composition_keeps_the_rules(router in router(), story in story()) {
        let once = play(router.clone(), &story)?;
        let twice = play(router, &story)?;
        prop_assert_eq!(once, twice, "the same story, other decisions");
    }
}

#[test]
fn a_residency_that_leaves_nothing_is_refused_without_an_attempt_and_one_that_leaves_less_guards() {
    let targets = views(&[1, 1, 1], 3);
    let next = |router: &mut Composed, allowed| {
        let note = Cell::new(0);
        router.next(&Call { allowed, ..Call::new(Time::ZERO, 1, &[], noise(), &note) }, &targets)
    };
    let mut fallback = ordered_fallback(3, 2, Backoff::NONE, None);
    let refused = |status| Decision::GiveUp(Answer::failed(Status(status)));
    assert_eq!(next(&mut fallback, 0), refused(403));
    assert_eq!(next(&mut fallback, 0b100), Decision::Try { target: 2, reason: Reason::Guarded });
    assert_eq!(next(&mut fallback, 0b101), Decision::Try { target: 0, reason: Reason::Choice });
    let demotion = Demotion { window: Span::from_secs(30), failures: 3, share: 0.5 };
    let mut grid = openrouter_legacy(3, &OpenRouterFields::default(), demotion);
    assert_eq!(next(&mut grid, 0), refused(404));
    for request in 0b001..=0b111_u64 {
        let Decision::Try { target, .. } = next(&mut grid, request) else { panic!("there is a target") };
        assert_eq!(request >> target & 1, 1);
    }
}

#[test]
fn what_keeps_a_target_from_a_request_is_told_by_its_own_name() {
    use sandbox_routers::Pick;
    use sandbox_routers::selection::UsageBased;

    let rpm = vec![Some(2), Some(2)];
    let pick = Pick::UsageBased(UsageBased { rpm, tpm: Vec::new() });
    let mut router = Composed::new(Parts { pick, ..Parts::plain(2) });
    let targets = views(&[1, 1], 2);
    // Each takes one of its two a minute, and the second is never used.
    for number in 0..2 {
        let note = Cell::new(0);
        router.next(&Call::new(Time::ZERO, number, &[], noise(), &note), &targets);
    }
    let note = Cell::new(0);
    let told = router.exclusions(&Call::new(Time::ZERO, 2, &[], noise(), &note), &targets);
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|exclusion| exclusion.rule == "its limit for this minute"), "{told:?}");
}
