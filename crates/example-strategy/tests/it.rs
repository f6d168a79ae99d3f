//! The example is what the documents say it is, and a whole `sandbox`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SOURCE: &str = include_str!("../src/main.rs");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn scenario() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sticky-spill.ron")
}

fn my_sandbox(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_my-sandbox")).args(arguments).output().expect("the command starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_strategy_its_registration_and_main_take_under_sixty_lines() {
    assert!(SOURCE.lines().count() < 60, "{} lines", SOURCE.lines().count());
}

#[test]
fn the_document_shows_this_source() {
    let document =
        std::fs::read_to_string(repository().join("docs/your-own-strategy.md")).expect("a document");
    let (_, code) = document.split_once("```rust\n").expect("a block of code");
    let (code, _) = code.split_once("```").expect("its end");
    assert_eq!(code, SOURCE);
}

#[test]
fn run_replay_plot_and_explain_know_the_strategy() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let run = dir.path().join("run").display().to_string();
    let file = scenario().display().to_string();
    let ran = my_sandbox(&["run", &file, "--out", &run]);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    for arguments in [&["replay", &run][..], &["plot", &run], &["explain", &run, "--request", "17"]] {
        let ended = my_sandbox(arguments);
        assert_eq!(ended.status.code(), Some(0), "{arguments:?}: {}", text(&ended.stderr));
    }
}

#[test]
fn a_wrong_name_or_setting_is_an_error_of_the_scenario_with_its_place() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let good = std::fs::read_to_string(scenario()).expect("the scenario");
    for (old, new, place, hint) in [
        (
            "\"sticky-spill\", targets",
            "\"sticky-spil\", targets",
            "strategy.name",
            "did you mean `sticky-spill`?",
        ),
        ("\"most\": 16", "\"mots\": 16", "strategy.settings.mots", "did you mean `most`?"),
        ("\"most\": 16", "\"most\": 0.5", "strategy.settings.most", "write a number from 1 to 1000"),
        ("\"most\": 16", "\"most\": \"few\"", "strategy.settings.most", "write a number from 1 to 1000"),
    ] {
        assert!(good.contains(old));
        let path = dir.path().join("wrong.ron");
        std::fs::write(&path, good.replacen(old, new, 1)).expect("it can be written");
        let ended = my_sandbox(&["validate", &path.display().to_string()]);
        let told = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(3), "{told}");
        let line = 1 + good.lines().position(|line| line.contains(old)).expect("it is there");
        assert!(
            told.contains(place) && told.contains(hint) && told.contains(&format!("wrong.ron:{line}:")),
            "{told}"
        );
    }
}

/// Conversations that failed over stay away, and nothing else leaves in calm weather but what spills.
#[test]
fn conversations_stay_where_they_were_served() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let share = |set: &str| {
        let run = dir.path().join("run").display().to_string();
        let file = scenario().display().to_string();
        let ran = my_sandbox(&["run", &file, "--out", &run, "--set", set, "--json"]);
        assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
        let json = text(&ran.stdout);
        let (_, leaked) = json.split_once("\"leaked\": ").expect("a count");
        leaked.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u64>().expect("a number")
    };
    let calm = share("weather.script=[]");
    let outage = share(r#"weather.script=[(target: "plan", kind: Down(), from: "20m", until: "25m")]"#);
    // An outage of five minutes at one conversation a second with six turns each hits hundreds of conversations.
    assert!(outage > calm + 300, "{calm} in calm weather, {outage} with an outage");
}

/// Whether a line is as a document has it, where `[..]` stands for anything.
fn fits(shown: &str, told: &str) -> bool {
    let mut rest = told;
    shown.split("[..]").enumerate().all(|(number, part)| match (number, rest.find(part)) {
        (0, Some(0)) => {
            rest = &rest[part.len()..];
            true
        }
        (0, _) | (_, None) => false,
        (_, Some(at)) => {
            rest = &rest[at + part.len()..];
            true
        }
    }) && (shown.ends_with("[..]") || rest.is_empty())
}

