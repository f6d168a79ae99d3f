//! Panel 1: for each target what was really wrong with it, and below what routers believed.

use plotters::prelude::DrawingBackend;
use sandbox_core::{Span, Time};
use sandbox_model::{FaultKind, FaultScope};

use super::canvas::Canvas;
use super::frame::{Frame, NAME, NOTE, Plot};
use super::labels::Taken;
use super::palette::{self, Tone, fault};
use super::panel::Panel;
use super::text::Align;
use crate::error::ReportError;
use crate::figure::{Figure, Window};
use crate::look::{Bar, fault_word, look};
use crate::{human, windows};

const ROW: i32 = 36;
const ROW_MIN: i32 = 18;
/// A line of text below the rows.
const LINE: i32 = 24;
/// Nothing is thinner than this, however short it was.
const WIDTH_MIN: i32 = 2;
const BELIEVED: &str = "believed down";
/// Most labels in a row.
const LABELS: usize = 4;

/// Which lanes get a row, and how high the rows are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rows {
    /// Lanes with a row, in the timeline's order.
    pub(crate) shown: Vec<usize>,
    /// Lanes in which nothing happened, and nobody thought so.
    calm: Vec<usize>,
    /// Lanes with incidents for which there is no room.
    crowded_out: Vec<usize>,
    /// Height of a row in pixels.
    pub(crate) row: i32,
}

impl Rows {
    /// Lays the lanes out in at most `room` pixels.
    pub(crate) fn new(figure: &Figure, room: i32) -> Self {
        let trouble = |lane: usize| truth(figure, lane) + belief(figure, lane);
        let (mut shown, calm): (Vec<usize>, Vec<usize>) =
            (0..figure.lanes.len()).partition(|&lane| trouble(lane) > Span::ZERO);
        let lines =
            |calm: &Vec<usize>, crowded: bool| LINE * (i32::from(!calm.is_empty()) + i32::from(crowded));
        let fits = |room: i32| usize::try_from(room / ROW_MIN).unwrap_or(0).max(1);
        let mut crowded_out = Vec::new();
        if shown.len() > fits(room - lines(&calm, false)) {
            // Those with the least trouble go; the sort is stable, so of equals the later ones.
            shown.sort_by_key(|&lane| std::cmp::Reverse(trouble(lane)));
            crowded_out = shown.split_off(fits(room - lines(&calm, true)));
            shown.sort_unstable();
            crowded_out.sort_unstable();
        }
        let left = room - lines(&calm, !crowded_out.is_empty());
        let count = i32::try_from(shown.len()).unwrap_or(i32::MAX).max(1);
        Self { shown, calm, crowded_out, row: (left / count).clamp(ROW_MIN, ROW) }
    }

    /// As much room as all lanes want.
    pub(crate) fn room(figure: &Figure) -> i32 {
        const MOST: i32 = 40 * ROW_MIN;
        let count = i32::try_from(figure.lanes.len()).unwrap_or(i32::MAX);
        (count.min(MOST) * ROW + 2 * LINE).min(MOST)
    }

    /// Height of all rows and lines in pixels.
    pub(crate) fn height(&self) -> i32 {
        // A picture has at most some hundred rows.
        let rows = self.shown.len() as i32 * self.row;
        rows + LINE * (i32::from(!self.calm.is_empty()) + i32::from(!self.crowded_out.is_empty()))
    }
}

/// How long something was wrong, as far as it is shown.
fn truth(figure: &Figure, lane: usize) -> Span {
    let (from, until) = figure.shown;
    let truth = figure.lanes[lane].truth.iter();
    let windows = windows::union(truth.map(|window| (window.from.max(from), window.until.min(until))));
    windows.into_iter().map(|(from, until)| until.saturating_since(from)).sum()
}

fn belief(figure: &Figure, lane: usize) -> Span {
    figure.timeline.rows.iter().filter_map(|row| row.believed_down.get(lane)).copied().sum()
}

pub(crate) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    panel: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let note =
        if frame.rows.shown.is_empty() { "nothing was wrong, and nothing was believed down" } else { "" };
    let x = frame.draw_title(panel, (Panel::Lanes.title().0, note), canvas)? - 24;
    let first = frame.run.as_ref().is_none_or(|run| run.first);
    if first {
        draw_key(figure, frame, (x, panel.top - 16), canvas)?;
    }
    let right = frame.axis.right + 12;
    if first && !frame.rows.shown.is_empty() {
        canvas.text("faulty / believed down", (right, panel.top - 16), Align::Left, NOTE)?;
    }
    let mut y = panel.top;
    for &lane in &frame.rows.shown {
        let row = Plot { top: y, bottom: y + frame.rows.row };
        draw_row(figure, frame, lane, row, canvas)?;
        y = row.bottom;
    }
    draw_list(figure, frame, y, (&frame.rows.crowded_out, "more with incidents"), canvas)?;
    if !frame.rows.crowded_out.is_empty() {
        y += LINE;
    }
    draw_list(figure, frame, y, (&frame.rows.calm, "without incident"), canvas)?;
    let sparks = Plot { top: panel.top + frame.rows.height(), bottom: panel.bottom };
    // Of runs with the same load, only the first has room for it.
    if sparks.height() <= 0 {
        return Ok(());
    }
    super::sparks::draw(figure, frame, sparks, canvas)
}

