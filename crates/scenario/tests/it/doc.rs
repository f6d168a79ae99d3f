//! The format's reference holds: its example runs, and it names every key.

use sandbox_scenario::{Resolved, scenario_to_text};

fn doc() -> String {
    std::fs::read_to_string(crate::workspace("docs/scenario-format.md")).unwrap()
}

#[test]
fn the_example_of_the_reference_runs() {
    let doc = doc();
    let mut blocks = doc.split("```ron\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let example = blocks.next().expect("the reference opens with an example");
    let resolved = Resolved::parse("example.ron", example, None, &[]).unwrap_or_else(|e| panic!("{e}"));
    assert!(!resolved.workloads.is_empty());
}

#[test]
fn the_reference_names_every_key() {
    let routing = std::fs::read_to_string(crate::workspace("docs/routing.md")).unwrap();
    let (doc, written) = (doc() + &routing, scenario_to_text(&crate::parse(&[]).unwrap().scenario));
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    for key in written
        .split(':')
        .filter_map(|part| part.rsplit(word).next())
        .filter(|k| k.starts_with(char::is_lowercase))
    {
        if written.contains(&format!("{key}: ")) {
            // By itself, inside the brackets of another key (`congestion.memory`), or in an example.
            let named = ["`{}`", ".{}`", "{}: "].iter().any(|form| doc.contains(&form.replace("{}", key)));
            assert!(named, "docs/scenario-format.md does not name `{key}`");
        }
    }
}
