//! Some runs on one picture: of every panel one row a run, on the same axes and scales. What all share is said once.

use plotters::prelude::DrawingBackend;

use super::canvas::Canvas;
use super::frame::{AXIS, Frame, HEADING, MARGIN, NAME, NOTE, PANEL, Plot, RunTitle, Scales};
use super::lanes::Rows;
use super::palette;
use super::panel::Panel;
use super::render::{Drawing, png, svg};
use super::single::draw_panel;
use super::text::{Align, Fonts, Type};
use super::{Style, heading, sparks};
use crate::error::ReportError;
use crate::figure::Figure;
use crate::human;

/// Most runs on a picture: more rows are too low to be read.
const MOST: usize = 12;
/// Height of the line over a panel's rows, and over each row.
const STRIP: i32 = 40;
const ROW_STRIP: i32 = 30;
/// Below the last axis.
const REST: i32 = 34;

/// Runs as SVG; each with the name of its directory. The height of the style is not used: rows have the height that they need.
///
/// # Errors
/// [`ReportError`] if there are too few or too many runs, if they differ in start, length or buckets, or if the size is out of
/// range.
pub fn render_runs_svg(runs: &[(String, Figure)], style: Style) -> Result<String, ReportError> {
    svg(&Several::new(runs, style)?, style.theme)
}

/// The same as the bytes of a PNG file.
///
/// # Errors
/// As [`render_runs_svg`].
pub fn render_runs_png(runs: &[(String, Figure)], style: Style) -> Result<Vec<u8>, ReportError> {
    png(&Several::new(runs, style)?, style.theme)
}

/// That runs have the same time axis.
pub(super) fn check_alike(runs: &[(String, Figure)]) -> Result<(), ReportError> {
    let Some((first_name, first)) = runs.first() else { return Ok(()) };
    for (name, figure) in runs {
        let mismatch = |what: &str, a: &str, b: &str, hint| {
            let problem = format!("{what} {a} and {b}");
            Err(ReportError::Mismatch { first: first_name.clone(), other: name.clone(), problem, hint })
        };
        let start = |figure: &Figure| {
            let clock = &figure.clock;
            let (hour, minute) = (clock.start_second_of_day / 3_600, clock.start_second_of_day / 60 % 60);
            format!("{} {hour:02}:{minute:02} {}", clock.date, clock.zone)
        };
        if figure.clock != first.clock {
            let hint = "runs on one picture start at the same instant; draw them one by one";
            return mismatch("they start at", &start(first), &start(figure), hint);
        }
        if figure.shown != first.shown {
            let length = |figure: &Figure| human::span(figure.shown.1.saturating_since(figure.shown.0));
            let hint = "give --from and --to within the shortest of them, or draw them one by one";
            return mismatch("they last", &length(first), &length(figure), hint);
        }
    }
    Ok(())
}

/// A row: a run in a panel.
struct Row<'a> {
    panel: Panel,
    figure: &'a Figure,
    frame: Frame,
}

struct Several<'a> {
    title: String,
    shared: String,
    /// Panel by panel, each from the top down.
    rows: Vec<Row<'a>>,
    width: u32,
    height: i32,
}

