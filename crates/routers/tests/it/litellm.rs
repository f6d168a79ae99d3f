//! When LiteLLM 1.109.1 cools a deployment down: the rules of `cooldown_handlers.py`, worked out anew from the whole
//! history at every step.

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Status};
use sandbox_routers::preset::LiteLlm;
use sandbox_routers::preset::litellm::{AllowedFails, Deployment, Group, LiteLlmTimeouts, Routing};
use sandbox_routers::{Composed, Seen, Statuses, Strategy as _};

use crate::answers::answer;
use crate::stage::parts;

/// Target 0 is alone and has a fallback, 1 is that fallback, alone and without one, 2 and 3 share a group.
const TARGETS: usize = 4;

fn preset(
    allowed_fails: Option<u32>,
    policy: &[(u16, u32)],
    cooldown_time: Span,
    disable_cooldowns: bool,
) -> LiteLlm {
    let deployment = |target: usize| Deployment {
        target: target.to_string(),
        weight: None,
        rpm: None,
        tpm: None,
        order: None,
    };
    let group = |name: &str, targets: &[usize], fallbacks: &[&str]| Group {
        name: name.to_owned(),
        deployments: targets.iter().copied().map(deployment).collect(),
        fallbacks: fallbacks.iter().map(|&name| name.to_owned()).collect(),
    };
    LiteLlm {
        groups: vec![
            group("lone", &[0], &["last", "pair"]),
            group("last", &[1], &[]),
            group("pair", &[2, 3], &[]),
        ],
        default_fallbacks: Vec::new(),
        routing: Routing::SimpleShuffle,
        num_retries: 2,
        retry_after: Span::ZERO,
        retry_policy: Vec::new(),
        allowed_fails,
        allowed_fails_policy: policy
            .iter()
            .map(|&(status, fails)| AllowedFails { on: Statuses::of(&[&status.to_string()]), fails })
            .collect(),
        cooldown_time,
        disable_cooldowns,
        max_fallbacks: 5,
        enable_weighted_failover: false,
        timeouts: LiteLlmTimeouts::default(),
    }
}

/// One result: when, of whom, what, and whether the caller's own deadline caused it.
type Event = (Time, usize, Answer, bool);

fn history() -> impl Strategy<Value = Vec<Event>> {
    let gap = prop_oneof![3 => 0_u64..500, 3 => 0_u64..8_000, 1 => 0_u64..70_000, 1 => Just(5_000), 1 => Just(60_000)];
    let times = prop_oneof![30 => Just(1_usize), 4 => 2_usize..6, 1 => 980_usize..1_010];
    let step = (gap, 0..TARGETS, answer(), proptest::bool::weighted(0.1), times);
    prop::collection::vec(step, 1..40).prop_map(|steps| {
        let mut now = Time::ZERO;
        let mut history = Vec::new();
        for (gap, target, answer, by_caller, times) in steps {
            now += Span::from_millis(gap);
            let by_caller = by_caller && answer == Answer::TimedOut;
            history.extend(std::iter::repeat_n((now, target, answer, by_caller), times));
        }
        history
    })
}

/// How many of these times are in the window that is open at the last of all: a window opens with the first time that
/// no window before it holds.
fn in_window(times: &[Time], window: Span, now: Time) -> u32 {
    let mut open: Option<(Time, u32)> = None;
    for &at in times {
        open = match open {
            Some((first, count)) if at.since(first) < window => Some((first, count + 1)),
            _ => Some((at, 1)),
        };
    }
    open.filter(|&(first, _)| now.since(first) < window).map_or(0, |(_, count)| count)
}

