//! Attempts per request: how much more a provider got than was asked for.

use super::super::svg::{band, path, steps};
use super::{Cell, Panel, View, ceiling, condensed_note, key, plot, tick, y_of};
use crate::human;

const HEIGHT: i32 = 90;

pub(super) fn panel(view: &View<'_>) -> String {
    let mut plot = plot(view, HEIGHT, "Attempts per request that arrived, over time.");
    let ratios: Vec<Option<f64>> =
        view.condensed.peaks.iter().map(|peaks| peaks.attempts_per_request_max).collect();
    let highest = ratios.iter().copied().flatten().fold(0.0, f64::max);
    let mut gutter = String::new();
    if highest > 0.0 {
        // Room above one, so that nothing happening looks like nothing happening.
        let top = ceiling(highest.max(1.5));
        let y = |ratio: f64| y_of(ratio, top, HEIGHT);
        let edges: Vec<Option<i32>> = ratios.iter().map(|ratio| ratio.map(y)).collect();
        let one = vec![Some(y(1.0)); edges.len()];
        plot.shapes.push_str(&path("extra", &band(&edges, &one)));
        plot.shapes.push_str(&path("amplification", &steps(&edges)));
        plot.level(y(1.0));
        gutter.push_str(&tick(y(1.0), "1.0"));
        gutter.push_str(&tick(HEIGHT, "0"));
        if y(top) + 14 < y(1.0) {
            gutter.push_str(&tick(0, &human::number(top)));
        }
    } else {
        plot.empty("no requests arrived");
    }
    let (attempts, arrived) =
        view.rows().iter().fold((0, 0), |sum, row| (sum.0 + row.attempts, sum.1 + row.arrived));
    let whole = (arrived > 0).then(|| {
        let ratio = attempts as f64 / arrived as f64;
        (ratio.to_string(), format!("{ratio:.3}"))
    });
    let cell =
        Cell { num: "attempts", den: Some("arrived"), peak: Some("attempts_per_request_max"), unit: "ratio" };
    let side = key(
        "stroke amplification",
        "",
        "attempts per request",
        &cell.html(&view.all("attempts/arrived"), whole),
    );
    Panel {
        id: "attempts",
        title: "Attempts per request",
        note: format!(
            "attempts of entry routers for each request that arrived; above 1.0: retries, fallbacks and hedges{}",
            condensed_note(view, "the line shows the highest of them")
        ),
        columns: &["arrived", "attempts", "attempts_per_request_max"],
        gutter,
        plots: plot.svg(&view.axis),
        side,
    }
    .html()
}
