//! Answers with status 429 that endpoints gave.

use super::super::svg::{area, path};
use super::{Cell, Panel, View, ceiling, condensed_note, key, plot, tick, y_of};
use crate::human;

const HEIGHT: i32 = 90;

pub(super) fn panel(view: &View<'_>) -> String {
    let mut plot = plot(view, HEIGHT, "Answers with status 429, too many requests, over time.");
    let counts: Vec<u64> = view.condensed.peaks.iter().map(|peaks| peaks.rate_limited_max).collect();
    let highest = counts.iter().copied().max().unwrap_or(0);
    let mut gutter = String::new();
    if highest > 0 {
        let top = ceiling(highest as f64);
        // At least a pixel of whatever there is.
        let edge = |&n: &u64| (n > 0).then(|| y_of(n as f64, top, HEIGHT).min(HEIGHT - 1));
        plot.shapes.push_str(&path("limited", &area(&counts.iter().map(edge).collect::<Vec<_>>(), HEIGHT)));
        gutter.push_str(&tick(0, &human::number(top)));
        gutter.push_str(&tick(HEIGHT, "0"));
    } else {
        plot.empty("no endpoint answered 429");
    }
    let all: u64 = view.rows().iter().map(|row| row.rate_limited).sum();
    let cell = Cell { num: "rate_limited", den: None, peak: Some("rate_limited_max"), unit: "count" };
    let whole = Some((all.to_string(), human::count(all)));
    let side = key("area limited", "", "429 answers", &cell.html(&view.all("rate_limited"), whole));
    let width = human::span(view.run.timeline.bucket);
    Panel {
        id: "limits",
        title: "429s",
        note: format!(
            "answers “too many requests”, in each bucket of <span class=\"tick\">{width}</span>{}",
            condensed_note(view, "the highest of them is drawn")
        ),
        columns: &["rate_limited", "rate_limited_max"],
        gutter,
        plots: plot.svg(&view.axis),
        side,
    }
    .html()
}
