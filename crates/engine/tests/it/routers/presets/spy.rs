//! A strategy that does what a preset does and watches itself: it is put in the preset's place, and the run is the same
//! event by event.
//!
//! Its constructor is a plain function, so what it needs and what it finds lie in places of the test's own thread; the
//! control twin runs in another, where nothing is noted.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sandbox_core::{Span, Time};
use sandbox_engine::RunOutput;
use sandbox_routers::custom::Value;
use sandbox_routers::parts::WhenAllOut;
use sandbox_routers::{
    Call, Composed, Custom, Decision, Fleet, Made, Parts, Reason, Refusal, Registry, Rule, Seen, Setting,
    Strategy, TargetView,
};
use sandbox_scenario::{Resolved, file, scenario_to_text};

use crate::support::run;

/// What was watched for.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) parts: Parts,
    /// The longest Retry-After of the scenario.
    pub(super) asked: Span,
    /// From when on the weather must be forgotten.
    pub(super) calm_from: Time,
    /// Whether requests are then asked as if nothing had been.
    pub(super) as_if_nothing_was: bool,
}

/// What was found.
#[derive(Clone, Default, Debug)]
pub(super) struct Found {
    /// Everything that must not be, in order; the first few.
    pub(super) wrong: Vec<String>,
    /// Most attempts of one request.
    pub(super) attempts: usize,
    /// When the last failure was seen.
    pub(super) last_failure: Time,
    /// Attempts of requests that came after the weather was to be forgotten, by target.
    pub(super) calm: Vec<u64>,
    /// The requests that came then.
    pub(super) calm_requests: u64,
}

static WATCHES: Mutex<BTreeMap<u64, Arc<Watch>>> = Mutex::new(BTreeMap::new());

thread_local! {
    /// Strategies made since the run began; none outside of a run.
    static MADE: Cell<Option<u32>> = const { Cell::new(None) };
    static FOUND: RefCell<Found> = RefCell::default();
}

#[derive(Clone)]
struct Spy {
    watch: Arc<Watch>,
    inner: Composed,
    /// The same, and it never learns anything.
    fresh: Composed,
    /// By target: when it was last seen to fail, or chosen.
    against: Vec<Time>,
    /// By target: when the probes began of which nothing has been heard, while a breaker is half-open.
    probes: Vec<Vec<Time>>,
    notes: bool,
}

fn make(made: &Made<'_>) -> Result<Box<dyn Strategy>, Refusal> {
    let Some(&Value::Number(number)) = made.settings.get("watch") else { panic!("no watch") };
    let watch = WATCHES.lock().expect("nobody panics with it")[&(number as u64)].clone();
    // The engine makes one to be used, and then one for calm weather.
    let place = MADE.get();
    MADE.set(place.map(|place| place + 1));
    let inner = Composed::new(watch.parts.clone());
    Ok(Box::new(Spy {
        fresh: inner.clone(),
        inner,
        against: vec![Time::ZERO; watch.parts.targets],
        probes: vec![Vec::new(); watch.parts.targets],
        notes: place == Some(0),
        watch,
    }))
}

fn wrong(what: impl FnOnce() -> String) {
    FOUND.with_borrow_mut(|found| {
        if found.wrong.len() < 5 {
            found.wrong.push(what());
        }
    });
}

/// News without any, by which a strategy learns the time.
const fn nothing(now: Time, target: usize) -> Fleet {
    Fleet { now, target, passed: 0, failed: 0, limited: 0, ttft: None, speed: None }
}

/// The parts of the scenario's only router.
pub(super) fn parts(resolved: &Resolved) -> Parts {
    let strategy = &resolved.scenario.routers[0].strategy;
    let targets = strategy.targets();
    let in_usd = |price: &_| resolved.in_usd(price);
    let after_midnight = resolved.scenario.start.after_utc_midnight();
    strategy.preset().expect("it is made of parts").parts(&Setting {
        targets: &targets,
        in_usd: &in_usd,
        after_midnight,
    })
}

