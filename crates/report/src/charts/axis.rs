//! Time to pixels.

use sandbox_core::{Span, Time};

pub(crate) use crate::ticks::{moment_in, ticks_between};

/// The shared time axis.
#[derive(Copy, Clone, Debug)]
pub(crate) struct TimeAxis {
    /// First pixel.
    pub(crate) left: i32,
    /// First pixel after it.
    pub(crate) right: i32,
    /// What is shown.
    pub(crate) from: Time,
    pub(crate) until: Time,
}

impl TimeAxis {
    pub(crate) fn new(left: i32, right: i32, (from, until): (Time, Time)) -> Self {
        Self { left, right, from, until: until.max(from.saturating_add(Span::from_nanos(1))) }
    }

    /// The pixel of an instant; what lies before or after is at the ends.
    pub(crate) fn x(&self, at: Time) -> i32 {
        let width = u128::from((self.right - self.left).unsigned_abs());
        let at = u128::from(at.min(self.until).saturating_since(self.from).as_nanos());
        let all = u128::from(self.until.saturating_since(self.from).as_nanos());
        // At most the width, which is an i32.
        self.left + ((at * width + all / 2) / all) as i32
    }

    /// The length of what is shown.
    pub(crate) fn length(&self) -> Span {
        self.until.saturating_since(self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_covers_its_pixels_and_no_more() {
        let at = |s: u64| Time::from_nanos(s * 1_000_000_000);
        let axis = TimeAxis::new(100, 200, (at(0), at(10)));
        assert_eq!([0, 5, 10, 99].map(|s| axis.x(at(s))), [100, 150, 200, 200]);
        let axis = TimeAxis::new(100, 200, (at(10), at(20)));
        assert_eq!([0, 10, 15, 20, 99].map(|s| axis.x(at(s))), [100, 100, 150, 200, 200]);
    }
}
