//! A sequence diagram in plain ASCII, at most 80 columns wide.

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
    let mut text = format!("{:<MARGIN$}", clock(story.arrived));
    if text.chars().count() > MARGIN {
        text = format!("{}\n{:MARGIN$}", text.trim_end(), "");
    }
    text.push_str(&board.head());
    text.push('\n');
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
    /// Names do not fit: letters stand for them.
    letters: bool,
}

impl<'a> Board<'a> {
    fn new(scene: &'a Scene<'a>) -> Self {
        let count = scene.lanes.len().min(LANES);
        let apart = ((WIDTH - MARGIN - LAST) / (count - 1).max(1)).clamp(APART.1, APART.0);
        let fits = |index: usize, name: &str| {
            name.chars().count()
                < if index + 1 == count { WIDTH - MARGIN - apart * (count - 1) } else { apart }
        };
        let letters = scene.lanes.len() > LANES
            || scene
                .lanes
                .iter()
                .enumerate()
                .any(|(index, lane)| !fits(index, lane.name) || !lane.name.is_ascii());
        Self { scene, apart, count, letters }
    }

    fn column(&self, lane: usize) -> usize {
        lane.min(self.count - 1) * self.apart
    }

    fn head(&self) -> String {
        let mut line = String::new();
        for index in 0..self.count {
            let label = self.label(index);
            line.push_str(&format!("{label:<width$}", width = self.apart));
        }
        line.trim_end().to_owned()
    }

    fn label(&self, lane: usize) -> String {
        match (lane, self.letters) {
            (0, _) | (_, false) => self.scene.lanes[lane].name.to_owned(),
            // At most seven.
            (_, true) => char::from(b'A' + (lane - 1) as u8).to_string(),
        }
    }

    fn bars(&self, bar: char) -> Vec<char> {
        let mut line = vec![' '; WIDTH - MARGIN];
        for lane in 0..self.count {
            line[self.column(lane)] = bar;
        }
        line
    }

    fn act(&self, act: &Act, margin: &str, text: &mut String, paint: Paint) {
        let said = words(&act.words);
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

    /// What letters stand for.
    fn key(&self) -> String {
        let mut text = String::new();
        if !self.letters {
            return text;
        }
        text.push('\n');
        let names = |lanes: std::ops::Range<usize>| {
            lanes.map(|lane| self.scene.lanes[lane].name.to_owned()).collect::<Vec<_>>()
        };
        let all = self.scene.lanes.len();
        for lane in 1..self.count {
            let last = lane + 1 == self.count;
            let names = names(lane..if last { all } else { lane + 1 });
            // Any number of them on as many lines as it takes.
            for (index, name) in names.iter().enumerate() {
                let label = if index == 0 { self.label(lane) } else { String::new() };
                text.push_str(&format!("{:MARGIN$}{label:<3}{}\n", "", human::cut(name, WIDTH - MARGIN - 3)));
            }
        }
        text
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
