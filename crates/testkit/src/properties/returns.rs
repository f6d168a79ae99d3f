//! Traffic returns to the plan.
//!
//! The clock of a router starts at the end of the last fault, and again whenever a result speaks against one of its
//! targets: a failure, or any end of an attempt that began under a fault. So trouble that needs no fault, such as a limit that
//! is reached, excuses it, and the run need not be held against another. When the time that its promises add up to has
//! passed, it is held to one of two things ([`Returns`]):
//!
//! * each request is first asked of whom the router would ask if it had never seen any trouble: a copy of its strategy
//!   from its first decision, which never learns anything. One in a quarter of a second is looked at, as a copy is dear, and
//!   who has not come back has not for longer;
//! * or, where the pick learns or goes by turns, each target that has twenty requests or more in a stretch of the run without
//!   faults has one here.
//!
//! LiteLLM's latency table keeps what it has seen for an hour: its promise says so, and nothing shorter is asked of it.

use std::cell::Cell;
use std::sync::Arc;

use sandbox_core::{Span, Time};
use sandbox_engine::Monitor;
use sandbox_engine::monitor::{Decided, Learnt, Left, request_of};
use sandbox_model::OutageScript;
use sandbox_routers::{Call, Decision, Fleet, Promises, Returns, Strategy};

use super::beside::last_end;
use super::calm::{Calm, LOOK, asked_for, returns_within};
use super::{Broken, How, News, Property, Sort, Subject, Watch};

/// Costs one run without faults beforehand.
pub(super) const RETURNS: Property = Property {
    name: "returns",
    says: "Once the last fault is over and what the router remembers has run out, requests go where they would without trouble.",
    sort: Sort::Liveness,
    how: How::Watched(watch),
};

/// Requests that a target has in a stretch of the run without faults, for none here to be missed. Where it is picked by
/// chance and as often as there, none where twenty are expected is seen once in 10⁸ stretches (e⁻²⁰).
const MISSED: u64 = 20;

/// Time between two decisions that are held against a copy.
const EVERY: Span = Span::from_millis(250);

fn watch(subject: &Subject) -> Option<Box<dyn Watch>> {
    if subject.promises.iter().all(|promises| promises.returns.is_none()) {
        return None;
    }
    let calm = Calm::of(&subject.resolved)?;
    let routers = subject.promises.iter().map(|promises| {
        promises.returns.map(|returns| Memory {
            returns,
            promises: Arc::new(promises.clone()),
            ..Memory::default()
        })
    });
    Some(Box::new(Watched {
        routers: routers.collect(),
        calm,
        last: None,
        asked: Span::ZERO,
        spoke: false,
        broken: None,
    }))
}

#[derive(Clone)]
struct Watched {
    /// By router, if it promises anything.
    routers: Vec<Option<Memory>>,
    calm: Arc<Calm>,
    /// When the last fault ends, once the script is known.
    last: Option<Time>,
    asked: Span,
    /// Something was held to what it promises.
    spoke: bool,
    broken: Option<Broken>,
}

#[derive(Clone)]
struct Memory {
    returns: Returns,
    promises: Arc<Promises>,
    /// It has made one decision, and never learnt anything.
    fresh: Option<Box<dyn Strategy>>,
    /// The last word against any target.
    against: Time,
    /// The longest that an attempt took.
    slowest: Span,
    /// When it is next held against a copy.
    next_look: Time,
    /// The last question, and the longest time between two since the last fault.
    question: Time,
    gap: Span,
    /// By target: requests of the stretch that began then.
    counts: Vec<u64>,
    since: Time,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            returns: Returns { within: Span::ZERO, exactly: false },
            promises: Arc::default(),
            fresh: None,
            against: Time::ZERO,
            slowest: Span::ZERO,
            next_look: Time::ZERO,
            question: Time::ZERO,
            gap: Span::ZERO,
            counts: Vec::new(),
            since: Time::ZERO,
        }
    }
}

impl Memory {
    fn speaks(&mut self, at: Time) {
        self.against = self.against.max(at);
    }

    /// From when on it must have forgotten. A probe takes an attempt, and waits for a request that wants its target.
    fn calm_from(&self, last: Time, asked: Span) -> Time {
        let probe = self.slowest.saturating_add(self.gap);
        let within = returns_within(&self.promises, asked, probe).unwrap_or(Span::MAX);
        self.against.max(last).saturating_add(within)
    }
}

