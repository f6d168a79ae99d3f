//! The flagship's dearest hours, for the benchmark and for `examples/feature_ratios.rs`.

use sandbox_scenario::Resolved;

/// The flagship from its evening peak on, where most leaks, with these overrides.
pub(crate) fn flagship(duration: &str, sets: &[&str]) -> Resolved {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/asia-peak-overflow.ron");
    let mut all = vec![
        format!("duration={duration}"),
        "start=2026-11-18 19:00 Asia/Shanghai".to_owned(),
        r#"weather.script=[(target: "siliconflow", kind: Down(), from: "70m", until: "82m")]"#.to_owned(),
    ];
    all.extend(sets.iter().map(|&set| set.to_owned()));
    Resolved::load(path.as_ref(), &all).unwrap_or_else(|invalid| panic!("{invalid}"))
}
