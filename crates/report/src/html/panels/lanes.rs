//! For each target what was really wrong with it, and below what routers believed.

use std::cmp::Reverse;
use std::fmt::Write as _;

use sandbox_core::{Span, Time};
use sandbox_model::FaultScope;

use super::super::axis::place;
use super::super::number::{attributes, escape};
use super::{Cell, Panel, View, key, plot};
use crate::charts::palette::{self, Bar};
use crate::figure::{Figure, Window, is_about};
use crate::human;
use crate::palette::Rgb;
use crate::windows;

/// A line of labels, the bar of truth, the band of belief.
const ROW: i32 = 40;
const TRUTH: (i32, i32) = (16, 13);
const BELIEF: (i32, i32) = (30, 6);
/// Width that labels are laid out for; the script does it again for the real one.
const WIDTH: f64 = 880.0;
/// Width of a letter of a label, on the safe side.
const LETTER: f64 = 6.4;

/// Colours of the kinds of fault that occur, each once.
pub(crate) fn colors(figure: &Figure) -> Vec<Rgb> {
    let mut colors: Vec<Rgb> = Vec::new();
    for window in figure.lanes.iter().flat_map(|lane| &lane.truth) {
        let color = color(window);
        if !colors.contains(&color) {
            colors.push(color);
        }
    }
    colors
}

fn color(window: &Window) -> Rgb {
    let color = palette::look(&window.kind).color;
    (color.0, color.1, color.2)
}

pub(super) fn panel(view: &View<'_>) -> String {
    let figure = &view.figure;
    let (shown, calm): (Vec<usize>, Vec<usize>) = (0..figure.lanes.len())
        .partition(|&lane| !figure.lanes[lane].truth.is_empty() || believed(view, lane));
    let (mut gutter, mut side) = (String::new(), String::new());
    let height = i32::try_from(shown.len()).unwrap_or(i32::MAX).saturating_mul(ROW).max(ROW);
    let mut plot = plot(view, height, &describe(figure, &shown));
    plot.shapes.push_str(&patterns(view));
    for (index, &lane) in shown.iter().enumerate() {
        let top = ROW * index as i32;
        let name = escape(&figure.lanes[lane].name);
        let _ =
            write!(gutter, "<span class=\"lane name\" style=\"top:{top}px\" title=\"{name}\">{name}</span>");
        let _ = write!(side, "<div class=\"sums\" style=\"top:{top}px\">{}</div>", sums(view, lane));
        draw(view, lane, top, &mut plot.shapes, &mut plot.over);
        if index > 0 {
            plot.level(top);
        }
    }
    if shown.is_empty() {
        plot.empty("nothing was wrong, and nothing was believed down");
    }
    let mut note = "what was wrong (upper bar) and what routers believed (lower band)".to_owned();
    note.push_str(&kinds(view, &shown));
    if !calm.is_empty() {
        let names: Vec<String> = calm.iter().map(|&lane| escape(&figure.lanes[lane].name)).collect();
        let _ = write!(
            note,
            "<span class=\"line\">without incident: <span class=\"name\">{}</span></span>",
            names.join(", ")
        );
    }
    let head = if shown.is_empty() { "" } else { "<div class=\"head\">faulty / believed down</div>" };
    Panel {
        id: "lanes",
        title: "Truth over belief",
        note,
        columns: &["truth_s:", "belief_s:"],
        gutter,
        plots: plot.svg(&view.axis),
        side: format!("<div class=\"lanes-side\" style=\"height:{height}px\">{head}{side}</div>"),
    }
    .html()
}

fn believed(view: &View<'_>, lane: usize) -> bool {
    view.rows().iter().any(|row| row.believed_down.get(lane).is_some_and(|&down| down > Span::ZERO))
}

fn describe(figure: &Figure, shown: &[usize]) -> String {
    let names: Vec<&str> = shown.iter().map(|&lane| figure.lanes[lane].name.as_str()).collect();
    if names.is_empty() {
        return "No target had a fault, and none was believed down.".to_owned();
    }
    format!("Faults over time, and when routers believed the target down, for {}.", names.join(", "))
}

