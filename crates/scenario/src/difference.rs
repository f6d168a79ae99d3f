//! What is different between two scenarios, key by key, and between two outage scripts, fault by fault.

use std::collections::BTreeSet;

use sandbox_model::OutageScript;
use serde_json::{Map, Value};

use crate::file::{Scenario, Workload};

/// A key whose value is different.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Its path, as `--set` takes it: `workloads.cn-chat.entry`. What has a name goes by it, all else in a list by its index.
    pub path: String,
    /// Its value in the first; `None` if it is not there. Texts have quotes.
    pub a: Option<String>,
    /// Its value in the second.
    pub b: Option<String>,
}

/// What is different, in the order of the paths. Written faults are left out: [`faults_only_in_first`] compares those that
/// a run had, wherever they came from.
#[must_use]
pub fn differences(a: &Scenario, b: &Scenario) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("", Some(&value(a)), Some(&value(b)), &mut found);
    found
}

/// Whether the same requests arrive at the same instants, with the same lengths, whatever routers do.
#[must_use]
pub fn same_arrivals(a: &Scenario, b: &Scenario) -> bool {
    // What happens to a request once it has arrived does not move it: such keys are made equal first.
    let only_arrivals = |workload: &Workload| Workload {
        entry: String::new(),
        plan: String::new(),
        residency: Vec::new(),
        deadline: sandbox_core::Span::ZERO,
        stream: true,
        max_tokens: None,
        ..workload.clone()
    };
    (a.seed, &a.start, a.duration, a.warm_up) == (b.seed, &b.start, b.duration, b.warm_up)
        && a.workloads.iter().map(only_arrivals).eq(b.workloads.iter().map(only_arrivals))
}

/// The faults of the first script that the second does not have; of equal ones as many as it lacks.
#[must_use]
pub fn faults_only_in_first(first: &OutageScript, second: &OutageScript) -> OutageScript {
    let mut others = second.faults.clone();
    let mut faults = first.faults.clone();
    faults.retain(|fault| match others.iter().position(|other| other == fault) {
        Some(index) => {
            others.swap_remove(index);
            false
        }
        None => true,
    });
    OutageScript { faults }
}

fn value(scenario: &Scenario) -> Value {
    // Numbers, texts, lists and options, as for RON: there is nothing that JSON could refuse.
    let mut value = serde_json::to_value(scenario).expect("a scenario is plain data");
    if let Some(weather) = value.get_mut("weather").and_then(Value::as_object_mut) {
        weather.remove("script");
    }
    value
}

fn walk(path: &str, a: Option<&Value>, b: Option<&Value>, found: &mut Vec<Difference>) {
    if a == b {
        return;
    }
    match (a, b) {
        (Some(Value::Object(a)), Some(Value::Object(b))) if !is_other_variant(a, b) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                walk(&join(path, key), a.get(key), b.get(key), found);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            if let (Some(names), Some(others)) = (names(left), names(right)) {
                by_name(path, (&names, left), (&others, right), found);
            } else if left.len() == right.len() && left.iter().chain(right).all(Value::is_object) {
                for (index, (a, b)) in left.iter().zip(right).enumerate() {
                    walk(&join(path, &index.to_string()), Some(a), Some(b), found);
                }
            } else {
                leaf(path, a, b, found);
            }
        }
        _ => leaf(path, a, b, found),
    }
}

/// `Poisson(…)` and `Gamma(…)` have nothing in common that could be compared key by key.
fn is_other_variant(a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
    let variant = |map: &Map<String, Value>| {
        let mut keys = map.keys();
        let first = keys.next().filter(|key| key.starts_with(|c: char| c.is_ascii_uppercase()));
        if keys.next().is_some() { None } else { first.cloned() }
    };
    let (a, b) = (variant(a), variant(b));
    a != b && (a.is_some() || b.is_some())
}

/// The names of the elements, if all have one of their own.
fn names(list: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> = list.iter().map(|x| x.get("name")?.as_str()).collect::<Option<_>>()?;
    let unique: BTreeSet<&&str> = names.iter().collect();
    (unique.len() == names.len()).then_some(names)
}

fn by_name(
    path: &str,
    (names, list): (&[&str], &[Value]),
    (others, other): (&[&str], &[Value]),
    found: &mut Vec<Difference>,
) {
    let get = |names: &[&str], name: &str| names.iter().position(|&x| x == name);
    for (index, name) in names.iter().enumerate() {
        walk(&join(path, name), list.get(index), get(others, name).and_then(|i| other.get(i)), found);
    }
    for (index, name) in others.iter().enumerate().filter(|(_, name)| !names.contains(name)) {
        walk(&join(path, name), None, other.get(index), found);
    }
    let common = |list: &[&str], of: &[&str]| {
        list.iter().filter(|name| of.contains(name)).map(|&name| name.to_owned()).collect::<Vec<_>>()
    };
    let (a, b) = (common(names, others), common(others, names));
    if a != b {
        let order = |names: Vec<String>| Some(format!("in the order {}", names.join(", ")));
        found.push(Difference { path: path.to_owned(), a: order(a), b: order(b) });
    }
}

