//! Strategies that promise one thing and do another: each is caught by the property that says so, and the same strategy
//! that does what it promises is not.

use std::sync::Arc;

use sandbox_core::{Rng as _, Seed, Span};
use sandbox_model::{Price, Usd};
use sandbox_routers::backoff::{Backoff, Jitter};
use sandbox_routers::custom::Value;
use sandbox_routers::parts::{
    At, Filters, Guards, Hedge, Losers, Retry, RetryAfter, RetryBudget, RetryRule, SpendCap, When,
};
use sandbox_routers::{
    Breaker, Call, Composed, Cooldown, Decision, Demotion, ErrorRatio, Fleet, Made, Parts, PassiveCheck,
    Promises, Refusal, Registry, Rule, Seen, Statuses, Strategy, TargetView, TimedBreaker,
};
use sandbox_scenario::Resolved;
use sandbox_testkit::properties::{ALL, Subject};

use super::draw::{Draw, SWITCHES};
use super::{breaks, safety};

/// What it does that no composition does.
#[derive(Copy, Clone, PartialEq, Debug)]
enum Quirk {
    None,
    /// It takes no notice of residency.
    Roams,
    /// It turns some requests away.
    Sheds,
}

struct Case {
    property: &'static str,
    name: &'static str,
    promised: Parts,
    done: Parts,
    quirk: Quirk,
}

#[derive(Clone)]
struct Liar {
    promised: Parts,
    does: Composed,
    quirk: Quirk,
}

impl Strategy for Liar {
    fn next(&mut self, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        match self.quirk {
            Quirk::Sheds if call.request % 50 == 7 => {
                Decision::GiveUp(sandbox_model::Answer::failed(sandbox_model::Status(503)))
            }
            Quirk::Roams => self.does.next(&Call { allowed: u64::MAX, ..*call }, targets),
            _ => self.does.next(call, targets),
        }
    }

    fn observe(&mut self, seen: &Seen) {
        self.does.observe(seen);
    }

    fn hear(&mut self, report: &Fleet) {
        self.does.hear(report);
    }

    fn hedges(&self) -> bool {
        self.does.hedges()
    }

    fn cancels_losers(&self) -> bool {
        self.does.cancels_losers()
    }

    fn sweeps(&self) -> bool {
        self.does.sweeps()
    }

    fn down_until(&self, target: usize) -> sandbox_core::Time {
        self.does.down_until(target)
    }

    fn promises(&self) -> Promises {
        self.promised.promises()
    }
}

fn make(made: &Made<'_>) -> Result<Box<dyn Strategy>, Refusal> {
    let number = made.number("case", 0.0, 0.0, 1e3)? as usize;
    let lies = made.settings.get("lies") == Some(&Value::Flag(true));
    let Case { promised, done, quirk, .. } = cases().swap_remove(number);
    let (done, quirk) = if lies { (done, quirk) } else { (promised.clone(), Quirk::None) };
    Ok(Box::new(Liar { promised, does: Composed::new(done), quirk }))
}

const fn s(seconds: u64) -> Span {
    Span::from_secs(seconds)
}

const fn ms(millis: u64) -> Span {
    Span::from_millis(millis)
}

/// Three targets in one group, in order, each once.
fn once() -> Parts {
    let rule = RetryRule {
        on: Statuses::of(&["408", "429", "5xx"]),
        at: At::Other,
        waits: When::Never,
        ..RetryRule::default()
    };
    Parts { retry: Retry { retries: 3, rules: vec![rule], ..Retry::default() }, ..Parts::plain(4) }
}

/// The first target is tried again, after a wait.
fn again(retries: u32, base: Span) -> Parts {
    let backoff = Backoff { base, jitter: Jitter::None, ..Backoff::default() };
    Parts { groups: vec![1, 2, 4], retry: Retry { retries, backoff, ..Retry::default() }, ..Parts::plain(4) }
}

fn remembers(rule: Rule) -> Parts {
    Parts { memory: vec![rule], ..once() }
}

fn guarded(guards: Guards) -> Parts {
    Parts { guards, ..once() }
}

fn hedged(after: Span, most: u32, losers: Losers) -> Parts {
    Parts { hedge: Some(Hedge { after, most, losers }), ..once() }
}

fn cooldown(failures: u32, length: u64) -> Parts {
    remembers(Rule::Cooldown(Cooldown { failures, length: s(length), ..Cooldown::default() }))
}

fn breaker(breaker: Breaker) -> Parts {
    remembers(Rule::Breaker(Breaker { length: s(8), ..breaker }))
}

fn case(property: &'static str, name: &'static str, promised: Parts, done: Parts) -> Case {
    Case { property, name, promised, done, quirk: Quirk::None }
}

fn priced(dollars: f64) -> Option<(Price, Price)> {
    let price = Price::from_pico_per_token((dollars * 1e6) as u64);
    Some((price, price))
}

