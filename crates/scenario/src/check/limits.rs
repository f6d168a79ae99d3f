//! Limits: of nothing, without sense, and of endpoints that share an account.

use std::collections::BTreeMap;

use sandbox_core::Span;

use super::Report;
use crate::file::{Limits, Scenario};
use crate::syntax::Path;

/// The limiter counts no further.
const LIMIT_MAX: u64 = 1_000_000_000_000;

pub(super) fn of(path: &Path, limits: &Limits, report: &mut Report<'_>) {
    let few = |limit: Option<u32>| limit.map(u64::from);
    let all = [
        ("rpm", few(limits.rpm)),
        ("rph", few(limits.rph)),
        ("rpd", few(limits.rpd)),
        ("tpm", limits.tpm),
        ("tpd", limits.tpd),
        ("itpm", limits.itpm),
        ("otpm", limits.otpm),
        ("concurrency", few(limits.concurrency)),
    ];
    for (key, limit) in all {
        let hint = "leave the key out for no limit";
        match limit {
            Some(0) => report.say(&path.key(key), "a limit of zero refuses everything", hint),
            Some(limit) if limit > LIMIT_MAX => {
                report.say(&path.key(key), format!("{limit} is more than a million million"), hint);
            }
            _ => {}
        }
    }
    if limits.quantum.is_zero() || limits.quantum > Span::from_mins(1) {
        let message = format!("`{}` is not a part of a minute", limits.quantum);
        let hint = "write a time up to \"1m\": \"1s\" enforces 60,000 a minute as 1,000 a second";
        report.say(&path.key("quantum"), message, hint);
    }
    report.within(&path.key("narrows"), limits.narrows, 0.0, 1.0);
    if limits.narrows > 0.0 && limits.concurrency.is_none() {
        let hint = "give `concurrency`, or leave `narrows` out";
        report.say(&path.key("narrows"), "there is no limit of concurrency to narrow", hint);
    }
    if !limits.account.is_empty() && !limits.any() {
        let hint = "give a limit, like `rpm: 1000`, or leave `account` out";
        report.say(&path.key("account"), "the account has no limit to share", hint);
    }
}

/// Endpoints of one account and one model share their limits, which must then be the same.
pub(super) fn accounts(scenario: &Scenario, report: &mut Report<'_>) {
    let mut first: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (index, endpoint) in scenario.endpoints.iter().enumerate() {
        if endpoint.limits.account.is_empty() {
            continue;
        }
        let key = (endpoint.limits.account.as_str(), endpoint.model.as_str());
        let other = &scenario.endpoints[*first.entry(key).or_insert(index)];
        if other.limits != endpoint.limits {
            let message = format!(
                "`{}` has other limits than `{}`, with which it shares the account `{}`{}",
                endpoint.name,
                other.name,
                endpoint.limits.account,
                if endpoint.model.is_empty() {
                    String::new()
                } else {
                    format!(" and the model `{}`", endpoint.model)
                },
            );
            let hint = "one account has one allowance for each model: write the same limits at both, or give the \
                        endpoints different models or accounts";
            report.say(&Path::root("endpoints").at(index).key("limits"), message, hint);
        }
    }
}
