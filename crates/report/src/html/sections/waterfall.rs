//! From the control twin's bill to the run's, step by step.

use std::fmt::Write as _;

use sandbox_engine::output::summary::WaterfallStep;

use super::parts;
use crate::html::number::{data, escape};
use crate::human;
use crate::run_data::RunData;

pub(crate) fn section(run: &RunData) -> String {
    let steps = &run.summary.waterfall;
    let bars = bars(steps);
    if bars.is_empty() {
        return String::new();
    }
    let axis = Axis::new(&bars);
    let shown: Vec<&Bar> =
        bars.iter().filter(|bar| bar.ends() || bar.change != 0.0 || bar.requests > 0).collect();
    let quiet: Vec<&str> =
        bars.iter().filter(|bar| !shown.iter().any(|s| s.index == bar.index)).map(|b| b.word()).collect();
    let mut rows = String::new();
    for (at, bar) in shown.iter().enumerate() {
        rows.push_str(&row(bar, shown.get(at + 1).is_some(), &axis));
    }
    let mut notes = String::new();
    if axis.low > 0.0 {
        let _ = write!(
            notes,
            "<p class=\"warning\">The axis is broken: it begins at <span class=\"tick\">{}</span>, because the steps are small against the bill. \
             Compare lengths of steps, not of the two bills.</p>",
            human::dollars(axis.low)
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
        "<section id=\"waterfall\" aria-labelledby=\"waterfall-title\">\n<h2 id=\"waterfall-title\">From calm weather to this bill</h2>{}\n\
         <figure class=\"waterfall\">{notes}<table><thead><tr><th scope=\"col\">step</th><th scope=\"col\" class=\"bars\"><span class=\"scale\">{ticks}</span></th>\
         <th scope=\"col\" class=\"number\">money</th><th scope=\"col\" class=\"number\">requests</th></tr></thead>\n<tbody>\n{rows}</tbody></table>\n\
         <figcaption>Each step begins where the one above it ended; the steps between the two bills sum to their difference.</figcaption></figure>\n{}</section>\n",
        parts::csv_button("waterfall.csv"),
        parts::embed("waterfall.csv", &records(steps)),
    )
}

fn records(steps: &[WaterfallStep]) -> Vec<Vec<String>> {
    let mut records = vec![["step", "requests", "usd"].map(str::to_owned).to_vec()];
    records.extend(steps.iter().map(|s| vec![s.step.clone(), s.requests.to_string(), s.usd.clone()]));
    records
}

/// A bar of the waterfall, from one level of the bill to another [$].
struct Bar<'a> {
    /// Place in `summary.json`.
    index: usize,
    step: &'a str,
    usd: &'a str,
    requests: u64,
    change: f64,
    from: f64,
    to: f64,
}

impl Bar<'_> {
    /// Whether it is a bill and not a step.
    fn ends(&self) -> bool {
        matches!(self.step, "base" | "total")
    }

    fn word(&self) -> &str {
        match self.step {
            "base" => "bill in calm weather",
            "not_served" => "not served",
            "unavoidable" => "unavoidable leak",
            "detection_lag" => "detection lag",
            "failback_lag" => "failback lag",
            "by_design" => "leak by design",
            "retries_and_hedges" => "retries and hedges",
            "other_prices" => "other prices",
            "total" => "bill of this run",
            other => other,
        }
    }

    const fn class(&self) -> &'static str {
        if self.change > 0.0 { "more" } else { "less" }
    }
}

/// What a step means, in a sentence.
fn meaning(step: &str) -> &'static str {
    match step {
        "base" => "What the same arrivals cost the control twin.",
        "not_served" => {
            "What the plan would have billed for requests that were not served: saved, but not wanted."
        }
        "unavoidable" => "Premium of leaks that had to be, and whose router knew at once.",
        "detection_lag" => {
            "Premium of leaks whose own attempt at the plan had failed first: nothing had told their router."
        }
        "failback_lag" => {
            "Premium of leaks that left only because their router still believed in an outage that was over."
        }
        "by_design" => "Premium of leaks that a router chose: to spread load, for a guard, or for no reason.",
        "retries_and_hedges" => "Work that was billed and of no use, and hedges.",
        "other_prices" => "What is left: the plan itself was dearer or cheaper than in calm weather.",
        "total" => "What was billed.",
        _ => "",
    }
}

