//! A config with its account: what reads values also says what became of them.

use super::account::{Account, Verdict, irrelevant, not_modelled, under};
use super::yaml::{Node, Origin};
use crate::problem::Invalid;

/// Longest time a config can ask for [s]; beyond it the unit must be wrong.
const SECONDS_MAX: f64 = 1e7;

pub(super) struct Config<'a> {
    pub(super) origin: Origin<'a>,
    pub(super) account: Account,
}

impl Config<'_> {
    pub(super) fn say(&mut self, path: &str, verdict: &Verdict) {
        self.account.say(path, verdict);
    }

    /// A key's value. Nothing if it is absent, null, or only known to the environment: then the default holds, and the
    /// account says so.
    pub(super) fn value<T>(
        &mut self,
        map: &Node,
        path: &str,
        key: &str,
        read: impl Fn(&Node) -> Option<T>,
        what: &str,
    ) -> Result<Option<T>, Invalid> {
        let Some(node) = map.get(key) else { return Ok(None) };
        let path = under(path, key);
        if node.is_null() {
            self.say(&path, &irrelevant("null: as if it were not there"));
            return Ok(None);
        }
        if node.is_from_environment() {
            self.say(&path, &not_modelled("its value is in the environment; the default is taken"));
            return Ok(None);
        }
        match read(node) {
            Some(value) => Ok(Some(value)),
            None => {
                Err(self.origin.problem(node.at, &path, format!("is not {what}"), &format!("write {what}")))
            }
        }
    }

    pub(super) fn whole(&mut self, map: &Node, path: &str, key: &str) -> Result<Option<u32>, Invalid> {
        self.value(map, path, key, Node::whole, "a whole number that is zero or more, like 3")
    }

    pub(super) fn number(&mut self, map: &Node, path: &str, key: &str) -> Result<Option<f64>, Invalid> {
        self.value(map, path, key, Node::number, "a number that is zero or more, like 0.5")
    }

    pub(super) fn truth(&mut self, map: &Node, path: &str, key: &str) -> Result<Option<bool>, Invalid> {
        self.value(map, path, key, Node::truth, "true or false")
    }

    /// Seconds.
    pub(super) fn seconds(&mut self, map: &Node, path: &str, key: &str) -> Result<Option<f64>, Invalid> {
        let read = |node: &Node| node.number().filter(|seconds| *seconds <= SECONDS_MAX);
        self.value(map, path, key, read, "a number of seconds, like 30")
    }

    pub(super) fn text(&mut self, map: &Node, path: &str, key: &str) -> Result<Option<String>, Invalid> {
        self.value(map, path, key, |node| node.text().map(str::to_owned), "a text")
    }
}

/// Seconds as scenarios write them, to the millisecond.
pub(super) fn span(seconds: f64) -> String {
    let millis = (seconds * 1e3).round() as u64;
    if millis.is_multiple_of(1_000) { format!("{}s", millis / 1_000) } else { format!("{millis}ms") }
}
