//! What one fault less does.
//!
//! That it never raises failures is not so, for good reasons (`docs/findings.md`): a breaker that opened on the first
//! fault saves requests from the second; a link that loses packets holds a request back until an outage is over; a
//! price change sends it elsewhere. What holds is said of routers that promise to remember nothing, where nothing is
//! short: each request by itself.

use sandbox_engine::{RunError, Trials};
use sandbox_model::{FaultKind, FaultScope, OutageScript};
use sandbox_routers::Prices;

use super::beside::{Beside, entry, lost, memoryless, roomy};
use super::{Broken, Compare, How, Property, Sort, Subject};

/// Costs a whole run of the script, and one for each of its first [`MOST`] faults, over the scenario in which nothing is
/// ever short. Says nothing of a router with a memory, which learns from faults: of that one [`super::causality`] does.
pub(super) const FEWER_FAULTS: Property = Property {
    name: "fewer-faults",
    says: "Where the router remembers nothing and nothing is short, whom the plan serves at the first attempt it serves \
           with one fault less, too.",
    sort: Sort::Metamorphic,
    how: How::Compared(compare),
};

/// Faults that are left out, one at a time.
const MOST: usize = 3;

fn compare(subject: &Subject) -> Option<Box<dyn Compare>> {
    let blind = |workload: &usize| {
        let router = entry(&subject.resolved, *workload);
        router.is_some_and(|router| subject.promises[router].prices == Some(Prices::Blind))
    };
    let workloads: Vec<usize> = memoryless(subject).into_iter().filter(blind).collect();
    let roomy = roomy(&subject.resolved).filter(|_| !workloads.is_empty())?;
    Some(Box::new(FewerFaults { workloads, roomy: Beside::new(roomy) }))
}

#[derive(Clone)]
struct FewerFaults {
    workloads: Vec<usize>,
    roomy: Beside,
}

impl Compare for FewerFaults {
    fn compare(&mut self, _: &mut Trials, script: &OutageScript) -> Result<Option<Broken>, RunError> {
        // A link that loses packets, or servers that are slow, hold requests back until something else is over.
        let holds_back = |kind: &FaultKind| kind.scope() == FaultScope::Link;
        if script.faults.iter().any(|fault| holds_back(&fault.kind)) {
            return Ok(None);
        }
        let all = self.roomy.fates(script)?;
        for without in 0..script.faults.len().min(MOST) {
            let mut fewer = script.clone();
            let fault = fewer.faults.remove(without);
            let fates = self.roomy.fates(&fewer)?;
            if let Some((before, after)) = lost(&all, &fates, &self.workloads) {
                return Ok(Some(Broken {
                    property: FEWER_FAULTS.name.to_owned(),
                    at: Some(after.now),
                    request: Some((before.workload, before.number)),
                    what: format!(
                        "without the {} of {} a request ends as {:?} that the plan serves with it",
                        fault.kind.name(),
                        fault.target,
                        after.outcome
                    ),
                }));
            }
        }
        Ok(None)
    }
}
