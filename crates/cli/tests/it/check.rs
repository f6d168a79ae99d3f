//! `sandbox check` from outside: what it finds, keeps, prints and ends with.

use std::process::Command;
use std::time::Duration;

use crate::bench::{Bench, repository};

/// An objective that any outage of the primary breaks.
const OBJECTIVE: &str = "leak_share<=1%";

/// The value after a name in front of a line.
fn field<'t>(text: &'t str, name: &str) -> &'t str {
    let line = text.lines().find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("no {name} in\n{text}"))[name.len()..].trim()
}

fn search(bench: &Bench, more: &str, code: i32) -> String {
    let ended =
        bench.sandbox(&format!("check quick.ron --cases 20 --objective {OBJECTIVE} {more}")).expect(code);
    assert_eq!(ended.err, "");
    ended.out
}

#[test]
fn what_is_found_replays_to_the_same_run() {
    let bench = Bench::new();
    let out = search(&bench, "", 5);
    let repro = field(&out, "repro").to_owned();
    assert!(repro.starts_with("sandbox run quick.ron --script fixtures/regressions/quick/"), "{repro}");
    // The bench parts arguments by blanks, and no word of this has one.
    let ran = bench.sandbox(&format!("{} --out again", &repro["sandbox ".len()..]));
    assert!(ran.out.contains(&format!("fingerprint  {}", field(&out, "fingerprint"))), "{}", ran.out);
    bench.sandbox("replay again").expect(0);
    // The run itself misses what the script was found to break.
    let set = r#"--set objectives=["leak_share<=1%"]"#;
    bench.sandbox(&format!("{} --out missed {set}", &repro["sandbox ".len()..])).expect(4);
}

#[test]
fn what_is_found_is_drawn_and_kept_and_run_again_first() {
    let bench = Bench::new();
    let first = search(&bench, "", 5);
    let kept = bench.list("fixtures/regressions/quick");
    assert_eq!(kept.len(), 1, "{kept:?}");
    let script = format!("fixtures/regressions/quick/{}", kept[0]);
    let text = bench.read(&script);
    assert!(text.contains("breaks: \"leak_share<=1%\"") && text.contains("scenario: \"quick\""), "{text}");
    let out = bench.list("out");
    assert_eq!(out.len(), 1);
    let pictures = bench.list(&format!("out/{}", out[0]));
    assert_eq!(pictures.len(), 2, "a PNG, an SVG and no journal: {pictures:?}");
    // The same again: nothing is searched, nothing is written.
    let again = search(&bench, "", 5);
    assert!(again.contains("still broken by 1 of 1 script"), "{again}");
    assert_eq!(field(&again, "fingerprint"), field(&first, "fingerprint"));
    assert_eq!(bench.read(&script), text);
    assert_eq!(bench.list("fixtures/regressions/quick"), kept);
    // Mended, or promised otherwise: it does not count any more, and the search goes on.
    bench.edit(&script, "breaks: \"leak_share<=1%\"", "breaks: \"leak_share<=100%\"");
    let ended = bench.sandbox("check quick.ron --cases 5 --property attempts").expect(0);
    assert!(!ended.out.contains("kept"), "it is not asked for: {}", ended.out);
    let ended = bench.sandbox("check quick.ron --cases 5 --objective leak_share<=100%").expect(0);
    assert!(ended.out.contains("kept         1 script"), "{}", ended.out);
}

#[test]
fn a_broken_script_in_the_corpus_is_an_error_with_its_place() {
    let bench = Bench::new();
    bench.write_deep("fixtures/regressions/quick/mine.ron", "(found: (braeks: \"attempts\"), faults: [])");
    let ended = bench.sandbox("check quick.ron --cases 5").expect(3);
    assert!(
        ended.err.contains("mine.ron:1") && ended.err.contains("did you mean `breaks`?"),
        "{}",
        ended.err
    );
    // One without a word about itself is held against everything.
    bench.write_deep("fixtures/regressions/quick/mine.ron", "(faults: [])");
    let ended = bench.sandbox("check quick.ron --cases 5 --property attempts").expect(0);
    assert!(ended.out.contains("kept         1 script"), "{}", ended.out);
}

