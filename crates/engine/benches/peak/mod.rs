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

/// The flagship with LiteLLM in front and OpenRouter's measured balancer behind it, which hears from other customers.
pub(crate) const ROUTED: &[&str] = &[
    r#"routers.hybrid.strategy=LiteLlm(groups: [
        (name: "direct", deployments: [(target: "siliconflow-direct")], fallbacks: ["grid"]),
        (name: "grid", deployments: [(target: "openrouter")]),
    ], timeouts: (first_token: "8s"))"#,
    r#"routers.openrouter.strategy=OpenRouterMeasured(
        targets: ["or-siliconflow", "or-deepinfra", "or-novita", "or-fireworks", "or-together"],
        timeouts: (first_token: "5s"))"#,
    r#"routers.openrouter.fleet=(rate: "20/s")"#,
];
