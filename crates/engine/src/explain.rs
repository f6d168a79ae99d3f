//! Why one request went where it went: every decision that routers made for it, what they knew, and what came of it.
//!
//! A run that is [asked to](crate::RunOptions::explain) records one request as it passes; a run that is not pays a
//! branch here and there, and neither run notices: the events are the same.
//!
//! All times are since the request arrived.

use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Cause, NodeId, Usd};
use sandbox_routers::{Decision, Exclusion, Reason};
use sandbox_scenario::Resolved;
use serde::{Serialize, Serializer};

use crate::account::Outcome;
use crate::machine::KEY_BITS;

/// What became of the request that was asked for.
#[derive(Clone, PartialEq, Debug)]
pub enum Explanation {
    /// It arrived.
    Story(Box<Story>),
    /// Its number is beyond the last arrival.
    NeverArrived {
        /// How many requests of its workload arrived.
        arrivals: u64,
    },
}

/// One request from its arrival to its end.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Story {
    /// Its workload.
    pub workload: String,
    /// Number of its arrival in the workload, from 0.
    pub number: u64,
    /// When it arrived, since the start of the scenario.
    #[serde(rename = "arrived_s", serialize_with = "seconds_of_time")]
    pub arrived: Time,
    /// Prompt tokens.
    pub input_tokens: u32,
    /// Answer tokens that it would get.
    pub output_tokens: u32,
    /// The node that serves it when nothing is wrong.
    pub plan: String,
    /// The router that it entered; absent if it never got there.
    pub entry: Option<Visit>,
    /// How it ended; absent if it had not when the scenario ended.
    pub end: Option<End>,
}

/// A request at a router.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Visit {
    /// The router.
    pub router: String,
    /// When it got there.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: Span,
    /// What the router decided, in order.
    pub decisions: Vec<Step>,
}

/// One decision of a router.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Step {
    /// When.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: Span,
    /// The targets that could have been chosen.
    pub eligible: Vec<String>,
    /// The others, and by which rule.
    pub excluded: Vec<Excluded>,
    /// What it did.
    pub decision: Does,
}

/// A target that was not tried.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Excluded {
    /// The target.
    pub target: String,
    /// The rule.
    pub rule: String,
    /// Until when it holds, since the start of the scenario.
    #[serde(rename = "until_s", serialize_with = "maybe_seconds_of_time")]
    pub until: Option<Time>,
}

/// What a router did.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// It sent the request on.
    Try(Box<Attempt>),
    /// It waited: until then, or until an attempt that ran ended.
    Wait {
        /// When it looked again at the latest.
        #[serde(rename = "until_s", serialize_with = "seconds")]
        until: Span,
        /// An attempt ran meanwhile.
        beside: bool,
    },
    /// It answered its caller with a failure.
    GiveUp {
        /// The status.
        status: u16,
        /// The router's own answer: nothing had been sent to any target.
        nothing_sent: bool,
    },
}

/// One try at one target.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Attempt {
    /// The target.
    pub target: String,
    /// Why this one.
    #[serde(serialize_with = "reason")]
    pub reason: Reason,
    /// If it left the plan here: why, and whether a router that knew the truth would have stayed.
    pub leaves_plan: Option<Leaves>,
    /// When the router had its first token.
    #[serde(rename = "first_token_s", serialize_with = "maybe_seconds")]
    pub first_token: Option<Span>,
    /// How it ended for the router; absent if the scenario ended before.
    pub end: Option<AttemptEnd>,
    /// What its endpoint billed, fees included [$]; if the target is a router, its attempts say so.
    #[serde(serialize_with = "usd")]
    pub billed: Usd,
    /// Of this, what gateways added [$].
    #[serde(serialize_with = "usd")]
    pub fees: Usd,
    /// Of what was billed, that for which nobody got an answer [$].
    #[serde(serialize_with = "usd")]
    pub wasted: Usd,
    /// What it cost above the plan's price [$].
    #[serde(serialize_with = "usd")]
    pub premium: Usd,
    /// What happened there, if the target is a router.
    pub inside: Option<Visit>,
}

/// Why a request left its plan.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Leaves {
    /// The cause.
    pub cause: Cause,
    /// The plan would have served it.
    pub avoidable: bool,
}

/// How an attempt ended.
#[derive(Copy, Clone, PartialEq, Debug, Serialize)]
pub struct AttemptEnd {
    /// When.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: Span,
    /// How.
    pub how: How,
    /// The status, as a gateway would log it.
    pub status: Option<u16>,
    /// The Retry-After that came with it.
    #[serde(rename = "retry_after_s", serialize_with = "maybe_seconds")]
    pub retry_after: Option<Span>,
    /// The target is a router that answered by itself: nothing was sent to any endpoint.
    pub nothing_sent: bool,
}