#[test]
fn what_is_printed_is_what_it_was() {
    let bench = Bench::new();
    let out = search(&bench, "--jobs 1", 5);
    insta::assert_snapshot!("check-finding", stable(&out));
    let held = bench.sandbox("check quick.ron --cases 40 --property attempts --router direct-only").expect(0);
    insta::assert_snapshot!("check-held", stable(&held.out));
    assert!(held.out.lines().all(|line| line.chars().count() <= 80), "{}", held.out);
    let worst = bench.sandbox("check quick.ron --cases 60 --worst leak_premium --out worst").expect(0);
    insta::assert_snapshot!("check-worst", stable(&worst.out));
}

/// Without what differs from build to build: digests and fingerprints.
fn stable(text: &str) -> String {
    let is_hex = |word: &str, n: usize| word.len() == n && word.chars().all(|c| c.is_ascii_hexdigit());
    let mut stable = String::new();
    for piece in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let hex = is_hex(word, 8) || is_hex(word, 16);
        stable.push_str(if hex { "[hex]" } else { word });
        stable.push_str(&piece[word.len()..]);
    }
    stable
}

#[test]
fn results_do_not_depend_on_the_number_of_jobs() {
    let one = search(&Bench::new(), "--jobs 1", 5);
    let three = search(&Bench::new(), "--jobs 3", 5);
    assert_eq!(one, three);
}

#[test]
fn the_worst_script_is_written_and_is_as_bad_as_it_says() {
    let bench = Bench::new();
    let ended = bench.sandbox("check quick.ron --cases 60 --worst leak_premium --out worst").expect(0);
    assert_eq!(
        bench.list("worst"),
        ["worst-leak_premium.png", "worst-leak_premium.ron", "worst-leak_premium.svg"]
    );
    let value = field(&ended.out, "worst").split_whitespace().nth(1).expect("a value").to_owned();
    bench.sandbox("run quick.ron --script worst/worst-leak_premium.ron --out bad");
    let premium: f64 = bench.summary("bad").leak.premium_usd.parse().expect("dollars");
    assert_eq!(format!("${premium:.2}"), value);
}

#[test]
fn mistakes_are_told_with_the_nearest_name_before_anything_runs() {
    let bench = Bench::new();
    for (arguments, code, hint) in [
        ("--property atempts", 2, "did you mean `attempts`?"),
        ("--objective leak_shar<=1%", 2, "did you mean `leak_share`?"),
        ("--worst leak_premum", 2, "did you mean `leak_premium`?"),
        ("--worst failed --objective failed<=1", 2, "cannot be used with"),
        ("--router hybird", 3, "did you mean `hybrid`?"),
        ("--max-faults 0", 2, "1..=32"),
    ] {
        let ended = bench.sandbox(&format!("check quick.ron {arguments}")).expect(code);
        assert!(ended.err.starts_with("error") && ended.err.contains(hint), "{arguments}: {}", ended.err);
        assert_eq!(bench.list("."), ["quick.ron"], "{arguments}");
    }
}

#[test]
fn other_programs_are_told_what_is_broken() {
    let bench = Bench::new();
    let out = search(&bench, "--property attempts --junit results/check.xml --annotations github", 5);
    let xml = bench.read("results/check.xml");
    assert!(
        xml.starts_with("<?xml") && xml.contains("tests=\"2\"") && xml.contains("failures=\"1\""),
        "{xml}"
    );
    assert!(xml.contains("<testcase name=\"attempts\" classname=\"quick\"/>"), "{xml}");
    assert!(xml.contains("--script fixtures/regressions/quick/"), "the command is in it: {xml}");
    let line = out.lines().find(|line| line.starts_with("::error ")).expect("an annotation");
    assert!(line.starts_with("::error file=quick.ron,line=1,title=leak_share<=1%25 is broken::"), "{line}");
    assert!(line.contains("%0Asandbox run quick.ron"), "{line}");
}

