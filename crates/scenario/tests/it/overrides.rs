//! `--set`: values replaced and inserted, with and without quotes, and what is said when they are wrong.

use sandbox_core::Span;

use crate::parse;

#[test]
fn values_are_replaced_with_or_without_quotes() {
    let sets = [
        "workloads.cn-chat.deadline=30s",
        "duration=\"13h\"",
        "seed=9",
        "name=42",
        "endpoints.sf-v3.1.serving.sequences=32",
        "endpoints[1].limits.rpm=60",
        "routers.direct.region=us-east",
        "routers.hybrid.strategy.retries=0",
        "workloads.cn-chat.arrivals.profile=Flat",
        "workloads.cn-chat.input=Constant(500)",
        "weather.script[0].until=11h",
        "objectives=[]",
        "endpoints.sf-v3.1.serving.queue_wait=None",
    ];
    let s = parse(&sets).unwrap_or_else(|e| panic!("{e}")).scenario;
    assert_eq!((s.seed, s.name.as_str(), s.duration), (9, "42", Span::from_hours(13)));
    assert_eq!(s.workloads[0].deadline, Span::from_secs(30));
    assert_eq!(s.endpoints[0].serving.sequences, 32);
    assert_eq!(s.endpoints[0].serving.queue_wait, None);
    assert_eq!(s.endpoints[1].limits.rpm, Some(60));
    assert_eq!(s.routers[2].region.as_deref(), Some("us-east"));
    assert_eq!(s.weather.script[0].until.to_string(), "11h");
    assert!(s.objectives.is_empty());
}

#[test]
fn wrong_overrides_say_where_they_come_from() {
    let cases = [
        ("workloads.cn-chat.entry=hybird", "did you mean `hybrid`?"),
        ("workloads.cn-chat.deadline=30q", "unknown unit `q`"),
        ("workloads.cn-chat.deadline=30", "found `30`"),
        ("endpoints.di-v3.serving.sequences=many", "expected a whole number"),
        ("workloads.cn-chta.deadline=30s", "did you mean `workloads.cn-chat"),
        ("workloads.cn-chat.deadlin=30s", "did you mean `deadline`?"),
        ("wrkloads.cn-chat=1", "did you mean `workloads.cn-chat`?"),
        ("workloads.cn-chat.arivals.rate=1/s", "did you mean `arrivals`?"),
        ("duration", "--set PATH=VALUE"),
        ("duration.hours=3", "`duration` is a single value"),
        ("workloads.cn-chat.arrivals.rate=0/s", "nothing would ever arrive"),
        ("workloads.cn-chat.arrivals=Poison(rate: \"1/s\")", "did you mean `Poisson`?"),
    ];
    for (set, says) in cases {
        let text = parse(&[set]).expect_err(set).to_string();
        assert!(text.contains(says) && text.contains(&format!("--> --set {set}")), "{set}:\n{text}\n");
        insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
            let name: String = set.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
            insta::assert_snapshot!(format!("set-{name}"), text);
        });
    }
}

#[test]
fn places_after_an_override_are_those_of_the_file() {
    let text = parse(&["providers=[(name: \"siliconflow\", region: \"cn-east\")]"]).unwrap_err().to_string();
    // The multi-line list became one line; the endpoint of the provider that is gone stands where it did.
    let line = crate::SCENARIO.lines().position(|l| l.contains("provider: \"deepinfra\"")).unwrap() + 1;
    assert!(text.contains(&format!("scenario.ron:{line}:38")), "{text}");
}
