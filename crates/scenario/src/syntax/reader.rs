//! Reads a RON text into its tree, as far as its brackets, commas and quotes can be followed.
//!
//! Numbers, names and escapes are not looked into: that is the business of `ron`.

use std::ops::Range;

use super::{Kind, Node, Slip, Syntax};

/// Reads the tree of `text`.
pub(crate) fn read(text: &str) -> Syntax {
    let mut reader = Reader { text, at: 0, open: Vec::new() };
    let mut slip = None;
    let mut root = Node::default();
    match reader.value(&mut root) {
        Err(found) => slip = Some(*found),
        Ok(()) => {
            if reader.skip().is_ok() && reader.at < text.len() {
                let (message, hint) =
                    ("text after the end of the file's value", "remove it, or close the brackets before it");
                slip =
                    Some(Slip { span: reader.at..reader.at + 1, message: message.into(), hint: hint.into() });
            }
        }
    }
    Syntax { root, slip }
}

type Step1 = Result<(), Box<Slip>>;

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Opening brackets that are still open.
    open: Vec<usize>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn slip(span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Box<Slip> {
        Box::new(Slip { span, message: message.into(), hint: hint.into() })
    }

    /// Skips white space, comments and `#![enable(…)]`.
    fn skip(&mut self) -> Step1 {
        loop {
            let before = self.at;
            self.at += self.rest().len() - self.rest().trim_start().len();
            if self.rest().starts_with("//") || self.rest().starts_with("#!") {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            } else if self.rest().starts_with("/*") {
                let (mut depth, start) = (0, self.at);
                loop {
                    match self.rest() {
                        r if r.starts_with("/*") => (depth, self.at) = (depth + 1, self.at + 2),
                        r if r.starts_with("*/") => (depth, self.at) = (depth - 1, self.at + 2),
                        r => match r.chars().next() {
                            Some(c) => self.at += c.len_utf8(),
                            None => {
                                return Err(Self::slip(
                                    start..start + 2,
                                    "this comment is never closed",
                                    "end it with `*/`",
                                ));
                            }
                        },
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            if self.at == before {
                return Ok(());
            }
        }
    }

    /// The length of a bare word here: a name, a number, a variant.
    fn word(&self) -> usize {
        self.rest().find(|c: char| !(c.is_alphanumeric() || "_+-.#".contains(c))).unwrap_or(self.rest().len())
    }

    fn value(&mut self, node: &mut Node) -> Step1 {
        self.skip()?;
        node.span = self.at..self.at;
        let result = self.value_here(node);
        node.span.end = self.at;
        result
    }

    fn value_here(&mut self, node: &mut Node) -> Step1 {
        let Some(first) = self.peek() else {
            return Err(self.unclosed("the file ends where a value should stand"));
        };
        match first {
            '"' => self.string(node),
            // `r"…"` and `r#"…"#` are texts; `r#None` is a Name, and how the writer spells `jitter: None`.
            'r' if self.rest()[1..].trim_start_matches('#').starts_with('"') => self.string(node),
            '(' => self.bracket(node, ')'),
            '[' => self.bracket(node, ']'),
            '{' => self.bracket(node, '}'),
            '\'' => {
                self.at += 1 + self.rest()[1..].find('\'').map_or(self.rest().len() - 1, |i| i + 1);
                Ok(())
            }
            _ => {
                let word = self.word();
                if word == 0 {
                    let hint = "values are numbers, texts in quotes, Names, ( … ) and [ … ]";
                    let span = self.at..self.at + first.len_utf8();
                    return Err(Self::slip(span, format!("`{first}` where a value should stand"), hint));
                }
                let some = &self.rest()[..word] == "Some";
                self.at += word;
                let end = self.at;
                self.skip()?;
                if !self.rest().starts_with('(') {
                    self.at = end;
                    return Ok(());
                }
                self.bracket(node, ')')?;
                // `Some(x)` is x.
                if some && node.children.len() == 1 {
                    let inner = node.children.remove(0);
                    (node.kind, node.children) = (inner.kind, inner.children);
                }
                Ok(())
            }
        }
    }

    fn string(&mut self, node: &mut Node) -> Step1 {
        node.kind = Kind::String;
        let start = self.at;
        let unclosed = || Self::slip(start..start + 1, "this text is never closed", "end it with a quote");
        if self.peek() == Some('r') {
            let hashes = self.rest()[1..].bytes().take_while(|&b| b == b'#').count();
            let close = format!("\"{}", "#".repeat(hashes));
            self.at += 2 + hashes;
            self.at = self.at.min(self.text.len());
            let length = self.rest().find(&close).ok_or_else(unclosed)?;
            self.at += length + close.len();
            return Ok(());
        }
        let mut escaped = false;
        for (i, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    self.at += i + 1;
                    return Ok(());
                }
                // Texts of a scenario have no line breaks: a missing quote shows where it is missing.
                '\n' => {
                    self.at += i;
                    return Err(unclosed());
                }
                _ => {}
            }
        }
        Err(unclosed())
    }

    fn bracket(&mut self, node: &mut Node, close: char) -> Step1 {
        self.open.push(self.at);
        self.at += 1;
        node.kind = if close == ')' { Kind::Struct(self.at) } else { Kind::List(self.at) };
        loop {
            self.skip()?;
            match self.peek() {
                Some(c) if c == close => break,
                Some(c @ (')' | ']' | '}')) => return Err(self.mismatch(c)),
                None => return Err(self.unclosed("the file ends before all brackets are closed")),
                Some(_) => {}
            }
            let mut child = Node::default();
            let result = self.entry(&mut child);
            node.children.push(child);
            result?;
            let end = self.at;
            self.skip()?;
            match self.peek() {
                Some(',') => self.at += 1,
                Some(')' | ']' | '}') | None => {}
                Some(_) => {
                    return Err(Self::slip(
                        end - 1..end,
                        "a comma is missing after this",
                        "put `,` between values",
                    ));
                }
            }
        }
        self.open.pop();
        self.at += 1;
        Ok(())
    }

    /// A value with or without a key.
    fn entry(&mut self, child: &mut Node) -> Step1 {
        let start = self.at;
        let quoted = self.peek() == Some('"');
        let word = self.word();
        if quoted {
            // In `{ "key": value }` a key is a text.
            self.string(&mut Node::default())?;
            let end = self.at;
            self.skip()?;
            if self.rest().starts_with(':') {
                child.key = Some((self.text[start + 1..end - 1].to_owned(), start..end));
                self.at += 1;
            } else {
                self.at = start;
            }
        } else if word > 0 {
            self.at += word;
            self.skip()?;
            if self.rest().starts_with(':') {
                child.key = Some((self.text[start..start + word].to_owned(), start..start + word));
                self.at += 1;
            } else {
                self.at = start;
            }
        }
        self.value(child)
    }

    fn mismatch(&self, found: char) -> Box<Slip> {
        let open = *self.open.last().unwrap_or(&0);
        let line = self.text[..self.at].matches('\n').count() + 1;
        let bracket = &self.text[open..=open];
        let message = format!("this `{bracket}` is not closed before `{found}` in line {line}");
        Self::slip(open..open + 1, message, format!("close it with `{}`", closing(bracket)))
    }

    fn unclosed(&self, otherwise: &str) -> Box<Slip> {
        match self.open.last() {
            Some(&open) => {
                let bracket = &self.text[open..=open];
                let message = format!("this `{bracket}` is never closed");
                Self::slip(open..open + 1, message, format!("close it with `{}`", closing(bracket)))
            }
            None => Self::slip(self.at..self.at, otherwise, "a scenario looks like `(name: \"x\", …)`"),
        }
    }
}

fn closing(open: &str) -> char {
    match open {
        "(" => ')',
        "[" => ']',
        _ => '}',
    }
}