/// Runs a scenario with its router watched.
pub(super) fn watch(resolved: &Resolved, watch: Watch) -> (RunOutput, Found) {
    let number = {
        let mut watches = WATCHES.lock().expect("nobody panics with it");
        let number = watches.last_key_value().map_or(0, |(last, _)| last + 1);
        watches.insert(number, Arc::new(watch));
        number
    };
    let mut scenario = resolved.scenario.clone();
    let strategy = &mut scenario.routers[0].strategy;
    *strategy = file::Strategy::Custom(Custom {
        name: "spy".to_owned(),
        targets: strategy.targets(),
        settings: BTreeMap::from([("watch".to_owned(), Value::Number(number as f64))]),
        timeouts: strategy.timeouts(),
    });
    let registry = Arc::new(Registry::default().with("spy", &["watch"], make));
    let text = scenario_to_text(&scenario);
    let spied = Resolved::parse_with("spied.ron", &text, None, &[], registry);
    let spied = spied.unwrap_or_else(|invalid| panic!("{invalid}\n{text}"));
    FOUND.set(Found { calm: vec![0; spied.scenario.endpoints.len()], ..Found::default() });
    MADE.set(Some(0));
    let output = run(&spied);
    MADE.set(None);
    (output, FOUND.take())
}

impl Spy {
    /// Who may not be asked whatever happens.
    fn barred(&self, target: usize, call: &Call<'_>, targets: &[TargetView]) -> Option<&'static str> {
        let filters = &self.watch.parts.filters;
        let dear = filters.max_price.is_some_and(|(input, output)| {
            targets[target].input_price > input || targets[target].output_price > output
        });
        match () {
            () if call.allowed >> target & 1 == 0 => Some("outside of the residency"),
            () if filters.only >> target & 1 == 0 => Some("filtered"),
            () if dear => Some("too dear"),
            () => None,
        }
    }

    /// Whether a target that is believed down is never asked: all memories keep out, and nothing overrules them.
    fn strict(&self) -> bool {
        let parts = &self.watch.parts;
        let keeps_out =
            |rule: &Rule| !matches!(rule, Rule::Demotion(_) | Rule::Uptime(_) | Rule::Preference(_));
        parts.memory.iter().all(keeps_out)
            && parts.when_all_out == WhenAllOut::Leave
            && !matches!(
                parts.pick,
                sandbox_routers::Pick::Priorities(_) | sandbox_routers::Pick::Measured(_)
            )
    }

    fn breakers(&self) -> impl Iterator<Item = &sandbox_routers::Breaker> {
        self.watch.parts.memory.iter().filter_map(|rule| match rule {
            Rule::Breaker(breaker) => Some(breaker),
            _ => None,
        })
    }

    fn check_try(
        &self,
        target: usize,
        reason: Reason,
        before: Time,
        call: &Call<'_>,
        targets: &[TargetView],
    ) {
        let now = call.now;
        if let Some(why) = self.barred(target, call, targets) {
            wrong(|| format!("{now:?}: asks {target}, {why}, after {:?}", call.attempts));
        }
        if let Some(most) = self.watch.parts.attempts_max()
            && call.attempts.len() as u64 >= most
        {
            wrong(|| format!("{now:?}: asks {target} after {:?}, and {most} are the most", call.attempts));
        }
        let tried = call.attempts.iter().fold(1_u64 << target, |mask, tried| mask | 1 << tried.target);
        if tried.count_ones() > self.watch.parts.most_targets {
            wrong(|| format!("{now:?}: asks {target}, one too many, after {:?}", call.attempts));
        }
        let running = call.attempts.iter().filter(|tried| tried.answer.is_none()).count() as u32;
        let together = self.watch.parts.hedge.map_or(0, |hedge| hedge.most);
        if running > together {
            wrong(|| format!("{now:?}: asks {target} beside {running} others"));
        }
        if before == Time::MAX && self.strict() {
            // Half-open: who is let in is a probe. One whose caller left is no longer in flight.
            let probes = (self.probes[target].len() as u32).min(targets[target].in_flight);
            for breaker in self.breakers().filter(|breaker| probes >= breaker.probes) {
                wrong(|| format!("{now:?}: asks {target}, which has its {} probes", breaker.probes));
            }
        }
        let after = self.inner.down_until(target);
        if before > now && after > now && after < Time::MAX && self.strict() {
            wrong(|| format!("{now:?}: asks {target}, which is out until {before:?}"));
        }
        FOUND.with_borrow_mut(|found| {
            found.attempts = found.attempts.max(call.attempts.len() + 1);
            if call.began >= self.watch.calm_from {
                found.calm[target] += 1;
            }
        });
        if call.began >= self.watch.calm_from && reason == Reason::Failed {
            wrong(|| format!("{now:?}: asks {target} in calm weather after {:?}", call.attempts));
        }
    }

    /// Nobody is out for longer than the rules say.
    fn check_beliefs(&self, now: Time) {
        let rules = &self.watch.parts.memory;
        let lasts = rules.iter().map(|rule| rule.lasts_at_most(self.watch.asked)).max().unwrap_or(Span::ZERO);
        let measured = match self.watch.parts.pick {
            sandbox_routers::Pick::Measured(rule) => rule.breaker.pause,
            _ => Span::ZERO,
        };
        for (target, &against) in self.against.iter().enumerate() {
            let (until, most) = (self.inner.down_until(target), against.saturating_add(lasts.max(measured)));
            // When a breaker closes is its probes' affair.
            let probes = until == Time::MAX && self.breakers().next().is_some();
            let too_long = if until == Time::MAX { now > most } else { until > most };
            if until > now && too_long && !probes {
                wrong(|| {
                    format!(
                        "{now:?}: {target} is out until {until:?}; the last word against it was at {against:?}"
                    )
                });
            }
        }
    }
}

impl Strategy for Spy {
    fn next(&mut self, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        // What sweeps has not looked at the clock yet.
        let mut swept = self.inner.clone();
        for target in 0..targets.len() {
            swept.hear(&nothing(call.now, target));
        }
        let before: Vec<Time> = (0..targets.len()).map(|target| swept.down_until(target)).collect();
        let decision = self.inner.next(call, targets);
        if !self.notes {
            return decision;
        }
        if let Decision::Try { target, reason } = decision {
            self.check_try(target, reason, before[target], call, targets);
            self.against[target] = call.now;
            if before[target] == Time::MAX {
                self.probes[target].push(call.now);
            }
        }
        self.check_beliefs(call.now);
        let calm = call.began >= self.watch.calm_from;
        if calm && call.attempts.is_empty() {
            FOUND.with_borrow_mut(|found| found.calm_requests += 1);
            let note = Cell::new(0);
            let fresh = self.fresh.next(&Call { note: &note, ..*call }, targets);
            let same = match (fresh, decision) {
                (Decision::Try { target: fresh, .. }, Decision::Try { target, .. }) => fresh == target,
                (fresh, decision) => fresh == decision,
            };
            if self.watch.as_if_nothing_was && !same {
                wrong(|| format!("{:?}: {decision:?}, but {fresh:?} without memory", call.now));
            }
        } else if calm && matches!(decision, Decision::GiveUp(_)) {
            wrong(|| format!("{:?}: gives up in calm weather after {:?}", call.now, call.attempts));
        }
        decision
    }

    fn observe(&mut self, seen: &Seen) {
        self.inner.observe(seen);
        if !self.notes {
            return;
        }
        let probes = &mut self.probes[seen.target];
        if let Some(place) = probes.iter().position(|&began| began == seen.began) {
            probes.remove(place);
            // A probe that failed opens the circuit again: those beside it are probes no more.
            if !seen.answer.is_ok() {
                probes.clear();
            }
        }
        if self.inner.down_until(seen.target) != Time::MAX {
            self.probes[seen.target].clear();
        }
        if !seen.answer.is_ok() {
            self.against[seen.target] = seen.now;
            FOUND.with_borrow_mut(|found| found.last_failure = found.last_failure.max(seen.now));
        }
    }

    fn hear(&mut self, report: &Fleet) {
        self.inner.hear(report);
    }

    fn hedges(&self) -> bool {
        self.inner.hedges()
    }

    fn sweeps(&self) -> bool {
        self.inner.sweeps()
    }

    fn exclusions(&self, call: &Call<'_>, targets: &[TargetView]) -> Vec<sandbox_routers::Exclusion> {
        self.inner.exclusions(call, targets)
    }

    fn down_until(&self, target: usize) -> Time {
        self.inner.down_until(target)
    }
}
