//! What dearer spares do.

use sandbox_core::{Span, Time};
use sandbox_engine::{RunError, Trials};
use sandbox_model::{Fault, FaultKind, OutageScript};
use sandbox_routers::Prices;
use sandbox_scenario::Resolved;
use sandbox_scenario::resolved::NodeKind;

use super::beside::{Beside, changed, reached};
use super::{Broken, Compare, How, Property, Sort, Subject};

/// Costs two whole runs. Says something if all routers that requests come to promise to be blind to prices, or to go by
/// how they compare where all their targets become dearer together.
pub(super) const DEARER_GRID: Property = Property {
    name: "dearer-grid",
    says: "If all but the plans cost four times as much, a router that is blind to prices serves each request as before.",
    sort: Sort::Metamorphic,
    how: How::Compared(compare),
};

/// A power of two: shares by price are the same to the last bit.
const FACTOR: f64 = 4.0;

fn compare(subject: &Subject) -> Option<Box<dyn Compare>> {
    let resolved = &subject.resolved;
    let dearer = dearer(resolved);
    let spares: Vec<bool> = resolved.nodes.iter().map(|node| dearer.contains(&node.name)).collect();
    let holds = |&router: &usize| match subject.promises[router].prices {
        Some(Prices::Blind) => true,
        Some(Prices::Relative) => {
            let name = &resolved.scenario.routers[router].name;
            let node = resolved.nodes.iter().find(|node| node.name == *name);
            node.is_some_and(|node| node.targets.iter().all(|target| spares[target.index()]))
        }
        None => false,
    };
    let routers = reached(resolved);
    if dearer.is_empty() || !routers.iter().all(holds) {
        return None;
    }
    let beside = Beside::new(changed(resolved, |_| {})?);
    let until = Time::ZERO + resolved.scenario.duration;
    Some(Box::new(DearerGrid { dearer, until, beside }))
}

/// Endpoints that are nobody's plan.
fn dearer(resolved: &Resolved) -> Vec<String> {
    let is_plan = |index| resolved.workloads.iter().any(|workload| workload.plan.index() == index);
    let nodes = resolved.nodes.iter().enumerate();
    let spare =
        nodes.filter(|(index, node)| matches!(node.kind, NodeKind::Endpoint { .. }) && !is_plan(*index));
    spare.map(|(_, node)| node.name.clone()).collect()
}

#[derive(Clone)]
struct DearerGrid {
    dearer: Vec<String>,
    until: Time,
    beside: Beside,
}

impl Compare for DearerGrid {
    fn compare(&mut self, _: &mut Trials, script: &OutageScript) -> Result<Option<Broken>, RunError> {
        let before = self.beside.fates(script)?;
        let mut changed = script.clone();
        changed.faults.extend(self.dearer.iter().map(|target| Fault {
            target: target.clone(),
            kind: FaultKind::PriceChange { factor: FACTOR },
            // Not at once: the part before the script's first fault need not be run from the start.
            from: Time::ZERO + Span::from_nanos(1),
            until: self.until,
        }));
        let after = self.beside.fates(&changed)?;
        let differs = before.iter().find(|(request, ended)| after.get(request) != Some(ended));
        Ok(differs.map(|(request, ended)| Broken {
            property: DEARER_GRID.name.to_owned(),
            at: Some(ended.now),
            request: Some(*request),
            what: match after.get(request) {
                Some(other) => format!(
                    "a dearer grid makes a request end as {:?}, not {:?}",
                    other.outcome, ended.outcome
                ),
                None => "a dearer grid keeps a request from its end".to_owned(),
            },
        }))
    }
}
