//! Samplers against theory: moments by z-score, shapes by Kolmogorov-Smirnov and chi-square.
//!
//! Seeds are fixed, so a test passes always or never; the level says how likely it was to fail by bad luck alone when
//! the seed was chosen: 1e-4 each.

use sandbox_core::dist::{
    Alias, Bernoulli, DistError, Empirical, Exponential, Gamma, Lognormal, Normal, Pareto, Poisson,
    PoissonProcess, Uniform, Weibull, exp_inv, normal_inv,
};
use sandbox_core::{Seed, Span, Stream, Time, uniform};

const N: usize = 100_000;
/// Two-sided normal quantile at level 1e-4.
const Z: f64 = 3.891;
/// Kolmogorov's quantile at level 1e-4: sqrt(ln(2e4) / 2).
const KS: f64 = 2.225;

fn rng(name: &str) -> Stream {
    Seed::new(20).stream(name)
}

fn draw(name: &str, sample: impl Fn(&mut Stream) -> f64) -> Vec<f64> {
    let mut rng = rng(name);
    (0..N).map(|_| sample(&mut rng)).collect()
}

/// Mean and variance lie within `Z` standard errors of theory, those errors estimated from the sample itself.
fn assert_moments(name: &str, values: &[f64], mean: f64, variance: f64) {
    let n = values.len() as f64;
    let average = |f: &dyn Fn(f64) -> f64| values.iter().map(|value| f(*value)).sum::<f64>() / n;
    let seen = average(&|x| x);
    let z = (seen - mean) / (variance / n).sqrt();
    assert!(z.abs() < Z, "{name}: mean {seen}, expected {mean}, z = {z}");
    let seen = average(&|x| (x - mean) * (x - mean));
    let fourth = average(&|x| (x - mean) * (x - mean) * (x - mean) * (x - mean));
    let z = (seen - variance) / ((fourth - seen * seen) / n).sqrt();
    assert!(z.abs() < Z, "{name}: variance {seen}, expected {variance}, z = {z}");
}

/// The largest gap between the empirical distribution function and `cdf` stays below its quantile.
fn assert_shape(name: &str, values: &[f64], cdf: impl Fn(f64) -> f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let gap = sorted
        .iter()
        .enumerate()
        .map(|(rank, x)| (cdf(*x) - rank as f64 / n).abs().max((cdf(*x) - (rank + 1) as f64 / n).abs()))
        .fold(0.0, f64::max);
    assert!(gap * n.sqrt() < KS, "{name}: Kolmogorov-Smirnov {}", gap * n.sqrt());
}

/// Pearson's statistic stays below its quantile (Wilson-Hilferty).
fn assert_counts(name: &str, counts: &[f64], expected: &[f64]) {
    assert!(expected.iter().all(|expected| *expected >= 5.0), "{name}: merge the rare cells");
    let chi_square: f64 = counts.iter().zip(expected).map(|(c, e)| (c - e) * (c - e) / e).sum();
    let freedom = (counts.len() - 1) as f64;
    let root = 1.0 - 2.0 / (9.0 * freedom) + 3.719 * (2.0 / (9.0 * freedom)).sqrt();
    assert!(chi_square < freedom * root * root * root, "{name}: chi-square {chi_square} at {freedom}");
}

fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / 2_f64.sqrt())
}

#[test]
fn exponential() -> Result<(), DistError> {
    let dist = Exponential::new(3.0)?;
    let values = draw("exponential", |rng| dist.sample(rng));
    assert_moments("exponential", &values, dist.mean(), dist.variance());
    assert_shape("exponential", &values, |x| 1.0 - libm::exp(-x / 3.0));
    let inverse = draw("exp_inv", |rng| dist.quantile(uniform(rng)));
    assert_shape("exp_inv", &inverse, |x| 1.0 - libm::exp(-x / 3.0));
    // The tail beyond the Ziggurat's base: 1 in 2200.
    let beyond = values.iter().filter(|x| **x > 3.0 * 7.697_117_470_131_05).count() as f64;
    let expected = N as f64 * libm::exp(-7.697_117_470_131_05);
    assert!((beyond - expected).abs() < Z * expected.sqrt(), "{beyond} beyond, expected {expected}");
    Ok(())
}

#[test]
fn uniform_between_bounds() -> Result<(), DistError> {
    let dist = Uniform::new(-2.0, 5.0)?;
    let values = draw("uniform", |rng| dist.sample(rng));
    assert_moments("uniform", &values, dist.mean(), dist.variance());
    assert_shape("uniform", &values, |x| (x + 2.0) / 7.0);
    Ok(())
}