/// How an attempt ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// With the whole answer.
    Served,
    /// With a failure instead of an answer.
    Failed,
    /// Its stream broke off.
    Cut,
    /// Its caller's timer ran out.
    TimedOut,
    /// Its caller no longer wanted it.
    Left,
}

/// How a request ended.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct End {
    /// When.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: Span,
    /// `"plan"`, `"leak"`, `"failed"` or `"shed"`.
    pub outcome: &'static str,
    /// What its client got.
    pub status: u16,
    /// Why it left the plan, or why the plan failed it last.
    pub cause: Option<Cause>,
    /// Of a leak: the plan would have served it.
    pub avoidable: Option<bool>,
    /// Time to first token, if its client got one.
    #[serde(rename = "ttft_s", serialize_with = "maybe_seconds")]
    pub ttft: Option<Span>,
    /// Billed over all attempts, fees included [$].
    #[serde(serialize_with = "usd")]
    pub billed: Usd,
    /// Of this, fees [$].
    #[serde(serialize_with = "usd")]
    pub fees: Usd,
    /// Of what was billed, that for which nobody got an answer [$].
    #[serde(serialize_with = "usd")]
    pub wasted: Usd,
}

fn seconds<S: Serializer>(span: &Span, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_f64(span.as_secs_f64())
}

fn maybe_seconds<S: Serializer>(span: &Option<Span>, s: S) -> Result<S::Ok, S::Error> {
    span.map(Span::as_secs_f64).serialize(s)
}

fn seconds_of_time<S: Serializer>(at: &Time, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_f64(at.as_secs_f64())
}

fn maybe_seconds_of_time<S: Serializer>(at: &Option<Time>, s: S) -> Result<S::Ok, S::Error> {
    at.map(Time::as_secs_f64).serialize(s)
}

fn usd<S: Serializer>(amount: &Usd, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&amount.decimal())
}

fn reason<S: Serializer>(reason: &Reason, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(match reason {
        Reason::Choice => "choice",
        Reason::Spread => "spread",
        Reason::Failed => "failed",
        Reason::Avoids => "avoids",
        Reason::Guarded => "guarded",
        Reason::Hedge => "hedge",
    })
}

/// Records one request while a run goes on.
pub(crate) struct Recorder {
    /// The key of the request.
    pub(crate) key: u64,
    /// The time of the event that is handled.
    pub(crate) now: Time,
    arrived: Option<(Time, u32, u32)>,
    visits: Vec<VisitRecord>,
    attempts: Vec<AttemptRecord>,
    first_token: Option<Time>,
    end: Option<EndRecord>,
}

struct VisitRecord {
    call: u32,
    /// Position of the attempt that brought the request here.
    parent: Option<usize>,
    router: NodeId,
    began: Time,
    steps: Vec<StepRecord>,
}

struct StepRecord {
    at: Time,
    eligible: Vec<NodeId>,
    excluded: Vec<(NodeId, Exclusion)>,
    does: DoesRecord,
}

enum DoesRecord {
    /// The attempt at this position.
    Try(usize),
    Wait(Time, bool),
    GiveUp(Answer, bool),
}

struct AttemptRecord {
    /// Its number in the machine while that is its own.
    id: Option<u32>,
    target: NodeId,
    reason: Reason,
    leaves: Option<Leaves>,
    first_token: Option<Time>,
    end: Option<(Time, Option<Answer>)>,
    billed: Usd,
    fees: Usd,
    wasted: Usd,
    premium: Usd,
    served: bool,
}

struct EndRecord {
    at: Time,
    outcome: Outcome,
    answer: Answer,
    cause: Option<Cause>,
    avoidable: Option<bool>,
}

impl Recorder {
    pub(crate) fn new(workload: usize, number: u64) -> Self {
        Self {
            key: (workload as u64) << KEY_BITS | number,
            now: Time::ZERO,
            arrived: None,
            visits: Vec::new(),
            attempts: Vec::new(),
            first_token: None,
            end: None,
        }
    }

    pub(crate) fn arrive(&mut self, input: u32, output: u32) {
        self.arrived = Some((self.now, input, output));
    }

    /// The request reaches a router by this attempt of it, if a router sent it.
    pub(crate) fn enter(&mut self, call: u32, parent: u32, router: NodeId) {
        let parent = self.attempt_of(parent);
        self.visits.push(VisitRecord { call, parent, router, began: self.now, steps: Vec::new() });
    }

