//! Quantiles of a few values.

/// The quantile of `values` at a share `p` (0 to 1), by linear interpolation of the order statistics: definition 7 of Hyndman and
/// Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996); `numpy.quantile` has it as `linear`.
/// `None` of nothing. `values` must be in rising order.
pub(crate) fn quantile(values: &[f64], p: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let place = p.clamp(0.0, 1.0) * last as f64;
    let below = libm::floor(place);
    // Not negative, and at most `last`.
    let index = below as usize;
    let (a, b) = (values[index], values[(index + 1).min(last)]);
    Some(a + (b - a) * (place - below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_a_hand_example() {
        // Places 0.05 * 4 = 0.2, 0.5 * 4 = 2 and 0.95 * 4 = 3.8 among 10, 20, 40, 80, 160.
        let values = [10.0, 20.0, 40.0, 80.0, 160.0];
        let close = |p: f64, expected: f64| {
            let found = quantile(&values, p).expect("five values");
            assert!((found - expected).abs() < 1e-12, "{p}: {found}");
        };
        close(0.05, 12.0);
        close(0.5, 40.0);
        close(0.95, 144.0);
        close(0.0, 10.0);
        close(1.0, 160.0);
        assert_eq!(quantile(&[7.0], 0.3), Some(7.0));
        assert_eq!(quantile(&[], 0.3), None);
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([1.5, 2, 3.25, 3.5, 7, 11, 11.5, 20], p), numpy 2.4.6.
        let values = [1.5, 2.0, 3.25, 3.5, 7.0, 11.0, 11.5, 20.0];
        for (p, expected) in NUMPY {
            let found = quantile(&values, p).expect("eight values");
            assert!((found - expected).abs() < 1e-12, "{p}: {found}");
        }
    }

    const NUMPY: [(f64, f64); 5] =
        [(0.05, 1.675), (0.25, 2.9375), (0.5, 5.25), (0.75, 11.125), (0.95, 17.025)];
}
