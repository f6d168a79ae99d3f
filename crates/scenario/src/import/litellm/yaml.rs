//! YAML as a tree that knows where each value stands, read the way LiteLLM's proxy reads it (PyYAML's `safe_load`):
//! anchors are expanded, merge keys (`<<`) are merged, and of a key that is given twice the last one counts.
//! Its tags are not looked at.
//!
//! Nothing of a file's values gets into messages: any of them may be a secret. Lines are shown up to their first key.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span as Stretch};

use crate::problem::{Invalid, Place, Problem};

/// Most values, anchors expanded: a guard against files that unfold without end.
const NODES_MAX: usize = 500_000;
/// Deepest nesting: far beyond any config.
const DEPTH_MAX: usize = 64;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    /// Characters of the file.
    pub(super) at: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// As it stands there, and whether without quotes: only then can it be a number, a truth value or nothing.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    /// In order, each key once.
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// What a map holds; nothing for anything else.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        let Value::Scalar { text, plain: true } = &self.value else { return false };
        matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// YAML 1.1, as PyYAML has it: `yes` and `off` are truth values.
    pub(super) fn truth(&self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    /// A number that is zero or more.
    pub(super) fn number(&self) -> Option<f64> {
        let text = self.text()?.replace('_', "");
        if !text.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == '+') {
            return None;
        }
        text.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// A whole number that is zero or more; `2.0` is one.
    pub(super) fn whole(&self) -> Option<u32> {
        let number = self.number()?;
        (number <= f64::from(u32::MAX) && number.fract() == 0.0).then_some(number as u32)
    }

    /// Whether its value is taken from the environment when LiteLLM starts.
    pub(super) fn is_from_environment(&self) -> bool {
        self.text().is_some_and(|text| text.starts_with("os.environ/"))
    }
}

/// The file as a problem's origin.
#[derive(Copy, Clone)]
pub(super) struct Origin<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl Origin<'_> {
    /// What is wrong at a character of the file. The line is shown without its values.
    pub(super) fn problem(self, at: usize, path: &str, message: impl Into<String>, hint: &str) -> Invalid {
        let byte = self.text.char_indices().nth(at).map_or(self.text.len(), |(byte, _)| byte);
        let mut place = Place::new(self.text, byte..byte);
        place.line_text = without_values(&place.line_text);
        let problem = Problem::bare(self.name, path, message.into(), Some(hint.to_owned()));
        Problem { place: Some(place), ..problem }.into()
    }
}

/// `  - key: …` of a line.
fn without_values(line: &str) -> String {
    let lead = line.len() - line.trim_start_matches([' ', '-']).len();
    let (lead, rest) = line.split_at(lead);
    let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    match &rest[name..] {
        "" => format!("{lead}{}", if rest.is_empty() { "" } else { "…" }),
        more if more.trim_end() == ":" => format!("{lead}{}:", &rest[..name]),
        more if more.starts_with(": ") && name > 0 => format!("{lead}{}: …", &rest[..name]),
        _ => format!("{lead}…"),
    }
}

/// Reads one document. The second value: keys that were given twice, with the place of the first.
pub(super) fn read(origin: Origin<'_>) -> Result<(Node, Vec<(String, usize)>), Invalid> {
    let mut reader =
        Reader { origin, stack: Vec::new(), anchors: Vec::new(), nodes: 0, root: None, twice: Vec::new() };
    let mut documents = 0;
    for event in Parser::new_from_str(origin.text) {
        let (event, stretch) = event.map_err(|error| {
            let hint = "LiteLLM would not start with this file either: mind indentation, quotes and brackets";
            let at = error.marker().index();
            origin.problem(at, "", format!("is not YAML: {}", words_of(error.info())), hint)
        })?;
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
        }
        if documents > 1 {
            let hint = "LiteLLM reads one document: remove what comes after `---`";
            return Err(origin.problem(stretch.start.index(), "", "has a second document", hint));
        }
        reader.take(event, stretch)?;
    }
    let Some(root) = reader.root else {
        let hint = "give LiteLLM's proxy config: it begins with `model_list:`";
        return Err(Problem::bare(origin.name, "", "is empty".to_owned(), Some(hint.to_owned())).into());
    };
    Ok((root, reader.twice))
}

