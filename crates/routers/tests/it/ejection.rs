//! Envoy's ejections against its rules, worked out anew from the whole history at every step; and its priority loads.

use proptest::prelude::*;
use sandbox_core::{Seed, Span, Time};
use sandbox_model::{Answer, Status};
use sandbox_routers::parts::{At, Concurrent, Retry, RetryRule, When};
use sandbox_routers::selection::priorities::{Hosts, Load, health, loads};
use sandbox_routers::{
    Backoff, Call, Composed, Decision, Ejection, Memory, Parts, Rule, Seen, Statuses, Strategy as _,
    TargetView, Tried,
};

use crate::answers::answer;

/// When, who, how it went.
type History = Vec<(Time, usize, Answer)>;

/// An ejection: of whom, from when, up to which sweep.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Out {
    host: usize,
    from: Time,
    until: Time,
}

/// All that has happened up to some moment, with nothing kept but what happened.
struct Past<'a> {
    rule: &'a Ejection,
    hosts: usize,
    history: &'a [(Time, usize, Answer)],
    outs: Vec<Out>,
    /// Places in the history at which a number of failures in a row was reached, by host and kind.
    reached: Vec<(usize, usize, Kind)>,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Kind {
    Any,
    Gateway,
}

fn is(kind: Kind, answer: Answer) -> bool {
    let status = match answer {
        Answer::Ok => 200,
        Answer::Cut => 502,
        Answer::TimedOut => 504,
        Answer::Failed { status: Status(status), .. } => status,
    };
    match kind {
        Kind::Any => status / 100 == 5,
        Kind::Gateway => [502, 503, 504].contains(&status),
    }
}

