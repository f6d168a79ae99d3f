//! Where requests, tokens or money went, as a Sankey diagram: the page's, without its pointing and switching.

use plotters::prelude::DrawingBackend;
use sandbox_model::Usd;

use super::canvas::Canvas;
use super::frame::{MARGIN, NAME, NOTE};
use super::palette::{self, Tone};
use super::ribbon::{Ribbon, bend};
use super::text::{Align, Fonts};
use crate::error::ReportError;
use crate::flow::graph::{Graph, Meaning, Measure, Node, What};
use crate::flow::layout::{self, Layout};
use crate::flow::words::{self, HEADINGS};
use crate::run_data::RunData;

/// Height of the columns' headings [px].
const HEAD: i32 = 26;
/// Width of a node [px].
const NODE: i32 = 14;
/// Beside the last column, for its labels [px].
const RIGHT: i32 = 300;
/// From the diagram to the key, and the key's height [px].
const KEY: (i32, i32) = (34, 30);
/// A colour of the key [px].
const CHIP: (i32, i32) = (30, 14);

pub(super) struct Sankey<'a> {
    run: &'a RunData,
    measure: Measure,
    graph: Graph,
    layout: Layout,
    width: i32,
    /// How it is to be read, in lines.
    notes: Vec<String>,
}

impl<'a> Sankey<'a> {
    pub(super) fn new(run: &'a RunData, measure: Measure, width: i32, fonts: &Fonts) -> Self {
        let graph = Graph::new(&run.flow.lines, measure);
        let layout = graph.layout(f64::from(width) * 0.26);
        let mut note = words::SCALE.to_owned();
        if measure == Measure::Money && run.flow.lines.iter().any(|line| line.billed < Usd::ZERO) {
            note = format!("{note} {}", words::NEGATIVE);
        }
        let notes = fonts.wrap(&note, width - 2 * MARGIN, NOTE);
        Self { run, measure, graph, layout, width, notes }
    }

    pub(super) fn height(&self) -> i32 {
        let diagram = if self.graph.total > 0 { HEAD + px(self.layout.height) + KEY.0 + KEY.1 } else { 60 };
        diagram + 20 * i32::try_from(self.notes.len()).unwrap_or(0)
    }

    fn x(&self, column: usize) -> i32 {
        // Four columns.
        MARGIN + column as i32 * (self.width - 2 * MARGIN - RIGHT - NODE) / 3
    }

    pub(super) fn draw<DB: DrawingBackend>(
        &self,
        top: i32,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        if self.graph.total == 0 {
            return canvas.text(words::nothing(self.measure), (MARGIN, top + 20), Align::Left, NAME);
        }
        for (column, heading) in HEADINGS.iter().enumerate() {
            canvas.text(heading, (self.x(column), top + 8), Align::Left, NOTE)?;
        }
        let y = top + HEAD;
        let bends: Vec<Vec<f64>> = (0..3).map(|c| bend(self.x(c + 1) - self.x(c) - NODE)).collect();
        for i in self.graph.drawn() {
            let (link, laid) = (&self.graph.links[i], self.layout.links[i]);
            let column = self.graph.nodes[link.from].column;
            let side = |from: f64| (y + px(from), y + px(from + laid.thickness));
            let bend = bends.get(column).map_or(&[][..], Vec::as_slice);
            if !bend.is_empty() {
                let ribbon = Ribbon::new(self.x(column) + NODE, side(laid.from_y), side(laid.to_y), bend);
                draw_meaning(link.meaning, &ribbon, canvas)?;
            }
        }
        for (node, place) in self.graph.nodes.iter().zip(&self.layout.nodes) {
            let (upper, lower) = (y + px(place.y), y + px(place.y + place.height));
            let x = self.x(node.column);
            canvas.rect((x, upper), (x + NODE, lower.max(upper + 1)), self.tone(node))?;
        }
        for (node, place) in self.graph.nodes.iter().zip(&self.layout.nodes) {
            let middle = y + px(place.y + place.height / 2.0);
            self.draw_label(node, (y + px(place.y), middle), canvas)?;
        }
        let mut y = y + px(self.layout.height) + KEY.0;
        self.draw_key(y, canvas)?;
        y += KEY.1;
        for note in &self.notes {
            canvas.text(note, (MARGIN, y), Align::Left, NOTE)?;
            y += 20;
        }
        Ok(())
    }