/// Swatches of the kinds of fault that occur, and of belief.
fn draw_key<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    (mut x, y): (i32, i32),
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let mut kinds: Vec<FaultKind> = Vec::new();
    for window in frame.rows.shown.iter().flat_map(|&lane| &figure.lanes[lane].truth) {
        if kinds.iter().all(|kind| kind.name() != window.kind.name()) {
            kinds.push(window.kind);
        }
    }
    kinds.sort_by_key(|kind| look(kind).severity);
    kinds.reverse();
    let believed = frame.rows.shown.iter().any(|&lane| belief(figure, lane) > Span::ZERO);
    let (upper, lower) = ("upper bar, what was wrong:", "lower bar:");
    let entry = |word: &str| 44 + canvas.width(word, NAME);
    let entries: i32 = kinds.iter().map(|kind| entry(fault_word(kind))).sum();
    let all = canvas.width(upper, NOTE) + canvas.width(lower, NOTE) + 28 + entries + entry(BELIEVED);
    // In a narrow picture the swatches must do.
    let roomy = x + all < frame.axis.right;
    if roomy && !kinds.is_empty() {
        canvas.text(upper, (x, y), Align::Left, NOTE)?;
        x += canvas.width(upper, NOTE) + 10;
    }
    for kind in &kinds {
        let word = fault_word(kind);
        if x + entry(word) > frame.axis.right {
            return canvas.text("…", (x, y), Align::Left, NAME);
        }
        canvas.text(word, (x + 28, y), Align::Left, NAME)?;
        draw_fault(kind, (x, y - 5), (x + 22, y + 6), canvas)?;
        x += entry(word);
    }
    if believed && x + entry(BELIEVED) - 16 <= frame.axis.right {
        if roomy {
            canvas.text(lower, (x + 8, y), Align::Left, NOTE)?;
            x += 8 + canvas.width(lower, NOTE) + 10;
        }
        canvas.rect((x, y - 5), (x + 22, y + 6), palette::BELIEF)?;
        canvas.text(BELIEVED, (x + 28, y), Align::Left, NAME)?;
    }
    Ok(())
}

fn draw_row<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    index: usize,
    row: Plot,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let lane = &figure.lanes[index];
    let middle = (row.top + row.bottom) / 2;
    let name = canvas.fit(&lane.name, frame.names_width(), NAME);
    canvas.text(&name, (Frame::margin(), middle), Align::Left, NAME)?;
    let believed = if lane.watched { human::span(belief(figure, index)) } else { "not watched".to_owned() };
    let sums = format!("{} / {}", human::span(truth(figure, index)), believed);
    let sums = canvas.fit(&sums, frame.right().1, NAME);
    canvas.text(&sums, (frame.axis.right + 12, middle), Align::Left, NAME)?;
    frame.draw_level(middle, canvas)?;

    let bar = (row.height() * 2 / 5).min(14);
    let upper = (middle - 1 - bar, middle - 1);
    let lower = (middle + 2, middle + 2 + bar);
    let mut taken = Taken::default();
    let beliefs = beliefs(figure, frame, index);
    for &(from, until, color) in &beliefs {
        canvas.rect((from, lower.0), (until, lower.1), color)?;
        taken.take(from, until);
    }
    let shown = |window: &&Window| {
        window.from < window.until && window.from < frame.axis.until && window.until > frame.axis.from
    };
    let mut truth: Vec<&Window> = lane.truth.iter().filter(shown).collect();
    // The worst on top.
    truth.sort_by_key(|window| look(&window.kind).severity);
    for window in &truth {
        let (from, until) = pixels(frame, window.from, window.until);
        draw_fault(&window.kind, (from, upper.0), (until, upper.1), canvas)?;
        taken.take(from, until);
    }
    truth.sort_by_key(|window| (std::cmp::Reverse(window.until.saturating_since(window.from)), window.from));
    let long = frame.axis.length().as_nanos() / 200;
    let few = truth.len() <= LABELS;
    let worth =
        truth.iter().filter(|window| few || window.until.saturating_since(window.from).as_nanos() > long);
    for window in worth.take(LABELS) {
        draw_label(frame, (window, lane.watched), (&beliefs, middle), &mut taken, canvas)?;
    }
    Ok(())
}

