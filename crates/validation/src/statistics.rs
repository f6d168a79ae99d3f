//! Intervals and tests. The level is 99.9 % throughout: a right program would fail one choice of seeds in a thousand, and
//! the seeds are fixed, so that nothing flickers.

use sandbox_core::{Span, Time};

/// Two-sided 99.9 % quantile of the normal law.
pub const NORMAL: f64 = 3.290_5;

/// Independent replications, one seed each.
pub const REPLICATIONS: u64 = 30;

/// Two-sided 99.9 % quantile of Student's t with 29 degrees of freedom: [`REPLICATIONS`] less one.
pub const STUDENT: f64 = 3.659;

/// A mean with half the width of its interval.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Half the width of the 99.9 % interval.
    pub half: f64,
}

impl Estimate {
    /// The mean of [`REPLICATIONS`] independent replications, seeds 1, 2, 3 …
    pub fn of_replications(figure: impl FnMut(u64) -> f64) -> Self {
        let figures: Vec<f64> = (1..=REPLICATIONS).map(figure).collect();
        let Sample { mean, variance, n } = Sample::of(&figures);
        Self { mean, half: STUDENT * (variance / n).sqrt() }
    }

    /// A share of `n` independent trials (normal approximation with Agresti and Coull's two successes and failures more).
    #[must_use]
    pub fn of_share(successes: u64, n: u64) -> Self {
        let z2 = NORMAL * NORMAL;
        let p = (successes as f64 + z2 / 2.0) / (n as f64 + z2);
        Self { mean: successes as f64 / n as f64, half: NORMAL * (p * (1.0 - p) / (n as f64 + z2)).sqrt() }
    }

    /// Whether `value` is inside, beyond an `allowance` in the same unit.
    #[must_use]
    pub fn contains(&self, value: f64, allowance: f64) -> bool {
        (self.mean - value).abs() <= self.half + allowance
    }

    /// Whether the interval is narrower than this share of `value` on each side: a comparison that could not fail would
    /// prove nothing.
    #[must_use]
    pub fn is_precise(&self, value: f64, share: f64) -> bool {
        self.half <= share * value.abs()
    }
}

/// Figures of independent runs, to be compared with those of others.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Sample {
    /// The mean.
    pub mean: f64,
    /// The variance of one figure.
    pub variance: f64,
    /// Figures.
    pub n: f64,
}

impl Sample {
    /// Of two figures or more.
    #[must_use]
    pub fn of(figures: &[f64]) -> Self {
        let n = figures.len() as f64;
        let mean = figures.iter().sum::<f64>() / n;
        let variance = figures.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        Self { mean, variance, n }
    }

    /// The difference of the two means, this one's less the other's, with its interval (Welch's t).
    #[must_use]
    pub fn less(&self, other: &Self) -> Estimate {
        let (a, b) = (self.variance / self.n, other.variance / other.n);
        let mean = self.mean - other.mean;
        if a + b == 0.0 {
            return Estimate { mean, half: 0.0 };
        }
        let freedom = (a + b) * (a + b) / (a * a / (self.n - 1.0) + b * b / (other.n - 1.0));
        Estimate { mean, half: student(freedom) * (a + b).sqrt() }
    }
}

/// The difference of two shares, each `(successes, n)`, the first less the second, with the interval that it has if both are samples of one
/// share (two-proportion z).
#[must_use]
pub fn shares_differ(first: (usize, usize), second: (usize, usize)) -> Estimate {
    let [(a, n), (b, m)] = [first, second].map(|(k, n)| (k as f64, n as f64));
    let both = (a + b) / (n + m);
    Estimate { mean: a / n - b / m, half: NORMAL * (both * (1.0 - both) * (1.0 / n + 1.0 / m)).sqrt() }
}

