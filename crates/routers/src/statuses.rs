//! Sets of statuses, as scenarios write them: `["429", "5xx", "520-529"]`.

use std::fmt;

use sandbox_model::Status;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// Highest status there is, and one.
const END: usize = 600;

/// A set of statuses from 100 to 599. A timeout counts as 408, and a stream that breaks off as 502.
#[derive(Clone, PartialEq, Eq)]
pub struct Statuses {
    written: Vec<String>,
    set: [u64; END.div_ceil(64)],
}

impl Statuses {
    /// The set of these patterns: `"429"`, `"5xx"`, `"500-504"`.
    ///
    /// # Errors
    /// The first pattern that is none.
    pub fn parse<T: AsRef<str>>(patterns: &[T]) -> Result<Self, String> {
        let mut statuses = Self { written: Vec::new(), set: [0; END.div_ceil(64)] };
        for pattern in patterns {
            let pattern = pattern.as_ref();
            let (from, to) = range(pattern).ok_or_else(|| pattern.to_owned())?;
            for status in from..=to {
                statuses.set[status / 64] |= 1 << (status % 64);
            }
            statuses.written.push(pattern.to_owned());
        }
        Ok(statuses)
    }

    /// The set of these patterns, which are known to be good.
    ///
    /// # Panics
    /// If one is none.
    #[must_use]
    pub fn of(patterns: &[&str]) -> Self {
        Self::parse(patterns).unwrap_or_else(|pattern| panic!("`{pattern}` is no pattern of statuses"))
    }

    /// Whether a status is in the set.
    #[inline]
    #[must_use]
    pub fn has(&self, status: Status) -> bool {
        let status = usize::from(status.0);
        status < END && self.set[status / 64] >> (status % 64) & 1 == 1
    }

    /// Those of both.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.set.iter_mut().zip(other.set).for_each(|(word, more)| *word |= more);
        both.written.extend_from_slice(&other.written);
        both
    }

    /// Whether no status is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.iter().all(|&word| word == 0)
    }
}

fn range(pattern: &str) -> Option<(usize, usize)> {
    let status = |text: &str| {
        let digits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|status| digits && (100..END).contains(status))
    };
    if let Some(class) = pattern.strip_suffix("xx") {
        let first = status(&format!("{class}00"))?;
        return Some((first, first + 99));
    }
    match pattern.split_once('-') {
        None => status(pattern).map(|only| (only, only)),
        Some((from, to)) => {
            let (from, to) = (status(from.trim())?, status(to.trim())?);
            (from <= to).then_some((from, to))
        }
    }
}

impl fmt::Debug for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.written).finish()
    }
}

impl Serialize for Statuses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let patterns = Vec::<String>::deserialize(deserializer)?;
        Self::parse(&patterns).map_err(|pattern| {
            D::Error::custom(format!(
                "`{pattern}` is no status; hint: write statuses like [\"429\", \"5xx\", \"520-529\"]"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_statuses_classes_and_ranges() {
        let set = Statuses::of(&["429", "5xx", "401 - 403"]);
        let members: Vec<u16> = (0..1_000).filter(|&status| set.has(Status(status))).collect();
        let expected: Vec<u16> = [401, 402, 403, 429].into_iter().chain(500..600).collect();
        assert_eq!(members, expected);
    }

    #[test]
    fn other_texts_are_none() {
        for bad in ["", "42", "4290", "600", "xx", "5x", "504-500", "500-", "+42", "timeout"] {
            assert_eq!(Statuses::parse(&[bad]), Err(bad.to_owned()));
        }
    }
}
