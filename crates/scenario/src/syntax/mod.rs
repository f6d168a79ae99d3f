//! Where things stand in a RON text: a tree of keys and values with their byte spans.
//!
//! For messages and `--set` only: what a file means is decided by `ron` and serde. The tree is built as far as
//! the text can be followed; the first slip in the brackets, commas and quotes is kept as [`Slip`], because it
//! can be told better from here than from what the reader stumbles over later.

mod reader;

use std::fmt::Write as _;
use std::ops::Range;

pub(crate) use reader::read;

/// The tree of a text.
#[derive(Clone, Debug)]
pub(crate) struct Syntax {
    pub(crate) root: Node,
    pub(crate) slip: Option<Slip>,
}

/// The first place where brackets, commas or quotes do not fit.
#[derive(Clone, Debug)]
pub(crate) struct Slip {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// A value and what is in it.
#[derive(Clone, Default, Debug)]
pub(crate) struct Node {
    /// The key before it and its span, in a struct.
    pub(crate) key: Option<(String, Range<usize>)>,
    /// The value's bytes.
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) children: Vec<Node>,
}

/// What a value looks like.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub(crate) enum Kind {
    /// A number, a bare name.
    #[default]
    Scalar,
    String,
    /// `( … )` or `Name( … )`, keyed or not; the byte after the opening bracket.
    Struct(usize),
    /// `[ … ]` or `{ … }`; the byte after the opening bracket.
    List(usize),
}

/// A step from a value into it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    Key(&'static str),
    Index(usize),
}

/// Steps from the root.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Path(pub(crate) Vec<Step>);

impl Path {
    pub(crate) fn root(key: &'static str) -> Self {
        Self(vec![Step::Key(key)])
    }

    pub(crate) fn key(&self, key: &'static str) -> Self {
        let mut path = self.clone();
        path.0.push(Step::Key(key));
        path
    }

    pub(crate) fn at(&self, index: usize) -> Self {
        let mut path = self.clone();
        path.0.push(Step::Index(index));
        path
    }
}

impl Node {
    /// The text of its `name:` key, if it is a struct with one.
    fn name<'t>(&self, text: &'t str) -> Option<&'t str> {
        let node = self.children.iter().find(|c| c.key.as_ref().is_some_and(|(k, _)| k == "name"))?;
        let written = text.get(node.span.clone())?;
        let inner = written.find('"')? + 1..written.rfind('"')?;
        (node.kind == Kind::String).then(|| written.get(inner)).flatten()
    }

    fn child(&self, step: Step) -> Option<&Node> {
        match step {
            Step::Key(key) => self.children.iter().find(|c| c.key.as_ref().is_some_and(|(k, _)| k == key)),
            Step::Index(index) => self.children.get(index),
        }
    }

    /// How the child at `index` is called in a path: its key, its name, or its index.
    fn label(&self, index: usize, text: &str) -> String {
        let child = &self.children[index];
        match (&child.key, child.name(text)) {
            (Some((key, _)), _) => format!(".{key}"),
            (None, Some(name)) => format!(".{name}"),
            (None, None) => format!("[{index}]"),
        }
    }
}

impl Syntax {
    /// The path as shown, and the value's node, or the nearest value around it that is written.
    pub(crate) fn locate(&self, text: &str, path: &Path) -> (String, &Node, bool) {
        let (mut shown, mut node, mut found) = (String::new(), &self.root, true);
        for &step in &path.0 {
            let child = if found { node.child(step) } else { None };
            match (child, step) {
                (Some(child), Step::Key(key)) => {
                    let _ = write!(shown, ".{key}");
                    node = child;
                }
                (Some(child), Step::Index(index)) => {
                    shown.push_str(&node.label(index, text));
                    node = child;
                }
                (None, step) => {
                    found = false;
                    let _ = match step {
                        Step::Key(key) => write!(shown, ".{key}"),
                        Step::Index(index) => write!(shown, "[{index}]"),
                    };
                }
            }
        }
        (shown.trim_start_matches('.').to_owned(), node, found)
    }

