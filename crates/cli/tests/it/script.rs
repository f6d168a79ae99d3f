//! Script, edit, run again.

use crate::bench::Bench;

#[test]
fn the_script_of_a_seed_makes_the_run_of_that_seed() {
    let bench = Bench::new();
    bench.sandbox("script quick.ron --seed 7 --out outages.ron").expect(0);
    assert_eq!(bench.sandbox("script quick.ron --seed 7").expect(0).out, bench.read("outages.ron"));
    let drawn = bench.quick("drawn", "--seed 7");
    assert_eq!(bench.read("drawn/outages.ron"), bench.read("outages.ron"));
    let scripted = bench.quick("scripted", "--seed 7 --script outages.ron");
    assert_eq!(scripted.fingerprint, drawn.fingerprint);
    assert_eq!(bench.read("scripted/timeline.csv"), bench.read("drawn/timeline.csv"));

    bench.edit("outages.ron", r#"until: "14m""#, r#"until: "16m""#);
    let edited = bench.quick("edited", "--seed 7 --script outages.ron");
    assert_ne!(edited.fingerprint, drawn.fingerprint);
    assert_eq!(edited.requests.arrived, drawn.requests.arrived, "arrivals do not depend on outages");
    assert_eq!(edited.cost_usd.twin, drawn.cost_usd.twin, "calm weather has no outages to edit");
}

#[test]
fn seeds_draw_different_scripts() {
    let bench = Bench::new();
    let script = |seed: u32| bench.sandbox(&format!("script quick.ron --seed {seed}")).expect(0).out;
    assert_ne!(script(7), script(8));
    assert_eq!(script(7), script(7));
}
