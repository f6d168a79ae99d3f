//! Limits that an account's keys share, levels by spending, and prices by the hour.

use std::path::Path;

use sandbox_core::{Span, Time};
use sandbox_scenario::Resolved;

use super::stage::Stage;

/// SiliconFlow, rate-limits page: limits hold for an account and a model, whichever key is used. A request here has 111
/// tokens: twenty of them use up 20 requests, or 2,220 tokens, a minute.
#[test]
fn t37_two_keys_of_an_account_share_its_limits_and_another_model_has_its_own() {
    for limits in ["rpm: 20", "tpm: 2220", "rpm: 20, tpm: 2220"] {
        let play = |groups: &str| {
            let strategy = format!(
                r#"Composed(targets: ["key-1", "key-2", "other"], groups: {groups}, pick: RoundRobin,
                    retry: (retries: 9, rules: [(on: ["429"], at: Other, waits: Never)]))"#
            );
            let mut stage = Stage::new(&["key-1", "key-2", "other"], &strategy, 0);
            for (endpoint, model) in stage.endpoints.iter_mut().zip(["v3", "v3", "r1"]) {
                endpoint.2 =
                    format!(r#"model: "{model}", limits: ({limits}, account: "acme", refill: Window),"#);
            }
            stage.requests_at((0..21).map(|n| 1_000 * n)).play()
        };
        let played = play(r#"[["key-1", "key-2"]]"#);
        for (n, request) in played[..20].iter().enumerate() {
            let key = ["key-1", "key-2"][n % 2];
            assert_eq!((request.order().as_str(), request.status()), (key, 200), "{limits}: request {n}");
        }
        assert_eq!((played[20].order().as_str(), played[20].status()), ("key-1,key-2", 429), "{limits}");
        let played = play(r#"[["key-1", "key-2"], ["other"]]"#);
        assert_eq!(
            (played[20].order().as_str(), played[20].status()),
            ("key-1,key-2,other", 200),
            "{limits}"
        );
    }
}

/// SiliconFlow, rate-limits page: the level follows from the higher of last month's spending and this month's so far,
/// at once. 4,000 requests a minute are this program's assumption for L3, not SiliconFlow's figure.
#[test]
fn t38_the_level_follows_the_higher_of_two_months() {
    let rpm = |like: &str| {
        let mut stage = Stage::new(&["p"], r#"Single(target: "p")"#, 1);
        stage.endpoints[0].2 = format!("limits: (like: {like}),");
        let scenario = stage.resolve().scenario;
        scenario.endpoints[0].limits.rpm
    };
    for (last_month, month_to_date, level) in [
        (1_900, 2_100, "SiliconFlowL3"),
        (1_900, 1_999, "SiliconFlowL2"),
        (2_000, 0, "SiliconFlowL3"),
        (0, 49, "SiliconFlowL0"),
        (50, 0, "SiliconFlowL1"),
        (0, 5_000, "SiliconFlowL4"),
        (10_000, 0, "SiliconFlowL5"),
    ] {
        let spent = format!("SiliconFlow(last_month: {last_month}, month_to_date: {month_to_date})");
        assert_eq!(rpm(&spent), rpm(level), "{spent}");
    }
}

/// DeepSeek's pricing page: twice the price from 01:00 to 04:00 UTC on weekdays. That the first minute belongs to a window
/// and the last does not is a reading of it.
#[test]
fn t39_deepseek_is_dear_from_one_to_four_on_weekdays() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/money/deepseek-peak.ron");
    // 2026-11-24 is a Tuesday.
    let sets = ["start=2026-11-24 00:00 UTC".to_owned(), "duration=120h".to_owned()];
    let resolved = Resolved::load(&file, &sets).unwrap_or_else(|invalid| panic!("{invalid}"));
    let tariff = &resolved.tariffs[1];
    let price = |days: u64, minutes: u64| {
        tariff
            .at(Time::ZERO + Span::from_hours(24 * days) + Span::from_mins(minutes))
            .base
            .input
            .pico_per_token()
    };
    let (off, peak) = (660_000, 1_320_000);
    assert_eq!([59, 60, 239, 240].map(|minutes| price(0, minutes)), [off, peak, peak, off], "Tuesday");
    assert_eq!(price(4, 90), off, "Saturday, 01:30");
}
