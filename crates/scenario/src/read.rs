//! RON to types, with what goes wrong told in a newcomer's words.

use std::ops::Range;

use ron::error::{Error, Position, SpannedError};
use ron::extensions::Extensions;
use serde::de::DeserializeOwned;

use crate::keys;
use crate::problem::{Invalid, Problem, name_hint, split_hint};
use crate::source::Source;
use crate::syntax::{Kind, Node};

/// The dialect: an optional value is written without `Some`.
pub(crate) fn options() -> ron::Options {
    ron::Options::default().with_default_extension(
        Extensions::IMPLICIT_SOME | Extensions::UNWRAP_NEWTYPES | Extensions::UNWRAP_VARIANT_NEWTYPES,
    )
}

/// Reads a whole text.
pub(crate) fn read<T: DeserializeOwned>(source: &Source) -> Result<T, Invalid> {
    match options().from_str(&source.text) {
        Ok(value) => Ok(value),
        Err(error) => Err(source.slip().unwrap_or_else(|| explain(source, error)).into()),
    }
}

/// Whether reading gets past the value at `span`.
pub(crate) fn fits<T: DeserializeOwned>(source: &Source, span: Range<usize>) -> bool {
    if let Some(slip) = &source.syntax.slip {
        return !(span.start..=span.end).contains(&slip.span.start);
    }
    match options().from_str::<T>(&source.text) {
        Ok(_) => true,
        Err(error) => {
            let (start, end) = (offset(&source.text, error.span.start), offset(&source.text, error.span.end));
            end < span.start || start > span.end
        }
    }
}

/// The byte at a line and column.
fn offset(text: &str, position: Position) -> usize {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(position.line.saturating_sub(1)).map(str::len).sum();
    let line = lines.next().unwrap_or("");
    let column = position.col.saturating_sub(1);
    before + line.char_indices().nth(column).map_or(line.len(), |(i, _)| i)
}