    /// The chain of values around the byte `offset`, outermost first, and the path of the innermost. A key belongs
    /// to its value.
    pub(crate) fn around(&self, text: &str, offset: usize) -> (String, Vec<&Node>) {
        let (mut shown, mut chain) = (String::new(), vec![&self.root]);
        let mut node = &self.root;
        while let Some(index) = node.children.iter().position(|c| {
            let start = c.key.as_ref().map_or(c.span.start, |(_, span)| span.start);
            (start..c.span.end).contains(&offset)
        }) {
            shown.push_str(&node.label(index, text));
            node = &node.children[index];
            chain.push(node);
        }
        (shown.trim_start_matches('.').to_owned(), chain)
    }

    /// Follows a path as a person writes it: `workloads.cn-chat.arrivals.rate`, `weather.script[3].until`.
    /// `Err` holds the last value that was found and what of the path is left.
    pub(crate) fn follow<'p>(&self, text: &str, path: &'p str) -> Result<&Node, (&Node, &'p str)> {
        let (mut node, mut rest) = (&self.root, path);
        while !rest.is_empty() {
            let trimmed = rest.strip_prefix('.').unwrap_or(rest);
            // The longest label wins: names may have dots in them.
            let next = (0..node.children.len())
                .flat_map(|i| [(i, node.label(i, text)), (i, format!("[{i}]"))])
                .filter_map(|(i, label)| {
                    let left = trimmed.strip_prefix(label.trim_start_matches('.'))?;
                    (left.is_empty() || left.starts_with(['.', '['])).then_some((i, left))
                })
                .min_by_key(|(_, left)| left.len());
            match next {
                Some((index, left)) => (node, rest) = (&node.children[index], left),
                None => return Err((node, trimmed)),
            }
        }
        Ok(node)
    }

    /// Paths of all values, in file order: candidates for "did you mean".
    pub(crate) fn paths(&self, text: &str) -> Vec<String> {
        fn walk(node: &Node, prefix: &str, text: &str, all: &mut Vec<String>) {
            for (index, child) in node.children.iter().enumerate() {
                let path = format!("{prefix}{}", node.label(index, text));
                walk(child, &path, text, all);
                all.push(path.trim_start_matches('.').to_owned());
            }
        }
        let mut all = Vec::new();
        walk(&self.root, "", text, &mut all);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r##"// a comment with ( brackets
(
    name: "x", /* nested /* ( */ [ */
    list: [(name: "deepseek-v3.1", rate: Poisson(rate: "40/s")), (at: 1.5), (name: r#"raw"#)],
    some: Some((a: 1)),
)"##;

    #[test]
    fn paths_lead_to_values_and_back() {
        let syntax = read(TEXT);
        assert!(syntax.slip.is_none(), "{:?}", syntax.slip);
        for path in
            ["name", "list.deepseek-v3.1.rate.rate", "list[1].at", "list.raw", "some.a", "list[0].rate.rate"]
        {
            let node = syntax.follow(TEXT, path).unwrap_or_else(|_| panic!("{path}"));
            let (shown, chain) = syntax.around(TEXT, node.span.start);
            assert!(
                shown == path.replace("[0]", ".deepseek-v3.1") || path == "some.a" || path == "list.raw",
                "{shown} {path}"
            );
            assert!(chain.len() > 1);
        }
        let node = syntax.follow(TEXT, "list[0].rate.rate").unwrap();
        assert_eq!(&TEXT[node.span.clone()], "\"40/s\"");
        assert_eq!(syntax.follow(TEXT, "list.nope.x").unwrap_err().1, "nope.x");
        let path = Path::root("list").at(0).key("rate").key("profile");
        let (shown, node, found) = syntax.locate(TEXT, &path);
        assert_eq!((shown.as_str(), found), ("list.deepseek-v3.1.rate.profile", false));
        assert!(TEXT[node.span.clone()].starts_with("Poisson("));
    }

    #[test]
    fn slips_are_told_where_they_are() {
        let slip = |text| read(text).slip.unwrap_or_else(|| panic!("{text}"));
        assert_eq!(slip("(a: [1, 2)").span, 4..5);
        assert_eq!(slip("(a: (b: 1)").span, 0..1);
        assert!(slip("(a: 1 b: 2)").message.contains("comma"));
        assert!(slip("(a: \"x\n, b: 1)").message.contains("never closed"));
        assert!(slip("(a: 1) 2").message.contains("after the end"));
        assert!(slip("(a: ;)").message.contains("`;`"));
    }
}
