//! What a router remembers of its targets between requests: the part that tells routers apart in an outage.
//!
//! * [`cooldown`] – timed: out until T
//! * [`ratio`] – a windowed error ratio, sliding or tumbling
//! * [`demotion`] – after an outage a target comes last
//! * [`breaker`] – open, half-open, closed, and a ramp back
//! * [`passive_check`] – failures in total, and one attempt decides
//! * [`timed_breaker`] – opens by number or share, closes by the clock
//! * [`ejection`] – Envoy's outlier detection
//! * [`uptime`] – buckets by uptime
//! * [`preference`] – those slower than wished come last
//! * `window` – counts over time
//!
//! A router may have several; a target is out while one of them says so.

pub mod breaker;
pub mod cooldown;
pub mod demotion;
pub mod ejection;
pub mod passive_check;
pub mod preference;
pub mod ratio;
pub mod timed_breaker;
pub mod uptime;
pub(crate) mod window;

pub use breaker::Breaker;
pub use cooldown::Cooldown;
pub use demotion::Demotion;
pub use ejection::Ejection;
pub use passive_check::PassiveCheck;
pub use preference::{Percentiles, Preference};
pub use ratio::{ErrorRatio, Moves};
pub use timed_breaker::TimedBreaker;
pub use uptime::Uptime;

use std::sync::LazyLock;

use breaker::Circuit;
use cooldown::Cooling;
use demotion::Recent;
use ejection::Outliers;
use passive_check::Checked;
use preference::Kept;
use ratio::Ratio;
use sandbox_core::Time;
use sandbox_model::Status;
use serde::{Deserialize, Serialize};
use timed_breaker::Breaking;
use uptime::Up;

use crate::contract::{Fleet, MAX_TARGETS, Seen};
use crate::statuses::Statuses;

/// A rule by which a router remembers.
#[expect(clippy::large_enum_variant, reason = "a router has a few, and they are not moved while it runs")]
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Rule {
    /// Out until T.
    Cooldown(Cooldown),
    /// A windowed error ratio.
    ErrorRatio(ErrorRatio),
    /// Last in line after an outage.
    Demotion(Demotion),
    /// A circuit breaker with a half-open state.
    Breaker(Breaker),
    /// Failures in total, and one attempt decides.
    PassiveCheck(PassiveCheck),
    /// Opens by number or share, closes by the clock.
    TimedBreaker(TimedBreaker),
    /// Envoy's outlier detection.
    Ejection(Ejection),
    /// The further back in line, the worse the uptime.
    Uptime(Uptime),
    /// Last in line when slower than wished.
    Preference(Preference),
}

/// What a router remembers by one rule, of each target.
#[expect(clippy::large_enum_variant, reason = "a router has a few, and they are not moved while it runs")]
#[derive(Clone, Debug)]
pub enum Memory {
    /// Timed cooldowns.
    Cooldown(Cooldown, Vec<Cooling>),
    /// Error ratios.
    ErrorRatio(ErrorRatio, Vec<Ratio>),
    /// Recent outages.
    Demotion(Demotion, Vec<Recent>),
    /// Circuit breakers.
    Breaker(Breaker, Vec<Circuit>),
    /// Passive health checks.
    PassiveCheck(PassiveCheck, Vec<Checked>),
    /// Breakers that close by the clock.
    TimedBreaker(TimedBreaker, Vec<Breaking>),
    /// Ejections.
    Ejection(Ejection, Outliers),
    /// Uptimes.
    Uptime(Uptime, Vec<Up>),
    /// Kept and missed wishes.
    Preference(Preference, Vec<Kept>),
}

impl Rule {
    /// Whether it puts targets last in line rather than out.
    #[must_use]
    pub const fn ranks(&self) -> bool {
        matches!(self, Self::Demotion(_) | Self::Uptime(_) | Self::Preference(_))
    }
}

impl Memory {
    /// Nothing is remembered yet of `targets` targets.
    #[must_use]
    pub fn new(rule: Rule, targets: usize) -> Self {
        match rule {
            Rule::Cooldown(rule) => Self::Cooldown(rule, vec![Cooling::default(); targets]),
            Rule::ErrorRatio(rule) => Self::ErrorRatio(rule, vec![Ratio::default(); targets]),
            Rule::Demotion(rule) => Self::Demotion(rule, vec![Recent::default(); targets]),
            Rule::Breaker(rule) => Self::Breaker(rule, vec![Circuit::default(); targets]),
            Rule::PassiveCheck(rule) => Self::PassiveCheck(rule, vec![Checked::default(); targets]),
            Rule::TimedBreaker(rule) => Self::TimedBreaker(rule, vec![Breaking::default(); targets]),
            Rule::Ejection(rule) => Self::Ejection(rule, Outliers::new(targets)),
            Rule::Uptime(rule) => Self::Uptime(rule, vec![Up::default(); targets]),
            Rule::Preference(rule) => Self::Preference(rule, vec![Kept::default(); targets]),
        }
    }

    /// Time passes.
    #[inline]
    pub fn advance(&mut self, now: Time) {
        match self {
            Self::ErrorRatio(rule, targets) if !rule.every.is_zero() => {
                targets.iter_mut().for_each(|target| target.advance(rule, now));
            }
            Self::Ejection(rule, hosts) => hosts.advance(rule, now),
            Self::Uptime(rule, targets) => targets.iter_mut().for_each(|target| target.advance(rule, now)),
            Self::Preference(rule, targets) => {
                targets.iter_mut().for_each(|target| target.advance(rule, now));
            }
            _ => {}
        }
    }

    /// An attempt begins.
    #[inline]
    pub fn choose(&mut self, target: usize, now: Time) {
        match self {
            Self::PassiveCheck(rule, targets) => targets[target].choose(rule, now),
            Self::Breaker(_, targets) => targets[target].choose(now),
            _ => {}
        }
    }

