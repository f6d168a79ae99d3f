//! The charts over time: small multiples on one axis. Names stand beside what they name; the values beside them are those of
//! the whole run, until a cursor asks for those of one moment.

mod attempts;
mod cost;
mod lanes;
mod limits;
mod share;
mod ttft;

use std::fmt::Write as _;

use sandbox_engine::output::TimelineRow;

use super::axis::Axis;
use super::number::{data, escape};
use super::svg::Plot;
use crate::condense::Condensed;
use crate::error::ReportError;
use crate::figure::Figure;
use crate::human;
use crate::palette::Rgb;
use crate::run_data::RunData;

/// A run as the panels see it.
pub(crate) struct View<'a> {
    pub(crate) run: &'a RunData,
    pub(crate) figure: Figure,
    pub(crate) condensed: Condensed,
    pub(crate) axis: Axis,
    /// Colours of the kinds of fault that occur: `--fault-N` in the style.
    pub(crate) faults: Vec<Rgb>,
}

impl<'a> View<'a> {
    pub(crate) fn new(run: &'a RunData) -> Result<Self, ReportError> {
        let figure = run.figure()?;
        let condensed = Condensed::new(&run.timeline);
        let axis = Axis::new(&condensed.timeline, figure.horizon, &figure.clock);
        let faults = lanes::colors(&figure);
        Ok(Self { run, figure, condensed, axis, faults })
    }

    /// `COLUMN@ROWS` of the run's own timeline, all rows.
    pub(crate) fn all(&self, column: &str) -> String {
        match self.run.timeline.rows.len() {
            0 | 1 => format!("timeline.csv#{column}@0"),
            n => format!("timeline.csv#{column}@0-{}", n - 1),
        }
    }

    fn rows(&self) -> &[TimelineRow] {
        &self.condensed.timeline.rows
    }

    /// Whether a column is more than one bucket.
    fn is_condensed(&self) -> bool {
        self.condensed.factor > 1
    }

    /// Upright lines at the onsets of faults, to be drawn behind.
    fn onsets(&self) -> String {
        let mut path = String::new();
        let mut onsets: Vec<_> = self.run.faults.iter().map(|(_, fault)| fault.from).collect();
        onsets.sort_unstable();
        onsets.dedup();
        for at in onsets {
            let _ = write!(path, "M{} 0V9999", super::axis::place(self.axis.x(at)));
        }
        super::svg::path("onset", &path)
    }

    /// The warm-up, to be drawn behind.
    fn warm_up(&self) -> String {
        let until = self.axis.x(sandbox_core::Time::ZERO.saturating_add(self.figure.warm_up));
        if until == 0.0 {
            return String::new();
        }
        format!("<rect class=\"warm-up\" width=\"{}\" height=\"9999\"/>", super::axis::place(until))
    }

    /// A panel's shapes begin with what lies behind all of them.
    fn behind(&self) -> String {
        self.warm_up() + &self.onsets()
    }
}

/// All panels, in the order in which one asks: what was wrong, who served, how fast, for how much, with how much effort.
pub(crate) fn all(view: &View<'_>) -> String {
    let parts = [lanes::panel, share::panel, ttft::panel, cost::panel, attempts::panel, limits::panel];
    parts.into_iter().map(|panel| panel(view)).collect()
}

/// A panel put together.
struct Panel<'a> {
    /// Its name in the page and in file names.
    id: &'a str,
    title: &'a str,
    /// What is drawn and how, as HTML.
    note: String,
    /// Columns of the timeline behind it; a name that ends in a colon means all that begin so.
    columns: &'a [&'a str],
    /// Left of the plots: labels of the value axis.
    gutter: String,
    plots: String,
    /// Right of the plots: names and values.
    side: String,
}

