//! Numbers of workloads: rates and lengths.

use sandbox_core::Span;
use sandbox_model::Rate;

use super::Report;
use super::numbers::{SIGMA_MAX, profile, span_dist};
use crate::file::{Arrivals, Conversations, Length, Step, Workload};
use crate::syntax::Path;

/// Most clients of a workload: each has a weight in memory.
const CLIENTS_MAX: u32 = 1_000_000;
/// Highest rate [1/s]: above, a unit was mistaken.
const RATE_MAX: f64 = 1e6;
/// Coefficients of variation that the laws of gaps are good for.
const CV_MIN: f64 = 0.01;
const CV_MAX: f64 = 100.0;
/// Mean number of requests in a burst: with fewer, most of the work is bursts that send nothing.
const BURST_MIN: f64 = 0.1;
const BURST_MAX: f64 = 1e6;

pub(super) fn workload(path: &Path, w: &Workload, duration: Span, report: &mut Report<'_>) {
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
    report.within(&path.key("cacheable"), w.cacheable, 0.0, 1.0);
    if let Some(c) = &w.conversations {
        conversations(&path.key("conversations"), c, &w.arrivals, report);
    }
    let path = path.key("arrivals");
    match &w.arrivals {
        Arrivals::Poisson { rate, profile: shape } => {
            positive_rate(&path.key("rate"), *rate, report);
            profile(&path.key("profile"), shape, report);
        }
        Arrivals::Renewal { rate, cv, profile: shape, .. }
        | Arrivals::Clients { rate, cv, profile: shape, .. } => {
            positive_rate(&path.key("rate"), *rate, report);
            variation(&path.key("cv"), *cv, report);
            profile(&path.key("profile"), shape, report);
        }
        Arrivals::Bursts { rate, pace, lasting, profile: shape } => {
            positive_rate(&path.key("rate"), *rate, report);
            positive_rate(&path.key("pace"), *pace, report);
            report.positive(&path.key("lasting"), *lasting, "7.6s");
            let requests = pace.as_per_second() * lasting.as_secs_f64();
            if requests > 0.0 && !(BURST_MIN..=BURST_MAX).contains(&requests) {
                report.say(
                    &path.key("lasting"),
                    format!("a burst would have {requests:.3} requests on average"),
                    "choose pace times lasting between 0.1 and a million requests",
                );
            }
            profile(&path.key("profile"), shape, report);
        }
        Arrivals::Steps { steps } => load_steps(&path.key("steps"), steps, duration, report),
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

fn conversations(path: &Path, c: &Conversations, arrivals: &Arrivals, report: &mut Report<'_>) {
    if matches!(arrivals, Arrivals::Trace { .. }) {
        let hint = "leave `conversations` out: a trace has a row for each turn, with its whole prompt";
        report.say(path, "a trace brings its own requests", hint);
    }
    report.within(&path.key("turns"), c.turns, 1.0, 1_000.0);
    span_dist(&path.key("think"), &c.think, report);
    if c.context_max == 0 {
        let hint = "leave the key out for 128,000";
        report.say(&path.key("context_max"), "a prompt has at least one token", hint);
    }
}

fn positive_rate(path: &Path, rate: Rate, report: &mut Report<'_>) {
    let per_second = rate.as_per_second();
    if per_second <= 0.0 {
        report.say(path, "nothing would ever arrive", "write a rate above zero, or remove the workload");
    } else if per_second > RATE_MAX {
        report.say(path, "more than a million requests a second", "check its unit: \"600/min\", \"40/s\"");
    }
}

/// A coefficient of variation of gaps.
fn variation(path: &Path, cv: f64, report: &mut Report<'_>) {
    if !(CV_MIN..=CV_MAX).contains(&cv) {
        report.say(
            path,
            format!("gaps cannot have a coefficient of variation of `{cv}`"),
            "write a number from 0.01 (clockwork) by 1.0 (as random as Poisson) to 100.0 (clumps)",
        );
    }
}

fn load_steps(path: &Path, steps: &[Step], duration: Span, report: &mut Report<'_>) {
    if steps.is_empty() {
        report.say(path, "the list is empty", "write steps, like [(from: \"0s\", rate: \"40/s\")]");
    } else if steps.iter().all(|step| step.rate.as_per_second() <= 0.0) {
        report.say(path, "nothing would ever arrive", "give at least one step a rate above zero");
    } else if steps.iter().all(|step| step.rate.as_per_second() <= 0.0 || step.from >= duration) {
        let message = format!("nothing would arrive within the scenario of {duration}");
        report.say(path, message, "let a step begin earlier, or make `duration` longer");
    }
    for (i, step) in steps.iter().enumerate() {
        if step.rate.as_per_second() > RATE_MAX {
            let hint = "check its unit: \"600/min\", \"40/s\"";
            report.say(&path.at(i).key("rate"), "more than a million requests a second", hint);
        }
        if i > 0 && steps[i - 1].from >= step.from {
            let message = format!("{} is not after the step before, {}", step.from, steps[i - 1].from);
            report.say(&path.at(i).key("from"), message, "write the steps in order of time");
        }
    }
}

fn length(path: &Path, law: &Length, report: &mut Report<'_>) {
    match law {
        Length::Constant(0) => {
            report.say(path, "a request has at least one token", "write Constant(1) or more")
        }
        Length::Constant(_) => {}
        Length::Lognormal { median, sigma, max } => {
            above_zero(&path.key("median"), *median, "median", report);
            report.within(&path.key("sigma"), *sigma, 0.0, SIGMA_MAX);
            longest(&path.key("max"), *max, report);
            below_longest(&path.key("median"), *median, *max, report);
        }
        Length::Exponential { mean, max } => {
            above_zero(&path.key("mean"), *mean, "mean", report);
            longest(&path.key("max"), *max, report);
            below_longest(&path.key("mean"), *mean, *max, report);
        }
        Length::Pareto { min, shape, max } => {
            above_zero(&path.key("min"), *min, "least", report);
            report.within(&path.key("shape"), *shape, 0.1, 100.0);
            longest(&path.key("max"), *max, report);
            below_longest(&path.key("min"), *min, *max, report);
        }
        Length::Quantiles(values) => quantiles(path, values, report),
        Length::Mixture(parts) if parts.is_empty() => {
            let hint = "write parts, like Mixture([(weight: 0.9, of: Constant(800)), (weight: 0.1, of: Constant(9000))])";
            report.say(path, "the list is empty", hint);
        }
        Length::Mixture(parts) => {
            for (i, part) in parts.iter().enumerate() {
                above_zero(&path.at(i).key("weight"), part.weight, "weight", report);
                length(&path.at(i).key("of"), &part.of, report);
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

fn above_zero(path: &Path, value: f64, what: &str, report: &mut Report<'_>) {
    if !(value > 0.0 && value.is_finite()) {
        let hint = match what {
            "weight" => "write a number above zero, like 0.9".to_owned(),
            _ => format!("write the {what} number of tokens, like 800.0"),
        };
        report.say(path, format!("`{value}` is not above zero"), hint);
    }
}

fn longest(path: &Path, max: u32, report: &mut Report<'_>) {
    if max == 0 {
        report.say(path, "a request has at least one token", "leave the key out for 1,000,000");
    }
}

fn below_longest(path: &Path, value: f64, max: u32, report: &mut Report<'_>) {
    if value > f64::from(max) && max > 0 {
        report.say(path, format!("{value} is above the longest, {max}"), "write one below `max`");
    }
}

fn quantiles(path: &Path, values: &[u32], report: &mut Report<'_>) {
    if values.len() < 2 {
        let hint = "write at least the shortest and the longest, like Quantiles([1, 50, 900])";
        report.say(path, format!("{} of at least 2 values", values.len()), hint);
    }
    if values.first() == Some(&0) {
        report.say(&path.at(0), "a request has at least one token", "write 1 or more");
    }
    for (i, pair) in values.windows(2).enumerate() {
        if pair[0] > pair[1] {
            let message = format!("{} comes after {}", pair[1], pair[0]);
            report.say(&path.at(i + 1), message, "write quantiles from the shortest to the longest");
        }
    }
}