    /// A router was asked, and has decided.
    pub(crate) fn decide(
        &mut self,
        call: u32,
        targets: &[NodeId],
        excluded: Vec<Exclusion>,
        decision: Decision,
        tried: bool,
        running: bool,
    ) {
        let attempt = self.attempts.len();
        let out = |target: usize| excluded.iter().any(|exclusion| exclusion.target == target);
        let eligible = (0..targets.len()).filter(|&t| !out(t)).map(|t| targets[t]).collect();
        let does = match decision {
            Decision::Try { target, reason } => {
                self.attempts.push(AttemptRecord::new(targets[target], reason));
                DoesRecord::Try(attempt)
            }
            // Nothing to wait for but the end of what runs.
            Decision::Wait { until: Time::MAX } => return,
            Decision::Wait { until } => DoesRecord::Wait(until, running),
            Decision::GiveUp(answer) => DoesRecord::GiveUp(answer, !tried),
        };
        let excluded = excluded.into_iter().map(|exclusion| (targets[exclusion.target], exclusion)).collect();
        let at = self.now;
        if let Some(visit) = self.visits.iter_mut().rev().find(|visit| visit.call == call) {
            visit.steps.push(StepRecord { at, eligible, excluded, does });
        }
    }

    /// The attempt that was decided last is under way.
    pub(crate) fn sent(&mut self, id: u32, leaves: Option<Leaves>) {
        if let Some(attempt) = self.attempts.last_mut() {
            (attempt.id, attempt.leaves) = (Some(id), leaves);
        }
    }

    /// A number in the machine is given to another attempt.
    pub(crate) fn forget(&mut self, id: u32) {
        if let Some(attempt) = self.attempt(id) {
            attempt.id = None;
        }
    }

    pub(crate) fn first_token(&mut self, id: u32, at: Time) {
        if let Some(attempt) = self.attempt(id) {
            attempt.first_token = Some(at);
        }
    }

    pub(crate) fn first_token_at_client(&mut self, at: Time) {
        self.first_token.get_or_insert(at);
    }

    /// An attempt ends for its router: with this answer, or unwanted.
    pub(crate) fn ended(&mut self, id: u32, answer: Option<Answer>) {
        let now = self.now;
        if let Some(attempt) = self.attempt(id) {
            attempt.end.get_or_insert((now, answer));
        }
    }

    /// An endpoint bills an attempt. `used`: for an answer, at this premium; otherwise nobody gets one.
    pub(crate) fn bill(&mut self, id: u32, billed: Usd, fees: Usd, used: Option<Usd>) {
        if let Some(attempt) = self.attempt(id) {
            attempt.billed += billed;
            attempt.fees += fees;
            match used {
                Some(premium) => {
                    attempt.premium += premium;
                    attempt.served = true;
                }
                None => attempt.wasted += billed,
            }
        }
    }

    /// The answer that an endpoint completed comes too late.
    pub(crate) fn waste(&mut self) {
        if let Some(attempt) = self.attempts.iter_mut().rev().find(|attempt| attempt.served) {
            attempt.served = false;
            attempt.wasted = attempt.billed;
            attempt.premium = Usd::ZERO;
        }
    }

    pub(crate) fn end(
        &mut self,
        outcome: Outcome,
        answer: Answer,
        cause: Option<Cause>,
        avoidable: Option<bool>,
    ) {
        self.end = Some(EndRecord { at: self.now, outcome, answer, cause, avoidable });
    }

    fn attempt_of(&self, id: u32) -> Option<usize> {
        self.attempts.iter().rposition(|attempt| attempt.id == Some(id))
    }

    fn attempt(&mut self, id: u32) -> Option<&mut AttemptRecord> {
        self.attempts.iter_mut().rev().find(|attempt| attempt.id == Some(id))
    }

