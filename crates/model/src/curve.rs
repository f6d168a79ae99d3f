//! Quantities that move over a scenario: by straight lines or stairs between equally spaced knots, or by
//! jumps at any time.

use std::sync::Arc;

use sandbox_core::{Span, Time};

/// A piecewise-linear or piecewise-constant function of time; constant before the first and after the last knot.
#[derive(Clone, PartialEq, Debug)]
pub struct Curve {
    step: Span,
    /// Copies share it.
    values: Arc<[f64]>,
    stairs: bool,
}

impl Curve {
    /// The same value at all times.
    #[must_use]
    pub fn constant(value: f64) -> Self {
        Self { step: Span::from_hours(1), values: Arc::new([value]), stairs: false }
    }

    /// A curve with `values[k]` at time `k * step`.
    ///
    /// # Panics
    /// If there is no value, or the step is zero.
    #[must_use]
    pub fn new(step: Span, values: Vec<f64>) -> Self {
        assert!(!values.is_empty() && step > Span::ZERO, "a curve needs a knot and a step");
        Self { step, values: values.into(), stairs: false }
    }

    /// A staircase with `values[k]` from time `k * step` on, up to the next knot.
    ///
    /// # Panics
    /// If there is no value, or the step is zero.
    #[must_use]
    pub fn stairs(step: Span, values: Vec<f64>) -> Self {
        Self { stairs: true, ..Self::new(step, values) }
    }

    /// The value at `time`.
    #[must_use]
    pub fn at(&self, time: Time) -> f64 {
        let step = self.step.as_nanos();
        let index = (time.as_nanos() / step) as usize;
        match self.values.get(index..index + 2) {
            Some(&[a, _]) if self.stairs => a,
            Some(&[a, b]) => a + (b - a) * ((time.as_nanos() % step) as f64 / step as f64),
            _ => self.values[self.values.len() - 1],
        }
    }

    /// The same shape, so many times as high.
    #[must_use]
    pub fn times(mut self, factor: f64) -> Self {
        self.values = self.values.iter().map(|value| value * factor).collect();
        self
    }

    /// The greatest value.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.values.iter().copied().fold(f64::MIN, f64::max)
    }

    /// The smallest value.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.values.iter().copied().fold(f64::MAX, f64::min)
    }

    /// The time at which the integral of the curve from `from` on reaches `area` [value · seconds], exact up to
    /// rounding; `None` if that is after `limit`.
    ///
    /// This is the time change of a modulated renewal process: gaps run down at the speed of the curve.
    #[must_use]
    pub fn advance(&self, from: Time, mut area: f64, limit: Time) -> Option<Time> {
        let step = self.step.as_nanos();
        let mut at = from;
        while at < limit {
            let knot = Time::from_nanos((at.as_nanos() / step + 1).saturating_mul(step)).min(limit);
            let width = knot.since(at).as_secs_f64();
            let a = self.at(at);
            let b = if self.stairs { a } else { self.at(knot) };
            let here = (a + b) / 2.0 * width;
            if here >= area {
                // Solve a·x + slope·x²/2 = area in the form that does not cancel.
                let slope = (b - a) / width;
                let root = (a * a + 2.0 * slope * area).max(0.0).sqrt();
                let x = if a + root > 0.0 { 2.0 * area / (a + root) } else { width };
                return Some((at + Span::from_secs_f64_saturating(x)).min(knot));
            }
            area -= here;
            at = knot;
        }
        None
    }
}

/// A quantity that jumps: each value holds from its time to the next one's; before the first it is zero.
#[derive(Clone, PartialEq, Debug)]
pub struct Steps {
    /// Copies share it.
    steps: Arc<[(Time, f64)]>,
}

impl Steps {
    /// From these times on, these values.
    ///
    /// # Panics
    /// Unless the times rise.
    #[must_use]
    pub fn new(steps: Vec<(Time, f64)>) -> Self {
        assert!(steps.is_sorted_by(|a, b| a.0 < b.0), "steps are in order of time");
        Self { steps: steps.into() }
    }

    /// The value at `time`.
    #[must_use]
    pub fn at(&self, time: Time) -> f64 {
        let begun = self.steps.partition_point(|step| step.0 <= time);
        begun.checked_sub(1).map_or(0.0, |last| self.steps[last].1)
    }

