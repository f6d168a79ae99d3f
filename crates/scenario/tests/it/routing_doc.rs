//! The reference of routers names every key of every preset and part, each in its section, and every choice.

use std::collections::BTreeMap;

use ron::extensions::Extensions;
use sandbox_scenario::file::Strategy;

fn options() -> ron::Options {
    ron::Options::default().with_default_extension(
        Extensions::IMPLICIT_SOME | Extensions::UNWRAP_NEWTYPES | Extensions::UNWRAP_VARIANT_NEWTYPES,
    )
}

/// The text of a section, with its heading; to the next heading that is not below it.
fn section<'a>(doc: &'a str, heading: &str) -> &'a str {
    let from = doc.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no section {heading}")) + 1;
    let level = heading.split(' ').next().unwrap().len();
    let ends = |line: &str| line.starts_with('#') && line.split(' ').next().unwrap().len() <= level;
    let mut until = from + heading.len() + 1;
    for line in doc[until..].split_inclusive('\n') {
        if ends(line) {
            break;
        }
        until += line.len();
    }
    &doc[from..until]
}

/// Keys and values as written, at any depth: a name, a colon, and what follows.
fn keys(text: &str) -> BTreeMap<String, Vec<String>> {
    // What is in quotes holds no keys.
    let bare: String = text.split('"').step_by(2).collect::<Vec<_>>().join("\"");
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (at, _) in bare.match_indices(':') {
        let before = &bare[..at];
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |i| i + 1);
        let end = bare[at + 1..].find([',', ')']).map_or(bare.len(), |i| at + 1 + i);
        keys.entry(before[start..].to_owned()).or_default().push(bare[at + 1..end].to_owned());
    }
    keys
}

