//! Prices, currencies and fees: currencies without a rate, windows that overlap, prices of nothing.

use std::collections::BTreeSet;

use sandbox_core::Span;
use sandbox_model::{Currency, QuotedPrice, Usd};

use super::Report;
use crate::clock::Zone;
use crate::file::{
    CurrencyRate, Fees, LongPrompt, MaxPrice, PriceList, PriceWindow, Router, Scenario,
};
use sandbox_routers::Preset;
use crate::problem::{name_hint, split_hint};
use crate::syntax::Path;
use crate::tariff::{openings, rate};

/// Factors of prices: the same bounds as those of a `PriceChange`.
const FACTORS: (f64, f64) = (1e-6, 1e6);

/// Highest rate of a currency: far above, prices would not fit.
const RATE_MAX: Usd = Usd::from_pico(1_000_000 * 1_000_000_000_000);

pub(super) fn check(scenario: &Scenario, report: &mut Report<'_>) {
    currencies(&scenario.currencies, report);
    for (i, endpoint) in scenario.endpoints.iter().enumerate() {
        price_list(scenario, &Path::root("endpoints").at(i).key("price"), &endpoint.price, report);
    }
    for (i, router) in scenario.routers.iter().enumerate() {
        let path = Path::root("routers").at(i);
        if let Some(fees) = &router.fees {
            check_fees(&path.key("fees"), router, fees, report);
        }
        let preset = router.strategy.preset();
        if let Some(MaxPrice { input, output }) = preset.and_then(Preset::max_price) {
            let path = path.key("strategy").key("max_price");
            if input.is_zero() && output.is_zero() {
                report.say(&path, "no endpoint is this cheap", "leave the key out for any price");
            }
            quotes(scenario, &path, input, None, output, report);
        }
    }
}

fn currencies(rates: &[CurrencyRate], report: &mut Report<'_>) {
    let mut seen = BTreeSet::new();
    for (i, CurrencyRate { code, usd }) in rates.iter().enumerate() {
        let path = Path::root("currencies").at(i);
        if *code == Currency::USD {
            report.say(&path.key("code"), "the dollar needs no rate", "remove the entry");
        } else if !seen.insert(*code) {
            report.say(&path.key("code"), format!("`{code}` has a rate already"), "keep one of the two");
        }
        if *usd <= Usd::ZERO {
            let hint = "write what one unit costs in dollars, like \"$0.14\"";
            report.say(&path.key("usd"), format!("a unit of `{code}` is worth nothing"), hint);
        } else if *usd > RATE_MAX {
            let message = format!("a unit of `{code}` would be worth more than a million dollars");
            report.say(&path.key("usd"), message, "write what one unit costs in dollars, like \"$0.14\"");
        }
    }
}

fn price_list(scenario: &Scenario, path: &Path, list: &PriceList, report: &mut Report<'_>) {
    free(path, &list.input, &list.output, report);
    quotes(scenario, path, &list.input, list.cached.as_ref(), &list.output, report);
    steps(scenario, &path.key("steps"), &list.steps, report);
    report.within(&path.key("surge"), list.surge, 0.0, 100.0);
    let mut opened = Vec::new();
    for (i, window) in list.windows.iter().enumerate() {
        let path = path.key("windows").at(i);
        if let Some(zone) = check_window(scenario, &path, window, report) {
            // Long enough for every weekday to meet every other window.
            let span = scenario.duration.max(Span::from_hours(24 * 14));
            let openings = openings(window, &zone, &scenario.start, span);
            opened.extend(openings.into_iter().map(|(from, until)| (from, until, i)));
        }
    }
    opened.sort_unstable();
    let mut told = BTreeSet::new();
    for pair in opened.windows(2) {
        let ((_, until, a), (from, _, b)) = (pair[0], pair[1]);
        let (first, second) = (a.min(b), a.max(b));
        if from < until && first != second && told.insert(second) {
            let message = format!("overlaps windows[{first}]: there would be two prices at once");
            let hint = "let one end where the other begins, or give them different `days`";
            report.say(&path.key("windows").at(second), message, hint);
        }
    }
}

