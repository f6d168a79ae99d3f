//! A text with its origin: places for messages, and the substitutions of `--set`.
//!
//! `--set path=value` replaces the value's text before anything is read, so an override is checked exactly as
//! if it had been written in the file. Places after an override still mean the file as it is on disk.

use std::ops::Range;

use crate::problem::{Invalid, Place, Problem, name_hint, nearest};
use crate::syntax::{self, Kind, Node, Path, Syntax};

/// A text to read, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    origin: String,
    /// As it is on disk; absent for a text that no one wrote.
    original: Option<String>,
    /// With overrides.
    pub(crate) text: String,
    pub(crate) syntax: Syntax,
    edits: Vec<Edit>,
}

/// One substitution, in the text after the ones before it.
#[derive(Clone, Debug)]
struct Edit {
    start: usize,
    old_len: usize,
    new_len: usize,
    option: String,
}

impl Edit {
    fn span(&self) -> Range<usize> {
        self.start..self.start + self.new_len
    }
}

impl Source {
    /// A text that a person wrote.
    pub(crate) fn new(origin: &str, text: &str) -> Self {
        let syntax = syntax::read(text);
        Self {
            origin: origin.to_owned(),
            original: Some(text.to_owned()),
            text: text.to_owned(),
            syntax,
            edits: Vec::new(),
        }
    }

    /// A text that was generated: problems in it have a path and an origin, but no place.
    pub(crate) fn generated(origin: &str, text: String) -> Self {
        let syntax = syntax::read(&text);
        Self { origin: origin.to_owned(), original: None, text, syntax, edits: Vec::new() }
    }

    /// The first slip in the brackets, if there is one.
    pub(crate) fn slip(&self) -> Option<Problem> {
        let slip = self.syntax.slip.as_ref()?;
        let (path, _) = self.syntax.around(&self.text, slip.span.start);
        Some(self.problem_at(slip.span.clone(), path, slip.message.clone(), Some(slip.hint.clone())))
    }

    /// A problem with the value at `path`; if it is not written, the place is the nearest value around it.
    pub(crate) fn problem(&self, path: &Path, message: impl Into<String>, hint: Option<String>) -> Problem {
        let (shown, node, _) = self.syntax.locate(&self.text, path);
        let span = node.span.clone();
        self.problem_at(span, shown, message.into(), hint)
    }

    /// Which of the entries of the map at `path` has this key.
    pub(crate) fn position(&self, path: &Path, key: &str) -> Option<usize> {
        let (_, node, found) = self.syntax.locate(&self.text, path);
        let has = |entry: &crate::syntax::Node| entry.key.as_ref().is_some_and(|(known, _)| known == key);
        node.children.iter().position(has).filter(|_| found)
    }

    /// The key's path as it is shown.
    pub(crate) fn shown(&self, path: &Path) -> String {
        self.syntax.locate(&self.text, path).0
    }

    /// A problem with a stretch of the text.
    pub(crate) fn problem_at(
        &self,
        span: Range<usize>,
        path: String,
        message: String,
        hint: Option<String>,
    ) -> Problem {
        let value =
            self.text.get(span.clone()).filter(|v| !v.is_empty() && v.len() < 200 && !v.contains('\n'));
        let mut problem =
            Problem { value: value.map(str::to_owned), ..Problem::bare(&self.origin, &path, message, hint) };
        let (Some(original), (start, set)) = (&self.original, self.in_original(span.start)) else {
            return problem;
        };
        match set {
            Some(option) => problem.origin = option.to_owned(),
            None => {
                let (end, end_set) = self.in_original(span.end);
                let end = if end_set.is_none() && end >= start { end } else { start + span.len() };
                problem.place = Some(Place::new(original, start..end));
            }
        }
        problem
    }

    /// Where a byte of the text is in the original, and whether an override put it there.
    fn in_original(&self, mut offset: usize) -> (usize, Option<&str>) {
        for edit in self.edits.iter().rev() {
            if edit.span().contains(&offset) {
                return (edit.start, Some(&edit.option));
            }
            if offset >= edit.span().end {
                offset = offset - edit.new_len + edit.old_len;
            }
        }
        (offset, None)
    }

