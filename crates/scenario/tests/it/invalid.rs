//! Every file under `fixtures/invalid/` has a message that says what to do; a new one needs only its snapshot.

use sandbox_scenario::Resolved;

#[test]
fn every_invalid_scenario_has_its_message() {
    let folder = crate::workspace("fixtures/invalid");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 24, "only {} in {}", files.len(), folder.display());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for path in files {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let shown = format!("fixtures/invalid/{name}.ron");
            let invalid = Resolved::parse(&shown, &text, None, &[]).expect_err(&name);
            assert!(
                invalid.problems.iter().all(|p| p.place.is_some() && p.hint.is_some()),
                "{name}:\n{invalid}"
            );
            insta::assert_snapshot!(name.as_str(), invalid.to_string());
        }
    });
}