/// Runs this until there are some lines in its journal, and kills it in the middle of it; says how many lines there are.
/// Where it came to its end before it could be killed, it is run again from nothing.
fn killed(bench: &Bench, arguments: &str) -> usize {
    let lines = || std::fs::read_to_string(bench.path("out/journal")).map_or(0, |text| text.lines().count());
    for _ in 0..20 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sandbox"))
            .args(arguments.split_whitespace())
            .current_dir(bench.path("."))
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the command starts");
        while lines() < 5 && child.try_wait().expect("it can be asked").is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        // It may have ended meanwhile: then there is no journal.
        let _ = child.kill();
        child.wait().expect("it has ended");
        if lines() > 0 {
            return lines();
        }
        for folder in ["out", "fixtures/regressions"] {
            let _ = std::fs::remove_dir_all(bench.path(folder));
        }
    }
    panic!("it was never killed in time");
}

#[test]
fn one_that_was_killed_when_it_had_kept_only_some_of_what_it_found_keeps_the_rest() {
    const ARGUMENTS: &str =
        "check quick.ron --cases 30 --objective leak_share<=1% --objective cost<=$0 --jobs 1 --out out";
    let undisturbed = Bench::new();
    let whole = undisturbed.sandbox(ARGUMENTS).expect(5).out;
    let kept = undisturbed.list("fixtures/regressions/quick");
    assert_eq!(kept.len(), 2, "{kept:?}");
    let bench = Bench::new();
    killed(&bench, ARGUMENTS);
    let first = format!("fixtures/regressions/quick/{}", kept[0]);
    bench.write_deep(&first, &undisturbed.read(&first));
    assert_eq!(bench.sandbox(ARGUMENTS).expect(5).out, whole);
    assert_eq!(bench.list("fixtures/regressions/quick"), kept);
    // Now that all is kept it is run again first.
    let again = bench.sandbox(ARGUMENTS).expect(5).out;
    assert!(again.contains("still broken by 2 of 2 scripts"), "{again}");
}

#[test]
fn a_search_that_was_killed_goes_on_and_finds_the_same() {
    const ARGUMENTS: &str = "check quick.ron --cases 400 --objective availability>=1% --jobs 1 --out out";
    let whole = Bench::new().sandbox(ARGUMENTS).expect(0).out;
    let bench = Bench::new();
    let known = killed(&bench, ARGUMENTS);
    assert!(known >= 5, "{known} lines");
    let ended = bench.sandbox(ARGUMENTS).expect(0);
    let resumed = ended.err.strip_prefix("continuing after ").and_then(|rest| rest.split(' ').next());
    let resumed: usize = resumed.and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{}", ended.err));
    // The first line names the search, and the last may be torn.
    assert!((known - 2..known).contains(&resumed), "{resumed} of {known} lines");
    assert_eq!(ended.out, whole);
    assert!(!bench.path("out/journal").exists());
}

/// Every property stands in the reference with the words that it says of itself.
#[test]
fn every_property_is_in_the_reference() {
    let page = std::fs::read_to_string(repository().join("docs/check.md")).expect("docs/check.md");
    for property in sandbox_testkit::properties::ALL {
        let row = format!("| `{}` | {} |", property.name, property.says);
        assert!(page.contains(&row), "docs/check.md lacks\n{row}");
    }
}

/// The test of somebody's own that the document shows is one of ours.
#[test]
fn the_proptest_of_the_documents_is_a_test() {
    let page = std::fs::read_to_string(repository().join("docs/check.md")).expect("docs/check.md");
    let source = repository().join("crates/testkit/tests/it/in_a_test.rs");
    let source = std::fs::read_to_string(source).expect("the test");
    assert!(page.contains(&format!("```rust\n{source}```")), "docs/check.md shows another test");
}

/// What CI of this project runs: every script that is kept for a shipped scenario.
#[test]
fn scripts_that_are_kept_for_shipped_scenarios_break_nothing() {
    let kept = repository().join("fixtures/regressions");
    let mut seen = 0;
    for entry in std::fs::read_dir(&kept).expect("the corpus") {
        let name = entry.expect("an entry").file_name().into_string().expect("a plain name");
        let places = [format!("scenarios/{name}.ron"), format!("docs/examples/{name}.ron")];
        let scenario = places.iter().map(|place| repository().join(place)).find(|path| path.exists());
        let scenario = scenario.unwrap_or_else(|| panic!("{name} is no shipped scenario"));
        let arguments = format!("check {} --regressions {} --cases 0", scenario.display(), kept.display());
        let ended = Bench::new().sandbox(&arguments).expect(0);
        assert!(ended.out.contains("nothing is broken by them any more"), "{}", ended.out);
        seen += 1;
    }
    assert!(seen > 0, "the corpus is empty");
}

