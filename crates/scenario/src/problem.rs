//! What is wrong with a file, where, and what to write instead.
//!
//! A [`Problem`] can be read without the file at hand: it holds the line it points at. Printed plainly, without
//! colour, so that logs and snapshots show what a terminal shows.

use std::fmt;
use std::ops::Range;

/// Everything that is wrong with a scenario or a script; never empty.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Invalid {
    /// The problems, in order of place.
    pub problems: Vec<Problem>,
    /// Whether a file could not be read at all, rather than read and found wanting.
    pub unreadable: bool,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where it was written: a file's name, or the command-line option.
    pub origin: String,
    /// Where in the file; absent if it does not stem from a file's text.
    pub place: Option<Place>,
    /// The key's path: `workloads.cn-chat.arrivals.rate`; empty for the file as a whole.
    pub path: String,
    /// The value as written, if it fits a line.
    pub value: Option<String>,
    /// What is wrong: a fragment that fits after the path.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// A stretch of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes of the file.
    pub span: Range<usize>,
    /// The line as it stands in the file.
    pub line_text: String,
}

impl Place {
    /// The place of `span` in `text`.
    pub(crate) fn new(text: &str, span: Range<usize>) -> Self {
        let start = floor_char_boundary(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
        Self {
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            span: start..floor_char_boundary(text, span.end.max(start)),
            line_text: text[line_start..line_end].trim_end_matches('\r').to_owned(),
        }
    }
}

fn floor_char_boundary(text: &str, index: usize) -> usize {
    let index = index.min(text.len());
    (0..=index).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

impl Invalid {
    /// A file that cannot be read.
    pub(crate) fn unreadable(origin: &str, error: &std::io::Error, hint: Option<String>) -> Self {
        let message = format!("cannot be read: {error}");
        Self { problems: vec![Problem::bare(origin, "", message, hint)], unreadable: true }
    }
}

impl From<Problem> for Invalid {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem], unreadable: false }
    }
}

impl Problem {
    /// A problem without a place in a file.
    pub(crate) fn bare(origin: &str, path: &str, message: String, hint: Option<String>) -> Self {
        Self { origin: origin.to_owned(), place: None, path: path.to_owned(), value: None, message, hint }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("error: ")?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        let mut gutter = String::from(" ");
        match &self.place {
            None => write!(f, "\n --> {}", self.origin)?,
            Some(place) => {
                let number = place.line.to_string();
                gutter = " ".repeat(number.len() + 1);
                let shown: String = place.line_text.replace('\t', " ");
                let rest = shown.chars().count().saturating_sub(place.column - 1);
                let wide = place.line_text.chars().skip(place.column - 1).scan(0, |bytes, c| {
                    *bytes += c.len_utf8();
                    Some(*bytes)
                });
                let width = wide.take_while(|&bytes| bytes <= place.span.len()).count();
                let (pad, carets) = (" ".repeat(place.column - 1), "^".repeat(width.clamp(1, rest.max(1))));
                let arrow = &gutter[1..];
                write!(f, "\n{arrow}--> {}:{}:{}", self.origin, place.line, place.column)?;
                write!(f, "\n{gutter}|\n{number} | {}\n{gutter}| {pad}{carets}", shown.trim_end())?;
            }
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n{gutter}= hint: {hint}")?;
        }
        Ok(())
    }
}

/// Splits the hint off a message of another crate: `… (hint: …)` or `…; hint: …`.
pub(crate) fn split_hint(message: &str) -> (String, Option<String>) {
    let (text, hint) = match (message.split_once(" (hint: "), message.split_once("; hint: ")) {
        (Some((text, hint)), _) => (text, hint.strip_suffix(')').unwrap_or(hint)),
        (None, Some((text, hint))) => (text, hint),
        (None, None) => return (message.to_owned(), None),
    };
    let verb = if hint.starts_with('"') { "write " } else { "" };
    (text.to_owned(), Some(format!("{verb}{hint}")))
}

/// The name that was probably meant, if one is near.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= 1 + name.len().max(candidate.len()) / 4)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean `x`? routers here: a, b`: the nearest name, then all there are (the first twenty).
pub fn name_hint<'a>(name: &str, what: &str, all: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 20;
    let all: Vec<&str> = all.into_iter().collect();
    let list = match all.len() {
        0 => format!("there are no {what}"),
        n if n > MOST => format!("{what}: {} and {} more", all[..MOST].join(", "), n - MOST),
        _ => format!("{what}: {}", all.join(", ")),
    };
    match nearest(name, all.iter().copied()) {
        Some(near) if near != name => format!("did you mean `{near}`? {list}"),
        _ => list,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_points_at_its_text() {
        let text = "a\n\tentry: \"hybird\",\n";
        let place = Place::new(text, 10..18);
        assert_eq!((place.line, place.column), (2, 9));
        let problem = Problem {
            place: Some(place),
            ..Problem::bare(
                "x.ron",
                "workloads.cn.entry",
                "no router is called `hybird`".into(),
                Some("so".into()),
            )
        };
        let text = problem.to_string();
        assert!(text.ends_with("2 |  entry: \"hybird\",\n  |         ^^^^^^^^\n  = hint: so"), "{text}");
    }

    #[test]
    fn hints_are_split_off_both_ways() {
        assert_eq!(split_hint("a (hint: b)"), ("a".into(), Some("b".into())));
        assert_eq!(split_hint("a; hint: b"), ("a".into(), Some("b".into())));
        assert_eq!(split_hint("a"), ("a".into(), None));
    }
}
