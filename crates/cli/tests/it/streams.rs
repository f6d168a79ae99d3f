//! What goes to standard output, what to standard error, and what never: escape codes where there is no terminal.

use sandbox_engine::output::Summary;

use crate::bench::Bench;

#[test]
fn json_prints_the_summary_and_nothing_else() {
    let bench = Bench::new();
    let ended = bench.sandbox("run quick.ron --out run --json").expect(0);
    let summary: Summary = serde_json::from_str(&ended.out).expect("standard output is one summary");
    assert_eq!(summary, bench.summary("run"));
    assert_eq!(ended.out, bench.read("run/summary.json"));
    assert_eq!(ended.err, "");
}

#[test]
fn json_is_whole_when_an_objective_is_missed() {
    let bench = Bench::new();
    bench.edit("quick.ron", "leak_share <= 40%", "leak_share <= 1%");
    let ended = bench.sandbox("run quick.ron --out run --json").expect(4);
    assert!(serde_json::from_str::<Summary>(&ended.out).is_ok());
}

#[test]
fn there_are_no_escape_codes_without_a_terminal() {
    let bench = Bench::new();
    let (force, no) = (("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1"));
    for variables in [&[][..], &[no], &[force, no], &[("TERM", "xterm-256color")]] {
        for arguments in
            ["run quick.ron --out run", "replay run", "plot run", "run quick.ron --router nosuch", "--help"]
        {
            // `--help` is clap's, which follows CLICOLOR_FORCE unless NO_COLOR is set, as it is here.
            let ended = bench.sandbox_with(arguments, variables);
            assert!(!ended.out.contains('\x1b') && !ended.err.contains('\x1b'), "{arguments} {variables:?}");
        }
    }
}