/// A scanner's message, without what it may quote of the file.
fn words_of(info: &str) -> String {
    let quoted = info.find(['"', '\'', '`']).unwrap_or(info.len());
    info[..quoted].trim_end().trim_end_matches(':').to_owned()
}

/// What is being read.
struct Open {
    anchor: usize,
    node: Node,
    /// The key whose value comes next.
    key: Option<(String, usize)>,
    /// Where the keys of a map stand in it.
    names: BTreeMap<String, usize>,
    /// Values of `<<`.
    merged: Vec<Node>,
}

struct Reader<'a> {
    origin: Origin<'a>,
    stack: Vec<Open>,
    /// By anchor: what it stands for, and of how many values that consists.
    anchors: Vec<Option<(Node, usize)>>,
    nodes: usize,
    root: Option<Node>,
    twice: Vec<(String, usize)>,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, stretch: Stretch) -> Result<(), Invalid> {
        let at = |marker: Marker| marker.index();
        let start = at(stretch.start);
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let node = Node { value: Value::Scalar { text: text.into_owned(), plain }, at: start };
                self.close(node, anchor)
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(anchor).cloned().flatten();
                let Some((node, nodes)) = known else {
                    let hint = "an anchor cannot hold itself";
                    return Err(self.origin.problem(
                        start,
                        "",
                        "refers to an anchor that is not complete",
                        hint,
                    ));
                };
                self.count(nodes, start)?;
                self.close(node, 0)
            }
            Event::SequenceStart(anchor, _) => self.open(Value::List(Vec::new()), anchor, start),
            Event::MappingStart(anchor, _) => self.open(Value::Map(Vec::new()), anchor, start),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.stack.pop() else { return Ok(()) };
                let mut node = open.node;
                merge(&mut node, open.names, open.merged);
                self.close(node, open.anchor)
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize, at: usize) -> Result<(), Invalid> {
        self.nodes += nodes;
        if self.nodes > NODES_MAX {
            let message = format!("has more than {NODES_MAX} values, anchors expanded");
            return Err(self.origin.problem(at, "", message, "is it a config? import a part of it"));
        }
        Ok(())
    }

    fn open(&mut self, value: Value, anchor: usize, at: usize) -> Result<(), Invalid> {
        if self.stack.len() >= DEPTH_MAX {
            let message = format!("is nested more than {DEPTH_MAX} deep");
            return Err(self.origin.problem(at, "", message, "is it a config?"));
        }
        if self.stack.last().is_some_and(|open| open.node.is_map() && open.key.is_none()) {
            return Err(self.origin.problem(at, "", "has a list or a map for a key", "write a plain key"));
        }
        self.stack.push(Open {
            anchor,
            node: Node { value, at },
            key: None,
            names: BTreeMap::new(),
            merged: Vec::new(),
        });
        Ok(())
    }

    /// A value is complete: where it belongs.
    fn close(&mut self, node: Node, anchor: usize) -> Result<(), Invalid> {
        self.count(1, node.at)?;
        if anchor > 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, None);
            }
            self.anchors[anchor] = Some((node.clone(), size(&node)));
        }
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut open.node.value, open.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(_), None) => match node.value {
                Value::Scalar { text, .. } => open.key = Some((text, node.at)),
                _ => {
                    return Err(self.origin.problem(
                        node.at,
                        "",
                        "has a list or a map for a key",
                        "write a plain key",
                    ));
                }
            },
            (Value::Map(_), Some((key, at))) if key == "<<" => match node.value {
                Value::Map(_) => open.merged.push(node),
                Value::List(items) if items.iter().all(Node::is_map) => open.merged.extend(items),
                _ => {
                    let hint = "a merge key takes a map or a list of maps, like `<<: *defaults`";
                    return Err(self.origin.problem(at, "", "merges what is no map", hint));
                }
            },
            (Value::Map(entries), Some((key, at))) => {
                if let Some(&first) = open.names.get(&key) {
                    self.twice.push((key, at));
                    entries[first].1 = node;
                } else {
                    open.names.insert(key.clone(), entries.len());
                    entries.push((key, node));
                }
            }
            (Value::Scalar { .. }, _) => {}
        }
        Ok(())
    }
}