    /// Applies `path=value`. `fits` says whether the value at a stretch of a text can be read.
    pub(crate) fn set(
        &mut self,
        assignment: &str,
        fits: impl Fn(&Source, Range<usize>) -> bool,
    ) -> Result<(), Invalid> {
        let option = format!("--set {assignment}");
        let bad = |path: &str, message: String, hint: String| {
            Invalid::from(Problem::bare(&option, path, message, Some(hint)))
        };
        let Some((path, value)) = assignment.split_once('=') else {
            let hint = "write --set PATH=VALUE, like --set workloads.cn-chat.deadline=30s".to_owned();
            return Err(bad("", format!("`{assignment}` sets nothing"), hint));
        };
        let (path, value) = (path.trim(), value.trim());
        if path.is_empty() || value.is_empty() {
            let hint = "write --set PATH=VALUE, like --set workloads.cn-chat.deadline=30s".to_owned();
            return Err(bad(path, format!("`{assignment}` lacks a path or a value"), hint));
        }
        let (span, before, after, quoted) = match self.syntax.follow(&self.text, path) {
            Ok(node) => (node.span.clone(), String::new(), String::new(), node.kind == Kind::String),
            Err((node, rest)) => {
                let Some((at, before, after)) = insertion(node, rest) else {
                    let paths = self.syntax.paths(&self.text);
                    return Err(bad(
                        path,
                        "no such key in the scenario".to_owned(),
                        path_hint(path, rest, &paths),
                    ));
                };
                (at..at, before, after, false)
            }
        };
        let is_text = |v: &str| v.starts_with('"') || v.starts_with("r\"") || v.starts_with("r#");
        let quote = |v: &str| format!("\"{}\"", v.replace('\\', "\\\\").replace('"', "\\\""));
        let raw = !quoted || is_text(value) || value == "None" || value.starts_with("Some(");
        let with = |value: &str| {
            let mut next = self.clone();
            let replaced = format!("{before}{value}{after}");
            next.text.replace_range(span.clone(), &replaced);
            let edit = Edit {
                start: span.start,
                old_len: span.len(),
                new_len: replaced.len(),
                option: option.clone(),
            };
            let at = edit.span();
            next.edits.push(edit);
            next.syntax = syntax::read(&next.text);
            (next, at)
        };
        let (mut next, at) = with(&if raw { value.to_owned() } else { quote(value) });
        if raw && !is_text(value) && !fits(&next, at) {
            let (quoted, at) = with(&quote(value));
            // A number or a Name( … ) that does not fit is better told as it was written.
            let bare = value.parse::<f64>().is_ok() || value.contains(['(', '[']);
            if fits(&quoted, at) || !bare {
                next = quoted;
            }
        }
        *self = next;
        Ok(())
    }
}

/// Where to put `rest` as new keys of `node`, and the text before and after the value.
fn insertion(node: &Node, rest: &str) -> Option<(usize, String, String)> {
    let Kind::Struct(open) = node.kind else { return None };
    let keys: Vec<&str> = rest.split('.').collect();
    let is_key = |k: &&str| !k.is_empty() && k.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !keys.iter().all(is_key) || node.children.first().is_some_and(|c| c.key.is_none()) {
        return None;
    }
    Some((open, format!("{}: ", keys.join(": (")), format!("{}, ", ")".repeat(keys.len() - 1))))
}

fn path_hint(path: &str, rest: &str, all: &[String]) -> String {
    let known = path[..path.len() - rest.len()].trim_end_matches('.');
    let beside: Vec<&str> = all
        .iter()
        .filter_map(|p| {
            if known.is_empty() { Some(p.as_str()) } else { p.strip_prefix(known)?.strip_prefix('.') }
        })
        .filter(|p| !p.is_empty() && !p.contains('.'))
        .collect();
    let segment = rest.split(['.', '[']).next().unwrap_or(rest);
    if let Some(near) = nearest(segment, beside.iter().copied()) {
        let (dot, tail) = (if known.is_empty() { "" } else { "." }, &rest[segment.len()..]);
        return format!("did you mean `{known}{dot}{near}{tail}`?");
    }
    match nearest(path, all.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if beside.is_empty() => format!("`{known}` is a single value; set it as a whole"),
        None if known.is_empty() => name_hint(segment, "keys", beside),
        None => name_hint(segment, &format!("in `{known}`"), beside),
    }
}
