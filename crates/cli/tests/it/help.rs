//! What people read first.

use crate::bench::Bench;

#[test]
fn help_is_what_it_was() {
    let bench = Bench::new();
    // Text is wrapped at 100 columns at most, and at 100 where there is no terminal.
    insta::assert_snapshot!("help", bench.sandbox("--help").expect(0).out);
    insta::assert_snapshot!("help-import", bench.sandbox("import --help").expect(0).out);
    insta::assert_snapshot!("help-import-litellm", bench.sandbox("import litellm --help").expect(0).out);
    insta::assert_snapshot!("help-check", bench.sandbox("check --help").expect(0).out);
    for command in ["init", "show", "diff", "completions", "man"] {
        let ended = bench.sandbox(&format!("{command} --help")).expect(0);
        insta::assert_snapshot!(format!("help-{command}"), ended.out);
    }
    insta::assert_snapshot!("help-run", bench.sandbox("run --help").expect(0).out);
}

#[test]
fn the_version_is_the_package_s() {
    let ended = Bench::new().sandbox("--version").expect(0);
    assert_eq!(ended.out, format!("sandbox {}\n", env!("CARGO_PKG_VERSION")));
}
