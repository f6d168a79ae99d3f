//! Generators by the method of moments.

use std::fmt;

use super::Measured;

/// A generator of arrivals, as a scenario writes it.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum ArrivalsFit {
    /// Counts and gaps are as random as Poisson's.
    Poisson {
        /// [1/s].
        rate: f64,
    },
    /// Gaps have another spread, and counts no more dispersion than that explains.
    Renewal {
        /// [1/s].
        rate: f64,
        /// Of the gaps.
        cv: f64,
    },
    /// Counts are dispersed as bursts disperse them.
    Bursts {
        /// [1/s].
        rate: f64,
        /// Of one burst [1/s].
        pace: f64,
        /// Mean length of a burst (s).
        lasting_s: f64,
    },
}

/// Index of dispersion of counts in windows of `window_s` for bursts of this pace and mean length:
/// `1 + 2 r τ (1 - (1 - e^(-w/τ)) τ / w)`.
#[must_use]
pub fn bursts_dispersion(pace_per_s: f64, lasting_s: f64, window_s: f64) -> f64 {
    1.0 + 2.0 * pace_per_s * lasting_s * saturation(window_s / lasting_s)
}

/// `1 - (1 - e^(-x)) / x`: 0 at 0, towards 1.
fn saturation(x: f64) -> f64 {
    1.0 + libm::expm1(-x) / x
}

/// Bounds of a burst's mean length that a fit may have [s].
const LASTING_S: (f64, f64) = (0.01, 3_600.0);

/// Gaps this near to a CV of 1 are Poisson's.
const CV_NEAR: f64 = 0.1;

/// Fits a generator: bursts if counts are over-dispersed and some bursts explain both windows, otherwise gaps.
#[must_use]
pub fn arrivals(m: &Measured) -> ArrivalsFit {
    let rate = m.rate_per_s;
    // Of n Poisson counts, the index has a standard deviation of sqrt(2 / (n - 1)).
    let excess = |dispersion: f64, windows: usize| {
        let noise = 3.0 * (2.0 / windows.saturating_sub(1).max(1) as f64).sqrt();
        if dispersion > 1.0 + noise { dispersion - 1.0 } else { 0.0 }
    };
    let (short, long) = (excess(m.dispersion.0, m.windows.0), excess(m.dispersion.1, m.windows.1));
    if short > 0.0 && long > short {
        let lasting_s = lasting(short / long, m.windows_s);
        // The long window is met in any case; beyond the bounds, the short one is not.
        let pace = long / (2.0 * lasting_s * saturation(m.windows_s.1 / lasting_s));
        return ArrivalsFit::Bursts { rate, pace, lasting_s };
    }
    if (m.cv - 1.0).abs() > CV_NEAR {
        return ArrivalsFit::Renewal { rate, cv: m.cv.clamp(0.01, 100.0) };
    }
    ArrivalsFit::Poisson { rate }
}

/// The mean length of bursts whose excess dispersions in the two windows have this ratio, by bisection: the ratio falls
/// from 1 to `short / long` as bursts grow longer.
fn lasting(ratio: f64, windows_s: (f64, f64)) -> f64 {
    let (mut low, mut high) = (libm::log(LASTING_S.0), libm::log(LASTING_S.1));
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        let tau = libm::exp(middle);
        if saturation(windows_s.0 / tau) / saturation(windows_s.1 / tau) > ratio {
            low = middle
        } else {
            high = middle
        }
    }
    libm::exp((low + high) / 2.0)
}

impl fmt::Display for ArrivalsFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poisson { rate } => write!(f, "Poisson(rate: \"{rate:.4}/s\")"),
            Self::Renewal { rate, cv } => write!(f, "Renewal(rate: \"{rate:.4}/s\", cv: {cv:.3})"),
            Self::Bursts { rate, pace, lasting_s } => {
                write!(
                    f,
                    "Bursts(rate: \"{rate:.4}/s\", pace: \"{pace:.4}/s\", lasting: \"{lasting_s:.3}s\")"
                )
            }
        }
    }
}

