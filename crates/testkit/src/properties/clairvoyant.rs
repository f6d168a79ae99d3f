//! A router beside one that knows the truth.
//!
//! That a clairvoyant's leak is the least is not so, for it does not wait and does not look ahead (`docs/findings.md`): a
//! router that tries the plan again after two seconds is served by it where the clairvoyant leaks at once, and one that
//! lets requests fail leaks none of them. What holds is said of first attempts.

use sandbox_core::Span;
use sandbox_engine::{Outcome, RunError, Trials};
use sandbox_model::{FaultScope, OutageScript};
use sandbox_scenario::Resolved;
use sandbox_scenario::file::{self, Strategy};

use super::beside::{Beside, changed, plan_at, roomy};
use super::{Broken, Compare, How, Property, Sort, Subject};

/// Costs a whole run of the script as the scenario is, and one with clairvoyant routers at the entries, both where nothing
/// is ever short. Says something of workloads whose plan is what their entry asks first.
pub(super) const CLAIRVOYANT: Property = Property {
    name: "clairvoyant",
    says: "Where nothing is short, a clairvoyant leaks nothing avoidably, and serves by the plan whom the router serves by \
           the plan at the first attempt.",
    sort: Sort::Metamorphic,
    how: How::Compared(compare),
};

/// A fault that is over while a request is on its way was there when the clairvoyant looked.
const ON_ITS_WAY: Span = Span::from_secs(1);

fn compare(subject: &Subject) -> Option<Box<dyn Compare>> {
    against(subject, |targets| targets)
}

/// `order` stands for what the clairvoyant wants: not the list as it is only to see that it would be noticed.
fn against(subject: &Subject, order: fn(Vec<String>) -> Vec<String>) -> Option<Box<dyn Compare>> {
    let all = 0..subject.resolved.workloads.len();
    let workloads: Vec<usize> = all.filter(|&w| plan_at(&subject.resolved, w) == Some(0)).collect();
    let router = roomy(&subject.resolved).filter(|_| !workloads.is_empty())?;
    let knows = knowing(&router, order)?;
    Some(Box::new(Clairvoyant { workloads, router: Beside::new(router), knows: Beside::new(knows) }))
}

fn knowing(resolved: &Resolved, order: fn(Vec<String>) -> Vec<String>) -> Option<Resolved> {
    changed(resolved, |scenario| {
        let entries: Vec<String> = scenario.workloads.iter().map(|workload| workload.entry.clone()).collect();
        for router in scenario.routers.iter_mut().filter(|router| entries.contains(&router.name)) {
            let targets = order(router.strategy.targets());
            let timeouts = router.strategy.timeouts();
            router.strategy = Strategy::Clairvoyant(file::Clairvoyant { targets, timeouts });
        }
    })
}

#[derive(Clone)]
struct Clairvoyant {
    workloads: Vec<usize>,
    router: Beside,
    knows: Beside,
}

impl Compare for Clairvoyant {
    fn compare(&mut self, _: &mut Trials, script: &OutageScript) -> Result<Option<Broken>, RunError> {
        let broken = |at, request, what| Broken { property: CLAIRVOYANT.name.to_owned(), at, request, what };
        // A clairvoyant does not send into a link that nothing passes: it does not know that the link will be there again in
        // time. Who does not look is lucky.
        if script.faults.iter().any(|fault| fault.kind.scope() == FaultScope::Link) {
            return Ok(None);
        }
        let served = self.router.fates(script)?;
        let knows = self.knows.run(script)?.output(String::new())?;
        let avoidable: u64 = knows.summary.leak.by_cause.values().map(|cause| cause.avoidable_requests).sum();
        if avoidable > 0 {
            let what = format!("a clairvoyant leaks {avoidable} requests avoidably");
            return Ok(Some(broken(None, None, what)));
        }
        let fates = self.knows.fates(script)?;
        let by_plan = served.values().filter(|ended| {
            self.workloads.contains(&ended.workload) && ended.outcome == Outcome::Plan && ended.attempts == 1
        });
        for ended in by_plan {
            let Some(other) = fates.get(&(ended.workload, ended.number)) else { continue };
            let over = |fault: &sandbox_model::Fault| {
                fault.until >= ended.arrived && fault.until <= ended.arrived.saturating_add(ON_ITS_WAY)
            };
            if other.outcome != Outcome::Plan && !script.faults.iter().any(over) {
                let what =
                    format!("a clairvoyant ends as {:?} a request that the plan serves", other.outcome);
                return Ok(Some(broken(Some(other.now), Some((ended.workload, ended.number)), what)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::tests::{down, subject};

    #[test]
    fn one_that_wants_the_spare_is_noticed() {
        let subject = subject();
        let mut trials = Trials::new(&subject.resolved, None).expect("no law is broken");
        let script = down("60s", "70s");
        let mut breaks = |order| {
            let mut compare = against(&subject, order).expect("its plan comes first");
            compare.compare(&mut trials, &script).expect("no law is broken").is_some()
        };
        assert!(!breaks(|targets| targets));
        assert!(breaks(|targets| targets.into_iter().rev().collect()));
    }
}