/// What the document shows of promises is a part of the example, which is compiled.
#[test]
fn the_promises_of_the_document_are_those_of_the_example() {
    let document = std::fs::read_to_string(repository().join("docs/check.md")).expect("a document");
    let (_, code) = document.split_once("```rust\n").expect("a block of code");
    let (code, _) = code.split_once("```").expect("its end");
    assert!(code.contains("fn promises") && include_str!("../src/buggy.rs").contains(code), "{code}");
}

/// What was found is kept: the mended strategy is not broken by it, and the buggy one still is.
#[test]
fn the_script_that_was_kept_breaks_the_mistake_alone() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let check = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_my-buggy-sandbox"));
        command.arg("check").arg(here.join("sticky-spill-buggy.ron")).args(["--cases", "0", "--regressions"]);
        command.arg(here.join("regressions")).args(more).current_dir(dir.path());
        command.output().expect("the command starts")
    };
    let (mended, buggy) = (check(&["--router", "mended"]), check(&[]));
    assert_eq!(mended.status.code(), Some(0), "{}", text(&mended.stdout));
    assert!(text(&mended.stdout).contains("kept         1 script"), "{}", text(&mended.stdout));
    assert_eq!(buggy.status.code(), Some(5), "{}", text(&buggy.stdout));
    assert!(
        text(&buggy.stdout).contains("attempt 3 of a request that may have 2"),
        "{}",
        text(&buggy.stdout)
    );
}

/// The buggy sibling: `check` finds the two outages that show its mistake, and what it finds replays to the same run.
#[test]
fn check_finds_the_mistake_and_shrinks_it_to_two_faults() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("sticky-spill-buggy.ron").display().to_string();
    let buggy = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_my-buggy-sandbox"));
        command.args(arguments).current_dir(dir.path()).output().expect("the command starts")
    };
    let ended = buggy(&["check", &scenario, "--property", "attempts"]);
    let told = text(&ended.stdout);
    assert_eq!(ended.status.code(), Some(5), "{told}{}", text(&ended.stderr));
    assert!(told.contains("attempt 3 of a request that may have 2"), "{told}");
    assert!(told.contains("2 faults: case "), "{told}");
    assert!(told.contains("my-buggy-sandbox run "), "its own program runs it again: {told}");
    let kept = dir.path().join("fixtures/regressions/sticky-spill-buggy");
    let scripts: Vec<_> = std::fs::read_dir(kept).expect("the corpus").collect();
    let script = scripts[0].as_ref().expect("an entry").path().display().to_string();
    let ran = text(&buggy(&["run", &scenario, "--script", &script, "--out", "run"]).stdout);
    let fingerprint = told.lines().find(|line| line.starts_with("fingerprint")).expect("a fingerprint");
    assert!(ran.contains(fingerprint.trim_end()), "{ran}\n{fingerprint}");
    // The document shows what is printed.
    let document = std::fs::read_to_string(repository().join("docs/check.md")).expect("a document");
    let (_, shown) = document.split_once("```text\n").expect("a block");
    let (shown, _) = shown.split_once("```").expect("its end");
    assert_eq!(shown.lines().count(), told.lines().count(), "{told}");
    for (shown, told) in shown.lines().zip(told.lines()) {
        let told = told.replace(&scenario, "crates/example-strategy/sticky-spill-buggy.ron");
        assert!(fits(shown, &told), "docs/check.md says\n{shown}\nbut this is printed:\n{told}");
    }
    // The same strategy without the mistake keeps its promise.
    let mended =
        buggy(&["check", &scenario, "--cases", "300", "--property", "attempts", "--router", "mended"]);
    assert_eq!(mended.status.code(), Some(0), "{}{}", text(&mended.stdout), text(&mended.stderr));
}
