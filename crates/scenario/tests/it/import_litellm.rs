//! Configs of LiteLLM's proxy: every value is accounted for, no secret gets out, and what comes out is a scenario.

use std::fmt::Write as _;

use proptest::prelude::*;
use sandbox_scenario::import::litellm::{Import, import};
use sandbox_scenario::{Invalid, Resolved};
use serde_json::{Map, Value, json};

/// Stands in every value that may be a secret.
const SECRET: &str = "s3cret";

fn imported(text: &str) -> Result<Import, Invalid> {
    import("config.yaml", text.as_bytes(), None)
}

fn resolved(text: &str) -> Resolved {
    Resolved::parse("imported.ron", text, None, &[]).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

/// Demands that it runs as it is.
fn runs(imported: &Import) {
    assert!(!imported.notes.iter().any(|note| note.starts_with("DOES NOT RUN")), "{:?}", imported.notes);
    drop(resolved(&imported.text));
}

/// Paths of all values, worked out again from the tree: lists by number, keys with anything odd in them quoted.
fn leaves(value: &Value, path: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, inner) in map {
                let odd = key.is_empty() || key.contains(['.', ' ', '[', '"', '\n', '$']);
                let key = if odd { format!("{key:?}") } else { key.clone() };
                leaves(inner, &(if path.is_empty() { key } else { format!("{path}.{key}") }), into);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, inner) in items.iter().enumerate() {
                leaves(inner, &format!("{path}[{index}]"), into);
            }
        }
        _ => into.push(path.to_owned()),
    }
}

/// The paths in the three lists of an account; panics if a list does not hold as many as its head says.
fn accounted(account: &[String]) -> Vec<String> {
    let mut paths = Vec::new();
    let mut expected = 0;
    let mut heads = Vec::new();
    for line in account {
        if let Some(row) = line.strip_prefix("  ") {
            let (path, what) =
                row.split_once("  ").unwrap_or_else(|| panic!("a row without a reason: {line}"));
            assert!(!what.trim().is_empty(), "{line}");
            paths.push(path.to_owned());
        } else {
            assert_eq!(paths.len(), expected, "before {line}");
            let (head, count) = line.split_once(" (").expect("a head with a count");
            heads.push(head);
            expected += count.trim_end_matches(')').parse::<usize>().expect("a count");
        }
    }
    assert_eq!(paths.len(), expected);
    assert_eq!(heads, ["mapped", "not modelled", "irrelevant to routing"]);
    paths
}

/// A tree as block YAML; texts are quoted.
fn block(value: &Value, indent: usize, into: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, inner) in map {
                let _ = write!(into, "\n{pad}{}:", Value::from(key.as_str()));
                block(inner, indent + 2, into);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for inner in items {
                let _ = write!(into, "\n{pad}-");
                block(inner, indent + 2, into);
            }
        }
        leaf => {
            let _ = write!(into, " {leaf}");
        }
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~]{0,9}".prop_map(|text| Value::from(format!("{text}{SECRET}"))),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(odd_key(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn odd_key() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z_]{1,8}", 1 => "[a-z.\\[\"$]{0,5}"]
}

