//! Exact money: integer pico-dollars, so that a ledger's lines sum to its bill to the last digit.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use crate::quantity::Tokens;
use crate::text::{decimal, serde_as_text, write_decimal};

/// Decimal places of a dollar that are kept.
const PLACES: u32 = 12;

/// An amount of money [pico-dollars, 10⁻¹² USD]; may be negative (a saving).
///
/// Written `$12.50` in files. Sums cannot overflow in practice: 2¹²⁷ pico-dollars is 10²⁶ dollars.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Usd(i128);

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount in pico-dollars.
    #[must_use]
    pub const fn from_pico(pico: i128) -> Self {
        Self(pico)
    }

    /// The amount in pico-dollars.
    #[must_use]
    pub const fn pico(self) -> i128 {
        self.0
    }

    /// The amount in dollars, rounded: for charts and terminals, never for sums.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e12
    }

    /// The exact amount as a plain decimal without the dollar sign: what machine-readable files carry.
    #[must_use]
    pub fn decimal(self) -> String {
        self.to_string().replacen('$', "", 1)
    }
}

impl Add for Usd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Usd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Usd {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Usd {
    /// Exact: `$0.000135`, `-$3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 < 0 { "-$" } else { "$" })?;
        write_decimal(f, self.0.unsigned_abs(), PLACES)
    }
}

impl fmt::Debug for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is not an amount or a price.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{text}` is not {what}; hint: write it like {example}")]
pub struct MoneyParseError {
    pub(crate) text: String,
    pub(crate) what: &'static str,
    pub(crate) example: &'static str,
}

impl FromStr for Usd {
    type Err = MoneyParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error =
            || MoneyParseError { text: text.to_owned(), what: "an amount in dollars", example: "\"$12.50\"" };
        let trimmed = text.trim();
        let (negative, rest) = match trimmed.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        let pico = rest.strip_prefix('$').and_then(|n| decimal(n, PLACES)).ok_or_else(error)?;
        Ok(Self(if negative { -pico } else { pico }))
    }
}

serde_as_text!(Usd, "an amount in dollars, like \"$12.50\"");

/// A price per token [pico-dollars a token], written per million tokens: `$0.27/M`.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Price(u64);

impl Price {
    /// A price in pico-dollars a token, which is micro-dollars a million tokens.
    #[must_use]
    pub const fn from_pico_per_token(pico: u64) -> Self {
        Self(pico)
    }

    /// Pico-dollars a token.
    #[must_use]
    pub const fn pico_per_token(self) -> u64 {
        self.0
    }

    /// What `tokens` cost.
    #[must_use]
    pub fn of(self, tokens: Tokens) -> Usd {
        Usd(i128::from(self.0) * i128::from(tokens.0))
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        write_decimal(f, u128::from(self.0), 6)?;
        f.write_str("/M")
    }
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Price {
    type Err = MoneyParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || MoneyParseError {
            text: text.to_owned(),
            what: "a price per million tokens",
            example: "\"$0.27/M\" (or \"$0.0027/k\")",
        };
        let (amount, per) = text.trim().split_once('/').ok_or_else(error)?;
        let amount = amount.trim_end().strip_prefix('$').ok_or_else(error)?;
        // Micro-dollars a million tokens, or nano-dollars a thousand, are pico-dollars a token.
        let places = match per.trim() {
            "M" => 6,
            "k" | "K" => 9,
            _ => return Err(error()),
        };
        let pico = decimal(amount, places).and_then(|p| u64::try_from(p).ok()).ok_or_else(error)?;
        Ok(Self(pico))
    }
}

serde_as_text!(Price, "a price per million tokens, like \"$0.27/M\"");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_exact_to_the_pico_dollar() {
        // The cheapest cached-input price of the OpenRouter V4-Pro snapshot.
        let price: Price = "$0.003625/M".parse().unwrap();
        assert_eq!(price.pico_per_token(), 3_625);
        assert_eq!(price.of(Tokens(3)).to_string(), "$0.000000010875");
        assert_eq!(price.to_string(), "$0.003625/M");
        assert_eq!("$0.0000036/k".parse::<Price>().unwrap(), "$0.0036/M".parse().unwrap());
    }

    #[test]
    fn amounts_print_and_parse_exactly() {
        for text in ["$0", "$12.5", "-$0.000000000001", "$184467440737095516.15"] {
            assert_eq!(text.parse::<Usd>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_money_says_how_to_write_it() {
        for text in ["12", "$", "$1.", "$.5", "$1e3", "$0.0000000000001", "€3", ""] {
            let error = text.parse::<Usd>().unwrap_err().to_string();
            assert!(error.contains("$12.50"), "{text}: {error}");
        }
        for text in ["$0.27", "0.27/M", "$0.27/B", "$-1/M", "$0.0000001/M"] {
            assert!(text.parse::<Price>().unwrap_err().to_string().contains("$0.27/M"), "{text}");
        }
    }
}
