//! Which faults are active at a target, and what they add up to.
//!
//! The rules, none of which depends on the order in which faults began:
//!
//! | faults | together |
//! |---|---|
//! | blackhole and anything | hangs: what never answers cannot refuse either |
//! | down and down | refuses, with the greatest of the statuses; of equal ones the longest Retry-After |
//! | down and anything but blackhole | refuses |
//! | errors and errors | independent coins: `1 - ∏(1 - share)` fail; a request that loses several gets the smallest status, of equal ones the longest Retry-After |
//! | gray and gray | one coin a client: the greatest share is hit; who loses several gets the smallest status |
//! | slow fail and slow fail | independent coins; who loses several is held for the longest time, then smallest status |
//! | errors, then gray, then slow fail | in this order: the first that hits a request decides |
//! | stream cut and stream cut | independent coins; who loses several breaks off earliest |
//! | brownout and brownout, and slow first token | slowdowns multiply |
//! | stall and stall | stands still while any is on |
//! | rate-limit spike and rate-limit spike | scales multiply |
//! | capacity loss and capacity loss | what remains multiplies |
//! | price change and price change | factors multiply |

use sandbox_core::Span;
use sandbox_model::{Answer, FaultKind, Status};

/// What holds at a target right now.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    /// Never answers.
    pub hangs: bool,
    /// Refuses everything with this.
    pub refuses: Option<Failure>,
    /// Shares of requests that fail, by what they get; independent of each other, in order of status.
    pub errors: Vec<(Failure, f64)>,
    /// Shares of clients that fail, by status; one coin for all of them, in order of status.
    pub gray: Vec<(Status, f64)>,
    /// Shares of requests that are held and then fail: how long, with which status, share; longest first.
    pub slow_fails: Vec<((Span, Status), f64)>,
    /// Shares of streams that break off: after how many tokens, share; earliest first.
    pub cuts: Vec<(u32, f64)>,
    /// How many times slower everything is.
    pub slowdown: f64,
    /// How many times longer prefill takes, on top of [`Condition::slowdown`].
    pub prefill_slowdown: f64,
    /// No stream moves on.
    pub stalls: bool,
    /// What remains of the rate limits.
    pub limit_scale: f64,
    /// What remains of the servers.
    pub capacity: f64,
    /// What prices are multiplied by.
    pub price_factor: f64,
}

/// What a request gets that fails at once. The greater one has the greater status, or else the longer Retry-After.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Failure {
    /// The status.
    pub status: Status,
    /// The Retry-After that comes with it, if any.
    pub retry_after: Option<Span>,
}

impl Failure {
    /// Without Retry-After.
    #[must_use]
    pub const fn plain(status: Status) -> Self {
        Self { status, retry_after: None }
    }

    /// As its caller sees it.
    #[must_use]
    pub const fn answer(self) -> Answer {
        Answer::Failed { status: self.status, retry_after: self.retry_after }
    }
}

/// What happens to a request that is delivered.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It is served; if there is a number, its stream breaks off after so many tokens.
    Served(Option<u32>),
    /// It fails at once with this.
    Fails(Failure),
    /// It is held for this long and then fails.
    Held(Span, Status),
    /// It never hears anything.
    Hangs,
}

/// The luck of a request at a target: uniform numbers in [0, 1).
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Luck {
    /// This request's, against errors.
    pub errors: f64,
    /// Its client's, against gray failures.
    pub client: f64,
    /// This request's, against slow failures.
    pub slow_fail: f64,
    /// This request's, against cut streams.
    pub cut: f64,
}

impl Luck {
    /// Nothing that has a chance to pass hits it.
    pub const GOOD: Self = Self { errors: 1.0, client: 1.0, slow_fail: 1.0, cut: 1.0 };
}