/// Whether the last event of a history of one target would cool it, were it not cooling already.
fn cools(preset: &LiteLlm, policy: &[(u16, u32)], target: usize, history: &[Event]) -> bool {
    let &(now, _, answer, by_caller) = history.last().expect("there is one");
    let several = target >= 2;
    let status = answer.status().0;
    let of_policy =
        |status: u16| policy.iter().find(|&&(listed, _)| listed == status).map(|&(_, fails)| fails);
    let can_cool = |status: u16| [429, 401, 402, 404, 408].contains(&status) || (500..600).contains(&status);
    if answer.is_ok() || by_caller || preset.disable_cooldowns {
        return false;
    }
    // What never cools is not made to by a router's policy, and a cooldown of no length is none.
    let no_length = |answer: Answer| answer.retry_after().unwrap_or(preset.cooldown_time).is_zero();
    if !can_cool(status) || no_length(answer) {
        return false;
    }
    if status == 402 && !several && of_policy(status).is_none() {
        return false;
    }
    if preset.allowed_fails.is_some() || !policy.is_empty() {
        let counts = |status: u16| {
            let exempt = target == 1 || status == 402 && !several;
            can_cool(status) && (of_policy(status).is_some() || !exempt)
        };
        if !counts(status) {
            return false;
        }
        let counted: Vec<Time> = history
            .iter()
            .filter(|(_, _, answer, by_caller)| !answer.is_ok() && !by_caller && counts(answer.status().0))
            .filter(|&&(_, _, answer, _)| !no_length(answer))
            .map(|&(at, ..)| at)
            .collect();
        let ttl = if preset.cooldown_time.is_zero() { Span::from_secs(5) } else { preset.cooldown_time };
        let allowed = of_policy(status).unwrap_or(preset.allowed_fails.unwrap_or(3));
        return in_window(&counted, ttl, now) > allowed;
    }
    let times = |ok: bool| -> Vec<Time> {
        let of = history.iter().filter(|(_, _, answer, by_caller)| answer.is_ok() == ok && !by_caller);
        of.map(|&(at, ..)| at).collect()
    };
    let minute = Span::from_secs(60);
    let passed = in_window(&times(true), minute, now);
    let failed = in_window(&times(false), minute, now);
    // In their order, of which the first that holds decides; as all of them decide the same, any may.
    let limited = several && status == 429;
    let all_of_a_thousand = passed == 0 && failed >= 1_000;
    let most_of_five = several && passed + failed >= 5 && failed > passed;
    let not_for_retries = status == 401 || status == 404 || several && status == 402;
    limited || all_of_a_thousand || most_of_five || not_for_retries
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn cooldowns_agree_with_the_rules_applied_to_the_whole_history(
        allowed_fails in prop::option::weighted(0.3, 0_u32..5),
        policy in prop_oneof![
            3 => Just(Vec::new()),
            1 => prop::collection::vec((prop::sample::select(&[400_u16, 402, 429, 500][..]), 0_u32..4), 1..3),
        ],
        cooldown_time in prop_oneof![4 => Just(5_000_u64), 1 => Just(0), 2 => 1_u64..90_000],
        disable_cooldowns in proptest::bool::weighted(0.05),
        history in history(),
    ) {
        let cooldown_time = Span::from_millis(cooldown_time);
        let preset = preset(allowed_fails, &policy, cooldown_time, disable_cooldowns);
        let mut router = Composed::new(parts(&preset));
        let mut of: [Vec<Event>; TARGETS] = Default::default();
        let mut until = [Time::ZERO; TARGETS];
        for &event in &history {
            let (now, target, answer, by_caller) = event;
            router.observe(&Seen { by_caller, ..Seen::new(now, target, answer, now) });
            of[target].push(event);
            if until[target] <= now && cools(&preset, &policy, target, &of[target]) {
                // Deployment's own time, then the response's Retry-After however long, then the router's.
                until[target] = now + answer.retry_after().unwrap_or(cooldown_time);
            }
            for (t, &until) in until.iter().enumerate() {
                let down = router.down_until(t);
                prop_assert_eq!(down > now, until > now, "target {} at {:?} after {:?}", t, now, &event);
                if until > now {
                    prop_assert_eq!(down, until);
                }
            }
        }
    }
}

/// The same history cools or not by whose patience ended: the statuses are alike.
#[test]
fn a_timeout_that_the_caller_caused_says_nothing() {
    for (by_caller, cooled) in [(false, true), (true, false)] {
        let mut router = Composed::new(parts(&preset(Some(0), &[], Span::from_secs(5), false)));
        router.observe(&Seen { by_caller, ..Seen::new(Time::ZERO, 2, Answer::TimedOut, Time::ZERO) });
        assert_eq!(router.down_until(2) > Time::ZERO, cooled);
    }
    assert_eq!(Answer::TimedOut.status(), Status::TIMEOUT);
}