/// Two-sided 99.9 % quantile of Student's t, to 0.001 from 29 degrees of freedom on (Cornish and Fisher's expansion).
#[must_use]
pub fn student(freedom: f64) -> f64 {
    let z2 = NORMAL * NORMAL;
    let first = (z2 + 1.0) / 4.0;
    let second = ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
    let third = (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
    NORMAL * (1.0 + (first + (second + third / freedom) / freedom) / freedom)
}

/// The greatest distance between the sample's distribution function and `cdf` (Kolmogorov and Smirnov).
#[must_use]
pub fn kolmogorov_smirnov(sample: &mut [f64], cdf: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let off = |(i, &x): (usize, &f64)| {
        let (below, f) = (i as f64 / n, cdf(x));
        (f - below).max(below + 1.0 / n - f)
    };
    sample.iter().enumerate().map(off).fold(0.0, f64::max)
}

/// The distance that a sample of `n` from the right law exceeds once in a thousand.
#[must_use]
pub fn kolmogorov_limit(n: usize) -> f64 {
    1.949_5 / (n as f64).sqrt()
}

/// Pearson's statistic of counts against shares.
#[must_use]
pub fn chi_square(counts: &[u64], shares: &[f64]) -> f64 {
    let n = counts.iter().sum::<u64>() as f64;
    let whole: f64 = shares.iter().sum();
    let cell = |(&count, &share): (&u64, &f64)| {
        let expected = n * share / whole;
        (count as f64 - expected) * (count as f64 - expected) / expected
    };
    counts.iter().zip(shares).map(cell).sum()
}

/// 99.9 % quantiles of chi-square by degrees of freedom, from 1.
const CHI_SQUARE: [f64; 23] = [
    10.828, 13.816, 16.266, 18.467, 20.515, 22.458, 24.322, 26.124, 27.877, 29.588, 31.264, 32.909, 34.528,
    36.123, 37.697, 39.252, 40.790, 42.312, 43.820, 45.315, 46.797, 48.268, 49.728,
];

/// The statistic that the right shares exceed once in a thousand, for 2 to 24 cells.
#[must_use]
pub fn chi_square_limit(cells: usize) -> f64 {
    CHI_SQUARE[cells - 2]
}

/// Distribution function of the normal law.
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// The share of `a` that has one of `b` (in order) within `window`.
#[must_use]
pub fn met(a: &[Time], b: &[Time], window: Span) -> f64 {
    let meets = |at: &&Time| {
        let low = b.partition_point(|other| other.saturating_add(window) < **at);
        b.get(low).is_some_and(|other| *other <= at.saturating_add(window))
    };
    a.iter().filter(meets).count() as f64 / a.len() as f64
}

/// [`met`] over its mean when `b` is shifted (in a circle of length `end`) by each of `shifts`. Whole weeks keep the hour
/// of the week, and so leave only what two providers have in common beyond it.
#[must_use]
pub fn lift(a: &[Time], b: &[Time], window: Span, end: Span, shifts: &[Span]) -> f64 {
    let null = shifts.iter().map(|shift| {
        let mut moved: Vec<Time> = b
            .iter()
            .map(|at| Time::from_nanos((at.as_nanos() + shift.as_nanos()) % end.as_nanos()))
            .collect();
        moved.sort();
        met(a, &moved, window)
    });
    met(a, b, window) / (null.sum::<f64>() / shifts.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incidents_meet_within_the_window_and_no_further() {
        let at = |hours: &[u64]| -> Vec<Time> {
            hours.iter().map(|h| Time::ZERO + Span::from_hours(*h)).collect()
        };
        let (a, b) = (at(&[10, 20, 30, 40]), at(&[8, 23, 32]));
        assert_eq!(met(&a, &b, Span::from_hours(2)), 0.5);
        assert_eq!(met(&a, &b, Span::from_hours(1)), 0.0);
        // Shifted by 2 h in a circle of 50: 10, 25 and 34; by 17 h: 25, 40 and 49.
        let shifts = [Span::from_hours(2), Span::from_hours(17)];
        assert_eq!(lift(&a, &b, Span::from_hours(2), Span::from_hours(50), &shifts), 2.0);
    }

    /// With two degrees of freedom chi-square is exponential with mean 2.
    #[test]
    fn chi_square_has_its_closed_form_at_two_degrees_of_freedom() {
        assert!((chi_square_limit(3) + 2.0 * libm::log(0.001)).abs() < 1e-3);
        assert!((chi_square(&[30, 70], &[0.5, 0.5]) - 16.0).abs() < 1e-12);
    }

    #[test]
    fn student_is_that_of_the_tables() {
        for (freedom, table) in [(29.0, STUDENT), (60.0, 3.460), (120.0, 3.373), (1e9, NORMAL)] {
            assert!((student(freedom) - table).abs() < 1e-3, "{freedom}: {}", student(freedom));
        }
    }

    /// Variances of the means 5/2 and 4/5: 3.3² over 2.5² / 1 + 0.8² / 4 degrees of freedom.
    #[test]
    fn two_samples_differ_by_welch() {
        let (a, b) =
            (Sample { mean: 3.0, variance: 5.0, n: 2.0 }, Sample { mean: 1.0, variance: 4.0, n: 5.0 });
        let difference = a.less(&b);
        assert!((difference.mean - 2.0).abs() < 1e-12);
        assert!((difference.half - student(3.3 * 3.3 / (6.25 + 0.16)) * libm::sqrt(3.3)).abs() < 1e-12);
        assert!((Sample::of(&[1.0, 2.0, 6.0]).variance - 7.0).abs() < 1e-12);
    }

    /// 30 and 50 of 100: z is 0.2 over the root of 0.4 · 0.6 · 0.02.
    #[test]
    fn two_shares_differ_by_the_pooled_share() {
        let difference = shares_differ((50, 100), (30, 100));
        assert!((difference.mean - 0.2).abs() < 1e-12);
        assert!((difference.half - NORMAL * libm::sqrt(0.0048)).abs() < 1e-12);
    }

    #[test]
    fn the_distance_of_a_sample_from_its_law_is_found() {
        let mut sample = vec![0.25, 0.75];
        assert!((kolmogorov_smirnov(&mut sample, |x| x) - 0.25).abs() < 1e-12);
    }
}
