//! A sequence diagram as SVG, in the colours of the page.

use std::fmt::Write as _;

use sandbox_core::Span;
use sandbox_engine::explain::Story;

use super::scene::{Act, Kind, Lane, Role, Scene, What, Word, since, words};
use crate::html::number::{attributes, escape};
use crate::human;

/// The first lifeline [px].
const LEFT: i64 = 110;
/// Between two lifelines [px].
const APART: i64 = 190;
/// For what is said beside the last lifeline [px].
const RIGHT: i64 = 190;
/// The first instant [px].
const TOP: i64 = 66;
/// Between two lines [px].
const LINE: i64 = 30;
/// A second [px], and the most that a pause gets.
const SECOND: i64 = 24;
const PAUSE: i64 = 48;
/// Characters of a name that fit between two lifelines.
const NAME: usize = 24;

/// The life of one request; `of` is where its story stands in the run directory: `worst.json#/3`.
///
/// Colours are custom properties of the page and classes of its style sheet. Time runs down: at least a line for all that
/// happens, and more where time passes; a pause that would leave the picture empty is cut short, and the lifelines are
/// broken there.
#[must_use]
pub fn sequence_svg(story: &Story, of: &str) -> String {
    let scene = Scene::new(story);
    let lanes = scene.lanes.len() as i64;
    let width = LEFT + (lanes - 1).max(0) * APART + RIGHT;
    let mut rows = Vec::new();
    let (mut y, mut before, mut breaks) = (TOP, None::<Span>, Vec::new());
    for act in &scene.acts {
        if let Some(before) = before {
            let pause =
                i64::try_from(act.at.saturating_sub(before).as_nanos() / 1_000_000).unwrap_or(i64::MAX);
            let wanted = pause.saturating_mul(SECOND) / 1_000;
            if wanted > PAUSE {
                breaks.push(y + LINE / 2 + PAUSE / 2);
            }
            y += LINE + wanted.min(PAUSE);
        }
        rows.push(y);
        before = Some(act.at);
    }
    let height = y + 30;
    let mut svg = format!(
        "<svg class=\"sequence\" viewBox=\"0 0 {width} {height}\" style=\"--width:{width}px\" role=\"img\" aria-label=\"{}\">\n",
        escape(&told(&scene))
    );
    for (index, lane) in scene.lanes.iter().enumerate() {
        svg.push_str(&lifeline(x(index), lane, height, &breaks));
    }
    let mut before = None;
    for (act, y) in scene.acts.iter().zip(rows) {
        if before != Some(act.at) {
            svg.push_str(&time(act, y, of));
        }
        before = Some(act.at);
        svg.push_str(&drawn(act, y, of));
    }
    svg.push_str("</svg>");
    svg
}

/// Everything in words, for those who cannot see it.
fn told(scene: &Scene<'_>) -> String {
    let mut told = "Sequence:".to_owned();
    for act in &scene.acts {
        let (from, to) = match act.what {
            What::Arrow { from, to, .. } => (scene.lanes[from].name, Some(scene.lanes[to].name)),
            What::Note { lane, .. } => (scene.lanes[lane].name, None),
        };
        let to = to.map_or_else(String::new, |to| format!(" to {to}"));
        let _ = write!(told, " {} {from}{to}: {};", since(act.at), words(&act.words));
    }
    told
}

fn x(lane: usize) -> i64 {
    LEFT + lane as i64 * APART
}

fn lifeline(x: i64, lane: &Lane<'_>, height: i64, breaks: &[i64]) -> String {
    let (class, role) = match lane.role {
        Role::Client => ("client", ""),
        Role::Router => ("router", "router"),
        Role::Plan => ("plan", "the plan"),
        Role::Target => ("target", ""),
    };
    let mut svg = format!("<g class=\"lane {class}\"><title>{}</title>", escape(lane.name));
    let mut y = 40;
    for &at in breaks {
        let _ = write!(
            svg,
            "<line x1=\"{x}\" x2=\"{x}\" y1=\"{y}\" y2=\"{}\"/><path class=\"torn\" d=\"M{x} {}l-6 3 12 6-6 3\"/>",
            at - 6,
            at - 6
        );
        y = at + 6;
    }
    let _ = writeln!(
        svg,
        "<line x1=\"{x}\" x2=\"{x}\" y1=\"{y}\" y2=\"{}\"/><text class=\"who\" x=\"{x}\" y=\"18\">{}</text><text class=\"role\" x=\"{x}\" y=\"34\">{role}</text></g>",
        height - 6,
        escape(&human::cut(lane.name, NAME)),
    );
    svg
}

fn time(act: &Act, y: i64, of: &str) -> String {
    let text = since(act.at);
    match &act.at_pointer {
        Some(pointer) => format!(
            "<text class=\"time\" x=\"72\" y=\"{}\"{}>{text}</text>\n",
            y + 4,
            attributes(&format!("{of}{pointer}"), &format!("{:?}", act.at.as_secs_f64()))
        ),
        // Where times begin.
        None => format!("<text class=\"time tick\" x=\"72\" y=\"{}\">{text}</text>\n", y + 4),
    }
}

fn drawn(act: &Act, y: i64, of: &str) -> String {
    match act.what {
        What::Note { lane, kind } => {
            let x = x(lane);
            format!(
                "<g class=\"act {}\"><circle cx=\"{x}\" cy=\"{y}\" r=\"4\"/><text x=\"{}\" y=\"{}\">{}</text></g>\n",
                class(kind),
                x + 10,
                y + 4,
                spoken(&act.words, of)
            )
        }
        What::Arrow { from, to, kind } => {
            let (a, b) = (x(from), x(to));
            // The head of the arrow, or the cross where nothing arrives.
            let way = (b - a).signum();
            let tip = if kind == Kind::Dropped { b - way * 14 } else { b - way * 2 };
            let head = if kind == Kind::Dropped {
                format!("M{} {}l8 8m0-8l-8 8", tip - 4, y - 4)
            } else {
                format!("M{} {}L{tip} {y}L{} {}", tip - way * 8, y - 4, tip - way * 8, y + 4)
            };
            format!(
                "<g class=\"act {}\"><line x1=\"{a}\" x2=\"{tip}\" y1=\"{y}\" y2=\"{y}\"/><path class=\"head\" d=\"{head}\"/>\
                 <text x=\"{}\" y=\"{}\">{}</text></g>\n",
                class(kind),
                a.min(b) + 12,
                y - 6,
                spoken(&act.words, of)
            )
        }
    }
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Ask => "ask",
        Kind::AskOffPlan => "off",
        Kind::Good => "good",
        Kind::Bad => "bad",
        Kind::Dropped => "dropped",
        Kind::Wait => "wait",
    }
}

fn spoken(words: &[Word], of: &str) -> String {
    let mut svg = String::new();
    for word in words {
        match word {
            Word::Plain(text) => svg.push_str(&escape(text)),
            Word::Number { pointer, raw, text } => {
                // A difference names both of its ends.
                let place = attributes(
                    &format!(
                        "{of}{}",
                        pointer
                            .replace(" - /", &format!(" - {}/", of.split_once('#').map_or("", |(_, at)| at)))
                    ),
                    raw,
                );
                let _ = write!(svg, "<tspan{place}>{}</tspan>", escape(text));
            }
        }
    }
    svg
}
