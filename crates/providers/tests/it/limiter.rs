//! `Limiter` against levels that are worked out anew from the whole history at every question.
//!
//! With R(s, t) come back between s and t if nothing were full, A(s, t) taken in between less what was given back, and
//! C(s) the bucket's size at s, the level of a leaky bucket is the least of `C(0) + R(0, t) - A(0, t)` and, over all
//! instants s up to t, `C(s) + R(s, t) - A(s, t)` (the reflection formula). Between two events C is constant and R(s, t)
//! only falls with s, so the ends of those intervals are enough. That holds for levels below zero and for what comes
//! back in windows. All in integers: units × nanoseconds of the period × millionths.

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_model::LimitKind;
use sandbox_providers::{Ask, Charge, LimitSpec, Limiter, Refill, Refusal, Used};

const MINUTE: i128 = 60_000_000_000;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;
const ONE: i128 = 1_000_000;

#[derive(Copy, Clone, Debug)]
enum Past {
    /// Given back, if negative.
    Took(i128),
    Scaled(i128),
}

#[derive(Copy, Clone, PartialEq, Debug)]
enum Back {
    Steadily,
    InWindows,
    ByCalendar(i128),
}

/// One allowance and all that ever happened to it.
#[derive(Clone, Debug)]
struct History {
    key: &'static str,
    limit: i128,
    period: i128,
    hold: i128,
    back: Back,
    events: Vec<(i128, Past)>,
}

impl History {
    fn size(&self, scale: i128) -> i128 {
        self.limit * self.hold * if matches!(self.back, Back::ByCalendar(_)) { ONE } else { scale }
    }

    /// What comes back after `from` and until `to` at this scale, if nothing is full.
    fn back_between(&self, from: i128, to: i128, scale: i128) -> i128 {
        let starts = |shift: i128| (to + shift) / self.hold - (from + shift) / self.hold;
        self.limit
            * match self.back {
                Back::Steadily => scale * (to - from),
                Back::InWindows => starts(0) * self.hold * scale,
                Back::ByCalendar(shift) => starts(shift) * self.hold * ONE,
            }
    }

    /// What may be taken at `now`, which is not before the last event.
    fn level(&self, now: i128) -> i128 {
        // From the present back to the start: what came back and was taken since.
        let (mut back, mut taken, mut until) = (0, 0, now);
        let present = scale_after(&self.events);
        let mut scale = present;
        let mut level = self.size(scale);
        for (index, &(at, past)) in self.events.iter().enumerate().rev() {
            back += self.back_between(at, until, scale);
            until = at;
            level = level.min(self.size(scale) + back - taken);
            match past {
                Past::Took(units) => taken += units * self.period * ONE,
                Past::Scaled(_) => scale = scale_after(&self.events[..index]),
            }
            level = level.min(self.size(scale) + back - taken);
        }
        back += self.back_between(0, until, scale);
        let level = level.min(self.size(ONE) + back - taken);
        let withheld = self.size(ONE) - self.limit * self.hold * present;
        if matches!(self.back, Back::ByCalendar(_)) { level - withheld } else { level }
    }

    /// Whether `units` fit now; `None` is any number of them, which is settled afterwards.
    fn fits(&self, now: i128, units: Option<i128>) -> bool {
        let scale = scale_after(&self.events);
        match units {
            None => self.limit * scale > 0 && self.level(now) > 0,
            Some(units) => {
                // A full bucket is enough for what is more than it holds, if it is not more than a period allows.
                let cost = units * self.period * ONE;
                units * ONE <= self.limit * scale
                    && self.level(now) >= cost.min(self.limit * self.hold * scale)
            }
        }
    }

    /// They would fit some time, as things are now.
    fn ever_fits(&self, units: Option<i128>) -> bool {
        let allowed = self.limit * scale_after(&self.events);
        allowed > 0 && units.is_none_or(|units| units * ONE <= allowed)
    }