#[test]
fn normal() -> Result<(), DistError> {
    let dist = Normal::new(10.0, 2.0)?;
    let values = draw("normal", |rng| dist.sample(rng));
    assert_moments("normal", &values, dist.mean(), dist.variance());
    assert_shape("normal", &values, |x| normal_cdf((x - 10.0) / 2.0));
    let inverse = draw("normal_inv", |rng| normal_inv(uniform(rng)));
    assert_shape("normal_inv", &inverse, normal_cdf);
    // The tail beyond the base comes once in 3900: look at ten times as many.
    let mut rng = rng("normal tail");
    let standard = Normal::new(0.0, 1.0)?;
    let beyond: Vec<f64> =
        (0..10 * N).map(|_| standard.sample(&mut rng)).filter(|x| x.abs() > 3.654_152_885_361_009).collect();
    let share = 2.0 * normal_cdf(-3.654_152_885_361_009);
    let expected = 10.0 * N as f64 * share;
    assert!((beyond.len() as f64 - expected).abs() < Z * expected.sqrt(), "{} beyond", beyond.len());
    let folded: Vec<f64> = beyond.iter().map(|x| x.abs()).collect();
    assert_shape("normal tail", &folded, |x| 1.0 - 2.0 * normal_cdf(-x) / share);
    Ok(())
}

#[test]
fn lognormal() -> Result<(), DistError> {
    let dist = Lognormal::from_median_sigma(120.0, 0.5)?;
    let values = draw("lognormal", |rng| dist.sample(rng));
    assert_moments("lognormal", &values, dist.mean(), dist.variance());
    assert_shape("lognormal", &values, |x| normal_cdf(libm::log(x / 120.0) / 0.5));
    let still = Lognormal::from_median_sigma(120.0, 0.0)?;
    assert_eq!(still.sample(&mut rng("still")), 120.0);
    Ok(())
}

#[test]
fn gamma() -> Result<(), DistError> {
    for shape in [0.3, 1.0, 2.0, 7.5] {
        let dist = Gamma::new(shape, 2.0)?;
        let values = draw(&format!("gamma {shape}"), |rng| dist.sample(rng));
        assert_moments("gamma", &values, dist.mean(), dist.variance());
        if shape == 1.0 {
            assert_shape("gamma 1", &values, |x| 1.0 - libm::exp(-x / 2.0));
        } else if shape == 2.0 {
            assert_shape("gamma 2", &values, |x| 1.0 - libm::exp(-x / 2.0) * (1.0 + x / 2.0));
        }
    }
    // Below 1: the chi-square with one degree of freedom is a gamma of shape 1/2.
    let dist = Gamma::new(0.5, 2.0)?;
    let values = draw("gamma 1/2", |rng| dist.sample(rng));
    assert_shape("gamma 1/2", &values, |x| libm::erf((x / 2.0).sqrt()));
    Ok(())
}

#[test]
fn weibull() -> Result<(), DistError> {
    for shape in [0.7, 1.5] {
        let dist = Weibull::new(shape, 4.0)?;
        let values = draw(&format!("weibull {shape}"), |rng| dist.sample(rng));
        assert_moments("weibull", &values, dist.mean(), dist.variance());
        assert_shape("weibull", &values, |x| 1.0 - libm::exp(-libm::pow(x / 4.0, shape)));
    }
    Ok(())
}

#[test]
fn pareto() -> Result<(), DistError> {
    // Shape 9: the fourth moment, which the test of the variance leans on, must exist, and its own variance.
    let dist = Pareto::new(2.0, 9.0)?;
    let values = draw("pareto", |rng| dist.sample(rng));
    let (Some(mean), Some(variance)) = (dist.mean(), dist.variance()) else { panic!("both exist") };
    assert_moments("pareto", &values, mean, variance);
    assert_shape("pareto", &values, |x| 1.0 - libm::pow(2.0 / x, 9.0));
    let heavy = Pareto::new(2.0, 1.0)?;
    assert_eq!((heavy.mean(), heavy.variance()), (None, None));
    Ok(())
}

#[test]
fn poisson() -> Result<(), DistError> {
    for mean in [0.5_f64, 4.0, 9.99, 10.0, 30.0, 1_000.0] {
        let dist = Poisson::new(mean)?;
        let values = draw(&format!("poisson {mean}"), |rng| dist.sample(rng) as f64);
        assert_moments("poisson", &values, dist.mean(), dist.variance());
        let chance = |k: f64| libm::exp(k * libm::log(mean) - mean - libm::lgamma(k + 1.0));
        // Cells one by one around the mean, the tails merged into the outermost two.
        let first = (mean - 2.5 * mean.sqrt()).max(0.0).floor() as usize;
        let last = (mean + 2.5 * mean.sqrt()).floor() as usize;
        let mut expected: Vec<f64> = (first..=last).map(|k| chance(k as f64) * N as f64).collect();
        let below: f64 = (0..first).map(|k| chance(k as f64)).sum::<f64>() * N as f64;
        let above = N as f64 - below - expected.iter().sum::<f64>();
        expected[0] += below;
        *expected.last_mut().expect("not empty") += above;
        let mut counts = vec![0.0; expected.len()];
        for value in values {
            counts[(value as usize).clamp(first, last) - first] += 1.0;
        }
        assert_counts(&format!("poisson {mean}"), &counts, &expected);
    }
    assert_eq!(Poisson::new(0.0)?.sample(&mut rng("none")), 0);
    Ok(())
}

