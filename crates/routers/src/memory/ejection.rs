//! Envoy's outlier detection: a host that fails too often is ejected, for longer each time.
//!
//! The hosts of one cluster are all the targets of a router, whatever their priority: Envoy counts ejections over the
//! cluster, not over a level. Sources: Envoy's docs (outlier detection, `outlier_detection.proto`) and
//! `source/common/upstream/outlier_detection_impl.cc` at 00c7146, which decides where the docs are silent:
//!
//! * Failures in a row eject at once. Everything that is no 5xx resets their number, a 429 too.
//! * Every `interval`, counted from the start, there is a sweep: first those return whose time is over, then the results
//!   since the last sweep are judged, then each host that has been back for an `interval` gets its multiplier cut by one.
//! * The time is `base_ejection_time` times the multiplier, at most `max_ejection_time`; it ends at a sweep.
//!
//! Not modelled: several worker threads, jitter of the ejection time (0 by default), errors of local origin apart.

use sandbox_core::{Span, Time};
use sandbox_model::Answer;
use serde::{Deserialize, Serialize};

use crate::contract::Seen;

/// Envoy's outlier detection, with Envoy's names and defaults. Percentages are whole numbers, as there.
///
/// Errors of local origin are not told from others (`split_external_local_origin_errors: false`, Envoy's default): a
/// timeout counts as 504 and a stream that breaks off as 502. (Envoy reports the head of such a stream as a success,
/// too; here an attempt has one result.)
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ejection {
    /// 5xx in a row that eject. Default 5; 0: none do.
    pub consecutive_5xx: u32,
    /// 502, 503 and 504 in a row that eject. Default 5; 0: none do.
    pub consecutive_gateway_failure: u32,
    /// Time between two sweeps. Default 10 s.
    pub interval: Span,
    /// Ejection time of a host whose multiplier is one. Default 30 s.
    pub base_ejection_time: Span,
    /// Longest ejection time. Default 300 s.
    pub max_ejection_time: Span,
    /// Most hosts ejected at once [% of the router's targets]. Default 10: of nine targets or fewer none.
    pub max_ejection_percent: u32,
    /// Whether the first one is ejected whatever `max_ejection_percent` says. Default false. Envoy always did that
    /// until 2023 (pull request 27909); the option is from 2024 (34796).
    pub always_eject_one_host: bool,
    /// Whether `consecutive_5xx` ejects: 100 or 0. Default 100. (Envoy takes any share of the cases.)
    pub enforcing_consecutive_5xx: u32,
    /// Whether `consecutive_gateway_failure` ejects: 100 or 0. Default 0.
    pub enforcing_consecutive_gateway_failure: u32,
    /// Whether a low success rate ejects: 100 or 0. Default 100.
    pub enforcing_success_rate: u32,
    /// Fewest hosts with enough requests for their success rates to be compared. Default 5.
    pub success_rate_minimum_hosts: u32,
    /// Fewest requests between two sweeps for a host's success rate to count. Default 100.
    pub success_rate_request_volume: u32,
    /// A host is ejected whose rate is below the mean by more than this many thousandths of the standard deviation.
    /// Default 1900.
    pub success_rate_stdev_factor: u32,
    /// Whether a high failure percentage ejects: 100 or 0. Default 0.
    pub enforcing_failure_percentage: u32,
    /// Share of failures from which on a host is ejected [%]. Default 85.
    pub failure_percentage_threshold: u32,
    /// Fewest hosts with enough requests for failure percentages to count. Default 5.
    pub failure_percentage_minimum_hosts: u32,
    /// Fewest requests between two sweeps for a host's failure percentage to count. Default 50.
    pub failure_percentage_request_volume: u32,
}

impl Default for Ejection {
    fn default() -> Self {
        Self {
            consecutive_5xx: 5,
            consecutive_gateway_failure: 5,
            interval: Span::from_secs(10),
            base_ejection_time: Span::from_secs(30),
            max_ejection_time: Span::from_secs(300),
            max_ejection_percent: 10,
            always_eject_one_host: false,
            enforcing_consecutive_5xx: 100,
            enforcing_consecutive_gateway_failure: 0,
            enforcing_success_rate: 100,
            success_rate_minimum_hosts: 5,
            success_rate_request_volume: 100,
            success_rate_stdev_factor: 1900,
            enforcing_failure_percentage: 0,
            failure_percentage_threshold: 85,
            failure_percentage_minimum_hosts: 5,
            failure_percentage_request_volume: 50,
        }
    }
}

/// What is known of the hosts.
#[derive(Clone, Debug)]
pub struct Outliers {
    hosts: Vec<Host>,
    /// Sweeps that are done.
    sweeps: u64,
}

/// What is known of one host.
#[derive(Copy, Clone, Default, Debug)]
struct Host {
    ejected: bool,
    /// The sweep that ends its last ejection.
    until: Time,
    /// When it came back last.
    returned: Option<Time>,
    /// Ejections in a row, more or less.
    multiplier: u32,
    /// Failures in a row.
    failures: u32,
    /// Of them, those of a gateway in a row.
    gateway_failures: u32,
    /// Results since the last sweep.
    passed: u32,
    all: u32,
}

impl Host {
    /// Nothing will happen to it at a sweep.
    const fn rests(&self) -> bool {
        !self.ejected && self.multiplier == 0 && self.all == 0
    }

    fn success_rate(&self) -> f64 {
        100.0 * f64::from(self.passed) / f64::from(self.all)
    }
}

