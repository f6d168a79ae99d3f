//! Drawings that stretch with the page: shapes in columns and pixels inside, in an `<svg>` that is as wide as there is room;
//! texts and the grid around it are never stretched.

use std::fmt::Write as _;

use super::axis::{Axis, place};
use super::number::escape;

/// What goes into a plot.
#[derive(Default, Debug)]
pub(crate) struct Plot {
    /// Height in pixels.
    pub(crate) height: i32,
    /// What it shows, for those who cannot see it.
    pub(crate) label: String,
    /// Shapes: x in columns, y in pixels.
    pub(crate) shapes: String,
    /// Texts and level lines: x in percent, y in pixels.
    pub(crate) over: String,
}

impl Plot {
    pub(crate) fn svg(&self, axis: &Axis) -> String {
        let Self { height, label, shapes, over } = self;
        format!(
            "<div class=\"plot\"><svg role=\"img\" aria-label=\"{}\" width=\"100%\" height=\"{height}\">{}\
             <svg class=\"zoom\" width=\"100%\" height=\"{height}\" viewBox=\"0 0 {} {height}\" \
             preserveAspectRatio=\"none\">{shapes}</svg>{over}\
             <line class=\"cursor\" y1=\"0\" y2=\"100%\"/><rect class=\"brush\" y=\"0\" height=\"100%\"/></svg></div>",
            escape(label),
            axis.grid(),
            place(axis.columns()),
        )
    }

    /// A level line right across.
    pub(crate) fn level(&mut self, y: i32) {
        let _ = write!(self.over, "<line class=\"level\" x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>");
    }

    /// Words across the middle, where there is nothing to draw.
    pub(crate) fn empty(&mut self, text: &str) {
        let y = self.height / 2 + 4;
        let _ = write!(
            self.over,
            "<text class=\"empty\" x=\"50%\" y=\"{y}\" text-anchor=\"middle\">{}</text>",
            escape(text)
        );
    }
}

/// The area from steps of one column each down to `base`, as the data of a path; `None` leaves a gap.
pub(crate) fn area(edges: &[Option<i32>], base: i32) -> String {
    let mut path = String::new();
    let mut pen: Option<i32> = None;
    // Steps of the same height are one.
    let mut flat = 0;
    for (x, edge) in edges.iter().copied().chain([None]).enumerate() {
        match (pen, edge) {
            (Some(y), Some(next)) if y == next => flat += 1,
            (Some(y), Some(next)) => {
                let _ = write!(path, "h{flat}v{}", next - y);
                (pen, flat) = (edge, 1);
            }
            (Some(_), None) => {
                let _ = write!(path, "h{flat}V{base}z");
                pen = None;
            }
            (None, Some(y)) => {
                let _ = write!(path, "M{x} {base}V{y}");
                (pen, flat) = (edge, 1);
            }
            (None, None) => {}
        }
    }
    path
}

/// The steps alone, without the area below them.
pub(crate) fn steps(edges: &[Option<i32>]) -> String {
    let mut path = String::new();
    let mut pen: Option<i32> = None;
    for (x, edge) in edges.iter().copied().enumerate() {
        match (pen, edge) {
            (Some(y), Some(next)) if y == next => path.push_str("h1"),
            (Some(y), Some(next)) => {
                let _ = write!(path, "v{}h1", next - y);
            }
            (None, Some(y)) => {
                let _ = write!(path, "M{x} {y}h1");
            }
            (_, None) => {}
        }
        pen = edge;
    }
    path
}

/// The band between two rows of steps, as the data of a path; a gap where either is `None` or both are equal.
pub(crate) fn band(upper: &[Option<i32>], lower: &[Option<i32>]) -> String {
    let both: Vec<Option<(i32, i32)>> =
        upper.iter().zip(lower).map(|(a, b)| a.zip(*b).filter(|(a, b)| a < b)).collect();
    let mut path = String::new();
    let mut x = 0;
    for run in both.chunk_by(|a, b| a.is_some() == b.is_some()) {
        let edges: Vec<(i32, i32)> = run.iter().copied().flatten().collect();
        if let (Some(first), Some(_)) = (edges.first(), edges.last()) {
            let _ = write!(path, "M{x} {}", first.0);
            let mut y = first.0;
            for (top, _) in &edges {
                if *top != y {
                    let _ = write!(path, "v{}", top - y);
                }
                path.push_str("h1");
                y = *top;
            }
            for (_, bottom) in edges.iter().rev() {
                if *bottom != y {
                    let _ = write!(path, "v{}", bottom - y);
                }
                path.push_str("h-1");
                y = *bottom;
            }
            path.push('z');
        }
        x += run.len();
    }
    path
}

/// A line through points that are one column apart, the first at `from`; `None` breaks it. A point between gaps is a dash.
pub(crate) fn line(points: &[Option<i32>], from: f64) -> String {
    let mut path = String::new();
    let mut pen: Option<i32> = None;
    for (index, point) in points.iter().copied().enumerate() {
        match (pen, point) {
            (Some(y), Some(next)) => {
                let _ = write!(path, "l1 {}", next - y);
            }
            (None, Some(y)) => {
                let alone = points.get(index + 1).copied().flatten().is_none();
                let x = from + index as f64;
                let x = if alone { x - 0.5 } else { x };
                let _ = write!(path, "M{} {y}{}", place(x), if alone { "h1" } else { "" });
            }
            (_, None) => {}
        }
        pen = point;
    }
    path
}

/// A path with a class.
pub(crate) fn path(class: &str, data: &str) -> String {
    if data.is_empty() { String::new() } else { format!("<path class=\"{class}\" d=\"{data}\"/>") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_join_equal_steps_and_keep_gaps() {
        assert_eq!(area(&[Some(3), Some(3), Some(1), None, Some(2)], 9), "M0 9V3h2v-2h1V9zM4 9V2h1V9z");
        assert_eq!(area(&[None, None], 9), "");
    }

    #[test]
    fn bands_go_there_and_back() {
        let path = band(&[Some(1), Some(2), Some(5)], &[Some(4), Some(4), Some(5)]);
        assert_eq!(path, "M0 1h1v1h1v2h-1h-1z");
    }

    #[test]
    fn lines_break_at_gaps_and_show_what_stands_alone() {
        assert_eq!(line(&[Some(5), Some(4), None, Some(7)], 0.5), "M0.5 5l1 -1M3 7h1");
        assert_eq!(steps(&[Some(5), Some(4), None, Some(7)]), "M0 5h1v-1h1M3 7h1");
    }
}