    /// What was taken between any two takes fits the limit and what comes back in between, and by how much the last is
    /// more than a full bucket.
    fn no_window_holds_too_much(&self) -> Result<(), TestCaseError> {
        let takes: Vec<_> = (0..self.events.len())
            .filter_map(|index| match self.events[index] {
                (at, Past::Took(units)) => Some((at, units, scale_after(&self.events[..index]))),
                (_, Past::Scaled(_)) => None,
            })
            .collect();
        for (first, &(from, ..)) in takes.iter().enumerate() {
            let mut taken = 0;
            for &(to, units, scale) in takes[first..].iter() {
                taken += units;
                let beyond = (units * self.period * ONE - self.size(scale)).max(0);
                let most = self.size(ONE) + self.back_between(from, to, ONE) + beyond;
                prop_assert!(taken * self.period * ONE <= most, "{} {taken} in {} ns", self.key, to - from);
            }
        }
        Ok(())
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

/// The allowances of a specification, in the order in which they are checked.
fn histories(spec: &LimitSpec) -> Vec<History> {
    let few = |limit: Option<u32>| limit.map(u64::from);
    let hold = i128::from(spec.quantum.as_nanos());
    let back = match spec.refill {
        Refill::Continuous => Back::Steadily,
        Refill::Window => Back::InWindows,
    };
    let calendar = Back::ByCalendar(i128::from(spec.after_midnight.as_nanos()));
    let all = [
        ("rpm", few(spec.rpm), MINUTE, hold, back),
        ("rph", few(spec.rph), HOUR, HOUR, calendar),
        ("rpd", few(spec.rpd), DAY, DAY, calendar),
        ("tpm", spec.tpm, MINUTE, hold, back),
        ("tpd", spec.tpd, DAY, DAY, calendar),
        ("itpm", spec.itpm, MINUTE, hold, back),
        ("otpm", spec.otpm, MINUTE, hold, back),
    ];
    all.into_iter()
        .filter_map(|(key, limit, period, hold, back)| {
            let limit = i128::from(limit?);
            Some(History { key, limit, period, hold, back, events: Vec::new() })
        })
        .collect()
}

/// What a limit counts of a request.
fn counted(key: &str, prompt: u64, answer: u64) -> i128 {
    match key {
        "rpm" | "rph" | "rpd" => 1,
        "itpm" => i128::from(prompt),
        "otpm" => i128::from(answer),
        _ => i128::from(prompt) + i128::from(answer),
    }
}

fn is_of_requests(key: &str) -> bool {
    matches!(key, "rpm" | "rph" | "rpd")
}

#[derive(Copy, Clone, Debug)]
enum Step {
    Take(Ask),
    /// One of those in flight ends, with a share of its answer in thousandths; nothing at all is 0.
    Release(usize, u64),
    Scale(f64),
    Competing(f64),
}

fn ask() -> impl Strategy<Value = Ask> {
    (0_u64..600, 0_u64..400, 0_u64..400).prop_map(|(prompt, answer, more)| Ask {
        prompt,
        answer,
        most: answer + more,
    })
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let gap = prop_oneof![
        4 => Just(0_u64),
        10 => 0_u64..3_000_000_000,
        2 => 0_u64..150_000_000_000,
        1 => 0_u64..40_000_000_000_000,
    ];
    let step = prop_oneof![
        8 => ask().prop_map(Step::Take),
        4 => (any::<usize>(), 0_u64..=1_000).prop_map(|(which, share)| Step::Release(which, share)),
        1 => prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0].prop_map(Step::Scale),
        1 => (0.0..=1.0).prop_map(Step::Competing),
    ];
    proptest::collection::vec((gap, step), 1..80)
}

fn spec() -> impl Strategy<Value = LimitSpec> {
    use proptest::option::{of, weighted};
    let requests = (of(0_u32..40), weighted(0.3, 0_u32..100), weighted(0.3, 0_u32..100));
    let tokens = (
        of(0_u64..6_000),
        weighted(0.3, 0_u64..20_000),
        weighted(0.3, 0_u64..6_000),
        weighted(0.3, 0_u64..6_000),
    );
    let manner = (
        prop_oneof![Just(Refill::Continuous), Just(Refill::Window)],
        prop_oneof![2 => Just(60_000_000_000), 1 => Just(1_000_000_000), 1 => 1_u64..60_000_000_000],
        prop_oneof![Just(Charge::Actual), Just(Charge::Estimate), Just(Charge::Afterwards)],
    );
    let flight = (of(1_u32..6), prop_oneof![Just(0.0), 0.0..=1.0]);
    (requests, tokens, manner, flight, 0_u64..86_400).prop_map(
        |((rpm, rph, rpd), (tpm, tpd, itpm, otpm), (refill, quantum, charge), flight, after)| LimitSpec {
            rpm,
            rph,
            rpd,
            tpm,
            tpd,
            itpm,
            otpm,
            concurrency: flight.0,
            refill,
            quantum: Span::from_nanos(quantum),
            charge,
            narrows: flight.1,
            after_midnight: Span::from_secs(after),
        },
    )
}

/// The limiter's twin: histories instead of levels.
struct Slow {
    spec: LimitSpec,
    histories: Vec<History>,
    in_flight: Vec<Ask>,
    scale: i128,
    open: i128,
}

impl Slow {
    /// What a limit must have for a request; `None` is anything.
    fn wanted(&self, key: &str, ask: Ask) -> Option<i128> {
        match self.spec.charge {
            Charge::Afterwards if !is_of_requests(key) => None,
            Charge::Estimate => Some(counted(key, ask.prompt, ask.most)),
            _ => Some(counted(key, ask.prompt, ask.answer)),
        }
    }

