//! A sequence diagram in plain ASCII, at most 80 columns wide.

use std::cmp::Ordering;

use sandbox_core::{Span, Time};
use sandbox_engine::explain::Story;

use super::scene::{Act, Kind, Scene, What, since, words};
use crate::human;
use crate::terminal::{Paint, Tint, WIDTH};

/// Columns of the times, and the blanks after them.
const MARGIN: usize = 12;
/// Between two lifelines, at most and at least.
const APART: (usize, usize) = (18, 9);
/// Columns that the last lifeline keeps for its name.
const LAST: usize = 12;
/// Lifelines that fit; where there are more, the last of them stands for all others.
const LANES: usize = 7;
/// Characters of the name of one that shares a lifeline.
const NAME: usize = 24;
/// A time without events that is shown as a break.
const PAUSE: Span = Span::from_secs(1);

/// The life of one request, ending with a line break: lifelines side by side, time downwards. `clock` tells the time of day in
/// the scenario's zone.
///
/// Time is in order but not to scale; a colon instead of a lifeline's bar stands for a second or more in which nothing
/// happened.
#[must_use]
pub fn sequence_text(story: &Story, clock: &dyn Fn(Time) -> String, paint: Paint) -> String {
    let scene = Scene::new(story);
    let board = Board::new(&scene);
    let mut text = board.head(&clock(story.arrived), paint);
    let mut before: Option<Span> = None;
    for act in &scene.acts {
        if before.is_some_and(|before| act.at.saturating_sub(before) >= PAUSE) {
            text.push_str(&finish(" ".repeat(MARGIN), &board.bars(':'), None, paint));
        }
        let time = if before == Some(act.at) { String::new() } else { since(act.at) };
        before = Some(act.at);
        let margin = format!("{time:>9}{:1$}", "", MARGIN - 9);
        board.act(act, &margin, &mut text, paint);
    }
    text.push_str(&board.key());
    text
}

/// Where lifelines are.
struct Board<'a> {
    scene: &'a Scene<'a>,
    apart: usize,
    /// Lifelines that are drawn.
    count: usize,
}

impl<'a> Board<'a> {
    fn new(scene: &'a Scene<'a>) -> Self {
        let count = scene.lanes.len().min(LANES);
        let apart = ((WIDTH - MARGIN - LAST) / (count - 1).max(1)).clamp(APART.1, APART.0);
        Self { scene, apart, count }
    }

    fn column(&self, lane: usize) -> usize {
        lane.min(self.count - 1) * self.apart
    }

    /// Whether this lifeline shares its place with others.
    fn is_shared(&self, lane: usize) -> bool {
        self.scene.lanes.len() > self.count && lane + 1 >= self.count
    }

    /// The name of a lifeline as far as there is room for it.
    fn label(&self, lane: usize) -> String {
        let name = if self.is_shared(lane) { "(others)" } else { self.scene.lanes[lane].name };
        human::cut(name, WIDTH - MARGIN - self.column(lane))
    }

    /// Names above their lifelines: each on a line on which it meets nothing, so that long ones stand like stairs.
    fn head(&self, clock: &str, paint: Paint) -> String {
        let mut heights = vec![0; self.count];
        for lane in (0..self.count).rev() {
            let end = self.column(lane) + self.label(lane).chars().count() + 1;
            let covered = (lane + 1..self.count).filter(|&other| self.column(other) < end);
            heights[lane] = covered.map(|other| heights[other] + 1).max().unwrap_or(0);
        }
        let top = heights.iter().copied().max().unwrap_or(0);
        let mut text = String::new();
        for height in (0..=top).rev() {
            let mut line = vec![' '; WIDTH - MARGIN];
            for lane in 0..self.count {
                match heights[lane].cmp(&height) {
                    Ordering::Less => {}
                    Ordering::Equal => put(&mut line, self.column(lane), &self.label(lane)),
                    Ordering::Greater => line[self.column(lane)] = '|',
                }
            }
            // The time of day stands in the margin, on the last line; a longer one above.
            let margin = match (height, clock.chars().count() < MARGIN) {
                (0, true) => format!("{clock:<MARGIN$}"),
                _ => " ".repeat(MARGIN),
            };
            text.push_str(&finish(margin, &line, Some(Tint::Strong), paint));
        }
        if clock.chars().count() < MARGIN { text } else { format!("{clock}\n{text}") }
    }