impl<'a> Several<'a> {
    fn new(runs: &'a [(String, Figure)], style: Style) -> Result<Self, ReportError> {
        Style { height: None, ..style }.check()?;
        let hint = "2 to 12; for more seeds of one scenario there is --fan";
        if !(2..=MOST).contains(&runs.len()) {
            return Err(ReportError::Runs { count: runs.len(), hint });
        }
        check_alike(runs)?;
        let fonts = Fonts::new()?;
        let natural = Style { height: None, ..style };
        let frames: Vec<Frame> =
            runs.iter().map(|(_, figure)| Frame::new(figure, natural, 0, &fonts)).collect();
        let scales = runs.iter().map(|(_, figure)| Scales::of(figure)).fold(Scales::default(), Scales::join);
        // One time axis: what the widest names and labels leave.
        let left = frames.iter().map(|frame| frame.axis.left).max().unwrap_or(0);
        let labels = frames.iter().map(|frame| frame.labels).max().unwrap_or(0);
        let names = Names::of(runs);

        let mut rows = Vec::new();
        let mut y = HEADING;
        for panel in style.panels.iter() {
            y += STRIP;
            for (index, (frame, (_, figure))) in frames.iter().zip(runs).enumerate() {
                let mut frame = frame.clone();
                frame.axis.left = left;
                frame.axis.right = frame.width - labels;
                frame.labels = labels;
                frame.scales = scales;
                let height = match panel {
                    Panel::Lanes => {
                        frame.rows = Rows::new(figure, Rows::room(figure).min(220));
                        let load = if index > 0 && same_load(&runs[0].1, figure) {
                            0
                        } else {
                            sparks::height(figure)
                        };
                        frame.rows.height() + load
                    }
                    _ => height(panel, runs.len()),
                };
                let plot = Plot { top: y + ROW_STRIP, bottom: y + ROW_STRIP + height };
                frame.plots = vec![(panel, plot)];
                frame.run = Some(RunTitle { name: names.each[index].clone(), first: index == 0 });
                y = plot.bottom + 4;
                rows.push(Row { panel, figure, frame });
            }
            y += AXIS;
        }
        let height = y + REST;
        if height.unsigned_abs() > Style::MAX {
            let (width, max) = (style.width, Style::MAX);
            return Err(ReportError::TooLarge { width, height: height.unsigned_abs(), max });
        }
        Ok(Self { title: names.title, shared: names.shared, rows, width: style.width, height })
    }

    fn draw_row<DB: DrawingBackend>(&self, index: usize, canvas: &Canvas<'_, DB>) -> Result<(), ReportError> {
        let Row { panel, figure, frame } = &self.rows[index];
        let Some(&(_, plot)) = frame.plots.first() else { return Ok(()) };
        if frame.run.as_ref().is_some_and(|run| run.first) {
            let y = plot.top - ROW_STRIP - STRIP / 2;
            let (title, note) = panel.title();
            canvas.text(title, (MARGIN, y), Align::Left, PANEL)?;
            let x = (MARGIN + canvas.width(title, PANEL) + 16).max(frame.axis.left);
            let note = if note.is_empty() {
                "one row a run"
            } else {
                &format!("{note}; one row a run, on one scale")
            };
            canvas.text(note, (x, y), Align::Left, NOTE)?;
        }
        frame.draw_grounds(figure, canvas)?;
        draw_panel(*panel, figure, frame, plot, canvas)?;
        let last = self.rows.get(index + 1).is_none_or(|next| next.panel != *panel);
        if last { frame.draw_axis(figure, plot.bottom, canvas) } else { Ok(()) }
    }
}

/// Whether two runs had the same arrivals and the same other tenants.
fn same_load(a: &Figure, b: &Figure) -> bool {
    let load = |figure: &'_ Figure| -> Vec<(u64, Vec<f64>)> {
        figure.timeline.rows.iter().map(|row| (row.arrived, row.competing.clone())).collect()
    };
    a.timeline.congested == b.timeline.congested && load(a) == load(b)
}

/// Height of a row among so many.
const fn height(panel: Panel, runs: usize) -> i32 {
    let share = match runs {
        0..=3 => 62,
        4..=6 => 50,
        _ => 42,
    };
    let height = panel.heights().0 * share / 100;
    if height < 72 { 72 } else { height }
}