impl Panel<'_> {
    fn html(&self) -> String {
        let Self { id, title, note, columns, gutter, plots, side } = self;
        format!(
            "<figure class=\"panel\" id=\"{id}\"><figcaption><h3>{title}</h3><p class=\"note\">{note}</p>\
             <button type=\"button\" class=\"csv\" data-columns=\"{}\" data-name=\"{id}\" \
             aria-label=\"Save the data of: {title}, as CSV\">CSV</button></figcaption>\
             <div class=\"row\"><div class=\"gutter\">{gutter}</div><div class=\"plots\">{plots}</div>\
             <div class=\"side\">{side}</div></div></figure>\n",
            columns.join("|"),
        )
    }
}

/// A label of the value axis at a height in pixels.
fn tick(y: i32, text: &str) -> String {
    format!("<span class=\"tick\" style=\"top:{y}px\">{}</span>", escape(text))
}

/// How the script reads a value off the timeline, and in which words.
struct Cell<'a> {
    /// Column.
    num: &'a str,
    /// Column to divide by.
    den: Option<&'a str>,
    /// Column of a condensed timeline that has the worst bucket of each row; taken instead where there is one.
    peak: Option<&'a str>,
    unit: &'a str,
}

impl Cell<'_> {
    /// The value of the whole run, until the script puts in that of a moment; `None` if there is none.
    fn html(&self, of: &str, whole: Option<(String, String)>) -> String {
        let mut attributes = format!("data-num=\"{}\" data-unit=\"{}\"", escape(self.num), self.unit);
        if let Some(den) = self.den {
            let _ = write!(attributes, " data-den=\"{}\"", escape(den));
        }
        if let Some(peak) = self.peak {
            let _ = write!(attributes, " data-peak=\"{peak}\"");
        }
        let shown = match whole {
            Some((raw, text)) => data(of, &raw, &text),
            None => "–".to_owned(),
        };
        format!("<span class=\"cell\" {attributes}>{shown}</span>")
    }
}

/// A name and its value at the right of a panel; `swatch` is the class of the mark that says what is meant.
fn key(swatch: &str, style: &str, name: &str, cell: &str) -> String {
    format!(
        "<div class=\"key\"><i class=\"swatch {swatch}\"{}></i><span class=\"name\">{}</span>{cell}</div>",
        if style.is_empty() { String::new() } else { format!(" style=\"{style}\"") },
        escape(name),
    )
}

/// A share of the whole run as value and words.
fn share_of(n: u64, of: u64) -> Option<(String, String)> {
    let share = (of > 0).then(|| n as f64 / of as f64)?;
    Some((share.to_string(), format!("{} %", human::percent(share))))
}

/// What a condensed chart must say of itself; `lines` is what its extremes are drawn as.
fn condensed_note(view: &View<'_>, lines: &str) -> String {
    if !view.is_condensed() {
        return String::new();
    }
    let factor = view.condensed.factor;
    format!(". <strong>Each column is <span class=\"tick\">{factor}</span> buckets</strong>; {lines}")
}

/// A plot with what lies behind every plot.
fn plot(view: &View<'_>, height: i32, label: &str) -> Plot {
    Plot { height, label: label.to_owned(), shapes: view.behind(), over: String::new() }
}

/// A round value at or above the highest, and the steps to it: none is a fraction that a label would need more digits for.
fn ceiling(highest: f64) -> f64 {
    if highest <= 0.0 {
        return 1.0;
    }
    let unit = libm::pow(10.0, libm::floor(libm::log10(highest)));
    let steps = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.into_iter().map(|step| step * unit).find(|&top| top >= highest * 0.999_999).unwrap_or(10.0 * unit)
}

/// Height of a value in a plot that goes from 0 at the bottom to `top` at the upper edge, in pixels.
fn y_of(value: f64, top: f64, height: i32) -> i32 {
    let room = f64::from(height);
    // Clamped to the plot, which is some hundred pixels high.
    libm::round(room - (value / top * room).clamp(0.0, room)) as i32
}