/// Striped bars, one pattern a colour. The script keeps their width while the plot is stretched.
fn patterns(view: &View<'_>) -> String {
    let mut defs = String::from("<defs>");
    let scale = place(view.axis.columns() / WIDTH);
    for index in 0..view.faults.len() {
        let _ = write!(
            defs,
            "<pattern id=\"stripe-{index}\" width=\"5\" height=\"8\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"scale({scale},1)\"><rect width=\"5\" height=\"8\" style=\"fill:var(--paper)\"/>\
             <rect width=\"3\" height=\"8\" style=\"fill:var(--fault-{index})\"/></pattern>"
        );
    }
    defs + "</defs>"
}

/// The kinds that occur, with the mark of each: labels do not fit everywhere.
fn kinds(view: &View<'_>, shown: &[usize]) -> String {
    let mut windows: Vec<&Window> = Vec::new();
    for window in shown.iter().flat_map(|&lane| &view.figure.lanes[lane].truth) {
        if windows.iter().all(|other| palette::look(&other.kind) != palette::look(&window.kind)) {
            windows.push(window);
        }
    }
    windows.sort_by_key(|window| Reverse(palette::look(&window.kind).severity));
    let mut list = String::from("<span class=\"kinds\">");
    for window in windows {
        let look = palette::look(&window.kind);
        list.push_str(
            &key(
                bar_class(look.bar),
                &format!("--c:var(--fault-{})", index_of(view, window)),
                palette::fault_word(&window.kind),
                "",
            )
            .replace("div", "span"),
        );
    }
    if shown.iter().any(|&lane| believed(view, lane)) {
        list.push_str(&key("belief", "", "believed down", "").replace("div", "span"));
    }
    list + "</span>"
}

const fn bar_class(bar: Bar) -> &'static str {
    match bar {
        Bar::Full => "full",
        Bar::Striped => "striped",
        Bar::Tall => "tall",
        Bar::Half => "half",
    }
}

fn index_of(view: &View<'_>, window: &Window) -> usize {
    view.faults.iter().position(|&one| one == color(window)).unwrap_or(0)
}

/// How long it was faulty and believed down.
fn sums(view: &View<'_>, lane: usize) -> String {
    let name = &view.figure.lanes[lane].name;
    let truth = view.figure.lanes[lane].truth.iter().map(|window| (window.from, window.until));
    let truth: Span =
        windows::union(truth).into_iter().map(|(from, until)| until.saturating_since(from)).sum();
    let belief: Span = view
        .rows()
        .iter()
        .filter_map(|row| row.believed_down.get(lane))
        .copied()
        .fold(Span::ZERO, Span::saturating_add);
    let cell = |prefix: &str, span: Span| {
        let column = format!("{prefix}:{name}");
        let raw = span.as_secs_f64().to_string();
        Cell { num: &column, den: None, peak: None, unit: "seconds" }
            .html(&view.all(&column), Some((raw, human::span(span))))
    };
    format!("{} / {}", cell("truth_s", truth), cell("belief_s", belief))
}

fn draw(view: &View<'_>, lane: usize, top: i32, shapes: &mut String, over: &mut String) {
    let axis = &view.axis;
    draw_belief(view, lane, top + BELIEF.0, shapes);
    let mut truth: Vec<&Window> =
        view.figure.lanes[lane].truth.iter().filter(|window| window.from < window.until).collect();
    // The worst on top.
    truth.sort_by_key(|window| palette::look(&window.kind).severity);
    for window in &truth {
        let look = palette::look(&window.kind);
        let index = index_of(view, window);
        let (y, height) = match look.bar {
            Bar::Full | Bar::Striped => TRUTH,
            Bar::Tall => (TRUTH.0 + 3, TRUTH.1 - 3),
            Bar::Half => (TRUTH.0 + 7, TRUTH.1 - 7),
        };
        let (from, until) = (axis.x(window.from), axis.x(window.until));
        let fill = if look.bar == Bar::Striped {
            format!("url(#stripe-{index})")
        } else {
            format!("var(--fault-{index})")
        };
        let _ = write!(
            shapes,
            "<rect class=\"fault\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{height}\" \
             style=\"fill:{fill};stroke:var(--fault-{index})\"/>",
            place(from),
            top + y,
            place(until - from),
        );
    }
    // The longest speak first.
    truth.sort_by_key(|window| (Reverse(window.until.saturating_since(window.from)), window.from));
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for window in truth {
        over.push_str(&label(view, window, top + 12, &mut taken));
    }
}

