use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::*;
use crate::diff::{Change, Diff, Outages, Setup, Side};
use crate::run_data::RunData;
use crate::synthetic::{cases, day};

/// Names that would be something else if they were not escaped.
const NASTY: &str = "a|b`c``d <img src=x onerror=alert(1)> @team #1 **x** [y](z) \\| & </details>\nnext";

/// What a reader of GitHub's Markdown makes of a text.
#[derive(Default)]
struct Read {
    /// Cells of each row of each table.
    tables: Vec<Vec<Vec<String>>>,
    /// HTML, piece by piece.
    html: Vec<String>,
    /// Text outside of code.
    text: String,
    /// Code in spans and blocks.
    code: Vec<String>,
}

fn read(markdown: &str) -> Read {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM;
    let mut read = Read::default();
    let (mut cell, mut in_block) = (String::new(), false);
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::Table(_)) => read.tables.push(Vec::new()),
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                read.tables.last_mut().expect("a table").push(Vec::new());
            }
            Event::Start(Tag::TableCell) => cell.clear(),
            Event::End(TagEnd::TableCell) => {
                let row = read.tables.last_mut().and_then(|table| table.last_mut()).expect("a row");
                row.push(std::mem::take(&mut cell));
            }
            Event::Start(Tag::CodeBlock(_)) => in_block = true,
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Text(text) if in_block => read.code.push(text.to_string()),
            Event::Text(text) => {
                cell.push_str(&text);
                read.text.push_str(&text);
            }
            Event::Code(code) => {
                cell.push_str(&code);
                read.code.push(code.to_string());
            }
            Event::Html(html) | Event::InlineHtml(html) => read.html.push(html.trim().to_owned()),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("a link: {markdown}"),
            _ => {}
        }
    }
    read
}

/// Tables are whole, and there is no HTML but the folds of ours.
#[track_caller]
fn sound(name: &str, markdown: &str) -> Read {
    let read = read(markdown);
    for table in &read.tables {
        for row in table {
            assert_eq!(row.len(), table[0].len(), "{name}: {row:?}\n{markdown}");
        }
    }
    // The reader fills rows up: the text itself must have as many bars in each row.
    for rows in markdown.split("\n\n").filter(|part| part.starts_with("| ")) {
        let bars = |row: &str| row.replace("\\|", "").matches('|').count();
        let rows: Vec<&str> = rows.lines().filter(|row| row.starts_with('|')).collect();
        assert!(rows.iter().all(|row| bars(row) == bars(rows[0])), "{name}: {rows:?}");
    }
    let mut depth = 0;
    for html in read.html.iter().flat_map(|html| html.lines()) {
        match html {
            "<details>" => depth += 1,
            "</details>" => depth -= 1,
            html if html.starts_with("<summary>") && html.ends_with("</summary>") => {
                let inner = &html["<summary>".len()..html.len() - "</summary>".len()];
                assert!(!inner.contains('<'), "{name}: {html}");
            }
            html => panic!("{name}: stray HTML `{html}`\n{markdown}"),
        }
    }
    assert_eq!(depth, 0, "{name}: folds are closed");
    read
}

fn nasty() -> RunData {
    let mut run = day().run().data();
    let summary = &mut run.summary;
    summary.scenario = NASTY.to_owned();
    summary.repro = format!("sandbox run '{NASTY}' ```");
    let scope = summary.workloads["cn-chat"].clone();
    summary.workloads.insert(NASTY.to_owned(), scope);
    summary.objectives[0].expression = NASTY.to_owned();
    summary.faults[0].target = NASTY.to_owned();
    summary.faults[0].kind = NASTY.to_owned();
    run
}

#[test]
fn every_run_is_sound_markdown() {
    for (name, shape) in cases::all() {
        sound(name, &run_markdown(&shape.run().data()));
    }
}

#[test]
fn a_run_is_what_it_was() {
    insta::assert_snapshot!(run_markdown(&day().run().data()));
}

#[test]
fn names_come_out_as_they_went_in_and_as_nothing_else() {
    let read = sound("nasty", &run_markdown(&nasty()));
    let name = NASTY.replace('\n', " ");
    // Scenario, workload, objective, target and kind.
    assert_eq!(read.code.iter().filter(|code| **code == name).count(), 5, "{:?}", read.code);
    assert!(read.code.last().is_some_and(|code| code.starts_with("sandbox run 'a|b`c")), "{:?}", read.code);
    for stray in ["@team", "#1", "<img", "[y]", "**"] {
        assert!(!read.text.contains(stray), "{stray}: {}", read.text);
    }
}

#[test]
fn objectives_have_words_beside_their_marks() {
    let read = sound("day", &run_markdown(&day().run().data()));
    let marks: Vec<&str> = read.tables[0].iter().skip(1).map(|row| row[0].as_str()).collect();
    assert_eq!(marks, ["✅ met", "✅ met", "❌ missed", "✅ met", "❌ missed"]);
}

#[test]
fn two_runs_are_sound_markdown_whatever_they_are_called() {
    let (a, b) = (day().run().data(), nasty());
    let setup = Setup {
        changes: vec![Change { path: NASTY.to_owned(), a: Some(NASTY.to_owned()), b: None }],
        outages: Outages { only_a: vec![NASTY.to_owned()], only_b: vec!["```".to_owned()] },
        same_arrivals: true,
    };
    let diff = Diff::new(Side { name: NASTY, run: &a }, Side { name: "b|", run: &b }, setup);
    let read = sound("diff", &diff_markdown(&diff));
    assert!(read.text.contains("Not paired:"), "{}", read.text);
    for stray in ["@team", "<img", "[y]", "**"] {
        assert!(!read.text.contains(stray), "{stray}: {}", read.text);
    }
}
