//! Prices in other currencies than the dollar, and what they are in dollars.

use std::fmt;
use std::str::FromStr;

use crate::money::{MoneyParseError, Price, Usd};
use crate::tariff::half_even;
use crate::text::serde_as_text;

/// Pico-units of a currency in one of it.
const PICO: i128 = 1_000_000_000_000;

/// A currency by its ISO 4217 code: three capital letters.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The dollar: what everything is billed in.
    pub const USD: Self = Self(*b"USD");
    /// The yuan; `¥` means it.
    pub const CNY: Self = Self(*b"CNY");

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        // Only capital letters get in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Reads a code in front of something else: the currency, and what follows.
    fn read(text: &str) -> Option<(Self, &str)> {
        let (code, rest) = text.split_at_checked(3)?;
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_uppercase).then_some((Self(code), rest))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a text is not a currency.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not a currency; hint: write its three letters, like \"CNY\"")]
pub struct CurrencyParseError(String);

impl FromStr for Currency {
    type Err = CurrencyParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Self::read(text.trim()) {
            Some((currency, "")) => Ok(currency),
            _ => Err(CurrencyParseError(text.to_owned())),
        }
    }
}

serde_as_text!(Currency, "a currency, like \"CNY\"");

/// A price per token in some currency: `$0.27/M`, `CNY 2/M` or `¥2/M`.
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub struct QuotedPrice {
    currency: Currency,
    /// In units of the currency: pico-units a token.
    amount: Price,
}

impl QuotedPrice {
    /// The currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.amount.pico_per_token() == 0
    }

    /// The price in dollars if one unit of its currency is worth `rate` (which a price in dollars does not look
    /// at), rounded half to even to the pico-dollar a token.
    #[must_use]
    pub fn at_rate(&self, rate: Usd) -> Price {
        if self.currency == Currency::USD {
            return self.amount;
        }
        let pico = half_even(i128::from(self.amount.pico_per_token()).saturating_mul(rate.pico()), PICO);
        Price::from_pico_per_token(u64::try_from(pico.max(0)).unwrap_or(u64::MAX))
    }
}

impl From<Price> for QuotedPrice {
    fn from(amount: Price) -> Self {
        Self { currency: Currency::USD, amount }
    }
}

impl fmt::Display for QuotedPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars = self.amount.to_string();
        match self.currency {
            Currency::USD => f.write_str(&dollars),
            other => write!(f, "{other} {}", dollars.trim_start_matches('$')),
        }
    }
}

impl fmt::Debug for QuotedPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for QuotedPrice {
    type Err = MoneyParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let (currency, amount) = if trimmed.starts_with('$') {
            (Currency::USD, trimmed.to_owned())
        } else if let Some(rest) = trimmed.strip_prefix('¥') {
            (Currency::CNY, format!("${}", rest.trim_start()))
        } else if let Some((currency, rest)) = Currency::read(trimmed) {
            (currency, format!("${}", rest.trim_start()))
        } else {
            (Currency::USD, trimmed.to_owned())
        };
        let amount = amount.parse::<Price>().map_err(|error| {
            let foreign = "\"CNY 2/M\" (or \"$0.27/M\")";
            let example = if currency == Currency::USD { error.example } else { foreign };
            MoneyParseError { text: text.to_owned(), example, ..error }
        })?;
        Ok(Self { currency, amount })
    }
}

serde_as_text!(QuotedPrice, "a price per million tokens, like \"$0.27/M\"");

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> QuotedPrice {
        text.parse().unwrap()
    }

    #[test]
    fn yuan_become_dollars_to_the_pico_dollar() {
        let rate: Usd = "$0.14".parse().unwrap();
        assert_eq!(quoted("CNY 2/M").at_rate(rate), "$0.28/M".parse().unwrap());
        assert_eq!(quoted("¥2/M"), quoted("CNY2/M"));
        assert_eq!(quoted("¥0.0005/k").to_string(), "CNY 0.5/M");
        // A price in dollars has no rate.
        assert_eq!(quoted("$2/M").at_rate(rate).to_string(), "$2/M");
        assert_eq!(quoted("USD 2/M").to_string(), "$2/M");
    }

    #[test]
    fn conversion_rounds_half_to_even() {
        let half: Usd = "$0.5".parse().unwrap();
        // 1, 3 and 5 pico-units a token at a half: 0.5 -> 0, 1.5 -> 2, 2.5 -> 2.
        for (micro, pico) in [("0.000001", 0), ("0.000003", 2), ("0.000005", 2)] {
            assert_eq!(quoted(&format!("CNY {micro}/M")).at_rate(half).pico_per_token(), pico, "{micro}");
        }
        // 0.139_8 x 2 yuan = 0.2796 dollars, exactly.
        assert_eq!(quoted("CNY 2/M").at_rate("$0.1398".parse().unwrap()).pico_per_token(), 279_600);
    }

    #[test]
    fn what_is_no_price_says_how_to_write_one() {
        for text in ["2/M", "cny 2/M", "CNY2", "¥", "CNYX 2/M", "€2/M"] {
            let error = text.parse::<QuotedPrice>().unwrap_err().to_string();
            assert!(error.contains("$0.27/M") && error.contains(text), "{text}: {error}");
        }
        assert!("yuan".parse::<Currency>().is_err() && "CNYX".parse::<Currency>().is_err());
    }
}