/// The window's zone, if it can be told when it is open.
fn check_window(
    scenario: &Scenario,
    path: &Path,
    window: &PriceWindow,
    report: &mut Report<'_>,
) -> Option<Zone> {
    match (window.factor, &window.price) {
        (Some(factor), None) => {
            report.within(&path.key("factor"), factor, FACTORS.0, FACTORS.1);
        }
        (None, Some(price)) => {
            let path = path.key("price");
            free(&path, &price.input, &price.output, report);
            quotes(scenario, &path, &price.input, price.cached.as_ref(), &price.output, report);
            steps(scenario, &path.key("steps"), &price.steps, report);
        }
        (None, None) => report.say(
            path,
            "changes no price",
            "add `factor: 0.5`, or `price: (input: \"$0.14/M\", output: \"$0.55/M\")`",
        ),
        (Some(_), Some(_)) => report.say(
            &path.key("factor"),
            "the window has prices of its own already",
            "keep `factor` or `price`, not both",
        ),
    }
    for (i, day) in window.days.iter().enumerate().filter(|(i, day)| window.days[..*i].contains(day)) {
        report.say(&path.key("days").at(i), format!("{day:?} is in the list already"), "keep one of the two");
    }
    if window.days.is_empty() {
        report.say(&path.key("days"), "is open on no day", "leave the key out for every day");
    }
    if let (Some(since), Some(before)) = (&window.since, &window.before)
        && since.nanos_to(before) <= 0
    {
        report.say(&path.key("before"), "is not after `since`", "write a later time");
    }
    match window.zone.parse::<Zone>() {
        Ok(zone) => Some(zone),
        Err(error) => {
            let (message, hint) = split_hint(&error.to_string());
            report.say(&path.key("zone"), message, hint.unwrap_or_default());
            None
        }
    }
}

fn steps(scenario: &Scenario, path: &Path, steps: &[LongPrompt], report: &mut Report<'_>) {
    for (i, step) in steps.iter().enumerate() {
        let path = path.at(i);
        free(&path, &step.input, &step.output, report);
        quotes(scenario, &path, &step.input, step.cached.as_ref(), &step.output, report);
        if i > 0 && step.above <= steps[i - 1].above {
            let message = format!("{} is not above the step before, {}", step.above, steps[i - 1].above);
            report.say(&path.key("above"), message, "write steps in growing order");
        }
    }
}

fn free(path: &Path, input: &QuotedPrice, output: &QuotedPrice, report: &mut Report<'_>) {
    if input.is_zero() && output.is_zero() {
        let hint = "an unknown price is not zero: look it up, or leave the endpoint out; for one that is really free \
                    write a tiny amount, like \"$0.000001/M\"";
        report.say(path, "input and output both cost nothing", hint);
    }
}

/// Each currency has a rate.
fn quotes(
    scenario: &Scenario,
    path: &Path,
    input: &QuotedPrice,
    cached: Option<&QuotedPrice>,
    output: &QuotedPrice,
    report: &mut Report<'_>,
) {
    for (key, quote) in [("input", Some(input)), ("cached", cached), ("output", Some(output))] {
        let Some(currency) = quote.map(QuotedPrice::currency) else { continue };
        if rate(&scenario.currencies, currency).is_none() {
            let message = format!("nobody said what a unit of `{currency}` is worth");
            let hint = format!(
                "add to `currencies`, with the rate that you pay at: (code: \"{currency}\", usd: \"$…\")"
            );
            report.say(&path.key(key), message, hint);
        }
    }
}

fn check_fees(path: &Path, router: &Router, fees: &Fees, report: &mut Report<'_>) {
    report.within(&path.key("credit"), fees.credit, 0.0, 1.0);
    report.within(&path.key("byok"), fees.byok, 0.0, 1.0);
    if fees.byok_free < Usd::ZERO {
        report.say(
            &path.key("byok_free"),
            "is less than nothing",
            "write what is left of it, like \"$25000\"",
        );
    }
    if router.region.is_none() {
        let message = format!("`{}` is a library inside its caller and bills nothing", router.name);
        report.say(path, message, "only gateways do: give the router a `region`, or leave the key out");
    }
    let targets = router.strategy.targets();
    for (i, name) in fees.byok_targets.iter().enumerate() {
        if !targets.contains(name) {
            let hint = name_hint(name, "targets here", targets.iter().map(String::as_str));
            let path = path.key("byok_targets").at(i);
            report.say(&path, format!("`{name}` is no target of `{}`", router.name), hint);
        } else if fees.byok_targets[..i].contains(name) {
            let path = path.key("byok_targets").at(i);
            report.say(&path, format!("`{name}` is in the list already"), "keep one of the two");
        }
    }
}
