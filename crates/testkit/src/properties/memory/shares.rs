//! Rules that count over a window.

use sandbox_core::{Span, Time};
use sandbox_model::Status;
use sandbox_routers::memory::{Moves, against_target};
use sandbox_routers::{Breaker, Demotion, ErrorRatio, Fleet, Seen, Statuses};

use super::{Told, Window};

/// A circuit: closed, or open from some time on, half-open after it, until enough probes have passed.
#[derive(Clone, Default)]
struct Circuit {
    window: Window,
    /// Until when it is open, and how long that is; absent while it is closed.
    open: Option<(Time, Span)>,
    /// When it closed last.
    closed: Option<Time>,
    /// When probes began that have not ended.
    probes: Vec<Time>,
    passed: u32,
}

#[derive(Clone)]
pub(super) struct Circuits {
    rule: Breaker,
    targets: Vec<Circuit>,
}

impl Circuits {
    pub(super) fn new(rule: Breaker, targets: usize) -> Self {
        Self { rule, targets: vec![Circuit::default(); targets] }
    }
}

impl Circuit {
    fn opens(&mut self, now: Time, length: Span) {
        *self = Self { open: Some((now.saturating_add(length), length)), ..Self::default() };
    }
}

impl Told for Circuits {
    fn name(&self) -> &'static str {
        "circuit breaker"
    }

    fn asked(&mut self, target: usize, now: Time) {
        let circuit = &mut self.targets[target];
        if circuit.open.is_some_and(|(until, _)| until <= now) {
            circuit.probes.push(now);
        }
    }

    fn left(&mut self, target: usize, began: Time) {
        let probes = &mut self.targets[target].probes;
        if let Some(place) = probes.iter().position(|&probe| probe == began) {
            probes.remove(place);
        }
    }

    fn learnt(&mut self, seen: &Seen, _several: bool, _out: bool) {
        self.left(seen.target, seen.began);
        let (rule, circuit) = (&self.rule, &mut self.targets[seen.target]);
        let passed = seen.answer.is_ok();
        if !passed && !rule.counts.has(seen.answer.status()) {
            return;
        }
        match circuit.open {
            // It began before the circuit opened, or was half-open.
            Some((until, _)) if seen.began < until => {}
            Some((_, length)) if !passed => {
                let grown = Span::from_secs_f64_saturating(length.as_secs_f64() * rule.growth);
                circuit.opens(seen.now, grown.min(rule.length_max.max(rule.length)));
            }
            Some(_) => {
                circuit.passed += 1;
                if circuit.passed >= rule.successes {
                    *circuit = Circuit { closed: Some(seen.now), ..Circuit::default() };
                }
            }
            None if circuit.closed.is_some_and(|closed| seen.began < closed) => {}
            None => {
                circuit.window.add(rule.window, seen.now, u32::from(passed), u32::from(!passed));
                if passed {
                    return;
                }
                let (passes, failures) = circuit.window.counts(rule.window, seen.now);
                let share = f64::from(failures) >= rule.share * f64::from(failures + passes);
                if share && failures >= rule.failures {
                    circuit.opens(seen.now, rule.length);
                }
            }
        }
    }

    fn out_until(&self, target: usize) -> Time {
        self.targets[target].open.map_or(Time::ZERO, |(until, _)| until)
    }

    fn down_until(&self, target: usize) -> Time {
        self.targets[target].open.map_or(Time::ZERO, |_| Time::MAX)
    }

    fn full(&self, target: usize, now: Time) -> Option<u32> {
        let circuit = &self.targets[target];
        let half_open = circuit.open.is_some_and(|(until, _)| until <= now);
        (half_open && circuit.probes.len() >= self.rule.probes as usize).then_some(self.rule.probes)
    }

    fn may_refuse(&self, target: usize, now: Time, in_flight: u32) -> bool {
        let circuit = &self.targets[target];
        // What was sent before it opened may stand in a probe's place.
        let half_open = circuit.open.is_some();
        half_open && in_flight >= self.rule.probes
            || circuit.closed.is_some_and(|closed| now.since(closed) < self.rule.ramp)
    }
}

/// Results since the first of its kind, for a while; then from nought.
#[derive(Clone, Default)]
struct Tumbling {
    since: Time,
    count: u32,
}

impl Tumbling {
    fn count(&self, window: Span, now: Time) -> u32 {
        if self.count > 0 && now.since(self.since) < window { self.count } else { 0 }
    }

    fn add(&mut self, window: Span, now: Time) {
        let count = self.count(window, now);
        if count == 0 {
            self.since = now;
        }
        self.count = count + 1;
    }
}

#[derive(Clone, Default)]
struct Ratio {
    sliding: Window,
    passed: Tumbling,
    failed: Tumbling,
    until: Time,
    spared: bool,
}

