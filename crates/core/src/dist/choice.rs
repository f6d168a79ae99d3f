//! Choices: a coin, one of a list, one of a list by weight.

use std::sync::Arc;

use rand_core::Rng;

use super::{DistError, check, finite, not_negative};
use crate::random::{below, chance};

/// A coin that comes up `true` with a given probability.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Bernoulli {
    p: f64,
}

impl Bernoulli {
    /// `true` with probability `p`.
    ///
    /// # Errors
    /// Unless `p` lies in 0 to 1.
    pub fn new(p: f64) -> Result<Self, DistError> {
        Ok(Bernoulli { p: check("Bernoulli", "p", p, "from 0 to 1", (0.0..=1.0).contains(&p))? })
    }

    /// A toss. One 64-bit draw.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> bool {
        chance(rng, self.p)
    }

    /// Expected value, `true` counting as 1.
    pub fn mean(&self) -> f64 {
        self.p
    }

    /// Expected squared distance from the mean.
    pub fn variance(&self) -> f64 {
        self.p * (1.0 - self.p)
    }
}

/// One of the values given, each as likely: resampling of measurements.
#[derive(Clone, Debug, PartialEq)]
pub struct Empirical {
    /// Rising, so that `quantile` rises too. Copies share it.
    sorted: Arc<[f64]>,
}

impl Empirical {
    /// Over these values, in any order; a value given twice is twice as likely.
    ///
    /// # Errors
    /// If there are none, or one is not finite.
    pub fn new(values: impl Into<Vec<f64>>) -> Result<Self, DistError> {
        let mut sorted: Vec<f64> = values.into();
        check("Empirical", "number of values", sorted.len() as f64, "at least 1", !sorted.is_empty())?;
        for &value in &sorted {
            finite("Empirical", "value", value)?;
        }
        sorted.sort_by(f64::total_cmp);
        Ok(Empirical { sorted: sorted.into() })
    }

    /// A value.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        self.sorted[below(rng, self.sorted.len() as u64) as usize]
    }

    /// The value that exceeds a share `u` in `[0, 1]` of all; no interpolation.
    #[inline]
    pub fn quantile(&self, u: f64) -> f64 {
        let index = (u * self.sorted.len() as f64) as usize;
        self.sorted[index.min(self.sorted.len() - 1)]
    }

    /// Expected value: the mean of the values.
    pub fn mean(&self) -> f64 {
        self.sorted.iter().sum::<f64>() / self.sorted.len() as f64
    }

    /// Expected squared distance from the mean (over n, not n - 1: these values are the whole distribution).
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.sorted.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>()
            / self.sorted.len() as f64
    }
}

/// An index by weight, in O(1): the alias method as built by Vose ("A linear algorithm for generating random numbers
/// with a given distribution", 1991).
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// Copies share it.
    columns: Arc<[Column]>,
}

/// A column of the table: its own index below `share`, the alias above.
#[derive(Copy, Clone, Debug, PartialEq)]
struct Column {
    share: f64,
    alias: u32,
}

impl Alias {
    /// Index `i` with probability `weights[i]` over their sum.
    ///
    /// # Errors
    /// If there are none or more than 2^32, one is negative or not finite, or their sum is zero or not finite.
    pub fn new(weights: &[f64]) -> Result<Self, DistError> {
        let n = weights.len();
        let fits = n >= 1 && u32::try_from(n).is_ok();
        check("Alias", "number of weights", n as f64, "from 1 to 2^32 - 1", fits)?;
        for &weight in weights {
            not_negative("Alias", "weight", weight)?;
        }
        let sum: f64 = weights.iter().sum();
        super::positive("Alias", "sum of weights", sum)?;

        // In units of a column's height. Each short column is topped up by one that is too tall.
        let mut heights: Vec<f64> = weights.iter().map(|weight| weight / sum * n as f64).collect();
        let mut columns: Vec<Column> =
            (0..n as u32).map(|index| Column { share: 1.0, alias: index }).collect();
        let (mut short, mut tall): (Vec<usize>, Vec<usize>) = (0..n).partition(|&index| heights[index] < 1.0);
        while let (Some(&giver), Some(taker)) = (tall.last(), short.pop()) {
            columns[taker] = Column { share: heights[taker], alias: giver as u32 };
            heights[giver] -= 1.0 - heights[taker];
            if heights[giver] < 1.0 {
                tall.pop();
                short.push(giver);
            }
        }
        // What is left over is full up to rounding, and was set to full above. But rounding must not make the
        // impossible possible.
        let possible = weights.iter().position(|&weight| weight > 0.0).unwrap_or(0) as u32;
        for &index in short.iter().filter(|&&index| weights[index] == 0.0) {
            columns[index] = Column { share: 0.0, alias: possible };
        }
        Ok(Alias { columns: columns.into() })
    }

    /// An index. One 64-bit draw.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> usize {
        // The product's upper half picks the column, its lower half the height: with fewer than 2^32 columns that
        // leaves more than 32 good bits for the height.
        let product = u128::from(rng.next_u64()) * self.columns.len() as u128;
        let index = (product >> 64) as usize;
        let height = ((product as u64) >> 11) as i64 as f64 * (1.0 / 9_007_199_254_740_992.0);
        let column = &self.columns[index];
        if height < column.share { index } else { column.alias as usize }
    }

    /// How many indices there are.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Never: there is at least one index.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }
}
