//! Strategies of your own, by name: what makes one from what a scenario says.
//!
//! A [`Registry`] goes along with a scenario. `Strategy::Custom(name: …)` in the file names an entry of it; its
//! constructor gets the targets and the settings, and may refuse them. How to write one: `docs/your-own-strategy.md`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize, Serializer};

use crate::contract::Strategy;
use crate::preset::Timeouts;

/// A strategy that is not one of the presets.
#[derive(Clone, PartialEq, Debug, Serialize, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// The name under which it is registered.
    pub name: String,
    /// The targets, in the order in which the strategy numbers them.
    pub targets: Vec<String>,
    /// What it makes of these is its own affair.
    #[serde(default)]
    pub settings: BTreeMap<String, Value>,
    /// Timers of one attempt.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// The value of a setting.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// `true` or `false`.
    Flag(bool),
    /// `0.8`, `5`.
    Number(f64),
    /// `"a text"`.
    Text(String),
}

/// Why a constructor refuses: becomes an error of the scenario, with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The setting that is to blame, if one is.
    pub setting: Option<String>,
    /// What is wrong: a fragment that fits after the key.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

/// What a constructor is given.
#[derive(Copy, Clone, Debug)]
pub struct Made<'a> {
    /// Names of the targets, in order; not empty.
    pub targets: &'a [String],
    /// The settings as written.
    pub settings: &'a BTreeMap<String, Value>,
}

/// Makes a strategy that has seen nothing yet. It is called several times for one router, and must make the same each
/// time.
pub type Constructor = fn(&Made<'_>) -> Result<Box<dyn Strategy>, Refusal>;

/// Strategies by name. Empty by default: presets need no registration.
#[derive(Clone, Default, Debug)]
pub struct Registry {
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone)]
struct Entry {
    settings: Vec<String>,
    constructor: Constructor,
}

/// Without the constructor, whose address is another each time that a program starts: searches are known by what a
/// scenario looks like.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Registry {
    /// The registry with one more strategy, which knows these settings; one of the same name is replaced.
    #[must_use]
    pub fn with(mut self, name: &str, settings: &[&str], constructor: Constructor) -> Self {
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        self.entries.insert(name.to_owned(), Entry { settings, constructor });
        self
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The settings that a strategy knows; none if there is no such strategy.
    #[must_use]
    pub fn settings(&self, name: &str) -> Option<&[String]> {
        self.entries.get(name).map(|entry| &entry.settings[..])
    }

    /// Makes a strategy; none if no such strategy is registered.
    ///
    /// # Errors
    /// What its constructor refuses.
    pub fn make(&self, custom: &Custom) -> Option<Result<Box<dyn Strategy>, Refusal>> {
        let entry = self.entries.get(&custom.name)?;
        Some((entry.constructor)(&Made { targets: &custom.targets, settings: &custom.settings }))
    }
}

impl Made<'_> {
    /// A setting that is a number from `low` to `high`; `default` if it is not written.
    ///
    /// # Errors
    /// If it is something else.
    pub fn number(&self, setting: &str, default: f64, low: f64, high: f64) -> Result<f64, Refusal> {
        match self.settings.get(setting) {
            None => Ok(default),
            Some(&Value::Number(number)) if number >= low && number <= high => Ok(number),
            Some(other) => Err(Refusal {
                setting: Some(setting.to_owned()),
                message: format!("`{other}` is no number from {low} to {high}"),
                hint: format!("write a number from {low} to {high}, like {default}"),
            }),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfValue)
    }
}

struct OfValue;

impl Visitor<'_> for OfValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text in quotes, true or false")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_looks_the_same_whenever_it_is_made() {
        let with = |constructor| format!("{:?}", Registry::default().with("mine", &["most"], constructor));
        let no: Constructor =
            |_| Err(Refusal { setting: None, message: "no".to_owned(), hint: String::new() });
        let never: Constructor =
            |made| Err(Refusal { setting: None, message: made.targets.concat(), hint: String::new() });
        assert_eq!(with(no), with(never));
        assert!(with(no).contains("most"));
    }
}
