//! `Limiter` against a level that is worked out anew from the whole history at every question.
//!
//! With R(s, t) refilled between s and t if nothing were full, A(s, t) taken in between, and C(s) the bucket's size
//! at s, the level of a leaky bucket is the least of `C(0) + R(0, t) - A(0, t)` and, over all instants s up to t,
//! `C(s) + R(s, t) - A(s, t)` (the reflection formula). Between two events C is constant and R(s, t) only falls with s,
//! so the ends of those intervals are enough. All in integers: units × nanoseconds of a minute × millionths.

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_model::LimitKind;
use sandbox_providers::{LimitSpec, Limiter, Refill, Refusal};

const MINUTE: i128 = 60_000_000_000;
const ONE: i128 = 1_000_000;

#[derive(Copy, Clone, Debug)]
enum Past {
    Took(i128),
    Scaled(i128),
}

/// One allowance and all that ever happened to it.
struct History {
    limit: i128,
    events: Vec<(i128, Past)>,
}

impl History {
    fn new(limit: u64) -> Self {
        Self { limit: i128::from(limit), events: Vec::new() }
    }

    /// The level at `now`, which is not before the last event.
    fn level(&self, now: i128) -> i128 {
        // From the present back to the start: what was refilled and taken since.
        let (mut refilled, mut taken, mut until) = (0, 0, now);
        let mut scale = scale_after(&self.events);
        let mut level = self.limit * MINUTE * scale;
        for (index, &(at, past)) in self.events.iter().enumerate().rev() {
            refilled += self.limit * scale * (until - at);
            until = at;
            level = level.min(self.limit * MINUTE * scale + refilled - taken);
            match past {
                Past::Took(units) => taken += units * MINUTE * ONE,
                Past::Scaled(_) => scale = scale_after(&self.events[..index]),
            }
            level = level.min(self.limit * MINUTE * scale + refilled - taken);
        }
        refilled += self.limit * scale * until;
        level.min(self.limit * MINUTE * ONE + refilled - taken)
    }

    fn has(&self, now: i128, units: i128) -> bool {
        self.level(now) >= units * MINUTE * ONE
    }

    /// The bucket could hold `units` at all as it is now.
    fn ever_has(&self, units: i128) -> bool {
        self.limit * scale_after(&self.events) >= units * ONE
    }
}

/// The share of the limit that holds after these events.
fn scale_after(events: &[(i128, Past)]) -> i128 {
    let last = events.iter().rev().find_map(|&(_, past)| match past {
        Past::Scaled(scale) => Some(scale),
        Past::Took(_) => None,
    });
    last.unwrap_or(ONE)
}

#[derive(Copy, Clone, Debug)]
enum Step {
    Take(u64),
    Release,
    Scale(f64),
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let gap = prop_oneof![
        2 => Just(0_u64),
        5 => 0_u64..3_000_000_000,
        1 => 0_u64..150_000_000_000,
    ];
    let step = prop_oneof![
        8 => (0_u64..1_200).prop_map(Step::Take),
        2 => Just(Step::Release),
        1 => prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0].prop_map(Step::Scale),
    ];
    proptest::collection::vec((gap, step), 1..80)
}

fn spec() -> impl Strategy<Value = LimitSpec> {
    use proptest::option::of;
    (of(0_u32..40), of(0_u64..6_000), of(1_u32..6)).prop_map(|(rpm, tpm, concurrency)| LimitSpec {
        rpm,
        tpm,
        concurrency,
        refill: Refill::Continuous,
    })
}

/// What was taken between any two takes fits the limit and what comes back in between.
fn no_window_holds_too_much(history: &History) -> Result<(), TestCaseError> {
    let takes: Vec<_> = history
        .events
        .iter()
        .filter_map(|&(at, past)| match past {
            Past::Took(units) => Some((at, units)),
            Past::Scaled(_) => None,
        })
        .collect();
    for (first, &(from, _)) in takes.iter().enumerate() {
        let mut taken = 0;
        for &(to, units) in &takes[first..] {
            taken += units;
            prop_assert!(
                taken * MINUTE <= history.limit * (MINUTE + to - from),
                "{} in {} ns",
                taken,
                to - from
            );
        }
    }
    Ok(())
}

