//! Values to pixels.

use super::frame::Plot;

/// Values to pixels, and where the lines of the grid are.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Scale {
    plot: Plot,
    log: bool,
    /// The ends: values, or their decimal logarithms.
    low: f64,
    high: f64,
}

impl Scale {
    /// In proportion, with a little room above `high`.
    pub(crate) fn linear((low, high): (f64, f64), plot: Plot) -> Self {
        let high = if high > low { high + (high - low) * 0.04 } else { low + 1.0 };
        Self { plot, log: false, low, high }
    }

    /// By logarithm: spans these logarithms with some room, and at least one power of ten.
    pub(crate) fn logarithmic((low, high): (f64, f64), plot: Plot) -> Self {
        let (mut low, mut high) = (low - 0.08, high + 0.08);
        let above = libm::ceil(low);
        if above > high {
            // No power of ten in between: reach for the nearer one.
            if above - high < low - (above - 1.0) { high = above + 0.05 } else { low = above - 1.05 }
        }
        Self { plot, log: true, low, high }
    }

    /// The pixel of a value, within the plot.
    pub(crate) fn y(&self, value: f64) -> i32 {
        let value = if self.log { log(value) } else { value };
        let part = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.plot.bottom - libm::round(part * f64::from(self.plot.height())) as i32
    }

    /// Round values within the ends, rising: some `most`, of a logarithmic scale the powers of ten.
    pub(crate) fn ticks(&self, most: f64) -> Vec<f64> {
        if self.log {
            // Within -6 and 10, as spans are at most 584 years.
            let powers = libm::ceil(self.low) as i32..=libm::floor(self.high) as i32;
            return powers.map(|power| libm::pow(10.0, f64::from(power))).collect();
        }
        let step = round_step((self.high - self.low) / most);
        let first = libm::ceil(self.low / step - 1e-9);
        let count = libm::floor((self.high - first * step) / step + 1e-9).clamp(0.0, 50.0) as i32;
        (0..=count).map(|index| (first + f64::from(index)) * step).collect()
    }
}

/// Decimal logarithm; what is less than a millionth counts as that.
pub(crate) fn log(value: f64) -> f64 {
    libm::log10(value.max(1e-6))
}

/// The least of 1, 2 and 5 times a power of ten that is not below `least`.
pub(crate) fn round_step(least: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(least)));
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|&step| step >= least).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLOT: Plot = Plot { top: 100, bottom: 200 };

    #[test]
    fn values_stay_in_the_plot() {
        let scale = Scale::linear((1.0, 3.0), PLOT);
        assert_eq!([0.0, 1.0, 2.0, 9.0].map(|value| scale.y(value)), [200, 200, 152, 100]);
        assert_eq!(scale.ticks(4.0), [1.0, 2.0, 3.0]);
        // A value alone gets room.
        assert_eq!(Scale::linear((0.0, 0.0), PLOT).y(0.0), 200);
    }

    #[test]
    fn a_logarithmic_scale_has_a_power_of_ten() {
        for ends in [(-0.9, -0.8), (0.2, 0.3), (-3.0, 2.0)] {
            assert!(!Scale::logarithmic(ends, PLOT).ticks(0.0).is_empty(), "{ends:?}");
        }
    }
}
