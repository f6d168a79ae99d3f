//! What stands over all panels: what was run, what came of it in two numbers, and which part of it is shown.

use plotters::prelude::DrawingBackend;
use sandbox_core::Time;

use super::axis;
use super::canvas::Canvas;
use super::frame::{Frame, MARGIN, NAME, NOTE, News, TITLE};
use super::palette::{self, Tone};
use super::panel::Panel;
use super::text::{Align, Type};
use crate::error::ReportError;
use crate::figure::{Figure, Gap};
use crate::human;

pub(crate) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    frame: &Frame,
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let (news, promises) = (news(figure), promises(figure));
    let requests = format!("{}, {} requests", figure.subtitle, human::count(figure.totals.arrived));
    let mut notes: Vec<(String, Type)> = Vec::new();
    if figure.is_cut {
        notes.push((stretch(figure), NAME.bold()));
    }
    notes.push((requests, NOTE));
    // The curves of cost have room for it; other panels have not.
    let warm_up = Time::ZERO.saturating_add(figure.warm_up) > frame.axis.from;
    if warm_up && frame.plots.iter().all(|(panel, _)| *panel != Panel::Cost) {
        notes.push((format!("first {} are warm-up, not counted", human::span(figure.warm_up)), NOTE));
    }
    lines((frame.width, frame.top), (&figure.title, &notes), (&news, &promises), canvas)
}

/// What came of a run, in two numbers; the first stands outermost.
pub(crate) fn news(figure: &Figure) -> News {
    let totals = &figure.totals;
    let premium = totals.cost - totals.twin_cost;
    let mut news = News::new();
    if let Some(change) = human::change(premium, totals.twin_cost) {
        let less = if totals.gap() == Gap::LessServed { ": less was served" } else { "" };
        let text = format!("{} ({change} %) against calm weather{less}", human::dollars_signed(premium));
        news.push((text, tone(totals.gap())));
    }
    if let Some(leak) = totals.leak {
        let color = if leak > 0.0 { palette::HOT } else { palette::QUIET };
        news.push((format!("{} % leaked", human::percent(leak)), color));
    }
    news
}

/// How many promises were kept.
pub(crate) fn promises(figure: &Figure) -> String {
    match figure.totals.objectives {
        (_, 0) => String::new(),
        (met, all) if figure.is_cut => format!("whole run: {met} of {all} objectives met"),
        (met, all) => format!("{met} of {all} objectives met"),
    }
}

/// The two lines of a heading of a picture so wide, from a height on: big ones, small ones, each with what stands at the right.
pub(crate) fn lines<DB: DrawingBackend>(
    (width, top): (i32, i32),
    (title, notes): (&str, &[(String, Type)]),
    (news, promises): (&News, &str),
    canvas: &Canvas<'_, DB>,
) -> Result<(), ReportError> {
    let right = width - MARGIN;
    let (upper, lower) = (top + 32, top + 63);
    let mut free = right;
    for (text, color) in news {
        let look = Type::new(21, *color).bold();
        canvas.text(text, (free, upper), Align::Right, look)?;
        free -= canvas.width(text, look) + 24;
    }
    canvas.text(&canvas.fit(title, free - MARGIN, TITLE), (MARGIN, upper), Align::Left, TITLE)?;

    canvas.text(promises, (right, lower), Align::Right, NAME)?;
    let end = right - canvas.width(promises, NAME) - MARGIN;
    let mut x = MARGIN;
    for (index, (text, look)) in notes.iter().enumerate() {
        let text = if index == 0 { text.clone() } else { format!("· {text}") };
        let text = canvas.fit(&text, end - x, *look);
        canvas.text(&text, (x, lower), Align::Left, *look)?;
        x += canvas.width(&text, *look) + 8;
    }
    Ok(())
}

/// Which part of the run is shown.
pub(crate) fn stretch(figure: &Figure) -> String {
    let moment = |at| axis::moment_in(&figure.clock, at, figure.timeline.bucket);
    let (from, until) = figure.shown;
    let shown = human::span(until.saturating_since(from));
    format!(
        "{} to {} ({shown} of {}), all numbers of this part",
        moment(from),
        moment(until),
        human::span(figure.horizon)
    )
}

/// The colour of a difference in cost.
pub(crate) fn tone(gap: Gap) -> Tone {
    match gap {
        Gap::Dearer => palette::HOT,
        Gap::Cheaper => palette::SAVED,
        Gap::LessServed | Gap::None => palette::QUIET,
    }
}
