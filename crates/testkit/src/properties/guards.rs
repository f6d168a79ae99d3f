//! Guards: what a target must not be given although it is fine.

use std::sync::Arc;

use sandbox_core::Time;
use sandbox_engine::monitor::{Decided, Learnt, Left};
use sandbox_model::Usd;
use sandbox_routers::Decision;
use sandbox_routers::parts::SpendCap;

use super::held::{Held, watch};
use super::{How, News, Property, Sort};

pub(super) const IN_FLIGHT: Property = Property {
    name: "in-flight",
    says: "A router has no more attempts in flight, at a target or at all together, than its guards allow.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(IN_FLIGHT.name, subject, |router| {
            let guards = &router.promises.guards;
            let most = guards.in_flight.clone();
            let together = guards.in_flight_together;
            (most.iter().any(Option::is_some) || together.is_some()).then(|| InFlight {
                most,
                together,
                running: vec![0; router.names.len()],
                names: router.names.clone(),
            })
        })
    }),
};

pub(super) const SPEND_CAP: Property = Property {
    name: "spend-cap",
    says: "Once the answers of an hour or a day have billed what a spending cap allows, none of its targets is asked \
           before the next one begins.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(SPEND_CAP.name, subject, |router| {
            let caps = &router.promises.guards.spend;
            (!caps.is_empty()).then(|| SpendCaps {
                caps: caps.iter().map(|cap| (cap.clone(), Vec::new())).collect(),
                names: router.names.clone(),
            })
        })
    }),
};

#[derive(Clone)]
struct InFlight {
    most: Vec<Option<u32>>,
    together: Option<u32>,
    /// Attempts begun and not ended, by target: its own count, not the one that the router is shown.
    running: Vec<u32>,
    names: Arc<[String]>,
}

impl Held for InFlight {
    const WANTS: &'static [News] = &[News::First, News::Further, News::Results, News::Left];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let Decision::Try { target, .. } = at.decision else { return None };
        self.running[target] += 1;
        let (here, all) = (self.running[target], self.running.iter().sum::<u32>());
        let most = self.most.get(target).copied().flatten();
        if let Some(most) = most.filter(|&most| here > most) {
            return Some(format!(
                "`{}` is given {here} attempts at once, and may have {most}",
                self.names[target]
            ));
        }
        let most = self.together.filter(|&most| all > most)?;
        Some(format!("there are {all} attempts in flight at once, and there may be {most}"))
    }

    fn learnt(&mut self, at: &Learnt<'_>) -> Option<String> {
        self.running[at.seen.target] -= 1;
        None
    }

    fn left(&mut self, at: &Left) -> Option<String> {
        self.running[at.target] -= 1;
        None
    }
}

#[derive(Clone)]
struct SpendCaps {
    /// Each cap, and the bills that fell under it in its latest hour or day: which one, and how much.
    caps: Vec<(SpendCap, Vec<(u64, Usd)>)>,
    names: Arc<[String]>,
}

/// Which hour or day of a cap this is.
fn period(cap: &SpendCap, now: Time) -> u64 {
    now.saturating_add(cap.offset).as_nanos() / cap.per.as_nanos().max(1)
}

impl Held for SpendCaps {
    const WANTS: &'static [News] = &[News::First, News::Further, News::Results];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let Decision::Try { target, .. } = at.decision else { return None };
        let mut caps = self.caps.iter().filter(|(cap, _)| cap.targets >> target & 1 == 1);
        caps.find_map(|(cap, bills)| {
            let here = period(cap, at.call.now);
            let spent: Usd = bills.iter().filter(|(period, _)| *period == here).map(|&(_, usd)| usd).sum();
            (spent >= cap.usd).then(|| {
                let name = &self.names[target];
                format!("`{name}` is asked when {spent} of {} were spent", cap.usd)
            })
        })
    }

    fn learnt(&mut self, at: &Learnt<'_>) -> Option<String> {
        for (cap, bills) in &mut self.caps {
            if cap.targets >> at.seen.target & 1 == 1 {
                let here = period(cap, at.seen.now);
                match bills.last_mut() {
                    Some((period, usd)) if *period == here => *usd += at.seen.billed,
                    _ => bills.push((here, at.seen.billed)),
                }
            }
        }
        None
    }
}
