//! The page put together: verdict, how to see it again, sections, data.

use std::fmt::Write as _;

use super::number::{self, escape};
use super::panels::{self, View};
use super::{embedded, sections, theme};
use crate::{csv, human};

const STYLE: &str = include_str!("assets/style.css");
const SECTIONS: &str = include_str!("assets/sections.css");
const SCRIPT: &str = include_str!("assets/report.js");
const FLOW: &str = include_str!("assets/flow.js");

pub(super) fn page(view: &View<'_>) -> String {
    let run = view.run;
    let parts = [
        sections::objectives::section(run),
        time(view),
        sections::flow::section(run),
        sections::waterfall::section(run),
        sections::faults::section(run),
        sections::ledger::section(run),
        sections::worst::section(run),
    ];
    let title = match run.summary.scenario.as_str() {
        "" => "Run report",
        name => name,
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>\n{}{STYLE}{SECTIONS}</style>\n</head>\n<body>\n{}<main>\n{}</main>\n{}\
         <script>\n{SCRIPT}</script>\n<script>\n{FLOW}</script>\n</body>\n</html>\n",
        escape(title),
        theme::css(),
        header(view, title),
        parts.concat(),
        data(view),
    )
}

fn header(view: &View<'_>, title: &str) -> String {
    let summary = &view.run.summary;
    format!(
        "<header>\n<div class=\"top\"><h1 class=\"name\">{}</h1><div class=\"buttons\">\
         <button type=\"button\" id=\"theme\" aria-pressed=\"false\">Dark</button>\
         <button type=\"button\" id=\"print\">Print</button></div></div>\n\
         <p class=\"verdict\">{}</p>\n\
         <p class=\"repro\"><code id=\"repro\">{}</code><button type=\"button\" id=\"copy\">Copy</button></p>\n\
         <p class=\"facts\"><span>from <code>{}</code></span> <span>length {}</span> <span>{} requests</span> <span>seed {}</span> \
         <span>sandbox <code>{}</code></span> <span>fingerprint <code>{}</code></span></p>\n</header>\n",
        escape(title),
        verdict(view),
        escape(&summary.repro),
        escape(&summary.start),
        number::seconds("summary.json#/duration_s", &summary.duration_s.to_string()),
        number::count("summary.json#/requests/arrived", summary.requests.arrived),
        number::data("summary.json#/seed", &summary.seed.to_string(), &summary.seed.to_string()),
        escape(&summary.version),
        escape(&summary.fingerprint),
    )
}

/// What happened, in one sentence.
fn verdict(view: &View<'_>) -> String {
    let summary = &view.run.summary;
    let requests = &summary.requests;
    if requests.arrived == 0 {
        return "No requests arrived: there is nothing to judge.".to_owned();
    }
    let mut text = match summary.leak.share {
        Some(share) if share > 0.0 => {
            let avoidable = match summary.leak.avoidable_share {
                Some(part) if part > 0.0 => {
                    let points = number::data(
                        "summary.json#/leak/avoidable_share",
                        &part.to_string(),
                        &format!("{} points", human::percent(part)),
                    );
                    format!(", {points} of it avoidably")
                }
                _ => ", none of it avoidably".to_owned(),
            };
            format!(
                "<strong class=\"hot\">{} of requests leaked</strong>{avoidable}",
                number::share("summary.json#/leak/share", share)
            )
        }
        _ => "No request leaked".to_owned(),
    };
    for (n, column, word) in [(requests.failed, "failed", "failed"), (requests.shed, "shed", "were shed")] {
        if n > 0 {
            let share = n as f64 / requests.arrived as f64;
            let of = view.all(&format!("{column}/arrived"));
            let _ = write!(text, ", {} {word}", number::share(&of, share));
        }
    }
    let _ = write!(text, "; {}.", bill(view));
    text
}

/// `it cost $1,035, 5.3 % more than a calm day`.
fn bill(view: &View<'_>) -> String {
    let cost = &view.run.summary.cost_usd;
    let (total, twin) = (human::decimal(&cost.total), human::decimal(&cost.twin));
    let calm = if view.run.summary.duration_s == 86_400.0 { "a calm day" } else { "in calm weather" };
    let total_text = number::dollars("summary.json#/cost_usd/total", &cost.total);
    let Some(change) = human::change(total - twin, twin) else {
        return format!("it cost {total_text}");
    };
    if change == "0" {
        return format!("it cost {total_text}, as much as {calm}");
    }
    let word = if total > twin { "more" } else { "less" };
    let change = number::data(
        "summary.json#/cost_usd/premium / /cost_usd/twin",
        &(human::decimal(&cost.premium) / twin).to_string(),
        &format!("{} %", change.trim_start_matches(['+', '-'])),
    );
    format!("it cost {total_text}, {change} {word} than {calm}")
}

/// The panels with what they share: axis, cursor, zoom.
fn time(view: &View<'_>) -> String {
    let axis = &view.axis;
    let zone = escape(axis.zone()).replace('/', "/<wbr>");
    format!(
        "<section id=\"time\"{}{}>\n<h2>Over time</h2>\n\
         <p class=\"hint\">Point at a chart, or use the arrow keys, to read every chart at one moment. Drag across a chart, \
         or use + and −, to look closer; <kbd>Esc</kbd> shows everything again.</p>\n\
         <div class=\"row axis\" id=\"axis\"><div class=\"gutter\"><span class=\"zone\">{zone}</span></div>\
         <div class=\"plots scrub\" id=\"scrub\" role=\"slider\" tabindex=\"0\" aria-label=\"Moment that the charts are read at\" \
         aria-valuemin=\"0\" aria-valuemax=\"{}\" aria-valuenow=\"0\" aria-valuetext=\"whole run\">{}</div>\
         <div class=\"side\"><output id=\"now\">whole run</output><span class=\"buttons\" role=\"group\" aria-label=\"Zoom\">\
         <button type=\"button\" id=\"zoom-in\" aria-label=\"Zoom in\">+</button>\
         <button type=\"button\" id=\"zoom-out\" aria-label=\"Zoom out\">−</button>\
         <button type=\"button\" id=\"earlier\" aria-label=\"Move earlier\">◀</button>\
         <button type=\"button\" id=\"later\" aria-label=\"Move later\">▶</button>\
         <button type=\"button\" id=\"reset\" disabled>Reset</button></span></div></div>\n\
         <div id=\"spoken\" class=\"unseen\" aria-live=\"polite\"></div>\n{}\
         <div class=\"row axis below\"><div class=\"gutter\"><span class=\"zone\">{zone}</span></div>\
         <div class=\"plots\">{}</div><div class=\"side\"></div></div>\n</section>\n",
        axis.attributes(),
        format_args!(" data-condensed=\"{}\"", view.condensed.factor),
        view.condensed.timeline.rows.len().saturating_sub(1),
        axis.labels(),
        panels::all(view),
        axis.labels(),
    )
}

/// The data behind the charts, for the script and for who looks into the file.
fn data(view: &View<'_>) -> String {
    let run = view.run;
    // The condensed one is another file than the one in the run directory.
    let name = if view.condensed.factor > 1 { "timeline-condensed.csv" } else { "timeline.csv" };
    let files = [
        (name, view.condensed.csv(&run.faults)),
        ("ledger.csv", csv::ledger_csv(&run.ledger)),
        ("flow.csv", csv::flow_csv(&run.flow)),
    ];
    files.map(|(name, text)| embedded::file(name, &text)).concat()
}
