//! Numbers of routers.

use sandbox_core::Span;

use super::Report;
use crate::file::{Jitter, Router, Strategy, Timeouts};
use crate::syntax::Path;

/// Longest processing time of a router.
const OVERHEAD_MAX: Span = Span::from_hours(1);

/// `path` is that of its strategy.
pub(super) fn router(path: &Path, overhead: &Path, r: &Router, report: &mut Report<'_>) {
    report.at_most(overhead, r.overhead, OVERHEAD_MAX);
    match &r.strategy {
        Strategy::Single { timeouts, .. } | Strategy::Clairvoyant { timeouts, .. } => {
            timers(path, timeouts, report)
        }
        Strategy::Fallback { retries, backoff, retry_budget, cooldown, timeouts, .. } => {
            timers(path, timeouts, report);
            if *retries > 100 {
                report.say(
                    &path.key("retries"),
                    format!("{retries} tries on one target are too many"),
                    "write 100 or fewer; 2 is usual",
                );
            }
            if let Jitter::Scaled(low, high) = backoff.jitter {
                let path = path.key("backoff").key("jitter");
                if report.within(&path, low, 0.0, 100.0)
                    && report.within(&path, high, 0.0, 100.0)
                    && low > high
                {
                    report.say(
                        &path,
                        format!("{low} is above {high}"),
                        format!("write the lower one first: Scaled({high}, {low})"),
                    );
                }
            }
            if let Some(budget) = retry_budget {
                let path = path.key("retry_budget");
                report.within(&path.key("per_call"), budget.per_call, 0.0, 100.0);
                report.within(&path.key("cap"), budget.cap, 1.0, 1e6);
            }
            if let Some(cooldown) = cooldown {
                let path = path.key("cooldown");
                if cooldown.failures == 0 {
                    report.say(
                        &path.key("failures"),
                        "no failure would start a cooldown",
                        "write 1 or more, or leave the cooldown out",
                    );
                }
                report.positive(&path.key("within"), cooldown.within, "60s");
                report.positive(&path.key("length"), cooldown.length, "5s");
            }
        }
        Strategy::OpenRouterLegacy { demotion, timeouts, .. } => {
            timers(path, timeouts, report);
            let path_d = path.key("demotion");
            report.positive(&path_d.key("window"), demotion.window, "30s");
            report.within(&path_d.key("share"), demotion.share, 0.0, 1.0);
            if demotion.failures == 0 {
                report.say(&path_d.key("failures"), "an outage needs a failure", "write 1 or more");
            }
        }
    }
}

fn timers(path: &Path, timeouts: &Timeouts, report: &mut Report<'_>) {
    let path = path.key("timeouts");
    for (key, value) in [("first_token", timeouts.first_token), ("total", timeouts.total)] {
        if value == Some(Span::ZERO) {
            report.say(
                &path.key(key),
                "every attempt would time out at once",
                "leave the key out for no timer",
            );
        }
    }
}