fn cases() -> Vec<Case> {
    let dollars = |usd: f64| Usd::from_pico((usd * 1e12) as i128);
    let spends = |usd: f64| {
        guarded(Guards {
            spend: vec![SpendCap { targets: 1, usd: dollars(usd), per: s(60), offset: Span::ZERO }],
            ..Guards::default()
        })
    };
    let each = |most| guarded(Guards { in_flight: vec![Some(most), None, None, None], ..Guards::default() });
    let together = |most| guarded(Guards { in_flight_together: Some(most), ..Guards::default() });
    let only = |only| Parts { filters: Filters { only, max_price: None }, ..once() };
    let up_to = |max_price| Parts { filters: Filters { only: 0b1111, max_price }, ..once() };
    let on = |patterns: &[&str]| {
        let mut parts = again(1, ms(100));
        parts.falls_back_on = Some(Statuses::of(patterns));
        parts.retry.rules[0].on = Statuses::of(patterns);
        parts
    };
    let heeds = |retry_after_max| {
        let mut parts = again(2, ms(100));
        parts.retry.backoff.retry_after_max = retry_after_max;
        parts.retry.retry_after = RetryAfter { exact: true, ..RetryAfter::default() };
        parts
    };
    let paid = |per_call, cap| {
        let mut parts = again(2, ms(300));
        parts.retry.budget = Some(RetryBudget { per_call, cap });
        parts
    };
    let timed = |failures| {
        remembers(Rule::TimedBreaker(TimedBreaker {
            failures: Some(failures),
            share: None,
            ..TimedBreaker::default()
        }))
    };
    let checked = |max_fails, seconds| {
        remembers(Rule::PassiveCheck(PassiveCheck {
            max_fails,
            fail_timeout: s(seconds),
            ..PassiveCheck::default()
        }))
    };
    let ratio = |above| {
        remembers(Rule::ErrorRatio(ErrorRatio { above, length: Some(s(8)), ..ErrorRatio::default() }))
    };
    let of = |failures| breaker(Breaker { failures, ..Breaker::default() });
    let ordered = |order: &[u32]| Parts { order: order.to_vec(), ..once() };
    let counting =
        |patterns: &[&str]| breaker(Breaker { counts: Statuses::of(patterns), ..Breaker::default() });
    let open = |length| breaker_of_length(length);
    vec![
        case("attempts", "a retry too many", again(1, ms(100)), again(2, ms(100))),
        case("excluded", "asks what is ignored", only(0b0011), only(0b0111)),
        Case { quirk: Quirk::Roams, ..case("residency", "roams", once(), once()) },
        case("price-cap", "no cap", up_to(priced(4.0)), up_to(None)),
        case("in-flight", "one too many at one", each(1), each(2)),
        case("in-flight", "one too many together", together(3), together(4)),
        case("spend-cap", "twice as much", spends(0.0005), spends(0.001)),
        case("retries-on", "retries what cannot help", on(&["429", "5xx"]), on(&["404", "429", "5xx"])),
        case("backoff", "waits too short", again(2, ms(400)), again(2, ms(300))),
        case("backoff", "does not heed a Retry-After", heeds(s(60)), heeds(Span::ZERO)),
        case("retry-budget", "more than is paid for", paid(0.1, 2.0), paid(0.2, 2.0)),
        case("retry-budget", "saves up too much", paid(0.1, 2.0), paid(0.1, 4.0)),
        case("retry-budget", "unpaid", paid(0.1, 2.0), again(2, ms(300))),
        case(
            "hedges",
            "too soon",
            hedged(ms(400), 1, Losers::Cancelled),
            hedged(ms(300), 1, Losers::Cancelled),
        ),
        case(
            "hedges",
            "too many",
            hedged(ms(400), 1, Losers::Cancelled),
            hedged(ms(400), 2, Losers::Cancelled),
        ),
        case("hedges", "not at all", once(), hedged(ms(400), 1, Losers::Cancelled)),
        case(
            "hedges",
            "does not cancel",
            hedged(ms(200), 1, Losers::Cancelled),
            hedged(ms(200), 1, Losers::RunOn),
        ),
        case("out", "a cooldown one failure late", cooldown(3, 8), cooldown(4, 8)),
        case("out", "a cooldown too short", cooldown(3, 8), cooldown(3, 7)),
        case("out", "a breaker one failure late", of(5), of(6)),
        case("out", "a breaker too short", open(8), open(7)),
        case(
            "out",
            "a probe too many",
            breaker(Breaker::default()),
            breaker(Breaker { probes: 2, ..Breaker::default() }),
        ),
        case(
            "out",
            "closes too soon",
            breaker(Breaker { successes: 4, ..Breaker::default() }),
            breaker(Breaker::default()),
        ),
        case(
            "out",
            "does not grow",
            breaker(Breaker { growth: 2.0, ..Breaker::default() }),
            breaker(Breaker::default()),
        ),
        case("out", "a timed breaker one late", timed(3), timed(4)),
        case("out", "a passive check one late", checked(3, 10), checked(4, 10)),
        case("out", "a passive check too short", checked(3, 10), checked(3, 9)),
        case("out", "a ratio too high", ratio(0.3), ratio(0.6)),
        case("last-in-line", "no memory", remembers(Rule::Demotion(Demotion::DEFAULT)), once()),
        case("no-cause", "one failure is enough", of(5), of(4)),
        case("no-cause", "stays open too long", open(8), open(9)),
        case(
            "no-cause",
            "counts what the request is to blame for",
            counting(&["5xx"]),
            counting(&["404", "5xx"]),
        ),
        case("no-cause", "wants another", ordered(&[0, 1, 2, 3]), ordered(&[1, 0, 2, 3])),
        case("no-cause", "remembers what it does not say", once(), cooldown(3, 8)),
        case("believes", "a cooldown too long", cooldown(3, 6), cooldown(3, 12)),
        case("flapping", "a cooldown too short", cooldown(3, 8), cooldown(3, 4)),
        Case { quirk: Quirk::Sheds, ..case("sheds", "turns some away", once(), once()) },
        case("sheds", "gives up halfway", once(), Parts { most_targets: 2, ..once() }),
    ]
}