fn leaf(path: &str, a: Option<&Value>, b: Option<&Value>, found: &mut Vec<Difference>) {
    // What is not given is written as nothing or as `null`.
    let text = |value: Option<&Value>| value.filter(|value| !value.is_null()).map(Value::to_string);
    found.push(Difference { path: path.to_owned(), a: text(a), b: text(b) });
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Resolved;

    fn quick(edits: &[(&str, &str)]) -> Scenario {
        let mut text = include_str!("../../../docs/examples/quick.ron").to_owned();
        for (old, new) in edits {
            assert!(text.contains(old), "{old}");
            text = text.replacen(old, new, 1);
        }
        Resolved::parse("quick.ron", &text, None, &[]).expect("a valid scenario").scenario
    }

    fn told(edits: &[(&str, &str)]) -> Vec<String> {
        let show = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let all = differences(&quick(&[]), &quick(edits)).into_iter();
        all.map(|d| format!("{}: {} > {}", d.path, show(d.a), show(d.b))).collect()
    }

    #[test]
    fn differences_go_by_name_and_path() {
        assert!(told(&[]).is_empty());
        assert_eq!(
            told(&[("entry: \"hybrid\"", "entry: \"clairvoyant\"")]),
            [r#"workloads.cn-chat.entry: "hybrid" > "clairvoyant""#]
        );
        assert_eq!(
            told(&[("rpm: 600", "rpm: 900"), ("seed: 1", "seed: 2")]),
            ["endpoints.siliconflow-direct.limits.rpm: 600 > 900", "seed: 1 > 2"]
        );
    }

    #[test]
    fn another_variant_is_one_difference() {
        let other =
            told(&[("arrivals: Poisson(rate: \"3/s\")", "arrivals: Renewal(rate: \"3/s\", cv: 2.0)")]);
        let [only] = &other[..] else { panic!("{other:?}") };
        assert!(only.starts_with("workloads.cn-chat.arrivals: {\"Poisson\""), "{only}");
    }

    #[test]
    fn what_is_only_in_one_is_a_difference_and_so_is_the_order() {
        let more = told(&[(
            "(name: \"together\",",
            "(name: \"novita\", region: \"us-west\"),\n(name: \"together\",",
        )]);
        assert!(more.iter().any(|line| line.starts_with("providers.novita: - > {")), "{more:?}");
        let swapped = told(&[
            ("(name: \"deepinfra\", region: \"us-west\"),", ""),
            (
                "(name: \"together\", region: \"us-west\"),",
                "(name: \"together\", region: \"us-west\"), (name: \"deepinfra\", region: \"us-west\"),",
            ),
        ]);
        assert_eq!(
            swapped,
            [
                "providers: in the order siliconflow, deepinfra, together > in the order siliconflow, together, deepinfra"
            ]
        );
    }

    #[test]
    fn written_faults_are_compared_as_faults() {
        assert!(told(&[("until: \"14m\"", "until: \"15m\"")]).is_empty());
        let script = |scenario: &Scenario| {
            let text = crate::scenario_to_text(scenario);
            Resolved::parse("again.ron", &text, None, &[]).expect("valid").script
        };
        let (a, b) = (script(&quick(&[])), script(&quick(&[("until: \"14m\"", "until: \"15m\"")])));
        assert_eq!(faults_only_in_first(&a, &b).faults.len(), 1);
        assert_eq!(faults_only_in_first(&a, &a).faults.len(), 0);
        let twice = OutageScript { faults: [a.faults.clone(), a.faults.clone()].concat() };
        assert_eq!(faults_only_in_first(&twice, &a).faults.len(), a.faults.len());
    }

    #[test]
    fn routing_moves_no_arrival() {
        let base = quick(&[]);
        let same = |edits: &[(&str, &str)]| same_arrivals(&base, &quick(edits));
        assert!(same(&[("entry: \"hybrid\"", "entry: \"clairvoyant\""), ("120s", "60s")]));
        assert!(same(&[("rpm: 600", "rpm: 900")]));
        for edit in
            [("3/s", "4/s"), ("seed: 1", "seed: 2"), ("median: 800", "median: 900"), ("19:00", "20:00")]
        {
            assert!(!same(&[edit]), "{edit:?}");
        }
    }
}