/// Puts an error of the reader into its place and into words.
fn explain(source: &Source, SpannedError { code, span }: SpannedError) -> Problem {
    let text = &source.text;
    let (start, end) = (offset(text, span.start), offset(text, span.end));
    // The reader stands behind what it choked on.
    let at = if start < end { start } else { end.saturating_sub(1) };
    let at = at + text[at..].len() - text[at..].trim_start().len();
    let (mut path, chain) = source.syntax.around(text, at);
    let node = chain[chain.len() - 1];
    let key = node.key.as_ref().map(|(k, _)| k.as_str());
    let mut place = value_span(node, at);
    let example =
        || key.and_then(keys::example).map(|e| format!("write it like `{}: {e}`", key.unwrap_or_default()));
    let written = text.get(node.span.clone()).unwrap_or_default();
    let wants = |what: &str| format!("expected {what}, found {}", found(node, written));
    let (message, hint) = match code {
        Error::NoSuchStructField { expected, found, .. } => {
            let owner = owner_with_key(&chain, &found, at);
            path = strip_key(&path, &found);
            if let Some((_, key)) = owner.and_then(|o| {
                o.children.iter().rev().find_map(|c| c.key.as_ref().filter(|(k, _)| *k == found))
            }) {
                place = key.clone();
            }
            (format!("unknown key `{found}`"), Some(name_hint(&found, "keys here", expected.iter().copied())))
        }
        Error::NoSuchEnumVariant { expected, found, .. } => {
            place = place.start..(place.start + found.len()).min(text.len());
            let names: Vec<String> = expected.iter().map(|name| keys::variant(name)).collect();
            let near = crate::problem::nearest(&found, expected.iter().copied());
            let list = names.join(", ");
            let hint = near.map_or_else(
                || format!("one of: {list}"),
                |near| format!("did you mean `{near}`? one of: {list}"),
            );
            (format!("`{found}` is not one of the choices here"), Some(hint))
        }
        Error::MissingStructField { field, .. } => {
            let hint = keys::example(field).map(|e| format!("add `{field}: {e}`{}", keys::meaning(field)));
            (format!("the key `{field}` is missing"), hint)
        }
        Error::DuplicateStructField { field, .. } => {
            path = strip_key(&path, field);
            (format!("the key `{field}` is written twice"), Some("keep one of the two".to_owned()))
        }
        Error::Message(message) => {
            let (message, hint) = split_hint(&message);
            (message, hint.or_else(example))
        }
        Error::InvalidValueForType { expected, found } => {
            // "the unsigned integer `24`" is `24` to the one who wrote it.
            let kinds =
                ["the unsigned integer ", "the signed integer ", "the floating point number ", "the "];
            let found = kinds.iter().find_map(|kind| found.strip_prefix(kind)).unwrap_or(&found);
            (format!("expected {expected}, found {found}"), example())
        }
        Error::ExpectedString | Error::ExpectedStringEnd => {
            (wants("a text in quotes"), quoted_hint(written).or_else(example))
        }
        Error::ExpectedInteger => (wants("a whole number, zero or more"), example()),
        Error::ExpectedComma if written.parse::<f64>().is_ok() => (wants("a whole number"), example()),
        Error::InvalidIntegerDigit { .. } | Error::IntegerOutOfBounds => {
            (wants("a whole number, zero or more, that fits"), example())
        }
        Error::ExpectedFloat => (wants("a number"), example()),
        Error::ExpectedBoolean => (wants("true or false"), example()),
        Error::ExpectedArray | Error::ExpectedArrayEnd => (wants("a list in [ … ]"), example()),
        Error::ExpectedStructLike | Error::ExpectedNamedStructLike(_) => (wants("keys in ( … )"), example()),
        Error::ExpectedStructLikeEnd | Error::ExpectedOptionEnd => (wants("a single value here"), example()),
        Error::ExpectedDifferentStructName { expected, found } => (
            format!("expected `{expected}( … )`, found `{found}( … )`"),
            Some("the name before ( may also be left out".into()),
        ),
        Error::ExpectedIdentifier if node.kind == Kind::String => {
            let bare = written.trim_matches('"');
            let hint = Some(format!("leave the quotes away: `{bare}`"))
                .filter(|_| bare.starts_with(char::is_uppercase));
            (wants("a choice by its name, without quotes"), hint.or_else(example))
        }
        Error::ExpectedIdentifier => (wants("a name"), example()),
        Error::ExpectedDifferentLength { expected, found } => {
            (format!("expected {expected}, found {found} values"), example())
        }
        Error::ExceededRecursionLimit => ("brackets are nested too deeply".to_owned(), None),
        other => (format!("cannot be read: {}", lower_first(&other.to_string())), example()),
    };
    source.problem_at(place, path, message, hint)
}

fn found(node: &Node, written: &str) -> String {
    match node.kind {
        Kind::List(_) => "a list".to_owned(),
        Kind::Struct(_) if written.starts_with('(') => "( … )".to_owned(),
        Kind::Struct(_) => format!("`{}( … )`", written.split('(').next().unwrap_or_default()),
        _ if written.is_empty() => "nothing".to_owned(),
        _ => format!("`{}`", written.lines().next().unwrap_or_default()),
    }
}

/// `30s` → `"30s"`.
fn quoted_hint(written: &str) -> Option<String> {
    let plain = !written.is_empty() && !written.contains(['"', '(', '[', '\n']);
    (plain && written.parse::<f64>().is_err()).then(|| format!("put it in quotes: `\"{written}\"`"))
}

/// The value, or the key if that is what was read last.
fn value_span(node: &Node, at: usize) -> Range<usize> {
    match &node.key {
        Some((_, key)) if key.contains(&at) => key.clone(),
        _ => node.span.clone(),
    }
}

/// The innermost struct that has `key` before `at`.
fn owner_with_key<'n>(chain: &[&'n Node], key: &str, at: usize) -> Option<&'n Node> {
    chain.iter().rev().copied().find(|node| {
        node.children
            .iter()
            .any(|c| c.key.as_ref().is_some_and(|(k, span)| k == key && span.start <= at + key.len()))
    })
}

/// `a.b.key` → `a.b`: the struct that the key is in.
fn strip_key(path: &str, key: &str) -> String {
    match path.strip_suffix(key) {
        Some(rest) if rest.is_empty() || rest.ends_with('.') => rest.trim_end_matches('.').to_owned(),
        _ => path.to_owned(),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
