//! Time to pixels.

use sandbox_core::{Span, Time};

pub(crate) use crate::ticks::{moment, ticks};

/// The shared time axis.
#[derive(Copy, Clone, Debug)]
pub(crate) struct TimeAxis {
    /// First pixel.
    pub(crate) left: i32,
    /// First pixel after it.
    pub(crate) right: i32,
    horizon_ns: u64,
}

impl TimeAxis {
    pub(crate) fn new(left: i32, right: i32, horizon: Span) -> Self {
        Self { left, right, horizon_ns: horizon.as_nanos().max(1) }
    }

    /// The pixel of an instant; what lies after the horizon is at its end.
    pub(crate) fn x(&self, at: Time) -> i32 {
        let width = u128::from((self.right - self.left).unsigned_abs());
        let at = u128::from(at.as_nanos().min(self.horizon_ns));
        let horizon = u128::from(self.horizon_ns);
        // At most the width, which is an i32.
        self.left + ((at * width + horizon / 2) / horizon) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_covers_its_pixels_and_no_more() {
        let axis = TimeAxis::new(100, 200, Span::from_secs(10));
        let x = |s: u64| axis.x(Time::from_nanos(s * 1_000_000_000));
        assert_eq!([x(0), x(5), x(10), x(99)], [100, 150, 200, 200]);
    }
}
