//! How a story's times, amounts and words are written, and read back: times as seconds, amounts as decimals.
//!
//! Seconds read back to the nanosecond up to some fifty days, which is where a float has no more digits.

use sandbox_routers::Reason;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Nanoseconds of so many seconds.
fn nanos<E: serde::de::Error>(seconds: f64) -> Result<u64, E> {
    let nanos = libm::round(seconds * 1e9);
    if (0.0..18_446_744_073_709_551_616.0).contains(&nanos) {
        Ok(nanos as u64)
    } else {
        Err(E::custom(format_args!("{seconds} is not a time in seconds")))
    }
}

/// A module for one type of time, and one for where it may be absent.
macro_rules! seconds {
    ($one:ident, $maybe:ident, $type:ident) => {
        pub(super) mod $one {
            use super::*;
            use sandbox_core::$type;

            pub(in crate::explain) fn serialize<S: Serializer>(at: &$type, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_f64(at.as_secs_f64())
            }

            pub(in crate::explain) fn deserialize<'de, D: Deserializer<'de>>(
                d: D,
            ) -> Result<$type, D::Error> {
                nanos(f64::deserialize(d)?).map($type::from_nanos)
            }
        }

        pub(super) mod $maybe {
            use super::*;
            use sandbox_core::$type;

            pub(in crate::explain) fn serialize<S: Serializer>(
                at: &Option<$type>,
                s: S,
            ) -> Result<S::Ok, S::Error> {
                at.map($type::as_secs_f64).serialize(s)
            }

            pub(in crate::explain) fn deserialize<'de, D: Deserializer<'de>>(
                d: D,
            ) -> Result<Option<$type>, D::Error> {
                Option::<f64>::deserialize(d)?.map(|at| nanos(at).map($type::from_nanos)).transpose()
            }
        }
    };
}

seconds!(span, maybe_span, Span);
seconds!(time, maybe_time, Time);

pub(super) mod usd {
    use super::*;
    use sandbox_model::Usd;

    pub(in crate::explain) fn serialize<S: Serializer>(amount: &Usd, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&amount.decimal())
    }

    pub(in crate::explain) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Usd, D::Error> {
        let text = String::deserialize(d)?;
        let written = match text.strip_prefix('-') {
            Some(rest) => format!("-${rest}"),
            None => format!("${text}"),
        };
        written.parse().map_err(|_| D::Error::custom(format_args!("`{text}` is not an amount")))
    }
}

/// A module for one of a few words.
macro_rules! words {
    ($name:ident, $type:ty, $what:literal, $all:expr) => {
        pub(super) mod $name {
            use super::*;

            pub(in crate::explain) fn serialize<S: Serializer>(
                value: &$type,
                s: S,
            ) -> Result<S::Ok, S::Error> {
                let word = $all.into_iter().find(|(_, other)| other == value).map(|(word, _)| word);
                // All of them are in the list; a test of each type says so.
                s.serialize_str(word.unwrap_or_default())
            }

            pub(in crate::explain) fn deserialize<'de, D: Deserializer<'de>>(
                d: D,
            ) -> Result<$type, D::Error> {
                let text = String::deserialize(d)?;
                let value = $all.into_iter().find(|(word, _)| *word == text).map(|(_, value)| value);
                value.ok_or_else(|| D::Error::custom(format_args!(concat!("`{}` is not ", $what), text)))
            }
        }
    };
}

words!(
    reason,
    Reason,
    "a router's reason",
    [
        (Reason::Choice.name(), Reason::Choice),
        (Reason::Spread.name(), Reason::Spread),
        (Reason::Failed.name(), Reason::Failed),
        (Reason::Avoids.name(), Reason::Avoids),
        (Reason::Guarded.name(), Reason::Guarded),
        (Reason::Hedge.name(), Reason::Hedge),
    ]
);
words!(
    outcome,
    &'static str,
    "an outcome",
    [("plan", "plan"), ("leak", "leak"), ("failed", "failed"), ("shed", "shed"),]
);