impl Drawing for Several<'_> {
    fn size(&self) -> (u32, u32) {
        (self.width, self.height.unsigned_abs())
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<(), ReportError> {
        let Some(Row { figure, frame, .. }) = self.rows.first() else { return Ok(()) };
        canvas.rect((0, 0), (frame.width, self.height), palette::PAPER)?;
        let mut notes: Vec<(String, Type)> = Vec::new();
        if figure.is_cut {
            notes.push((heading::stretch(figure), NAME.bold()));
        }
        notes.push((self.shared.clone(), NOTE));
        if !figure.warm_up.is_zero()
            && frame.axis.x(sandbox_core::Time::ZERO.saturating_add(figure.warm_up)) > frame.axis.left
        {
            notes.push((format!("first {} are warm-up, not counted", human::span(figure.warm_up)), NOTE));
        }
        heading::lines((frame.width, frame.top), (&self.title, &notes), (&Vec::new(), ""), canvas)?;
        for index in 0..self.rows.len() {
            self.draw_row(index, canvas)?;
        }
        Ok(())
    }
}

/// What stands over the picture, and over each row.
pub(super) struct Names {
    pub(super) title: String,
    pub(super) shared: String,
    pub(super) each: Vec<String>,
}

impl Names {
    /// Rows are named by what differs: by router or seed where only that does, otherwise by directory.
    pub(super) fn of(runs: &[(String, Figure)]) -> Self {
        let same = |of: &dyn Fn(&Figure) -> String| {
            let mut all = runs.iter().map(|(_, figure)| of(figure));
            let first = all.next()?;
            all.all(|other| other == first).then_some(first)
        };
        let flag = |figure: &Figure, name: &str| flag(&figure.repro, name);
        let rest = |figure: &Figure| without(&without(&figure.repro, "--seed"), "--router");
        let seed = same(&|figure| figure.seed.to_string());
        let router = same(&|figure| flag(figure, "--router").unwrap_or_default());
        let by_flags = same(&rest).is_some();
        let name = |figure: &Figure| {
            let mut parts = Vec::new();
            if router.is_none() {
                parts.push(flag(figure, "--router").unwrap_or_else(|| "router of the scenario".to_owned()));
            }
            if seed.is_none() {
                parts.push(format!("seed {}", figure.seed));
            }
            parts.join(", ")
        };
        let mut each: Vec<String> = runs.iter().map(|(_, figure)| name(figure)).collect();
        let mut unlike = each.clone();
        unlike.sort();
        unlike.dedup();
        if !by_flags || unlike.len() < each.len() || each.iter().any(String::is_empty) {
            each = runs.iter().map(|(directory, _)| directory.clone()).collect();
        }
        let mut shared = vec![format!("{} runs", runs.len())];
        if let Some(seed) = seed {
            shared.push(format!("seed {seed}"));
        }
        if let Some(router) = router.filter(|router| !router.is_empty()) {
            shared.push(format!("router {router}"));
        }
        if let Some((_, first)) = runs.first() {
            shared.push(human::span(first.horizon));
        }
        if let Some(arrived) = same(&|figure| human::count(figure.totals.arrived)) {
            shared.push(format!("{arrived} requests"));
        }
        let title = same(&|figure| figure.title.clone()).unwrap_or_else(|| format!("{} runs", runs.len()));
        Self { title, shared: shared.join(", "), each }
    }
}

/// The value of a flag of a command line, without the quotes.
fn flag(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!(" {name} "))?;
    let value = rest.split(" --").next().unwrap_or(rest);
    Some(value.trim_matches('\'').to_owned())
}

/// A command line without a flag.
pub(super) fn without(line: &str, name: &str) -> String {
    let Some((before, rest)) = line.split_once(&format!(" {name} ")) else { return line.to_owned() };
    let after = rest.split_once(" --").map_or(String::new(), |(_, after)| format!(" --{after}"));
    format!("{before}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_found_and_left_out() {
        let line = "sandbox run a.ron --seed 4 --set 'x=1 2' --router 'a b'";
        assert_eq!(flag(line, "--seed").as_deref(), Some("4"));
        assert_eq!(flag(line, "--router").as_deref(), Some("a b"));
        assert_eq!(flag(line, "--script"), None);
        assert_eq!(without(line, "--seed"), "sandbox run a.ron --set 'x=1 2' --router 'a b'");
        assert_eq!(without(&without(line, "--router"), "--seed"), "sandbox run a.ron --set 'x=1 2'");
    }
}