impl Condition {
    /// Nothing is wrong.
    pub const HEALTHY: Self = Self {
        hangs: false,
        refuses: None,
        errors: Vec::new(),
        gray: Vec::new(),
        slow_fails: Vec::new(),
        cuts: Vec::new(),
        slowdown: 1.0,
        prefill_slowdown: 1.0,
        stalls: false,
        limit_scale: 1.0,
        capacity: 1.0,
        price_factor: 1.0,
    };

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        *self == Self::HEALTHY
    }

    /// Whether requests are lost: it hangs, refuses, fails some, or breaks some off.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.hangs || self.refuses.is_some() || self.needs_luck()
    }

    /// Whether [`Condition::fate`] looks at the luck.
    #[must_use]
    pub fn needs_luck(&self) -> bool {
        !(self.errors.is_empty()
            && self.gray.is_empty()
            && self.slow_fails.is_empty()
            && self.cuts.is_empty())
    }

    /// What happens to a request with this luck.
    #[must_use]
    pub fn fate(&self, luck: Luck) -> Fate {
        if self.hangs {
            return Fate::Hangs;
        }
        let refused = self.refuses.or_else(|| first_lost(&self.errors, luck.errors));
        // One coin for all: a client that a small share hits is hit by a greater one too.
        let gray = || {
            self.gray
                .iter()
                .find(|&&(_, share)| luck.client < share)
                .map(|&(status, _)| Failure::plain(status))
        };
        if let Some(refusal) = refused.or_else(gray) {
            return Fate::Fails(refusal);
        }
        match first_lost(&self.slow_fails, luck.slow_fail) {
            Some((hold, status)) => Fate::Held(hold, status),
            None => Fate::Served(first_lost(&self.cuts, luck.cut)),
        }
    }

    /// What happens to a health probe with this luck: gray failures do not see it.
    #[must_use]
    pub fn fate_of_probe(&self, luck: Luck) -> Fate {
        self.fate(Luck { client: 1.0, ..luck })
    }
}

