use sandbox_core::Time;

use super::*;
use crate::synthetic::stories;
use crate::terminal::{Paint, WIDTH};

fn text(story: &sandbox_engine::explain::Story, paint: Paint) -> String {
    sequence_text(story, &|_: Time| "09:31:01".to_owned(), paint)
}

#[test]
fn stories_are_drawn_in_80_columns() {
    let mut all = String::new();
    for (name, story) in stories::all() {
        let text = text(&story, Paint::Plain);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{name}: {line}");
        }
        all.push_str(&format!("== {name}\n{text}\n"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    for (_, story) in stories::all() {
        let painted = text(&story, Paint::Ansi);
        let mut bare = String::new();
        for (index, piece) in painted.split('\u{1b}').enumerate() {
            bare.push_str(if index == 0 {
                piece
            } else {
                piece.split_once('m').map_or("", |(_, rest)| rest)
            });
        }
        assert_eq!(bare, text(&story, Paint::Plain));
    }
}

#[test]
fn a_story_as_a_drawing() {
    insta::assert_snapshot!(sequence_svg(&stories::all()[0].1, "worst.json#/0"));
}

/// Every number of a drawing stands in the story's JSON, where the drawing says.
#[test]
fn numbers_are_those_of_the_story() {
    for (name, story) in stories::all() {
        let json = serde_json::json!([story]);
        let svg = sequence_svg(&story, "worst.json#/0");
        for piece in svg.split(" data-value=\"").skip(1) {
            let (raw, rest) = piece.split_once('"').expect("a value");
            let place = rest.strip_prefix(" data-of=\"worst.json#").and_then(|rest| rest.split('"').next());
            let place = place.unwrap_or_else(|| panic!("{name}: {rest}"));
            let get = |at: &str| {
                json.pointer(at).and_then(|v| v.as_f64()).unwrap_or_else(|| panic!("{name}: {at}"))
            };
            let value = match place.split_once(" - ") {
                Some((a, b)) => get(a) - get(b),
                None => get(place),
            };
            let raw: f64 = raw.parse().expect("a number");
            assert!((raw - value).abs() < 1e-9, "{name}: {place} is {value}, not {raw}");
        }
    }
}