/// Too large a share of failures in a window, when it is looked at, and the target is out.
#[derive(Clone)]
pub(super) struct Ratios {
    rule: ErrorRatio,
    looked: u64,
    targets: Vec<Ratio>,
}

impl Ratios {
    pub(super) fn new(rule: ErrorRatio, targets: usize) -> Self {
        Self { rule, looked: 0, targets: vec![Ratio::default(); targets] }
    }

    fn look(&mut self, target: usize, now: Time, asked: Option<Span>) {
        let (rule, ratio) = (&self.rule, &mut self.targets[target]);
        let (passed, failed) = match rule.moves {
            Moves::Sliding => ratio.sliding.counts(rule.window, now),
            Moves::Tumbling => (ratio.passed.count(rule.window, now), ratio.failed.count(rule.window, now)),
        };
        let all = passed + failed;
        let share = f64::from(failed) / f64::from(all.max(1));
        let bad =
            failed > 0 && all >= rule.at_least && (share > rule.above || (rule.above >= 1.0 && passed == 0));
        let length = if rule.retry_after { asked.or(rule.length) } else { rule.length };
        match (bad, length) {
            (false, _) if rule.length.is_none() => ratio.until = ratio.until.min(now),
            (true, length) if !ratio.spared && ratio.until <= now => {
                ratio.until = length.map_or(Time::MAX, |length| now.saturating_add(length));
            }
            _ => {}
        }
    }
}

impl Told for Ratios {
    fn name(&self) -> &'static str {
        "error ratio"
    }

    fn passes(&mut self, now: Time) {
        if self.rule.every == Span::ZERO {
            return;
        }
        let every = self.rule.every.as_nanos();
        while (self.looked + 1) * every <= now.as_nanos() {
            self.looked += 1;
            for target in 0..self.targets.len() {
                self.look(target, Time::from_nanos(self.looked * every), None);
            }
        }
    }

    fn learnt(&mut self, seen: &Seen, several: bool, out: bool) {
        let (rule, ratio) = (&self.rule, &mut self.targets[seen.target]);
        let failed = !seen.answer.is_ok() && rule.counts.has(seen.answer.status());
        let counts = seen.answer.is_ok() || failed || rule.of_all;
        if !counts {
            return;
        }
        ratio.spared = rule.spares_alone && !several;
        match rule.moves {
            Moves::Sliding => ratio.sliding.add(rule.window, seen.now, u32::from(!failed), u32::from(failed)),
            Moves::Tumbling if failed => ratio.failed.add(rule.window, seen.now),
            Moves::Tumbling => ratio.passed.add(rule.window, seen.now),
        }
        let tips = rule.tips.as_ref().is_none_or(|tips| tips.has(seen.answer.status()));
        if failed && tips && !out && rule.every == Span::ZERO {
            self.look(seen.target, seen.now, seen.answer.retry_after());
        }
    }

    fn out_until(&self, target: usize) -> Time {
        self.targets[target].until
    }
}

/// Enough failures in a window, and the target is last in line for as long.
#[derive(Clone)]
pub(super) struct Demoted {
    rule: Demotion,
    against: Statuses,
    targets: Vec<(Window, Time)>,
}

impl Demoted {
    pub(super) fn new(rule: Demotion, targets: usize) -> Self {
        Self { rule, against: against_target(), targets: vec![(Window::default(), Time::ZERO); targets] }
    }

    fn count(&mut self, target: usize, now: Time, passed: u32, failed: u32) {
        let (window, until) = &mut self.targets[target];
        if passed + failed == 0 {
            return;
        }
        window.add(self.rule.window, now, passed, failed);
        if failed == 0 {
            return;
        }
        let (passes, failures) = window.counts(self.rule.window, now);
        let share = f64::from(failures) >= self.rule.share * f64::from(failures + passes);
        if share && failures >= self.rule.failures {
            *until = now.saturating_add(self.rule.window);
        }
    }
}

impl Told for Demoted {
    fn name(&self) -> &'static str {
        "recent outage"
    }

    fn learnt(&mut self, seen: &Seen, _several: bool, _out: bool) {
        let (passed, status) = (seen.answer.is_ok(), seen.answer.status());
        // Rate limits are no outages.
        let failed = !passed && self.against.has(status) && status != Status::TOO_MANY_REQUESTS;
        self.count(seen.target, seen.now, u32::from(passed), u32::from(failed));
    }

    fn heard(&mut self, report: &Fleet) {
        self.count(report.target, report.now, report.passed, report.failed);
    }

    fn out_until(&self, _target: usize) -> Time {
        Time::ZERO
    }

    fn down_until(&self, target: usize) -> Time {
        self.targets[target].1
    }

    fn is_last(&self, target: usize, now: Time) -> bool {
        self.targets[target].1 > now
    }
}