impl Past<'_> {
    fn is_out(&self, host: usize, now: Time) -> bool {
        self.outs.iter().any(|out| out.host == host && out.from <= now && now < out.until)
    }

    /// Failures in a row of a host, the one at `place` included.
    fn in_a_row(&self, host: usize, place: usize, kind: Kind) -> u32 {
        let (now, ..) = self.history[place];
        let back =
            self.outs.iter().filter(|out| out.host == host && out.until <= now).map(|out| out.until).max();
        let mut row = 0;
        for earlier in (0..=place).rev() {
            let (at, whose, answer) = self.history[earlier];
            if whose != host {
                continue;
            }
            let fresh = back.is_none_or(|back| at >= back);
            if !fresh || !is(kind, answer) || earlier < place && self.reached.contains(&(host, earlier, kind))
            {
                break;
            }
            row += 1;
        }
        row
    }

    /// How many times the base time the next ejection of a host would last, worked out from all before.
    fn multiplier(&self, host: usize, now: Time) -> u64 {
        let (base, longest) = (self.rule.base_ejection_time, self.rule.max_ejection_time);
        let every = self.rule.interval.as_nanos();
        let mut outs: Vec<Out> = self.outs.iter().copied().filter(|out| out.host == host).collect();
        outs.push(Out { host, from: now, until: now });
        let mut times = 0_u64;
        let mut back: Option<Time> = None;
        for out in outs {
            if let Some(back) = back {
                // A sweep at which the host gets ejected finds it ejected in the end.
                let sweeps = back.as_nanos() / every + 1..;
                let healthy =
                    sweeps.map(|n| Time::from_nanos(n * every)).take_while(|&sweep| sweep <= out.from);
                let by_sweep = out.from.as_nanos().is_multiple_of(every);
                let fall = healthy.filter(|&sweep| sweep < out.from || !by_sweep).count() as u64;
                // A result at the very time of a sweep comes after it.
                let fall = fall + u64::from(by_sweep && out.from > back && !self.ejected_by_sweep(&out));
                times = times.saturating_sub(fall);
            }
            if base * times < longest.saturating_add(base) {
                times += 1;
            }
            back = Some(out.until);
        }
        times
    }

    /// Whether an ejection came from a sweep and not from a result at the same time.
    fn ejected_by_sweep(&self, out: &Out) -> bool {
        !self.reached.iter().any(|&(host, place, _)| host == out.host && self.history[place].0 == out.from)
    }

    fn eject(&mut self, host: usize, now: Time) {
        let out = (0..self.hosts).filter(|&host| self.is_out(host, now)).count();
        let share = 100.0 * (out as f64 + 1.0) / self.hosts as f64;
        let room = share <= f64::from(self.rule.max_ejection_percent);
        if self.is_out(host, now) || !(room || self.rule.always_eject_one_host && out == 0) {
            return;
        }
        let length =
            (self.rule.base_ejection_time * self.multiplier(host, now)).min(self.rule.max_ejection_time);
        let mut until = Time::ZERO;
        while until < now + length {
            until = until.saturating_add(self.rule.interval);
        }
        self.outs.push(Out { host, from: now, until });
    }

    fn sweep(&mut self, now: Time) {
        let since =
            now.since(Time::ZERO).checked_sub(self.rule.interval).expect("a sweep has an interval before");
        let count = |host: usize, only_passed: bool| {
            let recent = self.history.iter().filter(|&&(at, whose, answer)| {
                let when = at >= Time::ZERO + since && at < now;
                whose == host && when && !(only_passed && is(Kind::Any, answer))
            });
            recent.count() as f64
        };
        let rates: Vec<(usize, f64, f64)> = (0..self.hosts)
            .filter(|&host| !self.is_out(host, now) && count(host, false) > 0.0)
            .map(|host| (host, count(host, false), 100.0 * count(host, true) / count(host, false)))
            .collect();
        let mut found = Vec::new();
        let volume = f64::from(self.rule.success_rate_request_volume);
        let valid: Vec<(usize, f64, f64)> = rates.iter().copied().filter(|&(_, n, _)| n >= volume).collect();
        let enough = valid.len() as u32 >= self.rule.success_rate_minimum_hosts;
        if self.rule.enforcing_success_rate == 100 && enough && !valid.is_empty() {
            let n = valid.len() as f64;
            let mean = valid.iter().map(|&(.., rate)| rate).sum::<f64>() / n;
            let variance = valid.iter().map(|&(.., rate)| (rate - mean) * (rate - mean)).sum::<f64>() / n;
            let factor = f64::from(self.rule.success_rate_stdev_factor) / 1000.0;
            let low = valid.iter().filter(|&&(.., rate)| rate < mean - factor * variance.sqrt());
            found.extend(low.map(|&(host, ..)| host));
        }
        let volume = f64::from(self.rule.failure_percentage_request_volume);
        let valid: Vec<(usize, f64, f64)> = rates.iter().copied().filter(|&(_, n, _)| n >= volume).collect();
        if self.rule.enforcing_failure_percentage == 100
            && valid.len() as u32 >= self.rule.failure_percentage_minimum_hosts
        {
            let most = f64::from(self.rule.failure_percentage_threshold);
            // Counts are small whole numbers: this is exact enough to tell every share from the threshold.
            let high = valid.iter().filter(|&&(.., rate)| 100.0 - rate >= most - 1e-9);
            found.extend(high.map(|&(host, ..)| host));
        }
        for host in found {
            self.eject(host, now);
        }
    }

    fn result(&mut self, place: usize) {
        let (now, host, _) = self.history[place];
        for (kind, most, enforcing) in [
            (
                Kind::Gateway,
                self.rule.consecutive_gateway_failure,
                self.rule.enforcing_consecutive_gateway_failure,
            ),
            (Kind::Any, self.rule.consecutive_5xx, self.rule.enforcing_consecutive_5xx),
        ] {
            let row = self.in_a_row(host, place, kind);
            if row > 0 && row == most && !self.is_out(host, now) {
                self.reached.push((host, place, kind));
                if enforcing == 100 {
                    self.eject(host, now);
                }
            }
        }
    }
}

/// Every ejection of a history, from its beginning.
fn outs(rule: &Ejection, hosts: usize, history: &[(Time, usize, Answer)]) -> Vec<Out> {
    let mut past = Past { rule, hosts, history, outs: Vec::new(), reached: Vec::new() };
    let mut sweep = Time::ZERO + rule.interval;
    for (place, &(now, ..)) in history.iter().enumerate() {
        while sweep <= now {
            past.sweep(sweep);
            sweep = sweep.saturating_add(rule.interval);
        }
        past.result(place);
    }
    past.outs
}