/// The workflow of the documents is YAML, and its commands do what they say.
#[cfg(unix)]
#[test]
fn the_workflow_of_the_documents_runs() {
    use saphyr_parser::{Event, Parser};
    let page = std::fs::read_to_string(repository().join("docs/check.md")).expect("docs/check.md");
    let (_, rest) = page.split_once("```yaml\n").expect("a workflow");
    let (workflow, _) = rest.split_once("```").expect("its end");
    let scalars: Vec<String> = Parser::new_from_str(workflow)
        .map(|event| event.expect("YAML").0)
        .filter_map(|event| if let Event::Scalar(text, ..) = event { Some(text.into_owned()) } else { None })
        .collect();
    let commands: Vec<&String> =
        scalars.windows(2).filter(|pair| pair[0] == "run").map(|pair| &pair[1]).collect();
    let ours: Vec<&str> = commands.iter().filter_map(|command| command.strip_prefix("sandbox ")).collect();
    assert_eq!((commands.len(), ours.len()), (4, 2), "{commands:?}");
    let bench = Bench::new();
    bench.write_deep("docs/examples/quick.ron", crate::bench::QUICK);
    for command in ours {
        bench.sandbox(command).expect(0);
    }
    assert!(bench.read("outages.xml").contains("failures=\"0\""));
}

/// The search in the middle of which something happens: it has written some lines of its journal.
fn begun(bench: &Bench, arguments: &str) -> std::process::Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sandbox"))
        .args(arguments.split_whitespace())
        .current_dir(bench.path("."))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the command starts");
    let lines = || std::fs::read_to_string(bench.path("out/journal")).map_or(0, |text| text.lines().count());
    while lines() < 20 && child.try_wait().expect("it can be asked").is_none() {
        std::thread::sleep(Duration::from_micros(200));
    }
    child
}

#[cfg(unix)]
#[test]
fn a_search_for_the_worst_that_is_interrupted_has_an_answer_and_goes_on() {
    use std::os::unix::process::ExitStatusExt as _;
    const ARGUMENTS: &str = "check quick.ron --cases 200 --worst leak_premium --jobs 1 --out out";
    let whole = Bench::new().sandbox(ARGUMENTS).expect(0).out;
    let bench = Bench::new();
    // Where it came to its end before it was interrupted, it is run again from nothing.
    let interrupted = (0..20).any(|_| {
        let _ = std::fs::remove_dir_all(bench.path("out"));
        let mut child = begun(&bench, ARGUMENTS);
        // Not as Ctrl-C does, which whoever runs in the background may not hear.
        let interrupt = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(interrupt.is_ok(), "there is kill");
        child.wait().expect("it has ended").signal() == Some(15)
    });
    assert!(interrupted, "it is never interrupted in time");
    let known = bench.read("out/journal").lines().count();
    assert!((20..200).contains(&known), "{known} lines");
    let best = bench.read("out/worst-leak_premium.ron");
    assert!(best.starts_with("// leak_premium is $0."), "{best}");
    bench.sandbox("run quick.ron --script out/worst-leak_premium.ron --out so-far");
    assert!(bench.path("so-far/summary.json").exists(), "what is there can be run");
    let ended = bench.sandbox(ARGUMENTS).expect(0);
    assert!(ended.err.starts_with("continuing after "), "{}", ended.err);
    assert_eq!(ended.out, whole);
    assert_eq!(
        bench.list("out"),
        ["worst-leak_premium.png", "worst-leak_premium.ron", "worst-leak_premium.svg"]
    );
}

