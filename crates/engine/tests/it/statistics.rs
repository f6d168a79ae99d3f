//! Statistics that tests of drawn weather are held against, each with its level.
//!
//! * [`ks`] – distance of a sample from a law, and [`ks_critical`]
//! * [`chi_square`] – counts against shares, and [`chi_square_critical`]
//! * [`ratio`] – a ratio of means over cycles, with its standard error (regenerative method)
//! * [`mean`] – a mean over replications, with its standard error
//! * [`lift`] – how often two lists of incidents meet, over what a shift by whole weeks gives

use sandbox_core::{Span, Time};

/// Normal quantile of a two-sided level of 99.9 %.
pub(crate) const Z_999: f64 = 3.291;

/// Greatest distance between the sample's distribution function and `cdf` (Kolmogorov, Smirnov).
pub(crate) fn ks(sample: &mut [f64], cdf: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let distance = |(i, &x): (usize, &f64)| {
        let p = cdf(x);
        (p - i as f64 / n).max((i + 1) as f64 / n - p)
    };
    sample.iter().enumerate().map(distance).fold(0.0, f64::max)
}

/// What [`ks`] exceeds with a chance of 0.1 %, for many values.
pub(crate) fn ks_critical(n: usize) -> f64 {
    1.949 / (n as f64).sqrt()
}

/// Sum of (seen - expected)² / expected; `shares` are relative.
pub(crate) fn chi_square(counts: &[u64], shares: &[f64]) -> f64 {
    let (n, all): (u64, f64) = (counts.iter().sum(), shares.iter().sum());
    let terms = counts.iter().zip(shares).map(|(&count, share)| {
        let expected = n as f64 * share / all;
        (count as f64 - expected) * (count as f64 - expected) / expected
    });
    terms.sum()
}

/// What [`chi_square`] exceeds with a chance of 0.1 % (Wilson and Hilferty's cube).
pub(crate) fn chi_square_critical(degrees: usize) -> f64 {
    let d = 2.0 / (9.0 * degrees as f64);
    let root = 1.0 - d + 3.090 * d.sqrt();
    degrees as f64 * root * root * root
}

/// `Σa / Σb` over independent cycles, and its standard error.
pub(crate) fn ratio(cycles: &[(f64, f64)]) -> (f64, f64) {
    let n = cycles.len() as f64;
    let (a, b) = cycles.iter().fold((0.0, 0.0), |sum, cycle| (sum.0 + cycle.0, sum.1 + cycle.1));
    let r = a / b;
    let residual: f64 = cycles.iter().map(|(x, y)| (x - r * y) * (x - r * y)).sum();
    (r, (residual / (n - 1.0) / n).sqrt() / (b / n))
}

/// The mean, and its standard error.
pub(crate) fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (mean, (square / (n - 1.0) / n).sqrt())
}

/// The share of `a` that has one of `b` (in order) within `window`.
pub(crate) fn met(a: &[Time], b: &[Time], window: Span) -> f64 {
    let meets = |at: &&Time| {
        let low = b.partition_point(|other| other.saturating_add(window) < **at);
        b.get(low).is_some_and(|other| *other <= at.saturating_add(window))
    };
    a.iter().filter(meets).count() as f64 / a.len() as f64
}

/// [`met`] over its mean when `b` is shifted (in a circle of length `end`) by each of `shifts`. Whole weeks keep the hour
/// of the week, and so leave only what two providers have in common beyond it.
pub(crate) fn lift(a: &[Time], b: &[Time], window: Span, end: Span, shifts: &[Span]) -> f64 {
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
