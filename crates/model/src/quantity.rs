//! Rates and token counts, written in files the way a person writes them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::serde_as_text;

/// A count of tokens.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tokens(pub u64);

impl std::ops::Add for Tokens {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::ops::AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A unit of time that a rate is counted over.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Per {
    Second,
    Minute,
    Hour,
    Day,
}

impl Per {
    const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::Hour, Self::Day];

    const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
            Self::Day => "day",
        }
    }
}

/// How often something happens: a finite, non-negative count per unit of time (`"40/s"`, `"1000/min"`, `"2/day"`).
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Rate {
    count: f64,
    per: Per,
}

impl Rate {
    /// A rate per second.
    #[must_use]
    pub const fn per_second(count: f64) -> Self {
        Self { count, per: Per::Second }
    }

    /// The rate in events per second.
    #[must_use]
    pub fn as_per_second(self) -> f64 {
        self.count / f64::from(self.per.seconds())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.per.text())
    }
}

/// Why a text is not a rate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{text}` is not a rate; hint: write a count and its unit of time, like \"40/s\", \"600/min\", \"10/h\" or \"2/day\""
)]
pub struct RateParseError {
    text: String,
}

impl FromStr for Rate {
    type Err = RateParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || RateParseError { text: text.to_owned() };
        let (count, per) = text.split_once('/').ok_or_else(error)?;
        let per = per.trim();
        let per = Per::ALL.into_iter().find(|p| p.text() == per).ok_or_else(error)?;
        let count: f64 = count.trim().parse().map_err(|_| error())?;
        if !count.is_finite() || count < 0.0 {
            return Err(error());
        }
        Ok(Self { count, per })
    }
}

serde_as_text!(Rate, "a rate, like \"40/s\" or \"600/min\"");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_print_as_they_were_written() {
        for text in ["40/s", "1000/min", "0.5/h", "2/day", "0/s"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!("600/min".parse::<Rate>().unwrap().as_per_second(), 10.0);
    }

    #[test]
    fn what_is_not_a_rate_says_how_to_write_one() {
        for text in ["40", "40/sec", "-1/s", "nan/s", "inf/s", "/s", "s/40"] {
            assert!(text.parse::<Rate>().unwrap_err().to_string().contains("40/s"), "{text}");
        }
    }
}
