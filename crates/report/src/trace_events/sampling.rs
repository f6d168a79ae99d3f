//! Which requests a trace tells of.

use std::fmt;
use std::str::FromStr;

use sandbox_core::{Noise, Seed, uniform};

/// Which requests a trace tells of: a share of them, drawn by workload and number of arrival alone.
///
/// Neither time nor what became of a request decides, so that counts of the sample times [`Sampling::one_in`] estimate
/// counts of the run; and the same requests are drawn whatever the router, so that two traces can be compared. A request
/// of one sample is in every larger one.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Sampling {
    one_in: u64,
}

impl Sampling {
    /// Every request.
    pub const ALL: Self = Self { one_in: 1 };

    /// One request in so many; 0 is taken for 1.
    #[must_use]
    pub const fn one_in(n: u64) -> Self {
        Self { one_in: if n == 0 { 1 } else { n } }
    }

    /// The largest of the shares 1/1, 1/2, 1/5, 1/10, 1/20, … that leaves at most `most` of `expected` requests.
    #[must_use]
    pub fn at_most(most: u64, expected: f64) -> Self {
        let mut unit = 1;
        loop {
            for digit in [1, 2, 5] {
                let n: u64 = unit * digit;
                if expected / n as f64 <= most as f64 || n > 1 << 40 {
                    return Self::one_in(n);
                }
            }
            unit *= 10;
        }
    }

    /// Whether every request is kept.
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.one_in == 1
    }

    /// The dice of each workload.
    pub(super) fn dice(workloads: &[String]) -> Vec<Noise> {
        // The sample has a seed of its own: other weather, the same requests.
        let seed = Seed::new(0);
        workloads.iter().map(|name| seed.noise(&format!("trace-sample/{name}"))).collect()
    }

    /// Whether the request with these dice is kept.
    pub(super) fn keeps(self, dice: &[Noise], workload: usize, number: u64) -> bool {
        self.is_all()
            || dice.get(workload).is_some_and(|d| uniform(&mut d.at(number, 0)) * (self.one_in as f64) < 1.0)
    }
}

/// `all requests`, `1 of 100 requests`.
impl fmt::Display for Sampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all() { f.write_str("all requests") } else { write!(f, "1 of {} requests", self.one_in) }
    }
}

/// `all`, `1/100`.
impl FromStr for Sampling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::ALL);
        }
        text.strip_prefix("1/")
            .and_then(|n| n.parse().ok())
            .filter(|n| (1..=1 << 40).contains(n))
            .map(Self::one_in)
            .ok_or_else(|| "write `all`, or a share like `1/100`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_chosen_that_leaves_what_was_asked_for() {
        for (expected, n) in [(0.0, 1), (100.0, 1), (101.0, 2), (201.0, 5), (501.0, 10), (10_001.0, 200)] {
            assert_eq!(Sampling::at_most(100, expected), Sampling::one_in(n), "{expected}");
        }
        assert_eq!(Sampling::at_most(100, f64::INFINITY), Sampling::at_most(100, 1e300));
    }

    #[test]
    fn a_smaller_sample_is_part_of_a_larger_one_and_has_its_share() {
        let dice = Sampling::dice(&["a".to_owned(), "b".to_owned()]);
        for workload in [0, 1] {
            let count = |n| {
                let sample = Sampling::one_in(n);
                let kept = (0..100_000).filter(|&i| sample.keeps(&dice, workload, i));
                kept.inspect(|&i| assert!(Sampling::one_in(n / 2).keeps(&dice, workload, i))).count() as f64
            };
            // Binomial: five standard deviations, and the dice never change.
            assert!((count(10) - 10_000.0).abs() < 5.0 * 95.0);
            assert!((count(100) - 1_000.0).abs() < 5.0 * 31.5);
            assert_eq!(count(1), 100_000.0);
        }
    }

    #[test]
    fn what_is_no_share_says_how_to_write_it() {
        assert_eq!("all".parse(), Ok(Sampling::ALL));
        assert_eq!("1/100".parse(), Ok(Sampling::one_in(100)));
        for text in ["", "100", "2/3", "1/0", "1/-1", "1/x", "0.01"] {
            assert!(text.parse::<Sampling>().unwrap_err().contains("1/100"), "{text}");
        }
    }
}