impl ArrivalsFit {
    /// How well it fits.
    pub(super) fn notes(&self, m: &Measured) -> Vec<String> {
        let (short, long) = m.windows_s;
        match self {
            Self::Poisson { .. } => vec!["fitted Poisson: neither gaps nor counts differ from it".to_owned()],
            Self::Renewal { cv, .. } => {
                vec![format!(
                    "fitted a renewal process to the CV of the gaps ({cv:.2}); its counts were not compared"
                )]
            }
            Self::Bursts { pace, lasting_s, .. } => {
                let of = |window| bursts_dispersion(*pace, *lasting_s, window);
                let mut notes = vec![format!(
                    "fitted bursts of {:.1} requests on average to the dispersion of counts: {:.2} in windows of {short} s and \
                     {:.1} in windows of {long} s; the CV of gaps was not fitted",
                    pace * lasting_s,
                    of(short),
                    of(long)
                )];
                if (of(short) - m.dispersion.0).abs() > 0.02 * m.dispersion.0 {
                    notes.push(format!(
                        "no bursts explain both windows: the short one is missed ({:.2} measured); the rate may have a trend",
                        m.dispersion.0
                    ));
                }
                notes
            }
        }
    }
}

/// A law of lengths, as a scenario writes it.
#[derive(Clone, PartialEq, Debug)]
pub enum LengthsFit {
    /// By the mean and the standard deviation of the logarithm.
    Lognormal {
        /// Tokens.
        median: f64,
        /// Of the logarithm.
        sigma: f64,
        /// The longest recorded.
        max: u32,
        /// Greatest distance from the recorded distribution function.
        distance: f64,
    },
    /// Quantiles of the body, and of the tail with narrower steps.
    Quantiles {
        /// From the shortest to the longest of the `BODY`.
        body: Vec<u32>,
        /// From there to the longest of all.
        tail: Vec<u32>,
        /// How far a lognormal would have been off.
        distance: f64,
    },
}

/// A lognormal farther than this from the recorded distribution function is given up for a table.
const DISTANCE_MAX: f64 = 0.05;
/// Share of the requests in the first part of a table; straight lines to the longest would overrate a long tail.
const BODY: f64 = 0.9;
/// Steps of each part.
const STEPS: usize = 30;

/// Fits a law to token counts, of which there must be some, none of them zero.
#[must_use]
pub fn lengths(counts: &[u32]) -> LengthsFit {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as f64;
    let logs: Vec<f64> = sorted.iter().map(|&count| libm::log(f64::from(count))).collect();
    let mean = logs.iter().sum::<f64>() / n;
    let sigma = (logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / n).sqrt();
    let (median, max) = (libm::exp(mean), sorted[sorted.len() - 1]);
    let distance = distance(&sorted, mean, sigma);
    if distance <= DISTANCE_MAX {
        return LengthsFit::Lognormal { median, sigma, max, distance };
    }
    let at = |share: f64| sorted[libm::rint(share * (n - 1.0)) as usize];
    let part = |from: f64, to: f64| {
        (0..=STEPS).map(|k| at(from + (to - from) * k as f64 / STEPS as f64)).collect::<Vec<_>>()
    };
    LengthsFit::Quantiles { body: part(0.0, BODY), tail: part(BODY, 1.0), distance }
}

/// Greatest distance between the distribution function of sorted counts and that of a rounded lognormal (Kolmogorov).
fn distance(sorted: &[u32], mean: f64, sigma: f64) -> f64 {
    let n = sorted.len() as f64;
    let mut worst = 0.0_f64;
    for (i, &count) in sorted.iter().enumerate() {
        if sorted.get(i + 1) == Some(&count) {
            continue;
        }
        let z = (libm::log(f64::from(count) + 0.5) - mean) / (sigma.max(1e-9) * std::f64::consts::SQRT_2);
        worst = worst.max(((i + 1) as f64 / n - 0.5 * libm::erfc(-z)).abs());
    }
    worst
}