/// Some of these keys, each with a value that it may have.
fn some(keys: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Map<String, Value>> {
    let entries: Vec<_> = keys
        .into_iter()
        .map(|(key, value)| {
            (any::<bool>(), value).prop_map(move |(on, value)| on.then(|| (key.to_owned(), value)))
        })
        .collect();
    entries.prop_map(|entries| entries.into_iter().flatten().collect()).boxed()
}

fn one_of(values: &[Value]) -> BoxedStrategy<Value> {
    prop::sample::select(values.to_vec()).boxed()
}

fn count() -> BoxedStrategy<Value> {
    prop_oneof![8 => (0..9_u32).prop_map(Value::from), 1 => Just(Value::Null), 1 => Just(json!("os.environ/N_s3cret"))].boxed()
}

fn secret() -> BoxedStrategy<Value> {
    one_of(&[
        json!("sk-s3cret"),
        json!("os.environ/KEY_s3cret"),
        json!("https://a:s3cret@api.siliconflow.cn/v1"),
        json!("http://s3cret:8000"),
    ])
}

fn group() -> BoxedStrategy<Value> {
    one_of(&[
        json!("gpt-4o"),
        json!("claude"),
        json!("local/*"),
        json!("Modell Ü"),
        json!("gpt-4"),
        json!("nobody"),
    ])
}

fn fallbacks() -> BoxedStrategy<Value> {
    let names = prop::collection::vec(
        prop_oneof![4 => group(), 1 => group().prop_map(|g| json!({"model": g, "messages": SECRET}))],
        0..4,
    );
    let chain = (group(), names).prop_map(|(from, to)| json!({from.as_str().unwrap_or("*"): to}));
    prop::collection::vec(prop_oneof![5 => chain, 1 => Just(json!({"*": ["claude"]}))], 0..4)
        .prop_map(Value::from)
        .boxed()
}

fn policy(ending: &'static str) -> BoxedStrategy<Value> {
    let key = prop::sample::select(vec![
        "RateLimitError",
        "TimeoutError",
        "InternalServerError",
        "ContentPolicyViolationError",
        "New",
    ]);
    prop::collection::btree_map(key.prop_map(move |key| format!("{key}{ending}")), count(), 0..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
        .boxed()
}

fn deployment() -> impl Strategy<Value = Value> {
    let names = one_of(&[json!("gpt-4o"), json!("claude"), json!("local/*"), json!("Modell Ü"), json!("*")]);
    let model = one_of(&[
        json!("azure/gpt-4o"),
        json!("gpt-4o"),
        json!("openrouter/deepseek/deepseek-chat"),
        json!("groq/llama"),
        json!("openai/deepseek-ai/DeepSeek-V3"),
        json!("hosted_vllm/*"),
        json!("bedrock/a.b:0"),
        json!("claude-sonnet"),
    ]);
    let price = || one_of(&[json!(0), json!("1e-06"), json!(0.000_002_5), json!(2.7e-7)]);
    let parameters = some(vec![
        ("api_key", secret()),
        ("api_base", secret()),
        ("weight", one_of(&[json!(1), json!(0.5), json!("2")])),
        ("rpm", count()),
        ("tpm", count()),
        ("order", count()),
        ("timeout", count()),
        ("cooldown_time", count()),
        ("input_cost_per_token", price()),
        ("output_cost_per_token", price()),
        ("cache_read_input_token_cost", price()),
        ("aws_region_name", one_of(&[json!("eu-central-1"), json!("mars-1"), json!(null)])),
        ("custom_llm_provider", one_of(&[json!("openai"), json!("deepseek")])),
        ("a_new_key", anything().boxed()),
    ]);
    let info = some(vec![
        ("id", secret()),
        ("input_cost_per_token", price()),
        ("output_cost_per_token", price()),
        ("mode", one_of(&[json!("chat")])),
        ("another_new_key", anything().boxed()),
    ]);
    (names, model, parameters, info, any::<bool>()).prop_map(
        |(name, model, mut parameters, info, has_info)| {
            parameters.insert("model".to_owned(), model);
            let mut all = json!({"model_name": name, "litellm_params": parameters});
            if has_info {
                all["model_info"] = Value::Object(info);
            }
            all
        },
    )
}

fn config() -> impl Strategy<Value = Value> {
    let router = some(vec![
        (
            "routing_strategy",
            one_of(
                &[
                    "simple-shuffle",
                    "least-busy",
                    "latency-based-routing",
                    "usage-based-routing",
                    "usage-based-routing-v2",
                    "cost-based-routing",
                    "new",
                ]
                .map(Value::from),
            ),
        ),
        (
            "routing_strategy_args",
            one_of(&[
                json!({"ttl": 60, "lowest_latency_buffer": 0.5}),
                json!({"new": SECRET}),
                json!({}),
                json!({"max_latency_list_size": 4}),
            ]),
        ),
        ("num_retries", count()),
        ("retry_after", count()),
        ("allowed_fails", count()),
        ("cooldown_time", count()),
        ("max_fallbacks", count()),
        ("timeout", count()),
        ("stream_timeout", count()),
        ("disable_cooldowns", any::<bool>().prop_map(Value::from).boxed()),
        ("enable_pre_call_checks", any::<bool>().prop_map(Value::from).boxed()),
        ("retry_policy", policy("Retries")),
        ("allowed_fails_policy", policy("AllowedFails")),
        ("fallbacks", fallbacks()),
        ("default_fallbacks", prop::collection::vec(group(), 0..3).prop_map(Value::from).boxed()),
        ("context_window_fallbacks", fallbacks()),
        (
            "model_group_alias",
            one_of(&[
                json!({"gpt-4": "gpt-4o"}),
                json!({"gpt-4": {"model": "claude", "hidden": true}}),
                json!({}),
            ]),
        ),
        ("redis_password", secret()),
        ("a_new_key", anything().boxed()),
    ]);
    let module = some(vec![
        ("num_retries", count()),
        ("request_timeout", count()),
        ("allowed_fails", count()),
        ("cooldown_time", count()),
        ("fallbacks", fallbacks()),
        ("default_fallbacks", prop::collection::vec(group(), 0..3).prop_map(Value::from).boxed()),
        ("drop_params", any::<bool>().prop_map(Value::from).boxed()),
        ("cache_params", anything().boxed()),
        ("a_new_key", anything().boxed()),
    ]);
    let rest = some(vec![
        ("general_settings", secret().prop_map(|key| json!({"master_key": key, "new": [key]})).boxed()),
        ("environment_variables", secret().prop_map(|key| json!({"KEY": key})).boxed()),
        ("a_new_section", anything().boxed()),
    ]);
    (prop::collection::vec(deployment(), 1..6), router, module, rest).prop_map(
        |(list, router, module, mut rest)| {
            rest.insert("model_list".to_owned(), Value::from(list));
            rest.insert("router_settings".to_owned(), Value::Object(router));
            rest.insert("litellm_settings".to_owned(), Value::Object(module));
            Value::Object(rest)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_value_is_in_exactly_one_list_and_no_secret_gets_out(config in config(), flow in any::<bool>()) {
        let mut text = String::new();
        if flow { text = config.to_string() } else { block(&config, 0, &mut text) }
        let imported = imported(&text).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"));
        let mut expected = Vec::new();
        leaves(&config, "", &mut expected);
        let mut found = accounted(&imported.account);
        expected.sort();
        found.sort();
        prop_assert_eq!(found, expected, "{}", text);
        for line in &imported.account {
            prop_assert!(imported.text.contains(&format!("// {line}\n")), "{}", line);
        }
        let all = format!("{}{}{}", imported.text, imported.notes.join("\n"), imported.account.join("\n"));
        prop_assert!(!all.contains(SECRET), "{}", all);
        runs(&imported);
    }

    #[test]
    fn broken_configs_are_told_with_a_hint_and_without_values(
        config in config(), cut in 0.0..1.0_f64, with in "[ -~\n\t]{0,6}",
    ) {
        let mut text = String::new();
        block(&config, 0, &mut text);
        let mut at = (text.len() as f64 * cut) as usize;
        while !text.is_char_boundary(at) { at -= 1; }
        text.insert_str(at, &with);
        if let Err(invalid) = imported(&text) {
            let shown = invalid.to_string();
            prop_assert!(invalid.problems.iter().all(|problem| problem.hint.is_some()), "{}", shown);
            prop_assert!(!shown.contains(SECRET), "{}\n{}", shown, text);
        }
    }
}

#[test]
fn the_samples_become_what_they_became() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for name in ["fallback", "balanced", "latency"] {
            let path = crate::workspace("fixtures/litellm").join(format!("{name}.yaml"));
            let text = std::fs::read_to_string(&path).unwrap();
            let imported = import(&format!("{name}.yaml"), text.as_bytes(), None).unwrap();
            assert!(!format!("{imported:?}").contains("this-is-a-secret"));
            runs(&imported);
            insta::assert_snapshot!(
                format!("litellm-{name}"),
                format!("{}\n{}", imported.notes.join("\n"), imported.text)
            );
        }
    });
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, place, message) in [
        ("a: 1\n", "config.yaml:1:1", "model_list: is missing"),
        ("model_list: []\n", "config.yaml:1:13", "is not a list of deployments"),
        ("model_list:\n- model_name: a\n", "config.yaml:2:3", "model_list[0].litellm_params: is missing"),
        (
            "model_list:\n- {model_name: a, litellm_params: {model: b, rpm: s3cret}}\n",
            "config.yaml:2:51",
            "rpm: is not a whole number",
        ),
        (
            "model_list:\n- model_name: a\n  litellm_params: {model: b}\nrouter_settings:\n  fallbacks: [s3cret]\n",
            "config.yaml:5:15",
            "is not a map",
        ),
        ("- s3cret\n", "config.yaml:1:1", "is no config"),
    ] {
        let shown = imported(text).unwrap_err().to_string();
        assert!(shown.contains(place) && shown.contains(message) && shown.contains("hint"), "{shown}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
    let shown = import("c.yaml", b"model_list: [{model_name: gpt, litellm_params: {model: b}}]", Some("gtp"))
        .unwrap_err();
    assert!(shown.to_string().contains("did you mean `gpt`?"), "{shown}");
    assert!(imported("\u{feff}model_list: [{model_name: gpt, litellm_params: {model: b}}]").is_ok());
    let many = "  - {model_name: a, litellm_params: {model: b}}\n".repeat(65);
    assert!(imported(&format!("model_list:\n{many}")).unwrap_err().to_string().contains("more than 64"));
}

#[test]
fn the_router_s_settings_win_and_of_a_key_given_twice_the_last() {
    let head = "model_list: [{model_name: a, litellm_params: {model: b}}]\n";
    let of = |rest: &str| imported(&format!("{head}{rest}")).unwrap();
    let both = of(
        "router_settings: {num_retries: 1}\nlitellm_settings: {num_retries: 7, request_timeout: 9, cooldown_time: 60}\n",
    );
    assert!(
        both.text.contains("num_retries: 1,") && both.text.contains("timeouts: (total: \"9s\")"),
        "{}",
        both.text
    );
    assert!(!both.text.contains("cooldown_time: \""), "the router does not read it there");
    let twice = of("router_settings:\n  num_retries: 1\n  num_retries: 4\n");
    assert!(
        twice.text.contains("num_retries: 4,")
            && twice.notes[0].contains("line 4: num_retries is given twice"),
        "{:?}",
        twice.notes
    );
}

#[test]
fn a_model_that_is_asked_for_brings_its_fallbacks_and_leaves_the_rest_out() {
    let text = "model_list: [{model_name: a, litellm_params: {model: x}}, {model_name: b, litellm_params: {model: x}}, {model_name: c, litellm_params: {model: x}}]\nrouter_settings: {fallbacks: [{b: [c]}], model_group_alias: {second: b}}\n";
    let imported = import("c.yaml", text.as_bytes(), Some("second")).unwrap();
    assert!(
        imported.notes.iter().any(|note| note.contains("are left out (see --model): [\"a\"]")),
        "{:?}",
        imported.notes
    );
    assert_eq!(
        resolved(&imported.text).scenario.endpoints.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(),
        ["b@openai", "c@openai"]
    );
}

/// Two keys of one provider and model, wildcards, aliases, numbers in quotes, and all policies there are.
const MUCH: &str = r#"model_list:
  - model_name: gpt-4o
    litellm_params: {model: openai/gpt-4o, api_key: sk-s3cret, rpm: "100", tpm: "100000", timeout: 30, stream_timeout: 5, cooldown_time: 60}
  - model_name: gpt-4o
    litellm_params: {model: openai/gpt-4o, api_key: sk-s3cret, rpm: 900}
    model_info: {id: two}
  - model_name: ds
    litellm_params: {model: openrouter/deepseek/deepseek-chat, api_key: os.environ/OPENROUTER_API_KEY}
  - model_name: "*"
    litellm_params: {model: "openai/*", api_key: os.environ/OPENAI_API_KEY, api_base: https://u:s3cret@a.example/v1}
  - model_name: "anthropic/*"
    litellm_params: {model: "anthropic/*", api_key: os.environ/A, api_base: https://u:s3cret@a.example/v1}
litellm_settings:
  num_retries: 3
  request_timeout: 10
  fallbacks: [{"gpt-4o": ["ds"]}]
  default_fallbacks: ["ds"]
  context_window_fallbacks: [{"gpt-4o": ["ds"]}]
  allowed_fails: 3
router_settings:
  num_retries: 1
  routing_strategy: usage-based-routing-v2
  model_group_alias: {gpt-4: gpt-4o, hid: {model: ds, hidden: true}}
  enable_pre_call_checks: true
  cooldown_time: 0
  retry_policy: {BadRequestErrorRetries: 1, TimeoutErrorRetries: 2, RateLimitErrorRetries: 3, ContentPolicyViolationErrorRetries: 4, InternalServerErrorRetries: 5, AuthenticationErrorRetries: 6, ServiceUnavailableErrorRetries: 2, NotFoundErrorRetries: 1, DefaultRetries: 2}
  allowed_fails_policy: {BadRequestErrorAllowedFails: 1000, AuthenticationErrorAllowedFails: 10, TimeoutErrorAllowedFails: 12, RateLimitErrorAllowedFails: 10000, ContentPolicyViolationErrorAllowedFails: 15, InternalServerErrorAllowedFails: 20, ServiceUnavailableErrorAllowedFails: 2}
general_settings: {master_key: sk-s3cret}
"#;

#[test]
fn a_config_with_a_bit_of_everything_runs() {
    let gpt = imported(MUCH).unwrap();
    runs(&gpt);
    for part in [
        r#"(target: "gpt-4o@openai", rpm: 100, tpm: 100000),"#,
        r#"(target: "gpt-4o@openai-2", rpm: 900),"#,
        "routing: UsageBasedV2,",
        "num_retries: 1,",
        "allowed_fails: 3,",
        r#"total: "10s""#,
        r#"(on: ["408", "504"], retries: 2)"#,
        r#"(on: ["503"], retries: 2)"#,
        r#"(on: ["400-599"], retries: 2)]"#,
        r#"(on: ["503"], fails: 2)"#,
        "fallbacks: [\"ds\"],",
        "the grid inside OpenRouter is not modelled",
    ] {
        assert!(gpt.text.contains(part) || gpt.notes.join("\n").contains(part), "{part}\n{}", gpt.text);
    }
    assert!(!gpt.text.contains("cooldown_time: \""), "0 is none given");
    for name in ["gpt-4", "hid", "ds", "*", "anthropic/claude-sonnet", "anything"] {
        let imported = import("c.yaml", MUCH.as_bytes(), Some(name)).unwrap();
        runs(&imported);
        let all = format!("{}{:?}{:?}", imported.text, imported.notes, imported.account);
        assert!(!all.contains(SECRET), "{all}");
    }
}

#[test]
fn an_empty_list_of_fallbacks_is_told_of() {
    let text = "model_list: [{model_name: a, litellm_params: {model: x}}, {model_name: b, litellm_params: {model: x}}]\nrouter_settings: {fallbacks: [{a: []}, {\"*\": [b]}]}\n";
    let imported = imported(text).unwrap();
    runs(&imported);
    let line = imported.account.iter().find(|line| line.contains("fallbacks[0].a")).unwrap();
    assert!(line.contains("an empty list keeps LiteLLM from default_fallbacks"), "{line}");
}
