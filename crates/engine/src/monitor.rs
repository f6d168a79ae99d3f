//! What can be watched while a run goes on: what routers decide and learn, and how requests end.
//!
//! A monitor is told, and changes nothing: a run that is watched is the same run, event by event. The control twin is not
//! watched.

use std::any::Any;
use std::fmt;

use dyn_clone::DynClone;
use sandbox_core::Time;
use sandbox_model::{Answer, OutageScript};
use sandbox_routers::{Call, Decision, Fleet, Seen, Strategy, TargetView};

use crate::account::Outcome;
use crate::machine::KEY_BITS;

/// Watches a run. Routers and workloads are numbered as in the scenario.
///
/// A copy goes on watching a copy of the run from where it is.
pub trait Monitor: DynClone + Any + Send {
    /// The faults of the run, in order of onset. Told before the first of them begins, which may be well into the run.
    fn knows(&mut self, script: &OutageScript) {
        let _ = script;
    }

    /// A router was asked, and has decided.
    fn decided(&mut self, at: &Decided<'_>) {
        let _ = at;
    }

    /// A router learns how one of its attempts ended.
    fn learnt(&mut self, at: &Learnt<'_>) {
        let _ = at;
    }

    /// An attempt of a router ended without a result: its caller left, or another attempt beside it won.
    fn left(&mut self, at: &Left) {
        let _ = at;
    }

    /// A gateway hears from its other customers.
    fn heard(&mut self, router: usize, report: &Fleet) {
        let _ = (router, report);
    }

    /// A request ends.
    fn ended(&mut self, at: &Ended) {
        let _ = at;
    }

    /// The run is over: this was the last instant of it.
    fn over(&mut self, now: Time) {
        let _ = now;
    }

    /// Whether it has seen enough: nothing that happens from now on would change what it says.
    fn is_done(&self) -> bool {
        false
    }
}

dyn_clone::clone_trait_object!(Monitor);

impl fmt::Debug for dyn Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Monitor")
    }
}

/// A router's decision.
#[derive(Copy, Clone)]
pub struct Decided<'a> {
    /// The router.
    pub router: usize,
    /// The request at the router, as the strategy was shown it: `call.request` names the request.
    pub call: &'a Call<'a>,
    /// What the strategy was shown of its targets.
    pub targets: &'a [TargetView],
    /// What it decided.
    pub decision: Decision,
    /// The strategy, after it has decided.
    pub strategy: &'a (dyn Strategy + 'static),
}

/// The result of an attempt.
#[derive(Copy, Clone, Debug)]
pub struct Learnt<'a> {
    /// The router.
    pub router: usize,
    /// The request.
    pub request: u64,
    /// What the router was told.
    pub seen: &'a Seen,
}

/// An attempt that nobody waits for any more.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Left {
    /// The time.
    pub now: Time,
    /// The router.
    pub router: usize,
    /// The request.
    pub request: u64,
    /// Number of the target.
    pub target: usize,
    /// When the attempt began.
    pub began: Time,
    /// Another attempt beside it has won.
    pub lost: bool,
    /// Its connection is closed; else it is served to the end.
    pub cancelled: bool,
}

/// The end of a request.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// The time.
    pub now: Time,
    /// Its workload.
    pub workload: usize,
    /// Its number among the workload's arrivals, from 0.
    pub number: u64,
    /// The name by which routers know it.
    pub request: u64,
    /// When it arrived.
    pub arrived: Time,
    /// When its client gives up.
    pub deadline: Time,
    /// Attempts that its entry router made.
    pub attempts: u32,
    /// What its client got.
    pub answer: Answer,
    /// How that counts.
    pub outcome: Outcome,
}

/// The request that routers know by a name: index of its workload, and its number among the arrivals there, from 0.
#[must_use]
pub const fn request_of(name: u64) -> (usize, u64) {
    ((name >> KEY_BITS) as usize, name & ((1 << KEY_BITS) - 1))
}
