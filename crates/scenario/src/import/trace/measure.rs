//! What can be said of recorded or simulated arrivals in a few numbers.

use sandbox_core::{Span, Time};

use crate::resolved::TraceRow;

/// Fewest requests of a trace that is worth a fit.
pub const ROWS_MIN: usize = 100;

/// Windows in which counts are compared [s].
const WINDOWS_S: (f64, f64) = (1.0, 60.0);

/// Arrivals in numbers.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Measured {
    /// How many.
    pub requests: usize,
    /// From the first to the last (s).
    pub seconds: f64,
    /// Gaps per second.
    pub rate_per_s: f64,
    /// Coefficient of variation of the gaps.
    pub cv: f64,
    /// A short and a long window (s): 1 and 60, unless time-stamps were rounded or the trace is short.
    pub windows_s: (f64, f64),
    /// Index of dispersion of counts in the two.
    pub dispersion: (f64, f64),
    /// Number of whole windows.
    pub windows: (usize, usize),
}

impl Measured {
    /// Of rows in order of time, at least two and not all at one instant. `quantum` is what their times were rounded to.
    #[must_use]
    pub fn of(rows: &[TraceRow], quantum: Span) -> Self {
        let at: Vec<Time> = rows.iter().map(|row| row.at).collect();
        Self::of_times(&at, quantum)
    }

    /// The same for bare times.
    #[must_use]
    pub fn of_times(at: &[Time], quantum: Span) -> Self {
        let seconds = span_s(at);
        let short = WINDOWS_S.0.max(2.0 * quantum.as_secs_f64());
        // At least twenty long windows, where the trace allows it.
        let long = WINDOWS_S.1.min(seconds / 20.0).max(4.0 * short);
        Self {
            requests: at.len(),
            seconds,
            rate_per_s: (at.len() - 1) as f64 / seconds,
            cv: gap_cv(at),
            windows_s: (short, long),
            dispersion: (dispersion(at, short), dispersion(at, long)),
            windows: ((seconds / short) as usize, (seconds / long) as usize),
        }
    }
}

fn span_s(at: &[Time]) -> f64 {
    match (at.first(), at.last()) {
        (Some(&first), Some(&last)) => last.since(first).as_secs_f64(),
        _ => 0.0,
    }
}

/// Coefficient of variation of the gaps between times in order: standard deviation over mean; NaN without gaps.
#[must_use]
pub fn gap_cv(at: &[Time]) -> f64 {
    let gaps: Vec<f64> = at.windows(2).map(|pair| pair[1].since(pair[0]).as_secs_f64()).collect();
    let (mean, variance) = moments(&gaps);
    variance.sqrt() / mean
}

/// Index of dispersion: variance over mean of the counts in whole windows from the first time on; NaN without one.
#[must_use]
pub fn dispersion(at: &[Time], window_s: f64) -> f64 {
    let Some(&first) = at.first() else { return f64::NAN };
    let mut counts = vec![0.0; (span_s(at) / window_s) as usize];
    for &time in at {
        if let Some(count) = counts.get_mut((time.since(first).as_secs_f64() / window_s) as usize) {
            *count += 1.0;
        }
    }
    let (mean, variance) = moments(&counts);
    variance / mean
}

/// Mean and variance (over n).
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clockwork_has_no_spread_and_pairs_are_worked_out_by_hand() {
        let at = |ms: &[u64]| ms.iter().map(|&ms| Time::ZERO + Span::from_millis(ms)).collect::<Vec<_>>();
        let clock = at(&(0..101).map(|k| 500 * k).collect::<Vec<_>>());
        assert_eq!((gap_cv(&clock), dispersion(&clock, 1.0)), (0.0, 0.0));
        // Gaps 1, 3, 1, 3, 1: mean 1.8, variance 0.96.
        let pairs = at(&[0, 1000, 4000, 5000, 8000, 9000]);
        assert!((gap_cv(&pairs) - 0.96_f64.sqrt() / 1.8).abs() < 1e-12);
        // Counts by 2 s in 9 s: 2, 0, 2, 0: mean 1, variance 1.
        assert_eq!(dispersion(&pairs, 2.0), 1.0);
        let m = Measured::of_times(&clock, Span::ZERO);
        assert_eq!((m.requests, m.seconds, m.rate_per_s, m.windows.0), (101, 50.0, 2.0, 50));
    }
}
