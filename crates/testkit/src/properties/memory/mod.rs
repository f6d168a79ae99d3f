//! What a router's rules say of its targets, told once more and slowly: from the results that the router was shown, by
//! the rules' documentation and not by their code.
//!
//! * [`counted`] – rules that count failures: cooldown, timed breaker, passive check
//! * [`shares`] – rules that count over a window: breaker, error ratio, demotion
//!
//! Ejections, uptimes and preferences are not told: where a router promises one of them, what depends on them is not
//! held against it.

mod counted;
mod shares;

use std::collections::VecDeque;

use dyn_clone::DynClone;
use sandbox_core::{Span, Time};
use sandbox_routers::{Fleet, Promises, Rule, Seen};

/// One rule, told for all targets of a router. Results come in order of time.
pub(super) trait Told: DynClone + Send {
    /// What it is called in a sentence.
    fn name(&self) -> &'static str;

    /// An attempt begins.
    fn asked(&mut self, target: usize, now: Time) {
        let _ = (target, now);
    }

    /// A result. `several`: the target's group has others. `out`: some rule had it out before.
    fn learnt(&mut self, seen: &Seen, several: bool, out: bool);

    /// An attempt ended without a result.
    fn left(&mut self, target: usize, began: Time) {
        let _ = (target, began);
    }

    /// Results of other customers.
    fn heard(&mut self, report: &Fleet) {
        let _ = report;
    }

    /// Time has come to this.
    fn passes(&mut self, now: Time) {
        let _ = now;
    }

    /// Until when nobody may ask a target, as things stand.
    fn out_until(&self, target: usize) -> Time;

    /// Until when it is believed down, be it out, half-open or last in line; [`Time::MAX`] if that is open.
    fn down_until(&self, target: usize) -> Time {
        self.out_until(target)
    }

    /// Whether it is last in line.
    fn is_last(&self, target: usize, now: Time) -> bool {
        let _ = (target, now);
        false
    }

    /// Whether the target has as many attempts as a half-open one may have, and how many that are.
    fn full(&self, target: usize, now: Time) -> Option<u32> {
        let _ = (target, now);
        None
    }

    /// Whether it may turn a request away although it does not have the target out, which has so many attempts in flight.
    fn may_refuse(&self, target: usize, now: Time, in_flight: u32) -> bool {
        let _ = (target, now, in_flight);
        false
    }
}

dyn_clone::clone_trait_object!(Told);

/// What all rules of a router say.
#[derive(Clone)]
pub struct Memory {
    pub(super) rules: Vec<Box<dyn Told>>,
    several: u64,
    forgives_callers: bool,
    /// Each rule that the router promises is told.
    pub(super) whole: bool,
    /// Each that puts targets last in line is.
    pub(super) whole_line: bool,
}

impl Memory {
    /// Of a router of so many targets that has seen nothing yet.
    pub(crate) fn new(promises: &Promises, targets: usize) -> Self {
        let all = if targets >= 64 { u64::MAX } else { (1 << targets) - 1 };
        let groups = if promises.groups.is_empty() { vec![all] } else { promises.groups.clone() };
        let shared = groups.iter().filter(|group| group.count_ones() > 1).fold(0, |all, group| all | group);
        let told: Vec<Option<Box<dyn Told>>> =
            promises.memory.iter().map(|rule| tell(rule, targets)).collect();
        let in_line = |rule: &Rule| matches!(rule, Rule::Uptime(_) | Rule::Preference(_));
        let whole_line = !promises.memory.iter().any(in_line);
        let unknown =
            |(rule, told): (&Rule, &Option<_>)| told.is_none() && !matches!(rule, Rule::Preference(_));
        Self {
            whole: !promises.memory.iter().zip(&told).any(unknown),
            rules: told.into_iter().flatten().collect(),
            several: promises.several.unwrap_or(shared),
            forgives_callers: promises.forgives_callers,
            whole_line,
        }
    }