fn bars(steps: &[WaterfallStep]) -> Vec<Bar<'_>> {
    let mut level = 0.0;
    let mut bars = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let change = human::decimal(&step.usd);
        let mut bar = Bar {
            index,
            step: &step.step,
            usd: &step.usd,
            requests: step.requests,
            change,
            from: level,
            to: level + change,
        };
        if bar.ends() {
            (bar.from, bar.to) = (0.0, change);
        }
        level = bar.to;
        bars.push(bar);
    }
    bars
}

/// The scale of money, from a first value that need not be zero.
struct Axis {
    low: f64,
    high: f64,
    step: f64,
}

impl Axis {
    fn new(bars: &[Bar<'_>]) -> Self {
        let levels = || bars.iter().map(|bar| bar.to);
        let (low, high) =
            (levels().fold(f64::INFINITY, f64::min), levels().fold(f64::NEG_INFINITY, f64::max));
        let spread = high - low;
        // Where the steps would take less than a quarter of the width, the axis does not begin at zero.
        let broken = low > 0.0 && spread > 0.0 && spread < high / 4.0;
        let from = if broken { low - spread * 0.35 } else { low.min(0.0) };
        let to = if high > from { high } else { from + 1.0 };
        let step = round_step((to - from) / 4.0);
        // The axis begins and ends at whole steps. Sums of floats may be a hair beyond one.
        const HAIR: f64 = 1e-9;
        Self { low: libm::floor(from / step + HAIR) * step, high: libm::ceil(to / step - HAIR) * step, step }
    }

    fn at(&self, x: f64) -> f64 {
        (x - self.low) / (self.high - self.low)
    }

    fn ticks(&self) -> Vec<f64> {
        let count = libm::round((self.high - self.low) / self.step) as u32;
        (0..=count).map(|i| self.low + f64::from(i) * self.step).collect()
    }
}

/// 1, 2 or 5 times a power of ten, not below a value.
fn round_step(least: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(least.max(1e-12))));
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(10.0 * power)
}

fn row(bar: &Bar<'_>, more_follow: bool, axis: &Axis) -> String {
    let (a, b) = (axis.at(bar.from.max(axis.low)), axis.at(bar.to));
    let (left, right) = (a.min(b), a.max(b));
    let class = if bar.ends() { "whole" } else { bar.class() };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(amounts: &[(&str, &str)]) -> Vec<WaterfallStep> {
        amounts
            .iter()
            .map(|(step, usd)| WaterfallStep {
                step: (*step).to_owned(),
                requests: 1,
                usd: (*usd).to_owned(),
            })
            .collect()
    }

    #[test]
    fn the_axis_holds_every_level_and_is_broken_only_where_steps_are_small() {
        let cases = [
            (["700", "20", "-5"], true),
            (["700", "400", "-5"], false),
            (["0", "3", "-1"], false),
            (["0", "0", "0"], false),
            (["5", "-9", "1"], false),
            (["0.3", "-0.1", "-0.2"], false),
            (["0.000000000003", "0.000000000009", "0"], false),
        ];
        for (amounts, broken) in cases {
            let steps =
                steps(&[("base", amounts[0]), ("unavoidable", amounts[1]), ("other_prices", amounts[2])]);
            let bars = bars(&steps);
            let axis = Axis::new(&bars);
            assert_eq!(axis.low > 0.0, broken, "{amounts:?}");
            for bar in &bars {
                assert!((-1e-6..=1.0 + 1e-6).contains(&axis.at(bar.to)), "{amounts:?}: {}", axis.at(bar.to));
            }
            assert!(axis.low >= 0.0 || bars.iter().any(|bar| bar.to < -1e-9), "{amounts:?}: {}", axis.low);
            assert!((1..=12).contains(&axis.ticks().len()), "{amounts:?}");
        }
    }
}