impl Outliers {
    pub(super) fn new(hosts: usize) -> Self {
        Self { hosts: vec![Host::default(); hosts], sweeps: 0 }
    }

    pub(super) fn down_until(&self, target: usize) -> Time {
        self.hosts[target].until
    }

    /// Does the sweeps that are due.
    pub(super) fn advance(&mut self, rule: &Ejection, now: Time) {
        let every = rule.interval.as_nanos().max(1);
        let due = now.as_nanos() / every;
        while self.sweeps < due {
            if self.hosts.iter().all(Host::rests) {
                self.sweeps = due;
                return;
            }
            self.sweeps += 1;
            self.sweep(rule, Time::from_nanos(self.sweeps * every));
        }
    }

    fn sweep(&mut self, rule: &Ejection, now: Time) {
        for host in &mut self.hosts {
            if host.ejected && host.until <= now {
                host.ejected = false;
                host.returned = Some(now);
                host.failures = 0;
                host.gateway_failures = 0;
            }
        }
        self.judge(rule, now);
        for host in &mut self.hosts {
            let back = host.returned.is_some_and(|back| now.since(back) >= rule.interval);
            if !host.ejected && back {
                host.multiplier = host.multiplier.saturating_sub(1);
            }
            host.passed = 0;
            host.all = 0;
        }
    }

    /// Looks at success rates and failure percentages. Who is compared is settled before anybody is ejected.
    fn judge(&mut self, rule: &Ejection, now: Time) {
        let (mut compared, mut counted) = (0_u64, 0_u64);
        for (target, host) in self.hosts.iter().enumerate() {
            if !host.ejected && host.all > 0 {
                compared |= u64::from(host.all >= rule.success_rate_request_volume) << target;
                counted |= u64::from(host.all >= rule.failure_percentage_request_volume) << target;
            }
        }
        if rule.enforcing_success_rate > 0 && compared.count_ones() >= rule.success_rate_minimum_hosts.max(1)
        {
            let n = f64::from(compared.count_ones());
            let rates = || super::members(compared).map(|target| self.hosts[target].success_rate());
            let mean = rates().sum::<f64>() / n;
            let variance = rates().map(|rate| (rate - mean) * (rate - mean)).sum::<f64>() / n;
            let least = mean - f64::from(rule.success_rate_stdev_factor) / 1000.0 * libm::sqrt(variance);
            for target in super::members(compared) {
                if self.hosts[target].success_rate() < least {
                    self.eject(rule, target, now);
                }
            }
        }
        if rule.enforcing_failure_percentage > 0
            && counted.count_ones() >= rule.failure_percentage_minimum_hosts.max(1)
        {
            for target in super::members(counted) {
                let Host { passed, all, .. } = self.hosts[target];
                let (failed, all) = (u64::from(all - passed), u64::from(all));
                if 100 * failed >= u64::from(rule.failure_percentage_threshold) * all {
                    self.eject(rule, target, now);
                }
            }
        }
    }

    pub(super) fn observe(&mut self, rule: &Ejection, seen: &Seen) {
        let (failed, at_gateway) = match seen.answer {
            Answer::Ok => (false, false),
            Answer::TimedOut | Answer::Cut => (true, true),
            Answer::Failed { status, .. } => (matches!(status.0, 500..=599), matches!(status.0, 502..=504)),
        };
        let host = &mut self.hosts[seen.target];
        host.all += 1;
        if !failed {
            host.passed += 1;
            host.failures = 0;
            host.gateway_failures = 0;
            return;
        }
        host.gateway_failures = if at_gateway { host.gateway_failures.saturating_add(1) } else { 0 };
        host.failures = host.failures.saturating_add(1);
        // What comes in while a host is ejected is counted and brings nothing about, not even a new start.
        if !host.ejected && at_gateway && host.gateway_failures == rule.consecutive_gateway_failure {
            host.gateway_failures = 0;
            if rule.enforcing_consecutive_gateway_failure > 0 {
                self.eject(rule, seen.target, seen.now);
            }
        }
        let host = &mut self.hosts[seen.target];
        if !host.ejected && host.failures == rule.consecutive_5xx {
            host.failures = 0;
            if rule.enforcing_consecutive_5xx > 0 {
                self.eject(rule, seen.target, seen.now);
            }
        }
    }

    /// Ejects a host, unless too many are.
    fn eject(&mut self, rule: &Ejection, target: usize, now: Time) {
        let ejected = self.hosts.iter().filter(|host| host.ejected).count() as u64;
        let share = 100 * (ejected + 1) <= u64::from(rule.max_ejection_percent) * self.hosts.len() as u64;
        let first = rule.always_eject_one_host && ejected == 0;
        let host = &mut self.hosts[target];
        if host.ejected || !share && !first {
            return;
        }
        host.ejected = true;
        let times =
            |multiplier: u32| rule.base_ejection_time.checked_mul(u64::from(multiplier)).unwrap_or(Span::MAX);
        let longest = rule.max_ejection_time.max(rule.base_ejection_time);
        if times(host.multiplier) < longest.saturating_add(rule.base_ejection_time) {
            host.multiplier += 1;
        }
        let over = now.saturating_add(times(host.multiplier).min(longest));
        let every = rule.interval.as_nanos().max(1);
        host.until = Time::from_nanos(over.as_nanos().div_ceil(every).saturating_mul(every));
    }
}