fn rule() -> impl Strategy<Value = Ejection> {
    let counts = (0_u32..4, 0_u32..4, 1_u64..12, 1_u64..30, 0_u64..60);
    let shares = (prop_oneof![Just(10_u32), Just(34), Just(50), Just(67), Just(100)], any::<bool>());
    let rates = (1_u32..4, 1_u32..5, 0_u32..2_000, 1_u32..4, 1_u32..5, 0_u32..=100);
    let on = || prop_oneof![Just(0_u32), Just(100)];
    let enforcing = (prop_oneof![1 => Just(0_u32), 4 => Just(100)], on(), on(), on());
    (counts, shares, rates, enforcing).prop_map(|(counts, shares, rates, enforcing)| Ejection {
        consecutive_5xx: counts.0,
        consecutive_gateway_failure: counts.1,
        interval: Span::from_secs(counts.2),
        base_ejection_time: Span::from_secs(counts.3),
        max_ejection_time: Span::from_secs(counts.3 + counts.4),
        max_ejection_percent: shares.0,
        always_eject_one_host: shares.1,
        success_rate_minimum_hosts: rates.0,
        success_rate_request_volume: rates.1,
        success_rate_stdev_factor: rates.2,
        failure_percentage_minimum_hosts: rates.3,
        failure_percentage_request_volume: rates.4,
        failure_percentage_threshold: rates.5,
        enforcing_consecutive_5xx: enforcing.0,
        enforcing_consecutive_gateway_failure: enforcing.1,
        enforcing_success_rate: enforcing.2,
        enforcing_failure_percentage: enforcing.3,
    })
}