/// Stretches of belief: the paler, the smaller the part of the column.
fn draw_belief(view: &View<'_>, lane: usize, y: i32, shapes: &mut String) {
    let width = view.condensed.timeline.bucket.as_nanos().max(1);
    let quarters = view.rows().iter().map(|row| {
        let down = row.believed_down.get(lane).copied().unwrap_or(Span::ZERO).as_nanos();
        // Rounded up; a cut last bucket may hold less than it seems. At most 4.
        if down == 0 { 0 } else { (u128::from(down) * 4).div_ceil(u128::from(width)).clamp(1, 4) as u8 }
    });
    let quarters: Vec<u8> = quarters.collect();
    let mut x = 0;
    for run in quarters.chunk_by(|a, b| a == b) {
        if run[0] > 0 {
            let _ = write!(
                shapes,
                "<rect class=\"belief q{}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\"/>",
                run[0],
                run.len(),
                BELIEF.1
            );
        }
        x += run.len();
    }
}

/// What it was, and how late it was seen and seen over. Labels that find no room are there for the script to try again.
fn label(view: &View<'_>, window: &Window, y: i32, taken: &mut Vec<(f64, f64)>) -> String {
    let word = palette::fault_word(&window.kind);
    let report = view.run.summary.faults.iter().position(|report| {
        view.run.faults.iter().any(|(_, fault)| {
            fault.kind == window.kind
                && fault.from == window.from
                && fault.until == window.until
                && is_about(report, fault)
        })
    });
    let mut lags = String::new();
    let mut letters = word.chars().count();
    let mut lag = |what: &str, field: &str, seconds: Option<f64>| {
        let (Some(seconds), Some(report)) = (seconds, report) else { return };
        let text = human::seconds(seconds);
        letters += what.len() + text.chars().count();
        let of = format!("summary.json#/faults/{report}/{field}");
        let _ = write!(lags, "{what}<tspan{}>{text}</tspan>", attributes(&of, &seconds.to_string()));
    };
    lag(", seen after ", "detection_lag_s", window.detection_lag_s);
    lag(", back after ", "failback_lag_s", window.failback_lag_s);
    if window.detection_lag_s.is_none() && window.kind.scope() != FaultScope::Link {
        lags.push_str(", never seen");
        letters += 12;
    }
    let from = view.axis.percent(window.from);
    let mut room = |letters: usize| {
        let width = letters as f64 * LETTER + 8.0;
        let left = (from / 100.0 * WIDTH).min(WIDTH - width);
        let free = left >= 0.0 && taken.iter().all(|&(a, b)| left + width <= a || b <= left);
        if free {
            taken.push((left, left + width));
        }
        free.then_some(left)
    };
    let (left, class) = match room(letters) {
        Some(left) => (left, "fault-label"),
        None => match room(word.chars().count()) {
            Some(left) => (left, "fault-label short"),
            None => (0.0, "fault-label hidden"),
        },
    };
    let x = if left < from / 100.0 * WIDTH - 0.1 { left / WIDTH * 100.0 } else { from };
    format!(
        "<text class=\"{class}\" x=\"{}%\" y=\"{y}\" data-from=\"{}\" data-until=\"{}\">{word}<tspan class=\"lags\">{lags}</tspan></text>",
        place(x),
        seconds(window.from),
        seconds(window.until),
    )
}

fn seconds(at: Time) -> String {
    place(at.as_secs_f64())
}