/// A refusal names a limit that is reached, and the first nanosecond at which it would not be.
fn refusal_is_right(
    history: &History,
    now: i128,
    units: i128,
    wait: Option<Span>,
) -> Result<(), TestCaseError> {
    prop_assert!(!history.has(now, units));
    prop_assert_eq!(wait.is_some(), history.ever_has(units));
    if let Some(wait) = wait {
        let then = now + i128::from(wait.as_nanos());
        prop_assert!(history.has(then, units) && !history.has(then - 1, units), "waits {}", wait);
    }
    Ok(())
}

fn play(spec: LimitSpec, steps: &[(u64, Step)]) -> Result<(), TestCaseError> {
    let mut limiter = Limiter::new(spec);
    let mut requests = spec.rpm.map(|limit| History::new(u64::from(limit)));
    let mut tokens = spec.tpm.map(History::new);
    let (mut now, mut in_flight, mut scale) = (Time::ZERO, 0_u32, ONE);
    for &(gap, step) in steps {
        now += Span::from_nanos(gap);
        let at = i128::from(now.as_nanos());
        match step {
            Step::Take(units) => {
                let wanted = i128::from(units);
                let most = spec.concurrency.map(|limit| i128::from(limit) * scale / ONE);
                match limiter.take(now, units) {
                    Ok(()) => {
                        for (history, units) in [(&mut requests, 1), (&mut tokens, wanted)] {
                            if let Some(history) = history {
                                prop_assert!(history.has(at, units));
                                history.events.push((at, Past::Took(units)));
                            }
                        }
                        prop_assert!(most.is_none_or(|most| i128::from(in_flight) < most));
                        in_flight += 1;
                    }
                    Err(Refusal { limit: LimitKind::Requests, wait }) => {
                        refusal_is_right(requests.as_ref().unwrap(), at, 1, wait)?;
                    }
                    Err(Refusal { limit: LimitKind::Tokens, wait }) => {
                        prop_assert!(requests.as_ref().is_none_or(|history| history.has(at, 1)));
                        refusal_is_right(tokens.as_ref().unwrap(), at, wanted, wait)?;
                    }
                    Err(Refusal { limit: LimitKind::Concurrency, wait }) => {
                        prop_assert!(requests.as_ref().is_none_or(|history| history.has(at, 1)));
                        prop_assert!(tokens.as_ref().is_none_or(|history| history.has(at, wanted)));
                        prop_assert!(i128::from(in_flight) >= most.unwrap() && wait.is_none());
                    }
                }
            }
            Step::Release if in_flight > 0 => {
                limiter.release();
                in_flight -= 1;
            }
            Step::Release => {}
            Step::Scale(share) => {
                limiter.set_scale(now, share);
                scale = (share * ONE as f64) as i128;
                for history in [&mut requests, &mut tokens].into_iter().flatten() {
                    history.events.push((at, Past::Scaled(scale)));
                }
            }
        }
    }
    for history in [requests, tokens].iter().flatten() {
        no_window_holds_too_much(history)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn continuous_refill_agrees_with_a_level_worked_out_from_history(spec in spec(), steps in steps()) {
        play(spec, &steps)?;
    }

    /// Fixed windows: a request is refused if and only if its minute's total would pass the limit.
    #[test]
    fn fixed_windows_agree_with_the_totals_of_their_minutes(
        tpm in 0_u64..6_000,
        takes in proptest::collection::vec((0_u64..40_000_000_000, 0_u64..1_200), 1..80),
    ) {
        let mut limiter =
            Limiter::new(LimitSpec { tpm: Some(tpm), refill: Refill::Window, ..LimitSpec::default() });
        let mut history: Vec<(u64, u64)> = Vec::new();
        let mut now = Time::ZERO;
        for (gap, units) in takes {
            now += Span::from_nanos(gap);
            let minute = now.as_nanos() / MINUTE as u64;
            let taken: u64 = history.iter().filter(|past| past.0 == minute).map(|past| past.1).sum();
            let answer = limiter.take(now, units);
            prop_assert_eq!(answer.is_ok(), taken + units <= tpm);
            match answer {
                Ok(()) => history.push((minute, units)),
                Err(Refusal { limit, wait }) => {
                    prop_assert_eq!(limit, LimitKind::Tokens);
                    let next = Time::from_nanos((minute + 1) * MINUTE as u64);
                    prop_assert_eq!(wait, (units <= tpm).then(|| next - now));
                }
            }
        }
    }
}