fn history(hosts: usize) -> impl Strategy<Value = History> {
    let gap = prop_oneof![
        // Whole seconds often, so that sweeps and ends are met exactly.
        4 => (0_u64..4).prop_map(Span::from_secs),
        2 => (0_u64..3_000_000_000).prop_map(Span::from_nanos),
        1 => (0_u64..60).prop_map(Span::from_secs),
    ];
    let fails = Just(Answer::failed(Status(503)));
    let step = (gap, 0..hosts, prop_oneof![1 => answer(), 1 => fails]);
    proptest::collection::vec(step, 1..100).prop_map(|steps| {
        let mut now = Time::ZERO;
        let at = |(gap, host, answer)| {
            now = now.saturating_add(gap);
            (now, host, answer)
        };
        steps.into_iter().map(at).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn ejections_follow_the_rules_over_whole_histories(
        rule in rule(), (hosts, history) in (1_usize..6).prop_flat_map(|n| (Just(n), history(n)))
    ) {
        let mut memory = Memory::new(Rule::Ejection(rule), hosts);
        for (place, &(now, host, answer)) in history.iter().enumerate() {
            memory.advance(now);
            memory.observe(&Seen::new(now, host, answer, now), true, false);
            let expected = outs(&rule, hosts, &history[..=place]);
            for host in 0..hosts {
                let out = expected.iter().any(|out| out.host == host && now < out.until);
                prop_assert_eq!(memory.keeps_out(host, now), out, "host {} at {:?}: {:?}", host, now, expected);
                if out {
                    let until = expected.iter().filter(|out| out.host == host).map(|out| out.until).max();
                    prop_assert_eq!(Some(memory.down_until(host)), until);
                }
            }
        }
    }

    /// The documented formula, in fractions: a level takes its health of what is left, scaled, and rounded down,
    /// and what is left goes by the largest remainder.
    #[test]
    fn loads_follow_the_formula(
        levels in proptest::collection::vec((0_u32..=12, 0_u32..=12), 1..6), over in 100_u32..200, panic in 0_u32..=100
    ) {
        let hosts: Vec<Hosts> =
            levels.iter().map(|&(a, b)| Hosts { all: a.max(b), healthy: a.min(b) }).collect();
        let mut got = vec![Load::default(); hosts.len()];
        loads(&hosts, over, panic, 0, &mut got);
        // Health in whole percent, by trying every number.
        let of = |h: &Hosts| (0..=100_u32).rev().find(|p| h.all > 0 && p * h.all <= over * h.healthy).unwrap_or(0);
        let healths: Vec<u32> = hosts.iter().map(of).collect();
        let sum: u32 = healths.iter().sum();
        let short = sum < 100;
        let panics = |h: &Hosts| {
            let share = if h.all == 0 { 0.0 } else { f64::from(100 * h.healthy) / f64::from(h.all) };
            short && share < f64::from(panic)
        };
        let mut left = 100;
        let mut shares = vec![0; hosts.len()];
        let whole = sum.min(100);
        for (share, health) in shares.iter_mut().zip(&healths) {
            *share = (0..=left).rev().find(|p| p * whole <= 100 * health).unwrap_or(0);
            *share = if whole == 0 { 0 } else { *share };
            left -= *share;
        }
        if whole == 0 {
            // All dead: the first level that panics.
            left = 0;
            if let Some(first) = hosts.iter().position(|h| h.all > 0 && panics(h)) {
                shares[first] = 100;
            }
        }
        // The largest remainders, of equals the first.
        let mut order: Vec<usize> = (0..hosts.len()).collect();
        order.sort_by_key(|&level| std::cmp::Reverse((100 * healths[level]).checked_rem(whole)));
        order.iter().take(left as usize).for_each(|&level| shares[level] += 1);
        for (level, load) in got.iter().enumerate() {
            prop_assert_eq!(load.percent, shares[level], "level {} of {:?}", level, hosts);
            prop_assert_eq!(load.panics, hosts[level].all > 0 && panics(&hosts[level]));
        }
        let given: u32 = got.iter().map(|load| load.percent).sum();
        prop_assert!(given == 100 || given == 0 && whole == 0);
    }
}

/// The tables of Envoy's docs (priority levels, panic threshold).
#[test]
fn loads_of_the_documented_tables() {
    for (healthy, expected) in [
        (vec![100, 100], vec![100, 0]),
        (vec![72, 72], vec![100, 0]),
        (vec![71, 71], vec![99, 1]),
        (vec![72, 0], vec![100, 0]),
        (vec![50, 50], vec![70, 30]),
        (vec![50, 60], vec![70, 30]),
        (vec![25, 100], vec![35, 65]),
        (vec![25, 25], vec![50, 50]),
        (vec![0, 100], vec![0, 100]),
        (vec![5, 65], vec![7, 93]),
        (vec![100, 100, 100], vec![100, 0, 0]),
        (vec![72, 72, 100], vec![100, 0, 0]),
        (vec![71, 71, 100], vec![99, 1, 0]),
        (vec![50, 50, 100], vec![70, 30, 0]),
        (vec![25, 100, 100], vec![35, 65, 0]),
        (vec![25, 25, 100], vec![35, 35, 30]),
        (vec![25, 25, 20], vec![36, 36, 28]),
        (vec![0, 0], vec![0, 0]),
    ] {
        let hosts: Vec<Hosts> = healthy.iter().map(|&healthy| Hosts { all: 100, healthy }).collect();
        let mut got = vec![Load::default(); hosts.len()];
        loads(&hosts, 140, 0, 0, &mut got);
        assert_eq!(got.iter().map(|load| load.percent).collect::<Vec<_>>(), expected, "{healthy:?}");
    }
    assert_eq!(health(Hosts { all: 7, healthy: 5 }, 140), 100);
}

/// 20 % of the active requests may be retries at once, three in any case.
#[test]
fn a_retry_budget_is_a_share_of_the_active_requests() {
    for (in_flight, retries, granted) in [
        (50, 9, true),
        (50, 10, false),
        // 21.8 % of the 55 that are active would be 11.
        (54, 10, true),
        (53, 10, false),
        (2, 2, true),
        (2, 3, false),
    ] {
        let retry = Retry {
            retries: 1,
            rules: vec![RetryRule {
                on: Statuses::of(&["5xx"]),
                when: When::Always,
                at: At::Any,
                waits: When::Always,
            }],
            backoff: Backoff::NONE,
            concurrent: Some(Concurrent { least: 3, share: 0.2 }),
            ..Retry::default()
        };
        let mut router = Composed::new(Parts { retry, ..Parts::plain(1) });
        let note = std::cell::Cell::new(0);
        let views = [TargetView { in_flight, retries, ..TargetView::default() }];
        let noise = Seed::new(1).noise("router");
        let first = router.next(&Call::new(Time::ZERO, 1, &[], noise, &note), &views);
        assert!(matches!(first, Decision::Try { .. }));
        let tried = [Tried { target: 0, answer: Some(Answer::failed(Status(503))), at: Time::ZERO }];
        let then = router.next(&Call::new(Time::ZERO, 1, &tried, noise, &note), &views);
        assert_eq!(matches!(then, Decision::Try { .. }), granted, "{in_flight} in flight, {retries} retries");
    }
}
