//! What more capacity does.
//!
//! That it never raises leak is not so (`docs/findings.md`): a larger bucket lets a large request in that starves several
//! small ones. What holds is said of routers that promise to remember nothing, of capacity for all.

use sandbox_engine::{RunError, Trials};
use sandbox_model::{FaultKind, FaultScope, OutageScript};

use super::beside::{Beside, lost, memoryless, roomy};
use super::{Broken, Compare, How, Property, Sort, Subject};

/// Costs a whole run of the script over the scenario, and one over the scenario in which nothing is ever short. Scripts
/// that take capacity away are left out: what waits for a slot is not lost with the slots; and those with a lossy link: an
/// answer that is made sooner is on its way at another time. Says nothing of a router with a memory: who is served sooner
/// teaches it sooner.
pub(super) const CAPACITY: Property = Property {
    name: "capacity",
    says: "Where the router remembers nothing, whom the plan serves at the first attempt it serves with room for all, too.",
    sort: Sort::Metamorphic,
    how: How::Compared(compare),
};

fn compare(subject: &Subject) -> Option<Box<dyn Compare>> {
    let workloads = memoryless(subject);
    let roomy = roomy(&subject.resolved).filter(|_| !workloads.is_empty())?;
    let before = super::beside::changed(&subject.resolved, |_| {})?;
    Some(Box::new(Capacity { workloads, before: Beside::new(before), after: Beside::new(roomy) }))
}

#[derive(Clone)]
struct Capacity {
    workloads: Vec<usize>,
    before: Beside,
    after: Beside,
}

impl Compare for Capacity {
    fn compare(&mut self, _: &mut Trials, script: &OutageScript) -> Result<Option<Broken>, RunError> {
        let by_time = |kind: &FaultKind| {
            kind.scope() == FaultScope::Link || matches!(kind, FaultKind::CapacityLoss { .. })
        };
        if script.faults.iter().any(|fault| by_time(&fault.kind)) {
            return Ok(None);
        }
        let (before, after) = (self.before.fates(script)?, self.after.fates(script)?);
        Ok(lost(&before, &after, &self.workloads).map(|(before, after)| Broken {
            property: CAPACITY.name.to_owned(),
            at: Some(after.now),
            request: Some((before.workload, before.number)),
            what: format!(
                "with room for all a request ends as {:?} that the plan serves without",
                after.outcome
            ),
        }))
    }
}