#[test]
fn choices() -> Result<(), DistError> {
    let coin = Bernoulli::new(0.2)?;
    let values = draw("bernoulli", |rng| f64::from(u8::from(coin.sample(rng))));
    assert_moments("bernoulli", &values, coin.mean(), coin.variance());

    let empirical = Empirical::new([3.0, 1.0, 1.0, 8.0])?;
    let values = draw("empirical", |rng| empirical.sample(rng));
    assert_moments("empirical", &values, empirical.mean(), empirical.variance());
    assert_eq!([0.0, 0.49, 0.5, 0.75, 1.0].map(|u| empirical.quantile(u)), [1.0, 1.0, 3.0, 8.0, 8.0]);

    let weights = [5.0, 0.0, 1.0, 14.0, 0.25, 0.0, 3.0];
    let alias = Alias::new(&weights)?;
    let mut counts = [0.0; 7];
    let mut rng = rng("alias");
    (0..N).for_each(|_| counts[alias.sample(&mut rng)] += 1.0);
    assert_eq!((counts[1], counts[5]), (0.0, 0.0), "a weight of zero is never drawn");
    let possible = |values: &[f64; 7]| [0, 2, 3, 4, 6].map(|index| values[index]);
    let total: f64 = weights.iter().sum();
    assert_counts("alias", &possible(&counts), &possible(&weights).map(|weight| weight / total * N as f64));
    assert_eq!(Alias::new(&[7.0])?.sample(&mut rng), 0);
    Ok(())
}

/// A day whose rate swings between 0 and 8 a second: counts by tenth of a period follow the integral of the rate, and
/// times mapped through it are a Poisson process of rate 1.
#[test]
fn poisson_process() -> Result<(), DistError> {
    let arrivals = PoissonProcess::new(8.0)?;
    let period = 100.0;
    let turn = 2.0 * std::f64::consts::PI / period;
    let rate = |at: Time| 4.0 - 4.0 * libm::cos(turn * at.as_secs_f64());
    let integral = |secs: f64| 4.0 * secs - 4.0 / turn * libm::sin(turn * secs);
    let horizon = Time::ZERO + Span::from_secs(10_000);
    let mut rng = rng("arrivals");
    let (mut gaps, mut last, mut at) = (Vec::new(), 0.0, Time::ZERO);
    while let Some(next) = arrivals.next_until(at, horizon, &mut rng, rate) {
        let mapped = integral(next.as_secs_f64());
        gaps.push(mapped - last);
        (at, last) = (next, mapped);
    }
    let expected = integral(10_000.0);
    assert!((gaps.len() as f64 - expected).abs() < Z * expected.sqrt(), "{} arrivals", gaps.len());
    assert_shape("gaps in operational time", &gaps, |x| 1.0 - libm::exp(-x));
    assert_eq!(arrivals.next_until(at, at, &mut rng, rate), None);
    Ok(())
}

#[test]
#[should_panic(expected = "above its bound")]
fn poisson_process_refuses_a_rate_above_its_bound() {
    let arrivals = PoissonProcess::new(1.0).expect("positive");
    arrivals.next(Time::ZERO, &mut rng("bound"), |_| 1.5);
}

#[test]
fn errors_name_the_parameter() {
    let message = |error: Option<DistError>| error.map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(
        message(Exponential::new(0.0).err()),
        "Exponential: mean is 0, but must be positive and finite"
    );
    assert_eq!(message(Uniform::new(2.0, 1.0).err()), "Uniform: high is 1, but must be at least `low`");
    assert_eq!(
        message(Normal::new(0.0, -1.0).err()),
        "Normal: sd is -1, but must be zero or positive, and finite"
    );
    assert_eq!(message(Bernoulli::new(1.5).err()), "Bernoulli: p is 1.5, but must be from 0 to 1");
    assert_eq!(message(Empirical::new([]).err()), "Empirical: number of values is 0, but must be at least 1");
    let bad: [bool; 13] = [
        Exponential::new(f64::NAN).is_err(),
        Exponential::new(f64::INFINITY).is_err(),
        Uniform::new(f64::NAN, 1.0).is_err(),
        Uniform::new(f64::MIN, f64::MAX).is_err(),
        Lognormal::from_median_sigma(0.0, 1.0).is_err(),
        Gamma::new(-1.0, 1.0).is_err(),
        Weibull::new(1.0, 0.0).is_err(),
        Pareto::new(1.0, f64::NAN).is_err(),
        Poisson::new(-1.0).is_err(),
        Poisson::new(1e10).is_err(),
        Alias::new(&[]).is_err(),
        Alias::new(&[0.0, 0.0]).is_err(),
        PoissonProcess::new(0.0).is_err(),
    ];
    assert_eq!(bad, [true; 13]);
    assert_eq!(exp_inv(0.5), core::f64::consts::LN_2);
}
