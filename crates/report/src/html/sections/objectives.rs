//! The promises: what was asked, what came of it, and by how much; those that were missed first.

use sandbox_engine::output::summary::ObjectiveReport;

use super::parts;
use crate::html::number::escape;
use crate::objective::Unit;
use crate::run_data::RunData;

pub(crate) fn section(run: &RunData) -> String {
    let objectives = &run.summary.objectives;
    if objectives.is_empty() {
        return String::new();
    }
    // As written, but those that were missed first: the sort is stable.
    let mut order: Vec<usize> = (0..objectives.len()).collect();
    order.sort_by_key(|&index| objectives[index].met);
    let verdict = match (objectives.iter().all(|o| o.met), objectives.iter().any(|o| o.met)) {
        (true, _) => "every one was kept",
        (false, true) => "not every one was kept",
        (false, false) => "none was kept",
    };
    let cards: String = order.iter().map(|&index| card(index, &objectives[index])).collect();
    format!(
        "<section id=\"objectives\" aria-labelledby=\"objectives-title\">\n<h2 id=\"objectives-title\">Objectives: {verdict}</h2>{}\n\
         <ul class=\"promises\">\n{cards}</ul>\n{}</section>\n",
        parts::csv_button("objectives.csv"),
        parts::embed("objectives.csv", &records(objectives)),
    )
}

fn records(objectives: &[ObjectiveReport]) -> Vec<Vec<String>> {
    let maybe = |x: Option<f64>| x.map_or_else(String::new, parts::raw);
    let mut records = vec![["expression", "met", "value", "limit", "margin"].map(str::to_owned).to_vec()];
    records.extend(objectives.iter().map(|o| {
        vec![o.expression.clone(), o.met.to_string(), maybe(o.value), parts::raw(o.limit), maybe(o.margin)]
    }));
    records
}

/// Drawn, not typed: a font may have no such mark.
const MET: &str = "<svg class=\"mark\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"11\"/>\
                   <path d=\"M6.5 12.5l4 4 7-8.5\"/></svg>";
const MISSED: &str = "<svg class=\"mark\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><rect x=\"1\" y=\"1\" width=\"22\" height=\"22\"/>\
                      <path d=\"M7 7l10 10M17 7L7 17\"/></svg>";

fn card(index: usize, objective: &ObjectiveReport) -> String {
    let unit = Unit::of(&objective.expression);
    let (class, mark, word) = if objective.met { ("met", MET, "met") } else { ("missed", MISSED, "missed") };
    let at = |key: &str| format!("/objectives/{index}/{key}");
    let value = match objective.value {
        Some(_) => parts::measured(&at("value"), objective.value, |x| unit.show(x)),
        None => "<span class=\"none\">nothing to measure</span>".to_owned(),
    };
    let limit = parts::measured(&at("limit"), Some(objective.limit), |x| unit.show(x));
    let margin = parts::measured(&at("margin"), objective.margin, |x| unit.show_margin(x));
    format!(
        "<li class=\"{class}\">{mark}<span class=\"judged\">{word}</span>\
         <code class=\"promise\">{}</code><span class=\"value\">{value}</span>{}\
         <span class=\"terms\">limit {limit}, margin {margin}</span></li>\n",
        escape(&objective.expression),
        bar(objective, unit),
    )
}

/// The value as a bar, and the limit as a mark across it; what the ends stand for is written at them.
fn bar(objective: &ObjectiveReport, unit: Unit) -> String {
    let Some(value) = objective.value else { return "<span class=\"gauge\"></span>".to_owned() };
    let (low, high) = ends(value, objective.limit, unit);
    let at = |x: f64| (x - low) / (high - low);
    let (v, l) = (at(value), at(objective.limit));
    let broken = if low > 0.0 { "<path class=\"torn\" d=\"M5 3l3 5-3 5 3 5\"/>" } else { "" };
    format!(
        "<span class=\"gauge\" aria-hidden=\"true\"><svg width=\"100%\" height=\"22\">\
         <rect class=\"track\" x=\"0\" y=\"5\" width=\"100%\" height=\"12\"/>\
         <rect class=\"fill\" x=\"0\" y=\"5\" width=\"{}\" height=\"12\"/>{broken}\
         <rect class=\"limit\" x=\"{}\" y=\"0\" width=\"3\" height=\"22\"/></svg>\
         <span class=\"tick\">{}</span><span class=\"tick\">{}</span></span>",
        parts::pct(v),
        parts::pct(l),
        unit.show(low),
        unit.show(high),
    )
}

/// The ends of the scale: from 0, unless value and limit are so near each other that nobody could tell them apart.
fn ends(value: f64, limit: f64, unit: Unit) -> (f64, f64) {
    let (small, large) = (value.min(limit), value.max(limit));
    if small < 0.0 {
        return (small * 1.15, if large > 0.0 { large * 1.15 } else { -small * 0.15 });
    }
    let whole = unit == Unit::Share && large <= 1.0;
    if whole && large > 0.9 && small > 0.5 && small < 1.0 {
        // What matters of a share near all is what is missing.
        return (1.0 - (1.0 - small) * 1.5, 1.0);
    }
    if large > 0.0 && small / large > 0.9 && small < large {
        return (small - (large - small) * 2.0, large + (large - small) * 2.0);
    }
    (
        0.0,
        if large <= 0.0 {
            1.0
        } else if whole {
            (large * 1.15).min(1.0)
        } else {
            large * 1.15
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_and_limit_lie_between_the_ends() {
        let values = [0.0, 1e-9, 0.3, 0.95, 0.995, 0.999_9, 1.0, 1.7, 60.0, 1e6, -3.0];
        for unit in [Unit::Share, Unit::Seconds, Unit::Count, Unit::Dollars { per_hour: false }] {
            for value in values {
                for limit in values {
                    let (low, high) = ends(value, limit, unit);
                    assert!(low < high, "{value} {limit}: {low} to {high}");
                    assert!(
                        low <= value.min(limit) && value.max(limit) <= high,
                        "{value} {limit}: {low} to {high}"
                    );
                }
            }
        }
    }
}
