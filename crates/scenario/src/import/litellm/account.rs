//! The account of a config: each value of the file is in exactly one of three lists. Nothing is dropped in silence.

use std::collections::BTreeMap;

use super::yaml::{Node, Value};

/// What became of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It is in the scenario: where.
    Mapped(String),
    /// It says nothing about where requests go: why.
    Irrelevant(String),
    /// It may matter and is not in the scenario: why.
    NotModelled(String),
}

use Verdict::{Irrelevant, Mapped, NotModelled};

pub(super) fn mapped(to: impl Into<String>) -> Verdict {
    Mapped(to.into())
}

pub(super) fn irrelevant(why: impl Into<String>) -> Verdict {
    Irrelevant(why.into())
}

pub(super) fn not_modelled(why: impl Into<String>) -> Verdict {
    NotModelled(why.into())
}

/// A key of a map, as part of a path.
pub(super) fn under(path: &str, key: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-/:@+*".contains(c);
    let shown = if key.is_empty() || !key.chars().all(plain) { format!("{key:?}") } else { key.to_owned() };
    if path.is_empty() { shown } else { format!("{path}.{shown}") }
}

/// An item of a list, as part of a path.
pub(super) fn item(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

/// All values of a file, in its order, and what became of them.
pub(super) struct Account {
    leaves: Vec<(String, Option<Verdict>)>,
    index: BTreeMap<String, usize>,
}

impl Account {
    /// Opens the account: nothing has become of anything.
    pub(super) fn of(root: &Node) -> Self {
        let mut account = Self { leaves: Vec::new(), index: BTreeMap::new() };
        account.walk(root, String::new());
        account
    }

    fn walk(&mut self, node: &Node, path: String) {
        match &node.value {
            Value::List(items) if !items.is_empty() => {
                for (index, inner) in items.iter().enumerate() {
                    self.walk(inner, item(&path, index));
                }
            }
            Value::Map(entries) if !entries.is_empty() => {
                for (key, inner) in entries {
                    self.walk(inner, under(&path, key));
                }
            }
            _ => {
                self.index.insert(path.clone(), self.leaves.len());
                self.leaves.push((path, None));
            }
        }
    }

    /// Says what became of a value, or of all values inside it, as far as nothing was said of these before.
    pub(super) fn say(&mut self, path: &str, verdict: &Verdict) {
        let mut found: Vec<usize> = self.index.get(path).copied().into_iter().collect();
        for sign in [".", "["] {
            let inside = format!("{path}{sign}");
            let range = self.index.range(inside.clone()..);
            found.extend(range.take_while(|(name, _)| name.starts_with(&inside)).map(|(_, at)| *at));
        }
        for at in found {
            self.leaves[at].1.get_or_insert_with(|| verdict.clone());
        }
    }

    /// Closes the account: what nothing was said of is not modelled.
    pub(super) fn close(mut self) -> Closed {
        let unknown = || not_modelled("this importer does not know the key");
        let leaves = self.leaves.drain(..).map(|(path, verdict)| (path, verdict.unwrap_or_else(unknown)));
        Closed { leaves: leaves.collect() }
    }
}

/// An account that is complete.
pub(super) struct Closed {
    leaves: Vec<(String, Verdict)>,
}

impl Closed {
    /// Three lists with a column of paths and a column of what became of them.
    pub(super) fn lines(&self) -> Vec<String> {
        let list = |title: &str, of: &dyn Fn(&Verdict) -> Option<String>| {
            let rows: Vec<(&str, String)> = self
                .leaves
                .iter()
                .filter_map(|(path, verdict)| Some((path.as_str(), of(verdict)?)))
                .collect();
            // Paths of a fallback map are long; one such row does not push all others to the right.
            let wide = rows
                .iter()
                .map(|(path, _)| path.chars().count())
                .filter(|wide| *wide <= 56)
                .max()
                .unwrap_or(0);
            let head = format!("{title} ({})", rows.len());
            std::iter::once(head)
                .chain(rows.into_iter().map(|(path, what)| format!("  {path:wide$}  {what}")))
                .collect::<Vec<_>>()
        };
        let mut lines = list("mapped", &|verdict| match verdict {
            Mapped(to) => Some(format!("-> {to}")),
            _ => None,
        });
        lines.extend(list("not modelled", &|verdict| match verdict {
            NotModelled(why) => Some(why.clone()),
            _ => None,
        }));
        lines.extend(list("irrelevant to routing", &|verdict| match verdict {
            Irrelevant(why) => Some(why.clone()),
            _ => None,
        }));
        lines
    }
}
