//! Who served the requests that arrived in each column: servers from the base up, those that were planned first; the leak set
//! off by its hatching in the one hot colour; failures from the top.

use std::collections::BTreeMap;

use sandbox_engine::output::Work;

use super::super::axis::place;
use super::super::svg::{area, band, path, steps};
use super::{Cell, Panel, View, condensed_note, key, plot, share_of, tick};

const HEIGHT: i32 = 190;

/// Endpoints that served anything, those with the smallest part of leak first.
fn order(view: &View<'_>) -> Vec<(usize, u64)> {
    let timeline = &view.condensed.timeline;
    let mut leaks: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for line in &view.run.ledger.lines {
        let of = leaks.entry(line.endpoint.as_str()).or_default();
        match line.work {
            Work::Plan => of.0 += line.requests,
            Work::Leak { .. } => of.1 += line.requests,
            Work::Wasted => {}
        }
    }
    let served = (0..timeline.endpoints.len())
        .map(|at| (at, timeline.rows.iter().filter_map(|row| row.served.get(at)).sum::<u64>()));
    let mut order: Vec<(usize, u64)> = served.filter(|(_, n)| *n > 0).collect();
    // Per mille of the endpoint's work that leaked; the sort is stable, so that equals stay in the scenario's order.
    order.sort_by_key(|(at, _)| {
        let (plan, leak) = leaks.get(timeline.endpoints[*at].as_str()).copied().unwrap_or_default();
        leak * 1_000 / (plan + leak).max(1)
    });
    order
}