/// Merged keys come behind a map's own; earlier maps win.
fn merge(node: &mut Node, mut names: BTreeMap<String, usize>, merged: Vec<Node>) {
    let Value::Map(entries) = &mut node.value else { return };
    for map in merged {
        let Value::Map(more) = map.value else { continue };
        for (key, value) in more {
            if names.insert(key.clone(), entries.len()).is_none() {
                entries.push((key, value));
            }
        }
    }
}

fn size(node: &Node) -> usize {
    let inner: usize = match &node.value {
        Value::Scalar { .. } => 0,
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(entries) => entries.iter().map(|(_, node)| size(node)).sum(),
    };
    1 + inner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Node {
        read(Origin { name: "c.yaml", text }).unwrap().0
    }

    fn problem(text: &str) -> String {
        read(Origin { name: "c.yaml", text }).unwrap_err().to_string()
    }

    #[test]
    fn anchors_are_expanded_and_merge_keys_give_way_to_a_map_s_own() {
        let tree = tree(
            "base: &b {rpm: 10, tpm: 5}\nother: &o {rpm: 7, weight: 2}\nuse:\n  <<: [*b, *o]\n  tpm: 9\n",
        );
        let used = tree.get("use").unwrap();
        let number = |key: &str| used.get(key).and_then(Node::whole);
        assert_eq!((number("rpm"), number("tpm"), number("weight")), (Some(10), Some(9), Some(2)));
        assert_eq!(used.entries().len(), 3);
    }

    #[test]
    fn scalars_are_read_as_pyyaml_reads_them() {
        let tree = tree("a: yes\nb: 'null'\nc: ~\nd: 1_000\ne: 2.0\nf: -1\ng: 1e-06\nh: os.environ/X\n");
        assert_eq!(tree.get("a").unwrap().truth(), Some(true));
        assert!(!tree.get("b").unwrap().is_null() && tree.get("c").unwrap().is_null());
        assert_eq!(tree.get("d").unwrap().whole(), Some(1000));
        assert_eq!(tree.get("e").unwrap().whole(), Some(2));
        assert_eq!(tree.get("f").unwrap().number(), None);
        assert_eq!(tree.get("g").unwrap().number(), Some(1e-6));
        assert!(tree.get("h").unwrap().is_from_environment());
    }

    #[test]
    fn of_a_key_given_twice_the_last_counts_and_the_first_is_told() {
        let (tree, twice) = read(Origin { name: "c.yaml", text: "a: 1\nb: 2\na: 3\n" }).unwrap();
        assert_eq!(tree.get("a").and_then(Node::whole), Some(3));
        assert_eq!(twice, [("a".to_owned(), 10)]);
    }

    #[test]
    fn what_cannot_be_read_is_told_without_values() {
        for text in [
            "a: sk-secret: more\n",
            "a:\n  - {api_key: sk-secret\n",
            "a: \"sk-secret\n",
            "api_key: sk-secret\n\tb: 1\n",
            "- sk-secret\n- *sk-secret\n",
            "a: 1\n---\napi_key: sk-secret\n",
            "[a]: sk-secret",
            "<<: sk-secret",
            "a: @sk-secret",
            "a: !!sk-secret b: sk-secret",
        ] {
            let shown = problem(text);
            assert!(
                !shown.contains("secret") && shown.contains("hint") && shown.contains("c.yaml"),
                "{shown}"
            );
        }
        assert!(problem("").contains("is empty"));
        assert!(problem("# nothing\n").contains("is empty"));
    }

    #[test]
    fn files_that_unfold_without_end_are_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let of = level - 1;
            text += &format!(
                "a{level}: &a{level} [*a{of}, *a{of}, *a{of}, *a{of}, *a{of}, *a{of}, *a{of}, *a{of}]\n"
            );
        }
        assert!(problem(&text).contains("more than 500000 values"));
        assert!(problem(&"[".repeat(100)).contains("deep"));
        assert!(problem("a: &a [*a]").contains("anchor"));
    }
}