/// Sections where a key may be named beside that of its preset, and a strategy of which nothing is left out.
const SAMPLES: [(&str, &[&str], &str); 21] = [
    ("## Single, Fallback, Clairvoyant", &[], r#"Single(target: "a", timeouts: @T)"#),
    (
        "## Single, Fallback, Clairvoyant",
        &["### Retries", "### Memories"],
        r#"Fallback(targets: ["a"], retry_budget: (), cooldown: (at_once: ["401"], at_once_of_several: ["429"],
            failures_of: [(["5xx"], 2)], spares: [true], spares_alone_on: ["429"]), timeouts: @T)"#,
    ),
    ("## Single, Fallback, Clairvoyant", &[], r#"Clairvoyant(targets: ["a"], timeouts: @T)"#),
    (
        "## `Composed`: your own parts",
        &[],
        r#"Composed(targets: ["a"], groups: [["a"]], only: ["a"], max_price: (input: "$1/M", output: "$1/M"),
            spend: [(targets: ["a"], usd: "$1", per: "1h")], in_flight: [1], in_flight_together: 1,
            memory: [Cooldown(), ErrorRatio(tips: ["5xx"]), Demotion(), PassiveCheck(),
                TimedBreaker(failures: 1), Breaker(), Uptime(),
                Preference(max_latency: @P, min_throughput: @N)],
            order: [1], pick: Spill(slow: "1s"), sticky: (),
            retry: (retries_of: [(on: ["5xx"], retries: 1)], budget: (), retry_after: (together: "1s"), concurrent: ()),
            hedge: (after: "1s"), falls_back_on: ["5xx"], most_targets: 1, timeouts: @T)"#,
    ),
    ("## `Composed`: your own parts", &[], r#"Composed(targets: ["a"], pick: PeakEwma())"#),
    ("## `Composed`: your own parts", &[], r#"Composed(targets: ["a"], pick: LowestLatency())"#),
    (
        "## `Composed`: your own parts",
        &[],
        r#"Composed(targets: ["a"], pick: UsageBased(rpm: [1], tpm: [1]))"#,
    ),
    ("## `Composed`: your own parts", &[], r#"Composed(targets: ["a"], pick: LowestTtft())"#),
    (
        "## `Composed`: your own parts",
        &[],
        r#"Composed(targets: ["a"], pick: Priorities(levels: [1], attempts_per_priority: 1))"#,
    ),
    (
        "## OpenRouter",
        &["### Memories"],
        r#"OpenRouterLegacy(targets: ["a"], order: ["a"], only: ["a"], ignore: ["a"], sort: Price, models: [["a"]],
            max_price: (input: "$1/M", output: "$1/M"), preferred_min_throughput: @N, preferred_max_latency: @P,
            sticky: (), uptime: (), timeouts: @T)"#,
    ),
    ("## OpenRouter", &["### Memories"], r#"OpenRouterMeasured(targets: ["a"], uptime: ())"#),
    (
        "## LiteLLM",
        &[],
        r#"LiteLlm(groups: [(name: "g", fallbacks: ["h"],
            deployments: [(target: "a", weight: 1.0, rpm: 1, tpm: 1, order: 1)])], default_fallbacks: ["h"],
            routing: LatencyBased(), retry_policy: [(on: ["5xx"], retries: 1)], allowed_fails: 1,
            allowed_fails_policy: [(on: ["5xx"], fails: 1)], timeouts: (first_token: "1s"))"#,
    ),
    (
        "## Portkey",
        &[],
        r#"Portkey(targets: ["a"], on_status_codes: ["5xx"], request_timeout: "1s",
            circuit_breaker: (failure_threshold: 1, failure_threshold_percentage: 1.0))"#,
    ),
    ("## Bifrost", &[], r#"Bifrost(providers: [["a"]], weights: [1.0])"#),
    ("## TensorZero", &[], r#"TensorZero(variants: [["a"]])"#),
    ("## OpenAI SDK", &[], r#"OpenAiSdk(target: "a")"#),
    ("## Kong", &[], r#"Kong(targets: ["a"])"#),
    (
        "## Envoy",
        &["### Retries"],
        r#"Envoy(targets: ["a"], priorities: [["a"]], outlier_detection: (), retry_policy: (attempts_per_priority: 1))"#,
    ),
    ("## Helicone", &["### Retries"], r#"Helicone(targets: ["a"])"#),
    (
        "## Ours",
        &["### Memories", "### Retries", "## `Composed`: your own parts"],
        r#"PriceGuard(targets: ["a"], max_price: (input: "$1/M", output: "$1/M"),
            spend: [(targets: ["a"], usd: "$1", per: "1h")], breaker: ())"#,
    ),
    (
        "## Ours",
        &["### Memories"],
        r#"AsymmetricHybrid(primary: "a", overflow: ["b"], in_flight: 1, overflow_usd: "$1")"#,
    ),
];
const OURS: [&str; 3] = [
    r#"Breaker(targets: ["a"])"#,
    r#"TtftHedge(targets: ["a"], after: "1s", breaker: ())"#,
    r#"AdaptiveSpill(targets: ["a"], in_flight: [1], breaker: (), spill: (slow: "1s"))"#,
];

fn parse(text: &str) -> Result<Strategy, ron::error::SpannedError> {
    let text = text
        .replace("@T", r#"(first_token: "1s", total: "1s", overall: "1s")"#)
        .replace("@P", r#"(p50: "1s", p75: "1s", p90: "1s", p99: "1s")"#)
        .replace("@N", "(p50: 1.0, p75: 1.0, p90: 1.0, p99: 1.0)");
    options().from_str(&text)
}

fn doc() -> String {
    std::fs::read_to_string(crate::workspace("docs/routing.md")).unwrap()
}

#[test]
fn the_reference_of_routers_names_every_key_of_every_preset_and_part() {
    let doc = doc();
    // What holds for all presets stands before the first section.
    let general = &doc[..doc.find("\n## ").unwrap()];
    let ours = OURS.map(|text| ("## Ours", &["### Picks", "### Memories", "### Retries"][..], text));
    let (mut missing, mut values) = (Vec::new(), BTreeMap::<String, Vec<String>>::new());
    for (heading, beside, text) in SAMPLES.into_iter().chain(ours) {
        let strategy = parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let written = options().to_string(&strategy).unwrap();
        assert_eq!(options().from_str::<Strategy>(&written).as_ref(), Ok(&strategy));
        let place: Vec<&str> = beside.iter().map(|heading| section(&doc, heading)).collect();
        let place = format!("{general}{}{}", section(&doc, heading), place.concat());
        for (key, found) in keys(&written) {
            if !place.contains(&format!("`{key}`")) {
                missing.push(format!("{heading}: {key}"));
            }
            values.entry(key).or_default().extend(found);
        }
    }
    assert!(missing.is_empty(), "docs/routing.md does not name these: {missing:#?}");
    // A key that is nowhere given might hide keys of its own.
    for (key, values) in values {
        let given = values.iter().any(|value| !["None", "[]"].contains(&value.as_str()));
        assert!(given, "no sample gives `{key}`: {values:?}");
    }
}

#[test]
fn the_reference_of_routers_names_every_choice() {
    let doc = doc();
    let at = [
        "@",
        r#"Composed(targets: ["a"], pick: @)"#,
        r#"Composed(targets: ["a"], pick: PeakEwma(of: @))"#,
        r#"Composed(targets: ["a"], memory: [@()])"#,
        r#"Composed(targets: ["a"], memory: [ErrorRatio(moves: @)])"#,
        r#"Composed(targets: ["a"], when_all_out: @)"#,
        r#"Composed(targets: ["a"], retry: (rules: [(at: @)]))"#,
        r#"Composed(targets: ["a"], retry: (rules: [(when: @)]))"#,
        r#"Composed(targets: ["a"], retry: (backoff: (jitter: @)))"#,
        r#"Composed(targets: ["a"], gives_up: (failed: @))"#,
        r#"OpenRouterLegacy(targets: ["a"], sort: @)"#,
        r#"OpenRouterLegacy(targets: ["a"], partition: @)"#,
        r#"LiteLlm(groups: [], routing: @)"#,
        r#"Portkey(targets: ["a"], mode: @)"#,
        r#"Kong(targets: ["a"], failover_criteria: [@])"#,
    ];
    for text in at {
        let error = parse(&text.replace('@', "Nobody")).expect_err(text).code;
        let ron::Error::NoSuchEnumVariant { expected, outer, .. } = error else {
            panic!("{text}: {error:?}")
        };
        for choice in expected {
            let named = ["`{}`", "`{}(", "[{}, ", "[{}]", "`[{}"]
                .iter()
                .any(|form| doc.contains(&form.replace("{}", choice)));
            assert!(named, "docs/routing.md does not name `{choice}` of {outer:?}");
        }
    }
}