    fn most_in_flight(&self) -> Option<i128> {
        let limit = i128::from(self.spec.concurrency?) * self.scale;
        let narrowed = limit * self.open / ONE / ONE;
        Some(if limit >= ONE { narrowed.max(1) } else { 0 })
    }

    /// An answer to a request is right: which limit, and how long.
    fn answered(&mut self, at: i128, ask: Ask, answer: Result<(), Refusal>) -> Result<(), TestCaseError> {
        let first = self.histories.iter().find(|h| !h.fits(at, self.wanted(h.key, ask)));
        let full = self.most_in_flight().is_some_and(|most| self.in_flight.len() as i128 >= most);
        match answer {
            Ok(()) => {
                prop_assert!(first.is_none() && !full, "let in past {first:?}");
                let charges: Vec<_> = self.histories.iter().map(|h| self.wanted(h.key, ask)).collect();
                for (history, charge) in self.histories.iter_mut().zip(charges) {
                    history.events.extend(charge.map(|units| (at, Past::Took(units))));
                }
                self.in_flight.push(ask);
            }
            Err(Refusal { limit: LimitKind::Concurrency, key, wait }) => {
                prop_assert!(first.is_none() && full && wait.is_none() && key == "concurrency");
            }
            Err(Refusal { limit, key, wait }) => {
                let history = first.expect("refused without a reason");
                let wanted = self.wanted(history.key, ask);
                prop_assert_eq!(key, history.key);
                prop_assert_eq!(limit == LimitKind::Requests, is_of_requests(key));
                prop_assert_eq!(wait.is_some(), history.ever_fits(wanted));
                if let Some(wait) = wait {
                    let then = at + i128::from(wait.as_nanos());
                    let right = history.fits(then, wanted) && !history.fits(then - 1, wanted);
                    prop_assert!(right, "{key} waits {wait}");
                }
            }
        }
        Ok(())
    }

