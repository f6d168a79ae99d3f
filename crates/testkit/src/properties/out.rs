//! Targets that a router's own rules have out, or last in line.

use std::sync::Arc;

use sandbox_core::Time;
use sandbox_engine::monitor::Decided;
use sandbox_routers::{Decision, Reason};

use super::held::{Held, Router, Turns, watch};
use super::memory::Memory;
use super::open::Open;
use super::{How, News, Property, Sort};

pub(super) const OUT: Property = Property {
    name: "out",
    says: "Nobody asks a target that one of the router's rules has out (cooldown, breaker, error ratio, passive check), \
           and a half-open one gets no more than its probes.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(OUT.name, subject, |router| {
            let memory = Memory::new(router.promises, router.names.len());
            // What is not told may have a target out, too: then some failures do not count.
            let keeps_out = router.promises.memory.iter().any(|rule| !rule.ranks());
            let held = router.promises.out_is_out && memory.whole && keeps_out;
            held.then(|| Out { names: router.names.clone() })
        })
    }),
};

pub(super) const LAST_IN_LINE: Property = Property {
    name: "last-in-line",
    says: "A target that a recent outage has put last in line is asked only if nobody else is left in its group.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(LAST_IN_LINE.name, subject, |router| {
            let memory = Memory::new(router.promises, router.names.len());
            let demotes =
                router.promises.memory.iter().any(|rule| matches!(rule, sandbox_routers::Rule::Demotion(_)));
            let told = memory.whole && memory.whole_line;
            (router.promises.last_is_last && demotes && told).then(|| LastInLine(Line::new(router)))
        })
    }),
};

pub(super) const NO_CAUSE: Property = Property {
    name: "no-cause",
    says: "A router believes no target down, and passes none over, for longer than its rules make of what it has seen.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(NO_CAUSE.name, subject, |router| {
            let memory = Memory::new(router.promises, router.names.len());
            let prefers = router.promises.last_is_last && memory.whole_line;
            let order = if prefers { &router.promises.order[..] } else { &[] };
            // A promise may name targets that are not there.
            let order = order.iter().copied().filter(|&target| target < router.names.len()).collect();
            (router.promises.memory_is_all && memory.whole).then(|| NoCause {
                line: Line::new(router),
                prefers,
                order,
                turns: Turns::default(),
            })
        })
    }),
};

#[derive(Clone)]
struct Out {
    names: Arc<[String]>,
}

impl Held for Out {
    const WANTS: &'static [News] = &[News::Rules];

    fn before(&mut self, at: &Decided<'_>, rules: &Memory) -> Option<String> {
        let Decision::Try { target, .. } = at.decision else { return None };
        let now = at.call.now;
        let name = &self.names[target];
        rules.rules.iter().find_map(|rule| {
            let until = rule.out_until(target);
            if until > now {
                let until = if until == Time::MAX { "it is better".to_owned() } else { seconds(until) };
                return Some(format!("`{name}` is asked, which the {} has out until {until}", rule.name()));
            }
            let probes = rule.full(target, now)?;
            Some(format!("`{name}` is asked, which is half-open and has its {probes} probes already"))
        })
    }
}

fn seconds(at: Time) -> String {
    at.since(Time::ZERO).to_string()
}

/// Whom a router might ask.
#[derive(Clone)]
struct Line {
    open: Open,
    names: Arc<[String]>,
}

impl Line {
    fn new(router: &Router<'_>) -> Self {
        Self { open: Open::new(router.promises, router.names.len()), names: router.names.clone() }
    }
}

#[derive(Clone)]
struct LastInLine(Line);

impl Held for LastInLine {
    const WANTS: &'static [News] = &[News::Rules];

    fn before(&mut self, at: &Decided<'_>, rules: &Memory) -> Option<String> {
        let Self(Line { open, names }) = self;
        let Decision::Try { target, .. } = at.decision else { return None };
        let now = at.call.now;
        let fresh = |target: usize| at.call.attempts.iter().all(|tried| tried.target != target);
        if !rules.is_last(target, now) || !fresh(target) {
            return None;
        }
        // Where groups overlap nobody can see in which the request is.
        let beside =
            open.groups.iter().filter(|group| *group >> target & 1 == 1).fold(u64::MAX, |all, g| all & g);
        let better = (0..names.len()).find(|&other| {
            beside >> other & 1 == 1
                && fresh(other)
                && open.has(other, at)
                && rules.is_fine(other, now, at.targets[other].in_flight)
        })?;
        Some(format!(
            "`{}` is asked, which is last in line after a recent outage, although `{}` is fine",
            names[target], names[better]
        ))
    }
}

#[derive(Clone)]
struct NoCause {
    line: Line,
    /// It never avoids a target that nothing is wrong with.
    prefers: bool,
    order: Vec<usize>,
    turns: Turns,
}

impl Held for NoCause {
    const WANTS: &'static [News] = &[News::Rules];

    fn before(&mut self, at: &Decided<'_>, rules: &Memory) -> Option<String> {
        let Self { line: Line { open, names }, prefers, order, .. } = self;
        let Decision::Try { target, reason } = at.decision else { return None };
        let now = at.call.now;
        let fine = |other: usize| rules.is_fine(other, now, at.targets[other].in_flight);
        if *prefers && reason == Reason::Avoids && (0..names.len()).all(fine) {
            let name = &names[target];
            return Some(format!("`{name}` is asked to avoid another, and the rules have nobody out"));
        }
        if !at.call.attempts.is_empty() {
            return None;
        }
        let before = order.iter().take_while(|&&other| other != target);
        let over = before.copied().find(|&other| open.has(other, at) && fine(other))?;
        Some(format!(
            "`{}` is asked and `{}` passed over, which the rules do not have out",
            names[target], names[over]
        ))
    }

    fn after(&mut self, at: &Decided<'_>, rules: &Memory) -> Option<String> {
        let names = &self.line.names;
        let now = at.call.now;
        self.turns.now(at, names.len()).find_map(|target| {
            let believed = at.strategy.down_until(target);
            if believed <= now {
                return None;
            }
            let told = rules.down_until(target);
            (believed > told).then(|| {
                let until =
                    if believed == Time::MAX { "further notice".to_owned() } else { seconds(believed) };
                let so = match told > now {
                    true => format!("have it down only until {}", seconds(told)),
                    false => "do not have it down at all".to_owned(),
                };
                format!("`{}` is believed down until {until}, and the rules {so}", names[target])
            })
        })
    }
}
