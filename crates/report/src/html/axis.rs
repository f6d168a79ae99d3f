//! The time axis of the page. Drawings are in columns of the (condensed) timeline, labels in percent of the width, so that
//! both fit any width; the script moves both when it zooms.

use std::fmt::Write as _;

use sandbox_core::{Span, Time};
use sandbox_engine::output::Timeline;

use crate::figure::Clock;
use crate::ticks::ticks;

/// Ticks on a wide screen; every second one goes on a narrow one.
const TICKS: u64 = 12;

/// The shared time axis.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    horizon_ns: u64,
    column_ns: u64,
    clock: Clock,
}

impl Axis {
    pub(crate) fn new(timeline: &Timeline, horizon: Span, clock: &Clock) -> Self {
        let horizon_ns = horizon.as_nanos().max(1);
        // A run without buckets is one column.
        let column_ns = match timeline.bucket.as_nanos() {
            0 => horizon_ns,
            width => width,
        };
        Self { horizon_ns, column_ns, clock: clock.clone() }
    }

    /// Length in columns; the end of the run may cut the last one.
    pub(crate) fn columns(&self) -> f64 {
        self.horizon_ns as f64 / self.column_ns as f64
    }

    /// The place of an instant in columns, at most the end.
    pub(crate) fn x(&self, at: Time) -> f64 {
        at.as_nanos().min(self.horizon_ns) as f64 / self.column_ns as f64
    }

    /// The place of an instant in percent of the width.
    pub(crate) fn percent(&self, at: Time) -> f64 {
        at.as_nanos().min(self.horizon_ns) as f64 / self.horizon_ns as f64 * 100.0
    }

    /// Upright lines at the ticks, for the back of a drawing.
    pub(crate) fn grid(&self) -> String {
        let mut lines = String::from("<g class=\"grid\">");
        for tick in ticks(&self.clock, Span::from_nanos(self.horizon_ns), TICKS) {
            let x = place(self.percent(tick.at));
            let _ = write!(lines, "<line x1=\"{x}%\" x2=\"{x}%\" y1=\"0\" y2=\"100%\"/>");
        }
        lines + "</g>"
    }

    /// Times and dates at the ticks: a drawing of its own.
    pub(crate) fn labels(&self) -> String {
        let mut labels =
            String::from("<svg class=\"ticks\" width=\"100%\" height=\"34\" aria-hidden=\"true\"><g>");
        for (index, tick) in ticks(&self.clock, Span::from_nanos(self.horizon_ns), TICKS).iter().enumerate() {
            let percent = self.percent(tick.at);
            let anchor = match percent {
                p if p < 4.0 => "start",
                p if p > 96.0 => "end",
                _ => "middle",
            };
            let class = if index % 2 == 0 { "tick" } else { "tick odd" };
            let x = place(percent);
            let mut text = |y: u32, class: &str, text: &str| {
                let text = super::number::escape(text);
                let _ = write!(
                    labels,
                    "<text class=\"{class}\" x=\"{x}%\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>"
                );
            };
            if let Some(time) = &tick.time {
                text(28, class, time);
            }
            if let Some(date) = &tick.date {
                let alone = tick.time.is_none() && index % 2 == 1;
                text(13, if alone { "tick date odd" } else { "tick date" }, date);
            }
        }
        labels + "</g></svg>"
    }

    /// What the script needs to know of it, as attributes.
    pub(crate) fn attributes(&self) -> String {
        format!(
            " data-horizon-s=\"{}\" data-column-s=\"{}\" data-start-s=\"{}\" data-date=\"{}\"",
            self.horizon_ns as f64 / 1e9,
            self.column_ns as f64 / 1e9,
            self.clock.start_second_of_day,
            super::number::escape(&self.clock.date),
        )
    }

    pub(crate) fn zone(&self) -> &str {
        &self.clock.zone
    }
}

/// A place with at most three decimals.
pub(crate) fn place(x: f64) -> String {
    let text = format!("{x:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
