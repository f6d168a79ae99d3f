//! What is written reads back equal.

use proptest::prelude::*;
use sandbox_core::{Span, Time};
use sandbox_model::{Fault, FaultKind, OutageScript, Status};
use sandbox_scenario::file::Found;
use sandbox_scenario::{Resolved, Script, found_to_text, scenario_to_text, script_to_text};

use crate::parse;

#[test]
fn a_resolved_scenario_reads_back_as_itself() {
    let first = parse(&[]).unwrap();
    let text = scenario_to_text(&first.scenario);
    let second = Resolved::parse("written.ron", &text, None, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(first.scenario, second.scenario);
    assert_eq!(text, scenario_to_text(&second.scenario));
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("written-scenario", text);
    });
}

/// RON writes a Name that is also a word of its own, like `None`, as `r#None`.
#[test]
fn a_jitter_of_none_reads_back_as_itself() {
    let first = parse(&["routers.hybrid.strategy.backoff=(jitter: None)"]).unwrap_or_else(|e| panic!("{e}"));
    let text = scenario_to_text(&first.scenario);
    assert!(text.contains("jitter: r#None"), "{text}");
    let second = Resolved::parse("written.ron", &text, None, &[]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(first.scenario, second.scenario);
}

fn asked() -> impl Strategy<Value = Option<Span>> {
    prop::option::of((1..1_000_u64).prop_map(Span::from_secs))
}

fn kind() -> impl Strategy<Value = FaultKind> {
    prop_oneof![
        (400_u16..600, asked())
            .prop_map(|(s, retry_after)| FaultKind::Down { status: Status(s), retry_after }),
        Just(FaultKind::Blackhole),
        (1.0..1e6).prop_map(|slowdown| FaultKind::Brownout { slowdown }),
        (0.0..1.0, 400_u16..600, asked()).prop_map(|(share, s, retry_after)| FaultKind::Errors {
            share,
            status: Status(s),
            retry_after
        }),
        (0.0..1.0).prop_map(|scale| FaultKind::RateLimitSpike { scale }),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    ("[a-z\"\\\\é-]{1,12}", kind(), any::<u64>(), any::<u64>()).prop_map(|(target, kind, from, until)| {
        Fault { target, kind, from: Time::from_nanos(from), until: Time::from_nanos(until) }
    })
}

proptest! {
    #[test]
    fn scripts_read_back_as_themselves(faults in prop::collection::vec(fault(), 0..8)) {
        let script = OutageScript { faults };
        let text = script_to_text(&script);
        prop_assert!(text.lines().count() <= script.faults.len() + 4, "{}", text);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("script.ron");
        std::fs::write(&path, &text).unwrap();
        let read = sandbox_scenario::load_script(&path).unwrap_or_else(|e| panic!("{e}"));
        prop_assert_eq!(read, Script::from(script));
    }

    /// Whatever is cut out of a scenario, the answer is a message, never a panic.
    #[test]
    fn damaged_scenarios_are_told(from in 0_usize..4_000, length in 1_usize..40) {
        let text = crate::SCENARIO;
        let (from, to) = (from.min(text.len() - 1), (from + length).min(text.len()));
        let damaged = format!("{}{}", &text[..from], &text[to.max(from)..]);
        if let Err(invalid) = Resolved::parse("damaged.ron", &damaged, None, &[]) {
            prop_assert!(!invalid.problems.is_empty());
            prop_assert!(invalid.to_string().starts_with("error: "));
        }
    }
}

#[test]
fn a_script_is_one_fault_a_line() {
    let fault = |target: &str| Fault {
        target: target.to_owned(),
        kind: FaultKind::Brownout { slowdown: 3.0 },
        from: Time::ZERO + Span::from_mins(90),
        until: Time::ZERO + Span::from_hours(2),
    };
    let text = script_to_text(&OutageScript { faults: vec![fault("a"), fault("b")] });
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[2],
        "        (target: \"a\", kind: Brownout(slowdown: 3.0), from: \"1h 30m\", until: \"2h\"),"
    );
    assert_eq!(lines.len(), 6);
}

/// What a script was found to do is no part of the weather, and mistakes in it are told like any others.
#[test]
fn a_script_says_what_it_was_found_to_do() {
    let fault = Fault {
        target: "a".to_owned(),
        kind: FaultKind::Stall,
        from: Time::ZERO,
        until: Time::ZERO + Span::from_mins(1),
    };
    let script = OutageScript { faults: vec![fault] };
    let found = Found {
        breaks: "attempts".to_owned(),
        scenario: "quick".to_owned(),
        router: Some("hybrid".to_owned()),
        set: vec!["workloads.cn-chat.arrivals.rate=30/s".to_owned()],
        what: "attempt 4 of a request that may have 3".to_owned(),
        version: "0.1.0".to_owned(),
        fingerprint: "0123456789abcdef".to_owned(),
    };
    let text = found_to_text(&script, found.clone());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.ron");
    std::fs::write(&path, &text).unwrap();
    let read = sandbox_scenario::load_script(&path).unwrap();
    assert_eq!(read, Script { found: Some(found), ..Script::from(script) });
    std::fs::write(&path, text.replace("version:", "versoin:")).unwrap();
    let told = sandbox_scenario::load_script(&path).unwrap_err().to_string();
    assert!(told.contains("unknown key `versoin`") && told.contains("did you mean `version`?"), "{told}");
}
