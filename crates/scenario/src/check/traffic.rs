//! Numbers of workloads: rates and lengths.

use super::Report;
use super::numbers::{SIGMA_MAX, profile};
use crate::file::{Arrivals, Length, Workload};
use crate::syntax::Path;

/// Most clients of a workload: each has a weight in memory.
const CLIENTS_MAX: u32 = 1_000_000;

pub(super) fn workload(path: &Path, w: &Workload, report: &mut Report<'_>) {
    report.positive(&path.key("deadline"), w.deadline, "10m");
    if w.max_tokens == Some(0) {
        let hint = "write 1 or more, or leave the key out";
        report.say(&path.key("max_tokens"), "an answer has at least one token", hint);
    }
    let clients = path.key("clients");
    if !(1..=CLIENTS_MAX).contains(&w.clients.count) {
        let hint = "write a number from 1 to 1,000,000";
        report.say(&clients.key("count"), format!("{} clients cannot be simulated", w.clients.count), hint);
    }
    report.within(&clients.key("skew"), w.clients.skew, 0.0, 10.0);
    length(&path.key("input"), &w.input, report);
    length(&path.key("output"), &w.output, report);
    let path = path.key("arrivals");
    match &w.arrivals {
        Arrivals::Poisson { rate, profile: shape } => {
            let per_second = rate.as_per_second();
            if per_second <= 0.0 {
                report.say(
                    &path.key("rate"),
                    "nothing would ever arrive",
                    "write a rate above zero, or remove the workload",
                );
            } else if per_second > 1e6 {
                report.say(
                    &path.key("rate"),
                    "more than a million requests a second",
                    "check its unit: \"600/min\", \"40/s\"",
                );
            }
            profile(&path.key("profile"), shape, report);
        }
        Arrivals::Trace { file, speed, .. } => {
            if file.trim().is_empty() {
                report.say(
                    &path.key("file"),
                    "names no file",
                    "write a path, like \"traces/azure-code.csv.gz\"",
                );
            }
            report.within(&path.key("speed"), *speed, 1e-6, 1e6);
        }
    }
}

fn length(path: &Path, length: &Length, report: &mut Report<'_>) {
    match length {
        Length::Constant(0) => {
            report.say(path, "a request has at least one token", "write Constant(1) or more")
        }
        Length::Constant(_) => {}
        Length::Lognormal { median, sigma, max } => {
            if !(*median > 0.0 && median.is_finite()) {
                report.say(
                    &path.key("median"),
                    format!("`{median}` is not above zero"),
                    "write the median number of tokens, like 800.0",
                );
            }
            report.within(&path.key("sigma"), *sigma, 0.0, SIGMA_MAX);
            if *max == 0 {
                report.say(
                    &path.key("max"),
                    "a request has at least one token",
                    "leave the key out for 1,000,000",
                );
            }
        }
        Length::Empirical(values) if values.is_empty() => {
            report.say(path, "the list is empty", "write token counts, like Empirical([120, 800, 4000])");
        }
        Length::Empirical(values) => {
            if values.contains(&0) {
                report.say(path, "a request has at least one token", "replace the zeros by 1");
            }
        }
    }
}