    /// Name, value and share of a node: above it; of the last column beside it, where no link passes.
    fn draw_label<DB: DrawingBackend>(
        &self,
        node: &Node,
        (upper, middle): (i32, i32),
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let (x, y, room) = match node.column {
            3 => (self.x(3) + NODE + 10, middle - 10, RIGHT - 10),
            column => {
                (self.x(column), upper - layout::TEXT as i32 + 11, self.x(column + 1) - self.x(column) - 24)
            }
        };
        let name = match node.folded.len() {
            0 => node.what.label(),
            n => format!("{} ({n})", node.what.label()),
        };
        let name = canvas.fit(&name, room, NAME.bold());
        let value = words::value(self.measure, node.value);
        let share = words::share(node.value as f64 / self.graph.total as f64);
        canvas.label(&name, (x, y), Align::Left, NAME.bold())?;
        let after = x + canvas.width(&value, NAME) + 10;
        // One piece of paper for both.
        canvas.rect((x - 3, y + 10), (after + canvas.width(&share, NOTE) + 3, y + 28), palette::PAPER)?;
        canvas.text(&value, (x, y + 19), Align::Left, NAME)?;
        canvas.text(&share, (after, y + 19), Align::Left, NOTE)
    }

    fn tone(&self, node: &Node) -> Tone {
        match &node.what {
            What::Target(name) | What::Server(name) | What::WastedAt(name) => {
                self.run.provider_of(name).map_or(palette::QUIET, palette::provider)
            }
            What::Cause { meaning: Meaning::Plan, .. } | What::End(Meaning::Plan) => palette::PLAN_TEXT,
            What::Cause { meaning, .. } | What::End(meaning) => tone(*meaning),
            What::Workload(_) | What::NothingTried | What::Others(_) => palette::QUIET,
        }
    }

    /// What colours and patterns mean; only those that occur.
    fn draw_key<DB: DrawingBackend>(&self, y: i32, canvas: &Canvas<'_, DB>) -> Result<(), ReportError> {
        let mut x = MARGIN;
        for meaning in self.graph.meanings() {
            let (upper, lower) = (y - CHIP.1 / 2, y + CHIP.1 / 2);
            let chip = Ribbon::new(x, (upper, lower), (upper, lower), &bend(CHIP.0));
            draw_meaning(meaning, &chip, canvas)?;
            x += CHIP.0 + 8;
            canvas.text(meaning.word(), (x, y), Align::Left, NOTE)?;
            x += canvas.width(meaning.word(), NOTE) + 28;
        }
        Ok(())
    }
}

/// A ribbon in the colour and pattern of what it means.
fn draw_meaning<DB: DrawingBackend>(
    meaning: Meaning,
    ribbon: &Ribbon,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let tone = tone(meaning);
    match meaning {
        Meaning::Avoidable => ribbon.hatch(tone, true, canvas),
        Meaning::Wasted => ribbon.hatch(tone, false, canvas),
        Meaning::Leak => ribbon.fill(tone.tint(10), canvas),
        Meaning::Plan | Meaning::InFlight | Meaning::Shed | Meaning::Failed => {
            ribbon.fill(tone.tint(13), canvas)
        }
    }
}

const fn tone(meaning: Meaning) -> Tone {
    match meaning {
        Meaning::Plan => palette::PLAN,
        Meaning::Leak | Meaning::Avoidable => palette::HOT,
        Meaning::Wasted | Meaning::Shed => palette::QUIET,
        Meaning::InFlight => palette::LOAD,
        Meaning::Failed => palette::INK,
    }
}

/// Whole pixels: layouts are far below two billion.
fn px(x: f64) -> i32 {
    libm::round(x) as i32
}