/// The first of several independent coins that is lost, from one uniform number.
fn first_lost<T: Copy>(coins: &[(T, f64)], mut luck: f64) -> Option<T> {
    for &(what, share) in coins {
        if luck < share {
            return Some(what);
        }
        // Given that it passed, what remains of the luck is uniform again.
        luck = (luck - share) / (1.0 - share);
    }
    None
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
        let mut factors: [Vec<f64>; 5] = Default::default();
        let [slowdowns, prefills, scales, capacities, prices] = &mut factors;
        for kind in &self.active {
            match *kind {
                FaultKind::Down { status, retry_after } => {
                    condition.refuses = condition.refuses.max(Some(Failure { status, retry_after }));
                }
                FaultKind::Blackhole => condition.hangs = true,
                FaultKind::Errors { share, status, retry_after } => {
                    condition.errors.push((Failure { status, retry_after }, share));
                }
                FaultKind::Gray { share, status } => condition.gray.push((status, share)),
                FaultKind::SlowFail { share, hold, status } => {
                    condition.slow_fails.push(((hold, status), share));
                }
                FaultKind::StreamCut { share, after } => condition.cuts.push((after, share)),
                FaultKind::Brownout { slowdown } => slowdowns.push(slowdown),
                FaultKind::SlowFirstToken { slowdown } => prefills.push(slowdown),
                FaultKind::Stall => condition.stalls = true,
                FaultKind::RateLimitSpike { scale } => scales.push(scale),
                FaultKind::CapacityLoss { share } => capacities.push(1.0 - share),
                FaultKind::PriceChange { factor } => prices.push(factor),
                FaultKind::Loss { .. } | FaultKind::Partition => unreachable!("links have no health"),
            }
        }
        // Float products depend on their order: sorted, they do not depend on the order of the faults.
        condition.errors.sort_by(|(a, share), (b, other)| {
            let asked = b.retry_after.cmp(&a.retry_after);
            a.status.cmp(&b.status).then(asked).then(share.total_cmp(other))
        });
        condition.gray.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        condition
            .slow_fails
            .sort_by(|a, b| b.0.0.cmp(&a.0.0).then(a.0.1.cmp(&b.0.1)).then(a.1.total_cmp(&b.1)));
        condition.cuts.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let [slowdown, prefill, limit, capacity, price] = factors.map(|mut factors| {
            factors.sort_by(f64::total_cmp);
            factors.iter().product()
        });
        condition.slowdown = slowdown;
        condition.prefill_slowdown = prefill;
        condition.limit_scale = limit;
        condition.capacity = capacity;
        condition.price_factor = price;
        self.condition = condition;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind() -> impl Strategy<Value = FaultKind> {
        let share = 0.0..1.0_f64;
        let status = |low: u16| (low..low + 3).prop_map(Status);
        prop_oneof![
            (status(500), asked()).prop_map(|(status, retry_after)| FaultKind::Down { status, retry_after }),
            Just(FaultKind::Blackhole),
            (1.0..8.0_f64).prop_map(|slowdown| FaultKind::Brownout { slowdown }),
            (share.clone(), status(500), asked())
                .prop_map(|(share, status, retry_after)| FaultKind::Errors { share, status, retry_after }),
            (share.clone(), status(401)).prop_map(|(share, status)| FaultKind::Gray { share, status }),
            (share.clone(), 1..4_u64, status(502)).prop_map(|(share, hold, status)| FaultKind::SlowFail {
                share,
                hold: Span::from_secs(hold),
                status
            }),
            (1.0..8.0_f64).prop_map(|slowdown| FaultKind::SlowFirstToken { slowdown }),
            Just(FaultKind::Stall),
            (share.clone(), 1..4_u32).prop_map(|(share, after)| FaultKind::StreamCut { share, after }),
            share.clone().prop_map(|scale| FaultKind::RateLimitSpike { scale }),
            share.prop_map(|share| FaultKind::CapacityLoss { share }),
            (0.1..10.0_f64).prop_map(|factor| FaultKind::PriceChange { factor }),
        ]
    }

    fn asked() -> impl Strategy<Value = Option<Span>> {
        prop::option::of((1..4_u64).prop_map(Span::from_secs))
    }

    fn luck() -> impl Strategy<Value = Luck> {
        let one = || 0.0..1.0_f64;
        (one(), one(), one(), one()).prop_map(|(errors, client, slow_fail, cut)| Luck {
            errors,
            client,
            slow_fail,
            cut,
        })
    }

    fn health(kinds: &[FaultKind]) -> Health {
        let mut health = Health::default();
        kinds.iter().for_each(|&kind| health.begin(kind));
        health
    }

    proptest! {
        #[test]
        fn the_order_in_which_faults_begin_does_not_matter(
            (kinds, shuffled) in prop::collection::vec(kind(), 0..8)
                .prop_flat_map(|kinds| (Just(kinds.clone()), Just(kinds).prop_shuffle())),
        ) {
            let (a, mut b) = (health(&kinds), health(&shuffled));
            prop_assert_eq!(a.condition(), b.condition());
            kinds.iter().for_each(|&k| b.end(k));
            prop_assert!(b.condition().is_healthy());
        }

        /// What a window adds and takes away again leaves what was there before.
        #[test]
        fn a_fault_that_ends_leaves_nothing_behind(
            kinds in prop::collection::vec(kind(), 0..6), passing in kind(),
        ) {
            let mut health = health(&kinds);
            let before = health.condition().clone();
            health.begin(passing);
            health.end(passing);
            prop_assert_eq!(&before, health.condition());
        }

        /// No fault makes another target's request come through.
        #[test]
        fn another_fault_never_serves_a_request_that_failed(
            kinds in prop::collection::vec(kind(), 0..6), another in kind(), luck in luck(),
        ) {
            let whole = |fate| matches!(fate, Fate::Served(None));
            let mut health = health(&kinds);
            let before = whole(health.condition().fate(luck));
            health.begin(another);
            prop_assert!(before || !whole(health.condition().fate(luck)));
        }
    }

    const fn fails(status: Status) -> Fate {
        Fate::Fails(Failure::plain(status))
    }

    const LUCK: Luck = Luck { errors: 0.999, client: 0.999, slow_fail: 0.999, cut: 0.999 };

    #[test]
    fn independent_errors_fail_their_joint_share() {
        let health = health(&[
            FaultKind::Errors { share: 0.5, status: Status(500), retry_after: None },
            FaultKind::Errors { share: 0.2, status: Status(401), retry_after: None },
        ]);
        let fate = |errors: f64| health.condition().fate(Luck { errors, ..LUCK });
        assert_eq!(fate(0.1), fails(Status(401)));
        assert_eq!(fate(0.3), fails(Status(500)));
        // 1 - 0.8 * 0.5 = 0.6 fail.
        assert_eq!(fate(0.599), fails(Status(500)));
        assert_eq!(fate(0.601), Fate::Served(None));
    }

    #[test]
    fn what_hangs_does_not_refuse_and_the_greatest_status_wins() {
        let mut health = health(&[
            FaultKind::Down { status: Status(502), retry_after: None },
            FaultKind::Down { status: Status(503), retry_after: None },
        ]);
        assert_eq!(health.condition().fate(LUCK), fails(Status(503)));
        health.begin(FaultKind::Blackhole);
        assert_eq!(health.condition().fate(LUCK), Fate::Hangs);
        assert!(health.condition().is_out());
    }

    #[test]
    fn the_refusal_that_wins_brings_its_own_retry_after() {
        let down = |status, secs| FaultKind::Down { status: Status(status), retry_after: asked_for(secs) };
        let errors =
            |share, secs| FaultKind::Errors { share, status: Status(429), retry_after: asked_for(secs) };
        let fails =
            |status, secs| Fate::Fails(Failure { status: Status(status), retry_after: asked_for(secs) });
        let fate = |kinds: &[FaultKind]| health(kinds).condition().fate(Luck { errors: 0.0, ..LUCK });
        assert_eq!(fate(&[down(429, 600), down(503, 0)]), fails(503, 0));
        assert_eq!(fate(&[down(503, 2), down(503, 60)]), fails(503, 60));
        assert_eq!(fate(&[errors(0.5, 2), errors(0.6, 60), errors(0.7, 0)]), fails(429, 60));
        assert_eq!(fate(&[errors(0.5, 2), down(503, 0)]), fails(503, 0));
    }

    /// Nought asks for nothing.
    fn asked_for(secs: u64) -> Option<Span> {
        (secs > 0).then(|| Span::from_secs(secs))
    }

    #[test]
    fn a_gray_failure_grows_around_the_same_clients_and_probes_never_see_it() {
        let small = health(&[FaultKind::Gray { share: 0.008, status: Status(500) }]);
        let both = health(&[
            FaultKind::Gray { share: 0.008, status: Status(500) },
            FaultKind::Gray { share: 0.16, status: Status(503) },
        ]);
        let fate = |health: &Health, client: f64| health.condition().fate(Luck { client, ..LUCK });
        assert_eq!(fate(&small, 0.007), fails(Status(500)));
        assert_eq!(fate(&both, 0.007), fails(Status(500)));
        assert_eq!(fate(&both, 0.15), fails(Status(503)));
        assert_eq!(fate(&both, 0.17), Fate::Served(None));
        assert_eq!(both.condition().fate_of_probe(Luck { client: 0.0, ..LUCK }), Fate::Served(None));
    }

    #[test]
    fn errors_come_before_gray_before_slow_fails_before_cuts() {
        let unlucky = Luck { errors: 0.0, client: 0.0, slow_fail: 0.0, cut: 0.0 };
        let mut health = health(&[FaultKind::StreamCut { share: 1.0, after: 7 }]);
        assert_eq!(health.condition().fate(unlucky), Fate::Served(Some(7)));
        let held = Span::from_secs(60);
        health.begin(FaultKind::SlowFail { share: 0.5, hold: held, status: Status(502) });
        assert_eq!(health.condition().fate(unlucky), Fate::Held(held, Status(502)));
        health.begin(FaultKind::Gray { share: 0.5, status: Status(504) });
        assert_eq!(health.condition().fate(unlucky), fails(Status(504)));
        health.begin(FaultKind::Errors { share: 0.5, status: Status(505), retry_after: None });
        assert_eq!(health.condition().fate(unlucky), fails(Status(505)));
    }
}