    pub(crate) fn passes(&mut self, now: Time) {
        self.rules.iter_mut().for_each(|rule| rule.passes(now));
    }

    pub(crate) fn asked(&mut self, target: usize, now: Time) {
        self.rules.iter_mut().for_each(|rule| rule.asked(target, now));
    }

    pub(crate) fn learnt(&mut self, seen: &Seen) {
        self.passes(seen.now);
        if seen.by_caller && self.forgives_callers {
            self.left(seen.target, seen.began);
            return;
        }
        let out = self.out_until(seen.target) > seen.now;
        let several = self.several >> seen.target & 1 == 1;
        self.rules.iter_mut().for_each(|rule| rule.learnt(seen, several, out));
    }

    pub(crate) fn left(&mut self, target: usize, began: Time) {
        self.rules.iter_mut().for_each(|rule| rule.left(target, began));
    }

    pub(crate) fn heard(&mut self, report: &Fleet) {
        self.passes(report.now);
        self.rules.iter_mut().for_each(|rule| rule.heard(report));
    }

    pub(super) fn out_until(&self, target: usize) -> Time {
        self.rules.iter().map(|rule| rule.out_until(target)).max().unwrap_or(Time::ZERO)
    }

    pub(super) fn down_until(&self, target: usize) -> Time {
        self.rules.iter().map(|rule| rule.down_until(target)).max().unwrap_or(Time::ZERO)
    }

    pub(super) fn is_last(&self, target: usize, now: Time) -> bool {
        self.rules.iter().any(|rule| rule.is_last(target, now))
    }

    /// Whether nothing of what it remembers speaks against asking a target that has so many attempts in flight.
    pub(super) fn is_fine(&self, target: usize, now: Time, in_flight: u32) -> bool {
        self.rules.iter().all(|rule| {
            rule.out_until(target) <= now
                && !rule.is_last(target, now)
                && !rule.may_refuse(target, now, in_flight)
        })
    }
}

fn tell(rule: &Rule, targets: usize) -> Option<Box<dyn Told>> {
    Some(match rule {
        Rule::Cooldown(rule) => Box::new(counted::Cooling::new(rule.clone(), targets)),
        Rule::TimedBreaker(rule) => Box::new(counted::Timed::new(rule.clone(), targets)),
        Rule::PassiveCheck(rule) => Box::new(counted::Checked::new(rule.clone(), targets)),
        Rule::Breaker(rule) => Box::new(shares::Circuits::new(rule.clone(), targets)),
        Rule::ErrorRatio(rule) => Box::new(shares::Ratios::new(rule.clone(), targets)),
        Rule::Demotion(rule) => Box::new(shares::Demoted::new(*rule, targets)),
        Rule::Ejection(_) | Rule::Uptime(_) | Rule::Preference(_) => return None,
    })
}

/// Results of a window that moves in tenths of itself: those of the tenth that runs, and of the nine before it.
#[derive(Clone, Default)]
pub(super) struct Window {
    /// By tenth since the start, if there was anything in it: passed, and failed.
    tenths: VecDeque<(u64, u32, u32)>,
}

impl Window {
    fn add(&mut self, window: Span, now: Time, passed: u32, failed: u32) {
        let tenth = self.forget(window, now);
        match self.tenths.back_mut() {
            Some((newest, p, f)) if *newest == tenth => {
                *p += passed;
                *f += failed;
            }
            _ => self.tenths.push_back((tenth, passed, failed)),
        }
    }

    /// Drops what is too old, and tells which tenth this is.
    fn forget(&mut self, window: Span, now: Time) -> u64 {
        let tenth = now.as_nanos() / (window.as_nanos() / 10).max(1);
        while self.tenths.front().is_some_and(|(old, ..)| old + 10 <= tenth) {
            self.tenths.pop_front();
        }
        tenth
    }

    fn counts(&mut self, window: Span, now: Time) -> (u32, u32) {
        self.forget(window, now);
        self.tenths.iter().fold((0, 0), |(passed, failed), (_, p, f)| (passed + p, failed + f))
    }
}
