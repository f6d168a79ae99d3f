//! The documents as a site (`mdbook build docs`): every page is in its table of contents, and links lead to pages and
//! headings that are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::bench::repository;

fn docs() -> PathBuf {
    repository().join("docs")
}

/// Targets of all links of a document but those to other sites.
fn links(text: &str) -> Vec<String> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.filter(|link| !link.contains("://")).map(str::to_owned).collect()
}

/// Every page below a folder, relative to `docs`.
fn pages(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let page = path.strip_prefix(docs()).expect("a page is below docs");
            found.insert(page.display().to_string());
        }
    }
}

/// The name by which a heading can be linked to, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || *c == ' ' || *c == '-' || *c == '_';
    heading.trim().to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let mut code = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        code ^= line.starts_with("```");
        if let (false, Some(heading)) = (code, line.strip_prefix('#')) {
            found.insert(anchor(heading.trim_start_matches('#')));
        }
    }
    found
}

/// `a/b/../c` as `a/c`; none if it leaves where it starts.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => parts.pop().then_some(())?,
            Component::CurDir => {}
            part => parts.push(part),
        }
    }
    Some(parts)
}

#[test]
fn the_table_of_contents_has_every_page_once() {
    let listed = links(&fs::read_to_string(docs().join("SUMMARY.md")).expect("a table of contents"));
    let mut all = BTreeSet::new();
    pages(&docs(), &mut all);
    all.remove("SUMMARY.md");
    assert!(all.len() > 20, "the walk found the pages");
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), all);
    assert_eq!(listed.len(), all.len(), "a page is listed twice");
}

#[test]
fn links_of_the_site_stay_in_it_and_lead_to_headings() {
    let mut all = BTreeSet::new();
    pages(&docs(), &mut all);
    let mut checked = 0;
    for page in &all {
        let text = fs::read_to_string(docs().join(page)).expect("a page");
        for link in links(&text) {
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                PathBuf::from(page)
            } else {
                let beside = Path::new(page).parent().unwrap_or(Path::new("")).join(file);
                normal(&beside).unwrap_or_else(|| panic!("docs/{page}: {link} leaves the site"))
            };
            let place = docs().join(&target);
            assert!(place.exists(), "docs/{page}: {link} leads nowhere");
            if !heading.is_empty() {
                let there = anchors(&fs::read_to_string(place).expect("a page"));
                assert!(there.contains(heading), "docs/{page}: {link}: no such heading among {there:?}");
                checked += 1;
            }
        }
    }
    assert!(checked > 10, "only {checked} links lead to headings");
}

#[test]
fn headings_become_anchors_as_everywhere() {
    assert_eq!(anchor(" `summary.json`"), "summaryjson");
    assert_eq!(anchor(" Stop, and go on"), "stop-and-go-on");
}