    fn bars(&self, bar: char) -> Vec<char> {
        let mut line = vec![' '; WIDTH - MARGIN];
        for lane in 0..self.count {
            line[self.column(lane)] = bar;
        }
        line
    }

    fn act(&self, act: &Act, margin: &str, text: &mut String, paint: Paint) {
        let mut said = words(&act.words);
        let ends = match act.what {
            What::Note { lane, .. } => [lane; 2],
            What::Arrow { from, to, .. } => [from, to],
        };
        // Of those that share a lifeline, the name says which one it is.
        if let Some(lane) = ends.into_iter().find(|&lane| self.is_shared(lane)) {
            said = format!("{said} ({})", human::cut(self.scene.lanes[lane].name, NAME));
        }
        let mut line = self.bars('|');
        match act.what {
            What::Note { lane, kind } => {
                let at = self.column(lane);
                line[at] = '*';
                let tint = tint(kind);
                put(&mut line, at + 2, &said);
                text.push_str(&finish(margin.to_owned(), &line, tint, paint));
            }
            What::Arrow { from, to, kind } => {
                let (a, b) = (self.column(from), self.column(to));
                let (left, right) = (a.min(b), a.max(b));
                if left == right {
                    // Both are among the others that share a lifeline.
                    line[left] = '*';
                    put(&mut line, left + 2, &said);
                    text.push_str(&finish(margin.to_owned(), &line, tint(kind), paint));
                    return;
                }
                let room = right - left - 1;
                let inside = said.chars().count() + 4 <= room;
                let mut margin = margin.to_owned();
                if !inside {
                    let mut above = self.bars('|');
                    put(&mut above, left + 2, &said);
                    text.push_str(&finish(margin, &above, tint(kind), paint));
                    margin = " ".repeat(MARGIN);
                }
                for cell in &mut line[left + 1..right] {
                    *cell = '-';
                }
                if a < b {
                    line[right - 1] = if kind == Kind::Dropped { 'x' } else { '>' };
                } else {
                    line[left + 1] = '<';
                }
                if inside {
                    put(&mut line, left + 3, &said);
                }
                text.push_str(&finish(margin, &line, tint(kind), paint));
            }
        }
    }

    /// Names that were cut, whole.
    fn key(&self) -> String {
        let mut text = String::new();
        for lane in 0..self.count {
            let name = self.scene.lanes[lane].name;
            if !self.is_shared(lane) && self.label(lane) != name {
                text.push_str(&format!(
                    "{:MARGIN$}{} is\n",
                    "",
                    human::cut(&self.label(lane), WIDTH - MARGIN - 3)
                ));
                let name: Vec<char> = name.chars().collect();
                for piece in name.chunks(WIDTH - MARGIN) {
                    text.push_str(&format!("{:MARGIN$}{}\n", "", piece.iter().collect::<String>()));
                }
            }
        }
        if text.is_empty() { text } else { format!("\n{text}") }
    }
}

/// Writes over a line from a column on; what is too long begins further left, so that its end is read.
fn put(line: &mut [char], at: usize, words: &str) {
    let long = words.chars().count();
    let at = at.min(line.len().saturating_sub(long));
    for (cell, c) in line[at..].iter_mut().zip(words.chars()) {
        *cell = c;
    }
}

fn tint(kind: Kind) -> Option<Tint> {
    match kind {
        Kind::Bad | Kind::Dropped => Some(Tint::Bad),
        Kind::Wait => Some(Tint::Quiet),
        Kind::Good => Some(Tint::Good),
        Kind::Ask | Kind::AskOffPlan => None,
    }
}

fn finish(margin: String, line: &[char], tint: Option<Tint>, paint: Paint) -> String {
    let line: String = line.iter().collect();
    let whole = format!("{margin}{line}");
    let whole = whole.trim_end();
    match tint {
        Some(tint) => paint.tint(tint, whole) + "\n",
        None => format!("{whole}\n"),
    }
}
