//! Inverse distribution functions: one uniform in, one value out, rising. What common random numbers want.

/// The exponential with mean 1 that exceeds a share `u` of all: `-ln(1 - u)`, for `u` in `[0, 1]` (1 gives infinity,
/// anything outside NaN).
#[inline]
pub fn exp_inv(u: f64) -> f64 {
    -libm::log1p(-u)
}

/// The standard normal that exceeds a share `u` of all, to 1e-15 or so, for `u` in `[0, 1]` (the ends give the
/// infinities, anything outside NaN).
///
/// Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37 (1988),
/// routine PPND16.
pub fn normal_inv(u: f64) -> f64 {
    let q = u - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * polynomial(r, &CENTRE.0) / polynomial(r, &CENTRE.1);
    }
    let tail = if q < 0.0 { u } else { 1.0 - u };
    if tail == 0.0 {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let r = (-libm::log(tail)).sqrt();
    let x = if r <= 5.0 {
        polynomial(r - 1.6, &MIDDLE.0) / polynomial(r - 1.6, &MIDDLE.1)
    } else {
        polynomial(r - 5.0, &FAR.0) / polynomial(r - 5.0, &FAR.1)
    };
    if q < 0.0 { -x } else { x }
}

/// Horner's rule, the constant term first.
fn polynomial(x: f64, coefficients: &[f64; 8]) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// Numerator and denominator of a rational function.
type Rational = ([f64; 8], [f64; 8]);

const CENTRE: Rational = (
    [
        3.387_132_872_796_366_6,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
);

const MIDDLE: Rational = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);

const FAR: Rational = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_inv_inverts_the_normal() {
        for step in 1..20_000 {
            let u = f64::from(step) / 20_000.0;
            let back = 0.5 * libm::erfc(-normal_inv(u) / 2_f64.sqrt());
            // Relative to the nearer tail, where the inverse is steep.
            assert!((back - u).abs() <= 4e-15 * (1.0 + normal_inv(u).abs()), "{u}: {back}");
        }
    }

    #[test]
    fn normal_inv_far_out() {
        // From `erfc` to 40 digits, by root finding.
        for (u, x) in [
            (1e-3, -3.090_232_306_167_813_5),
            (1e-10, -6.361_340_902_404_056),
            (1e-20, -9.262_340_089_798_409),
            (1e-300, -37.047_096_299_361_2),
        ] {
            assert!((normal_inv(u) - x).abs() <= 1e-14 * -x, "{u}: {}", normal_inv(u));
        }
    }

    #[test]
    fn ends_and_outside() {
        assert_eq!(normal_inv(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_inv(0.5), 0.0);
        assert_eq!(normal_inv(1.0), f64::INFINITY);
        assert!(normal_inv(-0.1).is_nan() && normal_inv(1.1).is_nan() && normal_inv(f64::NAN).is_nan());
        assert_eq!(exp_inv(0.0), 0.0);
        assert_eq!(exp_inv(1.0), f64::INFINITY);
        assert!(exp_inv(1.1).is_nan());
    }

    #[test]
    fn inverses_rise() {
        let points = || (0..100_000).map(|step| f64::from(step) / 100_000.0);
        assert!(points().map(exp_inv).is_sorted_by(|a, b| a < b));
        assert!(points().map(normal_inv).is_sorted_by(|a, b| a < b));
    }
}
