//! The standard exponential and normal by the Ziggurat: one 64-bit draw and a comparison 99 times in 100.

use rand_core::Rng;

use super::tables::{EXPONENTIAL_F, EXPONENTIAL_X, NORMAL_F, NORMAL_X};
use crate::random::{uniform, uniform_open};

/// A value of the exponential distribution with mean 1.
///
/// ```
/// use sandbox_core::{Seed, dist::standard_exponential};
/// assert!(standard_exponential(&mut Seed::new(1).stream("service")) >= 0.0);
/// ```
#[inline]
pub fn standard_exponential<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    loop {
        let bits = rng.next_u64();
        // The layer from the lowest 8 bits, the place in it from the uppermost 53.
        let layer = (bits & 0xff) as usize;
        let x = (bits >> 11) as i64 as f64 * (1.0 / 9_007_199_254_740_992.0) * EXPONENTIAL_X[layer];
        if x < EXPONENTIAL_X[layer + 1] {
            return x;
        }
        if layer == 0 {
            // The tail of an exponential is an exponential.
            return EXPONENTIAL_X[1] - libm::log(uniform_open(rng));
        }
        if under(&EXPONENTIAL_F, layer, rng, || libm::exp(-x)) {
            return x;
        }
    }
}

/// A value of the normal distribution with mean 0 and standard deviation 1.
#[inline]
pub fn standard_normal<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    loop {
        let bits = rng.next_u64();
        let layer = (bits & 0xff) as usize;
        // Odd multiples of 2^-52 in (-1, 1): symmetric, and exact in every step.
        let signed = ((bits >> 12) as i64 as f64 + 0.5) * (1.0 / 2_251_799_813_685_248.0) - 1.0;
        let x = signed * NORMAL_X[layer];
        if x.abs() < NORMAL_X[layer + 1] {
            return x;
        }
        if layer == 0 {
            return normal_tail(signed < 0.0, rng);
        }
        if under(&NORMAL_F, layer, rng, || libm::exp(-0.5 * x * x)) {
            return x;
        }
    }
}

/// Whether a random height in the layer lies under the density.
fn under<R: Rng + ?Sized>(
    heights: &[f64; 257],
    layer: usize,
    rng: &mut R,
    density: impl FnOnce() -> f64,
) -> bool {
    heights[layer + 1] + (heights[layer] - heights[layer + 1]) * uniform(rng) < density()
}

/// A normal beyond the base layer, by Marsaglia's method (1964).
#[cold]
fn normal_tail<R: Rng + ?Sized>(negative: bool, rng: &mut R) -> f64 {
    loop {
        let beyond = -libm::log(uniform_open(rng)) / NORMAL_X[1];
        let height = -libm::log(uniform_open(rng));
        if 2.0 * height >= beyond * beyond {
            let x = NORMAL_X[1] + beyond;
            return if negative { -x } else { x };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All 256 layers have the same area, which is that of the base with its tail.
    fn assert_equal_areas(x: &[f64; 257], f: &[f64; 257], tail: f64) {
        let base = x[1] * f[1] + tail;
        // A few roundings of values near 1 and 4, differences of neighbours a few 1e-3.
        let tolerance = 1e-14;
        assert!((x[0] * f[1] - base).abs() < tolerance, "base");
        for layer in 1..256 {
            let area = x[layer] * (f[layer + 1] - f[layer]);
            assert!((area - base).abs() < tolerance, "layer {layer}: {area} against {base}");
        }
        assert_eq!((x[256], f[256]), (0.0, 1.0));
        assert!(x.is_sorted_by(|a, b| a > b) && f.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn exponential_layers_have_equal_areas() {
        assert_equal_areas(&EXPONENTIAL_X, &EXPONENTIAL_F, libm::exp(-EXPONENTIAL_X[1]));
        for (x, f) in EXPONENTIAL_X.iter().zip(&EXPONENTIAL_F) {
            // `x` itself is rounded, an error that `exp` magnifies by `x`.
            assert!((libm::exp(-x) - f).abs() <= 4e-15 * f);
        }
    }

    #[test]
    fn normal_layers_have_equal_areas() {
        let tail = (std::f64::consts::PI / 2.0).sqrt() * libm::erfc(NORMAL_X[1] / 2_f64.sqrt());
        assert_equal_areas(&NORMAL_X, &NORMAL_F, tail);
        for (x, f) in NORMAL_X.iter().zip(&NORMAL_F) {
            assert!((libm::exp(-0.5 * x * x) - f).abs() <= 4e-15 * f);
        }
    }
}
