//! Which targets a router might ask, whatever it remembers.

use sandbox_engine::monitor::Decided;
use sandbox_model::Price;
use sandbox_routers::Promises;
use sandbox_routers::parts::Guards;

/// What filters and guards leave.
#[derive(Clone)]
pub(super) struct Open {
    only: u64,
    pub(super) groups: Vec<u64>,
    max_price: Option<(Price, Price)>,
    guards: Guards,
}

impl Open {
    pub(super) fn new(promises: &Promises, targets: usize) -> Self {
        let all = if targets >= 64 { u64::MAX } else { (1 << targets) - 1 };
        let groups = if promises.groups.is_empty() { vec![all] } else { promises.groups.clone() };
        Self {
            only: promises.only.unwrap_or(all) & groups.iter().fold(0, |all, group| all | group),
            groups,
            max_price: promises.max_price,
            guards: promises.guards.clone(),
        }
    }

    /// Whether a target may certainly be asked. One under a cap on spending may be or not.
    pub(super) fn has(&self, target: usize, at: &Decided<'_>) -> bool {
        let view = &at.targets[target];
        let affordable = self
            .max_price
            .is_none_or(|(input, output)| view.input_price <= input && view.output_price <= output);
        let capped = self.guards.spend.iter().any(|cap| cap.targets >> target & 1 == 1);
        let most = self.guards.in_flight.get(target).copied().flatten();
        let all: u32 = at.targets.iter().map(|view| view.in_flight).sum();
        (self.only & at.call.allowed) >> target & 1 == 1
            && affordable
            && !capped
            && most.is_none_or(|most| view.in_flight < most)
            && self.guards.in_flight_together.is_none_or(|most| all < most)
    }
}
