//! Completions and man pages: what other programs make of them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::bench::Bench;

/// Whether a program is there at all.
fn has(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Says so even where tests that pass are silent.
fn skipped(program: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: there is no {program}");
}

#[test]
fn completions_know_every_command() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = bench.sandbox(&format!("completions {shell}")).expect(0);
        assert_eq!(ended.err, "");
        for word in ["run", "replay", "diff", "init", "show", "explain", "format"] {
            assert!(ended.out.contains(word), "{shell} does not know `{word}`");
        }
    }
    let ended = bench.sandbox("completions cmd").expect(2);
    assert!(ended.err.contains("powershell"), "{}", ended.err);
}

#[test]
fn bash_reads_its_completions() {
    if !has("bash") {
        skipped("bash");
        return;
    }
    let bench = Bench::new();
    bench.write("completions", &bench.sandbox("completions bash").expect(0).out);
    let checked = Command::new("bash").arg("-n").arg(bench.path("completions")).output().expect("bash");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    // And they complete: `sandbox rep` becomes `sandbox replay`.
    let script = ". ./completions; COMP_WORDS=(sandbox rep); COMP_CWORD=1; _sandbox sandbox rep sandbox; \
                  echo \"${COMPREPLY[@]}\"";
    let done = Command::new("bash").args(["-c", script]).current_dir(bench.path(".")).output().expect("bash");
    assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), "replay");
}

#[test]
fn each_command_has_a_man_page() {
    let bench = Bench::new();
    let ended = bench.sandbox("man --out pages").expect(0);
    assert_eq!(ended.out, "");
    let pages = bench.list("pages");
    for page in ["sandbox.1", "sandbox-run.1", "sandbox-diff.1", "sandbox-import-litellm.1"] {
        assert!(pages.iter().any(|name| name == page), "{page} is not in {pages:?}");
    }
    assert_eq!(bench.read("pages/sandbox.1"), bench.sandbox("man").expect(0).out);
    assert!(bench.read("pages/sandbox.1").contains("Exit codes"));
    assert!(bench.read("pages/sandbox-run.1").contains("sandbox\\-run"), "a page has its own name");
}

#[test]
fn groff_renders_every_man_page_without_a_warning() {
    if !has("groff") {
        skipped("groff");
        return;
    }
    let bench = Bench::new();
    bench.sandbox("man --out pages").expect(0);
    for page in bench.list("pages") {
        let output = Command::new("groff")
            // As `man` calls it: the pages are UTF-8.
            .args(["-Kutf8", "-man", "-Tutf8", "-ww", "-rLL=100n"])
            .arg(bench.path("pages").join(&page))
            .output()
            .expect("groff");
        assert!(output.status.success(), "{page}");
        let (text, warnings) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(warnings, "", "{page}");
        assert!(text.contains("SYNOPSIS") || text.contains("S\u{8}SY\u{8}Y"), "{page}: {text}");
    }
}