    fn released(&mut self, at: i128, ask: Ask, used: Used) {
        for history in self.histories.iter_mut().filter(|h| !is_of_requests(h.key)) {
            let used = counted(history.key, used.prompt, used.answer);
            match self.spec.charge {
                Charge::Actual => {}
                Charge::Estimate => {
                    let asked = counted(history.key, ask.prompt, ask.most);
                    history.events.push((at, Past::Took(used - asked)));
                }
                Charge::Afterwards => history.events.push((at, Past::Took(used))),
            }
        }
    }
}

/// What a request has used when it ends after a share of its answer.
fn used(ask: Ask, thousandths: u64) -> Used {
    if thousandths == 0 {
        return Used::default();
    }
    Used { prompt: ask.prompt, answer: ask.answer * thousandths / 1_000 }
}

fn play(spec: LimitSpec, steps: &[(u64, Step)]) -> Result<(), TestCaseError> {
    let mut limiter = Limiter::new(spec);
    let mut slow = Slow { spec, histories: histories(&spec), in_flight: Vec::new(), scale: ONE, open: ONE };
    let mut now = Time::ZERO;
    for &(gap, step) in steps {
        now += Span::from_nanos(gap);
        let at = i128::from(now.as_nanos());
        match step {
            Step::Take(ask) => slow.answered(at, ask, limiter.take(now, ask))?,
            Step::Release(which, share) if !slow.in_flight.is_empty() => {
                let ask = slow.in_flight.swap_remove(which % slow.in_flight.len());
                limiter.release(now, ask, used(ask, share));
                slow.released(at, ask, used(ask, share));
            }
            Step::Release(..) => {}
            Step::Scale(share) => {
                limiter.set_scale(now, share);
                slow.scale = (share * ONE as f64) as i128;
                let scaled = (at, Past::Scaled(slow.scale));
                slow.histories.iter_mut().for_each(|history| history.events.push(scaled));
            }
            Step::Competing(load) => {
                limiter.set_competing(load);
                slow.open = ((1.0 - spec.narrows * load) * ONE as f64) as i128;
            }
        }
    }
    if spec.charge == Charge::Actual {
        slow.histories.iter().try_for_each(History::no_window_holds_too_much)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn every_answer_agrees_with_levels_worked_out_from_history(spec in spec(), steps in steps()) {
        play(spec, &steps)?;
    }

    /// Fixed windows: a request is refused if and only if its minute's total would pass the limit.
    #[test]
    fn fixed_windows_agree_with_the_totals_of_their_minutes(
        tpm in 0_u64..6_000,
        takes in proptest::collection::vec((0_u64..40_000_000_000, 0_u64..1_200), 1..80),
    ) {
        let limiter = Limiter::new(LimitSpec { tpm: Some(tpm), refill: Refill::Window, ..LimitSpec::default() });
        totals(limiter, tpm, MINUTE as u64, 0, &takes)?;
    }

    /// The same for days of UTC, wherever in a day the scenario starts.
    #[test]
    fn days_agree_with_their_totals(
        tpd in 0_u64..6_000,
        after in 0_u64..86_400,
        takes in proptest::collection::vec((0_u64..20_000_000_000_000, 0_u64..1_200), 1..80),
    ) {
        let after = Span::from_secs(after);
        let limiter =
            Limiter::new(LimitSpec { tpd: Some(tpd), after_midnight: after, ..LimitSpec::default() });
        totals(limiter, tpd, DAY as u64, after.as_nanos(), &takes)?;
    }

    /// Once all have ended, an estimate has charged what was used and no more: the day has exactly the rest.
    #[test]
    fn estimates_are_trued_up_to_what_was_used(
        requests in proptest::collection::vec((ask(), 0_u64..=1_000, any::<usize>()), 1..60),
    ) {
        const TPD: u64 = 100_000;
        let mut limiter =
            Limiter::new(LimitSpec { tpd: Some(TPD), charge: Charge::Estimate, ..LimitSpec::default() });
        let mut in_flight = Vec::new();
        let mut rest = TPD;
        let mut now = Time::ZERO;
        let end = |limiter: &mut Limiter, now, (ask, share), rest: &mut u64| {
            let used = used(ask, share);
            limiter.release(now, ask, used);
            *rest -= used.prompt + used.answer;
        };
        for (ask, share, which) in requests {
            now += Span::from_secs(60);
            prop_assert!(limiter.take(now, ask).is_ok());
            in_flight.push((ask, share));
            if which % 2 == 0 {
                let one = in_flight.swap_remove(which % in_flight.len());
                end(&mut limiter, now, one, &mut rest);
            }
        }
        for one in in_flight {
            end(&mut limiter, now, one, &mut rest);
        }
        prop_assert!(limiter.check(now, Ask::tokens(rest)).is_ok());
        prop_assert!(limiter.check(now, Ask::tokens(rest + 1)).is_err());
    }
}

/// Takes each, and holds the answers against the sums of windows of this length.
fn totals(
    mut limiter: Limiter,
    limit: u64,
    length: u64,
    shift: u64,
    takes: &[(u64, u64)],
) -> Result<(), TestCaseError> {
    let mut history: Vec<(u64, u64)> = Vec::new();
    let mut now = Time::ZERO;
    for &(gap, units) in takes {
        now += Span::from_nanos(gap);
        let window = (now.as_nanos() + shift) / length;
        let taken: u64 = history.iter().filter(|past| past.0 == window).map(|past| past.1).sum();
        let answer = limiter.take(now, Ask::tokens(units));
        prop_assert_eq!(answer.is_ok(), taken + units <= limit);
        match answer {
            Ok(()) => history.push((window, units)),
            Err(Refusal { limit: kind, wait, .. }) => {
                prop_assert_eq!(kind, LimitKind::Tokens);
                let next = Time::from_nanos((window + 1) * length - shift);
                prop_assert_eq!(wait, (units <= limit).then(|| next - now));
            }
        }
    }
    Ok(())
}
