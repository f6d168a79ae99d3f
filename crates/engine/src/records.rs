//! Each request, attempt and belief of a run, told as it ends: for exports that keep them one by one.
//!
//! A run that is recorded is the same run, event by event. The control twin is not recorded.

use std::fmt;

use sandbox_core::Time;
use sandbox_model::{Answer, Cause, NodeId, Usd};
use sandbox_routers::Reason;

use crate::account::Outcome;

/// Receives the records of a run. Workloads and nodes are numbered as in the scenario.
///
/// Each comes as soon as all of it is known, which of requests is the order of their ends. An attempt may still be billed after
/// its caller has left it, and a belief ends when a router next has reason to look. What had not ended with the scenario
/// comes last.
pub trait Records: Send {
    /// A request ended.
    fn request(&mut self, record: &RequestRecord);
    /// An attempt ended.
    fn attempt(&mut self, record: &AttemptRecord);
    /// A stretch of time ended during which at least one router believed a target down.
    fn belief(&mut self, record: &BeliefRecord);
}

impl fmt::Debug for dyn Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Records")
    }
}

/// One request from its arrival to its end.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct RequestRecord {
    /// Its workload.
    pub workload: usize,
    /// Number of its arrival in the workload, from 0.
    pub number: u64,
    /// It arrived after the warm-up: summary, timeline and ledger count it.
    pub counted: bool,
    /// When it arrived.
    pub arrived: Time,
    /// When its client got the first token, if it did.
    pub first_token: Option<Time>,
    /// When it ended; `None` if it had not when the scenario ended.
    pub ended: Option<Time>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// Why it left the plan, or what went wrong at the plan last.
    pub cause: Option<Cause>,
    /// Of a leak: the plan would have served it.
    pub avoidable: Option<bool>,
    /// Attempts of its entry router.
    pub attempts: u32,
    /// Prompt tokens.
    pub input_tokens: u32,
    /// Answer tokens that it would get.
    pub output_tokens: u32,
    /// The endpoint that served it, if one did.
    pub endpoint: Option<NodeId>,
    /// What its answer billed, fees included; zero if it got none. All that was billed for it is with its attempts.
    pub billed: Usd,
    /// Of this, what the plan would not have billed.
    pub premium: Usd,
}

impl RequestRecord {
    /// What became of it, by the name of its count in `summary.json`.
    #[must_use]
    pub const fn outcome_name(&self) -> &'static str {
        match self.outcome {
            Some(Outcome::Plan) => "served_by_plan",
            Some(Outcome::Leak) => "leaked",
            Some(Outcome::Failed) => "failed",
            Some(Outcome::Shed) => "shed",
            None => "in_flight",
        }
    }
}

/// One attempt from its sending to its end.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct AttemptRecord {
    /// Workload of its request.
    pub workload: usize,
    /// Number of its request in the workload.
    pub number: u64,
    /// Its request is counted.
    pub counted: bool,
    /// The router that sent it; `None` if a client called a gateway.
    pub router: Option<NodeId>,
    /// Its target.
    pub target: NodeId,
    /// Number among the attempts of its router for this request, from 0.
    pub place: u16,
    /// Why this target, if a router chose it.
    pub reason: Option<Reason>,
    /// If it is off the plan: why it left, and whether that was avoidable.
    pub leak: Option<(Cause, bool)>,
    /// When it was sent.
    pub began: Time,
    /// When its caller got the first token, if it did.
    pub first_token: Option<Time>,
    /// When its caller got its answer or left it; the end of the scenario if it had not ended.
    pub ended: Time,
    /// Its answer; `None` if its caller left it, or if it had not ended with the scenario.
    pub answer: Option<Answer>,
    /// What its endpoint billed for it, fees included; zero if its target is a router, whose attempts say so.
    pub billed: Usd,
    /// Of this, what nobody got an answer for.
    pub wasted: Usd,
}

/// A stretch of time during which at least one router believed a target down.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct BeliefRecord {
    /// The target.
    pub target: NodeId,
    /// From when on.
    pub from: Time,
    /// Until when.
    pub until: Time,
}