impl Watched {
    fn asked_exactly(&mut self, at: &Decided<'_>, last: Time) {
        let Some(memory) = &mut self.routers[at.router] else { return };
        let calm_from = memory.calm_from(last, self.asked);
        if at.call.now <= calm_from || at.call.now < memory.next_look {
            return;
        }
        let Some(mut fresh) = memory.fresh.clone() else { return };
        memory.next_look = at.call.now.saturating_add(EVERY);
        let against = memory.against;
        // News without any, by which a strategy learns the time.
        fresh.hear(&Fleet {
            now: at.call.now,
            target: 0,
            passed: 0,
            failed: 0,
            limited: 0,
            ttft: None,
            speed: None,
        });
        let note = Cell::new(0);
        let expected = fresh.next(&Call { note: &note, ..*at.call }, at.targets);
        if let Decision::Try { target, .. } = expected {
            self.spoke = true;
            let what = match at.decision {
                Decision::Try { target: asked, .. } if asked == target => return,
                Decision::Try { target: asked, .. } => {
                    format!("target {} is asked, not {}", asked + 1, target + 1)
                }
                Decision::Wait { .. } => format!("target {} is not asked yet", target + 1),
                Decision::GiveUp(_) => format!("target {} is not asked", target + 1),
            };
            let since = at.call.now.saturating_since(last.max(against));
            self.breaks(at, format!("{what}, {since} after the last trouble"));
        }
    }

    fn asked_again(&mut self, at: &Decided<'_>, last: Time) {
        let Decision::Try { target, .. } = at.decision else { return };
        let (asked, now) = (self.asked, at.call.now);
        let Some(memory) = &mut self.routers[at.router] else { return };
        let calm_from = memory.calm_from(last, asked);
        if now <= calm_from {
            return;
        }
        if memory.since < calm_from || memory.counts.is_empty() {
            (memory.since, memory.counts) = (now, vec![0; at.targets.len()]);
        }
        memory.counts[target] += 1;
        // What learns in tables is seen over a whole one.
        if now < memory.since.saturating_add(LOOK.max(memory.returns.within)) {
            return;
        }
        let (since, counts) = (memory.since, std::mem::take(&mut memory.counts));
        memory.since = now;
        self.spoke |=
            (0..counts.len()).any(|target| self.calm.asked(at.router, target, since, now) >= MISSED);
        let missed = counts.iter().enumerate().find_map(|(target, count)| {
            let usual = self.calm.asked(at.router, target, since, now);
            (*count == 0 && usual >= MISSED).then_some((target, usual))
        });
        if let Some((target, usual)) = missed {
            let number = target + 1;
            self.breaks(at, format!("target {number} has no request where it has {usual} without faults"));
        }
    }

    fn breaks(&mut self, at: &Decided<'_>, what: String) {
        self.broken = Some(Broken {
            property: RETURNS.name.to_owned(),
            at: Some(at.call.now),
            request: Some(request_of(at.call.request)),
            what,
        });
    }
}

impl Monitor for Watched {
    fn knows(&mut self, script: &OutageScript) {
        self.last = Some(last_end(script));
        self.asked = asked_for(script);
    }

    fn decided(&mut self, at: &Decided<'_>) {
        let last = self.last;
        let Some(memory) = &mut self.routers[at.router] else { return };
        if !at.call.attempts.is_empty() || self.broken.is_some() {
            return;
        }
        let fresh = memory.fresh.is_some();
        if !fresh {
            memory.fresh = Some(dyn_clone::clone_box(at.strategy));
        }
        let before = std::mem::replace(&mut memory.question, at.call.now);
        let Some(last) = last.filter(|last| at.call.now > *last) else { return };
        memory.gap = memory.gap.max(at.call.now.saturating_since(before.max(last)));
        if memory.returns.exactly {
            self.asked_exactly(at, last);
        } else {
            self.asked_again(at, last);
        }
    }

    fn learnt(&mut self, at: &Learnt<'_>) {
        let Some(memory) = &mut self.routers[at.router] else { return };
        memory.slowest = memory.slowest.max(at.seen.now.saturating_since(at.seen.began));
        let under_a_fault = self.last.is_some_and(|last| at.seen.began <= last);
        if !at.seen.answer.is_ok() || under_a_fault {
            memory.speaks(at.seen.now);
        }
    }

    fn left(&mut self, at: &Left) {
        let Some(memory) = &mut self.routers[at.router] else { return };
        if self.last.is_some_and(|last| at.began <= last) {
            memory.speaks(at.now);
        }
    }

    fn heard(&mut self, router: usize, report: &Fleet) {
        let Some(memory) = &mut self.routers[router] else { return };
        if report.failed > 0 || report.limited > 0 {
            memory.speaks(report.now);
        }
    }

    fn is_done(&self) -> bool {
        self.broken.is_some()
    }
}

impl Watch for Watched {
    fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    fn wants(&self, news: News, router: usize) -> bool {
        let of_it = !matches!(news, News::Further | News::Ends | News::Rules);
        of_it && self.routers[router].is_some()
    }

    fn has_spoken(&self) -> bool {
        self.spoke
    }
}
