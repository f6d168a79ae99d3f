//! Which faults are active at a target, and what they add up to.
//!
//! The rules, none of which depends on the order in which faults began:
//!
//! | faults | together |
//! |---|---|
//! | blackhole and anything | hangs: what never answers cannot refuse either |
//! | down and down | refuses, with the greatest of the statuses |
//! | errors and errors | independent coins: `1 - ∏(1 - share)` fail; a request that loses several gets the smallest status |
//! | brownout and brownout | slowdowns multiply |
//! | rate-limit spike and rate-limit spike | scales multiply |

use sandbox_model::{FaultKind, Status};

/// What holds at a target right now.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    /// Never answers.
    pub hangs: bool,
    /// Refuses everything with this status.
    pub refuses: Option<Status>,
    /// Shares of requests that fail, by status; independent of each other, in order of status.
    pub errors: Vec<(Status, f64)>,
    /// How many times slower.
    pub slowdown: f64,
    /// What remains of the rate limits.
    pub limit_scale: f64,
}

impl Condition {
    /// Nothing is wrong.
    pub const HEALTHY: Self =
        Self { hangs: false, refuses: None, errors: Vec::new(), slowdown: 1.0, limit_scale: 1.0 };

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        *self == Self::HEALTHY
    }

    /// Whether requests are lost: it hangs, refuses, or fails some.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.hangs || self.refuses.is_some() || !self.errors.is_empty()
    }

    /// The status that a request fails with whose luck is `luck`, uniform in [0, 1); `None` if it passes.
    #[must_use]
    pub fn failure(&self, mut luck: f64) -> Option<Status> {
        for &(status, share) in &self.errors {
            if luck < share {
                return Some(status);
            }
            // Given that it passed, what remains of the luck is uniform again.
            luck = (luck - share) / (1.0 - share);
        }
        None
    }
}

/// The active faults of a target.
#[derive(Clone, Debug)]
pub struct Health {
    active: Vec<FaultKind>,
    condition: Condition,
}

impl Default for Health {
    fn default() -> Self {
        Self { active: Vec::new(), condition: Condition::HEALTHY }
    }
}

impl Health {
    /// What the active faults add up to.
    #[inline]
    #[must_use]
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// A fault begins.
    pub fn begin(&mut self, kind: FaultKind) {
        self.active.push(kind);
        self.compose();
    }

    /// A fault ends.
    ///
    /// # Panics
    /// If no such fault is active.
    pub fn end(&mut self, kind: FaultKind) {
        let position = self.active.iter().position(|&k| k == kind).expect("a fault ends that never began");
        self.active.swap_remove(position);
        self.compose();
    }

    fn compose(&mut self) {
        let mut condition = Condition::HEALTHY;
        let (mut slowdowns, mut scales) = (Vec::new(), Vec::new());
        for kind in &self.active {
            match *kind {
                FaultKind::Down { status } => condition.refuses = condition.refuses.max(Some(status)),
                FaultKind::Blackhole => condition.hangs = true,
                FaultKind::Errors { share, status } => condition.errors.push((status, share)),
                FaultKind::Brownout { slowdown } => slowdowns.push(slowdown),
                FaultKind::RateLimitSpike { scale } => scales.push(scale),
            }
        }
        // Float products depend on their order: sorted, they do not depend on the order of the faults.
        condition.errors.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        slowdowns.sort_by(f64::total_cmp);
        scales.sort_by(f64::total_cmp);
        condition.slowdown = slowdowns.iter().product();
        condition.limit_scale = scales.iter().product();
        self.condition = condition;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind() -> impl Strategy<Value = FaultKind> {
        prop_oneof![
            (500_u16..510).prop_map(|s| FaultKind::Down { status: Status(s) }),
            Just(FaultKind::Blackhole),
            (1.0..8.0_f64).prop_map(|slowdown| FaultKind::Brownout { slowdown }),
            (0.0..1.0_f64, 500_u16..503)
                .prop_map(|(share, s)| FaultKind::Errors { share, status: Status(s) }),
            (0.0..1.0_f64).prop_map(|scale| FaultKind::RateLimitSpike { scale }),
        ]
    }

    proptest! {
        #[test]
        fn the_order_in_which_faults_begin_does_not_matter(
            (kinds, shuffled) in prop::collection::vec(kind(), 0..6)
                .prop_flat_map(|kinds| (Just(kinds.clone()), Just(kinds).prop_shuffle())),
        ) {
            let (mut a, mut b) = (Health::default(), Health::default());
            kinds.iter().for_each(|&k| a.begin(k));
            shuffled.iter().for_each(|&k| b.begin(k));
            prop_assert_eq!(a.condition(), b.condition());
            kinds.iter().for_each(|&k| b.end(k));
            prop_assert!(b.condition().is_healthy());
        }
    }

    #[test]
    fn independent_errors_fail_their_joint_share() {
        let mut health = Health::default();
        health.begin(FaultKind::Errors { share: 0.5, status: Status(500) });
        health.begin(FaultKind::Errors { share: 0.2, status: Status(401) });
        let condition = health.condition();
        let lost = |luck: f64| condition.failure(luck);
        assert_eq!(lost(0.1), Some(Status(401)));
        assert_eq!(lost(0.3), Some(Status(500)));
        // 1 - 0.8 * 0.5 = 0.6 fail.
        assert_eq!(lost(0.599), Some(Status(500)));
        assert_eq!(lost(0.601), None);
    }

    #[test]
    fn what_hangs_does_not_refuse_and_the_greatest_status_wins() {
        let mut health = Health::default();
        health.begin(FaultKind::Down { status: Status(502) });
        health.begin(FaultKind::Down { status: Status(503) });
        assert_eq!(health.condition().refuses, Some(Status(503)));
        health.begin(FaultKind::Blackhole);
        assert!(health.condition().hangs && health.condition().is_out());
    }
}