    /// The story with names; `arrivals` of its workload arrived in all.
    pub(crate) fn finish(self, resolved: &Resolved, arrivals: u64) -> Explanation {
        let Some((arrived, input_tokens, output_tokens)) = self.arrived else {
            return Explanation::NeverArrived { arrivals };
        };
        let workload = (self.key >> KEY_BITS) as usize;
        let teller = Teller { recorder: &self, resolved, arrived };
        let sum =
            |part: fn(&AttemptRecord) -> Usd| self.attempts.iter().map(part).fold(Usd::ZERO, |a, b| a + b);
        let end = self.end.as_ref().map(|end| End {
            at: teller.since(end.at),
            outcome: match end.outcome {
                Outcome::Plan => "plan",
                Outcome::Leak => "leak",
                Outcome::Failed => "failed",
                Outcome::Shed => "shed",
            },
            status: end.answer.status().0,
            cause: end.cause,
            avoidable: end.avoidable,
            ttft: self.first_token.filter(|&at| at <= end.at).map(|at| teller.since(at)),
            billed: sum(|attempt| attempt.billed),
            fees: sum(|attempt| attempt.fees),
            wasted: sum(|attempt| attempt.wasted),
        });
        Explanation::Story(Box::new(Story {
            workload: resolved.scenario.workloads[workload].name.clone(),
            number: self.key & ((1 << KEY_BITS) - 1),
            arrived,
            input_tokens,
            output_tokens,
            plan: resolved.nodes[resolved.workloads[workload].plan.index()].name.clone(),
            entry: self.visits.first().map(|visit| teller.visit(visit)),
            end,
        }))
    }
}

impl AttemptRecord {
    fn new(target: NodeId, reason: Reason) -> Self {
        Self {
            id: None,
            target,
            reason,
            leaves: None,
            first_token: None,
            end: None,
            billed: Usd::ZERO,
            fees: Usd::ZERO,
            wasted: Usd::ZERO,
            premium: Usd::ZERO,
            served: false,
        }
    }
}

/// Turns records into a tree with names.
struct Teller<'a> {
    recorder: &'a Recorder,
    resolved: &'a Resolved,
    arrived: Time,
}

impl Teller<'_> {
    fn since(&self, at: Time) -> Span {
        at.saturating_since(self.arrived)
    }

    fn name(&self, node: NodeId) -> String {
        self.resolved.nodes[node.index()].name.clone()
    }

    fn visit(&self, visit: &VisitRecord) -> Visit {
        Visit {
            router: self.name(visit.router),
            at: self.since(visit.began),
            decisions: visit.steps.iter().map(|step| self.step(step)).collect(),
        }
    }

    fn step(&self, step: &StepRecord) -> Step {
        let excluded = |(target, exclusion): &(NodeId, Exclusion)| Excluded {
            target: self.name(*target),
            rule: exclusion.rule.clone(),
            until: exclusion.until,
        };
        Step {
            at: self.since(step.at),
            eligible: step.eligible.iter().map(|&target| self.name(target)).collect(),
            excluded: step.excluded.iter().map(excluded).collect(),
            decision: match step.does {
                DoesRecord::Try(attempt) => Does::Try(Box::new(self.attempt(attempt))),
                DoesRecord::Wait(until, beside) => Does::Wait { until: self.since(until), beside },
                DoesRecord::GiveUp(answer, nothing_sent) => {
                    Does::GiveUp { status: answer.status().0, nothing_sent }
                }
            },
        }
    }

    fn attempt(&self, position: usize) -> Attempt {
        let record = &self.recorder.attempts[position];
        let visit = self.recorder.visits.iter().find(|visit| visit.parent == Some(position));
        let inside = visit.map(|visit| self.visit(visit));
        let end = record.end.map(|(at, answer)| AttemptEnd {
            at: self.since(at),
            how: match answer {
                Some(Answer::Ok) => How::Served,
                Some(Answer::Failed { .. }) => How::Failed,
                Some(Answer::Cut) => How::Cut,
                Some(Answer::TimedOut) => How::TimedOut,
                None => How::Left,
            },
            status: answer.map(|answer| answer.status().0),
            retry_after: answer.and_then(Answer::retry_after),
            nothing_sent: inside.as_ref().is_some_and(Visit::sent_nothing),
        });
        Attempt {
            target: self.name(record.target),
            reason: record.reason,
            leaves_plan: record.leaves,
            first_token: record
                .first_token
                .filter(|&at| record.end.is_none_or(|(end, _)| at <= end))
                .map(|at| self.since(at)),
            end,
            billed: record.billed,
            fees: record.fees,
            wasted: record.wasted,
            premium: record.premium,
            inside,
        }
    }
}

impl Visit {
    /// Whether the router answered by itself: no attempt reached out to an endpoint from here.
    #[must_use]
    pub fn sent_nothing(&self) -> bool {
        let gave_up = self.decisions.iter().any(|step| matches!(step.decision, Does::GiveUp { .. }));
        gave_up
            && self.decisions.iter().all(|step| match &step.decision {
                Does::Try(attempt) => attempt.inside.as_ref().is_some_and(Self::sent_nothing),
                Does::Wait { .. } | Does::GiveUp { .. } => true,
            })
    }
}