    /// The same jumps, so many times as high.
    #[must_use]
    pub fn times(mut self, factor: f64) -> Self {
        self.steps = self.steps.iter().map(|&(at, value)| (at, value * factor)).collect();
        self
    }

    /// As [`Curve::advance`].
    #[must_use]
    pub fn advance(&self, from: Time, mut area: f64, limit: Time) -> Option<Time> {
        let mut at = from;
        while at < limit {
            let begun = self.steps.partition_point(|step| step.0 <= at);
            let value = begun.checked_sub(1).map_or(0.0, |last| self.steps[last].1);
            let until = self.steps.get(begun).map_or(limit, |next| next.0).min(limit);
            let here = value * until.since(at).as_secs_f64();
            if here >= area && value > 0.0 {
                return Some(at.saturating_add(Span::from_secs_f64_saturating(area / value)).min(until));
            }
            area -= here;
            at = until;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(n: u64) -> Time {
        Time::ZERO + Span::from_hours(n)
    }

    #[test]
    fn values_are_joined_by_straight_lines() {
        let curve = Curve::new(Span::from_hours(1), vec![1.0, 3.0, 0.0]);
        assert_eq!(curve.at(Time::ZERO), 1.0);
        assert_eq!(curve.at(Time::ZERO + Span::from_mins(30)), 2.0);
        assert_eq!(curve.at(hours(2)), 0.0);
        assert_eq!(curve.at(hours(9)), 0.0);
        assert_eq!((curve.min(), curve.max()), (0.0, 3.0));
    }

    #[test]
    fn advance_inverts_the_integral() {
        let curve = Curve::new(Span::from_hours(1), vec![1.0, 3.0, 0.0]);
        // First hour holds 2 h of area, second 1.5 h.
        let near = |a: Option<Time>, b: Time| {
            let a = a.unwrap().as_nanos();
            assert!(a.abs_diff(b.as_nanos()) < 1_000, "{a} {b}");
        };
        near(curve.advance(Time::ZERO, 2.0 * 3600.0, hours(9)), hours(1));
        near(curve.advance(Time::ZERO, 3.5 * 3600.0, hours(9)), hours(2));
        assert_eq!(curve.advance(Time::ZERO, 3.6 * 3600.0, hours(9)), None);
        // 1·x + x² = 0.75 h has the root x = 0.5 h.
        near(curve.advance(Time::ZERO, 0.75 * 3600.0, hours(9)), Time::ZERO + Span::from_mins(30));
        // Stairs: 1 h of area in the first hour, 3 h in the second, nothing after.
        let stairs = Curve::stairs(Span::from_hours(1), vec![1.0, 3.0, 0.0]);
        assert_eq!((stairs.at(hours(1) - Span::from_nanos(1)), stairs.at(hours(1))), (1.0, 3.0));
        near(stairs.advance(Time::ZERO, 2.5 * 3600.0, hours(9)), Time::ZERO + Span::from_mins(90));
        assert_eq!(stairs.advance(Time::ZERO, 4.1 * 3600.0, hours(9)), None);
        near(Curve::constant(2.0).advance(hours(1), 7200.0, hours(9)), hours(2));
    }

    #[test]
    fn steps_hold_until_the_next_one_and_are_inverted_exactly() {
        let at = |s: u64| Time::ZERO + Span::from_secs(s);
        let steps = Steps::new(vec![(at(10), 2.0), (at(20), 0.0), (at(30), 4.0)]);
        let values: Vec<f64> = [0, 10, 19, 20, 30, 99].into_iter().map(|s| steps.at(at(s))).collect();
        assert_eq!(values, [0.0, 2.0, 2.0, 0.0, 4.0, 4.0]);
        assert_eq!(steps.advance(Time::ZERO, 3.0, at(99)), Some(Time::ZERO + Span::from_millis(11_500)));
        // 20 of them fill the first step; the pause holds none.
        assert_eq!(steps.advance(Time::ZERO, 24.0, at(99)), Some(at(31)));
        assert_eq!(steps.advance(at(25), 4.0, at(99)), Some(at(31)));
        assert_eq!(steps.advance(Time::ZERO, 24.0, at(30)), None);
        assert_eq!(steps.times(0.5).advance(Time::ZERO, 12.0, at(99)), Some(at(31)));
    }
}
