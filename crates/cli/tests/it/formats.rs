//! What `run` and `show` print in each format.

use sandbox_engine::output::Summary;

use crate::bench::{Bench, rows};

#[test]
fn show_prints_what_the_run_printed() {
    let bench = Bench::new();
    for format in ["table", "json", "csv", "markdown", "quiet"] {
        let run = bench.sandbox(&format!("run quick.ron --out run --format {format}")).expect(0);
        let show = bench.sandbox(&format!("show run --format {format}")).expect(0);
        assert_eq!(run.err, "", "{format}");
        // Only a run writes something, and says so.
        let printed = run.out.replace("\nwrote run/ (look at report.html)\n", "");
        assert_eq!(printed, show.out, "{format}");
    }
}

#[test]
fn a_run_reads_well_in_each_format() {
    let bench = Bench::new();
    bench.quick("run", "");
    let fingerprint = bench.summary("run").fingerprint;
    for format in ["table", "csv", "markdown"] {
        let out = bench.sandbox(&format!("show run --format {format}")).expect(0).out;
        // Any change of the engine moves the fingerprint.
        insta::assert_snapshot!(format!("show-{format}"), out.replace(&fingerprint, "FINGERPRINT"));
    }
}

#[test]
fn quiet_says_nothing_but_errors_and_the_exit_code() {
    let bench = Bench::new();
    let kept = bench.sandbox("run quick.ron --out run --format quiet").expect(0);
    assert_eq!((kept.out.as_str(), kept.err.as_str()), ("", ""));
    bench.edit("quick.ron", "leak_share <= 40%", "leak_share <= 1%");
    let missed = bench.sandbox("run quick.ron --out run --format quiet").expect(4);
    assert_eq!((missed.out.as_str(), missed.err.as_str()), ("", ""));
    bench.sandbox("show run --format quiet").expect(4);
    let wrong = bench.sandbox("run quik.ron --out run --format quiet").expect(1);
    assert!(wrong.out.is_empty() && wrong.err.starts_with("error: "), "{}", wrong.err);
}

#[test]
fn several_runs_are_one_document() {
    let bench = Bench::new();
    let routers = "run quick.ron --out runs --router hybrid --router clairvoyant";
    let json = bench.sandbox(&format!("{routers} --json")).expect(0).out;
    let list: Vec<Summary> = serde_json::from_str(&json).expect("one list");
    assert_eq!(list, [bench.summary("runs/hybrid"), bench.summary("runs/clairvoyant")]);
    assert_eq!(bench.sandbox("show runs/hybrid runs/clairvoyant --json").expect(0).out, json);

    let csv = bench.sandbox(&format!("{routers} --format csv")).expect(0).out;
    let rows = rows(&csv);
    assert_eq!(rows.iter().map(|row| row["run"]).collect::<Vec<_>>(), ["runs/hybrid", "runs/clairvoyant"]);
    for (row, summary) in rows.iter().zip(&list) {
        assert_eq!(row["leaked"], summary.requests.leaked.to_string());
        assert_eq!(row["cost_usd"], summary.cost_usd.total);
    }
    let table = bench.sandbox("show runs/hybrid runs/clairvoyant").expect(0).out;
    assert!(
        table.starts_with("runs/hybrid/\nquick\n") && table.contains("\n\nruns/clairvoyant/\n"),
        "{table}"
    );
}

#[test]
fn a_format_and_its_short_form_do_not_go_together() {
    let bench = Bench::new();
    bench.sandbox("run quick.ron --json --format csv").expect(2);
    bench.sandbox("run quick.ron --format yaml").expect(2);
    bench.sandbox("show").expect(2);
    let ended = bench.sandbox("show quick.ron").expect(1);
    assert!(ended.err.contains("hint"), "{}", ended.err);
    assert_eq!(bench.list("."), ["quick.ron"]);
}