    /// Learns the result of an attempt. `several`: the target's group has others. `out`: it gets nothing as it is,
    /// by this or another memory.
    pub fn observe(&mut self, seen: &Seen, several: bool, out: bool) {
        match self {
            Self::Cooldown(rule, targets) => targets[seen.target].observe(rule, seen, several, out),
            Self::ErrorRatio(rule, targets) => targets[seen.target].observe(rule, seen, several, out),
            Self::Demotion(rule, targets) => targets[seen.target].observe(rule, seen),
            Self::Breaker(rule, targets) => targets[seen.target].observe(rule, seen),
            Self::PassiveCheck(rule, targets) => targets[seen.target].observe(rule, seen),
            Self::TimedBreaker(rule, targets) => targets[seen.target].observe(rule, seen),
            Self::Ejection(rule, hosts) => hosts.observe(rule, seen),
            Self::Uptime(rule, targets) => targets[seen.target].observe(rule, seen),
            Self::Preference(rule, targets) => targets[seen.target].observe(rule, seen),
        }
    }

    /// Learns what the fleet-wide feed says.
    pub fn hear(&mut self, report: &Fleet) {
        match self {
            Self::Demotion(rule, targets) => {
                targets[report.target].count(rule, report.now, report.passed, report.failed);
            }
            Self::Uptime(rule, targets) => {
                targets[report.target].count(rule, report.now, report.passed, report.failed);
            }
            Self::Preference(rule, targets) => targets[report.target].hear(rule, report),
            _ => {}
        }
    }

    /// Until when a target is believed down: out, or last in line.
    #[inline]
    #[must_use]
    pub fn down_until(&self, target: usize) -> Time {
        match self {
            Self::Cooldown(_, targets) => targets[target].until,
            Self::ErrorRatio(_, targets) => targets[target].until,
            Self::Demotion(_, targets) => targets[target].until,
            Self::Breaker(_, targets) => targets[target].down_until(),
            Self::PassiveCheck(_, targets) => targets[target].until,
            Self::TimedBreaker(_, targets) => targets[target].until,
            Self::Ejection(_, hosts) => hosts.down_until(target),
            Self::Uptime(_, targets) if targets[target].rank() == 2 => Time::MAX,
            // Degraded, or slower than wished, is not down.
            Self::Uptime(..) | Self::Preference(..) => Time::ZERO,
        }
    }

    /// Whether an attempt at a target may not begin now, whosever.
    #[inline]
    #[must_use]
    pub fn keeps_out(&self, target: usize, now: Time) -> bool {
        match self {
            Self::Demotion(..) | Self::Uptime(..) | Self::Preference(..) => false,
            Self::Breaker(_, targets) => targets[target].is_open(now),
            _ => self.down_until(target) > now,
        }
    }

    /// Whether it lets one more attempt begin at a target that it does not keep out. `in_flight`: the router's attempts
    /// there; `luck`: the request's own, from 0 to 1.
    #[inline]
    #[must_use]
    pub fn admits(&self, target: usize, now: Time, in_flight: u32, luck: impl FnOnce() -> f64) -> bool {
        match self {
            Self::Breaker(rule, targets) => targets[target].admits(rule, now, in_flight, luck),
            _ => true,
        }
    }

    /// How far back in line a target stands; 0 is the front. Those further back are tried when nobody else is left.
    #[inline]
    #[must_use]
    pub fn rank(&self, target: usize, now: Time) -> u8 {
        match self {
            Self::Demotion(_, targets) => u8::from(targets[target].until > now),
            Self::Uptime(_, targets) => targets[target].rank(),
            Self::Preference(_, targets) => u8::from(targets[target].misses()),
            _ => 0,
        }
    }

    /// Whether what it says may change by the clock or by another target's results.
    #[must_use]
    pub fn sweeps(&self) -> bool {
        match self {
            Self::ErrorRatio(rule, _) => !rule.every.is_zero(),
            // The end of an ejection is known from its beginning on, but sweeps eject, too.
            Self::Ejection(rule, _) => rule.enforcing_success_rate + rule.enforcing_failure_percentage > 0,
            Self::Uptime(..) => true,
            _ => false,
        }
    }

    /// The rule's name, for explanations.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Cooldown(..) => "cooldown",
            Self::ErrorRatio(..) => "error ratio",
            Self::Demotion(..) => "recent outage",
            Self::Breaker(..) => "circuit breaker",
            Self::PassiveCheck(..) => "passive health check",
            Self::TimedBreaker(..) => "circuit breaker",
            Self::Ejection(..) => "ejected",
            Self::Uptime(..) => "uptime",
            Self::Preference(..) => "slower than wished",
        }
    }
}

/// Statuses of failures that say something about the target rather than about the request: 401, 402, 404, 408, 429, 5xx,
/// which hold cut streams and timeouts (those that can cool a deployment in LiteLLM 1.109.1).
#[must_use]
pub fn against_target() -> Statuses {
    Statuses::of(&["401", "402", "404", "408", "429", "5xx"])
}

/// Whether a status is one of [`against_target`].
#[inline]
pub(crate) fn speaks_against_target(status: Status) -> bool {
    static SET: LazyLock<Statuses> = LazyLock::new(against_target);
    SET.has(status)
}

/// The members of a bit mask, lowest first.
pub(crate) fn members(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (mask != 0).then(|| {
            let lowest = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            lowest
        })
    })
}

/// The first `n` targets, as a bit mask.
#[must_use]
pub const fn first(n: usize) -> u64 {
    if n >= MAX_TARGETS { u64::MAX } else { (1 << n) - 1 }
}
