//! Who is asked first among the targets that are left.

use sandbox_core::uniform;

use crate::contract::{Call, TargetView};

/// How a target is picked.
#[derive(Clone, PartialEq, Debug)]
pub enum Selection {
    /// The first of this list that is left.
    Ordered(Vec<usize>),
    /// At random with weight 1/price², where the price is the mean of input and output price. OpenRouter documents
    /// the square and not which price; the mean is an assumption.
    InverseSquarePrice,
}

impl Selection {
    /// Picks one of `left` (a bit mask, not empty).
    #[must_use]
    pub fn pick(&self, left: u64, call: &Call<'_>, targets: &[TargetView]) -> usize {
        match self {
            // A list that lacks a target would be a mistake of the preset; the lowest number is as good as any.
            Self::Ordered(order) => *order
                .iter()
                .find(|&&target| left >> target & 1 == 1)
                .unwrap_or(&(left.trailing_zeros() as usize)),
            Self::InverseSquarePrice => {
                let weight = |target: usize| {
                    let price = targets[target].input_price.pico_per_token() as f64
                        + targets[target].output_price.pico_per_token() as f64;
                    // A free endpoint would have infinite weight; a pico-dollar stands in for nothing.
                    1.0 / (price.max(1.0) * price.max(1.0))
                };
                let total: f64 = members(left).map(weight).sum();
                let mut luck = uniform(&mut call.noise.at(call.request, call.attempts.len() as u64)) * total;
                let mut last = left.trailing_zeros() as usize;
                for target in members(left) {
                    last = target;
                    luck -= weight(target);
                    if luck < 0.0 {
                        break;
                    }
                }
                last
            }
        }
    }

    /// Whether requests go to several targets although nothing is wrong.
    #[must_use]
    pub const fn spreads(&self) -> bool {
        matches!(self, Self::InverseSquarePrice)
    }
}

/// The members of a bit mask, lowest first.
pub(crate) fn members(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (mask != 0).then(|| {
            let lowest = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            lowest
        })
    })
}
