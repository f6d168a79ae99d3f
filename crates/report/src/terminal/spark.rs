//! When it leaked and when it was slow: two lines of blocks over the run, each with its peak.

use sandbox_core::Time;
use sandbox_engine::output::TimelineRow;

use super::paint::{Paint, Tint};
use super::{WIDTH, field};
use crate::human;
use crate::run_data::RunData;
use crate::ticks::moment;

/// Most characters of a line: what is left beside its name and the longest words about its peak.
const CELLS: usize = 36;

/// From none to the peak.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Where there was nothing to measure.
const UNKNOWN: char = '·';

/// Both lines and their scale, with a blank line above; nothing of a run without traffic.
pub(super) fn write(text: &mut String, run: &RunData, paint: Paint) {
    let rows = &run.timeline.rows;
    if rows.iter().all(|row| row.arrived == 0) {
        return;
    }
    let per_cell = rows.len().div_ceil(CELLS).max(1);
    let cells: Vec<&[TimelineRow]> = rows.chunks(per_cell).collect();
    text.push('\n');
    let share = |x: f64| format!("{}%", human::percent(x));
    line(text, run, paint, "leak share", &values(&cells, leak_share), share);
    line(text, run, paint, "TTFT p95", &values(&cells, ttft_p95), human::seconds);

    let bucket = run.timeline.bucket;
    let cell = human::span(bucket.saturating_mul(per_cell as u64));
    let slowest = match per_cell {
        1 => String::new(),
        _ => format!("; TTFT of its slowest bucket ({})", human::span(bucket)),
    };
    let scale = format!("each {cell} from {} on{slowest}", moment(&run.setting.clock, Time::ZERO));
    let scale = human::cut(&scale, WIDTH - 13);
    text.push_str(&format!("{:13}{}\n", "", paint.tint(Tint::Quiet, &scale)));
}

/// Leaked requests of all that arrived.
fn leak_share(rows: &[TimelineRow]) -> Option<f64> {
    let arrived: u64 = rows.iter().map(|row| row.arrived).sum();
    let leaked: u64 = rows.iter().map(|row| row.leaked).sum();
    (arrived > 0).then(|| leaked as f64 / arrived as f64)
}

/// Of the slowest bucket: percentiles cannot be added up.
fn ttft_p95(rows: &[TimelineRow]) -> Option<f64> {
    rows.iter().filter_map(|row| row.ttft.map(|ttft| ttft[1])).max().map(|span| span.as_secs_f64())
}

/// Of each cell: its start and its value, if there is one.
fn values(cells: &[&[TimelineRow]], value: fn(&[TimelineRow]) -> Option<f64>) -> Vec<(Time, Option<f64>)> {
    cells.iter().map(|rows| (rows.first().map_or(Time::ZERO, |row| row.at), value(rows))).collect()
}

fn line(
    text: &mut String,
    run: &RunData,
    paint: Paint,
    name: &str,
    values: &[(Time, Option<f64>)],
    show: impl Fn(f64) -> String,
) {
    // The first of the largest.
    let known = values.iter().filter_map(|&(at, value)| Some((at, value?)));
    let peak = known.reduce(|a, b| if b.1 > a.1 { b } else { a });
    let top = peak.map_or(0.0, |(_, value)| value);
    let blocks: String = values.iter().map(|&(_, value)| block(value, top)).collect();
    let words = match peak {
        None => "nothing to measure".to_owned(),
        Some((_, 0.0)) => "none".to_owned(),
        Some((at, value)) => format!("peak {} {}", show(value), moment(&run.setting.clock, at)),
    };
    field(text, paint, name, &format!("{blocks}  {words}"));
}

/// Nothing is the lowest block, and a little is never nothing.
fn block(value: Option<f64>, top: f64) -> char {
    let Some(value) = value else { return UNKNOWN };
    if value <= 0.0 || top <= 0.0 {
        return LEVELS[0];
    }
    // From 1 to 7: `value` is at most `top`.
    let level = libm::ceil(value / top * 7.0) as usize;
    LEVELS[level.clamp(1, 7)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_is_more_than_nothing_and_nothing_is_not_unknown() {
        let blocks: String = [None, Some(0.0), Some(1e-9), Some(0.5), Some(1.0)]
            .map(|value| block(value, 1.0))
            .iter()
            .collect();
        assert_eq!(blocks, "·▁▂▅█");
        assert_eq!(block(Some(0.0), 0.0), '▁');
    }
}