fn breaker_of_length(length: u64) -> Parts {
    remembers(Rule::Breaker(Breaker { length: s(length), ..Breaker::default() }))
}

/// Weather in which something is to be seen of all of them.
const WEATHER: [(&str, &[(&str, &str)]); 9] = [
    ("an outage", &[("first", "Down(status: 503)")]),
    ("half of them fail", &[("first", "Errors(share: 0.5, status: 503)")]),
    (
        "some fail",
        &[("first", "Errors(share: 0.15, status: 500)"), ("second", "Errors(share: 0.3, status: 502)")],
    ),
    (
        "refusals",
        &[("first", "Errors(share: 1.0, status: 404)"), ("second", "Errors(share: 0.5, status: 429)")],
    ),
    ("told to wait", &[("first", "Down(status: 429, retry_after: \"2s\")")]),
    ("all but one", &[("first", "Down(status: 500)"), ("second", "Down(status: 503)"), ("third", "Down()")]),
    ("silence", &[("first", "Blackhole"), ("second", "Blackhole")]),
    ("slow", &[("first", "SlowFirstToken(slowdown: 3.0)"), ("second", "SlowFirstToken(slowdown: 9.0)")]),
    ("dear", &[("first", "PriceChange(factor: 9.0)"), ("second", "PriceChange(factor: 3.0)")]),
];

/// The drawn scenarios' world with such a strategy in it.
fn subject(case: usize, lies: bool, text: &str) -> Subject {
    let (start, end) = (text.find("strategy: "), text.find(")],\n                workloads"));
    let (start, end) = (start.expect("it has a router"), end.expect("and workloads"));
    let strategy = format!(
        r#"strategy: Custom(name: "liar", targets: ["first", "second", "third", "fourth"],
           settings: {{"case": {case}, "lies": {lies}}}, timeouts: (first_token: "2s", total: "6s"))"#
    );
    let text = format!("{}{strategy}{}", &text[..start], &text[end..]);
    let registry = Arc::new(Registry::default().with("liar", &["case", "lies"], make));
    let resolved = Resolved::parse_with("liar.ron", &text, None, &[], registry);
    Subject::new(resolved.unwrap_or_else(|invalid| panic!("{invalid}\n{text}")))
}

fn storm(faults: &[(&str, &str)]) -> String {
    let fault = |(target, kind): &(&str, &str)| {
        format!(r#"(target: "{target}", kind: {kind}, from: "20s", until: "60s"),"#)
    };
    let faults: String = faults.iter().map(fault).collect();
    Draw { preset: 0, on: 0, numbers: 1 }.under(&faults, "9/s", 8)
}

#[test]
fn whoever_breaks_a_promise_is_caught_by_the_property_that_says_so() {
    let mut missed = Vec::new();
    for (number, case) in cases().iter().enumerate() {
        let property = ALL.iter().copied().find(|property| property.name == case.property);
        let property = property.unwrap_or_else(|| panic!("`{}` is a property", case.property));
        let caught = WEATHER
            .iter()
            .find_map(|(_, faults)| breaks(&subject(number, true, &storm(faults)), &[property]));
        match caught {
            Some(broken) => assert_eq!(broken.property, case.property),
            None => missed.push(format!("{}: {}", case.property, case.name)),
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn whoever_keeps_them_is_not() {
    let mut wrong = Vec::new();
    for (number, case) in cases().iter().enumerate() {
        for (name, faults) in WEATHER {
            if let Some(broken) = breaks(&subject(number, false, &storm(faults)), &safety()) {
                wrong.push(format!("{}: {} under {name}: {broken:?}", case.property, case.name));
            }
        }
        for draw in 0..6 {
            let mut dice = Seed::new(3).noise("kept").at(number as u64, draw);
            let (on, numbers) = (dice.next_u64() as u32 & ((1 << SWITCHES) - 1), dice.next_u64());
            let text = Draw { preset: 0, on, numbers }.text();
            if let Some(broken) = breaks(&subject(number, false, &text), &safety()) {
                wrong.push(format!("{}: {} ({on}, {numbers}): {broken:?}", case.property, case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