pub(super) fn panel(view: &View<'_>) -> String {
    let timeline = &view.condensed.timeline;
    let order = order(view);
    let mut plot = plot(
        view,
        HEIGHT,
        "Who served the requests that arrived, as shares over time: servers from the base up, then the leak, failures from the top.",
    );
    let (mut side, requests) = (Vec::new(), &view.run.summary.requests);
    plot.shapes.push_str(&hatch(view));

    // From the back, each covering the last up to its own edge.
    let mut below: Vec<u64> = vec![0; timeline.rows.len()];
    let mut layers = Vec::new();
    for &(at, served) in &order {
        for (sum, row) in below.iter_mut().zip(&timeline.rows) {
            *sum += row.served.get(at).copied().unwrap_or(0);
        }
        layers.push((at, served, edges(view, |index| below[index])));
    }
    for (at, served, edge) in layers.iter().rev() {
        let provider = view.run.setting.provider_of.get(*at).copied().unwrap_or(usize::MAX);
        let color = if provider < 9 {
            format!("provider-{provider}-{}", shade(view, *at))
        } else {
            "load".to_owned()
        };
        let data = area(edge, HEIGHT);
        plot.shapes.push_str(&format!("<path class=\"served\" style=\"fill:var(--{color})\" d=\"{data}\"/>"));
        let column = format!("served:{}", timeline.endpoints[*at]);
        let cell = Cell { num: &column, den: Some("arrived"), peak: None, unit: "percent" };
        let arrived: u64 = timeline.rows.iter().map(|row| row.arrived).sum();
        let of = view.all(&format!("{column}/arrived"));
        side.push(key(
            "area",
            &format!("--c:var(--{color})"),
            &timeline.endpoints[*at],
            &cell.html(&of, share_of(*served, arrived)),
        ));
    }
    let rows = &timeline.rows;
    let leak_top = edges(view, |index| rows[index].served_by_plan + rows[index].leaked);
    let leak_base = edges(view, |index| rows[index].served_by_plan);
    let leak = band(&leak_top, &leak_base);
    plot.shapes.push_str(&path("leak-back", &leak));
    plot.shapes.push_str(&path("leak", &leak));
    // Failures hang from the top.
    let failed: Vec<Option<i32>> = rows
        .iter()
        .map(|row| (row.arrived > 0).then(|| height(row.failed + row.shed, row.arrived)))
        .collect();
    plot.shapes.push_str(&path("failed", &band(&vec![Some(0); failed.len()], &failed)));
    if view.is_condensed() {
        let share = |of: Option<f64>| of.map(|share| HEIGHT - libm::round(share * f64::from(HEIGHT)) as i32);
        let worst: Vec<Option<i32>> =
            view.condensed.peaks.iter().map(|peaks| share(peaks.plan_share_min)).collect();
        plot.shapes.push_str(&path("worst", &steps(&worst)));
    }
    if requests.arrived == 0 {
        plot.empty("no requests arrived");
    } else {
        plot.level(HEIGHT / 2);
    }

    let cell = |num: &str, peak: Option<&str>, of: &str, n: u64| {
        Cell { num, den: Some("arrived"), peak, unit: "percent" }.html(of, share_of(n, requests.arrived))
    };
    let all = |column: &str| view.all(&format!("{column}/arrived"));
    let mut top = vec![key("failed", "", "failed", &cell("failed", None, &all("failed"), requests.failed))];
    if requests.shed > 0 {
        top.push(key("failed", "", "shed", &cell("shed", None, &all("shed"), requests.shed)));
    }
    top.push(
        key("leak", "", "leaked", &cell("leaked", None, &all("leaked"), requests.leaked))
            .replace("class=\"key\"", "class=\"key hot\""),
    );
    if view.is_condensed() {
        let worst = Cell {
            num: "served_by_plan",
            den: Some("arrived"),
            peak: Some("plan_share_min"),
            unit: "percent",
        };
        let of = all("served_by_plan");
        top.push(key(
            "worst-line",
            "",
            "by plan",
            &worst.html(&of, share_of(requests.served_by_plan, requests.arrived)),
        ));
    } else {
        top.push(key(
            "none",
            "",
            "by plan",
            &cell("served_by_plan", None, &all("served_by_plan"), requests.served_by_plan),
        ));
    }
    if !side.is_empty() {
        top.push("<div class=\"head\">by server</div>".to_owned());
    }
    top.extend(side);
    Panel {
        id: "share",
        title: "Who served",
        note: format!(
            "share of the requests that arrived, by server; hatched: leaked{}",
            condensed_note(view, "the thin line shows the lowest share served by plan in any of them")
        ),
        columns: &[
            "arrived",
            "served_by_plan",
            "leaked",
            "failed",
            "shed",
            "in_flight",
            "served:",
            "plan_share_min",
            "failed_share_max",
        ],
        gutter: [tick(0, "100 %"), tick(HEIGHT / 2, "50 %"), tick(HEIGHT, "0")].concat(),
        plots: plot.svg(&view.axis),
        side: top.concat(),
    }
    .html()
}

/// Endpoints of one provider have its hue, by turns a little darker and a little lighter.
fn shade(view: &View<'_>, endpoint: usize) -> &'static str {
    let provider_of = &view.run.setting.provider_of;
    let before =
        provider_of.iter().take(endpoint).filter(|&&one| Some(&one) == provider_of.get(endpoint)).count();
    if before % 2 == 0 { "soft" } else { "softer" }
}

/// Upper edges of a count as a share of the arrivals, in pixels; none where nothing arrived.
fn edges(view: &View<'_>, count: impl Fn(usize) -> u64) -> Vec<Option<i32>> {
    let rows = view.rows().iter().enumerate();
    rows.map(|(index, row)| (row.arrived > 0).then(|| HEIGHT - height(count(index), row.arrived))).collect()
}

/// At most the plot's height; at least a pixel of whatever there is.
fn height(n: u64, arrived: u64) -> i32 {
    let pixels = (u128::from(n) * HEIGHT.unsigned_abs() as u128 / u128::from(arrived.max(1))) as i32;
    pixels.clamp(i32::from(n > 0), HEIGHT)
}

/// Slanted lines. The script keeps their slant while the plot is stretched.
fn hatch(view: &View<'_>) -> String {
    let scale = place(view.axis.columns() / 880.0);
    format!(
        "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"scale({scale},1) rotate(45)\"><rect width=\"3.4\" height=\"6\" style=\"fill:var(--hot)\"/></pattern></defs>"
    )
}