#[test]
fn two_searches_do_not_write_one_journal() {
    const ARGUMENTS: &str = "check quick.ron --cases 800 --objective availability>=1% --jobs 1 --out out";
    let bench = Bench::new();
    let mut child = begun(&bench, ARGUMENTS);
    let second = bench.sandbox(ARGUMENTS).expect(2);
    assert!(second.err.contains("going on already, in out"), "{}", second.err);
    child.kill().expect("it still runs");
    child.wait().expect("it has ended");
    // The lock is gone with the program, and what was there is whole.
    let ended = bench.sandbox(ARGUMENTS).expect(0);
    assert!(ended.err.starts_with("continuing after "), "{}", ended.err);
}

#[test]
fn a_file_of_somebody_else_is_no_journal() {
    let bench = Bench::new();
    bench.write("journal", "Monday: rain.\n");
    let ended = bench.sandbox("check quick.ron --cases 2 --property attempts --out .").expect(2);
    assert!(ended.err.contains("no journal of a search"), "{}", ended.err);
    assert_eq!(bench.read("journal"), "Monday: rain.\n");
}

#[test]
fn a_group_is_all_of_its_properties_that_say_something() {
    let bench = Bench::new();
    let promises = |arguments: &str| {
        let ended = bench.sandbox(&format!("check quick.ron --cases 2 --router direct-only {arguments}"));
        ended.expect(0).out
    };
    let usual = promises("");
    assert!(usual.contains(" drains\n") && !usual.contains("clairvoyant,\npromises"), "{usual}");
    assert!(
        usual.contains("(--property metamorphic)") && usual.contains("not held     clairvoyant"),
        "{usual}"
    );
    let liveness = promises("--property liveness");
    assert!(liveness.contains("promises     returns, drains\n"), "{liveness}");
    let two = promises("--property liveness --property splitting");
    assert!(two.contains("promises     returns, drains, splitting\n"), "{two}");
    // What says nothing is an error only if it is named itself.
    let safety = promises("--property safety");
    assert!(safety.contains("say nothing  excluded"), "{safety}");
    bench.sandbox("check quick.ron --property excluded").expect(2);
}

#[test]
fn liveness_is_given_time_or_said_to_have_none() {
    let bench = Bench::new();
    let check = |set: &str| {
        let ended = bench
            .sandbox(&format!("check quick.ron --cases 2 --router direct-only --property returns {set}"));
        ended.expect(0).out
    };
    assert!(!check("").contains("say little"));
    let short = check("--set duration=3m --set weather.script=[]");
    assert!(short.contains("say little   returns after late faults: `duration` is too short"), "{short}");
}

#[test]
fn one_wrong_script_does_not_keep_the_others_from_running() {
    let bench = Bench::new();
    bench.write_deep("fixtures/regressions/quick/bad.ron", "(faults: [(target: \"nobody\"");
    bench.write_deep("fixtures/regressions/quick/good.ron", "(faults: [])");
    bench.write_deep(
        "fixtures/regressions/quick/other.ron",
        "(found: (breaks: \"attempts\", scenario: \"quick\", router: \"direct-only\", what: \"\", version: \"\", \
         fingerprint: \"\"), faults: [])",
    );
    let ended = bench.sandbox("check quick.ron --cases 5 --property attempts").expect(3);
    assert!(ended.err.contains("bad.ron:1"), "{}", ended.err);
    assert!(ended.out.contains("kept         1 script in"), "{}", ended.out);
    assert!(ended.out.contains("not run      1 script in"), "{}", ended.out);
    assert!(ended.out.contains("nothing was searched: 1 script in"), "{}", ended.out);
}

#[test]
fn nothing_is_called_held_that_was_not_searched() {
    let bench = Bench::new();
    let ended = bench.sandbox("check quick.ron --cases 0 --property attempts --junit check.xml").expect(0);
    assert!(!ended.out.contains("held"), "{}", ended.out);
    assert!(bench.read("check.xml").contains("skipped"), "{}", bench.read("check.xml"));
    let ended = bench.sandbox("check quick.ron --cases 0 --worst failed").expect(2);
    assert!(ended.err.contains("--cases"), "{}", ended.err);
}

#[test]
fn an_objective_that_calm_weather_misses_needs_no_fault() {
    let ended = Bench::new().sandbox("check quick.ron --cases 5 --objective cost<=$0.01").expect(5);
    assert!(ended.out.contains("no fault is needed: it is broken in calm weather"), "{}", ended.out);
}