impl fmt::Display for LengthsFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lognormal { median, sigma, max, .. } => {
                write!(f, "Lognormal(median: {median:.1}, sigma: {sigma:.3}, max: {max})")
            }
            Self::Quantiles { body, tail, .. } => write!(
                f,
                "Mixture([(weight: {BODY}, of: Quantiles({body:?})), (weight: {:.1}, of: Quantiles({tail:?}))])",
                1.0 - BODY
            ),
        }
    }
}

impl LengthsFit {
    /// How well it fits.
    pub(super) fn note(&self) -> String {
        match self {
            Self::Lognormal { distance, .. } => {
                format!(
                    "a lognormal is within {:.1} % of the recorded distribution function",
                    100.0 * distance
                )
            }
            Self::Quantiles { distance, .. } => format!(
                "a lognormal would be off by {:.1} % of the distribution function: a table of quantiles instead",
                100.0 * distance
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(short: f64, long: f64, cv: f64) -> Measured {
        Measured {
            requests: 10_000,
            seconds: 3_600.0,
            rate_per_s: 2.57,
            cv,
            windows_s: (1.0, 60.0),
            dispersion: (short, long),
            windows: (3_600, 60),
        }
    }

    #[test]
    fn bursts_meet_both_dispersions_exactly_or_the_long_one_with_a_note() {
        for (short, long) in [(13.2, 164.0), (1.39, 16.1)] {
            let m = measured(short, long, 13.2);
            let ArrivalsFit::Bursts { pace, lasting_s, .. } = arrivals(&m) else { panic!() };
            assert!((bursts_dispersion(pace, lasting_s, 1.0) - short).abs() < 1e-6);
            assert!((bursts_dispersion(pace, lasting_s, 60.0) - long).abs() < 1e-6);
        }
        // Azure's code trace: bursts of 12 requests a second that last 8 s.
        let ArrivalsFit::Bursts { pace, lasting_s, .. } = arrivals(&measured(13.2, 164.0, 13.2)) else {
            panic!()
        };
        assert!((pace - 12.5).abs() < 0.5 && (lasting_s - 7.4).abs() < 0.4, "{pace} {lasting_s}");
        // Grows with the window by more than bursts can explain.
        let trend = measured(1.2, 40.0, 1.0);
        let fit = arrivals(&trend);
        assert_eq!(fit.notes(&trend).len(), 2);
        let ArrivalsFit::Bursts { pace, lasting_s, .. } = fit else { panic!() };
        assert!((bursts_dispersion(pace, lasting_s, 60.0) - 40.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_not_over_dispersed_is_fitted_by_its_gaps() {
        assert_eq!(arrivals(&measured(1.02, 1.2, 1.01)), ArrivalsFit::Poisson { rate: 2.57 });
        assert_eq!(arrivals(&measured(0.3, 0.2, 0.4)), ArrivalsFit::Renewal { rate: 2.57, cv: 0.4 });
        // All dispersion is below a second: clumps.
        assert_eq!(arrivals(&measured(9.0, 8.0, 3.0)), ArrivalsFit::Renewal { rate: 2.57, cv: 3.0 });
    }

    #[test]
    fn lengths_are_lognormal_where_that_fits_and_a_table_where_not() {
        let logs =
            (1..=999).map(|k| 800.0 * libm::exp(0.9 * sandbox_core::dist::normal_inv(f64::from(k) / 1000.0)));
        let LengthsFit::Lognormal { median, sigma, distance, .. } =
            lengths(&logs.map(|x| x as u32).collect::<Vec<_>>())
        else {
            panic!()
        };
        assert!((median - 800.0).abs() < 2.0 && (sigma - 0.9).abs() < 0.01 && distance < 0.005);
        let two: Vec<u32> = (0..1000).map(|k| if k < 500 { 10 } else { 1000 }).collect();
        let LengthsFit::Quantiles { body, tail, .. } = lengths(&two) else { panic!() };
        assert_eq!((body.len(), body[0], body[16], body[17], body[30]), (31, 10, 10, 1000, 1000));
        assert!(tail == [1000; 31]);
        assert_eq!(lengths(&[7; 100]).to_string(), "Lognormal(median: 7.0, sigma: 0.000, max: 7)");
    }
}