/// The pixels of a window, at least [`WIDTH_MIN`] of them.
fn pixels(frame: &Frame, from: Time, until: Time) -> (i32, i32) {
    let from = frame.axis.x(from).min(frame.axis.right - WIDTH_MIN);
    (from, frame.axis.x(until).max(from + WIDTH_MIN))
}

/// Stretches of belief with their colour: the paler, the smaller the part of the bucket.
fn beliefs(figure: &Figure, frame: &Frame, lane: usize) -> Vec<(i32, i32, Tone)> {
    let mut stretches: Vec<(i32, i32, Tone)> = Vec::new();
    let width = figure.timeline.bucket.as_nanos().max(1);
    for row in &figure.timeline.rows {
        let down = row.believed_down.get(lane).copied().unwrap_or(Span::ZERO).as_nanos();
        if down == 0 {
            continue;
        }
        // Quarters, rounded up; a cut last bucket may hold less than it seems.
        let quarter = (down.saturating_mul(4).div_ceil(width)).clamp(1, 4) as u8;
        let color = palette::BELIEF.tint(4 + 3 * quarter);
        let (from, until) = pixels(frame, row.at, row.at.saturating_add(figure.timeline.bucket));
        match stretches.last_mut() {
            Some(last) if last.1 >= from && last.2 == color => last.1 = last.1.max(until),
            _ => stretches.push((from, until, color)),
        }
    }
    stretches
}

/// A bar: the less service it stops, the lower.
fn draw_fault<DB: DrawingBackend>(
    kind: &FaultKind,
    (left, top): (i32, i32),
    (right, bottom): (i32, i32),
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let look = look(kind);
    let color = fault(look.hue);
    let top = match look.bar {
        Bar::Full | Bar::Striped => top,
        Bar::Tall => top + (bottom - top) / 5,
        Bar::Half => (top + bottom) / 2,
    };
    if look.bar != Bar::Striped {
        return canvas.rect((left, top), (right, bottom), color);
    }
    canvas.rect((left, top), (right, bottom), color.tint(5))?;
    for x in (left..right).step_by(5) {
        canvas.rect((x, top), ((x + 3).min(right), bottom), color)?;
    }
    Ok(())
}

/// What it was, how long, and how late it was seen, beside the bars, as far as there is room.
fn draw_label<DB: DrawingBackend>(
    frame: &Frame,
    (window, watched): (&Window, bool),
    (beliefs, y): (&[(i32, i32, Tone)], i32),
    taken: &mut Taken,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    const GAP: i32 = 7;
    let word = fault_word(&window.kind);
    let length = human::span(window.until.saturating_since(window.from));
    let lag = |s: Option<f64>, what: &str| s.map(|s| format!(", {what} {}", human::seconds(s)));
    // Routers believe nothing of links, nor of targets of which none keeps anything in mind: there is nothing to see.
    let blind = window.kind.scope() == FaultScope::Link || !watched;
    let unseen = if blind { "" } else { ", never seen" };
    let seen = lag(window.detection_lag_s, "seen after").unwrap_or_else(|| unseen.to_owned());
    let back = lag(window.failback_lag_s, "back after").unwrap_or_default();
    let (from, until) = pixels(frame, window.from, window.until);
    // Beside the belief that began before or outlasts the fault.
    let (mut start, mut end) = (from, until);
    for &(a, b, _) in beliefs.iter().filter(|belief| belief.1 >= from) {
        if a > end {
            break;
        }
        (start, end) = (start.min(a), end.max(b));
    }
    let texts = [
        format!("{word} {length}{seen}{back}"),
        format!("{word} {length}{back}"),
        format!("{word} {length}"),
        word.to_owned(),
    ];
    for text in texts {
        let width = canvas.width(&text, NOTE);
        let right = end + 2 + GAP;
        let left = start - GAP - width;
        let x = if right + width <= frame.axis.right && taken.is_free(right - 2, right + width + GAP) {
            right
        } else if left >= frame.axis.left && taken.is_free(left - GAP, left + width) {
            left
        } else {
            continue;
        };
        taken.take(x - GAP, x + width + GAP);
        return canvas.label(&text, (x, y), Align::Left, NOTE);
    }
    Ok(())
}

/// One line for several lanes.
fn draw_list<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    top: i32,
    (lanes, what): (&[usize], &str),
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    if lanes.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = lanes.iter().map(|&lane| figure.lanes[lane].name.as_str()).collect();
    let text = format!("{} {what}: {}", lanes.len(), names.join(", "));
    let text = canvas.fit(&text, frame.width - 2 * Frame::margin(), NOTE);
    canvas.text(&text, (Frame::margin(), top + LINE / 2), Align::Left, NOTE)
}
