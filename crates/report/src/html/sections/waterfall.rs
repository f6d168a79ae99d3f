//! From the control twin's bill to the run's, step by step.

use std::fmt::Write as _;

use sandbox_engine::output::summary::WaterfallStep;

use super::parts;
use crate::html::number::{data, escape};
use crate::human;
use crate::run_data::RunData;
use crate::waterfall::{Axis, BROKEN, Bar, CAPTION, TITLE, bars, meaning};

pub(crate) fn section(run: &RunData) -> String {
    let steps = &run.summary.waterfall;
    let bars = bars(steps);
    if bars.is_empty() {
        return String::new();
    }
    let axis = Axis::new(&bars);
    let (shown, quiet): (Vec<&Bar<'_>>, Vec<&Bar<'_>>) = bars.iter().partition(|bar| bar.shown());
    let quiet: Vec<&str> = quiet.iter().map(|bar| bar.word()).collect();
    let mut rows = String::new();
    for (at, bar) in shown.iter().enumerate() {
        rows.push_str(&row(bar, shown.get(at + 1).is_some(), &axis));
    }
    let mut notes = String::new();
    if axis.low > 0.0 {
        let _ = write!(
            notes,
            "<p class=\"warning\">{} <span class=\"tick\">{}</span>, {}</p>",
            BROKEN[0],
            human::dollars(axis.low),
            BROKEN[1],
        );
    }
    if !quiet.is_empty() {
        let _ = write!(notes, "<p class=\"quiet\">Nothing came of: {}.</p>", quiet.join(", "));
    }
    let ticks: String = axis
        .ticks()
        .iter()
        .map(|&x| {
            format!(
                "<span class=\"tick\" style=\"left:{}\">{}</span>",
                parts::pct(axis.at(x)),
                human::dollars(x)
            )
        })
        .collect();
    format!(
        "<section id=\"waterfall\" aria-labelledby=\"waterfall-title\">\n<h2 id=\"waterfall-title\">{TITLE}</h2>{}\n\
         <figure class=\"waterfall\">{notes}<table><thead><tr><th scope=\"col\">step</th><th scope=\"col\" class=\"bars\"><span class=\"scale\">{ticks}</span></th>\
         <th scope=\"col\" class=\"number\">money</th><th scope=\"col\" class=\"number\">requests</th></tr></thead>\n<tbody>\n{rows}</tbody></table>\n\
         <figcaption>{CAPTION}</figcaption></figure>\n{}</section>\n",
        parts::csv_button("waterfall.csv"),
        parts::embed("waterfall.csv", &records(steps)),
    )
}

fn records(steps: &[WaterfallStep]) -> Vec<Vec<String>> {
    let mut records = vec![["step", "requests", "usd"].map(str::to_owned).to_vec()];
    records.extend(steps.iter().map(|s| vec![s.step.clone(), s.requests.to_string(), s.usd.clone()]));
    records
}

fn row(bar: &Bar<'_>, more_follow: bool, axis: &Axis) -> String {
    let (a, b) = (axis.at(bar.from.max(axis.low)), axis.at(bar.to));
    let (left, right) = (a.min(b), a.max(b));
    let class = match bar.change {
        _ if bar.ends() => "whole",
        _ if bar.is_undone() => "undone",
        change if change > 0.0 => "more",
        _ => "less",
    };
    let torn = if bar.ends() && axis.low > 0.0 {
        "<svg class=\"torn\" x=\"16\" y=\"15\" width=\"12\" height=\"26\" overflow=\"visible\"><path d=\"M6-2L1 6l8 6-8 6 8 6-4 6\"/></svg>"
    } else {
        ""
    };
    let mut svg = "<svg width=\"100%\" height=\"56\" aria-hidden=\"true\">".to_owned();
    for x in axis.ticks() {
        let x = parts::pct(axis.at(x));
        let _ = write!(svg, "<line class=\"hair\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"56\"/>");
    }
    if !bar.ends() {
        let x = parts::pct(a);
        let _ = write!(svg, "<line class=\"joint\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"28\"/>");
    }
    if more_follow {
        let x = parts::pct(b);
        let _ = write!(svg, "<line class=\"joint\" x1=\"{x}\" x2=\"{x}\" y1=\"28\" y2=\"56\"/>");
    }
    let _ = write!(
        svg,
        "<rect class=\"bar {class}\" x=\"{}\" y=\"17\" width=\"{}\" height=\"22\"/>{torn}</svg>",
        parts::pct(left),
        // A step that is there is seen; one of nothing is not drawn.
        parts::pct(if bar.change == 0.0 { 0.0 } else { (right - left).max(0.002) }),
    );
    let at = |key: &str| format!("summary.json#/waterfall/{}/{key}", bar.index);
    let money = if bar.ends() { human::dollars(bar.change) } else { human::dollars_signed(bar.change) };
    let requests = match bar.requests {
        0 => "<span class=\"none\">–</span>".to_owned(),
        n => data(&at("requests"), &n.to_string(), &human::count(n)),
    };
    format!(
        "<tr class=\"{class}\"><th scope=\"row\"><b>{}</b><span class=\"meaning\">{}</span></th><td class=\"bars\">{svg}</td>\
         <td class=\"number money\">{}</td><td class=\"number\">{requests}</td></tr>\n",
        escape(bar.word()),
        meaning(bar.step),
        data(&at("usd"), bar.usd, &money),
    )
}
