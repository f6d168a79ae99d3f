//! Strategies that promise to remember nothing and to be blind to prices, and do otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Fault, FaultKind, OutageScript, Status};
use sandbox_routers::custom::Value;
use sandbox_routers::{
    Call, Decision, Made, Prices, Promises, Reason, Refusal, Registry, Returns, Seen, Strategy, TargetView,
};
use sandbox_scenario::Resolved;
use sandbox_testkit::Judge;
use sandbox_testkit::properties::{ALL, Property, Sort, Subject};

#[derive(Clone)]
struct Liar {
    does: String,
    /// The first by name.
    first: usize,
    /// It has seen the outage.
    failed: bool,
    /// It has seen the limit.
    limited: bool,
    /// How many were made before it.
    number: u64,
}

/// What no strategy may have: a memory that goes on from one run to the next.
static MADE: AtomicU64 = AtomicU64::new(0);

fn make(made: &Made<'_>) -> Result<Box<dyn Strategy>, Refusal> {
    let Some(Value::Text(does)) = made.settings.get("does") else { panic!("it says what it does") };
    let first = (0..made.targets.len()).min_by_key(|&target| &made.targets[target]).unwrap_or(0);
    Ok(Box::new(Liar {
        does: does.clone(),
        first,
        failed: false,
        limited: false,
        number: MADE.fetch_add(1, Ordering::Relaxed),
    }))
}

impl Strategy for Liar {
    fn next(&mut self, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        let until = call.began.saturating_add(Span::from_secs(15));
        if self.does == "holds" && self.failed && call.now < until {
            return Decision::Wait { until };
        }
        let cheap = targets[1].input_price.pico_per_token() < 3 * targets[0].input_price.pico_per_token();
        let odd = call.request % 2 == 1;
        let first = match self.does.as_str() {
            "shuns" => usize::from(self.failed),
            "comes with trouble" => usize::from(odd && !self.failed),
            "comes with limits" => usize::from(odd && !self.limited),
            "minds prices" => usize::from(odd && cheap),
            "minds names" => self.first,
            // No two of them go by the same requests.
            "minds other runs" => {
                let mixed = (call.request + 1)
                    .wrapping_mul((2 * self.number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
                usize::from((mixed >> 40).is_multiple_of(7))
            }
            _ => 0,
        };
        match call.attempts {
            [] => Decision::Try { target: first, reason: Reason::Choice },
            [_] => Decision::Try { target: 1 - first, reason: Reason::Failed },
            [.., last] => Decision::GiveUp(last.answer.unwrap_or(Answer::TimedOut)),
        }
    }

    fn observe(&mut self, seen: &Seen) {
        let limited = Answer::failed(Status::TOO_MANY_REQUESTS);
        self.failed |= !seen.answer.is_ok() && seen.answer != limited;
        self.limited |= seen.answer == limited;
    }

    fn promises(&self) -> Promises {
        let returns = Some(Returns { within: Span::ZERO, exactly: true });
        Promises { returns, prices: Some(Prices::Blind), ..Promises::default() }
    }
}

pub(crate) fn scenario(does: &str) -> Resolved {
    let endpoint = |name: &str, limits: &str, price: u32| {
        format!(
            r#"(name: "{name}", provider: "p-{name}", serving: (prefill_base: "100ms", prefill_per_token: "100us",
                step_base: "10ms", sequences: 400), limits: ({limits}), price: (input: "${price}/M", output: "${price}/M")),"#
        )
    };
    let text = format!(
        r#"(name: "liars", start: "2026-11-18 00:00 UTC", duration: "8m", seed: 1,
            providers: [(name: "p-plan", region: "here"), (name: "p-spare", region: "here")],
            endpoints: [{}{}],
            routers: [(name: "router", strategy: Custom(name: "liar", targets: ["plan", "spare"], settings: {{"does": "{does}"}}))],
            workloads: [(name: "chat", region: "here", entry: "router", plan: "plan", arrivals: Poisson(rate: "4/s"),
                input: Constant(100), output: Constant(50), deadline: "30s")])"#,
        endpoint("plan", r#"rpm: 100, quantum: "5s""#, 1),
        endpoint("spare", "", 2),
    );
    let registry = Arc::new(Registry::default().with("liar", &["does"], make));
    let resolved = Resolved::parse_with("liars.ron", &text, None, &[], registry);
    resolved.unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

/// Ten seconds of trouble.
fn trouble() -> OutageScript {
    let at = |secs| Time::ZERO + Span::from_secs(secs);
    let kind = FaultKind::Down { status: Status::UNAVAILABLE, retry_after: None };
    OutageScript { faults: vec![Fault { target: "plan".to_owned(), kind, from: at(60), until: at(70) }] }
}

fn breaks_one(subject: &Subject, property: &Property) -> bool {
    let mut judge = Judge::new(subject, std::slice::from_ref(property), &[]).expect("no law is broken");
    judge.judge(&trouble()).expect("no law is broken").broken.is_some()
}

pub(crate) fn breaks(subject: &Subject, property: &str) -> bool {
    breaks_one(subject, ALL.iter().find(|known| known.name == property).expect("a property"))
}

/// Everything but safety that a strategy of this kind breaks.
pub(crate) fn broken_by(does: &str) -> Vec<&'static str> {
    let subject = Subject::new(scenario(does));
    let all = ALL.iter().filter(|property| property.sort != Sort::Safety);
    all.filter(|property| breaks_one(&subject, property)).map(|property| property.name).collect()
}

#[test]
fn one_that_keeps_its_word_breaks_nothing() {
    assert_eq!(broken_by("as promised"), Vec::<&str>::new());
}

#[test]
fn one_that_comes_to_the_plan_only_after_trouble_is_caught() {
    assert!(broken_by("comes with trouble").contains(&"fewer-faults"));
}

#[test]
fn one_that_comes_to_the_plan_only_when_it_is_full_is_caught() {
    assert!(broken_by("comes with limits").contains(&"capacity"));
}

#[test]
fn one_that_looks_at_prices_is_caught() {
    assert_eq!(broken_by("minds prices"), ["dearer-grid"]);
}

#[test]
fn one_that_looks_at_names_is_caught() {
    assert_eq!(broken_by("minds names"), ["renaming"]);
}

#[test]
fn one_that_looks_at_what_another_run_left_behind_is_caught() {
    assert!(broken_by("minds other runs").contains(&"causality"));
}
