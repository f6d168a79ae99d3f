//! What it had cost by then against the control twin, with the gap shaded; below the gap alone, on a scale of its own.

use sandbox_model::Usd;

use super::super::svg::{band, line, path};
use super::{Cell, Panel, View, ceiling, condensed_note, key, plot, tick, y_of};
use crate::human;

const HEIGHT: i32 = 130;
const GAP: i32 = 60;

pub(super) fn panel(view: &View<'_>) -> String {
    let rows = view.rows();
    let mut upper = plot(view, HEIGHT, "What was billed so far, in this run and in its control twin.");
    let mut lower = plot(view, GAP, "What was billed so far above the control twin.");
    let mut gutter = String::new();
    let money = |of: Usd| of.as_f64();
    let highest = rows.iter().map(|row| money(row.cost.max(row.twin_cost))).fold(0.0, f64::max);
    let gaps: Vec<f64> = rows.iter().map(|row| money(row.cost - row.twin_cost)).collect();
    if highest > 0.0 {
        let top = ceiling(highest);
        let edge = |of: fn(&crate::html::panels::TimelineRow) -> Usd| -> Vec<i32> {
            // Bills are of the end of a bucket; all begin with nothing.
            std::iter::once(HEIGHT).chain(rows.iter().map(|row| y_of(money(of(row)), top, HEIGHT))).collect()
        };
        let (run, twin) = (edge(|row| row.cost), edge(|row| row.twin_cost));
        // A step at each middle stands for the slope between two bills.
        let pairs = || run.iter().zip(&twin).skip(1);
        let dear = band(
            &pairs().map(|(a, b)| Some(*a.min(b))).collect::<Vec<_>>(),
            &pairs().map(|(_, b)| Some(*b)).collect::<Vec<_>>(),
        );
        let cheap = band(
            &pairs().map(|(_, b)| Some(*b)).collect::<Vec<_>>(),
            &pairs().map(|(a, b)| Some(*a.max(b))).collect::<Vec<_>>(),
        );
        let points = |ys: &[i32]| ys.iter().copied().map(Some).collect::<Vec<_>>();
        upper.shapes.push_str(&path("gap-hot", &dear));
        upper.shapes.push_str(&path("gap-saved", &cheap));
        upper.shapes.push_str(&path("twin", &line(&points(&twin), 0.0)));
        upper.shapes.push_str(&path("bill", &line(&points(&run), 0.0)));
        gutter.push_str(&tick(0, &dollars(top)));
        gutter.push_str(&tick(HEIGHT, "$0"));
        upper.level(HEIGHT / 2);
        gutter.push_str(&tick(HEIGHT / 2, &dollars(top / 2.0)));
        draw_gap(&gaps, &mut lower, &mut gutter);
    } else {
        upper.empty("nothing was billed");
        lower.empty("no difference");
    }
    let cost = &view.run.summary.cost_usd;
    let cell = |num: &str, minus: Option<&str>, of: &str, raw: &str, text: String| {
        Cell { num, den: minus, peak: None, unit: if minus.is_some() { "difference" } else { "dollars" } }
            .html(&format!("summary.json#/cost_usd/{of}"), Some((raw.to_owned(), text)))
    };
    let premium = human::decimal(&cost.premium);
    let (swatch, name) = if premium < 0.0 { ("gap-saved", "saved") } else { ("gap-hot", "gap") };
    let side = [
        key(
            "stroke bill",
            "",
            "billed",
            &cell("cost_usd", None, "total", &cost.total, human::dollars(human::decimal(&cost.total))),
        ),
        key(
            "stroke twin",
            "",
            "calm twin",
            &cell("twin_cost_usd", None, "twin", &cost.twin, human::dollars(human::decimal(&cost.twin))),
        ),
        key(
            swatch,
            "",
            name,
            &cell(
                "cost_usd",
                Some("twin_cost_usd"),
                "premium",
                &cost.premium,
                human::dollars_signed(premium),
            ),
        )
        .replace("class=\"key\"", if premium > 0.0 { "class=\"key hot\"" } else { "class=\"key\"" }),
    ];
    Panel {
        id: "cost",
        title: "Cost so far",
        note: format!(
            "billed from the start, against the same requests in calm weather; below the gap alone{}",
            condensed_note(view, "bills are those at its end")
        ),
        columns: &["cost_usd", "twin_cost_usd"],
        gutter,
        plots: upper.svg(&view.axis) + &lower.svg(&view.axis),
        side: side.concat(),
    }
    .html()
}

/// The difference on its own scale, from its lowest to its highest, zero included.
fn draw_gap(gaps: &[f64], plot: &mut super::Plot, gutter: &mut String) {
    let high = gaps.iter().copied().fold(0.0, f64::max);
    let low = gaps.iter().copied().fold(0.0, f64::min);
    let (top, bottom) =
        (if high > 0.0 { ceiling(high) } else { 0.0 }, if -low > high / 50.0 { -ceiling(-low) } else { 0.0 });
    let range = if top > bottom { top - bottom } else { 1.0 };
    let y = |value: f64| y_of(value - bottom, range, GAP);
    let zero: Vec<Option<i32>> = vec![Some(y(0.0)); gaps.len()];
    let edge = |of: fn(f64) -> f64| gaps.iter().map(|&gap| Some(y(of(gap)))).collect::<Vec<_>>();
    plot.shapes.push_str(&path("gap-hot", &band(&edge(|gap| gap.max(0.0)), &zero)));
    plot.shapes.push_str(&path("gap-saved", &band(&zero, &edge(|gap| gap.min(0.0)))));
    plot.shapes.push_str(&path("gap-line", &line(&edge(|gap| gap), 1.0)));
    plot.level(y(0.0));
    // As far apart as the style's `.plots`.
    let below = HEIGHT + 16;
    if top > 0.0 {
        gutter.push_str(&tick(below, &format!("+{}", dollars(top))));
    }
    // Where the axis reaches hardly below zero, or hardly above, one label would lie on the other.
    if GAP - y(0.0) > 12 || bottom == 0.0 {
        gutter.push_str(&tick(below + y(0.0), "$0"));
    }
    if bottom < 0.0 {
        gutter.push_str(&tick(below + GAP, &format!("-{}", dollars(-bottom))));
    }
}

/// A round amount.
fn dollars(amount: f64) -> String {
    format!("${}", human::number(amount))
}
